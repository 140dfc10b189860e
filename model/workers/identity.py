"""Who works on a run: the name of a process, and whether it is known to have ended."""

import os
import platform


def worker_name() -> str:
    """Who this process is, as the store of runs writes it down: "host:pid"."""
    return f"{platform.node()}:{os.getpid()}"


def process_of(worker: str) -> int | None:
    """The process id in a worker's name; None where it is no name of ``worker_name``'s."""
    _, _, pid = worker.rpartition(":")
    return int(pid) if pid.isdigit() else None


def has_died(worker: str) -> bool:
    """Whether a worker is known to have ended: it was a process of this machine, and its id is free."""
    pid = process_of(worker)
    if pid is None or worker != f"{platform.node()}:{pid}":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it lives, and is another user's
        return False
    return False
