"""The command line: ``python -m model COMMAND``; each command has ``--help``.

With ``--json`` the last line of output is one JSON object, or there is one a line for each item. Errors go to
standard error in plain words; the exit status is then 1, and 2 when the command itself was not understood.
"""

import argparse
import dataclasses
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from model import cards
from model.bundling import bundle_network, read_measured, spread_epochs
from model.checkpoint import BUNDLED, Checkpoint, load_checkpoint
from model.committee import load_reader
from model.datasets import DATASETS, FROM_TRAIN_CSV, KAGGLE_42000, Digits, download, load_digits, parts_of
from model.evaluation import Score, read_all, score
from model.kaggle import TEST_ROWS, answers, check_test, write_submission
from model.picture_files import read_numbers, read_pictures
from model.presets import PRESETS
from model.recipe import Recipe, RecipeError
from model.runs.records import Run
from model.sweeps import Together
from model.terminal import carry_out, epoch_line, resume, run_line, run_record

if TYPE_CHECKING:
    from model.runs.store import RunStore


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None for those of this process.

    Returns:
        The exit status: 0 when all went well, 1 when something could not be done, 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def train(options: argparse.Namespace) -> int:
    """Train a recipe; the run is kept."""
    recipe = _recipe(options)
    store = _store(options)
    _say(options, f"{recipe.name}: {recipe.parameters:,} parameters.")
    return _carry_out(options, store, lambda: store.create(recipe).id)


def runs(options: argparse.Namespace) -> int:
    """List, show, resume or delete runs."""
    if options.action != "list" and options.run_id is None:
        raise ValueError(f"which run? Say: python -m model runs {options.action} RUN")
    store = _store(options)
    match options.action:
        case "show":
            run, epochs = store.get(options.run_id), store.epochs(options.run_id)
            record = run_record(run) | {"recipe": run.recipe.to_dict()}
            record["epochs"] = [epoch.to_dict() for epoch in epochs]
            last = epochs[-1] if epochs else None
            _answer(options, record, "\n".join((run_line(run, last), *map(epoch_line, epochs))))
        case "resume":
            return _carry_out(options, store, lambda: resume(store, options.run_id))
        case "delete":
            store.delete(options.run_id)
            _answer(options, {"deleted": options.run_id}, f"run {options.run_id} is deleted")
        case _:
            for run in reversed(store.find()):
                newest = store.epochs(run.id, run.epoch - 1)
                _answer(options, run_record(run), run_line(run, newest[-1] if newest else None))
    return 0


def _store(options: argparse.Namespace) -> "RunStore":
    from model.runs.store import RunStore  # not above: SQLAlchemy is not needed to read pictures

    return RunStore(options.runs)


def _carry_out(options: argparse.Namespace, store: "RunStore", queue: Callable[[], str]) -> int:
    """Train a run that waits, and tell what came of it."""
    run, status = _see_through(options, store, queue, options.data)
    if run.status != "done":
        return status
    answer = run_record(run) | {"folder": str(store.folder / run.id)}
    if found := _watched(options, load_checkpoint(run.id, options.runs), options.data):
        answer["validation"] = found.to_dict()
    _answer(options, answer, f"run {run.id}")
    return 0


def _see_through(
    options: argparse.Namespace, store: "RunStore", queue: Callable[[], str], data: Path | None
) -> tuple[Run, int]:
    """Train a run that waits; where it isn't done then, tell so. Its exit status comes with it."""
    run, interrupted = carry_out(store, queue, data)
    if run.status == "failed" and run.epoch < 0:
        store.delete(run.id)  # nothing came of it: the recipe or the data were wrong
        raise ValueError(run.reason)
    if run.status == "done":
        return run, 0
    why = f" ({run.reason})" if run.reason else ""
    given = _as_given("--data", data) + _as_given("--runs", options.runs)
    again = f"python -m model runs resume {run.id}{given}"
    answer = run_record(run) | {"folder": str(store.folder / run.id)}
    _answer(options, answer, f"run {run.id} is {run.status}{why}; to go on: {again}")
    return run, 130 if interrupted else 1


def _as_given(option: str, path: Path | None) -> str:
    return "" if path is None else f" {option} {shlex.quote(str(path))}"


def _watched(options: argparse.Namespace, checkpoint: Checkpoint, data: Path | None) -> Score | None:
    """The score on a finished run's validation digits, told; None where its dataset has none."""
    if "validation" not in parts_of(checkpoint.recipe.dataset):
        return None
    # scored with the forward pass that every page uses, not with Keras's own
    found = _score(checkpoint, "validation", data)
    _say(options, cards.accuracy_sentence(cards.part_card(found), "validation"))
    return found


def predict(options: argparse.Namespace) -> int:
    """Read pictures of one digit each, or of several."""
    reader = load_reader(options.model, options.runs)
    failed = False
    read = read_numbers if options.several else read_pictures
    for record in read(reader, options.paths):
        failed |= "error" in record
        if options.json:
            print(json.dumps(record))
        elif "error" in record:
            print(f"{record['file']}: {record['error']}", file=sys.stderr)
        else:
            remarks = "".join(f" {warning}" for warning in record["warnings"])
            where = ", line {line}, digit {place}".format(**record) if options.several else ""
            box = " in {:.1%} {:.1%} {:.1%} {:.1%}".format(*record["box"]) if options.several else ""
            print(f"{record['file']}{where}: {record['digit']} ({record['confidence']:.1%}){box}{remarks}")
    return int(failed)


def evaluate(options: argparse.Namespace) -> int:
    """Score a network on labelled digits."""
    checkpoint = load_checkpoint(options.model, options.runs)
    digits = load_digits(options.dataset or checkpoint.recipe.dataset, options.split, options.data)
    with tqdm(total=len(digits), unit="digit", disable=None, file=sys.stderr) as bar:
        probabilities = read_all(checkpoint.network, digits.images, lambda n: bar.update(n) and None)
    found = score(probabilities, digits.labels, _learned(checkpoint, digits))
    what = f"{digits.dataset} {digits.part}"
    _say(options, digits.source)
    if found.learned:
        _say(options, "It had learned from some of these digits: this figure says little about new ones.")
    answer = {"model": checkpoint.name, "dataset": digits.dataset, "split": digits.part} | found.to_dict()
    _answer(
        options,
        answer | {"source": digits.source},
        cards.accuracy_sentence(cards.part_card(found), what),
    )
    return 0


def kaggle(options: argparse.Namespace) -> int:
    """Answer Kaggle's test.csv, by a network that learns from train.csv alone or by one that is there."""
    rows, names, found = None if options.any_rows else TEST_ROWS, options.model, None
    if not options.out.absolute().parent.is_dir():
        raise ValueError(f"there is no folder {options.out.absolute().parent} to write {options.out.name} in")
    if options.train is None:
        if any(value is not None for value in (options.recipe, options.epochs, options.seed)):
            raise ValueError("a recipe, epochs and a seed are for a training: name its digits with --train")
        readers = [load_checkpoint(name, options.runs) for name in names or (None,)]
    count = check_test(
        options.test, rows
    )  # first: a training takes longer than to see that it would be in vain
    if options.train is not None:
        recipe = dataclasses.replace(_recipe(options), dataset=KAGGLE_42000)
        store = _store(options)
        run, status = _see_through(options, store, lambda: store.create(recipe).id, options.train)
        if run.status != "done":
            asked = _as_given("--test", options.test) + _as_given("--out", options.out)
            asked += _as_given("--runs", options.runs) + (" --any-rows" if options.any_rows else "")
            _say(options, f"and once it is done: python -m model kaggle --model {run.id}{asked}")
            return status
        readers = [load_checkpoint(run.id, options.runs)]
        found = _watched(options, readers[0], options.train)
    with (
        options.test.open("rb") as stream,
        tqdm(total=count, unit="digit", disable=None, file=sys.stderr) as bar,
    ):
        network = Together([reader.network for reader in readers])
        read = answers(network, stream, options.test, rows, lambda n: bar.update(n) and None)
    write_submission(options.out, read.argmax(axis=1))
    learned = sorted({dataset for reader in readers for dataset in reader.learned_datasets})
    if not FROM_TRAIN_CSV.issuperset(learned):
        _say(options, "Not from train.csv alone: the score on Kaggle's board says little of such a network.")
    answer = {"out": str(options.out), "count": count, "models": [reader.address for reader in readers]}
    answer |= {"learned_from": learned, "validation": found and found.to_dict()}
    _answer(options, answer, f"{count:,} answers are in {options.out}")
    return 0


def bundle(options: argparse.Namespace) -> int:
    """Test a finished run once and put it among the bundled networks."""
    checkpoint = load_checkpoint(options.run_id, options.runs)
    folder = options.out / options.name
    if folder.exists() and not options.replace:
        raise ValueError(f"there is already a network in {folder}: give another --name, or --replace")
    earlier = () if options.epochs is None else spread_epochs(checkpoint.epoch, options.epochs or None)
    measured = read_measured(options.ablation, options.figures)
    card = bundle_network(
        checkpoint, options.name, folder, earlier, options.data, measured, runs=options.runs
    )
    answer = {"network": options.name, "folder": str(folder), "test": card["accuracy"]["test"]}
    _answer(options, answer, cards.accuracy_sentence(card["accuracy"]["test"], "test"))
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Download a dataset, because a person asked for it."""
    path = download(options.dataset)
    _answer(options, {"file": str(path)}, f"{options.dataset} is in {path}")
    return 0


def _recipe(options: argparse.Namespace) -> Recipe:
    if options.recipe is not None:
        try:
            recipe = Recipe.from_json(options.recipe.read_text("utf-8"))
        except (RecipeError, UnicodeDecodeError) as error:
            raise RecipeError(f"{options.recipe}: {error}") from error
    else:
        recipe = PRESETS[options.preset]
    asked = {name: getattr(options, name) for name in ("dataset", "epochs", "seed")}
    return dataclasses.replace(recipe, **{name: value for name, value in asked.items() if value is not None})


def _score(checkpoint: Checkpoint, part: str, data: Path | None) -> Score:
    digits = load_digits(checkpoint.recipe.dataset, part, data)
    probabilities = read_all(checkpoint.network, digits.images)
    return score(probabilities, digits.labels, _learned(checkpoint, digits))


def _learned(checkpoint: Checkpoint, digits: Digits) -> int:
    """How many of these digits the network has learned from, going by what its training really read."""
    return int(checkpoint.has_learned(digits).sum())


def _say(options: argparse.Namespace, sentence: str) -> None:
    """Tell a person something on the way; with --json standard output is kept for the answer."""
    print(sentence, file=sys.stderr if options.json else sys.stdout)


def _answer(options: argparse.Namespace, answer: dict[str, Any], sentence: str) -> None:
    print(json.dumps(answer) if options.json else sentence)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description="Digit Lab on the command line.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], help_: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_, description=help_)
        command.set_defaults(run=run)
        command.add_argument("--json", action="store_true", help="answer in JSON")
        command.add_argument("--runs", type=Path, metavar="DIR", help="where runs are kept")
        return command

    def add_data(command: argparse.ArgumentParser) -> None:
        command.add_argument("--data", type=Path, metavar="DIR", help="a folder with the data's files")

    def add_recipe(command: argparse.ArgumentParser) -> None:
        which = command.add_mutually_exclusive_group()
        which.add_argument(
            "--preset", choices=PRESETS, default="quick", help="a recipe that ships (default: quick)"
        )
        which.add_argument("--recipe", type=Path, metavar="FILE.json", help="a recipe of your own")
        command.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
        command.add_argument("--seed", type=int, metavar="N", help="instead of the recipe's")

    command = add("train", train, "Train a network; the run is kept.")
    add_recipe(command)
    command.add_argument("--dataset", choices=DATASETS, help="instead of the recipe's")
    add_data(command)

    command = add("predict", predict, "Read the digit in each picture.")
    command.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="pictures, or folders of pictures"
    )
    command.add_argument(
        "--model",
        metavar="NAME|RUN[:EPOCH]|committee",
        help="a bundled network, a run, or the flagship's seeds together",
    )
    command.add_argument(
        "--several",
        action="store_true",
        help="several digits in each picture: a line for each digit, with its box "
        "(left, top, width, height, as shares of the picture)",
    )

    command = add("evaluate", evaluate, "Score a network on labelled digits.")
    command.add_argument("--model", metavar="NAME|RUN[:EPOCH]", help="a bundled network or a run")
    command.add_argument("--dataset", choices=DATASETS, help="default: the one the network learned from")
    command.add_argument(
        "--split", choices=("test", "validation"), default="test", help="which part (default: test)"
    )
    add_data(command)

    command = add("kaggle", kaggle, "Answer Kaggle's test.csv: a submission for its Digit Recognizer.")
    who = command.add_mutually_exclusive_group()
    who.add_argument(
        "--model",
        nargs="+",
        metavar="NAME|RUN[:EPOCH]",
        help="a bundled network or a run; of several the mean of their probabilities counts",
    )
    who.add_argument(
        "--train",
        type=Path,
        metavar="train.csv",
        help="learn from this file alone; a tenth is for validation",
    )
    command.add_argument("--test", type=Path, required=True, metavar="test.csv", help="what is asked")
    command.add_argument("--out", type=Path, required=True, metavar="submission.csv", help="where to answer")
    command.add_argument(
        "--any-rows", action="store_true", help=f"take a test.csv that hasn't {TEST_ROWS:,} digits"
    )
    add_recipe(command)
    command.set_defaults(dataset=None)

    command = add("bundle", bundle, "Test a finished run once and bundle it with the project.")
    command.add_argument("run_id", metavar="RUN", help="the run's id")
    command.add_argument("--name", required=True, help="the name among the bundled networks")
    command.add_argument(
        "--out", type=Path, default=BUNDLED, metavar="DIR", help="where networks are bundled"
    )
    command.add_argument("--replace", action="store_true", help="replace a network of that name")
    command.add_argument(
        "--epochs",
        type=int,
        nargs="?",
        const=0,
        metavar="N",
        help="keep the weights after every epoch as well, or after about N of them",
    )
    command.add_argument(
        "--ablation", type=Path, metavar="FILE", help="for the card: what benchmarks.ablation kept"
    )
    command.add_argument(
        "--figures", type=Path, metavar="FILE", help="for the card: what benchmarks.flagship kept"
    )
    add_data(command)

    command = add("runs", runs, "List, show, resume or delete runs.")
    command.add_argument(
        "action",
        nargs="?",
        choices=("list", "show", "resume", "delete"),
        default="list",
        help="default: list",
    )
    command.add_argument("run_id", nargs="?", metavar="RUN", help="the run's id")
    add_data(command)

    command = add("download", fetch, "Download a dataset (only ever on request).")
    command.add_argument("dataset", nargs="?", default="mnist", help="default: mnist")
    return parser
