"""Tables that people give: they go to the disk in small pieces, are read once, and don't stay."""

import asyncio
import os
import shutil
import time
import tracemalloc
from concurrent.futures import Future

import pytest
from starlette.applications import Starlette

from app import tables, workroom
from model.datasets import DataError
from model.workers.calls import TO_PIXELS

TEXT = b"pixel0,pixel1\n" + b"0,255\n" * 1000


class Answer:
    """What the server said."""

    def __init__(self, messages):
        self.status = messages[0]["status"]
        self.headers = dict(messages[0]["headers"])
        self.text = b"".join(each.get("body", b"") for each in messages[1:]).decode()


def ask(chunks, length=None, method="PUT", breaks_off=False, more=()):
    """A request as the server's own loop hands it on; the body comes in chunks."""
    chunks = list(chunks) if not isinstance(chunks, bytes) else [chunks]
    length = sum(map(len, chunks)) if length is None else length
    headers = [(b"content-length", str(length).encode())] if length != "" else []
    headers += more
    scope = {"type": "http", "method": method, "path": tables.PATH, "headers": headers, "query_string": b""}
    events = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    events.append({"type": "http.disconnect"} if breaks_off else {"type": "http.request", "body": b""})
    coming, said = iter(events), []

    async def receive():
        return next(coming)

    async def send(message):
        said.append(message)

    asyncio.run(Starlette(routes=tables.routes)(scope, receive, send))
    return Answer(said)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder of runs."""
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    yield tmp_path / "runs" / "tables"
    tables.close()
    assert not any((tmp_path / "runs" / "tables").glob("*"))
    assert not tables._sweeper


@pytest.fixture
def looks(monkeypatch):
    """Workers that nobody has: what they were asked, with the future answers."""
    asked = []

    def look(*arguments):
        asked.append((Future(), arguments))
        return asked[-1][0]

    monkeypatch.setattr(workroom, "look", look)
    return asked


def test_what_was_given_lies_on_the_disk_under_a_name_that_nobody_guesses(folder):
    answers = [ask([TEXT[:5], TEXT[5:700], b"", TEXT[700:]]) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    names = [answer.text for answer in answers]
    assert names[0] != names[1]
    assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in names)
    assert [tables.find(name).text.read_bytes() for name in names] == [TEXT, TEXT]
    assert {path.name for path in folder.iterdir()} == set(names)
    tables.remove(names[0])
    assert tables.find(names[0]) is None
    assert {path.name for path in folder.iterdir()} == {names[1]}


@pytest.mark.parametrize("name", [None, "", "../../etc", 7, ["x"], "0" * 32])
def test_another_name_is_of_no_table(name):
    assert tables.find(name) is None
    tables.remove(name)


def test_the_server_never_holds_more_than_a_piece(folder):
    chunk = bytes(1 << 16)
    tracemalloc.start()
    try:
        answer = ask((chunk for _ in range(1)), length=len(chunk))  # what is loaded at first isn't its fault
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        answer = ask([chunk] * 1500)
        most = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert answer.status == 200
    assert tables.find(answer.text).text.stat().st_size == 1500 * len(chunk)  # 98 MB
    assert most < 5e6


def test_a_file_of_200_megabytes_is_refused_before_it_comes(folder):
    answer = ask([b"pixel0"], length=204_000_000)
    assert answer.status == 413
    assert answer.text == (
        "This file has 204 MB; at most 100 are taken. Kaggle’s test.csv has 51: is this another file?"
    )
    assert not folder.exists()
    assert ask([b"pixel0"], length="").status == 411
    assert ask([b"pixel0"], length="-5").status == 411
    assert ask([b"pixel0"], length=1, more=[(b"transfer-encoding", b"chunked")]).status == 411


def test_what_breaks_off_leaves_nothing(folder):
    assert ask([TEXT], length=9999, breaks_off=True).status == 400
    assert list(folder.iterdir()) == []
    assert not tables._tables


def test_a_disk_that_is_full_is_told(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables, "_begin", full)
    answer = ask(TEXT)
    assert answer.status == 507
    assert "The server can’t keep the file (No space left on device)" in answer.text


def test_pages_of_other_sites_are_not_let_in():
    asked_before = ask(b"", method="OPTIONS")  # so a browser does before it sends by PUT to another site
    assert asked_before.status == 405
    assert not any(name.startswith(b"access-control") for name in asked_before.headers)
    assert ask(b"", method="POST").status == 405


def test_a_table_is_read_once_and_its_text_goes(folder, looks):
    table = tables.find(ask(TEXT).text)
    future = tables.read(table, 28_000)
    assert tables.read(table, 28_000) is future
    ((asked, arguments),) = looks
    assert arguments == (TO_PIXELS, str(table.text), str(table.pixels), 28_000)
    table.pixels.write_bytes(bytes(784))
    asked.set_result(1)
    assert [path.name for path in table.folder.iterdir()] == ["pixels"]
    assert table.bytes == 784
    assert future.result() == 1


def test_the_text_goes_also_where_it_has_a_fault(folder, looks):
    table = tables.find(ask(TEXT).text)
    future = tables.read(table, 28_000)
    looks[0][0].set_exception(DataError("test.csv", "the file is empty"))
    assert list(table.folder.iterdir()) == []
    assert future.exception().fault == "the file is empty"
    assert table.bytes == 0


def test_a_table_that_was_removed_while_it_was_read_is_no_fault(folder, looks):
    table = tables.find(ask(TEXT).text)
    future = tables.read(table, 28_000)
    tables.remove(table.name)
    looks[0][0].set_result(1)
    assert future.result() == 1
    assert table.bytes == 0


def test_a_worker_that_is_lost_leaves_the_table_to_be_read_again(folder, looks):
    table = tables.find(ask(TEXT).text)
    tables.read(table, 28_000)
    looks[0][0].set_exception(RuntimeError("the workers were lost"))
    assert table.text.exists()
    assert tables.read(table, 28_000) is looks[0][0]
    tables.again(table)
    assert tables.read(table, 28_000) is looks[1][0]


def test_who_stops_sending_makes_room_for_others(folder, monkeypatch):
    monkeypatch.setattr(tables, "MOST_TOGETHER", len(TEXT) + 10)
    silent = tables._begin(len(TEXT))
    assert ask(TEXT).status == 503
    silent.used -= 2 * tables.SILENT_SECONDS
    assert ask(TEXT).status == 200


def test_where_there_is_no_room_the_longest_unused_goes_but_none_in_use(folder, monkeypatch):
    monkeypatch.setattr(tables, "MOST_TOGETHER", 2 * len(TEXT) + 10)
    first, second = (ask(TEXT).text for _ in range(2))
    assert ask(TEXT).status == 503
    assert "Try again in a minute" in ask(TEXT).text
    for name in (first, second):
        tables._tables[name].used -= 2 * tables.BUSY_SECONDS
    tables.find(first)
    third = ask(TEXT).text
    assert {path.name for path in folder.iterdir()} == {first, third}


def test_what_nobody_asks_for_goes_by_itself(folder, monkeypatch):
    monkeypatch.setattr(tables, "KEPT_SECONDS", 0.2)
    name = ask(TEXT).text
    deadline = time.monotonic() + 20
    while (folder / name).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert tables.find(name) is None


def test_what_a_server_left_that_was_killed_goes_after_a_day(folder, monkeypatch):
    for left in ("old", "new"):
        (folder / left).mkdir(parents=True)
        (folder / left / "table.csv").write_bytes(TEXT)
    monkeypatch.setattr(tables, "LEFT_SECONDS", 100.0)
    an_hour_ago = time.time() - 3600
    os.utime(folder / "old", (an_hour_ago, an_hour_ago))
    ask(TEXT)
    assert {path.name for path in folder.iterdir()} - set(tables._tables) == {"new"}
    shutil.rmtree(folder / "new")
