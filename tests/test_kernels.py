"""Named kernels against OpenCV's and SciPy's own, and against what their names promise."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import correlate, gaussian_laplace, laplace, uniform_filter

from model.kernels import NAMES, edges, identity, named_kernels, upright_edges

SIZES = range(1, 12)


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(5).normal(size=(20, 21))


@pytest.mark.parametrize("size", SIZES)
def test_every_kernel_is_a_square_of_finite_numbers_with_its_own_name(size):
    found = named_kernels(size)
    assert set(found) <= set(NAMES)
    assert (set(found) == set(NAMES)) == (size >= 3)
    for kernel in found.values():
        assert kernel.shape == (size, size)
        assert kernel.dtype == np.float32
        assert np.isfinite(kernel).all()
    different = {kernel.tobytes() for kernel in found.values()}
    assert len(different) == len(found)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_edges_and_blurs_are_opencvs(size):
    found = named_kernels(size)
    across, down = cv2.getDerivKernels(1, 0, size)
    np.testing.assert_array_equal(found["upright edges"], down @ across.T)
    across, down = cv2.getDerivKernels(0, 1, size)
    np.testing.assert_array_equal(found["level edges"], down @ across.T)
    if size < 7:  # from there on its table isn't binomial any more
        line = cv2.getGaussianKernel(size, 0)
        np.testing.assert_allclose(found["soft blur"], line @ line.T, atol=1e-7)
    box = np.zeros((41, 41))
    box[20, 20] = 1
    np.testing.assert_allclose(cv2.filter2D(box, -1, found["blur"]), cv2.blur(box, (size, size)), atol=1e-7)


@pytest.mark.parametrize("size", [3, 5])
def test_they_do_what_they_are_called(size, picture):
    found = named_kernels(size)
    inner = np.s_[size:-size, size:-size]

    def after(name):
        return correlate(picture, found[name].astype(float))[inner]

    np.testing.assert_allclose(after("identity"), picture[inner])
    mean = uniform_filter(picture, size)[inner]
    np.testing.assert_allclose(after("blur"), mean, atol=1e-6)
    np.testing.assert_allclose(after("sharpen"), 2 * picture[inner] - mean, atol=1e-6)
    np.testing.assert_allclose(after("all edges"), size**2 * (picture[inner] - mean), atol=1e-5)
    assert not after("nothing").any()


def test_by_hand():
    found = named_kernels(3)
    assert found["all edges"].tolist() == [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
    assert found["emboss"].tolist() == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    assert found["upright edges"].tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert identity(2).tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("name", ["all edges", "upright edges", "level edges", "bright spots", "nothing"])
@pytest.mark.parametrize("size", range(3, 10))
def test_where_all_is_alike_there_is_no_edge(name, size):
    assert named_kernels(size)[name].sum() == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("name", ["identity", "blur", "soft blur", "sharpen"])
@pytest.mark.parametrize("size", range(3, 10))
def test_what_only_changes_sharpness_keeps_the_brightness(name, size):
    assert named_kernels(size)[name].sum() == pytest.approx(1, abs=1e-5)


def test_all_edges_agree_with_laplaces_in_sign():
    spot = np.zeros((15, 15))
    spot[7, 7] = 1
    answer = correlate(spot, edges(3).astype(float))
    assert answer[7, 7] > 0 > laplace(spot)[7, 7]
    assert gaussian_laplace(spot, 1)[7, 7] < 0


def test_a_single_cell_has_no_slope():
    with pytest.raises(ValueError, match="side of 2 or more"):
        upright_edges(1)
    assert set(named_kernels(1)) == {"identity", "nothing"}
