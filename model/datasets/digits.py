"""What every data set hands out: pictures of 28×28, what they show, and where they came from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SIDE = 28
CLASSES = 10
DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (  # as the authors name them (Xiao et al. 2017, table 2)
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


class DataError(ValueError):
    """Data that cannot be used; it names the file or folder and the fault.

    Args:
        file: what is at fault: a file, a folder, or an address.
        fault: what is wrong with it, quoting what was found, and what to do.

    Attributes:
        file: as given.
        fault: as given.

    Example:
        >>> str(DataError("train.csv", "row 3 has 784 columns instead of 785"))
        'train.csv: row 3 has 784 columns instead of 785'
    """

    def __init__(self, file: Path | str, fault: str) -> None:
        super().__init__(file, fault)  # both, so that the error survives pickling on its way out of a worker
        self.file = file
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.file}: {self.fault}"


@dataclass(frozen=True, eq=False)
class Digits:
    """One part of one data set, in a fixed order: the i-th digit of a part is the same one everywhere.

    The arrays are read-only, so that a cache may share them.

    Attributes:
        images: uint8 (n, 28, 28), 0 the paper and 255 full ink.
        labels: uint8 (n,), 0–9.
        dataset: the data set's name; "kaggle" for MNIST taken from Kaggle's train.csv (see `load_digits`).
        part: "train", "validation" or "test".
        source: one plain sentence that says where they came from.
        class_names: ten names, by label.
        indices: int64 (n,), each digit's position in the file that `source` names, from 0.
    """

    images: np.ndarray
    labels: np.ndarray
    dataset: str
    part: str
    source: str
    class_names: tuple[str, ...]
    indices: np.ndarray

    def __post_init__(self) -> None:
        count = len(self.labels)
        for name, dtype, shape in (
            ("images", np.uint8, (count, SIDE, SIDE)),
            ("labels", np.uint8, (count,)),
            ("indices", np.int64, (count,)),
        ):
            array = getattr(self, name)
            if array.dtype != dtype or array.shape != shape:
                raise ValueError(
                    f"{name} are {array.dtype} {array.shape}, expected {np.dtype(dtype)} {shape}"
                )
            view = array.view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.labels)
