"""Our transformations beside Keras's layers, where Keras has the same: told one strength, not a range."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from model.augmentation import Changes, apply_changes, transform

pytestmark = pytest.mark.slow
DEGREES = 35.0


@pytest.fixture(scope="module")
def digits():
    """Ink up to the edge, so that what comes from outside shows: uint8 (20, 28, 28)."""
    noise = np.random.default_rng(5).uniform(0, 255, (20, 28, 28))
    return ndimage.uniform_filter(noise, (0, 3, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def layers():
    pytest.importorskip("model.learning.network")  # first, it quiets TensorFlow
    import keras

    return keras.layers


def changed(layer, digits):
    """What a layer makes of digits, with a range so narrow that nothing is left to chance."""
    return np.asarray(layer(digits[..., None].astype(np.float32), training=True))[..., 0]


def told(layer, digits, **transformation):
    """What a layer makes of digits when it is told what to do."""
    return np.asarray(layer.transform_images(digits[..., None].astype(np.float32), transformation))[..., 0]


BLANK = {"fill_mode": "constant", "fill_value": 0.0, "interpolation": "bilinear"}


@pytest.mark.parametrize("degrees", [-120.0, 10.0, DEGREES])
def test_rotation(layers, digits, degrees):
    turn = -degrees / 360  # theirs are fractions of a turn, against the clock
    theirs = changed(layers.RandomRotation((turn, turn), **BLANK), digits)
    np.testing.assert_allclose(transform(digits, "rotation", degrees), theirs, atol=1.1)


@pytest.mark.parametrize("zoom", [-0.4, 0.1, 0.5])
def test_zoom(layers, digits, zoom):
    seen = np.exp(-zoom) - 1  # theirs says how much more is seen
    theirs = changed(layers.RandomZoom((seen, seen), **BLANK), digits)
    np.testing.assert_allclose(transform(digits, "zoom", zoom), theirs, atol=1.1)


@pytest.mark.parametrize("aspect", [-0.4, 0.3])
def test_aspect(layers, digits, aspect):
    high, wide = np.exp(aspect / 2) - 1, np.exp(-aspect / 2) - 1
    theirs = changed(layers.RandomZoom((high, high), (wide, wide), **BLANK), digits)
    np.testing.assert_allclose(transform(digits, "aspect", aspect), theirs, atol=1.1)


@pytest.mark.parametrize("cells", [-3.0, 2.5])
def test_shift(layers, digits, cells):
    theirs = changed(layers.RandomTranslation((0.0, 0.0), (cells / 28, cells / 28), **BLANK), digits)
    np.testing.assert_allclose(transform(digits, "shift", cells), theirs, atol=1.1)


def test_flip(layers, digits):
    ours = transform(digits, "flip", 1.0)
    for digit, theirs in zip(ours, changed(layers.RandomFlip("horizontal", seed=1), digits), strict=True):
        assert (digit == theirs).all() or (digit[:, ::-1] == theirs).all()  # it flips half of them


def test_shear(layers, digits):
    """Theirs leans about the upper edge, ours about the middle: half the height times slant apart."""
    slant = np.tan(np.radians(DEGREES))
    layer = layers.RandomShear(1.0, **BLANK)
    theirs = told(layer, digits, shear_factor=np.full((len(digits), 2), [-slant, 0], np.float32),
                  input_shape=(len(digits), 28, 28, 1))  # fmt: skip
    each = np.ones(len(digits), np.float32)
    changes = replace(Changes.none(len(digits)), slanted_degrees=DEGREES * each, moved_x=13.5 * slant * each)
    np.testing.assert_allclose(apply_changes(digits, changes), theirs, atol=1.1)


@pytest.mark.parametrize("factor", [0.4, 1.6])
def test_contrast(layers, digits, factor):
    theirs = told(layers.RandomContrast(1.0), digits, contrast_factor=factor)
    np.testing.assert_allclose(transform(digits, "contrast", np.log(factor)), theirs, atol=0.51)


@pytest.mark.parametrize("cells", [0.5, 1.5])
def test_blur(layers, digits, cells):
    layer = layers.RandomGaussianBlur(kernel_size=21)
    theirs = told(layer, digits, blur_factor=np.float32([cells, cells]),
                  should_apply_blur=np.ones(len(digits), bool))  # fmt: skip
    np.testing.assert_allclose(transform(digits, "blur", cells), theirs, atol=0.6)
