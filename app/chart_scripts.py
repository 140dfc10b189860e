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

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_APP = Path(__file__).parent
_SOURCES = {
    "room": ("live_chart.js",),
    "atlas": ("looking/painting.js", "looking/atlas.js"),
    "diagram": ("looking/painting.js", "diagram_drawing.js", "diagram.js"),
    "linked": ("looking/painting.js", "opened/linked.js"),
    "timeline": ("looking/timeline.js",),
    "sliding": ("looking/painting.js", "opened/sliding_drawing.js", "opened/sliding.js"),
    "numbers": ("opened/numbers.js",),
    "scatter": ("scatter.js",),
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
