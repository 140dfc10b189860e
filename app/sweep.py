"""The sweep: one transformation from end to end, on the digit in hand and on many, and which hurts most."""

import html
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import streamlit as st

from app import cache, live_chart, measured, networks, sisters, state
from app.charts import sweep as charts
from app.charts.sweep import Line
from app.hand import DataDigit
from app.in_hand import InHand
from app.measured import NoDigitsError
from app.pixels import to_uri
from app.prose import say
from app.reading import bars_html, chance
from app.until_read import until_read
from model import bundled_pair
from model.augmentation import Augmentation
from model.augmentation.transformations import TRANSFORMATIONS, Transformation
from model.checkpoint import CheckpointError
from model.datasets import DataError
from model.sweeps import DigitSweep, some_strengths
from model.verdict import Verdict

VIEWS = ("This digit", "Many digits", "Which hurts most?")
# Pictures over the curves, by the window: each is then some 40 px wide.
TILES = {"wide": 19, "narrow": 9}
SIDE_WORDS: Mapping[bundled_pair.Side, str] = {
    "without": "without augmentation",
    "with": "with augmentation",
}
SIDE_TITLES = {side: f"bundled, {words}" for side, words in SIDE_WORDS.items()}
PERCENTS = (10, 25, 50, 75, 100)
_ASKED = "asked to measure"


def show(hand: InHand | None) -> None:
    """Shows the sweep of the transformation in focus.

    Args:
        hand: the digit in hand; without one only many digits can be looked at.
    """
    st.fragment(_look)(hand)


def _look(hand: InHand | None) -> None:
    view = st.segmented_control(
        "What is swept", VIEWS, default=VIEWS[0], required=True, label_visibility="collapsed", key="sweep of"
    )
    shown = TRANSFORMATIONS[state.now().change]
    if view == VIEWS[1]:
        _many(shown)
    elif view == VIEWS[2]:
        _hurts()
    elif hand is None or hand.digit is None:
        st.caption(say("sweeping", "no digit"))
    else:
        _one(hand.digit, shown)


def _one(digit: np.ndarray, shown: Transformation) -> None:
    sweep = measured.digit_sweep(state.now().model, digit.tobytes(), shown.name)
    if shown.is_switch:
        _mirrored(sweep, shown)
        return
    verdict = int(sweep.verdicts[sweep.unchanged])
    six = shown.name == "rotation" and verdict == 6
    asked, button = st.columns([4, 1], gap="medium", vertical_alignment="bottom")
    with asked:
        moved = st.select_slider(
            say("sweeping", "guess six" if six else "guess", verdict=verdict),
            [strength for strength in map(float, sweep.strengths) if strength >= 0],
            format_func=shown.show,
            key=f"guess of {shown.name}",
        )
        guess = moved or None  # nobody guesses that nothing at all is enough
    with button:
        seen = st.toggle("Show", key=f"seen {shown.name}")
    st.html(_strip(sweep, shown))
    if not seen:
        st.caption(say("sweeping", "look first"))
    else:
        figure = charts.digit_sweep(sweep, shown, guess)
        content = live_chart.to_content(figure, charts.digit_sweep_alt(sweep, shown))
        live_chart.show(content, "sweep of the digit", charts.HEIGHT)
        st.markdown(_told(sweep, shown, guess, six))
    if shown.name == "rotation" and not six and st.button("Take a 6 in hand"):
        _take_a_six()
        st.rerun()


def _mirrored(sweep: DigitSweep, shown: Transformation) -> None:
    """A transformation without strengths: the digit, its mirror image, and what is read in that."""
    verdict, how = int(sweep.verdicts[0]), shown.show(shown.high)
    asked, button = st.columns([4, 1], gap="medium", vertical_alignment="bottom")
    with asked, st.container(key="guess-mirrored"):
        guess = st.pills(
            say("sweeping", "guess mirrored", how=how, verdict=verdict),
            range(10),
            key=f"guess of {shown.name}",
        )
    with button:
        seen = st.toggle("Show", key=f"seen {shown.name}")
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    with left:
        st.html(_strip(sweep, shown))
    if not seen:
        st.caption(say("sweeping", "look first"))
        return
    read = Verdict(sweep.probabilities[1])
    with right:
        st.html(bars_html(read))
    told = {"how": how.capitalize(), "verdict": verdict}
    told |= {"read": read.digit, "sure": chance(read.confidence)}
    passage = "mirrored" if read.digit != verdict else "mirrored the same"
    guessed = "" if guess is None else say("sweeping", "guessed", guess=guess)
    st.markdown(f"{say('sweeping', passage, **told)} {guessed}")


def _strip(sweep: DigitSweep, shown: Transformation) -> str:
    """Some of the pictures side by side, as wide as the field of the curves below."""
    low, high = (shown.show(float(sweep.strengths[place])) for place in (0, -1))
    pictures = ""
    for window, most in TILES.items():
        places = np.rint(np.linspace(0, len(sweep.strengths) - 1, min(len(sweep.strengths), most))).astype(
            int
        )
        row = np.concatenate(list(sweep.pictures[places]), axis=1)
        alt = f"The digit at {len(places)} strengths of {shown.title.lower()}, from {low} to {high}"
        source = to_uri(row, max(row.shape))
        pictures += f'<img class="lab-{window}" decoding="sync" src="{source}" alt="{html.escape(alt)}">'
    return f'<figure class="lab-strip">{pictures}</figure>'


def _told(sweep: DigitSweep, shown: Transformation, guess: float | None, six: bool) -> str:
    """Where the reading changes, and how near the guess came."""
    first, last = sweep.span()
    verdict, end = int(sweep.verdicts[sweep.unchanged]), len(sweep.strengths) - 1
    told = {"verdict": verdict, "low": shown.show(float(sweep.strengths[first]))}
    told["high"] = shown.show(float(sweep.strengths[last]))
    if first == 0 and last == end:
        return say("sweeping", "never changes", **told)
    said = [say("sweeping", "changes", **told)]
    for place in (first - 1, last + 1):
        if 0 <= place <= end:
            read = int(sweep.verdicts[place])
            sure = chance(float(sweep.probabilities[place, read]))
            said.append(
                say(
                    "sweeping",
                    "then",
                    strength=shown.show(float(sweep.strengths[place])),
                    read=read,
                    sure=sure,
                )
            )
    turned = np.flatnonzero(sweep.verdicts == 9) if six else np.array([first - 1, last + 1])
    turned = turned[(turned >= 0) & (turned <= end)]
    if six and not len(turned):
        said.append(say("sweeping", "six never"))
    elif guess is not None:
        reached = float(np.abs(sweep.strengths[turned]).min())
        passage = "guess of six" if six else "guess told"
        said.append(say("sweeping", passage, reached=shown.show(reached), guess=shown.show(guess)))
    return " ".join(said)


def _take_a_six() -> None:
    """Takes the first 6 of the validation digits in hand."""
    digits = cache.digits("mnist", "validation")
    state.change(
        source="data",
        data_digit=DataDigit("mnist", "validation", int(np.flatnonzero(digits.labels == 6)[0])),
        in_corner=False,
    )


def _many(shown: Transformation) -> None:
    """Accuracy against strength: the bundled pair at once, any two networks when asked."""
    stands_for = sisters.choices(networks.split(state.now().model)[0])
    choices = [*bundled_pair.SIDES, *stands_for]
    names = {**SIDE_TITLES} | {name: sisters.title(name, stands_for) for name in stands_for}
    chosen = []
    for column, side in zip(st.columns(2, gap="small"), bundled_pair.SIDES, strict=True):
        with column:
            chosen.append(
                st.selectbox(
                    f"Network {'A' if side == 'without' else 'B'}",
                    choices,
                    index=choices.index(side),
                    format_func=names.__getitem__,
                    key=f"swept {side}",
                )
            )
    own = {choice: stands_for[choice] for choice in dict.fromkeys(chosen) if choice in stands_for}
    lines = _bundled(shown.name, chosen)

    def draw(found: np.ndarray | None) -> None:
        _draw_many(shown, chosen, names, own, lines, found)

    if not own:
        draw(None)
        return
    addresses = tuple(networks.to_address(each) for stands_for in own.values() for each in stands_for)
    try:
        count = _count(addresses, is_beside_digits=bool(lines))
    except (CheckpointError, DataError, NoDigitsError) as error:
        st.warning(str(error))
        return
    if _is_asked((addresses, shown.name), count, len(addresses)):
        until_read(lambda: measured.accuracies(addresses, shown.name), draw, say("sweeping", "reading"))


def _count(addresses: tuple[str | None, ...], is_beside_digits: bool) -> int:
    """On how many digits networks can be compared, and with those that read digits, if need be."""
    digits, places = measured.unlearned(addresses)
    if is_beside_digits:
        measured.check_alike(digits, cache.digits("mnist", "validation"))
    return len(places)


def _is_asked(what: Hashable, count: int, networks_to_read: int) -> bool:
    """Whether the person has asked to measure something; offers it else."""
    asked = state.kept(_ASKED, frozenset())
    if what in asked:
        return True
    st.button("Measure", type="primary", on_click=state.keep, args=(_ASKED, asked | {what}))
    st.caption(say("sweeping", "measure", count=count, networks=networks_to_read))
    return False


def _draw_many(
    shown: Transformation,
    chosen: Sequence[str],
    names: Mapping[str, str],
    own: Mapping[str, tuple[str, ...]],
    bundled: Mapping[str, Line],
    found: np.ndarray | None,
) -> None:
    """Accuracy against strength of the chosen networks.

    Args:
        shown: the transformation.
        chosen: the choices, in order.
        names: what each is called.
        own: those that were measured here, and which networks each stands for.
        bundled: the lines of the others.
        found: float (networks, s), the accuracies of `own`'s networks, one after the other; None for none.
    """
    lines, count = dict(bundled), bundled_pair.curves(shown.name).count
    if found is not None:
        ends = np.cumsum([len(stands_for) for stands_for in own.values()])[:-1]
        strengths = some_strengths(shown.name)
        rows = dict(zip(own, np.split(found, ends), strict=True))
        lines |= {choice: Line(names[choice], strengths, rows[choice]) for choice in own}
        addresses = tuple(networks.to_address(each) for stands_for in own.values() for each in stands_for)
        count = len(measured.unlearned(addresses)[1])
    drawn = [lines[choice] for choice in dict.fromkeys(chosen)]
    figure = charts.accuracies(drawn, shown, _learned(chosen, shown), f"{shown.name} {chosen}")
    content = live_chart.to_content(figure, charts.accuracies_alt(drawn, shown))
    live_chart.show(content, "sweep of many", charts.HEIGHT)
    seeds = max(len(line.accuracies) for line in drawn)
    said = ["many" if own else "many bundled"]
    said += ["many band"] * (seeds > 1 and bool(own)) + ["many mixed"] * (len(own) < len(drawn) and bool(own))
    told = {"count": count, "seeds": seeds, "bundled": bundled_pair.curves(shown.name).count}
    st.caption(" ".join(say("sweeping", passage, **told) for passage in said))


def _bundled(name: str, chosen: Sequence[str]) -> dict[str, Line]:
    curves = bundled_pair.curves(name)
    return {
        side: Line(words, curves.strengths, curves.accuracies[side])
        for side, words in SIDE_WORDS.items()
        if side in chosen
    }


def _learned(chosen: Sequence[str], shown: Transformation) -> float | None:
    """Up to which strength the bundled network has learned it; None where that isn't shown."""
    augmentation = bundled_pair.recipe("with").augmentation
    if "with" not in chosen or augmentation is None:
        return None
    return float(getattr(augmentation, shown.field)) or None


def _hurts() -> None:
    """The guess which transformation hurts most, and the answer."""
    titles = {name: each.title for name, each in TRANSFORMATIONS.items()}
    left, middle, right = st.columns([2, 3, 1], gap="medium", vertical_alignment="bottom")
    with left:
        guess = st.selectbox(
            "Guess: which hurts most?",
            list(titles),
            index=None,
            format_func=titles.__getitem__,
            placeholder="which?",
            key="guess of what hurts most",
        )
    with middle:
        percent = st.select_slider(
            "How far, of the most that a recipe may ask for",
            PERCENTS,
            value=25,
            format_func=lambda value: f"{value}%",
            key="how far it goes",
        )
    with right:
        seen = st.toggle("Show", key="seen what hurts most")
    if not seen:
        st.caption(say("sweeping", "hurts first"))
        return
    falls = {
        SIDE_WORDS[side]: {name: _fall(name, side, percent / 100) for name in titles}
        for side in bundled_pair.SIDES
    }
    without = falls[SIDE_WORDS["without"]]
    order = sorted(titles, key=lambda name: -without[name])
    reached = [_reached(TRANSFORMATIONS[name], percent / 100) for name in order]
    figure = charts.hurts(reached, {word: [fall[name] for name in order] for word, fall in falls.items()})
    told = ", ".join(f"{text} {without[name]:.1f}" for text, name in zip(reached, order, strict=True))
    alt = f"Percentage points of accuracy lost without augmentation, by transformation: {told}."
    live_chart.show(live_chart.to_content(figure, alt), "what hurts most", charts.BARS_HEIGHT)
    passage = "hurts" if guess is None else "hurts right" if guess == order[0] else "hurts wrong"
    st.markdown(
        say(
            "sweeping",
            passage,
            worst=titles[order[0]],
            points=f"{without[order[0]]:.0f}",
            guess="" if guess is None else titles[guess],
            guessed="" if guess is None else f"{without[guess]:.0f}",
            count=bundled_pair.curves(order[0]).count,
        )
    )


def _reached(shown: Transformation, share: float) -> str:
    strength = shown.high if shown.is_switch else share * shown.limit
    return f"{shown.title} {shown.show(strength)}" if not shown.is_switch else shown.title


def _fall(name: str, side: bundled_pair.Side, share: float) -> float:
    """Percentage points of accuracy that a transformation costs at its worse end: the mean over the seeds."""
    curves, shown = bundled_pair.curves(name), TRANSFORMATIONS[name]
    mean = curves.accuracies[side].mean(axis=0)
    far = 1.0 if shown.is_switch else share * shown.limit
    ends = [end for end in (-far, far) if curves.strengths[0] <= end <= curves.strengths[-1]]
    untouched = float(np.interp(0, curves.strengths, mean))
    return 100 * (untouched - min(float(np.interp(end, curves.strengths, mean)) for end in ends))


def chosen_range(augmentation: Augmentation | None, shown: Transformation) -> tuple[float, float] | None:
    """The strengths that an augmentation draws one transformation from: lowest and highest; None for none."""
    most = 0.0 if augmentation is None else float(getattr(augmentation, shown.field))
    if augmentation is None or not most or not getattr(augmentation.probabilities, shown.probability):
        return None
    return (max(-most, shown.low), min(most, shown.high))
