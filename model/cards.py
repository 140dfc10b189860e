"""A network's card: what it is, what it learned from, how well it reads and where it fails; all by code."""

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from model.evaluation import Score, score
from model.history import Epoch
from model.recipe import Recipe

WORST = 12  # failures that the card lists


def training_card(
    recipe: Recipe,
    learned_from: Mapping[str, Any],
    history: Sequence[Epoch],
    seconds: float,
    validation: Score | None,
) -> dict[str, Any]:
    """The card of a finished training.

    Args:
        recipe: what was trained.
        learned_from: which digits, in JSON: dataset, part, count.
        history: the epochs' records (``model.history.Epoch``), in order, epoch 0 among them or not.
        seconds: how long the training took.
        validation: the score on validation digits after the last epoch; None where there are none.

    Returns:
        JSON-ready; its keys are what ``to_markdown`` tells.
    """
    return {
        "name": recipe.name,
        "created": f"{datetime.now(UTC):%Y-%m-%d}",
        "dataset": recipe.dataset,
        "learned_from": dict(learned_from),
        "parameters": recipe.parameters,
        "multiply_adds": recipe.multiply_adds,
        "recipe": recipe.to_dict(),
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "history": [_without_nan(dataclasses.asdict(epoch)) for epoch in history],
        "accuracy": {} if validation is None else {"validation": part_card(validation)},
    }


def part_card(result: Score) -> dict[str, Any]:
    """What a card says of one part of the data: the score, class by class, and the commonest mistakes."""
    return result.to_dict() | {"per_class": result.per_class, "most_confused": result.most_confused()}


def failures(probabilities: np.ndarray, labels: np.ndarray, indices: np.ndarray) -> list[dict[str, Any]]:
    """The surest mistakes, surest first.

    Args:
        probabilities: float (n, 10), the readings.
        labels: integers (n,).
        indices: integers (n,), each digit's place in its part of the data.

    Returns:
        At most ``WORST`` of index, label, reading and confidence.
    """
    read = probabilities.argmax(axis=1)
    sureness = np.where(read == labels, -1.0, probabilities.max(axis=1))
    order = np.argsort(-sureness, kind="stable")[: min(WORST, int((read != labels).sum()))]
    return [
        {
            "index": int(indices[i]),
            "label": int(labels[i]),
            "read": int(read[i]),
            "confidence": round(float(sureness[i]), 4),
        }
        for i in order
    ]


def with_test(
    card: Mapping[str, Any], probabilities: np.ndarray, labels: np.ndarray, indices: np.ndarray, learned: int
) -> dict[str, Any]:
    """The card with the one test that counts: done once, after all choices.

    Args:
        card: the training's card.
        probabilities: float (n, 10), the network's readings of the test digits.
        labels: integers (n,).
        indices: integers (n,), the digits' places in the test part.
        learned: how many of these digits the network had learned from.

    Returns:
        A new card.
    """
    test = part_card(score(probabilities, labels, learned))
    test["failures"] = failures(probabilities, labels, indices)
    return {**card, "accuracy": {**card["accuracy"], "test": test}}


def percent(share: float, count: int) -> str:
    """A share in percent, with as many digits as a count of that size deserves.

    One more digit than a single reading would change: 99.42% of 10,000, 98.7% of 500.
    """
    digits = max(0, min(2, math.ceil(math.log10(count)) - 2)) if count > 1 else 0
    return f"{share:.{digits}%}"


def points(share: float) -> str:
    """A difference of shares in percentage points, such as "0.13"."""
    return f"{100 * share:.2f}"


def accuracy_sentence(part: Mapping[str, Any], what: str) -> str:
    """An accuracy with count and interval, such as "99.42% of 10,000 test digits (95%: 99.25 to 99.55)"."""
    low, high = part["confidence_interval_95"]
    count = part["count"]
    ends = f"{percent(low, count).rstrip('%')} to {percent(high, count).rstrip('%')}"
    seen = f", {part['learned']:,} of which it had learned from" if part["learned"] else ""
    return f"{percent(part['accuracy'], count)} of {count:,} {what} digits (95%: {ends}){seen}"


def to_markdown(card: Mapping[str, Any]) -> str:
    """The card for people to read.

    Args:
        card: what ``training_card`` and ``with_test`` give. It may also have "calibration" and "picture", see
            ``model.bundling``; "ablation", "drawn" and "seeds", see ``model.bundling.read_measured``.

    Returns:
        Markdown.
    """
    recipe, learned = card["recipe"], card["learned_from"]
    optimizer, annealer = recipe["optimizer"], recipe["annealer"]
    lines = [
        f"# {card['name']}",
        "",
        f"A network of {card['parameters']:,} parameters; "
        f"one reading takes {card['multiply_adds']:,} multiply-adds.",
        "",
        "## How it was trained",
        "",
        f"- **Learned from**: {learned['count']:,} digits, "
        f"the {learned['part']} part of {learned['dataset']}.",
        f"- **Recipe**: {recipe['epochs']} epochs in batches of {recipe['batch_size']}; "
        f"{optimizer['name']} with learning rate {optimizer['learning_rate']:g}; "
        f"annealer {annealer['name']}; {_more(recipe)}seed {recipe['seed']}. "
        "All of it is in `recipe.json`.",
        f"- **Took** {card['seconds']:,.0f} seconds on {card['cores']} cores ({card['created']}).",
        "",
        "| epoch | learning rate | loss | accuracy while learning | validation loss | validation accuracy |",
        "|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {e['epoch']} | {e['learning_rate']:.2g} "
            f"| {_or_dash(e['loss'], '.4f')} | {_or_dash(e['accuracy'], '.2%')} "
            f"| {_or_dash(e['validation_loss'], '.4f')} | {_or_dash(e['validation_accuracy'], '.2%')} |"
            for e in card["history"]
        ),
        "",
        "## How well it reads",
        "",
        "Choices were made on validation digits; the test digits were read once, at the end.",
        "",
        *(f"- {accuracy_sentence(part, name)}" for name, part in card["accuracy"].items()),
    ]
    for name, part in card["accuracy"].items():
        lines += [
            "",
            f"### On {name} digits, class by class",
            "",
            "| digit | " + " | ".join(str(row["digit"]) for row in part["per_class"]) + " |",
            "|---|" + "---:|" * len(part["per_class"]),
            "| accuracy | " + " | ".join(f"{row['accuracy']:.1%}" for row in part["per_class"]) + " |",
            "| errors | "
            + " | ".join(f"{row['errors']} of {row['count']:,}" for row in part["per_class"])
            + " |",
        ]
    lines += [
        *_calibration(card),
        *_drawn(card),
        *_seeds(card),
        *_ablation(card),
        "",
        "## Where it fails",
        "",
    ]
    for name, part in card["accuracy"].items():
        pairs = "; ".join(f"{label} read as {read}: {times}" for label, read, times in part["most_confused"])
        lines.append(f"- Commonest mistakes on {name} digits: {pairs or 'none'}.")
        if part.get("failures"):
            listed = "; ".join(
                f"number {f['index']} ({f['label']} read as {f['read']}, {f['confidence']:.1%} sure)"
                for f in part["failures"]
            )
            lines.append(f"- Surest mistakes on {name} digits: {listed}.")
    if card.get("picture"):
        lines.append(
            f"- The surest mistakes on test digits, in this order: ![surest mistakes]({card['picture']})"
        )
    lines += [
        *_refusal(card),
        "- It learned from digits that were scanned, centred and of one size: what reaches it must be "
        "brought into that form.",
        "",
    ]
    return "\n".join(lines)


def _calibration(card: Mapping[str, Any]) -> list[str]:
    found = card.get("calibration")
    if not found:
        return []
    said = f"- On test digits its confidence is off by {found['expected_error']:.2%} on the average"
    if "temperature" in found:
        said += (
            f"; with the temperature {found['temperature']:g}, fitted on validation digits, "
            f"by {found['expected_error_with_temperature']:.2%}"
        )
    return ["", "## How far its confidence holds", "", said + "."]


def _refusal(card: Mapping[str, Any]) -> list[str]:
    """What becomes of pictures that are no digits."""
    found = card.get("refusal")
    if not found:
        return [
            "- It always answers with one of ten digits, also for a letter, a scribble or two digits in one "
            "picture."
        ]
    digits = ", ".join(
        f"{part['refused']} of {part['count']:,} {name} digits ({part['refused'] / part['count']:.2%})"
        for name, part in found["digits"].items()
    )
    strangers = ", ".join(
        f"{part['refused'] / part['count']:.0%} of {kind}" for kind, part in found["strangers"].items()
    )
    return [
        f"- Where its largest number before the softmax is below {found['least_evidence']:.3g}, chosen on "
        f"validation digits, it says that a picture is probably no digit. So it doubts {digits}; and of "
        f"pictures made by code that are none {strangers}. The others it takes for digits."
    ]


def _drawn(card: Mapping[str, Any]) -> list[str]:
    """Drawn digits: a row for each width of the pen, a column for each half of the writers."""
    drawn = card.get("drawn")
    if not drawn:
        return []
    halves = list(next(iter(drawn.values())))
    return [
        "",
        "## On drawn digits",
        "",
        "Digits drawn with a pen on the canvas; nothing of them was learned from. By one half of the writers "
        "choices were made, the other half is for the report.",
        "",
        f"| pen | {' | '.join(f'writers: {which}' for which in halves)} |",
        "|---|" + "---:|" * len(halves),
        *(
            f"| {width} | " + " | ".join(_share(parts[which]) for which in halves) + " |"
            for width, parts in drawn.items()
        ),
    ]


def _seeds(card: Mapping[str, Any]) -> list[str]:
    """What the same recipe gives from other seeds, and all of them together."""
    seeds = card.get("seeds")
    if not seeds:
        return []
    test, drawn = seeds["test"], seeds["drawn"]
    spread = test["mean and spread"]
    said = (
        f"On the average they read {spread['accuracy']:.2%} of the test digits; from seed to seed that "
        f"differs by {points(spread['spread'])} points (standard deviation)."
    )
    committee = test.get("committee")
    if committee:
        low, high = (points(end) for end in committee["gain_interval_95"])
        said += (
            f" Together, the mean of what they say, they read {_share(committee)}: "
            f"{points(committee['gain'])} points more than one of them (95%: {low} to {high})"
        )
        together = seeds["committee_drawn"]
        said += f", and {_share(together['report'])} of the drawn digits." if together else "."
    return [
        "",
        "## Other seeds",
        "",
        f"The same recipe from {spread['runs']} seeds, named before their training, each read once; "
        "drawn digits by the writers for the report, with pens of all widths.",
        "",
        "| | test digits | drawn digits |",
        "|---|---:|---:|",
        *(f"| {seed} | {_share(test[seed])} | {_share(drawn[seed]['report'])} |" for seed in drawn),
        "",
        said,
    ]


def _ablation(card: Mapping[str, Any]) -> list[str]:
    """What each part of the recipe gives, in the order in which it was added; seeds as their mean."""
    rows = card.get("ablation")
    if not rows:
        return []
    titles = dict.fromkeys(row["title"] for row in rows)
    lines = []
    for title in titles:
        own = [row for row in rows if row["title"] == title]
        means = [sum(row[part]["accuracy"] for row in own) / len(own) for part in ("validation", "pen")]
        lines.append(f"| {title} | {means[0]:.2%} | {means[1]:.2%} |")
    first = rows[0]
    return [
        "",
        "## What each part gives",
        "",
        f"Each row with one part more: a network of {first['parameters']:,} parameters, {first['epochs']} "
        f"epochs of {first['digits']:,} digits; {_counted(len(rows) // len(titles), 'seed')}; drawn digits "
        "by the writers to choose by.",
        "",
        "| | validation | drawn |",
        "|---|---:|---:|",
        *lines,
    ]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _share(part: Mapping[str, Any]) -> str:
    low, high = (f"{end:.2%}".rstrip("%") for end in part["interval_95"])
    return f"{part['accuracy']:.2%} ({low} to {high})"


def _more(recipe: Mapping[str, Any]) -> str:
    """What only some recipes ask for; a card that is older than such a field has none."""
    asked = [name.replace("_", " ") for name in ("augmentation", "early_stopping") if recipe.get(name)]
    asked += [
        f"{words} {recipe[name]:g}"
        for name, words in (("label_smoothing", "label smoothing"), ("l2", "L2"), ("averaging", "averaging"))
        if recipe.get(name)
    ]
    return "".join(f"{words}; " for words in asked)


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _without_nan(record: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()}
