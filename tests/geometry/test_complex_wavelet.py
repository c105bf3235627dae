"""CW-SSIM: equal images, shifts against other pictures, its formula pair by pair, the pyramid."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from sempark.geometry.complex_wavelet import (
    STABILIZER,
    cw_ssim_distance,
    most_scales,
    subbands,
)


def blobs(seed: int, side: int = 64) -> NDArray[np.float64]:
    """A smooth picture of random spots, gray 0..255, periodic."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    image = np.zeros((side, side))
    for cy, cx, radius in zip(
        rng.random(12) * side, rng.random(12) * side, 3 + 3 * rng.random(12), strict=True
    ):
        dy = (y - cy + side / 2) % side - side / 2
        dx = (x - cx + side / 2) % side - side / 2
        image += np.exp(-(dx**2 + dy**2) / (2 * radius**2))
    return 255 * image / image.max()


def test_the_formula_pair_by_pair() -> None:
    images = np.stack([blobs(0), blobs(1)])
    a, b = subbands(images, 3, 4)
    side = a.shape[1] - 6
    away = np.arange(side) - (side - 1) / 2
    weights = np.exp(-(away[:, None] ** 2 + away[None, :] ** 2) / (2 * (side / 4) ** 2))
    weights /= weights.sum()
    index = 0.0
    for band in range(4):
        for i in range(side):
            for j in range(side):
                x, y = a[band, i : i + 7, j : j + 7], b[band, i : i + 7, j : j + 7]
                over = 2 * abs((x * y.conj()).sum()) + STABILIZER
                under = (abs(x) ** 2).sum() + (abs(y) ** 2).sum() + STABILIZER
                index += weights[i, j] * over / under / 4
    distances = cw_ssim_distance(images, 3, 4)
    assert distances[0, 1] == pytest.approx(1 - index, rel=1e-9)


def test_shifts_matter_less_than_other_pictures() -> None:
    picture = blobs(0)
    images = np.stack([picture, picture, np.roll(picture, 2, axis=1), blobs(1), blobs(2)])
    distances = cw_ssim_distance(images, 3, 8)
    assert distances[0, 1] == pytest.approx(0, abs=1e-12)
    assert 0 < distances[0, 2] < 0.1
    assert distances[0, 3:].min() > 3 * distances[0, 2]
    # what the index was made for: pixel by pixel a shift is no small change
    pixels = squareform(pdist(images.reshape(len(images), -1)))
    assert pixels[0, 2] / pixels[0, 3] > distances[0, 2] / distances[0, 3]
    np.testing.assert_array_equal(distances, distances.T)
    assert ((distances >= 0) & (distances <= 1)).all()


def test_order_and_brightness_do_not_matter() -> None:
    images = np.stack([blobs(seed) / 2 for seed in range(4)])
    expected = cw_ssim_distance(images, 3, 4)
    order = np.array([2, 0, 3, 1])
    np.testing.assert_allclose(
        cw_ssim_distance(images[order], 3, 4), expected[np.ix_(order, order)], atol=1e-12
    )
    # the bands carry no mean
    np.testing.assert_allclose(cw_ssim_distance(images + 100, 3, 4), expected, atol=1e-9)


def test_bands_tile_the_frequencies() -> None:
    # with all orientations a band of one scale keeps the energy of its ring: sum of lobes^2 = 4
    # on one half of the plane and 0 on the other, so 2 |x|^2 of a real picture
    rng = np.random.default_rng(0)
    images = rng.random((1, 32, 32))
    bands = subbands(images, 1, 6)
    y, x = (np.arange(32) - 16) / 16, (np.arange(32) - 16) / 16
    radius = np.hypot(y[:, None], x[None, :])
    radius[16, 16] = 1 / 16
    t = np.log2(radius)
    ring = np.sin(np.pi / 2 * np.clip(t, -1, 0)) * np.cos(np.pi / 2 * np.clip(t + 1, -1, 0))
    spectrum = np.fft.fftshift(np.fft.fft2(images[0])) * ring
    spectrum[0, :] = spectrum[:, 0] = 0  # frequencies without a mirror image
    expected = (np.abs(spectrum) ** 2).sum() / 32**2
    assert (np.abs(bands) ** 2).sum() == pytest.approx(2 * expected, rel=0.05)


def test_an_oriented_wave_falls_into_its_band() -> None:
    y, x = np.mgrid[:64, :64]
    for band in range(8):
        angle = np.pi * band / 8
        wave = 128 + 100 * np.cos(2 * np.pi * 0.08 * (x * np.cos(angle) + y * np.sin(angle)))
        energy = (np.abs(subbands(wave[None], 3, 8)[0]) ** 2).sum(axis=(1, 2))
        assert energy.argmax() == band


def test_flat_images_are_alike() -> None:
    distances = cw_ssim_distance(np.stack([np.zeros((32, 32)), np.full((32, 32), 9.0)]), 1, 2)
    np.testing.assert_allclose(distances, 0, atol=1e-9)


@pytest.mark.parametrize(
    ("height", "width", "scales"),
    [(64, 64, 4), (48, 48, 3), (50, 50, 2), (49, 98, 1), (7, 7, 1), (128, 128, 4), (112, 60, 3)],
)
def test_as_many_scales_as_fit(height: int, width: int, scales: int) -> None:
    assert most_scales(height, width) == scales
    assert cw_ssim_distance(np.zeros((2, height, width)), scales, 2).shape == (2, 2)
    if scales < 4:
        with pytest.raises(ValueError, match="fewer scales"):
            cw_ssim_distance(np.zeros((2, height, width)), scales + 1, 2)


def test_too_small_for_any_scale() -> None:
    with pytest.raises(ValueError, match="at least 7 px, received 6 x 9"):
        most_scales(6, 9)


@pytest.mark.parametrize(
    ("shape", "scales", "orientations", "message"),
    [
        ((32, 32), 1, 4, "one size"),
        ((0, 32, 32), 1, 4, "one size"),
        ((1, 32, 32), 4, 4, "fewer scales"),
        ((1, 30, 30), 3, 4, "divisible"),
        ((1, 32, 32), 0, 4, "scales"),
        ((1, 32, 32), 1, 1, "n_orientations"),
    ],
)
def test_bad_calls(shape: tuple[int, ...], scales: int, orientations: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cw_ssim_distance(np.zeros(shape), scales, orientations)


def test_not_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        cw_ssim_distance(np.full((1, 8, 8), np.nan), 1, 2)
