"""The scripts that a chart needs in the browser, served by the lab itself: plotly.js and what drives it.

plotly.js comes out of the installed plotly package: no second copy is kept, nothing is fetched from
elsewhere.
"""

import gzip
import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_ROOM = Path(__file__).with_name("live_chart.js").read_bytes()
# What changes has another address, so that browsers may keep each for good.
_ROOM_PATH = f"/lab/live-chart-{hashlib.sha256(_ROOM).hexdigest()[:12]}.js"
_PLOTLY_PATH = f"/lab/plotly-{version('plotly')}.min.js"
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


def addresses() -> dict[str, str]:
    """Where the browser finds the scripts: "room", what drives a chart, and "plotly"."""
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


async def _serve_room(_: Request) -> Response:
    return Response(_ROOM, media_type="text/javascript", headers=_FOR_GOOD)


_PATHS = {"room": _ROOM_PATH, "plotly": _PLOTLY_PATH}
routes = (Route(_PLOTLY_PATH, _serve_plotly), Route(_ROOM_PATH, _serve_room))
