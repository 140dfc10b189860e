"""Kaggle: why a score on its board may be memory, and its test.csv answered by the network in hand."""

from collections.abc import Sequence

import streamlit as st

from app import live_chart
from app.charts import leak as charts
from app.mistaken import asking, submission
from app.prose import say
from model.cards import percent
from model.kaggle import TEST_ROWS
from model.kaggle.leak import ARMS, SEEN, UNSEEN, Leak, Part, Sitting, leak
from model.seeds import spread

LESSON = "kaggle"
NAMES = ("from train.csv alone", "from MNIST")  # as `ARMS`
ALMOST_ALL = 0.9999  # more isn't rounded up to all
AXIS_STEP = 0.005  # of shares: where the chart's axis may begin


def show() -> None:
    """Shows the lesson, and beside it where to give a test.csv."""
    left, right = st.columns([9, 7], gap="large")
    with left, st.container(key="leak"):
        _show_lesson(leak())
    with right, st.container(key="test-csv"):
        submission.show()


def _show_lesson(found: Leak) -> None:
    alone, with_mnist = (found.sittings[arm] for arm in ARMS)
    seen, unseen = with_mnist[0].parts[SEEN].count, with_mnist[0].parts[UNSEEN].count
    board, honest = _mean([each.all for each in with_mnist]), _mean(_parts(with_mnist, UNSEEN))
    fields = {"count": TEST_ROWS, "seen": seen, "learned": found.learned[ARMS[1]]}
    options = [_mean([each.all for each in alone]), honest, board]
    question = say(LESSON, "guess", alone=options[0], **fields)
    guess, told = asking.ask(question, options, "the leak")
    if told:
        honestly = {"unseen": unseen, "alone": _mean(_parts(alone, UNSEEN))}
        words = say(LESSON, "answer", board=board, honest=honest, **honestly)
        st.markdown(asking.answered(guess, options.index(board), options) + words)
    named = [_arm(name, sittings) for name, sittings in zip(NAMES, (alone, with_mnist), strict=True)]
    rows = [f"all {TEST_ROWS:,}", f"{seen:,} of MNIST’s<br>training set", f"{unseen:,} of its<br>test set"]
    least = min(share for _, shares in named for seeds in shares for share in seeds)
    figure = charts.leak(rows, named if told else named[:1], least // AXIS_STEP * AXIS_STEP)
    alt = charts.leak_alt([row.replace("<br>", " ") for row in rows], named if told else named[:1])
    live_chart.show(live_chart.to_content(figure, alt), "the leak chart", charts.HEIGHT)
    if told:
        st.html(_table(rows, named))
    st.caption(say(LESSON, "so", epochs=found.recipe.epochs))


def _parts(sittings: Sequence[Sitting], name: str) -> list[Part]:
    return [each.parts[name] for each in sittings]


def _arm(name: str, sittings: Sequence[Sitting]) -> charts.Arm:
    three = [each.all for each in sittings], _parts(sittings, SEEN), _parts(sittings, UNSEEN)
    return name, [[part.accuracy for part in parts] for parts in three]


def _mean(parts: Sequence[Part]) -> str:
    return percent(spread([part.accuracy for part in parts])[0], parts[0].count)


def _table(rows: Sequence[str], arms: Sequence[charts.Arm]) -> str:
    """Means and spreads, as HTML."""
    heads = "".join(
        f"<th scope=col>{name}<br><small>{len(shares[0])} seeds</small></th>" for name, shares in arms
    )
    body = "".join(
        f"<tr><th scope=row>{row.replace('<br>', ' ')}</th>"
        + "".join(f"<td>{_spread(shares[place])}</td>" for _, shares in arms)
        + "</tr>"
        for place, row in enumerate(rows)
    )
    table = f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="lab-figures">{table}</div>'


def _spread(shares: Sequence[float]) -> str:
    mean, deviation = spread(shares)
    told = f"{mean:.2%}" if mean == 1 or mean < ALMOST_ALL else f"&gt;{ALMOST_ALL:.2%}"
    return f"<b>{told}</b>" + (f"&nbsp;±&nbsp;{100 * deviation:.2f}" if len(shares) > 1 else "")
