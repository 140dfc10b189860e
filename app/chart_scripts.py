"""The scripts that pictures need in the browser, served by the lab itself: plotly.js and the lab's own.

plotly.js comes out of the installed plotly package: no second copy is kept, nothing is fetched from
elsewhere.
"""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_APP = Path(__file__).parent
_SOURCES = {
    "room": ("live_chart.js",),
    "atlas": ("looking/painting.js", "looking/atlas.js"),
    "diagram": ("looking/painting.js", "colour_scale.js", "diagram_drawing.js", "diagram.js"),
    "linked": ("looking/painting.js", "opened/linked.js"),
    "timeline": ("looking/timeline.js",),
    "sliding": (
        "looking/painting.js",
        "colour_scale.js",
        "opened/sliding_drawing.js",
        "opened/sliding.js",
    ),
    "numbers": ("opened/numbers.js",),
    "scatter": ("scatter.js",),
    "choices": ("choices.js",),
    "table": ("mistaken/table.js",),
    "grids": ("looking/painting.js", "opened/telling.js", "opened/grids.js"),
}
_SCRIPTS = {name: b"".join((_APP / file).read_bytes() for file in files) for name, files in _SOURCES.items()}
# What changes has another address, so that browsers may keep each for good.
_SCRIPT_PATHS = {
    name: f"/lab/{name}-{hashlib.sha256(script).hexdigest()[:12]}.js" for name, script in _SCRIPTS.items()
}
_PLOTLY_PATH = f"/lab/plotly-{version('plotly')}.min.js"
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


def addresses() -> dict[str, str]:
    """Where the browser finds the scripts: "plotly"; what drives a chart ("room"), and what is named so."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return {name: f"/{base}{path}" if base else path for name, path in _PATHS.items()}


def component(script: str, html: str, told: str | None = None, kept: bool = False) -> Any:  # noqa: ANN401
    """A component whose script is one of the lab's own; what travels with every rerun only fetches it, once.

    Args:
        script: its name. It exports ``show(parent, data, tell)``, and ``forget(parent)`` where it leaves
            something behind.
        html: what stands in the component before its script is there.
        told: the one thing that it tells, ``tell(value)``; None if it tells several, ``tell(name, value)``.
        kept: whether what it tells is the component's state, instead of something that happened.

    Returns:
        What `st.components.v2.component` gives.
    """
    setter = "setStateValue" if kept else "setTriggerValue"
    tell = setter if told is None else f'value => {setter}("{told}", value)'
    return st.components.v2.component(
        f"digit_lab_{script}",
        html=html,
        js=f"""
let room
export default ({{ data, parentElement, {setter} }}) => {{
  room ??= import(new URL("{addresses()[script]}", window.location.origin))
  room.then(({{ show }}) => show(parentElement, data, {tell}))
  return () => room.then(({{ forget }}) => forget?.(parentElement))
}}
""",
        isolate_styles=False,
    )


@cache
def pack() -> bytes:
    """plotly.js as it travels, packed once for all: on every request it would take the server 150 ms."""
    return gzip.compress(files("plotly").joinpath("package_data", "plotly.min.js").read_bytes(), 6)


async def _serve_plotly(request: Request) -> Response:
    script = await run_in_threadpool(pack)
    headers = _FOR_GOOD | {"vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        script = await run_in_threadpool(gzip.decompress, script)
    return Response(script, media_type="text/javascript", headers=headers)


def _serving(script: bytes) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        return Response(script, media_type="text/javascript", headers=_FOR_GOOD)

    return serve


_PATHS = _SCRIPT_PATHS | {"plotly": _PLOTLY_PATH}
routes = (
    Route(_PLOTLY_PATH, _serve_plotly),
    *(Route(path, _serving(_SCRIPTS[name])) for name, path in _SCRIPT_PATHS.items()),
)
