"""Thirty simulated students draw at once: how long does the dashboard take to answer each?

    python -m benchmarks.students [--students 30] [--seconds 60] [--every 3] [--json]

Each student is a websocket client that speaks Streamlit's own protocol, as the browser does. It opens the
Draw page, then sends a drawing every 3 s, the digits in turn and stroke by stroke, and takes in all that
comes back. The time of a rerun is from sending the drawing to the message that the script has finished. The
students share the machine with the server, so their own work (taking in the answers) is part of the time.

The server's processor time per rerun, beside that, hardly changes with what else the machine is doing.
Its memory is read after one student has drawn everything once (all is loaded then), and again at the
end with all students still there; the difference is shared among those who came in between.
"""

import asyncio
import itertools
import json
import random
import sys
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.handwriting import STROKES, to_canvas

PAGE = "Draw"
CANVAS = "streamlit_drawable_canvas"
WAIT_SECONDS = 60.0


class Student:
    """One browser's side of a session, reduced to the Draw page's canvas.

    Args:
        url: The dashboard's address.
        seed: Fixes the order in which this student draws the digits.

    Attributes:
        reruns: Seconds from each drawing sent to its script's end.
        errors: What went wrong, in words.
    """

    def __init__(self, url: str, seed: int) -> None:
        self._socket_url = url.replace("http", "ws", 1) + "_stcore/stream"
        self._page_url = url + PAGE
        self._random = random.Random(seed)
        self._socket: ClientConnection | None = None
        self._canvas_id = ""
        self._fragment_id = ""
        self._page_hash = ""
        self._query = ""
        self._cached: set[str] = set()
        self.reruns: list[float] = []
        self.errors: list[str] = []

    async def open(self) -> None:
        """Connects, and waits until the Draw page stands with its canvas.

        Raises:
            RuntimeError: The page has no canvas.
        """
        self._socket = await connect(self._socket_url, subprotocols=["streamlit"], max_size=None)
        await self._rerun(None)
        if not self._canvas_id:
            raise RuntimeError(f"The page {PAGE} has no canvas; it said: {self.errors or 'nothing'}")

    async def draw(self, rounds: int | None, every: float, until: float) -> None:
        """Draws the ten digits stroke by stroke, `rounds` times over or until `until` on the clock."""
        for _ in itertools.count() if rounds is None else range(rounds):
            for digit in self._random.sample(sorted(STROKES), len(STROKES)):
                for strokes in itertools.accumulate([stroke] for stroke in STROKES[digit]):
                    if time.perf_counter() > until:
                        return
                    begun = time.perf_counter()
                    await self._rerun(to_canvas(strokes))
                    self.reruns.append(time.perf_counter() - begun)
                    await asyncio.sleep(max(0.0, every - self.reruns[-1]))

    async def close(self) -> None:
        """Leaves the dashboard."""
        if self._socket is not None:
            await self._socket.close()

    async def _rerun(self, drawing: dict | None) -> None:
        """Asks for a rerun, with a drawing if there is one, and takes in the answer to its end."""
        assert self._socket is not None
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string = self._query
        state.context_info.url = self._page_url
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en-US"
        state.cached_message_hashes.extend(self._cached)
        if drawing is None:
            state.page_name = PAGE
        else:
            state.page_script_hash = self._page_hash
            state.fragment_id = self._fragment_id
            widget = state.widget_states.widgets.add()
            widget.id = self._canvas_id
            widget.json_value = json.dumps({"drawing": {"raw": drawing, "data": None}}, separators=(",", ":"))
        await self._socket.send(asked.SerializeToString())
        async with asyncio.timeout(WAIT_SECONDS):
            while not self._is_end(await self._receive()):
                pass

    async def _receive(self) -> ForwardMsg:
        assert self._socket is not None
        message = ForwardMsg()
        message.ParseFromString(await self._socket.recv(decode=False))
        if message.metadata.cacheable:
            self._cached.add(message.hash)
        return message

    def _is_end(self, message: ForwardMsg) -> bool:
        """Notes what matters to the next rerun; says whether the script has finished."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page_hash = message.new_session.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "page_not_found":
            self.errors.append(f"there is no page {message.page_not_found.page_name!r}")
        elif kind == "delta":
            element = message.delta.new_element
            if element.HasField("exception"):
                self.errors.append(f"{element.exception.type}: {element.exception.message}")
            if CANVAS in element.bidi_component.component_name:
                self._canvas_id = element.bidi_component.id
                self._fragment_id = message.delta.fragment_id
        elif kind == "script_finished":
            ends = ForwardMsg.ScriptFinishedStatus
            if message.script_finished == ends.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("the script doesn't compile")
            # A script that starts anew before its end (st.rerun) isn't finished yet.
            return message.script_finished != ends.FINISHED_EARLY_FOR_RERUN
        return False


async def measure(students: int, seconds: float, every: float) -> dict:
    """Runs the dashboard and the students; returns the figures.

    Args:
        students: How many draw at once.
        seconds: How long they draw.
        every: Seconds from one drawing of a student to its next.
    """
    with run_dashboard() as dashboard:
        first = Student(dashboard.url, seed=0)
        await first.open()
        await first.draw(rounds=1, every=0.0, until=float("inf"))
        alone = summary(first.reruns)
        first.reruns.clear()
        before = dashboard.memory_megabytes()

        others = [Student(dashboard.url, seed) for seed in range(1, students)]
        # They come in one by one, as people do, and stay out of step.
        for student in others:
            await student.open()
        everyone = [first, *others]
        worked = dashboard.processor_seconds()
        until = time.perf_counter() + seconds
        starts = random.Random(0)

        async def attend(student: Student) -> None:
            await asyncio.sleep(starts.uniform(0, every))
            await student.draw(rounds=None, every=every, until=until)

        outcomes = await asyncio.gather(*map(attend, everyone), return_exceptions=True)
        after = dashboard.memory_megabytes()
        reruns = [rerun for student in everyone for rerun in student.reruns]
        if worked is not None:
            worked = (dashboard.processor_seconds() - worked) / len(reruns)
        errors = [error for student in everyone for error in student.errors]
        errors += [repr(outcome) for outcome in outcomes if outcome is not None]
        errors += log_faults(dashboard.read_log())
        for student in everyone:
            await student.close()
        known = before is not None and after is not None and others
        return {
            "students": students,
            "alone": alone,
            "together": summary(reruns),
            "processor_ms_per_rerun": round(worked * 1000, 1) if worked is not None else None,
            "errors": len(errors),
            "first_errors": sorted(set(errors))[:5],
            "memory_mb": round(after) if after is not None else None,
            "memory_mb_per_session": round((after - before) / len(others), 3) if known else None,
            "imports_tensorflow": "tensorflow" in dashboard.modules(),
        }


def main() -> int:
    """Reads the command line; the status is 1 if any student met an error."""
    arguments = parser(__doc__)
    arguments.add_argument("--students", type=int, default=30)
    arguments.add_argument("--seconds", type=float, default=60.0, help="how long they draw")
    arguments.add_argument("--every", type=float, default=3.0, help="seconds from drawing to drawing")
    chosen = arguments.parse_args()
    figures = asyncio.run(measure(chosen.students, chosen.seconds, chosen.every))
    report(figures, chosen.json)
    return 1 if figures["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
