"""The download, from a server on this machine: whole, broken in every way, and again."""

import hashlib
import importlib.util
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from model.datasets import DataError, download, downloads, find_source
from model.datasets.npz import read_npz


class Server(ThreadingHTTPServer):
    """Serves one file, in a way that a test can break.

    Attributes:
        content: what it serves.
        modes: how it answers, request by request; the last one stays.
        requests: how many it has had.
    """

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.modes, self.requests = content, ["good"], 0
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        mode = server.modes[min(server.requests, len(server.modes) - 1)]
        server.requests += 1
        body = server.content
        if mode == "missing":
            self.send_error(404)
            return
        if mode == "wrong":
            body = bytes(len(body))
        self.send_response(200)
        if mode != "short":  # a server that sends too little without saying how much there is
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if mode in ("good", "wrong") else body[: len(body) // 2])
        self.wfile.flush()
        if mode == "hanging":
            server.over.wait(20)

    def log_message(self, format, *arguments):
        """Keep quiet."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    path = tmp_path / "served.npz"
    pixels = np.random.default_rng(0).integers(0, 256, (300, 28, 28), np.uint8)
    np.savez(path, x_train=pixels, y_train=np.zeros(300, np.uint8))
    server = Server(path.read_bytes())
    thread = threading.Thread(target=server.serve_forever, args=[0.01])  # seconds between looks for the end
    thread.start()
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "lab"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("DIGIT_LAB_DATA", raising=False)
    monkeypatch.setattr(downloads, "ADDRESS", f"http://127.0.0.1:{server.server_port}/mnist.npz")
    monkeypatch.setattr(downloads, "SHA256", hashlib.sha256(server.content).hexdigest())
    monkeypatch.setattr(downloads, "TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(downloads, "TRIES", 1)
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def left_behind(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "lab").rglob("*") if path.is_file()]


def test_the_address_and_hash_are_kerass_own():
    keras = Path(importlib.util.find_spec("keras").origin).parent  # read as text: importing it takes seconds
    text = (keras / "src" / "datasets" / "mnist.py").read_text()
    folder, _, name = downloads.ADDRESS.rpartition("/")
    assert f"{folder}/" in text.replace('"\n        "', "")
    assert f'"{name}"' in text
    assert downloads.SHA256 in text


def test_a_download_is_whole_and_then_found_and_not_fetched_again(server, tmp_path, capfd):
    path = download()
    assert path.read_bytes() == server.content
    assert left_behind(tmp_path) == ["mnist.npz"]
    assert find_source("mnist").folder == path.parent
    assert len(read_npz(path, "train")[0]) == 300
    assert "100%" in capfd.readouterr().err  # the progress bar
    assert download("mnist-60000", progress=False) == path
    assert server.requests == 1
    assert capfd.readouterr().err == ""


def test_a_progress_bar_of_ones_own_is_told_of_every_byte(server):
    class Bar:
        total, done, closed = 0, 0, False

        def update(self, n):
            self.done += n

        def reset(self):
            self.done = 0

        def close(self):
            self.closed = True

    bar = Bar()
    download(progress=bar)
    assert bar.total == bar.done == len(server.content)
    assert bar.closed


@pytest.mark.parametrize("mode", ["missing", "truncated", "short", "wrong", "hanging"])
def test_a_broken_download_leaves_nothing_and_the_next_one_succeeds(server, tmp_path, mode):
    server.modes = [mode, "good"]
    with pytest.raises(
        DataError, match=r"^http://127\.0\.0\.1.*the download failed, nothing was kept: .*Try again"
    ):
        download(progress=False)
    assert left_behind(tmp_path) == []
    assert find_source("mnist") is None
    assert download(progress=False).read_bytes() == server.content


def test_it_tries_twice_by_itself(server, monkeypatch):
    monkeypatch.setattr(downloads, "TRIES", 2)
    server.modes = ["truncated", "good"]
    assert download(progress=False).read_bytes() == server.content
    assert server.requests == 2


def test_a_server_that_is_not_there_is_said_so(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "ADDRESS", "http://127.0.0.1:1/mnist.npz")
    with pytest.raises(DataError, match=r"^http://127\.0\.0\.1:1/mnist\.npz: the download failed"):
        download(progress=False)
    assert left_behind(tmp_path) == []


def test_a_damaged_file_in_its_place_is_fetched_anew(server):
    path = download(progress=False)
    path.write_bytes(server.content[:-1])
    assert download(progress=False).read_bytes() == server.content


def test_a_folder_that_cannot_be_made_is_said_so(server, tmp_path):
    (tmp_path / "lab").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="the download failed, nothing was kept"):
        download(progress=False)


def test_only_mnist_is_offered():
    with pytest.raises(ValueError, match="only mnist can be downloaded, not 'fashion'"):
        download("fashion")
