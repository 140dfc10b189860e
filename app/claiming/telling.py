"""What the runs of a claim say, in words and as a table."""

import html
import math
from collections.abc import Mapping, Sequence
from functools import partial

from app.claiming.arms import Shown, by_name
from app.more_settings import in_short
from app.prose import say
from model.claims.catalogue import LEARNED, LEVEL, SHIFT, Claim
from model.claims.outcomes import NO_NUMBER
from model.claims.verdicts import Comparison, best, can_be_tested, compare, figures, reached, verdict
from model.recipe import Recipe
from model.seeds import SHARE, spread, student_quantile

NO_DIFFERENCE = "no difference"
HEADS = {"accuracy": "accuracy", "epochs": "epochs needed", "gap": "gap in loss", "fall": "accuracy lost"}


def claimed(claim: Claim) -> str:
    """The claim and how it is tested, as Markdown."""
    count = f"{LEARNED[claim.arms[0].recipe.dataset]:,}"
    return say("claims", f"claim {claim.name}", count=count, level=f"{LEVEL:.0%}", shift=SHIFT)


def said(claim: Claim, arms: Sequence[Shown], guess: str | None) -> str:
    """The verdict, every pair with its interval, and how the guess did, as HTML.

    Args:
        claim: which.
        arms: its arms with their runs.
        guess: an arm's name, `NO_DIFFERENCE`, or None where nothing was guessed.
    """
    by_arm = figures(claim, by_name(arms))
    pairs = compare(claim, by_arm)
    found = verdict(pairs) or "none"
    seeds = min((len(values) for values in by_arm.values() if values), default=0)
    parts = [f'<p class="lab-note" role="status">{_bold(say("claims", f"verdict {found}", seeds=seeds))}</p>']
    parts += [f"<p>{_bold(_pair(claim, pair))}</p>" for pair in pairs]
    if guess is not None and pairs:
        parts.append(f"<p>{_bold(_guessed(claim, by_arm, guess))}</p>")
    notes = [say("claims", "intervals")] if pairs else []
    outcomes = [outcome for shown in arms for outcome in shown.outcomes]
    if claim.measure == "epochs" and (never := sum(not reached(outcome) for outcome in outcomes)):
        notes.append(say("claims", "never reached", runs=never, of=len(outcomes)))
    if early := sum(outcome.ending == NO_NUMBER for outcome in outcomes):
        notes.append(say("claims", "no number", runs=early, of=len(outcomes)))
    parts.append(f'<p class="lab-small">{" ".join(map(html.escape, notes))}</p>')
    return f'<div class="lab-claim-said">{"".join(parts)}</div>'


def source(claim: Claim, arms: Sequence[Shown]) -> str:
    """Where the figures come from, as plain text."""
    outcomes = [outcome for shown in arms for outcome in shown.outcomes]
    own = ", ".join(shown.arm.name for shown in arms if shown.runs)
    if own:
        untested = claim.measure == "accuracy" and not can_be_tested(outcomes)
        told = say("claims", "source own untested" if untested else "source own", arms=own)
    else:
        dataset = claim.arms[0].recipe.dataset
        tested = next((outcome.test[1] for outcome in outcomes if outcome.test), 0)
        learned = f"{LEARNED[dataset]:,}"
        told = say("claims", "source bundled", learned=learned, dataset=dataset, tested=f"{tested:,}")
    if claim.measure == "gap":
        told = f"{say('claims', 'gap learning' if own else 'gap training')} {told}"
    return told


def compared(arms: Sequence[Shown]) -> str:
    """What is compared, before anything is known of it: what differs, and what it costs, as HTML."""
    alike = len({shown.recipe.layers for shown in arms}) == 1
    tell = _optimizer if alike else _layers
    rows = "".join(
        f"<tr><th scope=row>{_name(place, shown)}</th>"
        f"<td>{shown.recipe.parameters:,}</td><td>{shown.recipe.multiply_adds:,}</td>"
        f'<td class="lab-stack">{tell(shown.recipe)}</td></tr>'
        for place, shown in enumerate(arms)
    )
    heads = ("", "parameters", "multiply-adds", "optimizer" if alike else "layers")
    return _table("What is compared", heads, rows)


def otherwise(arms: Sequence[Shown]) -> str:
    """How all of them are trained, as plain text."""
    recipe = arms[0].recipe
    annealer = "no annealer" if recipe.annealer.name == "none" else f"annealer {recipe.annealer.name}"
    alike = len({shown.recipe.optimizer for shown in arms}) == 1
    optimizer = f"{_optimizer(recipe)}, {annealer}" if alike else annealer
    return say(
        "claims",
        "otherwise",
        optimizer=optimizer,
        epochs=recipe.epochs,
        batch=recipe.batch_size,
        dataset=recipe.dataset,
    )


def _layers(recipe: Recipe) -> str:
    return in_short(recipe.layers)


def _optimizer(recipe: Recipe) -> str:
    return f"{recipe.optimizer.name}, rate {recipe.optimizer.learning_rate:g}"


def table(claim: Claim, arms: Sequence[Shown]) -> str:
    """Every arm's figure, run by run as dots and as mean with spread, and what it costs, as HTML."""
    by_arm = figures(claim, by_name(arms))
    tested = can_be_tested([outcome for shown in arms for outcome in shown.outcomes])
    ends = [value for values in by_arm.values() for value in values]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    margin = 0.08 * (high - low) or 0.5
    heads = ["", "each run", _head(claim, tested), "parameters", "multiply-adds"]
    if not tested or claim.measure == "accuracy":
        others = None
    else:
        others = [tuple(o.test[0] / o.test[1] for o in shown.outcomes if o.test) for shown in arms]
        heads.insert(3, "test accuracy")
    rows = []
    for place, shown in enumerate(arms):
        values = by_arm[shown.arm.name]
        cells = [_dots(values, low - margin, high + margin, claim), _mean(claim.measure, values)]
        if others is not None:
            cells.append(_mean("accuracy", others[place]))
        cells += [f"{shown.recipe.parameters:,}", f"{shown.recipe.multiply_adds:,}"]
        rows.append(
            f'<tr style="--arm:var(--lab-run-{place + 1})"><th scope=row>{_name(place, shown)}</th>'
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    return _table("What came of it", heads, "".join(rows))


def figure_text(measure: str, value: float) -> str:
    """A figure for people: shares in percent, falls in points, epochs and losses as they are."""
    if measure == "accuracy":
        return f"{value:.2%}"
    if measure == "fall":
        return f"{_points(value)} points"
    return f"{value:.{1 if measure == 'epochs' else 3}f}".replace("-", "−")


def _head(claim: Claim, tested: bool) -> str:
    if claim.measure == "accuracy":
        return "test accuracy" if tested else "validation accuracy"
    return HEADS[claim.measure]


def _table(title: str, heads: Sequence[str], rows: str) -> str:
    """A table that scrolls by itself where it is too wide, by keyboard too."""
    head = "".join(f"<th scope=col>{each}</th>" for each in heads)
    return (
        f'<div class="lab-claim-table" role="region" aria-label="{title}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _name(place: int, shown: Shown) -> str:
    """An arm's name behind its colour; of other runs in its place their recipe's too."""
    own = f"<small>{html.escape(shown.recipe.name)}</small>" if shown.runs else ""
    return f'<i style="--arm:var(--lab-run-{place + 1})"></i>{html.escape(shown.arm.name)}{own}'


def _dots(values: Sequence[float], low: float, high: float, claim: Claim) -> str:
    if not values:
        return "–"

    def at(value: float) -> str:
        return f"--at:{(value - low) / (high - low):.3f}"

    told = ", ".join(figure_text(claim.measure, value) for value in values)
    dots = "".join(f'<i style="{at(value)}"></i>' for value in values)
    mean = f'<b style="{at(spread(values)[0])}"></b>'
    return f'<span class="lab-claim-dots" role="img" aria-label="{told}" title="{told}">{dots}{mean}</span>'


def _mean(measure: str, values: Sequence[float]) -> str:
    if not values:
        return "–"
    mean, deviation = spread(values)
    if len(values) == 1:
        return figure_text(measure, mean)
    short = _points if measure in ("accuracy", "fall") else partial(figure_text, measure)
    low, high = map(short, mean_interval(values))
    ends = say("claims", "mean interval", low=low, high=high)
    return f"{figure_text(measure, mean)} ± {short(deviation)}<small>{html.escape(ends)}</small>"


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95% interval of a mean over seeds, by Student's t.

    Args:
        values: one for each seed, at least two.
    """
    mean, deviation = spread(values)
    reach = student_quantile((1 + SHARE) / 2, len(values) - 1) * deviation / math.sqrt(len(values))
    return mean - reach, mean + reach


def _pair(claim: Claim, pair: Comparison) -> str:
    apart, low, high = pair.difference, pair.low, pair.high
    if pair.finding != "chance":  # told by how much, whichever way it is
        apart, (low, high) = abs(apart), sorted((abs(low), abs(high)))
    told = {name: _apart(claim, value) for name, value in (("apart", apart), ("low", low), ("high", high))}
    return say("claims", f"{claim.measure} {pair.finding}", first=pair.first, second=pair.second, **told)


def _apart(claim: Claim, value: float) -> str:
    """A difference, in the passage's own unit."""
    return _points(value) if claim.measure in ("accuracy", "fall") else figure_text(claim.measure, value)


def _guessed(claim: Claim, by_arm: Mapping[str, Sequence[float]], guess: str) -> str:
    leaders = best(claim, by_arm)
    listed = ", ".join(f"**{name}**" for name in leaders)
    nobody = len(leaders) == len(by_arm)  # all may have been put in their order by chance
    if guess == NO_DIFFERENCE:
        if nobody:
            return say("claims", "guess no difference right")
        passage = "guess wrong" if len(leaders) == 1 else "guess wrong several"
    elif guess in leaders:
        passage = "guess right" if len(leaders) == 1 else "guess among"
    else:
        passage = "guess wrong" if len(leaders) == 1 else "guess wrong several"
    return say("claims", passage, guess=guess, leaders=leaders[0] if passage == "guess wrong" else listed)


def _points(share: float) -> str:
    return f"{100 * share:.2f}".replace("-", "−")


def _bold(text: str) -> str:
    """A passage's bold words as HTML; everything else as it stands."""
    parts = html.escape(text).split("**")
    return "".join(f"<b>{part}</b>" if place % 2 else part for place, part in enumerate(parts))
