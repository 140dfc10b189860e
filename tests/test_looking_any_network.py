"""A hundred random networks, looked at in every way on the Filters page: whatever the layers, each can be."""

import itertools

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from test_app_filters import DIGIT, filters_of, unpacked
from test_app_looking import few_digits, looking  # noqa: F401 - a fixture among them
from test_app_pages import networks  # noqa: F401 - a fixture

from app import dossier_html, side_by_side
from app.looking import filters_view, maps_view
from model.checkpoint import Checkpoint, load_checkpoint, write_checkpoint
from model.datasets import load_digits
from model.forward import Network, weight_name
from model.layers import Conv2D
from model.probes.dossier import from_responses, responses
from model.probes.saliency import methods_for
from model.probes.units import layers_with_units, units_of

RECIPES = 100
VIEWS = ("one filter", "why", "where digits lie", "compare")


def views():
    """All views of a few networks, and one view of every other: all of all would take many minutes."""
    few = (2, 5, 11, 17)
    others = [seed for seed in range(RECIPES) if seed not in few]
    one = [pytest.param(VIEWS[seed % len(VIEWS)], seed, marks=pytest.mark.slow) for seed in others]
    return [*itertools.product(VIEWS, few), *one]


@pytest.mark.parametrize(
    "seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, RECIPES))]
)
def test_whatever_the_network_its_maps_and_its_filters_can_be_sent(networks, seed):  # noqa: F811
    recipe = random_recipe(seed)
    write_checkpoint(
        networks / "odd", recipe, random_weights(recipe, seed), {"learned_from": {"dataset": "mnist"}}
    )
    odd = load_checkpoint("odd")
    header, tiles = unpacked(maps_view.packed(odd, odd.network, DIGIT.tobytes(), False, None))
    assert header["sheets"][-1]["count"] == 10
    for sheet in header["sheets"]:
        assert sheet["count"] == recipe.shapes[sheet["place"] + 1][-1]
        assert np.isfinite(tiles(sheet)).all()
    for place in filters_view.layers_with_units(recipe):
        assert filters_of(odd, place)[0]["sheets"][0]["count"] == recipe.shapes[place + 1][-1]
        assert filters_of(odd, place, opened=True)[0]["answers"] is None


def test_any_network_can_be_looked_at():
    for seed in range(RECIPES):
        recipe = random_recipe(seed)
        weights = random_weights(recipe, seed)
        found = Checkpoint("any", recipe, weights, {}, 1)
        digit = load_digits("mnist", "validation").images[seed]
        values = tuple(value[0] for value in found.network.values(digit[None]))
        side = side_by_side.Side(found, (), values)
        assert len(side_by_side._answers(side)) == len(layers_with_units(recipe))
        side_by_side._kernels(side)
        for place in layers_with_units(recipe):
            layer = recipe.layers[place]
            kernel = weights[weight_name(place, "kernel")][..., -1] if isinstance(layer, Conv2D) else None
            answer = values[place + 1][..., units_of(layer) - 1]
            shown = dossier_html.filter_html("any", kernel, answer, "<img>")
            assert ("<img src" in shown or "lab-weights" in shown) == (kernel is not None or answer.ndim > 0)


@pytest.mark.parametrize(("look", "seed"), views())
def test_every_view_opens_for_any_network(look, seed, networks):  # noqa: F811
    recipe = random_recipe(seed)
    write_checkpoint(
        networks / "any", recipe, random_weights(recipe, seed), {"learned_from": {"dataset": "mnist"}}
    )
    looking(look, model="any")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["smooth_gradient", "occlusion"])
@pytest.mark.parametrize("first", range(0, RECIPES, 25))
def test_any_network_can_be_asked_by_many_readings_why_it_reads_what_it_reads(few_digits, name, first):  # noqa: F811
    for seed in range(first, first + 25):
        recipe = random_recipe(seed)
        network = Network(recipe.layers, random_weights(recipe, seed))
        found = methods_for(network)[name].function(network, few_digits.images[seed], seed % 10)
        assert found.shape == (28, 28)
        assert np.isfinite(found).all()


def test_any_networks_filters_have_a_dossier(few_digits):  # noqa: F811
    digits, labels = few_digits.images[:6], few_digits.labels[:6]
    for seed in range(RECIPES):
        recipe = random_recipe(seed)
        network = Network(recipe.layers, random_weights(recipe, seed))
        for place in layers_with_units(recipe):
            found = responses(network, place, digits)
            assert found.shape == (len(digits), units_of(recipe.layers[place]))
            assert np.isfinite(found).all()
            last = from_responses(found[:, -1], labels)
            assert sorted(last.most) == sorted(last.least) == list(range(len(digits)))
            assert "lab-examples" in dossier_html.examples_html(last, few_digits)
