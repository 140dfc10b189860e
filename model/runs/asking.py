"""What people ask of the store: new runs, and what they wish of theirs."""

import json
import shutil
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert

from model.recipe import Recipe
from model.runs import life, tables
from model.runs.database import Database
from model.runs.place import new_run_id
from model.runs.records import Run, RunError
from model.runs.tables import Now

MOST_NOTES = 10_000  # characters of JSON


class Asking(Database):
    """What people ask of the store."""

    def create(
        self,
        recipe: Recipe,
        *,
        owner: str = "",
        experiment: str = "",
        parent: tuple[str, int] | None = None,
        until_epoch: int | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> Run:
        """Queue a new run.

        Args:
            recipe: what to train.
            owner: the student's token; "" for the command line.
            experiment: shared by the runs of one experiment; "" for a run by itself.
            parent: run or bundled network, and epoch, whose weights to start from.
            until_epoch: pause after this epoch.
            notes: small JSON to keep with it.

        Raises:
            RunError: ``until_epoch`` or the notes can't be.
        """
        run_id = new_run_id(recipe)
        if until_epoch is not None and not 0 <= until_epoch <= recipe.epochs:
            raise RunError(f"until_epoch must be from 0 to {recipe.epochs}, not {until_epoch!r}")
        values = {
            "id": run_id,
            "recipe": json.dumps(recipe.to_dict(), separators=(",", ":")),
            "status": "queued",
            "owner": owner,
            "experiment": experiment or run_id,
            "parent": parent and parent[0],
            "parent_epoch": parent and parent[1],
            "until_epoch": until_epoch,
            "created": Now(),
            "notes": to_notes(notes or {}),
        }
        with self._writing() as connection:
            connection.execute(insert(tables.runs).values(values))
            return self._run(connection, run_id)

    def wish(self, run_id: str, wish: str, until_epoch: int | None = None) -> Run:
        """Ask something of a run: see ``model.runs.life.after_wish``.

        A running run is paused or stopped by its worker within a moment; one that waits at once. "run" puts
        one that stands still back into the queue.

        Args:
            run_id: which.
            wish: "run", "pause" or "stop".
            until_epoch: with "run": pause after this epoch.

        Returns:
            The run thereafter.

        Raises:
            RunError: there is no such run, or the wish makes no sense in its state.
        """
        with self._writing() as connection:
            run = self._run(connection, run_id, lock=True)
            return self._change(connection, run_id, life.after_wish(run, wish, until_epoch))

    def note(self, run_id: str, **notes: object) -> Run:
        """Keep something small with a run: JSON by name, replacing what had that name.

        Raises:
            RunError: there is no such run, or its notes would be no JSON or too long.
        """
        with self._writing() as connection:
            run = self._run(connection, run_id, lock=True)
            return self._change(connection, run_id, {"notes": to_notes({**run.notes, **notes})})

    def delete(self, run_id: str) -> None:
        """Forget a run and all its files.

        Raises:
            RunError: there is no such run, or it is running.
        """
        with self._writing() as connection:
            run = self._run(connection, run_id, lock=True)
            if run.status == "running":
                raise RunError(f"run {run_id} is running: stop it before you delete it")
            for table, key in ((tables.batches, "run"), (tables.epochs, "run"), (tables.runs, "id")):
                connection.execute(delete(table).where(table.c[key] == run_id))
        # A worker that hasn't heard of it yet may still write there, and sweeps up after itself: what comes
        # or goes meanwhile is no fault.
        shutil.rmtree(self._folder / run_id, ignore_errors=True)


def to_notes(notes: Mapping[str, Any]) -> str:
    """Notes as JSON text.

    Raises:
        RunError: they are no JSON, or longer than ``MOST_NOTES``.
    """
    try:
        text = json.dumps(dict(notes))
    except (TypeError, ValueError) as error:
        raise RunError(f"notes must be JSON: {error}") from error
    if len(text) > MOST_NOTES:
        raise RunError(f"notes have at most {MOST_NOTES:,} characters of JSON, not {len(text):,}")
    return text
