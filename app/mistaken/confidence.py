"""Whether a network is right as often as it says: reliability, calibration error, and a temperature."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import judging, live_chart, state
from app.bulk import Reading
from app.charts import calibration as charts
from app.judging import Judged
from app.mistaken import asking
from app.prose import say
from app.until_read import until_read
from model.cards import percent, points
from model.evaluation.calibration import reliability, with_temperature
from model.evaluation.mistakes import losses
from model.intervals import wilson

LESSON = "sureness"
MOST_MARKS = 16  # of the slider, to either side of a temperature of 1
OCTAVE = 8  # of them double it
OPTIONS = ("surer than right", "as sure as right", "less sure than right")


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Both parts that calibration needs.

    Attributes:
        validation: the digits that a temperature is fitted on.
        test: those that show what it brings.
    """

    validation: Judged
    test: Judged

    @property
    def fitted(self) -> float:
        """That temperature."""
        return self.validation.temperature


@dataclass(frozen=True)
class Sureness:
    """How sure a network is of some digits, and how well that is kept.

    Attributes:
        confidence: the mean of what it says of its own readings, 0 to 1.
        error: the expected calibration error, 0 to 1.
        loss: mean cross-entropy, nats.
    """

    confidence: float
    error: float
    loss: float


def show() -> None:
    """Shows what the network says of its readings; how that holds after a guess."""
    name = state.now().model
    until_read(lambda: _work(name), _show, say(LESSON, "reading both"))


def _work(name: str | None) -> Calibrated | Reading:
    validation = judging.judged(name, "validation")
    if isinstance(validation, Reading):
        return validation
    test = judging.judged(name, "test")
    if isinstance(test, Reading):
        return test
    return Calibrated(validation, test)


def sureness(probabilities: np.ndarray, labels: np.ndarray) -> Sureness:
    """How sure a network is, and how well that is kept.

    Args:
        probabilities: float (n, 10).
        labels: integers (n,).
    """
    confidence = float(probabilities.max(axis=1).mean(dtype=np.float64))
    error = reliability(probabilities, labels).expected_error
    return Sureness(confidence, error, float(losses(probabilities, labels).mean()))


def right_option(confidence: float, right: int, count: int) -> int:
    """Which of `OPTIONS` is so; as sure as right is what lies in the accuracy's interval."""
    low, high = wilson(right, count)
    return 0 if confidence > high else 2 if confidence < low else 1


def _show(found: Calibrated) -> None:
    test = found.test
    score = test.score
    plain = sureness(test.probabilities, test.labels)
    left, right = st.columns([5, 8], gap="medium")
    with left:
        told = {"count": score.count, "right": percent(score.accuracy, score.count)}
        st.markdown(say(LESSON, "confidence", **told))
        guess, shown = asking.ask(say(LESSON, "guess sure"), OPTIONS, f"sureness of {test.name}")
        if shown:
            place = right_option(plain.confidence, score.count - score.errors, score.count)
            sure = percent(plain.confidence, score.count)
            said = say(LESSON, f"is {OPTIONS[place]}", sure=sure, error=points(plain.error), **told)
            st.markdown(asking.answered(guess, place, OPTIONS) + said)
            chosen = _choose_temperature(found)
    if not shown:
        with right:
            _draw([])
        return
    changed = with_temperature(test.probabilities, chosen)
    is_plain = round(chosen, 2) == 1
    drawn = [("as it is", reliability(test.probabilities, test.labels))]
    if not is_plain:
        drawn.append((f"temperature {chosen:.2f}", reliability(changed, test.labels)))
    with right:
        _draw(drawn)
    fitted = _with(test, found.fitted)
    rows = [("as it is", 1.0, plain), ("fitted", found.fitted, fitted)]
    if not is_plain and round(chosen, 2) != round(found.fitted, 2):
        rows.append(("yours", chosen, _with(test, chosen)))
    with left:
        st.html(_table(rows))
        st.markdown(brings(plain, fitted))
    st.caption(_source(found))


def brings(plain: Sureness, fitted: Sureness) -> str:
    """What the fitted temperature brings on digits that it wasn't fitted on, in words."""
    better = [fitted.error < plain.error, fitted.loss < plain.loss]
    passage = (
        "temperature helps"
        if all(better)
        else "temperature hurts"
        if not any(better)
        else "temperature mixed"
    )
    return say(LESSON, passage)


def _choose_temperature(found: Calibrated) -> float:
    fitted = round(found.fitted, 2)
    marks = sorted({round(2 ** (mark / OCTAVE), 2) for mark in range(-MOST_MARKS, MOST_MARKS + 1)} | {fitted})
    bound = state.lasting(f"temperature of {found.test.name}", fitted)
    return float(
        st.select_slider(
            "Temperature",
            marks,
            format_func=lambda mark: f"{mark:.2f}" + (" (fitted)" if mark == fitted else ""),
            help=say(LESSON, "temperature"),
            **bound,
        )
    )


def _with(test: Judged, temperature: float) -> Sureness:
    return sureness(with_temperature(test.probabilities, temperature), test.labels)


def _draw(drawn: list[charts.Named]) -> None:
    content = live_chart.to_content(charts.diagram(drawn), charts.diagram_alt(drawn))
    live_chart.show(content, "reliability", charts.HEIGHT)


def _table(rows: list[tuple[str, float, Sureness]]) -> str:
    heads = ("", "temperature", "sure, on average", "calibration error", "loss")
    body = "".join(
        f"<tr><th scope=row>{name}</th><td>{temperature:.2f}</td><td>{each.confidence:.2%}</td>"
        f"<td>{points(each.error)} points</td><td>{each.loss:.4f}</td></tr>"
        for name, temperature, each in rows
    )
    head = "".join(f"<th scope=col>{each}</th>" for each in heads)
    return (
        f'<div class="lab-figures"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _source(found: Calibrated) -> str:
    """Which digits the figures are of."""
    told = say(LESSON, "fitted on", validation=len(found.validation.labels), test=len(found.test.labels))
    learned = found.validation.learned + found.test.learned
    return f"{told} {say(LESSON, 'learned', learned=learned)}" if learned else told
