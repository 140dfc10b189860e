"""Tables that people give, too large for the server's memory: streamed into a file, then read by a worker.

Streamlit's own upload holds a file in memory until its session ends: a class with Kaggle's test.csv would
fill 1.5 GB. Here a table goes to the disk as it arrives, a worker makes bare pixels of it, and the text is
removed. The browser gets an unguessable name for what it gave; who knows it may use it while it is there.
Pages of other sites can't send anything: a browser asks before it sends by PUT, and nothing here says yes.
"""

import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app import workroom
from app.prose import say
from model.datasets import DataError
from model.runs.place import runs_folder
from model.workers.calls import TO_PIXELS

PATH = "/lab/table"
KAGGLE_BYTES = 51_118_296  # of Kaggle's test.csv
MOST_BYTES = 100_000_000  # of one: as much again, for spaces and longer line ends
MOST_TOGETHER = 2_000_000_000  # on the disk: a class of thirty, and those who try twice
KEPT_SECONDS = 1800.0  # after somebody has last asked for it
LEFT_SECONDS = 86_400.0  # what no server here knows: another may share the folder
BUSY_SECONDS = 10.0  # who asked so lately is still there; others' tables may go where there is no room
SILENT_SECONDS = 60.0  # of a table that is on its way: nobody's line is so slow
WRITTEN_AT_ONCE = 1 << 20  # bytes, all that the server holds of a table
FOLDER = "tables"  # beside the runs: workers of other machines see that folder as well

_lock = threading.RLock()
_tables: "dict[str, Table]" = {}  # the one that was used longest ago comes first
_sweeper: list[threading.Timer] = []


@dataclass(eq=False)
class Table:
    """A table that somebody gave.

    Attributes:
        name: by which its giver knows it.
        folder: where it lies, alone.
        bytes: what it takes on the disk, or is going to take.
        used: when somebody last asked for it, on the monotonic clock.
        whole: whether it has arrived.
        read: what came of reading it, once that was asked for.
    """

    name: str
    folder: Path
    bytes: int
    used: float = field(default_factory=time.monotonic)
    whole: bool = False
    read: "Future[Any] | None" = None

    @property
    def text(self) -> Path:
        """The file as it came; gone as soon as it is read."""
        return self.folder / "table.csv"

    @property
    def pixels(self) -> Path:
        """What a worker makes of it, see `model.kaggle.pixels`."""
        return self.folder / "pixels"


def find(name: object) -> Table | None:
    """The table of that name, if it is whole and still there; it then stays for another while.

    Args:
        name: whatever a browser says.
    """
    with _lock:
        table = _tables.get(name) if isinstance(name, str) else None
        if table is None or not table.whole:
            return None
        table.used = time.monotonic()
        _tables[table.name] = _tables.pop(table.name)
        return table


def read(table: Table, rows: int | None) -> "Future[Any]":
    """Lets a worker make pixels of a table, if that wasn't asked for before.

    Args:
        table: which.
        rows: how many digits there have to be; None for any number.

    Returns:
        The future number of its digits; or the future DataError that says what is wrong with it.

    Raises:
        RunError: the store of runs, to which the workers belong, can't be opened.
    """
    with _lock:
        known = table.read
    if known is not None:
        return known
    # without the lock: the workers may just be closing, and wait for whoever forgets a text
    asked = workroom.look(TO_PIXELS, str(table.text), str(table.pixels), rows)
    with _lock:
        table.read = table.read or asked
        known = table.read
    if known is asked:
        known.add_done_callback(lambda future: _forget_text(table, future))
    return known


def remove(name: object) -> None:
    """Removes the table of that name from the disk, if it is there."""
    with _lock:
        table = _tables.pop(name, None) if isinstance(name, str) else None
    if table is not None:
        # What is still looked at can't be removed on every system: then a later sweep does.
        shutil.rmtree(table.folder, ignore_errors=True)


def close() -> None:
    """Removes all of them: the server ends."""
    for name in list(_tables):
        remove(name)
    with _lock:
        for timer in _sweeper:
            timer.cancel()
        _sweeper.clear()


def again(table: Table) -> None:
    """Lets a table be read once more, where that failed by no fault of its own."""
    with _lock:
        table.read = None


def _forget_text(table: Table, future: "Future[Any]") -> None:
    if future.exception() is not None and not isinstance(future.exception(), DataError):
        return  # no fault of the table: it may be read once more
    table.text.unlink(missing_ok=True)
    try:
        taken = table.pixels.stat().st_size
    except FileNotFoundError:  # nothing was made of it, or it was removed meanwhile
        taken = 0
    with _lock:
        table.bytes = taken


def _begin(count: int) -> Table | None:
    """Makes room for a table of so many bytes; None where those that are in use take it all."""
    with _lock:
        _sweep()
        now = time.monotonic()
        for table in list(_tables.values()):
            if sum(each.bytes for each in _tables.values()) + count <= MOST_TOGETHER:
                break
            if table.used < now - (BUSY_SECONDS if table.whole else SILENT_SECONDS):
                remove(table.name)
        if sum(each.bytes for each in _tables.values()) + count > MOST_TOGETHER:
            return None
        name = secrets.token_hex(16)
        table = Table(name, runs_folder() / FOLDER / name, count)
        table.folder.mkdir(parents=True)
        _tables[name] = table
        _come_again()
        return table


def _sweep() -> None:
    """Removes what nobody has asked for lately, and what a server before this one left."""
    with _lock:
        for table in list(_tables.values()):
            if table.used < time.monotonic() - KEPT_SECONDS:
                remove(table.name)
        folder = runs_folder() / FOLDER
        for left in folder.iterdir() if folder.exists() else ():
            with suppress(FileNotFoundError):  # another server may share the folder, and just sweep as well
                if left.name not in _tables and left.stat().st_mtime < time.time() - LEFT_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
        for timer in _sweeper:
            timer.cancel()
        _sweeper.clear()
        if _tables:
            _come_again()


def _come_again() -> None:
    if not _sweeper:
        timer = threading.Timer(KEPT_SECONDS / 4, _sweep)
        timer.daemon = True
        timer.start()
        _sweeper.append(timer)


async def _receive(request: Request) -> Response:
    """Takes a table, a piece at a time; answers with its name, or with what is wrong in plain words."""
    told = request.headers.get("content-length", "")
    if not told.isdecimal() or "transfer-encoding" in request.headers:
        return PlainTextResponse(say("kaggle", "no length"), 411)
    if int(told) > MOST_BYTES:
        return PlainTextResponse(too_large(int(told)), 413)
    table = None
    try:
        table = await run_in_threadpool(_begin, int(told))
        if table is None:
            return PlainTextResponse(say("kaggle", "no room"), 503)
        with table.text.open("wb") as file:
            async for some in _gathered(request):
                await run_in_threadpool(file.write, some)
                table.used = time.monotonic()
        table.whole, table.used = True, time.monotonic()
        return PlainTextResponse(table.name)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it
    except OSError as error:
        return PlainTextResponse(say("kaggle", "not written", reason=error.strerror or error), 507)
    finally:
        if table is not None and not table.whole:
            await run_in_threadpool(remove, table.name)


async def _gathered(request: Request) -> AsyncIterator[bytes]:
    """A request's body in pieces that are worth a walk to the disk."""
    some = bytearray()
    async for chunk in request.stream():
        some += chunk
        if len(some) >= WRITTEN_AT_ONCE:
            yield bytes(some)
            some.clear()
    yield bytes(some)


def too_large(count: int | None) -> str:
    """Why a file of so many bytes isn't taken, in plain words; None leaves a "…" to be filled in."""
    told = "…" if count is None else round(count / 1e6)
    most, usual = MOST_BYTES // 1_000_000, KAGGLE_BYTES // 1_000_000
    return say("kaggle", "too large", megabytes=told, most=most, kaggle=usual)


def address() -> str:
    """Where the browser sends a table."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{PATH}" if base else PATH


routes = (Route(PATH, _receive, methods=["PUT"]),)
