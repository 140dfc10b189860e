"""The store of runs: a database of what was asked for and became of it, and files of arrays beside it."""

from pathlib import Path

from model.runs.asking import Asking
from model.runs.attempts import Attempts
from model.runs.opinions import Opinions
from model.runs.reading import Reading


class RunStore(Asking, Attempts, Opinions, Reading):
    """All runs of one folder. Safe to use from many threads and processes at once.

    Every method raises ``StoreError`` (an OSError and a RunError) when the database doesn't answer or has no
    space left.

    Args:
        folder: where the arrays lie, and the database if it is SQLite; None for ``runs_folder()``. Machines
            that share a PostgreSQL store must share this folder too.
        url: the database; None for the variable DIGIT_LAB_STORE, else an SQLite file in the folder.

    Raises:
        RunError: no such database can be used; it says why.

    Example:
        >>> store = RunStore()  # doctest: +SKIP
        >>> run = store.create(PRESETS["tiny"])  # doctest: +SKIP
        >>> attempt = store.claim(run.id, "me")  # doctest: +SKIP
        >>> store.pulse(attempt, stage="reading the digits")  # doctest: +SKIP
        ('run', None)
    """

    def __reduce__(self) -> tuple[type["RunStore"], tuple[Path, str]]:
        return RunStore, (self._folder, self._url)
