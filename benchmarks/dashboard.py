"""The dashboard as its users run it: one home for the benchmarks and the tests."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).resolve().parents[1]
ASKED_SERVER = Path(__file__).with_name("asked_server.py")
GREETING = re.compile(
    r"\s*(You can now view your Streamlit app in your browser\.|(Local |Network )?URL: http://\S+)$"
)


class Dashboard:
    """One running server of the dashboard, started by the README's own command.

    The one thing added to `streamlit run` is that the server can be asked for `modules()` (see
    `asked_server.py`); everything else, the settings included, is as in the repository.

    Args:
        options: Further options of `streamlit run`, such as `("--theme.base", "dark")`.
        port: Where it answers; None for a port that is free.
        start_seconds: How long to wait for the server to answer.
        home: Where it keeps its runs (DIGIT_LAB_HOME); None for a folder that goes with it.

    Attributes:
        url: The address of the landing page, with a slash at its end.
        pid: The server's process id.
        log: A file with everything that the server has written.
        started: `time.perf_counter()` of the moment the command was given.

    Raises:
        RuntimeError: The server stopped, or didn't answer in time; the message carries its log.
    """

    def __init__(
        self,
        options: tuple[str, ...] = (),
        port: int | None = None,
        start_seconds: float = 60.0,
        home: Path | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="digit-lab-")
        folder = Path(self._folder.name)
        self.log = folder / "server.log"
        self._answers = folder / "modules.json"
        port = port or free_port()
        self.url = f"http://localhost:{port}/"
        command = [
            sys.executable,
            # As with the `streamlit` command: neither the current folder nor the script's is put on
            # the import path, so the dashboard has to find its own modules.
            "-P",
            str(ASKED_SERVER),
            str(self._answers),
            "run",
            "--server.headless=true",
            f"--server.port={port}",
            # Known beforehand, or a headless Streamlit asks a host outside for the machine's address.
            "--browser.serverAddress=localhost",
            *options,
        ]
        # A person's own runs and import path don't belong to what is measured.
        outer = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.started = time.perf_counter()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**outer, "DIGIT_LAB_HOME": str(home or folder)},
            )
        self.pid = self._process.pid
        try:
            self._wait(start_seconds)
        except BaseException:
            self.stop()
            raise

    def _wait(self, seconds: float) -> None:
        """Returns once the server says that it is well."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"The dashboard stopped while starting. Its log:\n{self.read_log()}")
            if self._is_well():
                return
            time.sleep(0.02)
        raise RuntimeError(f"The dashboard didn't answer within {seconds:g} s. Its log:\n{self.read_log()}")

    def _is_well(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "_stcore/health", timeout=1) as answer:
                return answer.status == 200
        except (URLError, ConnectionError, TimeoutError):
            return False

    def read_log(self) -> str:
        """Returns everything that the server has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def modules(self, seconds: float = 10.0) -> frozenset[str]:
        """Asks the running server for the names in its `sys.modules`.

        Raises:
            TimeoutError: The server gave no answer in time.
        """
        self._answers.unlink(missing_ok=True)
        assert self._process.stdin is not None
        self._process.stdin.write(b"modules\n")
        self._process.stdin.flush()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._answers.exists():
                return frozenset(json.loads(self._answers.read_text(encoding="utf-8")))
            time.sleep(0.02)
        raise TimeoutError(f"The server named no modules within {seconds:g} s")

    def memory_megabytes(self) -> float | None:
        """Returns the server's resident memory in MB (10⁶ bytes), or None where there is no /proc to ask."""
        status = Path(f"/proc/{self.pid}/status")
        if not status.exists():
            return None
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def processor_seconds(self) -> float | None:
        """Returns the processor time that the server has used, or None where there is no /proc to ask."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return None
        # After the command's name in parentheses; user and system time are the 14th and 15th of all fields.
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Ends the server as Ctrl-C would, and forgets its log."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()


@contextlib.contextmanager
def run_dashboard(
    options: tuple[str, ...] = (), port: int | None = None, home: Path | None = None
) -> Iterator[Dashboard]:
    """Runs a `Dashboard` for the length of a `with` block."""
    dashboard = Dashboard(options, port, home=home)
    try:
        yield dashboard
    finally:
        dashboard.stop()


def log_faults(log: str) -> list[str]:
    """Returns the lines of a server's log beyond Streamlit's greeting: warnings, tracebacks, chatter."""
    return [line for line in log.splitlines() if line.strip() and not GREETING.match(line)]


def free_port() -> int:
    """Returns a TCP port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]
