"""What a person chose, kept for as long as their session lasts, and mirrored in the link.

The only user of Streamlit's session state and query parameters. A page reads `now()`, changes it by
`change()`, and hands the widgets that change it `bound()`. The link is read once, when a session begins; from
then on the session is the truth and the address bar follows it (`app.address`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.hand import GIVEN, KERNEL_OF, State
from app.link import from_link, to_link

_STATE = "state"
_IGNORED = "ignored in the link"
_CANVAS = "canvas"
_PAGE = "page"
_TOLD = "told"
_REMEMBERED = "remembered"
_STANDS, _APPEARS = "stands", "appears"

MOST_REMEMBERED = 300  # choices kept beside the state: a session is somebody's, but its memory is everybody's


def begin(page: str) -> None:
    """Begins a run of a page, and with the first one a session, with what its link asks for.

    Args:
        page: the page's path.
    """
    st.session_state[_PAGE] = page
    if _STATE not in st.session_state:
        query = {name: st.query_params.get_all(name) for name in st.query_params}
        st.session_state[_STATE], st.session_state[_IGNORED] = from_link(query)


def now() -> State:
    """What the person chose, as of now."""
    state = st.session_state[_STATE]
    assert isinstance(state, State)
    return state


def change(**fields: object) -> None:
    """Changes some fields of the state, and lets go what belonged to what they were.

    With another digit in hand, "Why?" has to be asked anew, and so has the right digit. With another layer,
    filter or channel, a kernel that was changed by hand goes: it was that of the one before.
    """
    if GIVEN & fields.keys():
        fields = {"why": False, "label": None, **fields}
    # as long as nobody has chosen, it is the first
    if any((fields.get(name, 0) or 0) != (getattr(now(), name) or 0) for name in KERNEL_OF & fields.keys()):
        fields = {"kernel": None, **fields}
    st.session_state[_STATE] = replace(now(), **fields)  # type: ignore[arg-type]


def tell(sentence: str) -> None:
    """Leaves a sentence for the page to show when it runs next, such as why something can't be done."""
    st.session_state[_TOLD] = sentence


def told() -> str:
    """What was left to be shown, once; "" for nothing."""
    return str(st.session_state.pop(_TOLD, ""))


def keep(name: str, value: object) -> None:
    """Keeps something until the session ends that no link carries, such as what can be undone."""
    st.session_state[f"kept: {name}"] = value


def kept(name: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever was kept
    """What was kept under that name; `default` if nothing was."""
    return st.session_state.get(f"kept: {name}", default)


def remembered(name: str, first: Any = None) -> Any:  # noqa: ANN401 - whatever was chosen
    """What a person chose in a widget of `lasting`; `first` as long as they haven't."""
    return st.session_state.get(_REMEMBERED, {}).get(name, first)


def remember(name: str, value: object) -> None:
    """Chooses it in their place; the oldest of very many such choices are forgotten."""
    chosen = {other: kept for other, kept in st.session_state.get(_REMEMBERED, {}).items() if other != name}
    chosen[name] = value
    st.session_state[_REMEMBERED] = dict(list(chosen.items())[-MOST_REMEMBERED:])


def lasting(name: str, first: Any = None) -> dict[str, Any]:  # noqa: ANN401 - whatever is chosen
    """Ties a widget to a choice that no link carries but that lasts as long as the session.

    Streamlit forgets what a widget says as soon as it isn't shown; this choice is there again when the person
    comes back to it.

    Args:
        name: of the choice, and of the widget on this page.
        first: what the widget says at first.

    Returns:
        Arguments for the widget.
    """
    key = f"{st.session_state[_PAGE]}: {name}"
    shown = remembered(name, first)
    if _is_untold(key, shown):
        st.session_state[key] = shown
    return {"key": key, "on_change": lambda: remember(name, st.session_state[key])}


def ignored_in_link() -> tuple[str, ...]:
    """What the session's link said that makes no sense here, a sentence each."""
    return tuple(st.session_state[_IGNORED])


def query() -> str:
    """The query of the link that opens the present state, encoded, without its question mark."""
    return urlencode(to_link(now()))


def bound(
    name: str,
    to_widget: Callable[[Any], Any] = lambda value: value,
    from_widget: Callable[[Any], Any] = lambda value: value,
    key: str | None = None,
) -> dict[str, Any]:
    """Ties a widget to a field: `st.slider("Pen", 8, 40, **state.bound("pen_width"))`.

    The field is the truth: the widget shows it, also after another page or a link has changed it, and a
    person's change of the widget changes it before the page runs.

    Args:
        name: the field of `State`.
        to_widget: the field's value as the widget shows it.
        from_widget: what the widget says as the field's value.
        key: the widget's key, where several widgets share a field.

    Returns:
        Arguments for the widget.
    """
    # A page has widgets of its own: until a run's end those of the page before still answer to their keys.
    key = f"{st.session_state[_PAGE]}: {key or name}"
    shown = to_widget(getattr(now(), name))
    if _is_untold(key, shown):
        st.session_state[key] = shown

    def take() -> None:
        change(**{name: from_widget(st.session_state[key])})

    return {"key": key, "on_change": take}


@contextmanager
def appearing(part: str) -> Iterator[None]:
    """Around a part of a page that stands where another stood before: its widgets then show what is chosen.

    While a fragment's widgets aren't shown by the fragment around it, the browser forgets what they say, but
    the server doesn't: without this they would come back at their first value, and choose it.

    Args:
        part: what stands there now.
    """
    st.session_state[_APPEARS] = st.session_state.get(_STANDS) != part
    try:
        yield
        st.session_state[_STANDS] = part  # not after a run that was broken off
    finally:
        st.session_state[_APPEARS] = False


def _is_untold(key: str, shown: object) -> bool:
    """Whether a widget has to be told what it shows."""
    if st.session_state.get(_APPEARS) or key not in st.session_state:
        return True
    return bool(st.session_state[key] != shown)


def widget(key: str) -> Any:  # noqa: ANN401 - each widget has its own type
    """What the widget with this key says; None if it isn't there."""
    return st.session_state.get(key)


def canvas() -> tuple[str, State]:
    """The canvas in use: its key, and the state that it began with.

    A canvas takes a drawing only when it appears. So it gets a new key when the drawing changes by any other
    hand than the person's pen (`new_canvas`), and it begins anew when the person comes back to its page.
    """
    number, start = st.session_state.get(_CANVAS, (0, None))
    key = f"canvas {number}"
    if start is None or key not in st.session_state:
        start = now()
        st.session_state[_CANVAS] = (number, start)
    return key, start


def new_canvas() -> None:
    """Lets the next canvas begin with the drawing as it is now."""
    number, _ = st.session_state.get(_CANVAS, (0, None))
    st.session_state[_CANVAS] = (number + 1, None)
