"""The take-away script's changes are the lab's: each by itself, all together, and in what it learns from."""

import ast
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from model.augmentation import LIMITS, Augmentation, Probabilities, augment
from model.augmentation.serving import training_batch
from model.augmentation.written import with_written
from model.datasets import load_digits
from model.presets import PRESETS
from model.takeaway import to_script
from model.takeaway.augmenting import changing

ALL = Augmentation(
    **{name: most / 4 for name, most in LIMITS.items()},
    flip=True,
    flip_upside_down=True,
    probabilities=Probabilities(
        **{name: 0.3 + 0.05 * place for place, name in enumerate(vars(Probabilities()))}
    ),
)
CHOSEN = {
    "nothing": Augmentation(),
    "all": replace(ALL, probabilities=Probabilities()),
    "all, sometimes": ALL,
    "flip": Augmentation(flip=True),
    "flip_upside_down": Augmentation(flip_upside_down=True),
} | {name: Augmentation(**{name: most / 2}) for name, most in LIMITS.items()}


@pytest.fixture(scope="module")
def digits():
    return load_digits("mini", "train")


@pytest.mark.parametrize("chosen", CHOSEN)
def test_it_makes_the_labs_pictures(chosen, digits):
    scope = {"np": np}
    exec(changing(CHOSEN[chosen]), scope)
    some = digits.images[:200]
    theirs = scope["augment"](some, np.random.default_rng((3, 1, 4)))
    ours = augment(some, CHOSEN[chosen], np.random.default_rng((3, 1, 4)))
    apart = np.abs(theirs.astype(int) - ours)
    assert apart.max() <= (
        2 if chosen.startswith("all") else 1
    )  # a grey level of the resampling, then contrast
    assert apart.mean() < 0.005
    assert theirs.dtype == np.uint8
    assert (chosen == "nothing") == (ours == some).all()


@pytest.mark.parametrize("chosen", CHOSEN)
def test_it_says_only_what_it_does(chosen):
    code = changing(CHOSEN[chosen])
    tree = ast.parse(code)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} - {"augment"}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert defined <= used
    assert max(map(len, code.splitlines())) <= 110
    assert ("chances" in used) == (
        chosen in ("all", "all, sometimes", "flip_upside_down")
    ) or "shares" in used
    assert changing(None) == ""


def test_it_writes_the_labs_digits():
    scope = {"np": np}
    code = changing(Augmentation(written=0.5))
    exec(code, scope)
    labels = np.arange(100) % 10
    blank = np.zeros((100, 28, 28), np.uint8)
    theirs = scope["with_written"](blank, labels, 0.5, np.random.default_rng(8))
    np.testing.assert_array_equal(theirs, with_written(blank, labels, 0.5, np.random.default_rng(8)))
    assert 30 < theirs.any(axis=(1, 2)).sum() < 70
    assert max(map(len, code.splitlines())) <= 110


@pytest.mark.slow
def test_the_batches_it_learns_from_are_those_of_the_training(digits, tmp_path):
    recipe = replace(PRESETS["tiny"], dataset="mini", augmentation=replace(ALL, written=0.3), seed=21)
    (tmp_path / "script.py").write_text(to_script(recipe), encoding="utf-8")
    taking = (
        "import itertools, runpy, numpy as np\n"
        "scope = runpy.run_path('script.py')\n"
        "training, _ = scope['read_digits'](None)\n"
        "taken = itertools.islice(scope['batches'](*training), 3)\n"
        "np.savez('taken.npz', *(each for batch in taken for each in batch))\n"
    )
    subprocess.run([sys.executable, "-P", "-c", taking], cwd=tmp_path, check=True, capture_output=True)
    taken = list(np.load(tmp_path / "taken.npz").values())
    for batch, (images, labels) in enumerate(zip(taken[::2], taken[1::2], strict=True)):
        ours, ours_labels, _ = training_batch(recipe, digits, 0, batch)
        np.testing.assert_allclose(images[..., 0] * 255, ours, atol=2.01)
        np.testing.assert_array_equal(labels.argmax(axis=1), ours_labels)
