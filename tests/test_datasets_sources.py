"""Where data are looked for, and in which order."""

from pathlib import Path

import pytest

from model.datasets import DataError, download_folder, find_source

IDX_NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


def fill(folder: Path, *names: str) -> Path:
    """Put empty files of these names there: finding looks at names only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A home folder of the test's own, and none of the variables."""
    for variable in ("DIGIT_LAB_DATA", "DIGIT_LAB_HOME", "KERAS_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path


def test_nothing_is_found_where_there_is_nothing():
    assert find_source("mnist") is None
    assert find_source("fashion") is None


def test_the_places_come_in_order(home, monkeypatch):
    places = [
        fill(download_folder(), "mnist.npz"),
        fill(home / ".keras" / "datasets", "mnist.npz"),
        fill(home / "by variable", "mnist.npz"),
        fill(home / "argument", "mnist.npz"),
    ]
    monkeypatch.setenv("DIGIT_LAB_DATA", str(places[2]))
    assert find_source("mnist", places[3]).folder == places[3]
    assert find_source("mnist").folder == places[2]
    monkeypatch.delenv("DIGIT_LAB_DATA")
    assert find_source("mnist").folder == places[1]
    (places[1] / "mnist.npz").unlink()
    assert find_source("mnist").folder == places[0]


def test_kerass_cache_and_our_home_can_be_elsewhere(home, monkeypatch):
    monkeypatch.setenv("DIGIT_LAB_HOME", str(home / "lab"))
    assert download_folder() == home / "lab" / "datasets"
    ours = fill(home / "lab" / "datasets", "mnist.npz")
    assert find_source("mnist").folder == ours
    monkeypatch.setenv("KERAS_HOME", str(home / "keras"))
    kerass = fill(home / "keras" / "datasets", "mnist.npz")
    assert find_source("mnist").folder == kerass


@pytest.mark.parametrize("below", [".", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dot", ["-", "."])
def test_idx_files_are_found_in_every_spelling(tmp_path, below, ending, dot):
    names = [name.replace("-idx", f"{dot}idx") + ending for name in IDX_NAMES]
    folder = fill(tmp_path / "data" / below, *names)
    source = find_source("mnist", tmp_path / "data")
    assert (source.form, source.folder) == ("idx", folder)
    assert [
        source.file(part, kind).name for part in ("train", "test") for kind in ("images", "labels")
    ] == names


def test_idx_files_come_before_the_archive_and_that_before_kaggles_table(tmp_path):
    folder = fill(tmp_path / "data", "train.csv")
    assert find_source("mnist", folder).form == "csv"
    fill(folder, "mnist.npz")
    assert find_source("mnist", folder).form == "npz"
    fill(folder, IDX_NAMES[0])
    assert find_source("mnist", folder).form == "idx"
    assert find_source("mnist-60000", folder) == find_source("mnist", folder)


@pytest.mark.parametrize("below", ["fashion-mnist", "fashion", "FashionMNIST/raw", "."])
def test_fashion_is_found_in_a_folder_of_its_own_or_alone(tmp_path, below):
    folder = fill(tmp_path / "data" / below, *IDX_NAMES)
    assert find_source("fashion", tmp_path / "data").folder == folder


def test_mnist_and_fashion_live_side_by_side(tmp_path):
    mnist = fill(tmp_path / "data", *IDX_NAMES)
    fashion = fill(mnist / "fashion-mnist", *IDX_NAMES)
    assert find_source("mnist", mnist).folder == mnist
    assert find_source("fashion", mnist).folder == fashion


def test_a_folder_for_one_data_set_leaves_the_other_to_the_next_place(home, monkeypatch):
    monkeypatch.setenv("DIGIT_LAB_DATA", str(fill(home / "data" / "fashion-mnist", *IDX_NAMES).parent))
    kerass = fill(home / ".keras" / "datasets", "mnist.npz")
    assert find_source("mnist").folder == kerass
    assert find_source("fashion").folder == home / "data" / "fashion-mnist"


def test_a_given_folder_that_is_not_there_or_holds_nothing_is_an_error(home, monkeypatch):
    gone, empty, file = home / "gone", fill(home / "empty"), fill(home, "file") / "file"
    with pytest.raises(DataError, match="gone: the data folder is not there"):
        find_source("mnist", gone)
    with pytest.raises(DataError, match="file: the data folder is no folder"):
        find_source("mnist", file)
    with pytest.raises(
        DataError, match=r"empty: holds no MNIST: expected the IDX files .*mnist\.npz.*train\.csv"
    ):
        find_source("mnist", empty)
    with pytest.raises(DataError, match="empty: holds no Fashion-MNIST: expected the IDX files"):
        find_source("fashion", empty)
    monkeypatch.setenv("DIGIT_LAB_DATA", str(gone))
    with pytest.raises(DataError, match="gone: the folder that DIGIT_LAB_DATA names is not there"):
        find_source("mnist")
    monkeypatch.setenv("DIGIT_LAB_DATA", str(empty))
    with pytest.raises(DataError, match="empty: DIGIT_LAB_DATA names it, but it holds none of"):
        find_source("mnist")
