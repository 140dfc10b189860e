"""The way into the store's database: SQLite or PostgreSQL, opened, locked and read in the same words."""

import errno
import functools
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    create_engine,
    event,
    insert,
    make_url,
    null,
    select,
    text,
    update,
)
from sqlalchemy.exc import ArgumentError, OperationalError

from model.recipe import Recipe
from model.runs import life
from model.runs.place import runs_folder, store_url
from model.runs.records import NoRunError, Run, RunError, StoreError
from model.runs.tables import LAYOUT, Now, layouts, metadata, runs

if TYPE_CHECKING:
    import psycopg

# For another process that is writing. One that is stopped in the middle of it, as by a laptop's lid, holds an
# SQLite file as long as it sleeps; PostgreSQL takes the lock from it.
PATIENCE_SECONDS = 60
ASLEEP_SECONDS = 10
MOST_REASON = 2_000  # characters

parse_recipe = functools.lru_cache(maxsize=512)(Recipe.from_json)  # lists of runs repeat the same few recipes


class Database:
    """A store's database and folder, and the two kinds of transaction.

    Args:
        folder: where the arrays lie, and the database if it is SQLite; None for ``runs_folder()``.
        url: the database; None for the variable DIGIT_LAB_STORE, else an SQLite file in the folder.

    Raises:
        RunError: no such database can be used; it says why.
    """

    def __init__(self, folder: Path | None = None, url: str | None = None) -> None:
        self._folder = runs_folder(folder).absolute()
        self._url = store_url(self._folder, url)
        with _plain_errors():
            self._engine = open_database(self._url)
        self._writing_engine = self._engine.execution_options(writes=True)

    @property
    def folder(self) -> Path:
        """Where the arrays lie, each run's in a folder of its own."""
        return self._folder

    @property
    def url(self) -> str:
        """The database's URL, password included: not for the screen."""
        return self._url

    def close(self) -> None:
        """Gives the database's connections back."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _plain_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _plain_errors(), self._writing_engine.begin() as connection:
            yield connection

    def _run(self, connection: Connection, run_id: str, lock: bool = False) -> Run:
        query = select(runs).where(runs.c.id == run_id)
        # a zero byte is no text to PostgreSQL, and nothing that the store ever named
        row = (
            None if "\0" in run_id else connection.execute(query.with_for_update() if lock else query).first()
        )
        if row is None:
            raise NoRunError(f"there is no run {run_id!r}")
        return to_run(row)

    def _change(self, connection: Connection, run_id: str, changes: Mapping[str, Any]) -> Run:
        values = dict(changes)
        if "status" in values:
            values["stage"] = ""
            values["ended"] = Now() if values["status"] in life.STANDING else null()
        if "reason" in values:
            values["reason"] = values["reason"].replace("\0", "")[:MOST_REASON]
        connection.execute(update(runs).where(runs.c.id == run_id).values(values))
        return self._run(connection, run_id)


def to_run(row: Row) -> Run:
    """The run that a row of the table says."""
    values = {**row._mapping}
    del values["number"]
    parent, epoch, learned = values.pop("parent"), values.pop("parent_epoch"), values.pop("learned_from")
    return Run(
        **{
            **values,
            "recipe": parse_recipe(row.recipe),
            "parent": None if parent is None else (parent, epoch),
            "learned_from": None if learned is None else json.loads(learned),
            "notes": json.loads(row.notes),
        }
    )


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        full = "disk is full" in str(error.orig) or "No space left" in str(error.orig)
        what = "has no space left on its disk" if full else f"doesn't answer: {error.orig}"
        plain = StoreError(f"the store of runs {what}")
        plain.errno = errno.ENOSPC if full else errno.EIO
        raise plain from error


def open_database(url: str) -> Engine:
    """The way into a database, its tables made if need be.

    Two processes may open a new one at the same time.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.

    Raises:
        RunError: another kind of database, or a store of another version.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise RunError(
            "the store's address is no database URL such as postgresql://user@host/name"
        ) from error
    kind = address.get_backend_name()
    if kind == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, connect_args={"timeout": PATIENCE_SECONDS})
        _prepare_sqlite(engine)
    elif kind == "postgresql":
        engine = create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        _prepare_postgresql(engine)
    else:
        raise RunError(f"a store is an SQLite file or a PostgreSQL database, not {kind!r}")
    try:
        with engine.execution_options(writes=True).begin() as connection:
            _make_tables(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # Python begins no transaction of its own: SQLAlchemy does, below
        # A process that is killed loses nothing with synchronous=NORMAL; a power cut may take the last
        # moments, never the whole. https://www.sqlite.org/pragma.html#pragma_synchronous
        _write_ahead(connection)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        # A transaction that will write says so at once: one that has read first could not wait for another.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turns the write-ahead log on: the one statement for which SQLite doesn't wait until another is done."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _(connection: "psycopg.Connection", _: object) -> None:
        connection.execute(f"set lock_timeout = '{PATIENCE_SECONDS}s'")
        connection.execute(f"set idle_in_transaction_session_timeout = '{ASLEEP_SECONDS}s'")
        connection.commit()


def _make_tables(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # "create if it isn't there" isn't atomic there; the number is only ours
        connection.execute(text("select pg_advisory_xact_lock(2817443)"))
    metadata.create_all(connection)
    found = connection.execute(select(layouts.c.version)).scalar()
    if found is None:
        connection.execute(insert(layouts).values(version=LAYOUT))
    elif found != LAYOUT:
        raise RunError(
            f"the store of runs was made by another version of Digit Lab (layout {found}, here {LAYOUT}): "
            "name another folder by DIGIT_LAB_HOME"
        )
