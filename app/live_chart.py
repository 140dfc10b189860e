"""A chart that grows without blinking: plotly.js in the page, loaded once, told only what is new.

`st.plotly_chart` builds its chart anew at every change of its data: zoom and hover are lost, and it blinks.
This component keeps the chart and lets `Plotly.react` bring it up to date; `uirevision` keeps the zoom. What
it does in the browser is in `live_chart.js`.
"""

import json
import zlib
from typing import Any

from app.chart_scripts import addresses, component

_HTML = """
<div class="lab-chart" role="img" tabindex="0" aria-label="A chart, on its way"></div>
<button class="lab-whole" type="button" hidden>Show the whole run</button>
<p class="lab-spoken" role="status" aria-live="polite"></p>
"""

_chart = component("room", _HTML)


def show(content: bytes, key: str, height: int) -> None:
    """Shows a chart, or brings the one with this key up to date.

    Args:
        content: what `to_content` makes.
        key: the chart's own, the same from tick to tick.
        height: px, as in the figure's layout.
    """
    _chart(data=content, key=key, height=height)


def to_content(figure: dict[str, Any], alt: str) -> bytes:
    """A figure as it travels to the browser: JSON, packed; to be made once and shared by all who watch.

    Args:
        figure: `data` and `layout`, as the builders in `app.charts` make them.
        alt: what it shows, in words.
    """
    content = {"plotly": addresses()["plotly"], "alt": alt, **figure}
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return zlib.compress(text.encode(), 6)
