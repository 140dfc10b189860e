"""What is plain functions in a page: pictures, bars, a verdict's words, a digit's way, the prose."""

import base64
import io
import re
from string import Formatter

import numpy as np
import pytest
from PIL import Image

from app import prose
from app.journey import journey_html
from app.pixels import heat_over_ink, sheet, signed_colours, to_html, to_uri
from app.reading import bars_html, chance, nothing_html, remark_html, verdict_html
from model.checkpoint import Checkpoint
from model.forward import Network, weight_shapes
from model.presets import PRESETS
from model.verdict import Verdict


def probabilities(**shares):
    p = np.full(10, 1e-6, np.float32)
    for digit, share in shares.items():
        p[int(digit[1])] = share
    return p


SURE = Verdict(probabilities(d7=0.99))
TORN = Verdict(probabilities(d4=0.5, d9=0.4, d7=0.1))


def decoded(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))))


def test_a_picture_keeps_its_pixels_and_a_large_one_is_shrunk():
    pixels = np.arange(28 * 28, dtype=np.uint32).reshape(28, 28).astype(np.uint8)
    assert np.array_equal(decoded(to_uri(pixels)), pixels)
    assert decoded(to_uri(np.zeros((100, 1000), np.uint8), longest=280)).shape == (28, 280)


def test_somebodys_words_are_no_markdown():
    assert prose.plain("a_run (3), ![](https://x.y) :smile:") == (
        r"a\_run (3), \!\[\](https\:\/\/x\.y) \:smile\:"
    )
    assert prose.plain("pixel0,…\n- “so” it’s") == r"pixel0,… \- “so” it’s"


def test_a_pictures_words_are_plain_text():
    assert 'alt="&quot;&gt;&lt;script&gt;"' in to_html(np.zeros((2, 2), np.uint8), '"><script>')


def test_a_sheet_puts_each_map_in_its_place_with_its_own_range():
    maps = np.stack([np.full((2, 3), 5.0), np.array([[0, 1, 2], [3, 4, 10.0]]), np.eye(2, 3)], axis=-1)
    picture = sheet(maps, columns=2, gap=1)
    assert picture.shape == (5, 7, 4)
    assert not picture[:2, :3, :3].any()  # the same everywhere: nothing to see
    assert picture[:2, 4:7, 0].tolist() == [[0, 26, 51], [76, 102, 255]]
    assert picture[3:, :3, 0].tolist() == [[255, 0, 0], [0, 255, 0]]
    assert not picture[2].any()  # the gap is transparent,
    assert not picture[3:, 4:].any()  # and so is the place that no map takes
    assert (picture[:2, :3, 3] == 255).all()


def test_signed_colours_go_from_orange_over_white_to_blue():
    colours = signed_colours(np.array([-9.0, -2, 0, 1, 2]), most=2)
    assert colours[0].tolist() == colours[1].tolist() == [213, 94, 0]
    assert colours[2].tolist() == [255, 255, 255]
    assert colours[3].tolist() == [120, 179, 214]
    assert colours[4].tolist() == [0, 114, 178]


def test_ink_over_heat_is_dark_and_lets_the_colour_through():
    digit = np.zeros((28, 28), np.uint8)
    digit[3, 4] = 255
    picture = heat_over_ink(np.zeros((28, 28)), digit, most=1, scale=2)
    assert picture.shape == (56, 56, 3)
    assert (picture[6:8, 8:10] == 97).all()
    assert (picture[0, 0] == 255).all()
    blue = heat_over_ink(np.ones((28, 28)), digit, most=1, scale=1)[3, 4]
    assert blue[2] > 2 * blue[0]


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0, "<0.1%"),
        (0.0004, "<0.1%"),
        (0.0006, "0.1%"),
        (0.5, "50.0%"),
        (0.9994, "99.9%"),
        (0.9996, ">99.9%"),
    ],
)
def test_no_chance_is_said_to_be_none_or_certain(probability, said):
    assert chance(probability) == said


def test_the_verdict_names_three_guesses():
    said = re.sub("<[^>]+>", " ", verdict_html(TORN))
    assert re.search(r"The network reads\s+4\s+50.0% sure\s+then 9 \(40.0%\), 7 \(10.0%\)", said)


def test_doubt_and_label_are_said_in_words():
    assert "It could also be a 9." in remark_html(TORN)
    assert "lab-doubtful" in remark_html(TORN)
    assert "Right: it is labelled 7." in remark_html(SURE, label=7)
    assert "Wrong: it is labelled 1." in remark_html(SURE, label=1)
    assert "lab-doubtful" not in remark_html(SURE)


def test_the_bars_are_as_long_as_their_numbers_say_and_can_be_heard():
    bars = bars_html(TORN)
    assert [round(float(width)) for width in re.findall(r"width:([\d.]+)%", bars)] == [
        0,
        0,
        0,
        0,
        50,
        0,
        0,
        10,
        0,
        40,
    ]
    heard = re.search('aria-label="Probabilities. ([^"]+)"', bars)[1]
    assert heard.split(", ")[4] == "4: 50.0%"
    assert bars.count("lab-first") == 1


def test_what_a_file_is_called_never_becomes_html():
    assert "<b>" not in nothing_html("<b>", "<b>")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_kind_of_network_has_a_way_to_show(preset):
    recipe = PRESETS[preset]
    rng = np.random.default_rng(1)
    weights = {
        name: rng.uniform(0.1, 0.2, shape).astype(np.float32)
        for name, shape in weight_shapes(recipe.layers).items()
    }
    digit = np.zeros((1, 28, 28), np.uint8)
    digit[0, 4:24, 12:16] = 255
    values = tuple(value[0] for value in Network(recipe.layers, weights).values(digit))
    shown = journey_html(Checkpoint(preset, recipe, weights, {}, recipe.epochs), values)
    stages = shown.count('class="lab-stage')
    assert shown.count("→") == stages - 1
    assert stages >= 2
    assert shown.count("<img") == stages - 1 == shown.count(' alt="')
    assert "28 × 28 pixels" in shown
    assert "Probabilities" in shown


LESSONS = sorted(file.stem for file in prose.LESSONS.glob("*.md"))


@pytest.mark.parametrize("lesson", LESSONS)
def test_lessons_leave_their_numbers_to_fields(lesson):
    for name, text in prose.passages(lesson).items():
        fields = {field for _, field, _, _ in Formatter().parse(text) if field}
        said = prose.say(lesson, name, **dict.fromkeys(fields, 7))
        assert said
        assert "{" not in said
        # no figures are: a 7 that one is asked to draw, the year of a source, the level of an interval
        told = re.sub(r"\{\w+(:,)?\}|\ba( small)? \d\b|\b(of|et al\.) (19|20)\d\d\b|\b95%|\bF1\b", "", text)
        assert re.findall(r"\d+", told) == []


def test_a_passage_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        prose.say("draw", "nonsense")
    with pytest.raises(KeyError):
        prose.say("draw", "nearest")


def test_what_may_be_amiss_with_a_picture_is_said_beside_its_reading():
    assert "cut off" in remark_html(SURE, remarks=("It is cut off.",))
    assert "lab-doubtful" in remark_html(SURE, remarks=("It is cut off.",))
    assert "lab-doubtful" not in remark_html(SURE)
