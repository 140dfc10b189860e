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
import random
import sys
import time

from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.handwriting import STROKES, to_canvas
from benchmarks.session import Session

PAGE = "Draw"
CANVAS = "streamlit_drawable_canvas"


class Student(Session):
    """A student who draws.

    Args:
        url: The dashboard's address.
        seed: Fixes the order in which this student draws the digits.

    Attributes:
        reruns: Seconds from each drawing sent to its script's end.
    """

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(url, PAGE)
        self._random = random.Random(seed)
        self.reruns: list[float] = []

    async def draw(self, rounds: int | None, every: float, until: float) -> None:
        """Draws the ten digits stroke by stroke, `rounds` times over or until `until` on the clock.

        Raises:
            RuntimeError: The page has no canvas.
        """
        canvas = next((found for name, found in self.components.items() if CANVAS in name), None)
        if canvas is None:
            raise RuntimeError(f"The page {PAGE} has no canvas; it said: {self.errors or 'nothing'}")
        component, fragment = canvas
        for _ in itertools.count() if rounds is None else range(rounds):
            for digit in self._random.sample(sorted(STROKES), len(STROKES)):
                for strokes in itertools.accumulate([stroke] for stroke in STROKES[digit]):
                    if time.perf_counter() > until:
                        return
                    begun = time.perf_counter()
                    drawing = {"drawing": {"raw": to_canvas(strokes), "data": None}}
                    await self.rerun(fragment, (component, drawing))
                    self.reruns.append(time.perf_counter() - begun)
                    await asyncio.sleep(max(0.0, every - self.reruns[-1]))


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
