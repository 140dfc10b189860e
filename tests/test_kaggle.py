"""Kaggle's files: read in pieces as NumPy reads them whole, every fault named, answers to the byte."""

import io
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from model.datasets import DataError, load_digits
from model.datasets import pixel_table as tables
from model.datasets.pixel_table import LABELLED, PIXELS, read_pieces, read_table
from model.kaggle import TEST_ROWS, answers, check_test, submission_text, write_submission
from model.kaggle.leak import ARMS, SEEN, UNSEEN, leak
from model.kaggle.pixels import read_pixels, to_pixels, written_digits

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28), np.uint8)
LABELS = np.random.default_rng(1).integers(0, 10, 12, np.uint8)
ROWS = [list(map(str, image.ravel())) for image in IMAGES]


class Mean:
    """Reads by the mean ink alone, so that a test knows what is read where."""

    def probabilities(self, digits):
        return np.eye(10, dtype=np.float32)[expected(digits)]


def expected(digits):
    return digits.reshape(len(digits), -1).sum(axis=1) % 10


def table(rows=ROWS, header=PIXELS, end="\r\n", separator=","):
    return "".join(separator.join(row) + end for row in (header, *rows)).encode()


def changed(row, column, text):
    rows = [list(each) for each in ROWS]
    rows[row][column] = text
    return table(rows)


def fault(content, labelled=False, rows=None):
    with pytest.raises(DataError) as caught:
        list(read_pieces(io.BytesIO(content), "test.csv", labelled, rows))
    assert str(caught.value) == f"test.csv: {caught.value.fault}"
    return caught.value.fault


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of a few rows, so that small files have many."""
    monkeypatch.setattr(tables, "PIECE_BYTES", 5000)


# What is right


@pytest.mark.parametrize(
    "content",
    [
        table(),
        table(end="\n"),
        table().rstrip(),
        table() + b"\r\n\r\n",
        table() + b"\n" * 100_000,
        table() + b"\r\n" * 100_000,
        b"\xef\xbb\xbf" + table(),
        table([[f" {value} " for value in row] for row in ROWS]),
        table([[value.zfill(3) for value in row] for row in ROWS]),
        table([[value.zfill(5) for value in row] for row in ROWS]),
    ],
    ids=[
        "as Kaggle writes it", "Unix line ends", "no end at the end", "empty lines at the end",
        "very many of them", "very many of Windows'", "byte order mark", "spaces", "leading zeros",
        "many leading zeros",
    ],
)  # fmt: skip
def test_a_whole_table_reads_in_pieces(content, small_pieces):
    pieces = list(read_pieces(io.BytesIO(content), "test.csv", labelled=False))
    assert len(pieces) > 3
    assert np.array_equal(np.concatenate([piece.images for piece in pieces]), IMAGES)
    assert [piece.first for piece in pieces] == np.cumsum([0, *(len(p.images) for p in pieces)])[:-1].tolist()
    assert all(piece.labels is None and piece.images.dtype == np.uint8 for piece in pieces)
    read = [piece.bytes_read for piece in pieces]
    assert read == sorted(read)
    assert len(content.rstrip()) <= read[-1] <= len(content)


def test_labels_come_first(tmp_path, small_pieces):
    path = tmp_path / "train.csv"
    path.write_bytes(table([[str(label), *row] for label, row in zip(LABELS, ROWS, strict=True)], LABELLED))
    images, labels = read_table(path, labelled=True, rows=12)
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(labels, LABELS)
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "none.csv", labelled=True)


@given(some.integers(0, 2**32 - 1), some.integers(3000, 40_000), some.booleans())
@settings(max_examples=25, deadline=None)
def test_wherever_the_pieces_end_numpy_reads_the_same(seed, piece_bytes, labelled):
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (random.integers(1, 30), 784 + labelled)) // random.choice([1, 26])
    rows[:, 0] %= 10
    text = "\n".join([",".join(LABELLED if labelled else PIXELS), *(",".join(map(str, row)) for row in rows)])
    text += "\n" * random.integers(0, 4)
    before, tables.PIECE_BYTES = tables.PIECE_BYTES, piece_bytes
    try:
        pieces = list(read_pieces(io.BytesIO(text.encode()), "a file", labelled, len(rows)))
    finally:
        tables.PIECE_BYTES = before
    theirs = np.loadtxt(io.StringIO(text), int, delimiter=",", skiprows=1, ndmin=2)
    ours = np.concatenate([piece.images for piece in pieces]).reshape(len(rows), 784)
    assert np.array_equal(ours, theirs[:, -784:])
    if labelled:
        assert np.array_equal(np.concatenate([piece.labels for piece in pieces]), theirs[:, 0])


# Every fault


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("test.csv", table())
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\r\n" + table(), "line 1 is empty: it should be the header"),
        (table([]), "holds a header and no digits"),
        (table(header=PIXELS[:-1]), "1 of its columns are missing, first 'pixel783'"),
        (table(header=(*PIXELS[:5], *PIXELS[6:])), "1 of its columns are missing, first 'pixel5'"),
        (table(header=("ImageId", *PIXELS)), "1 columns too many, first 'ImageId', column 1"),
        (table(header=LABELLED), "1 columns too many, first 'label', column 1: this looks like train.csv"),
        (table(header=(*PIXELS, "pixel0")), "has 785 columns, some of them twice; expected 784"),
        (
            table(header=(PIXELS[1], PIXELS[0], *PIXELS[2:])),
            "its columns are in another order: column 1 is 'pixel1', not 'pixel0'",
        ),
        (table(header=ROWS[0]), "has no header pixel0,pixel1,…,pixel783; its first line starts"),
        (table(separator=";"), "its columns are parted by semicolons: save it with commas"),
        (table(separator="\t"), "its columns are parted by tabs: save it with commas"),
        (table(separator=";").replace(b";", b",", 783), "line 2 has 1 values instead of 784"),
        (table().decode().encode("utf-16"), "is UTF-16 text, not plain text: save it again as UTF-8"),
        (table().decode().encode("utf-16-be"), "is not a text file, or UTF-16: save it again as UTF-8"),
        (zipped(), "is a ZIP archive (or a spreadsheet): unpack it, or save it as CSV"),
        (b"\x1f\x8b" + bytes(99), "is packed with gzip: unpack it first"),
        (table() + b"\xff\n", "is not a text file: line 14 holds other bytes"),
        (b"\xe9" + table(), "is not a text file"),
        (changed(3, 7, "256"), "line 5, column 8 (pixel7): 256 is outside 0 to 255"),
        (changed(3, 7, "-1"), "line 5, column 8 (pixel7): -1 is outside 0 to 255"),
        (changed(0, 0, "999"), "line 2, column 1 (pixel0): 999 is outside 0 to 255"),
        (
            changed(11, 783, "NaN"),
            "line 13, column 784 (pixel783): 'NaN' is not a whole number from 0 to 255",
        ),
        (changed(11, 783, ""), "line 13, column 784 (pixel783): '' is not a whole number"),
        (changed(4, 1, "1.0"), "line 6, column 2 (pixel1): '1.0' is not a whole number"),
        (changed(4, 1, "1e2"), "line 6, column 2 (pixel1): '1e2' is not a whole number"),
        (changed(4, 1, "0x1"), "line 6, column 2 (pixel1): '0x1' is not a whole number"),
        (changed(4, 1, "1_0"), "line 6, column 2 (pixel1): '1_0' is not a whole number"),
        (changed(4, 1, "٣"), "line 6, column 2 (pixel1): '٣' is not a whole number"),
        (changed(4, 1, '"3"'), "line 6, column 2 (pixel1): '\"3\"' is not a whole number"),
        (
            changed(4, 1, "a" * 999),
            "line 6, column 2 (pixel1): 'aaaaaaaaaaaaaaaaaaaa…' is not a whole number",
        ),
        (table([*ROWS, ROWS[0][:-1]]), "line 14 has 783 values instead of 784"),
        (table([*ROWS, [*ROWS[0], "0"]]), "line 14 has 785 values instead of 784"),
        (table([*ROWS[:2], [], *ROWS[2:]]), "line 4 is empty"),
        (table()[:-1000], "line 13 has"),
        (table([*ROWS[:2], *[[]] * 70_000, *ROWS[2:]]), "line 4 is empty"),
        (table(end="\n") + b"\n" * 70_000 + b"0,1", "line 14 is empty"),
        (table(end="\r"), "has carriage returns without line feeds (old programs end a line so)"),
        (table([]) + table(end="\r").partition(b"\r")[2], "line 2 has carriage returns without line feeds"),
        (table(end="\r\r\n"), "line 2 has carriage returns without line feeds"),
        (table(ROWS[:2]) + b"0,\r" * 40_000, "line 4 has carriage returns without line feeds"),
        (table(header=("x" * 9999, *PIXELS)), f"1 columns too many, first '{'x' * 20}…', column 1"),
        (table(end=""), "has 9408"),
        (table(ROWS[:2]) + b"0," * 40_000, "line 4 has no end after 65,536 characters: is this CSV?"),
    ],
)
def test_a_fault_is_named_with_its_line_and_column(content, said, small_pieces):
    if said.startswith("has 9408"):  # all in one line: the last of its columns is a name and a number
        said = "1 of its columns are missing, first 'pixel783'"
    assert fault(content).startswith(said)


def test_a_train_csv_is_told_from_a_test_csv():
    assert (
        fault(table(), labelled=True)
        == "1 of its columns are missing, first 'label': this looks like test.csv"
    )
    labelled = table([["10", *ROWS[0]]], LABELLED)
    assert fault(labelled, labelled=True) == "line 2, column 1 (label): 10 is outside 0 to 9"


def test_rows_are_counted(small_pieces):
    assert fault(table(), rows=13) == "1 rows are missing: it has 12 instead of 13"
    assert fault(table(), rows=28_000) == "27,988 rows are missing: it has 12 instead of 28,000"
    assert fault(table(), rows=11) == "has more than 11 rows; line 13 is one too many"


class Endless(io.RawIOBase):
    """A file without an end, that counts what is asked of it."""

    def __init__(self, header, row):
        self.left, self.row, self.given = header, row, 0

    def read(self, size=-1):
        while len(self.left) < size:
            self.left += self.row * 100
        found, self.left = self.left[:size], self.left[size:]
        self.given += size
        return found


def test_a_file_that_is_too_long_is_refused_before_it_is_read_to_the_end():
    endless = Endless(table([]), table(ROWS[:1]).splitlines(keepends=True)[1])
    with pytest.raises(DataError, match="has more than 500 rows"):
        list(read_pieces(endless, "test.csv", labelled=False, rows=500))
    assert endless.given < 6_000_000


def test_memory_is_bounded_however_long_the_file(tmp_path):
    path = tmp_path / "test.csv"
    with path.open("wb") as file:
        file.write(table([]))
        for _ in range(500):  # 19 MB
            file.write(table().partition(b"\n")[2])
    tracemalloc.start()
    try:
        assert check_test(path, rows=None) == 6000
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 30e6  # some 17 MB


@pytest.mark.slow
def test_a_file_of_200_megabytes_has_too_many_rows(tmp_path):
    path, block = tmp_path / "test.csv", table().partition(b"\n")[2]
    with path.open("wb") as file:
        file.write(table([]))
        for _ in range(200_000_000 // len(block) + 1):
            file.write(block)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"has more than 28,000 rows; line 28002 is one too many"):
            check_test(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        path.unlink()
    assert most < 60e6


# Pixels


def test_a_worker_leaves_bare_pixels(tmp_path, small_pieces):
    path, pixels = tmp_path / "test.csv", tmp_path / "pixels"
    path.write_bytes(table())
    assert written_digits(pixels) == 0
    assert to_pixels(str(path), str(pixels), None) == 12
    assert written_digits(pixels) == 12
    assert np.array_equal(read_pixels(pixels), IMAGES)
    assert to_pixels(str(path), str(pixels), 12) == 12  # again: a worker that died has another in its place
    assert np.array_equal(read_pixels(pixels), IMAGES)


def test_a_worker_names_the_fault_but_no_file_of_the_server(tmp_path, small_pieces):
    path, pixels = tmp_path / "table.csv", tmp_path / "pixels"
    path.write_bytes(changed(11, 783, "NaN"))
    with pytest.raises(DataError, match=r"^test\.csv: line 13, column 784 \(pixel783\): 'NaN'"):
        to_pixels(str(path), str(pixels), None)
    assert 0 < written_digits(pixels) < 12  # how far it came
    with pytest.raises(DataError, match=r"^test\.csv: cannot be read \(No such file"):
        to_pixels(str(tmp_path / "gone"), str(pixels))


# Answers


def test_answers_come_in_the_order_of_the_file(small_pieces):
    steps = []
    found = answers(Mean(), io.BytesIO(table()), "test.csv", None, steps.append)
    assert found.shape == (12, 10)
    assert np.array_equal(found.argmax(axis=1), expected(IMAGES))
    assert sum(steps) == 12
    assert len(steps) > 3


def test_a_submission_is_kaggles_to_the_byte(tmp_path):
    path = tmp_path / "submission.csv"
    path.write_text("an older one")
    write_submission(path, np.array([2, 0, 9, 9], np.uint8))
    assert path.read_bytes() == b"ImageId,Label\n1,2\n2,0\n3,9\n4,9\n"
    assert [each.name for each in tmp_path.iterdir()] == ["submission.csv"]
    lines = submission_text(np.zeros(TEST_ROWS, np.int64)).splitlines()
    assert (len(lines), lines[-1]) == (28_001, "28000,0")


@pytest.mark.parametrize(
    "readings", [np.array([10]), np.array([-1]), np.array([0.5]), np.zeros((2, 10), int)]
)
def test_what_are_no_digits_is_no_submission(readings):
    with pytest.raises(ValueError, match="a submission needs digits from 0 to 9"):
        submission_text(readings)
    with pytest.raises(ValueError, match="needs digits"):
        submission_text(np.zeros(0, int))


def test_checking_counts_bytes_and_names_the_file(tmp_path):
    path = tmp_path / "test.csv"
    path.write_bytes(table())
    steps = []
    assert check_test(path, 12, steps.append) == 12
    assert sum(steps) == path.stat().st_size
    with pytest.raises(DataError, match=r"test\.csv: 27,988 rows are missing"):
        check_test(path)
    with pytest.raises(DataError, match=r"nothing\.csv: cannot be read"):
        check_test(tmp_path / "nothing.csv")


# The leak


def test_the_leaks_figures_are_of_kaggles_digits_and_of_the_named_seeds():
    found = leak()
    assert found.learned == {"kaggle-42000": 37_800, "mnist-60000": 60_000}
    for arm in ARMS:
        seeds = [sitting.seed for sitting in found.sittings[arm]]
        assert seeds == [1, 2, 3][: len(seeds)] != []  # in the order named beforehand, none left out
        for sitting in found.sittings[arm]:
            assert (sitting.parts[SEEN].count, sitting.parts[UNSEEN].count) == (24_015, 3_985)
            assert sitting.all.count == TEST_ROWS
            errors = sum(part.errors for part in sitting.parts.values())
            assert sitting.all.accuracy == (TEST_ROWS - errors) / TEST_ROWS
            low, high = sitting.all.confidence_interval_95
            assert low < sitting.all.accuracy < high


@pytest.mark.slow
def test_kaggles_own_files_are_mnist_pixel_by_pixel(shared_data, tmp_path):
    subprocess.run([sys.executable, shared_data / "kaggle" / "rebuild_kaggle_csv.py", tmp_path], check=True)
    index = np.load(shared_data / "kaggle" / "kaggle_mnist_index_map.npz")
    parts = [load_digits("mnist-60000", part, shared_data / "mnist") for part in ("train", "test")]
    images, labels = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "labels")
    )
    read, none = read_table(tmp_path / "test.csv", labelled=False, rows=TEST_ROWS)
    assert none is None
    assert np.array_equal(read, images[index["test_to_mnist"]])
    for part in ("train", "validation"):
        digits = load_digits("kaggle-42000", part, tmp_path)
        rows = index["train_to_mnist"][digits.indices]
        assert np.array_equal(digits.images, images[rows])
        assert np.array_equal(digits.labels, labels[rows])
