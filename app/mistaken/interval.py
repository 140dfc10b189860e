"""How sure an accuracy is: its interval, what another count of digits would tell, and other seeds."""

import bisect

import streamlit as st

from app import cache, judging, live_chart, networks, state
from app.charts import intervals as charts
from app.charts.intervals import Interval, Seeds
from app.judging import Judged
from app.mistaken import asking, errors
from app.prose import say
from app.until_read import until_read
from model.cards import percent, points
from model.claims.catalogue import CLAIMS, Arm
from model.claims.outcomes import outcomes
from model.intervals import wilson
from model.seeds import spread

LESSON = "sureness"
COUNTS = (100, 1_000, 10_000, 60_000)  # digits: a handful, a class's, MNIST's test and training digits
TIMES = (2, 4, 10, 100)  # as many digits, to guess from
FAMILY_LEAST = 2  # seeds that make a spread
# Recipes whose three seeds are bundled with their figures: small ones, learning from as many digits.
EXAMPLES: dict[str, Arm] = {
    "mini": CLAIMS["pooling"].arm("maximum"),
    "mnist": CLAIMS["normalisation"].arm("with"),
}


def show() -> None:
    """Shows the interval of the accuracy; that of other counts after a guess."""
    name, part = state.now().model, state.now().judged
    until_read(lambda: judging.judged(name, part), _show, errors.reading(part))


def _show(found: Judged) -> None:
    score = found.score
    right = score.count - score.errors
    low, high = score.confidence_interval_95
    st.html(errors.headline(found))
    left, middle = st.columns([5, 8], gap="medium")
    with left:
        st.markdown(say(LESSON, "interval", count=score.count, width=points(high - low)))
        options = [say(LESSON, "times as many", times=times) for times in TIMES]
        guess, shown = asking.ask(say(LESSON, "guess count"), options, f"count for {found.name} {found.part}")
        if shown:
            needed = halving_count(right, score.count)
            nearest = min(range(len(TIMES)), key=lambda place: abs(TIMES[place] - needed / score.count))
            told = {"needed": needed, "times": f"{needed / score.count:.1f}"}
            # with nothing but one kind of reading it isn't the square root that it shrinks with
            passage = "halving" if 0 < right < score.count else "halving of all alike"
            st.markdown(asking.answered(guess, nearest, options) + say(LESSON, passage, **told))
    seeds, told_seeds = _seeds(found) if shown else (None, "")
    rows = [_row(right, score.count, count) for count in (COUNTS if shown else ())]
    rows = [row for row in rows if row.name != _digits(score.count)]
    rows.append(Interval(_digits(score.count), low, score.accuracy, high, is_own=True))
    rows.sort(key=lambda row: int(row.name.split()[0].replace(",", "")))
    with middle:
        content = live_chart.to_content(charts.to_scale(rows, seeds), charts.to_scale_alt(rows, seeds))
        live_chart.show(content, "interval", charts.height(len(rows) + bool(seeds)))
        if shown:
            st.caption(f"{say(LESSON, 'other counts')} {told_seeds}")


def halving_count(right: int, count: int) -> int:
    """Of how many digits the 95% interval is half as wide, were the same share of them right.

    Args:
        right: digits that were read right.
        count: of how many.
    """
    share, goal = right / count, _width(right, count) / 2
    counts = range(count, count * 8)
    return count + bisect.bisect_left(counts, True, key=lambda of: _width(round(share * of), of) <= goal)


def _width(right: int, count: int) -> float:
    low, high = wilson(right, count)
    return high - low


def _row(right: int, count: int, of: int) -> Interval:
    share = right / count
    low, high = wilson(round(share * of), of)
    return Interval(_digits(of), low, share, high)


def _digits(count: int) -> str:
    return f"{count:,} digits"


def _seeds(found: Judged) -> tuple[Seeds | None, str]:
    """What other seeds of a recipe gave: of the one in hand where there are any, else of a bundled one."""
    name, epoch = networks.split(found.name)
    own = _family(name, epoch, found.part)
    accuracies = own or _examples(found)
    if len(accuracies) < FAMILY_LEAST:
        return None, ""
    mean, deviation = spread(accuracies)
    told = {"count": len(accuracies), "mean": percent(mean, 10_000), "deviation": points(deviation)}
    passage = "own seeds" if own else "bundled seeds"
    arm = EXAMPLES["mini" if found.dataset == "mini" else "mnist"]
    words = say(LESSON, passage, epochs=arm.recipe.epochs, part=found.part, **told)
    row = say(LESSON, "seeds row" if own else "bundled seeds row", count=len(accuracies))
    return Seeds(row, accuracies), words


def _family(name: str, epoch: int, part: str) -> tuple[float, ...]:
    """The accuracies of a run and of those that differ from it in their seed alone; at the same epoch.

    Of a bundled network they stand on the card of its last epoch.
    """
    if not networks.is_run(name):
        told = cache.checkpoint(networks.to_address(name, epoch)).card.get("seeds", {}).get(part, {})
        return tuple(each["accuracy"] for key, each in told.items() if key.startswith("seed "))
    from app import sisters
    from app.snapshots import snapshot

    family = next((each for each in sisters.choices(name).values() if name in each), (name,))
    found = []
    for each in family if len(family) >= FAMILY_LEAST else ():
        seen = snapshot(each)
        if part == "test":
            tested = seen.run.notes.get("test") if seen.run else None
            found.append(float(tested["accuracy"]) if tested and tested["epoch"] == epoch else None)
        else:
            records = {record.epoch: record.validation_accuracy for record in seen.epochs}
            found.append(records.get(epoch))
    return tuple(value for value in found if value is not None)


def _examples(found: Judged) -> tuple[float, ...]:
    if found.dataset == "fashion":
        return ()  # clothes: the bundled figures are of digits
    arm = EXAMPLES["mini" if found.dataset == "mini" else "mnist"]
    if found.part == "test":
        return tuple(each.test[0] / each.test[1] for each in outcomes(arm) if each.test)
    ends = (each.validation_accuracy[-1] for each in outcomes(arm))
    return tuple(end for end in ends if end is not None)
