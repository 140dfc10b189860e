"""A reading as HTML: the digit, how sure the network is, and the probabilities of all ten as bars.

Plain HTML, for it is drawn anew after every stroke: charts would blink and take their time. Nothing that a
person typed comes in here unescaped.
"""

import html
from collections.abc import Sequence

from model.cards import percent
from model.verdict import Verdict

# A probability is shown to a tenth of a percent: more digits would only flicker.
COUNT = 1000


def chance(probability: float) -> str:
    """A probability in words: "98.3%"; "<0.1%" and ">99.9%" rather than a certainty that no network has."""
    if probability < 0.0005:
        return "<0.1%"
    if probability >= 0.9995:
        return ">99.9%"
    return percent(probability, COUNT)


def verdict_html(verdict: Verdict, title: str = "The network reads") -> str:
    """What is read: the digit large, its probability, and the next two guesses.

    Args:
        verdict: by a network, or by several together.
        title: which of them.
    """
    _, second, third = verdict.ranking[:3]
    p = verdict.probabilities
    kind = ""
    if not verdict.is_digit:
        kind, title = " lab-doubted", "Probably no digit; if any:"
    return f"""
<div class="lab-verdict{kind}" role="status">
  <div class="lab-label">{title}</div>
  <div class="lab-digit">{verdict.digit}</div>
  <div class="lab-sure">{chance(verdict.confidence)} sure</div>
  <div class="lab-next">then {second} ({chance(p[second])}), {third} ({chance(p[third])})</div>
</div>"""


def remark_html(verdict: Verdict | None, label: int | None = None, remarks: Sequence[str] = ()) -> str:
    """Two lines under the reading: any doubt in words, and for a labelled digit whether it is right.

    Args:
        verdict: what the network reads; None keeps the line's place.
        label: what a person has said that it is, if one has.
        remarks: what may be amiss with the picture.
    """
    said = [] if verdict is None else [*verdict.warnings, *remarks]
    if verdict is not None and label is not None:
        said.insert(0, f"{'Right' if verdict.digit == label else 'Wrong'}: it is labelled {label}.")
    doubtful = " lab-doubtful" if verdict is not None and (verdict.warnings or remarks) else ""
    return f'<p class="lab-remark{doubtful}" role="status">{html.escape(" ".join(said)) or "&nbsp;"}</p>'


def bars_html(verdict: Verdict) -> str:
    """The ten probabilities as bars, for the eye and for a screen reader."""
    said = ", ".join(f"{digit}: {chance(p)}" for digit, p in enumerate(verdict.probabilities))
    best = verdict.digit
    rows = "".join(
        f'<div class="lab-bar{" lab-first" if digit == best else ""}">'
        f'<span class="lab-name">{digit}</span>'
        f'<span class="lab-track"><span class="lab-fill" style="width:{p:.2%}"></span></span>'
        f'<span class="lab-value">{chance(p)}</span></div>'
        for digit, p in enumerate(verdict.probabilities)
    )
    return f'<div class="lab-bars" role="img" aria-label="Probabilities. {said}">{rows}</div>'


def nothing_html(title: str, reason: str) -> str:
    """What stands in a reading's place while there is nothing to read.

    Args:
        title: what is the matter, short; plain text.
        reason: what to do; plain text.
    """
    return f"""
<div class="lab-verdict lab-nothing" role="status">
  <div class="lab-label">{html.escape(title)}</div>
  <div class="lab-digit" aria-hidden="true">?</div>
  <div class="lab-next">{html.escape(reason)}</div>
</div>"""


def empty_bars_html() -> str:
    """The bars before there is anything to read: the same place, nothing in it."""
    rows = "".join(
        f'<div class="lab-bar"><span class="lab-name">{digit}</span>'
        '<span class="lab-track"></span><span class="lab-value">–</span></div>'
        for digit in range(10)
    )
    return f'<div class="lab-bars lab-nothing" aria-hidden="true">{rows}</div>'
