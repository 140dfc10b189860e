"""The data sets by name, each in its parts, and which digits a network has learned from.

| name         | train  | validation   | test   | what it is                                           |
|--------------|--------|--------------|--------|------------------------------------------------------|
| mnist        | 55,000 | 5,000 (mini) | 10,000 | MNIST; its validation part is there offline too      |
| mnist-60000  | 60,000 | none         | 10,000 | MNIST as it was published                            |
| mini         | 3,000  | 1,000        | 1,000  | built in; all 5,000 come from MNIST's training set   |
| fashion      | 55,000 | 5,000        | 10,000 | Fashion-MNIST, ten kinds of clothing in MNIST's form |
| kaggle-42000 | 37,800 | 4,200        | none   | Kaggle's train.csv alone; the labels of its test.csv |
|              |        |              |        | are Kaggle's own                                     |

Sources and licences: MNIST, LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/ (LeCun, Bottou,
Bengio and Haffner 1998), CC BY-SA 3.0. Fashion-MNIST, Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747, MIT.
"""

from pathlib import Path

import numpy as np

from model.datasets import mini
from model.datasets.digits import DIGIT_NAMES, FASHION_NAMES, DataError, Digits
from model.datasets.identity import TITLES, find_mini
from model.datasets.matching import is_among
from model.datasets.sources import Source, family_of, find_source, wanted
from model.datasets.splits import stratified

DATASETS = ("mnist", "mnist-60000", "mini", "fashion", "kaggle-42000")
PARTS = ("train", "validation", "test")
KAGGLE_42000 = "kaggle-42000"
KAGGLE_VALIDATION_PER_CLASS = 420  # a tenth of the 42,000
KAGGLE_SEED = 42_000  # fixed for good, as every seed of a split
# Not asked for by name: what the train part of "mnist" says that it is when it comes from Kaggle's train.csv.
KAGGLE = "kaggle"
# What holds nothing but Kaggle's train.csv: its own data set, and MNIST where only that file is there.
FROM_TRAIN_CSV = frozenset({KAGGLE_42000, KAGGLE})
FASHION_VALIDATION_PER_CLASS = 500  # 5,000 in all, as many as MNIST's
FASHION_SEED = 1708_07747  # the paper's number; fixed for good, for every recorded figure depends on it


def parts_of(dataset: str) -> tuple[str, ...]:
    """Name the parts that a data set has.

    Args:
        dataset: one of `DATASETS`.

    Returns:
        "train", "validation", "test", in this order; "mnist-60000" has no validation part, "kaggle-42000" no
        test part.

    Raises:
        ValueError: no such data set.
    """
    if dataset not in DATASETS:
        raise ValueError(f"no data set {dataset!r}; there are {', '.join(DATASETS)}")
    return {"mnist-60000": ("train", "test"), KAGGLE_42000: ("train", "validation")}.get(dataset, PARTS)


def load_digits(dataset: str, part: str, data: Path | None = None) -> Digits:
    """Load one part of a data set.

    MNIST and Fashion-MNIST are looked for in the order of `find_source`; nothing is ever downloaded here.
    Mini, and MNIST's validation part, which is mini's 5,000 digits, need no files. Where MNIST's files are
    there, those 5,000 are found in them by pixel identity (each exactly once, with the same label) and kept
    out of the train part.

    A folder with only Kaggle's train.csv offers "mnist" a train part, its digits without mini's
    (42,000 - 3,005), and no test part. As 6,015 of them come from MNIST's *test* set, this part says that its
    `dataset` is "kaggle": record that name as what a network learned from (see `learned_mask`), not "mnist".

    Args:
        dataset: one of `DATASETS`.
        part: one of `parts_of(dataset)`.
        data: a folder that holds the files (of "kaggle-42000" also train.csv itself); by default the usual
            places.

    Returns:
        The digits, always in the same order: train and test as in their files, mini and the validation parts
        shuffled. `indices` are positions in the file that `source` names: for MNIST's validation part rows of
        MNIST's 60,000 where they are there, of mini's file otherwise. What names a digit everywhere is its
        place in its part.

    Raises:
        DataError: the files are nowhere, damaged, or those of another data set; it says which and what to do.
        ValueError: no such data set, or it has no such part.

    Example:
        >>> digits = load_digits("mini", "train")
        >>> digits.images.shape, digits.labels.shape
        ((3000, 28, 28), (3000,))
    """
    if part not in parts_of(dataset):
        raise ValueError(f"{dataset} has no part {part!r}; it has {', '.join(parts_of(dataset))}")
    if dataset == "mini":
        return _from_mini(dataset, part, mini.mini_rows(part))
    source = find_source(dataset, data)
    if source is None:
        if (dataset, part) == ("mnist", "validation"):
            return _from_mini(dataset, part, mini.mini_rows("all"))
        family = family_of(dataset)
        raise DataError(
            TITLES[family],
            f"not found on this machine. Name a folder with --data or the variable DIGIT_LAB_DATA that holds "
            f"{wanted(family)}" + ("; or ask for the download" if family == "mnist" else ""),
        )
    if dataset == "fashion":
        return _fashion(part, source)
    if dataset == KAGGLE_42000:
        return _kaggle(part, source)
    return _mnist(dataset, part, source)


def learned_mask(learned: str, digits: Digits) -> np.ndarray:
    """Say which digits a network has learned from when it was trained on a data set's train part.

    Mini's digits are told by their pixels, everything else by the part it belongs to (no digit of MNIST is
    there twice), so that this works without MNIST's files. Where it cannot be known it says yes: a network
    that learned from Kaggle's train.csv may have learned from any digit of MNIST, but mini's only where those
    were left out.

    Args:
        learned: the `Digits.dataset` of the train part that it learned from: one of `DATASETS`, or "kaggle".
        digits: any part of any data set.

    Returns:
        bool (n,), True where the digit was learned from.

    Raises:
        ValueError: no such data set.
    """
    for name in (learned, digits.dataset):
        if name not in (*DATASETS, KAGGLE):
            raise ValueError(f"no data set {name!r}; there are {', '.join((*DATASETS, KAGGLE))}")
    if "fashion" in (learned, digits.dataset):
        return np.full(len(digits), learned == digits.dataset and digits.part == "train")
    images, _ = mini.read_mini()
    if learned == KAGGLE_42000:
        return np.full(len(digits), digits.dataset != KAGGLE_42000 or digits.part == "train")
    if learned == "mini":
        return is_among(digits.images, images[mini.mini_rows("train")])
    in_mini = is_among(digits.images, images)
    if learned == KAGGLE:
        return ~in_mini
    in_training_set = in_mini | (digits.part != "test")
    return in_training_set if learned == "mnist-60000" else in_training_set & ~in_mini


def _from_mini(dataset: str, part: str, rows: np.ndarray) -> Digits:
    images, labels = mini.read_mini()
    return Digits(images[rows], labels[rows], dataset, part, f"{mini.SOURCE}.", DIGIT_NAMES, rows)


def _mnist(dataset: str, part: str, source: Source) -> Digits:
    if part == "test":
        images, labels = source.read("test")
        rows = np.arange(len(labels))
        return Digits(images, labels, dataset, part, f"{source.sentence}.", DIGIT_NAMES, rows)
    if source.form == "csv" and dataset == "mnist-60000":
        raise DataError(source.file("train"), "mnist-60000 needs MNIST's own 60,000 training digits")
    images, labels = source.read("train")
    minis = find_mini(source.file("train"), images, labels, all_of_it=source.form != "csv")
    if part == "validation" and source.form == "csv":  # which has only some of them; mini has them all
        return _from_mini(dataset, part, mini.mini_rows("all"))
    if part == "validation":
        rows = minis[mini.mini_rows("all")]
    elif dataset == "mnist":
        rows = np.setdiff1d(np.arange(len(labels)), minis)
    else:
        rows = np.arange(len(labels))
    name = KAGGLE if source.form == "csv" else dataset
    return Digits(images[rows], labels[rows], name, part, f"{source.sentence}.", DIGIT_NAMES, rows)


def _kaggle(part: str, source: Source) -> Digits:
    images, labels = source.read("train")
    dealt = stratified(labels, {"validation": KAGGLE_VALIDATION_PER_CLASS}, KAGGLE_SEED)["validation"]
    rows = dealt if part == "validation" else np.setdiff1d(np.arange(len(labels)), dealt)
    return Digits(images[rows], labels[rows], KAGGLE_42000, part, f"{source.sentence}.", DIGIT_NAMES, rows)


def _fashion(part: str, source: Source) -> Digits:
    images, labels = source.read("test" if part == "test" else "train")
    rows = np.arange(len(labels))
    if part != "test":
        dealt = stratified(labels, {"validation": FASHION_VALIDATION_PER_CLASS}, FASHION_SEED)
        rows = dealt["validation"] if part == "validation" else np.setdiff1d(rows, dealt["validation"])
    return Digits(images[rows], labels[rows], "fashion", part, f"{source.sentence}.", FASHION_NAMES, rows)
