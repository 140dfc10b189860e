"""The command line: ``python -m model COMMAND``; each command has ``--help``.

With ``--json`` the last line of output is one JSON object, or there is one a line for each item. Errors go to
standard error in plain words; the exit status is then 1, and 2 when the command itself was not understood.
"""

import argparse
import dataclasses
import json
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from model import cards
from model.checkpoint import (
    BUNDLED,
    Checkpoint,
    load_checkpoint,
    new_run_id,
    read_checkpoint,
    runs_folder,
    write_checkpoint,
)
from model.datasets import DATASETS, Digits, download, learned_mask, load_digits, parts_of
from model.evaluation import read_all, score
from model.history import Batch
from model.pictures import PictureError, open_picture
from model.preprocessing import to_digit
from model.presets import PRESETS
from model.recipe import Recipe, RecipeError
from model.verdict import Verdict

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")
TOGETHER = 256  # pictures read in one batch: bounds the memory whatever the folder's size


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None for those of this process.

    Returns:
        The exit status: 0 when all went well, 1 when something could not be done.
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
    """Train a recipe and keep the run."""
    recipe = _recipe(options)
    training = load_digits(recipe.dataset, "train", options.data)
    watched = "validation" in parts_of(recipe.dataset)
    validation = load_digits(recipe.dataset, "validation", options.data) if watched else None
    run = new_run_id(recipe)
    _say(options, f"{recipe.name}: {recipe.parameters:,} parameters. Learning from {len(training):,} digits.")
    _say(options, training.source)

    from model.learning.training import EpochEnd, Event, train  # not above: Keras takes seconds to import

    steps = math.ceil(len(training) / recipe.batch_size)
    with tqdm(total=recipe.epochs * steps, unit="batch", disable=None, file=sys.stderr) as bar:

        def report(event: Event) -> None:
            if isinstance(event, Batch):
                bar.update()
            elif isinstance(event, EpochEnd) and event.epoch.loss is not None:
                epoch = event.epoch
                seen = epoch.validation_accuracy
                bar.write(
                    f"epoch {epoch.epoch}: loss {epoch.loss:.4f}, accuracy {epoch.accuracy:.2%}"
                    f"{'' if seen is None else f', validation {seen:.2%}'}, "
                    f"rate {epoch.learning_rate:.2g}, {epoch.seconds:.0f} s",
                    file=sys.stderr,
                )

        result = train(
            recipe,
            (training.images, training.labels),
            None if validation is None else (validation.images, validation.labels),
            report,
        )
    learned = {"dataset": training.dataset, "part": training.part, "count": len(training)}
    folder = runs_folder(options.runs) / run
    card = cards.training_card(recipe, learned, result.history, result.seconds, None)
    write_checkpoint(folder, recipe, result.weights, card)
    answer: dict[str, Any] = {"run": run, "seconds": round(result.seconds, 1), "folder": str(folder)}
    if validation is not None:
        # scored with the forward pass that every page uses, not with Keras's own
        checkpoint = read_checkpoint(folder)
        probabilities = read_all(checkpoint.network, validation.images)
        found = score(probabilities, validation.labels, _learned(checkpoint, validation))
        card = cards.training_card(recipe, learned, result.history, result.seconds, found)
        write_checkpoint(folder, recipe, result.weights, card)
        _say(options, cards.accuracy_sentence(cards.part_card(found), "validation"))
        answer["validation"] = found.to_dict()
    _answer(options, answer, f"run {run}")
    return 0


def predict(options: argparse.Namespace) -> int:
    """Read pictures."""
    checkpoint = load_checkpoint(_model(options), options.runs)
    failed = False
    for batch in _in_batches(_picture_files(options.paths), TOGETHER):
        for record in _read_pictures(checkpoint, batch):
            failed |= "error" in record
            if options.json:
                print(json.dumps(record))
            elif "error" in record:
                print(f"{record['file']}: {record['error']}", file=sys.stderr)
            else:
                remarks = "".join(f" {warning}" for warning in record["warnings"])
                print(f"{record['file']}: {record['digit']} ({record['confidence']:.1%}){remarks}")
    return int(failed)


def evaluate(options: argparse.Namespace) -> int:
    """Score a network on labelled digits."""
    checkpoint = load_checkpoint(_model(options), options.runs)
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


def bundle(options: argparse.Namespace) -> int:
    """Test a finished run once and put it among the bundled networks."""
    checkpoint = load_checkpoint(options.run_id, options.runs)
    folder = options.out / options.name
    if folder.exists() and not options.replace:
        raise ValueError(f"there is already a network in {folder}: give another --name, or --replace")
    test = load_digits(checkpoint.recipe.dataset, "test", options.data)
    probabilities = read_all(checkpoint.network, test.images)
    card = cards.with_test(
        {**checkpoint.card, "name": options.name},
        probabilities,
        test.labels,
        test.indices,
        _learned(checkpoint, test),
    )
    if folder.exists():
        shutil.rmtree(folder)
    recipe = dataclasses.replace(checkpoint.recipe, name=options.name)
    write_checkpoint(folder, recipe, checkpoint.weights, card)
    (folder / "card.md").write_text(cards.to_markdown(card), "utf-8")
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


def _learned(checkpoint: Checkpoint, digits: Digits) -> int:
    """How many of these digits the network has learned from, going by what its training really read."""
    return int(learned_mask(checkpoint.learned_from, digits).sum())


def _model(options: argparse.Namespace) -> str | None:
    """The checkpoint's name; a run's last epoch may be named, the earlier ones are not kept."""
    if options.model is None or ":" not in options.model:
        return options.model
    name, _, epoch = options.model.partition(":")
    last = load_checkpoint(name, options.runs).recipe.epochs
    if epoch != str(last):
        raise ValueError(
            f"run {name} keeps its last epoch only: ask for {name} or {name}:{last}, not :{epoch}"
        )
    return name


def _picture_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files as given, and of each folder its picture files, in alphabetical order."""
    for path in paths:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
            if not found:
                raise ValueError(f"{path} holds no pictures ({', '.join(PICTURES)})")
            yield from found
        else:
            yield path


def _in_batches(items: Iterator[Path], size: int) -> Iterator[list[Path]]:
    batch: list[Path] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _read_pictures(checkpoint: Checkpoint, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """A record for each file, in order: what was read, or why it could not be."""
    records: list[dict[str, Any]] = []
    digits, owners = [], []
    for path in paths:
        record: dict[str, Any] = {"file": str(path)}
        records.append(record)
        try:
            prepared = to_digit(open_picture(path, path.name))
        except (PictureError, OSError) as error:
            record["error"] = str(error)
            continue
        if prepared.digit is None:
            record["error"] = prepared.problem
        else:
            digits.append(prepared.digit)
            owners.append(record)
    if digits:
        for record, probabilities in zip(
            owners, checkpoint.network.probabilities(np.stack(digits)), strict=True
        ):
            verdict = Verdict(probabilities)
            record |= {
                "digit": verdict.digit,
                "confidence": round(verdict.confidence, 6),
                "probabilities": [round(float(p), 6) for p in probabilities],
                "warnings": list(verdict.warnings),
            }
    return records


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

    command = add("train", train, "Train a network; the run is kept.")
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--preset", choices=PRESETS, default="quick", help="a recipe that ships (default: quick)"
    )
    which.add_argument("--recipe", type=Path, metavar="FILE.json", help="a recipe of your own")
    command.add_argument("--dataset", choices=DATASETS, help="instead of the recipe's")
    command.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
    command.add_argument("--seed", type=int, metavar="N", help="instead of the recipe's")
    add_data(command)

    command = add("predict", predict, "Read the digit in each picture.")
    command.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="pictures, or folders of pictures"
    )
    command.add_argument("--model", metavar="NAME|RUN[:EPOCH]", help="a bundled network or a run")

    command = add("evaluate", evaluate, "Score a network on labelled digits.")
    command.add_argument("--model", metavar="NAME|RUN[:EPOCH]", help="a bundled network or a run")
    command.add_argument("--dataset", choices=DATASETS, help="default: the one the network learned from")
    command.add_argument(
        "--split", choices=("test", "validation"), default="test", help="which part (default: test)"
    )
    add_data(command)

    command = add("bundle", bundle, "Test a finished run once and bundle it with the project.")
    command.add_argument("run_id", metavar="RUN", help="the run's id")
    command.add_argument("--name", required=True, help="the name among the bundled networks")
    command.add_argument(
        "--out", type=Path, default=BUNDLED, metavar="DIR", help="where networks are bundled"
    )
    command.add_argument("--replace", action="store_true", help="replace a network of that name")
    add_data(command)

    command = add("download", fetch, "Download a dataset (only ever on request).")
    command.add_argument("dataset", nargs="?", default="mnist", help="default: mnist")
    return parser
