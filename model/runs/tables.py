"""The store's tables, the same in SQLite and PostgreSQL, and the database's clock."""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LAYOUT = 1  # of these tables; counted up when they change

metadata = MetaData()

layouts = Table("layout", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),  # the order in which they were made
    Column("id", String(80), nullable=False, unique=True),
    Column("recipe", Text, nullable=False),
    Column("status", String(10), nullable=False, index=True),
    Column("reason", Text, nullable=False, server_default=""),
    Column("stage", String(80), nullable=False, server_default=""),
    Column("owner", String(200), nullable=False, server_default="", index=True),
    Column("experiment", String(200), nullable=False),
    Column("parent", String(80)),
    Column("parent_epoch", Integer),
    Column("wish", String(10), nullable=False, server_default="run"),
    Column("until_epoch", Integer),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("losses", Integer, nullable=False, server_default="0"),
    Column("worker", String(200), nullable=False, server_default=""),
    Column("created", Float(53), nullable=False),
    Column("started", Float(53)),
    Column("ended", Float(53)),
    Column("heartbeat", Float(53)),
    Column("epoch", Integer, nullable=False, server_default="-1"),
    Column("learned_from", Text),
    Column("notes", Text, nullable=False, server_default="{}"),
)
Index("runs_with_epochs", runs.c.epoch, runs.c.number, runs.c.id)

epochs = Table(
    "epochs",
    metadata,
    Column("run", String(80), ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("record", Text, nullable=False),
    Column("weights", String(80), nullable=False),  # a file of the run's folder
    Column("state", String(80)),  # another, for the newest epochs
)

batches = Table(
    "batches",
    metadata,
    # never given out twice, so that who has read up to a row can go on from it
    Column("row", Integer, primary_key=True),
    Column("run", String(80), ForeignKey(runs.c.id, ondelete="CASCADE"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("loss", Float(53)),  # SQLite keeps what is no number as NULL
    Column("accuracy", Float(53)),
    Column("learning_rate", Float(53)),
    Column("seconds", Float(53), nullable=False),
    sqlite_autoincrement=True,
)
Index("batches_in_order", batches.c.run, batches.c.row)

measurements = Table(
    "measurements",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("value", Float(53), nullable=False),
)

opinions = Table(
    "opinions",
    metadata,
    # one of each student about each digit
    Column("dataset", String(40), primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("student", String(200), primary_key=True),
    Column("answer", String(10), nullable=False),
)
Index("opinions_of_students", opinions.c.student)


class Now(FunctionElement[float]):
    """The database's own clock: seconds since 1970, to the millisecond at least."""

    type = Float(53)
    inherit_cache = True


@compiles(Now, "sqlite")
def _sqlite_now(*_: object, **__: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(Now, "postgresql")
def _postgresql_now(*_: object, **__: object) -> str:
    return "extract(epoch from clock_timestamp())::double precision"
