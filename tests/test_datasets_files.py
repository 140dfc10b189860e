"""Reading data files: every form that is taken, and every fault by name."""

import gzip
import io
import time

import numpy as np
import pytest

from model.datasets import DataError, load_digits
from model.datasets.identity import check_form, check_is, find_mini
from model.datasets.idx import read_idx
from model.datasets.kaggle_csv import HEADER, read_train_csv
from model.datasets.mini import read_mini
from model.datasets.npz import read_npz
from model.datasets.sources import Source

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
LABELS = np.array([5, 0, 4, 1, 9, 2, 1], np.uint8)


def idx_bytes(values: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return header + values.tobytes()


def write(path, content):
    path.write_bytes(content)
    return path


def fault_of(call, path) -> str:
    """The fault of the DataError that a call raises, after checking that it names the file."""
    with pytest.raises(DataError) as caught:
        call()
    assert str(caught.value) == f"{path}: {caught.value.fault}"
    return caught.value.fault


# IDX


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_idx_files_read_whatever_their_name(tmp_path, pack):
    assert np.array_equal(read_idx(write(tmp_path / "a.gz", pack(idx_bytes(IMAGES))), 3), IMAGES)
    assert np.array_equal(read_idx(write(tmp_path / "b", pack(idx_bytes(LABELS))), 1), LABELS)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the file is empty"),
        (idx_bytes(IMAGES)[:-1], "truncated: its header promises 5,488 values, it holds 5,487"),
        (idx_bytes(IMAGES)[:16], "truncated: its header promises 5,488 values, it holds 0"),
        (idx_bytes(IMAGES)[:9], "truncated: 9 bytes, not even a whole header"),
        (idx_bytes(IMAGES)[:3], "truncated: 3 bytes, not even a whole header"),
        (idx_bytes(IMAGES) + b"\0", "too long: it holds more than the 5,488 values"),
        (idx_bytes(LABELS), "wrong magic number 0x00000801; an IDX file of images starts with 0x00000803"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "wrong magic number 0x89504e47"),
        (bytes([0, 0, 13, 3]) + idx_bytes(IMAGES)[4:], "wrong magic number 0x00000d03"),  # floats
        (gzip.compress(idx_bytes(IMAGES))[:-20], "the gzip file is truncated"),
        (gzip.compress(idx_bytes(IMAGES))[:5], "the gzip file is truncated"),
        (gzip.compress(idx_bytes(IMAGES)[:-1]), "truncated: its header promises 5,488 values"),
        (gzip.compress(b""), "the file is empty"),
        (b"\x1f\x8b" + bytes(50), "the gzip file is damaged"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12 + bytes(100), "its header promises 79,228,162,458,924,105,"),
    ],
    ids=[
        "empty", "one byte short", "header only", "half a header", "half a magic number", "one byte long",
        "labels for images", "a PNG", "floats", "truncated gzip", "truncated gzip header",
        "truncated within whole gzip", "empty gzip", "damaged gzip", "absurd sizes",
    ],
)  # fmt: skip
def test_a_bad_idx_file_is_named_with_its_fault(tmp_path, content, fault):
    path = write(tmp_path / "train-images-idx3-ubyte.gz", content)
    assert fault_of(lambda: read_idx(path, 3), path).startswith(fault)


def test_damage_inside_a_gzip_file_is_noticed(tmp_path):
    packed = bytearray(gzip.compress(idx_bytes(IMAGES)))
    packed[2000] ^= 0xFF
    path = write(tmp_path / "train-images-idx3-ubyte.gz", bytes(packed))
    assert "damaged" in fault_of(lambda: read_idx(path, 3), path)


def test_a_missing_idx_file_and_a_folder_in_its_place_are_said_so(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte"
    assert "No such file" in fault_of(lambda: read_idx(path, 3), path)
    path.mkdir()
    assert fault_of(lambda: read_idx(path, 3), path).startswith("cannot be read")


# Images and labels together


def test_images_and_labels_of_different_counts_are_refused(tmp_path):
    write(tmp_path / "train-images.idx3-ubyte", idx_bytes(IMAGES))
    labels = write(tmp_path / "train-labels.idx1-ubyte", idx_bytes(LABELS[:-1]))
    fault = fault_of(lambda: load_digits("mnist-60000", "train", tmp_path), labels)
    assert fault == "holds 6 labels, but there are 7 pictures"


@pytest.mark.parametrize(
    ("images", "labels", "fault"),
    [
        (IMAGES[:, :, :27], LABELS, "holds pictures of 28 × 27 pixels, expected 28 × 28"),
        (IMAGES.reshape(7, 784), LABELS, "holds pictures of 784 pixels, expected 28 × 28"),
        (IMAGES[:0], LABELS[:0], "holds no pictures at all"),
        (IMAGES, LABELS.reshape(7, 1), "holds labels of shape (7, 1), expected one for each picture"),
        (IMAGES, LABELS + np.uint8(1), "label number 4 is 10; labels are 0 to 9"),
    ],
    ids=["wrong size", "flat", "no pictures", "labels in columns", "label outside 0-9"],
)
def test_what_are_no_digits_is_said_so(tmp_path, images, labels, fault):
    path = tmp_path / "file"
    assert fault_of(lambda: check_form(path, images, path, labels), path) == fault


def test_a_missing_file_of_the_four_is_named(tmp_path):
    write(tmp_path / "train-images-idx3-ubyte", idx_bytes(IMAGES))
    missing = tmp_path / "train-labels-idx1-ubyte.gz"
    fault = fault_of(lambda: load_digits("mnist", "train", tmp_path), missing)
    assert fault == "is missing, though others of MNIST are there"


def test_too_few_digits_are_not_mnist(tmp_path):
    images = write(tmp_path / "train-images-idx3-ubyte", idx_bytes(IMAGES))
    write(tmp_path / "train-labels-idx1-ubyte", idx_bytes(LABELS))
    fault = fault_of(lambda: load_digits("mnist", "train", tmp_path), images)
    assert fault == "holds 7 pictures; MNIST's train file has 60,000"


# Is it MNIST?


@pytest.mark.parametrize(
    ("dataset", "ink", "fault"),
    [
        ("mnist", 73, "MNIST's pictures: their mean ink is 0.286, not 0.131 (they look like Fashion-MNIST"),
        ("fashion", 33, "Fashion-MNIST's pictures: their mean ink is 0.129, not 0.286 (they look like MNIST"),
        ("mnist", 49, "MNIST's pictures: their mean ink is 0.192, not 0.131"),  # Kuzushiji-MNIST
    ],
)
def test_another_data_set_in_files_of_the_same_names_is_noticed(tmp_path, dataset, ink, fault):
    images = np.full((10_000, 28, 28), ink, np.uint8)
    write(tmp_path / "t10k-labels-idx1-ubyte", idx_bytes(np.zeros(10_000, np.uint8)))
    path = write(tmp_path / "t10k-images-idx3-ubyte", idx_bytes(images))
    found = fault_of(lambda: load_digits(dataset, "test", tmp_path), path)
    assert found.startswith(f"these are not {fault}")


def test_the_real_mnist_is_taken_for_itself(shared_data):
    for part in ("train", "test"):
        images, _ = Source("mnist", shared_data / "mnist", "idx").read(part)
        check_is("mnist", part, shared_data, images)
        with pytest.raises(DataError, match="look like MNIST"):
            check_is("fashion", part, shared_data, images)


def test_mnist_without_one_of_minis_digits_is_refused(tmp_path):
    images, labels = read_mini()
    fault = fault_of(lambda: find_mini(tmp_path, images[1:], labels[1:], all_of_it=True), tmp_path)
    assert fault == "not MNIST's training digits: 1 of mini's 5,000 are not there"


def test_mnist_with_one_of_minis_digits_twice_is_refused(tmp_path):
    images, labels = read_mini()
    images, labels = np.concatenate([images, images[:1]]), np.concatenate([labels, labels[:1]])
    fault = fault_of(lambda: find_mini(tmp_path, images, labels, all_of_it=True), tmp_path)
    assert fault == "not MNIST's training digits: 1 of mini's 5,000 are there twice"


def test_mnist_with_another_label_than_minis_is_refused(tmp_path):
    images, labels = read_mini()
    labels = labels.copy()
    labels[[17, 4000]] = 9 - labels[[17, 4000]]
    fault = fault_of(lambda: find_mini(tmp_path, images, labels, all_of_it=True), tmp_path)
    assert fault == "not MNIST's labels: 2 of mini's 5,000 digits have another one"


def test_mini_is_found_at_its_rows(tmp_path):
    images, labels = read_mini()
    order = np.random.default_rng(1).permutation(5000)
    rows = find_mini(tmp_path, images[order], labels[order], all_of_it=True)
    assert np.array_equal(order[rows], np.arange(5000))


# Keras's mnist.npz


def npz(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_kerass_archive_reads(tmp_path):
    path = npz(tmp_path / "mnist.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:2], y_test=LABELS[:2])
    images, labels = read_npz(path, "train")
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(labels, LABELS)
    assert len(read_npz(path, "test")[0]) == 2
    wide = npz(tmp_path / "wide.npz", x_test=IMAGES.astype(np.int64), y_test=LABELS.astype(np.int32))
    assert all(array.dtype == np.uint8 for array in read_npz(wide, "test"))


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"x_train": IMAGES}, "has no array y_train, only x_train"),
        ({}, "has no array x_train, only nothing"),
        (
            {"x_train": IMAGES / 255, "y_train": LABELS},
            "x_train is float64, expected whole numbers from 0 to 255",
        ),
        (
            {"x_train": IMAGES.astype(int) * 2, "y_train": LABELS},
            f"x_train holds values from 0 to {int(IMAGES.max()) * 2}, outside 0 to 255",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS.astype(int) - 1},
            "y_train holds values from -1 to 8, outside 0 to 255",
        ),
    ],
    ids=["no labels", "no arrays", "fractions", "values above 255", "negative labels"],
)
def test_a_bad_archive_is_named_with_its_fault(tmp_path, arrays, fault):
    path = npz(tmp_path / "mnist.npz", **arrays)
    assert fault_of(lambda: read_npz(path, "train"), path) == fault


def test_a_truncated_or_foreign_archive_is_said_so(tmp_path):
    whole = npz(tmp_path / "whole.npz", x_train=IMAGES, y_train=LABELS).read_bytes()
    path = tmp_path / "mnist.npz"
    damaged = bytearray(whole)
    damaged[1000] ^= 0xFF
    single = io.BytesIO()
    np.save(single, IMAGES)
    for content, fault in (
        (whole[:-30], "the archive is truncated or damaged"),
        (whole[:700], "the archive is truncated or damaged"),
        (bytes(damaged), "the archive is truncated or damaged"),
        (b"", "the archive is truncated or damaged"),
        (b"<html>404</html>", "is not a NumPy archive of plain numbers"),
        (single.getvalue(), "is a single array"),
    ):
        write(path, content)
        assert fault_of(lambda: read_npz(path, "train"), path).startswith(fault), content[:20]
    path.unlink()
    assert "No such file" in fault_of(lambda: read_npz(path, "train"), path)


class Payload:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (self.path.touch, ())


def test_an_archive_is_never_unpickled(tmp_path):
    trap = tmp_path / "sprung"
    path = npz(tmp_path / "mnist.npz", x_train=np.array([Payload(trap)], dtype=object), y_train=LABELS)
    assert "not a NumPy archive of plain numbers" in fault_of(lambda: read_npz(path, "train"), path)
    assert not trap.exists()
    np.load(path, allow_pickle=True)["x_train"]  # the trap works: it is our reading that doesn't step into it
    assert trap.exists()


# Kaggle's train.csv


def csv_bytes(rows, header=HEADER, end="\r\n") -> bytes:
    return "".join(",".join(map(str, row)) + end for row in (header, *rows)).encode()


def rows_of(images, labels):
    return [[label, *image.ravel()] for image, label in zip(images, labels, strict=True)]


@pytest.mark.parametrize(
    "content",
    [
        csv_bytes(rows_of(IMAGES, LABELS)),
        csv_bytes(rows_of(IMAGES, LABELS), end="\n"),
        csv_bytes(rows_of(IMAGES, LABELS)).rstrip(),
        b"\xef\xbb\xbf" + csv_bytes(rows_of(IMAGES, LABELS)),
    ],
    ids=["as Kaggle writes it", "Unix line ends", "no end of line at the end", "byte order mark"],
)
def test_train_csv_reads(tmp_path, content):
    images, labels = read_train_csv(write(tmp_path / "train.csv", content))
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(labels, LABELS)
    assert images.dtype == labels.dtype == np.uint8


def changed(row, column, value):
    rows = rows_of(IMAGES, LABELS)
    rows[row][column] = value
    return csv_bytes(rows)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the file is empty"),
        (csv_bytes([]), "holds a header and no digits"),
        (csv_bytes(rows_of(IMAGES, LABELS), HEADER[:-1]), "1 of its columns are missing, first 'pixel783'"),
        (
            csv_bytes([row[1:] for row in rows_of(IMAGES, LABELS)], HEADER[1:]),
            "1 of its columns are missing, first 'label'",
        ),
        (csv_bytes(rows_of(IMAGES, LABELS), (*HEADER, "writer")), "1 columns too many, first 'writer'"),
        (csv_bytes(rows_of(IMAGES, LABELS), (*HEADER, "pixel0")), "has 786 columns, some of them twice"),
        (
            csv_bytes(rows_of(IMAGES, LABELS), (*HEADER[1:], "label")),
            "its columns are in another order: column 1 is 'pixel0', not 'label'",
        ),
        (csv_bytes(rows_of(IMAGES, LABELS), [5] * 785), "has no header label,pixel0,…,pixel783; its first"),
        (csv_bytes([row[:-1] for row in rows_of(IMAGES, LABELS)]), "line 2 has 784 values instead of 785"),
        (csv_bytes([*rows_of(IMAGES, LABELS), [3, 0, 0]]), "line 9 has 3 values instead of 785"),
        (csv_bytes([[*row, 0] for row in rows_of(IMAGES, LABELS)]), "line 2 has 786 values instead of 785"),
        (csv_bytes(rows_of(IMAGES, LABELS))[:-700], "line 8 has"),
        (changed(2, 5, "x"), "line 4, column 6 (pixel4): 'x' is not a whole number"),
        (changed(2, 5, ""), "line 4, column 6 (pixel4): '' is not a whole number"),
        (changed(2, 5, "0.5"), "line 4, column 6 (pixel4): '0.5' is not a whole number"),
        (changed(2, 5, 256), "line 4, column 6 (pixel4): 256 is outside 0 to 255"),
        (changed(6, 784, -1), "line 8, column 785 (pixel783): -1 is outside 0 to 255"),
        (changed(0, 0, 10), "line 2, column 1 (label): 10 is outside 0 to 9"),
        (b"\xff\xfe" + csv_bytes(rows_of(IMAGES, LABELS)), "is UTF-16 text"),
        (csv_bytes(rows_of(IMAGES, LABELS)) + b"\xff\xff", "is not a text file"),
    ],
    ids=[
        "empty", "header only", "a column missing", "no labels (test.csv)", "a column too many",
        "a column twice", "another order", "no header", "rows too short", "one short row", "rows too long",
        "truncated", "no number", "nothing", "a fraction", "above 255", "below 0", "label outside 0-9",
        "UTF-16", "binary rows",
    ],
)  # fmt: skip
def test_a_bad_train_csv_is_named_with_its_fault(tmp_path, content, fault):
    path = write(tmp_path / "train.csv", content)
    assert fault_of(lambda: read_train_csv(path), path).startswith(fault)


def test_a_folder_with_only_train_csv_offers_its_digits_without_minis(tmp_path):
    mini_images, mini_labels = read_mini()
    images, labels = np.concatenate([IMAGES, mini_images[:3]]), np.concatenate([LABELS, mini_labels[:3]])
    path = write(tmp_path / "train.csv", csv_bytes(rows_of(images, labels)))
    train = load_digits("mnist", "train", tmp_path)
    assert np.array_equal(train.images, IMAGES)
    assert train.dataset == "kaggle"
    assert train.source == f"MNIST, Kaggle's train.csv in {tmp_path}."
    assert len(load_digits("mnist", "validation", tmp_path)) == 5000
    assert "no test part" in fault_of(lambda: load_digits("mnist", "test", tmp_path), path)
    assert "60,000" in fault_of(lambda: load_digits("mnist-60000", "train", tmp_path), path)


def test_a_train_csv_of_something_else_is_refused(tmp_path):
    path = write(tmp_path / "train.csv", csv_bytes(rows_of(IMAGES, LABELS)))
    for part in ("train", "validation"):
        fault = fault_of(lambda: load_digits("mnist", part, tmp_path), path)  # noqa: B023
        assert fault == "not MNIST's training digits: 5,000 of mini's 5,000 are not there"


def test_a_train_csv_is_read_in_seconds(tmp_path):
    images, labels = read_mini()
    path = write(tmp_path / "train.csv", csv_bytes(rows_of(images, labels)))  # an eighth of Kaggle's
    start = time.process_time()
    read = read_train_csv(path)
    seconds = time.process_time() - start
    assert np.array_equal(read[0], images)
    assert seconds < 2  # some 0.2 s; 1.5 s for Kaggle's 77 MB
