"""Micrographs: repeatable, of the right kinds, told apart by texture and not by brightness."""

import hashlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

from sempark import tables
from sempark.synthetic.micrographs import CATEGORIES, LEAVES, draw

_ALL = [(category, leaf) for category in CATEGORIES for leaf in LEAVES[category]]
_SIZES = [(192, 256), (200, 240), (240, 320)]


def test_ten_categories_and_36_leaves() -> None:
    assert CATEGORIES == tables.CATEGORIES
    assert len(_ALL) == 36
    assert len({leaf for _, leaf in _ALL}) == 36
    largest = sorted((len(leaves) for leaves in LEAVES.values()), reverse=True)[:4]
    assert sum(largest) == 26  # section 2.2: the largest categories have 26 subclasses
    assert sum(len(leaves) == 1 for leaves in LEAVES.values()) == 4


@pytest.mark.parametrize(("category", "leaf"), _ALL)
def test_the_same_seed_draws_the_same_image_and_another_seed_another(
    category: str, leaf: str
) -> None:
    first = draw(category, leaf, np.random.default_rng([1, 2]), (130, 170))
    assert first.shape == (130, 170)
    assert first.dtype == np.uint8
    again = draw(category, leaf, np.random.default_rng([1, 2]), (130, 170))
    assert hashlib.md5(first.tobytes()).digest() == hashlib.md5(again.tobytes()).digest()
    other = draw(category, leaf, np.random.default_rng([1, 3]), (130, 170))
    assert not np.array_equal(first, other)
    assert first.std() > 5


@pytest.mark.parametrize("shape", [(32, 32), (40, 300), (300, 40), (768, 1024)])
def test_any_shape(shape: tuple[int, int]) -> None:
    for category, leaf in (("Tips", "Needles"), ("Powder", "Powder"), ("Particles", "Cubes")):
        assert draw(category, leaf, np.random.default_rng(1), shape).shape == shape


def test_unknown_names_and_tiny_shapes_are_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="expected a category"):
        draw("Cats", "Cats", rng, (64, 64))
    with pytest.raises(ValueError, match="expected a leaf"):
        draw("Tips", "Pillars", rng, (64, 64))
    with pytest.raises(ValueError, match="at least 32"):
        draw("Tips", "Needles", rng, (31, 64))


@pytest.fixture(scope="module")
def sample() -> tuple[list[NDArray[np.uint8]], NDArray[np.int64], NDArray[np.int64]]:
    """Images of three sizes with their categories and leaves, each category as often."""
    images, categories, leaves = [], [], []
    for number, category in enumerate(CATEGORIES):
        names = list(LEAVES[category])
        for k in range(42):
            rng = np.random.default_rng([5, number, k])
            shape = _SIZES[int(rng.integers(0, 3))]
            images.append(draw(category, names[k % len(names)], rng, shape))
            categories.append(number)
            leaves.append(_ALL.index((category, names[k % len(names)])))
    return images, np.array(categories), np.array(leaves)


def _texture(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Describe texture without brightness and contrast: gradients by scale and direction."""
    small = cv2.resize(image, (256, 192), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = (small - small.mean()) / (small.std() + 1e-6)
    out = []
    for _ in range(5):
        gx = cv2.Sobel(small, cv2.CV_32F, 1, 0)
        gy = cv2.Sobel(small, cv2.CV_32F, 0, 1)
        size = np.hypot(gx, gy)
        angle = np.arctan2(gy, gx) % np.pi
        histogram, _ = np.histogram(angle, 8, (0, np.pi), weights=size)
        histogram = np.sort(histogram / (histogram.sum() + 1e-9))
        out += [float(np.log(size.mean() + 1e-6)), float(size.std() / (size.mean() + 1e-6))]
        out += [float(((small - small.mean()) ** 3).mean()), *map(float, histogram)]
        out.append(float(np.percentile(size, 50) / (size.mean() + 1e-6)))
        small = cv2.pyrDown(small)
    return np.array(out)


def test_brightness_contrast_and_size_do_not_tell_the_categories_apart(
    sample: tuple[list[NDArray[np.uint8]], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    images, categories, _ = sample
    plain = np.array([(i.mean(), i.std(), i.shape[0], i.shape[1]) for i in images], float)
    plain = StandardScaler().fit_transform(plain)
    found = cross_val_predict(NearestCentroid(), plain, categories, cv=7)
    assert (found == categories).mean() < 0.25  # chance is 0.10


def test_texture_tells_them_apart(
    sample: tuple[list[NDArray[np.uint8]], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    images, categories, leaves = sample
    described = StandardScaler().fit_transform(np.array([_texture(i) for i in images]))
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    found = cross_val_predict(model, described, leaves, cv=6)
    category_of = np.array([CATEGORIES.index(c) for c, _ in _ALL])
    assert (category_of[found] == categories).mean() > 0.6
    assert (found == leaves).mean() > 0.5
