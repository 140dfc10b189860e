"""What workers write, each write fenced by the number of their attempt."""

import errno
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, func, insert, null, select, update

from model.history import Batch, Epoch
from model.runs import life, tables
from model.runs.arrays import to_half, to_single, write_arrays
from model.runs.database import Database, to_run
from model.runs.records import Attempt, Fenced, Run, RunError, StoreError
from model.runs.reserve import give_up_reserve, keep_reserve
from model.runs.tables import Now

LOST_AFTER_SECONDS = 12.0  # some fifty missed pulses; a loss is to be seen within 15 s
WHOLE_STATES = 2  # the newest epochs from which a training can go on


class Attempts(Database):
    """What workers write."""

    def claim(self, run_id: str, worker: str) -> Attempt | None:
        """Take up a queued run. Of several that try, one gets it.

        Batch points that a lost attempt left after its last finished epoch are taken away.

        Args:
            run_id: which.
            worker: who takes it up, for people to read.

        Returns:
            The right to write it; None if it isn't queued (any more).

        Raises:
            RunError: there is no such run.
        """
        runs = tables.runs
        if self._engine.dialect.name == "sqlite":  # a server's disk is its own matter
            keep_reserve(self._folder)
        with self._writing() as connection:
            run = self._run(connection, run_id, lock=True)
            if run.status != "queued":
                return None
            values = {
                "status": "running",
                "stage": "starting",
                "reason": "",
                "worker": worker,
                "attempt": run.attempt + 1,
                "heartbeat": Now(),
                "started": func.coalesce(runs.c.started, Now()),
                "ended": null(),
            }
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))
            last = connection.execute(
                select(tables.epochs.c.record).where(
                    tables.epochs.c.run == run_id, tables.epochs.c.epoch == run.epoch
                )
            ).scalar()
            redone = tables.batches.c.run == run_id
            if last is not None:
                redone &= tables.batches.c.seconds > Epoch.from_dict(json.loads(last)).seconds
            connection.execute(delete(tables.batches).where(redone))
            run = self._run(connection, run_id)
        self._sweep(run_id, run.attempt)
        return Attempt(run, run.attempt, worker)

    def pulse(
        self, attempt: Attempt, batches: Sequence[Batch] = (), stage: str | None = None
    ) -> tuple[str, int | None]:
        """Say that a worker lives, and what its batches left, in one step.

        Args:
            attempt: whose.
            batches: since the last pulse, in order.
            stage: what it is at; None for what it was.

        Returns:
            What is wished of the run, and the epoch after which it is to pause (None for none).

        Raises:
            Fenced: the attempt no longer owns the run.
        """
        with self._writing() as connection:
            row = self._fenced(connection, attempt, {} if stage is None else {"stage": stage})
            if batches:
                rows = [{"run": attempt.run.id, **vars(batch)} for batch in batches]
                connection.execute(insert(tables.batches), rows)
            return row.wish, row.until_epoch

    def learn_from(self, attempt: Attempt, learned_from: Mapping[str, Any]) -> None:
        """Record which digits the training really reads: dataset, part, count, source.

        Raises:
            Fenced: the attempt no longer owns the run.
        """
        with self._writing() as connection:
            self._fenced(connection, attempt, {"learned_from": json.dumps(dict(learned_from))})

    def finish_epoch(
        self,
        attempt: Attempt,
        epoch: Epoch,
        weights: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
    ) -> None:
        """Record a finished epoch: all of it, or nothing.

        Args:
            attempt: whose.
            epoch: its record; 0 first, then one after the other.
            weights: float32 arrays by ``model.forward.weight_name``; kept in half precision where they fit.
            state: whatever else is needed to go on; kept, with the weights in full, for the newest two
                epochs.

        Raises:
            Fenced: the attempt no longer owns the run.
            RunError: this epoch is recorded already, or one before it isn't.
            OSError: the files can't be written; what was there is untouched.
        """
        run_id = attempt.run.id
        folder = self._folder / run_id
        own = f"{epoch.epoch:04d}-{attempt.number}.npz"
        files = {"weights": f"epochs/{own}", "state": f"states/{own}"}
        whole = {f"weights/{name}": array for name, array in to_single(weights).items()}
        whole |= {f"state/{name}": np.asarray(array) for name, array in state.items()}
        with self._writing() as connection:  # before anything is written over
            self._next(connection, attempt, epoch.epoch)
        try:
            write_arrays(folder / files["weights"], to_half(weights))
            write_arrays(folder / files["state"], whole)
            with self._writing() as connection:
                self._next(connection, attempt, epoch.epoch)
                self._change(connection, run_id, {"epoch": epoch.epoch})
                record = json.dumps(epoch.to_dict())
                table = tables.epochs
                connection.execute(
                    insert(table).values(run=run_id, epoch=epoch.epoch, record=record, **files)
                )
                older = (table.c.run == run_id) & (table.c.epoch <= epoch.epoch - WHOLE_STATES)
                connection.execute(update(table).where(older, table.c.state.is_not(None)).values(state=None))
        finally:
            self._sweep(run_id, attempt.number)

    def end(self, attempt: Attempt, status: str, reason: str = "") -> Run:
        """End an attempt. On a full disk the room that the store has reserved is given up for it.

        Args:
            attempt: whose.
            status: done, paused, stopped, failed, or queued for giving the run back.
            reason: why, in plain words.

        Returns:
            The run thereafter; its status differs where a wish came just before the end.

        Raises:
            Fenced: the attempt no longer owns the run.
        """
        try:
            return self._end(attempt, status, reason)
        except StoreError as error:
            if error.errno != errno.ENOSPC or not give_up_reserve(self._folder):
                raise
            return self._end(attempt, status, reason)

    def lost(self, seconds: float = LOST_AFTER_SECONDS) -> list[str]:
        """Give up workers that have not been heard of: their runs go back into the queue, or fail.

        Args:
            seconds: of silence.

        Returns:
            The ids of these runs.
        """
        runs = tables.runs
        late = (runs.c.status == "running") & (runs.c.heartbeat < Now() - seconds)
        with self._reading() as connection:  # nobody else has to wait where nobody is lost
            if connection.execute(select(runs.c.id).where(late)).first() is None:
                return []
        with self._writing() as connection:
            query = select(runs).where(late).with_for_update(skip_locked=True)
            found = [to_run(row) for row in connection.execute(query).all()]
            for run in found:
                self._change(connection, run.id, life.after_loss(run))
        return [run.id for run in found]

    def lose(self, run_id: str, attempt_number: int, reason: str = "") -> Run:
        """The same for one run whose worker is known to be lost; nothing if that attempt is over.

        Raises:
            RunError: there is no such run.
        """
        with self._writing() as connection:
            run = self._run(connection, run_id, lock=True)
            if run.status != "running" or run.attempt != attempt_number:
                return run
            return self._change(connection, run_id, life.after_loss(run, reason))

    def _end(self, attempt: Attempt, status: str, reason: str) -> Run:
        with self._writing() as connection:
            self._fenced(connection, attempt, {})
            run = self._run(connection, attempt.run.id)
            return self._change(connection, run.id, life.after_end(run, status, reason))

    def _fenced(self, connection: Connection, attempt: Attempt, changes: Mapping[str, Any]) -> Row:
        """Lock the run for its attempt, and say that the worker lives."""
        runs = tables.runs
        own = (runs.c.id == attempt.run.id) & (runs.c.attempt == attempt.number)
        change = update(runs).where(own, runs.c.status == "running").values(heartbeat=Now(), **changes)
        row = connection.execute(change.returning(runs.c.wish, runs.c.until_epoch, runs.c.epoch)).first()
        if row is None:
            raise Fenced(f"attempt {attempt.number} no longer owns run {attempt.run.id}")
        return row

    def _next(self, connection: Connection, attempt: Attempt, epoch: int) -> None:
        last = self._fenced(connection, attempt, {}).epoch
        if epoch != last + 1:
            raise RunError(f"run {attempt.run.id} has epochs up to {last}: {epoch} can't come next")

    def _sweep(self, run_id: str, number: int) -> None:
        """Take away what attempts up to ``number`` left in the run's folder and no row names.

        A later attempt's files are let be: they may be about to get their row.
        """
        table = tables.epochs
        with self._reading() as connection:
            rows = connection.execute(
                select(table.c.weights, table.c.state).where(table.c.run == run_id)
            ).all()
        named = {name for row in rows for name in row}
        folder = self._folder / run_id
        for path in folder.glob("*/*-*.*"):
            left_over = path.relative_to(folder).as_posix() not in named
            if left_over and int(path.stem.rpartition("-")[2]) <= number:
                path.unlink(missing_ok=True)
