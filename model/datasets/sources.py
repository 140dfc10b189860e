"""Where the data are found: a folder that is given, then those that the lab and Keras use.

The order: the argument; the variable DIGIT_LAB_DATA; what Keras has cached (``~/.keras/datasets``, or below
KERAS_HOME); what the lab has downloaded. Nothing here goes to the network.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from model.datasets.digits import DataError
from model.datasets.identity import TITLES, check_form, check_is
from model.datasets.idx import read_idx
from model.datasets.kaggle_csv import ROWS, read_train_csv
from model.datasets.npz import read_npz

NPZ, CSV = "mnist.npz", "train.csv"
# Where the files may lie below a data folder, in order: in itself, as Keras names it, as torchvision does.
FOLDERS = {
    "mnist": (".", "mnist", "MNIST/raw"),
    "fashion": ("fashion-mnist", "fashion", "FashionMNIST/raw", "."),
    "kaggle": (".", "kaggle", "digit-recognizer"),
}
# The single files that will do, where there are no IDX files, and their forms.
TABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "mnist": ((NPZ, "npz"), (CSV, "csv")),
    "kaggle": ((CSV, "csv"),),
    "fashion": (),
}
IDX_STEMS = {"train": "train", "test": "t10k"}
SPELLINGS = ("{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte")  # the second is what unpacking by hand often leaves
ENDINGS = (".gz", "")


@dataclass(frozen=True)
class Source:
    """A folder that holds MNIST, Fashion-MNIST, or Kaggle's choice of MNIST.

    Attributes:
        dataset: "mnist", "fashion" or "kaggle".
        folder: where the files lie.
        form: "idx" (four IDX files), "npz" (Keras's mnist.npz) or "csv" (Kaggle's train.csv).
        table: the name of Kaggle's file.
    """

    dataset: str
    folder: Path
    form: str
    table: str = CSV

    @property
    def sentence(self) -> str:
        """Say in a plain sentence what this is and where."""
        kind = {"idx": "IDX files", "npz": f"Keras's {NPZ}", "csv": f"Kaggle's {self.table}"}[self.form]
        return f"{TITLES[self.dataset]}, {kind} in {self.folder}"

    def file(self, part: str, kind: str = "images") -> Path:
        """Name the file that holds a part's images (or "labels").

        Raises:
            DataError: an IDX file is missing.
        """
        if self.form != "idx":
            return self.folder / (NPZ if self.form == "npz" else self.table)
        if path := _idx_file(self.folder, part, kind):
            return path
        name = _idx_names(part, kind)[0]
        raise DataError(self.folder / name, f"is missing, though others of {TITLES[self.dataset]} are there")

    def read(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Read and check one part as the files have it.

        Args:
            part: "train" (60,000; of Kaggle's train.csv all it holds) or "test" (10,000).

        Returns:
            images, uint8 (n, 28, 28), and labels, uint8 (n,), in the file's order.

        Raises:
            DataError: the files are damaged, hold something else, or have no such part.
        """
        images_file = self.file(part)
        labels_file = self.file(part, "labels")
        if self.form == "csv" and part == "test":
            raise DataError(
                images_file,
                "Kaggle's file has no test part (6,015 of its digits come from MNIST's test set). Give a "
                f"folder with MNIST's four IDX files or Keras's {NPZ}",
            )
        if self.form == "idx":
            images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
        elif self.form == "npz":
            images, labels = read_npz(images_file, part)
        else:
            images, labels = read_train_csv(images_file, ROWS if self.dataset == "kaggle" else None)
        check_form(images_file, images, labels_file, labels)
        if self.form != "csv":  # which digits that holds, and so their mean ink, is Kaggle's choice
            check_is(self.dataset, part, images_file, images)
        return images, labels


def find_source(dataset: str, data: Path | None = None) -> Source | None:
    """Find the files of a data set on this machine, without reading them.

    Args:
        dataset: "mnist" or "mnist-60000" (the same files), "fashion", or "kaggle-42000".
        data: a folder to look in, and nowhere else; for "kaggle-42000" the file itself will do.

    Returns:
        The first source in the order above; None when there is none.

    Raises:
        DataError: `data`, or the folder in DIGIT_LAB_DATA, isn't there; or `data` holds no such files, or the
            folder in DIGIT_LAB_DATA none of any data set.
    """
    family = family_of(dataset)
    if data is not None:
        if family == "kaggle" and Path(data).is_file():
            return Source(family, Path(data).parent, "csv", Path(data).name)
        if source := _look_in(_existing(Path(data), "the data folder"), family):
            return source
        raise DataError(data, f"holds no {TITLES[family]}: expected {wanted(family)}")
    return next((source for folder in _usual_folders() if (source := _look_in(folder, family))), None)


def family_of(dataset: str) -> str:
    """Say whose files a data set is made from: "mnist", "fashion" or "kaggle"."""
    return {"fashion": "fashion", "kaggle-42000": "kaggle"}.get(dataset, "mnist")


def wanted(family: str) -> str:
    """Say in words what a data folder may hold."""
    if family == "kaggle":
        return f"Kaggle's {CSV}"
    idx = ", ".join(_idx_names(part, kind)[0] for part in IDX_STEMS for kind in ("images", "labels"))
    if family == "fashion":
        return f"the IDX files {idx} (or without .gz), best in a sub-folder {FOLDERS[family][0]}"
    return f"the IDX files {idx} (or without .gz), Keras's {NPZ}, or Kaggle's {CSV}"


def home() -> Path:
    """Say where the lab keeps what it makes: DIGIT_LAB_HOME, else a folder of the user's own data."""
    if given := os.environ.get("DIGIT_LAB_HOME"):
        return Path(given).expanduser()
    return platformdirs.user_data_path("digit-lab", appauthor=False)


def download_folder() -> Path:
    """Say where downloads go: ``datasets`` in the lab's `home`."""
    return home() / "datasets"


def _usual_folders() -> Iterator[Path]:
    if given := os.environ.get("DIGIT_LAB_DATA"):
        folder = _existing(Path(given).expanduser(), "the folder that DIGIT_LAB_DATA names")
        if not any(_look_in(folder, family) for family in FOLDERS):
            raise DataError(folder, f"DIGIT_LAB_DATA names it, but it holds none of {wanted('mnist')}")
        yield folder
    keras_home = os.environ.get("KERAS_HOME")
    yield (Path(keras_home) if keras_home else Path.home() / ".keras") / "datasets"
    yield download_folder()


def _existing(folder: Path, what: str) -> Path:
    if not folder.is_dir():
        raise DataError(folder, f"{what} is " + ("no folder" if folder.exists() else "not there"))
    return folder


def _look_in(folder: Path, family: str) -> Source | None:
    for below in FOLDERS[family]:
        place = folder / below
        if family != "kaggle" and any(
            _idx_file(place, part, kind) for part in IDX_STEMS for kind in ("images", "labels")
        ):
            return Source(family, place, "idx")
        for name, form in TABLES[family]:
            if (place / name).is_file():
                return Source(family, place, form)
    return None


def _idx_names(part: str, kind: str) -> list[str]:
    dimensions = 3 if kind == "images" else 1
    stems = (spelling.format(IDX_STEMS[part], kind, dimensions) for spelling in SPELLINGS)
    return [stem + ending for stem in stems for ending in ENDINGS]


def _idx_file(folder: Path, part: str, kind: str) -> Path | None:
    return next((path for name in _idx_names(part, kind) if (path := folder / name).is_file()), None)
