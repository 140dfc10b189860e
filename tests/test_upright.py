"""Pictures that are upside down are noticed, most of them; upright ones are left in peace."""

import itertools
import json

import numpy as np
import pytest
from PIL import Image

from model import commands, upright
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.preprocessing import to_digit
from model.several import find_digits
from model.upright import UPSIDE_DOWN, is_upside_down, turn_over
from model.verdict import Verdict, read_digits


@pytest.fixture(scope="module", params=["flagship", "classic"])
def network(request):
    return load_checkpoint(request.param).network


@pytest.fixture(scope="module")
def digits():
    return load_digits("mini", "validation")


def on_paper(image):
    """A digit enlarged four times on a sheet: uint8 (144, 144), dark on light."""
    return 255 - np.kron(np.pad(image, 4), np.ones((4, 4), np.uint8))


def test_a_digit_turned_over_is_in_mnists_form_again(digits):
    """As if its picture had been turned and brought there anew."""
    few = digits.images[:40]
    for turned, image in zip(turn_over(few), few, strict=True):
        anew = to_digit(on_paper(image)[::-1, ::-1], is_drawing=True).digit
        straight = to_digit(on_paper(image), is_drawing=True).digit
        again = turn_over(straight[None])[0]
        # the centre of mass may fall into the next pixel
        shifts = [np.roll(again, shift, axis=(0, 1)) for shift in itertools.product((-1, 0, 1), repeat=2)]
        assert min(np.abs(anew.astype(int) - shifted).mean() for shifted in shifts) < 2
        rows, columns = np.indices((28, 28)) + 0.5
        assert 13.9 <= (rows * turned).sum() / turned.sum() <= 15.1
        assert 13.9 <= (columns * turned).sum() / turned.sum() <= 15.1


@pytest.mark.parametrize(("together", "found"), [(1, 0.3), (3, 0.75), (8, 0.95)])
def test_what_is_upside_down_is_noticed_and_hardly_ever_what_is_not(network, digits, together, found):
    images = digits.images[: 960 // together * together]
    turned = turn_over(images)
    shares = []
    for some in (images, turned):
        verdicts = read_digits(network, some)
        groups = range(0, len(some), together)
        shares.append(
            np.mean(
                [is_upside_down(network, some[g : g + together], verdicts[g : g + together]) for g in groups]
            )
        )
    assert shares[0] <= 0.01
    assert shares[1] >= found


def test_a_page_upside_down_is_said_to_be(network, digits):
    shown = [digits.images[np.flatnonzero(digits.labels == d)[1]] for d in (4, 2, 7, 3)]
    sheet = np.hstack([on_paper(image) for image in shown])
    assert find_digits(sheet, network).remarks == ()
    assert find_digits(sheet[::-1, ::-1], network).remarks == (UPSIDE_DOWN,)
    assert find_digits(sheet[::-1, ::-1], network, is_drawing=True).remarks == ()  # a person draws upright


@pytest.mark.parametrize("more", [(), ("--several",)])
def test_predict_says_so_too(digits, tmp_path, capsys, more):
    shown = [digits.images[np.flatnonzero(digits.labels == d)[1]] for d in (4, 2, 7, 3)]
    sheet = np.hstack([on_paper(image) for image in (shown if more else shown[:1])])
    for name, picture in (("upright", sheet), ("turned", sheet[::-1, ::-1])):
        file = tmp_path / f"{name}.png"
        Image.fromarray(picture).save(file)
        assert commands.main(["predict", str(file), "--json", *more]) == 0
        warnings = [json.loads(line)["warnings"] for line in capsys.readouterr().out.splitlines()]
        assert all((UPSIDE_DOWN in said) == (name == "turned") for said in warnings)


def test_where_nothing_is_known_nothing_is_said(digits):
    class Ignorant:
        def probabilities(self, digits):
            return np.full((len(digits), 10), 0.1, np.float32)

    plain = Verdict(np.full(10, 0.1, np.float32))
    assert not is_upside_down(Ignorant(), [digits.images[0]], [plain])
    assert not is_upside_down(Ignorant(), [], [])


def test_of_a_full_page_only_some_are_read_again(network, digits, monkeypatch):
    read = []
    monkeypatch.setattr(
        upright, "read_digits", lambda net, some: read.append(len(some)) or read_digits(net, some)
    )
    many = list(digits.images[:200])
    assert not is_upside_down(network, many, read_digits(network, np.stack(many)))
    assert read == [upright.MOST_ASKED]
