"""The data sets, by name: where they are found, how they are read and checked, and how they are split.

Laws of this folder: reading never unpickles, never goes to the network (only `download` does, when a person
asks), and never guesses: what is damaged, or something else, raises a `DataError` that names the file and
the fault.
"""

from model.datasets.catalogue import (
    DATASETS,
    FROM_TRAIN_CSV,
    KAGGLE_42000,
    PARTS,
    learned_mask,
    load_digits,
    parts_of,
)
from model.datasets.digits import DIGIT_NAMES, FASHION_NAMES, DataError, Digits
from model.datasets.downloads import download
from model.datasets.sources import Source, download_folder, find_source

__all__ = [
    "DATASETS",
    "DIGIT_NAMES",
    "FASHION_NAMES",
    "FROM_TRAIN_CSV",
    "KAGGLE_42000",
    "PARTS",
    "DataError",
    "Digits",
    "Source",
    "download",
    "download_folder",
    "find_source",
    "learned_mask",
    "load_digits",
    "parts_of",
]
