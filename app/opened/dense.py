"""The dense layer opened: what each input adds to a unit, and what sets one digit apart from another."""

import numpy as np
import streamlit as st

from app import address, state
from app.opened import aside, linked
from app.opened.aside import Question
from app.opened.formula import in_brackets, number, plain
from app.opened.linked import Panel, View, sentence
from app.prose import say
from app.subject import Subject
from model.layers import Activation, Dropout
from model.probes.descending import answer_place
from model.probes.maps import signed
from model.probes.weighing import Weighing, maps_before, place_in_maps, weigh
from model.recipe import CLASSES

LESSON = "dense"
TERMS = 3  # products that are written out in the formula
LISTED = 5  # on either side of the table
CHOICES = 4  # numbers to guess among


def show(subject: Subject, place: int) -> None:
    """Shows one unit's sum; of the last dense layer also what sets two digits apart."""
    facets = {"sum": st.fragment(_sum)}
    if is_answer(subject, place):
        facets["versus"] = st.fragment(_versus)
    aside.show(subject, place, LESSON, _question(subject, place), facets)


def is_answer(subject: Subject, place: int) -> bool:
    """Whether a dense layer's units are the ten digits."""
    return place == answer_place(subject.layers)


def chosen_unit(subject: Subject, place: int) -> int:
    """The unit that is looked at: the person's choice, else ours."""
    unit = state.now().unit
    return unit if unit is not None and unit < len(subject.gives(place)) else first_unit(subject, place)


def first_unit(subject: Subject, place: int) -> int:
    """The unit to begin with: the digit that is read, of a hidden layer the one that gives most."""
    return subject.reading if is_answer(subject, place) else int(np.abs(subject.gives(place)).argmax())


def _name(subject: Subject, place: int, unit: int) -> str:
    return f"{'digit' if is_answer(subject, place) else 'unit'} {unit}"


def _question(subject: Subject, place: int) -> Question:
    unit = first_unit(subject, place)
    found = weigh(subject.weights(place), subject.gets(place), unit)
    count, name = len(found.inputs), _name(subject, place, unit)
    key = f"dense {place} {unit} {found.total}"
    told = {"adds": plain(found.adds), "takes": plain(found.takes), "bias": plain(found.bias)}
    told |= {"total": plain(found.total), "count": f"{count:,}"}
    needed = inputs_for_half(found)
    if not needed:
        options = [say(LESSON, "the bias"), say(LESSON, "zero")]
        return Question(
            say(LESSON, "asks of none", unit=name),
            options,
            lambda: (0, say(LESSON, "answer of none", **told)),
            key,
        )
    numbers, right = numbers_around(needed, count)
    return Question(
        say(LESSON, "asks", unit=name, count=f"{count:,}"),
        [f"{each:,}" for each in numbers],
        lambda: (right, say(LESSON, "answer", needed=f"{needed:,}", **told)),
        key,
    )


def inputs_for_half(found: Weighing) -> int:
    """How many of the strongest products above zero make half of all that is added; 0 if nothing is."""
    rising = -np.sort(-found.products.clip(min=0))
    if not rising[0] > 0:
        return 0
    return int(np.searchsorted(np.cumsum(rising), found.adds / 2)) + 1


def numbers_around(right: int, most: int) -> tuple[list[int], int]:
    """Some numbers to guess among: the right one, and others that are several times it, or a part of it.

    Args:
        right: at least 1.
        most: the largest that makes sense.

    Returns:
        The numbers, rising, and which of them is the right one.
    """
    others = [right * 4, max(1, right // 4), right * 16, max(1, right // 16), right + 1, right + 2]
    options = [right]
    for other in others:
        if other not in options and other <= most and len(options) < CHOICES:
            options.append(other)
    if len(options) == 1:
        options.append(0)
    options.sort()
    return options, options.index(right)


def _sum(subject: Subject, place: int) -> None:
    """All units, and one of them written out."""
    unit = chosen_unit(subject, place)
    found = weigh(subject.weights(place), subject.gets(place), unit)
    _show_panels(
        subject, place, found, _units(subject, place), unit, f"weights of {_name(subject, place, unit)}"
    )
    symbol = rf"z_{{{unit}}}"
    _show_sum(subject, place, found, symbol, "b")
    address.follow("Architecture", "dense")


def _versus(subject: Subject, place: int) -> None:
    """What sets one digit apart from another."""
    unit = chosen_unit(subject, place)
    ranked = [int(each) for each in np.argsort(-subject.gives(place), kind="stable") if each != unit]
    asked = state.now().target
    other = ranked[0] if asked is None or asked == unit else asked
    st.segmented_control(
        f"Why {unit}, and not …",
        [digit for digit in range(CLASSES) if digit != unit],
        required=True,
        **state.bound("target", lambda _: other, key="the other digit"),
    )
    one, less = (weigh(subject.weights(place), subject.gets(place), each) for each in (unit, other))
    found = one.minus(less)
    _show_panels(
        subject, place, found, _units(subject, place), unit, f"weights of {unit} less those of {other}"
    )
    st.markdown(_apart(subject, place, unit, other, found.total))
    _show_sum(subject, place, found, rf"z_{{{unit}}} - z_{{{other}}}", rf"(b_{{{unit}}} - b_{{{other}}})")
    address.follow("Architecture", "dense")


def _apart(subject: Subject, place: int, unit: int, other: int, total: float) -> str:
    told = {"unit": unit, "other": other, "total": plain(abs(total))}
    between = subject.layers[place + 1 : -1]
    if not all(isinstance(layer, Dropout) or layer == Activation("linear") for layer in between):
        return say(LESSON, "apart before", **told)
    times = f"{plain(float(np.exp(min(total, 700.0))))} times"
    return say(LESSON, "apart" if total >= 0 else "apart less", times=times, **told)


def _units(subject: Subject, place: int) -> Panel:
    """All units, to choose one."""
    gives = subject.gives(place)
    few = len(gives) <= 20
    return Panel(
        "Digits" if is_answer(subject, place) else "Units",
        f"what all {len(gives)} give; choose one",
        gives[None, None],
        is_signed=True,
        link="unit",
        cell=44 if few else 22,
        share=0,
        height=66 if few else 48,
        captions=[str(each) for each in range(len(gives))] if few else (),
        numbers=few,
    )


def _show_panels(
    subject: Subject, place: int, found: Weighing, units: Panel, unit: int, weights: str
) -> None:
    """The units, and what comes in, its weights and the products side by side."""
    maps_shape = maps_before(subject.layers, place)
    shape = (1, 1, len(found.inputs)) if maps_shape is None else maps_shape
    products = found.products.reshape(shape)
    maps = linked.some_maps(shape, np.abs(products).sum(axis=(0, 1)))
    x, w = (array.reshape(shape)[..., maps] for array in (found.inputs, found.weights))
    is_signed = place > 0 and signed(subject.layers)[place - 1]
    panels = [
        units,
        Panel("In", f"{len(found.inputs):,} numbers", x, is_signed, height=200),
        Panel("Weights", weights, w, True, height=200, sign="×"),
        Panel("Products", "added up", products[..., maps], True, height=200, sign="="),
    ]
    view = View(
        panels,
        {
            "value": sentence(LESSON, "value" if maps_shape is None else "value of maps"),
            "unit": sentence(LESSON, "digit" if is_answer(subject, place) else "unit"),
        },
        say(LESSON, "invites"),
        maps=maps.tolist() if len(maps) < shape[-1] else (),
        depth=shape[-1],
        unit=unit,
    )

    def take(chosen: int) -> None:
        if chosen < len(subject.gives(place)):
            state.change(unit=chosen)

    linked.show(linked.to_content(view), "dense", on_unit=take)
    if len(maps) < shape[-1]:
        st.caption(say(LESSON, "some", shown=len(maps), count=shape[-1]))


def _show_sum(subject: Subject, place: int, found: Weighing, symbol: str, bias: str) -> None:
    """The sum as a formula, and its largest terms as a table."""
    with st.container(key="answer-formula"):
        st.latex(sum_formula(found, symbol, bias if "bias" in subject.weights(place) else ""))
    st.html(_table(found, maps_before(subject.layers, place)))


def sum_formula(found: Weighing, symbol: str, bias: str) -> str:
    """A unit's sum, its strongest products written out; LaTeX.

    Args:
        found: the sum.
        symbol: what it is called; LaTeX.
        bias: what its bias is called; "" for none.
    """
    places = [int(each) for each in found.strongest(TERMS)]
    terms = []
    for at, index in enumerate(places):
        x, w = found.inputs[index], found.weights[index]
        sign = "" if not at else "+ "
        terms.append(rf"{sign}\underbrace{{{number(x)} \cdot {in_brackets(w)}}}_{{\text{{input {index}}}}}")
    rest = float(found.products.sum() - found.products[places].sum())
    if len(found.inputs) > len(places):
        left = len(found.inputs) - len(places)
        terms.append(rf"+ \underbrace{{{in_brackets(rest)}}}_{{\text{{{left:,} more}}}}")
    if bias:
        terms.append(rf"+ \underbrace{{{in_brackets(found.bias)}}}_{{{bias}}}")
    return f"{symbol} = {' '.join(terms)} = {number(found.total)}"


def _table(found: Weighing, shape: tuple[int, ...] | None) -> str:
    """The inputs that add most and those that take most away."""
    products = found.products
    order = np.argsort(-products, kind="stable")
    sides = {
        "adds most": [int(i) for i in order[:LISTED] if products[i] > 0],
        "takes away most": [int(i) for i in order[::-1][:LISTED] if products[i] < 0],
    }
    most = float(np.abs(products).max()) or 1.0
    halves = ""
    for (title, places), kind in zip(sides.items(), ("lab-adds", "lab-takes"), strict=True):
        rows = "".join(
            f"<tr><th>{_where(index, shape)}</th><td>{plain(found.inputs[index])}</td>"
            f"<td>{plain(found.weights[index])}</td>"
            f'<td class="lab-term"><i class="{kind}" style="width:{abs(products[index]) / most:.0%}"></i>'
            f"<span>{plain(products[index])}</span></td></tr>"
            for index in places
        )
        halves += (
            f"<table><caption>{title}</caption><thead><tr><th>input</th><td>in</td><td>× weight</td>"
            f"<td>= product</td></tr></thead><tbody>{rows or '<tr><th>none</th></tr>'}</tbody></table>"
        )
    return f'<div class="lab-terms">{halves}</div>'


def _where(index: int, shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return f"{index}"
    row, column, channel = place_in_maps(shape, index)
    return f"map {channel} ({row}, {column})"
