"""Bundling: a finished run put among the networks that ship, tested once, with its card and its pictures."""

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from model import cards
from model.checkpoint import Checkpoint, load_checkpoint, write_checkpoint
from model.datasets import Digits, load_digits, parts_of
from model.evaluation import read_all, score
from model.evaluation.calibration import fit_temperature, reliability, with_temperature
from model.evaluation.evidence import refusal_card
from model.evaluation.kept import write_readings
from model.evaluation.kept_course import read_course, write_course
from model.recipe import Recipe

PICTURE = "failures.png"  # beside the card
ENLARGED, MARGIN = 3, 6  # times; px between digits, and around them
PAPER = 255


def bundle_network(
    checkpoint: Checkpoint,
    name: str,
    folder: Path,
    epochs: Sequence[int] = (),
    data: Path | None = None,
    measured: Mapping[str, Any] | None = None,
    runs: Path | None = None,
) -> dict[str, Any]:
    """Read the validation and, once, the test digits, and write all that a bundled network consists of.

    Args:
        checkpoint: of a finished run.
        name: among the bundled networks.
        folder: what it holds is replaced.
        epochs: whose weights are kept as well, in half precision; see ``spread_epochs``.
        data: a folder with the data's files; None for where they are usually found.
        measured: what else the card tells, see ``model.cards.to_markdown``.
        runs: the folder of runs.

    Returns:
        The card.

    Raises:
        DataError: the digits are not on this machine.
        CheckpointError: an epoch isn't kept.
    """
    dataset = checkpoint.recipe.dataset
    recipe = dataclasses.replace(checkpoint.recipe, name=name)
    card = {**checkpoint.card, "name": name, "recipe": recipe.to_dict(), **(measured or {})}
    # Where the files lay is of one machine.
    card["learned_from"] = {k: v for k, v in checkpoint.card["learned_from"].items() if k != "source"}
    readings = {}
    temperature = watched = None
    if "validation" in parts_of(dataset):
        watched = load_digits(dataset, "validation", data)
        readings["validation"] = read_all(checkpoint.network, watched.images), watched.labels
        validation = score(*readings["validation"], int(checkpoint.has_learned(watched).sum()))
        card["accuracy"] = {"validation": cards.part_card(validation)}
        temperature = fit_temperature(*readings["validation"])
    test = load_digits(dataset, "test", data)
    readings["test"] = read_all(checkpoint.network, test.images), test.labels
    learned = int(checkpoint.has_learned(test).sum())
    card = cards.with_test(card, *readings["test"], test.indices, learned)
    card["calibration"] = calibration(*readings["test"], temperature)
    if watched is not None:
        card["refusal"] = refusal_card(checkpoint.network, {"validation": watched, "test": test})
    failures = card["accuracy"]["test"]["failures"]
    if failures:
        card["picture"] = PICTURE
    earlier = {n: load_checkpoint(f"{checkpoint.name}:{n}", runs).weights for n in epochs}
    if folder.exists():
        shutil.rmtree(folder)
    write_checkpoint(folder, recipe, checkpoint.weights, card, earlier)
    for part, read in readings.items():
        write_readings(folder, *read, part)
    if earlier and watched is not None:
        write_course(folder, read_course(folder, (*sorted(earlier), checkpoint.epoch), watched))
    if failures:
        draw_failures(test, [failure["index"] for failure in failures]).save(folder / PICTURE, optimize=True)
    (folder / "card.md").write_text(cards.to_markdown(card), "utf-8")
    return card


def read_measured(ablation: Path | None, figures: Path | None) -> dict[str, Any]:
    """What a card tells of measurements that were made before.

    Args:
        ablation: what ``benchmarks.ablation`` keeps: what each part of the recipe gives.
        figures: what ``benchmarks.flagship`` keeps: how drawn digits are read, and what the recipe's other
            seeds give, each and together.

    Returns:
        For ``bundle_network``; empty without files.

    Raises:
        OSError, ValueError: a file cannot be read, or is another.
    """
    measured: dict[str, Any] = {}
    try:
        if ablation is not None:
            rows = json.loads(ablation.read_text("utf-8"))
            told = ("title", "digits", "validation", "pen")
            measured["ablation"] = [
                {name: row[name] for name in told}
                | {name: row["recipe"][name] for name in ("epochs", "seed")}
                | {"parameters": Recipe.from_dict(row["recipe"]).parameters}
                for row in rows
            ]
        if figures is not None:
            found = json.loads(figures.read_text("utf-8"))
            measured["drawn"] = found["drawn"]
            measured["seeds"] = {
                "test": found["test"],
                "drawn": found["drawn, each"],
                "committee_drawn": found.get("drawn, committee", {}).get("all widths"),
            }
    except (KeyError, TypeError) as error:
        raise ValueError(f"these are not the figures of a benchmark: {error!r}") from error
    return measured


def spread_epochs(last: int, most: int | None = None) -> tuple[int, ...]:
    """The epochs before the last that are worth keeping: the early ones change most, so they lie closer.

    Args:
        last: which is kept anyway.
        most: how many with the last, at least 2; None for all.
    """
    if most is None or most > last:
        return tuple(range(last))
    chosen = np.rint(np.geomspace(1, last, most - 1)).astype(int)
    return tuple(sorted({0, *chosen.tolist()} - {last}))


def calibration(probabilities: np.ndarray, labels: np.ndarray, temperature: float | None) -> dict[str, Any]:
    """How far a network's confidence holds on test digits, as it is and with a temperature.

    Args:
        probabilities: float (n, 10).
        labels: integers (n,).
        temperature: as fitted on validation digits; None where there are none.

    Returns:
        JSON-ready: the expected calibration error, and where there is a temperature also with it.
    """
    found = {"expected_error": round(reliability(probabilities, labels).expected_error, 5)}
    if temperature is not None:
        cooler = with_temperature(probabilities, temperature)
        found["temperature"] = round(temperature, 3)
        found["expected_error_with_temperature"] = round(reliability(cooler, labels).expected_error, 5)
    return found


def draw_failures(digits: Digits, indices: Sequence[int]) -> Image.Image:
    """Digits in a row, ink dark on white paper, for a card.

    Args:
        digits: a part of the data.
        indices: of those to draw, their places in it, see ``Digits.indices``; at least one.
    """
    place_of = {int(index): place for place, index in enumerate(digits.indices)}
    chosen = digits.images[[place_of[index] for index in indices]]
    large = PAPER - chosen.repeat(ENLARGED, axis=1).repeat(ENLARGED, axis=2)
    apart = np.pad(large, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)), constant_values=PAPER)
    return Image.fromarray(np.concatenate(list(apart), axis=1))
