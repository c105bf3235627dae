"""The detector: edges are bright, and brightness and contrast come from one distribution."""

import numpy as np
import pytest

from sempark.synthetic.fields import dome, stamp_maximum
from sempark.synthetic.shading import detect, shade


def test_the_rim_of_a_sphere_is_brighter_than_its_top() -> None:
    height = np.zeros((80, 80), np.float32)
    stamp_maximum(height, dome(30.0), 40, 40)
    signal = shade(height, np.random.default_rng(1), depth=0.0)
    angles = np.linspace(0, 2 * np.pi, 60)
    rim = signal[(40 + 27 * np.sin(angles)).astype(int), (40 + 27 * np.cos(angles)).astype(int)]
    assert rim.mean() > signal[36:44, 36:44].mean() + 0.2


def test_a_flat_surface_gives_no_slope_signal() -> None:
    signal = shade(np.full((40, 50), 3.0, np.float32), np.random.default_rng(1), depth=0.0)
    assert np.abs(signal).max() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e4])
def test_brightness_and_contrast_do_not_depend_on_the_signal(factor: float) -> None:
    rng = np.random.default_rng(2)
    signal = rng.standard_normal((60, 80)).astype(np.float32) * np.float32(factor) + 5
    image = detect(signal, (60, 80), np.random.default_rng(3))
    reference = detect(signal / np.float32(factor), (60, 80), np.random.default_rng(3))
    assert image.dtype == np.uint8
    assert abs(float(image.mean()) - float(reference.mean())) < 1.0
    assert abs(float(image.std()) - float(reference.std())) < 1.0


def test_a_small_signal_is_enlarged() -> None:
    signal = np.tile(np.arange(40, dtype=np.float32), (30, 1))
    assert detect(signal, (90, 120), np.random.default_rng(4)).shape == (90, 120)


def test_a_constant_signal_is_no_trouble() -> None:
    image = detect(np.zeros((64, 64), np.float32), (64, 64), np.random.default_rng(5))
    assert 0 < image.mean() < 255


def test_charging_and_drift_leave_brightness_and_contrast_where_they_were_set() -> None:
    signal = np.zeros((60, 80), np.float32)
    signal[20:30, 10:25] = 5.0  # a bright spot, as charges
    images = [detect(signal, (60, 80), np.random.default_rng([6, k])) for k in range(80)]
    means, deviations = [float(i.mean()) for i in images], [float(i.std()) for i in images]
    assert 75 < min(means) < 95
    assert 135 < max(means) < 155
    assert min(deviations) > 15
    assert max(deviations) < 62
