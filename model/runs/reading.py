"""What the store tells of runs."""

import json
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from model.history import Batch, Epoch
from model.runs import tables
from model.runs.arrays import read_arrays, to_single
from model.runs.database import Database, to_run
from model.runs.records import MissingFileError, Run, RunError

NAN = float("nan")


class Reading(Database):
    """What the store tells of runs."""

    def get(self, run_id: str) -> Run:
        """One run as it stands.

        Raises:
            RunError: there is none of that id.
        """
        with self._reading() as connection:
            return self._run(connection, run_id)

    def find(
        self, *, owner: str | None = None, statuses: Sequence[str] | None = None, most: int = 200
    ) -> list[Run]:
        """Runs, newest first.

        Args:
            owner: of this owner only; None for all.
            statuses: in one of these states only; None for all.
            most: at most so many.
        """
        query = select(tables.runs).order_by(tables.runs.c.number.desc()).limit(most)
        if owner is not None:
            query = query.where(tables.runs.c.owner == owner)
        if statuses is not None:
            query = query.where(tables.runs.c.status.in_(statuses))
        with self._reading() as connection:
            return [to_run(row) for row in connection.execute(query)]

    def ids(self) -> tuple[str, ...]:
        """The ids of the runs that have at least epoch 0, oldest first."""
        query = select(tables.runs.c.id).where(tables.runs.c.epoch >= 0).order_by(tables.runs.c.number)
        with self._reading() as connection:
            return tuple(connection.execute(query).scalars())

    def epochs(self, run_id: str, after: int = -1) -> list[Epoch]:
        """The records of a run's epochs above ``after``, in order."""
        table = tables.epochs
        query = select(table.c.record).where(table.c.run == run_id, table.c.epoch > after)
        with self._reading() as connection:
            return [
                Epoch.from_dict(json.loads(text))
                for text in connection.execute(query.order_by(table.c.epoch)).scalars()
            ]

    def batches(self, run_id: str, after_row: int = 0, most: int | None = None) -> tuple[list[Batch], int]:
        """What a run's batches left, in the order in which it was recorded.

        After a lost worker, batches are done again: where a step is not above the one before, what came from
        that step on before is void.

        Args:
            run_id: which.
            after_row: what the last call returned, to go on from there.
            most: at most so many; None for all.

        Returns:
            The batches, and the number of the last row.
        """
        table = tables.batches
        query = select(table).where(table.c.run == run_id, table.c.row > after_row).order_by(table.c.row)
        if most is not None:
            query = query.limit(most)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        found = [
            Batch(
                row.step,
                NAN if row.loss is None else row.loss,
                NAN if row.accuracy is None else row.accuracy,
                NAN if row.learning_rate is None else row.learning_rate,
                row.seconds,
            )
            for row in rows
        ]
        return found, rows[-1].row if rows else after_row

    def weights(self, run_id: str, epoch: int) -> dict[str, np.ndarray]:
        """The weights after an epoch: in full for the newest two, through half precision for the others.

        Returns:
            float32 arrays by ``model.forward.weight_name``.

        Raises:
            RunError: there is no such run or epoch, or its file is missing or damaged.
        """
        table = tables.epochs
        query = select(table).where(table.c.run == run_id, table.c.epoch == epoch)
        with self._reading() as connection:
            row = connection.execute(query).first()
            if row is None:
                last = self._run(connection, run_id).epoch
                raise RunError(f"run {run_id} has no epoch {epoch}: its last is {last}")
        if row.state is not None:
            with suppress(MissingFileError):  # a newer epoch may have been finished just now
                return self._arrays(run_id, row.state, "weights/")
        return to_single(self._arrays(run_id, row.weights))

    def state(self, run_id: str) -> tuple[int, dict[str, np.ndarray]] | None:
        """What is needed to go on after a run's newest epoch.

        Returns:
            The epoch, and the arrays that ``finish_epoch`` was given; None before epoch 0.

        Raises:
            RunError: the file is missing or damaged.
        """
        table = tables.epochs
        query = select(table).where(table.c.run == run_id).order_by(table.c.epoch.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return row.epoch, self._arrays(run_id, row.state, "state/")

    def measurement(self, key: str) -> float | None:
        """A small number that was measured on this machine; None if it wasn't yet."""
        table = tables.measurements
        with self._reading() as connection:
            return connection.execute(select(table.c.value).where(table.c.key == key)).scalar()

    def measure(self, key: str, value: float) -> None:
        """Keep a small number that was measured on this machine, such as a training's speed."""
        table = tables.measurements
        with self._writing() as connection:
            kind = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
            adding = kind.insert(table).values(key=key, value=value)
            connection.execute(
                adding.on_conflict_do_update(index_elements=[table.c.key], set_={"value": value})
            )

    def _arrays(self, run_id: str, file: str, prefix: str = "") -> dict[str, np.ndarray]:
        path = self._folder / run_id / file
        try:
            return read_arrays(path, prefix)
        except FileNotFoundError as error:
            raise MissingFileError(f"run {run_id} has lost its file {path}") from error
        except (OSError, ValueError) as error:
            raise RunError(f"run {run_id} cannot be read: {error}") from error
