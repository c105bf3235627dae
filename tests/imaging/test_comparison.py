"""Comparing pictures: each manner of change is named, and other pictures stay different."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.imaging import jpeg
from sempark.imaging.comparison import Comparison, compare

Gray = NDArray[np.uint8]


def test_equal(scene: Gray) -> None:
    assert compare(scene, scene.copy()) == Comparison("equal", 0, 0, 0.0)


def test_the_footnote_33_pixels_by_1(scene: Gray) -> None:
    other = scene.copy()
    chosen = np.random.default_rng(0).choice(other.size, 33, replace=False)
    other.ravel()[chosen] += 1
    found = compare(scene, other)
    assert (found.kind, found.n_different, found.largest_difference) == ("few_pixels", 33, 1)


def test_text_over_a_corner_is_a_few_pixels(scene: Gray) -> None:
    other = scene.copy()
    other[-10:, -20:] = 255
    found = compare(scene, other)
    assert found.kind == "few_pixels" and found.largest_difference > 100


@pytest.mark.parametrize("quality", [30, 50, 75, 90])
def test_recompressed(scene: Gray, quality: int) -> None:
    found = compare(scene, jpeg.decode(jpeg.encode(scene, quality)))
    assert found.kind == "recompressed" and found.n_different > 0.1 * scene.size


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 20), (0.8, 0), (1.2, -10), (1.0, -30)])
def test_brightness(scene: Gray, gain: float, offset: float) -> None:
    found = compare(scene, np.clip(scene * gain + offset, 0, 255).astype(np.uint8))
    assert found.kind == "brightness_shifted" and found.rms < 3


@pytest.mark.parametrize("share", [0.25, 0.5, 0.66, 2.0])
def test_rescaled(scene: Gray, share: float) -> None:
    size = round(scene.shape[1] * share), round(scene.shape[0] * share)
    other = cv2.resize(scene, size, interpolation=cv2.INTER_AREA)
    assert compare(scene, other).kind == "rescaled"
    assert compare(scene, jpeg.decode(jpeg.encode(other, 80))).kind == "rescaled"


@pytest.mark.parametrize("method", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST])
def test_rescaled_by_other_programs(scene: Gray, method: int) -> None:
    odd = scene[:239, :317]
    for share in (0.37, 0.5, 0.63, 1.5):
        other = cv2.resize(odd, None, fx=share, fy=share, interpolation=method)
        assert compare(odd, other).kind == "rescaled", share


def test_other_pictures(scene: Gray) -> None:
    assert compare(scene, scene[::-1].copy()).kind == "different"
    assert compare(scene, 255 - scene).kind == "different"
    assert compare(scene, scene[:, :200]) == Comparison("different", 200 * 240, 255, 255.0)
    small = cv2.resize(scene[::-1], (160, 120), interpolation=cv2.INTER_AREA)
    assert compare(scene, small).kind == "different"
    flat = np.full_like(scene, 90)
    assert compare(scene, flat).kind == "different"


@pytest.mark.parametrize("noise", [11, 15, 30])
def test_a_second_shot_has_its_own_noise(scene: Gray, noise: float) -> None:
    rng = np.random.default_rng(1)
    still = cv2.GaussianBlur(scene, (0, 0), 2).astype(float)
    shots = [np.clip(still + rng.normal(0, noise, still.shape), 0, 255) for _ in range(2)]
    assert compare(*(shot.astype(np.uint8) for shot in shots)).kind == "different"


def test_both_ways_round(scene: Gray) -> None:
    for other in (jpeg.decode(jpeg.encode(scene, 60)), cv2.add(scene, 9), scene[::2, ::2].copy()):
        one, two = compare(scene, other), compare(other, scene)
        assert one.kind == two.kind
        assert one.n_different == two.n_different
        assert one.largest_difference == two.largest_difference


def test_smallest_pictures() -> None:
    dot = np.array([[7]], np.uint8)
    assert compare(dot, dot).kind == "equal"
    assert compare(dot, np.array([[200]], np.uint8)).kind == "different"
    assert compare(dot, np.full((3, 3), 7, np.uint8)).kind == "rescaled"


def test_bad_calls(scene: Gray) -> None:
    with pytest.raises(ValueError, match="expected a uint8"):
        compare(scene, scene.astype(np.float32))
    with pytest.raises(ValueError, match="expected a uint8"):
        compare(scene, scene[:0])
