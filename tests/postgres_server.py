"""A private PostgreSQL server for tests, in a temporary folder, gone when it is no longer needed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = "/usr/lib/postgresql"  # where Debian keeps what isn't on the path
USER = "postgres"  # the server refuses to run as root


class NoPostgresError(RuntimeError):
    """No PostgreSQL server that could be started here; the message says what is missing."""


@contextmanager
def run_postgres() -> Iterator[str]:
    """Starts a server that only this machine's processes reach, by a socket; yields its SQLAlchemy URL."""
    initdb, pg_ctl = _binary("initdb"), _binary("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="digit-lab-postgres-"))
    try:
        as_user = _as_user(folder)
        data = folder / "data"

        def run(*command: str | Path) -> None:
            done = subprocess.run([*as_user, *map(str, command)], capture_output=True, text=True, cwd=folder)
            if done.returncode:
                raise NoPostgresError(f"{command[0]} failed: {done.stderr or done.stdout}")

        run(initdb, "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        # nothing here has to outlive a power cut
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=100"
        run(pg_ctl, "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            yield f"postgresql://{USER}@/postgres?host={folder}"
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binary(name: str) -> Path:
    installed = sorted(Path(BINARIES).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = shutil.which(name) or (installed[-1] if installed else None)
    if found is None:
        raise NoPostgresError(f"no {name} is installed (Debian's package is postgresql)")
    return Path(found)


def _as_user(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(USER)
    except KeyError as error:
        raise NoPostgresError(f"PostgreSQL won't run as root, and there is no user {USER}") from error
    shutil.chown(folder, USER)
    return ["runuser", "-u", USER, "--"]
