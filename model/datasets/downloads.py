"""MNIST from the network, only when a person asks for it."""

from pathlib import Path
from typing import Protocol

from model.datasets.digits import DataError
from model.datasets.sources import NPZ, download_folder

# Keras's own copy and its SHA-256, as keras.datasets.mnist.load_data() has them.
ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
TIMEOUT_SECONDS = 30.0  # without a byte; a slow line that keeps delivering is fine
TRIES = 2
CHUNK_BYTES = 1 << 16


class ProgressBar(Protocol):
    """What shows a download's progress, as tqdm's bars do."""

    total: float | None

    def update(self, n: float) -> object:
        """Add `n` bytes."""

    def reset(self) -> object:
        """Go back to 0 bytes."""

    def close(self) -> object:
        """Stop showing."""


def download(dataset: str = "mnist", progress: bool | ProgressBar = True) -> Path:
    """Fetch Keras's ``mnist.npz`` (11 MB) into the lab's download folder, where `find_source` finds it.

    It is written under another name and takes its own only when its SHA-256 is right, so that a broken
    download leaves nothing that looks whole; asking again starts afresh. What is there and whole stays.

    Args:
        dataset: "mnist", or "mnist-60000", which is made from the same file.
        progress: whether to draw a bar on the terminal, or a bar of one's own.

    Returns:
        The file.

    Raises:
        DataError: the server can't be reached, hangs for `TIMEOUT_SECONDS`, or sends something else, twice.
        ValueError: another data set; only MNIST is offered for download.
    """
    if dataset not in ("mnist", "mnist-60000"):
        raise ValueError(f"only mnist can be downloaded, not {dataset!r}")
    import pooch  # here, for it takes 0.2 s that the dashboard's start should not pay

    pooch.get_logger().setLevel("WARNING")  # the bar says it better
    store = pooch.create(
        path=download_folder(),
        base_url="",
        registry={NPZ: f"sha256:{SHA256}"},
        urls={NPZ: ADDRESS},
        retry_if_failed=TRIES - 1,
    )
    downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=CHUNK_BYTES, timeout=TIMEOUT_SECONDS)
    try:
        return Path(store.fetch(NPZ, downloader=downloader))
    except (OSError, ValueError) as error:  # the network, the disk, or (ValueError) another SHA-256
        raise DataError(ADDRESS, f"the download failed, nothing was kept: {error}. Try again") from error
