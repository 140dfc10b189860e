"""The films that the Filters page gives away: a frame for each epoch, of a whole layer or of some filters."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image
from test_app_filters import DIGIT, EPOCHS, alive  # noqa: F401 - a fixture among them
from test_app_pages import networks, opened, well  # noqa: F401 - a fixture among them

from app.looking import film, filters_view, take_away
from model.checkpoint import load_checkpoint
from model.history import Epoch, Watch
from model.presets import PRESETS
from model.probes.filters import kernels


@pytest.mark.parametrize("kind", ["GIF", "WebP"])
@pytest.mark.parametrize("look", ["maps", "filters"])
def test_a_film_has_a_frame_for_each_epoch_and_its_speed(alive, kind, look):  # noqa: F811
    place = filters_view.layers_with_units(PRESETS["tiny"])[0]
    data = take_away._film("life", (), look, place, (), DIGIT, 4.0, kind)
    picture = Image.open(io.BytesIO(data))
    assert picture.format == kind.upper()
    assert picture.n_frames == EPOCHS + 1
    frames = []
    for number in range(picture.n_frames):
        picture.seek(number)
        picture.load()
        frames.append(np.asarray(picture.convert("RGB")).astype(int))
        wanted = 250 * film.LAST_STANDS if number == EPOCHS else 250
        assert picture.info["duration"] == pytest.approx(wanted, abs=10)
    below = [frame[150:] for frame in frames]  # under the heading: the maps themselves
    assert all(np.abs(one - other).max() > 20 for one, other in itertools.pairwise(below))


def test_a_film_is_offered_where_there_are_several_epochs(alive):  # noqa: F811
    def labels(app):
        return [button.proto.label for button in app.get("download_button")]

    assert labels(opened("Filters")) == []
    assert labels(opened("Filters", model="life")) == ["GIF", "WebP"]
    assert labels(opened("Filters", model="life", look="why")) == []


def test_a_long_training_is_filmed_in_few_frames_with_all_its_drops(alive, monkeypatch):  # noqa: F811
    watch = Watch("accuracy", 0.5, 0.5, 0.0, 0, 0, 0.1, 0.03, "dropped")
    history = tuple(
        Epoch(n, 1.0, 0.5, 1.0, 0.5, 0.1, 1.0, watch if n in (7, 133) else None) for n in range(201)
    )
    seen = []
    monkeypatch.setattr(take_away, "checkpoint_epochs", lambda _: tuple(range(201)))
    monkeypatch.setattr(take_away, "course", lambda _: history)
    monkeypatch.setattr(film, "of_epochs", lambda records, *_: seen.extend(r.epoch for r in records) or [])
    monkeypatch.setattr(film, "make", lambda *_: b"")
    take_away._film("life", (), "maps", 0, (), DIGIT, 2.0, "GIF")
    assert len(seen) <= take_away.MOST_FRAMES + 2
    assert {0, 7, 133, 200} <= set(seen)


@pytest.mark.parametrize("look", ["maps", "filters"])
def test_a_film_of_some_filters_holds_only_these(alive, monkeypatch, look):  # noqa: F811
    offered, made = {}, []
    monkeypatch.setattr(take_away, "_download", lambda kind, make, name: offered.update({kind: make}))
    monkeypatch.setattr(film, "make", lambda title, stills, *_: made.append((title, stills)) or b"")
    place = filters_view.layers_with_units(PRESETS["tiny"])[0]
    app = opened("Filters", model="life", look=look, layer=str(place), **{"from": "data"})
    some = next(box for box in app.multiselect if box.label == f"Some {look}")
    count = PRESETS["tiny"].shapes[place + 1][-1]
    assert len(some.options) == count
    offered["GIF"]("GIF")
    some.set_value([5, 2])
    well(app.run())
    offered["GIF"]("GIF")
    (title, whole), (few_title, few) = made
    assert few_title == f"{title} (2, 5)"
    assert len(whole) == len(few) == EPOCHS + 1
    for still, chosen in zip(whole, few, strict=True):
        assert still.tiles.shape[-1] == count
        np.testing.assert_array_equal(chosen.tiles, still.tiles[..., [2, 5]])
    if look == "filters":
        kernel = kernels(load_checkpoint("life:2"), place)
        np.testing.assert_array_equal(few[2].tiles, kernel[:, :, 0, [2, 5]])
    assert [still.verdict for still in whole] == [still.verdict for still in few]  # of the whole network


def test_the_film_of_very_many_says_how_many(alive, monkeypatch):  # noqa: F811
    made = []
    monkeypatch.setattr(film, "make", lambda title, stills, *_: made.append(title) or b"")
    take_away._film("life", (), "maps", 0, tuple(range(6)), DIGIT, 2.0, "GIF")
    assert made[0].endswith("(6 of them)")
