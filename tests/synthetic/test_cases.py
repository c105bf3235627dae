"""Benchmark cases: the three kinds, what wears them, and that the truth goes along."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.synthetic import wear
from sempark.synthetic.cases import KINDS, draw_case
from sempark.synthetic.databars import LAYOUTS, DataBarTruth, Kind
from sempark.synthetic.lettering import wheel_fonts
from sempark.synthetic.sheet import NM

Drawn = list[tuple[NDArray[np.uint8], DataBarTruth]]


def _cases(kind: Kind, n: int = 34) -> Drawn:
    return [
        draw_case(kind, LAYOUTS[k % len(LAYOUTS)], np.random.default_rng([4, k])) for k in range(n)
    ]


@pytest.fixture(scope="module")
def legible() -> Drawn:
    return _cases("legible")


def test_legible_cases_are_whole_and_large_enough(legible: Drawn) -> None:
    for image, truth in legible:
        assert image.dtype == np.uint8
        assert truth.kind == "legible"
        assert truth.text_px >= 8
        assert truth.bar is not None
        assert truth.value_box is not None
        h, w = image.shape
        assert 0 <= truth.bar[0] < truth.bar[1] < w
        assert 0 <= truth.bar[2] < h
        x0, y0, x1, y1 = truth.value_box
        assert -1 <= x0 < x1 <= w + 1
        assert -1 <= y0 < y1 <= h + 1


def test_length_and_pixels_agree_after_resizing(legible: Drawn) -> None:
    resized = 0
    for _, truth in legible:
        assert truth.bar_px is not None
        assert truth.bar is not None
        assert truth.value is not None
        assert truth.unit is not None
        expected = truth.value * NM[truth.unit] / truth.nm_per_px
        # a bar is drawn in whole pixels, before resizing
        assert truth.bar_px == pytest.approx(expected, abs=0.7)
        assert truth.bar[1] - truth.bar[0] == pytest.approx(truth.bar_px)
        resized += truth.bar_px != round(truth.bar_px)
    assert 0 < resized < len(legible) / 2


def test_none_has_nothing_to_read() -> None:
    cases = _cases("none")
    assert all(t.bar is None or t.value_box is None for _, t in cases)
    assert all(t.kind == "none" for _, t in cases)
    assert any(t.layout == "empty" for _, t in cases)
    assert any(t.bar is not None for _, t in cases)
    assert any(t.value_box is not None for _, t in cases)


def test_illegible_is_small_cut_or_washed_out() -> None:
    cases = _cases("illegible")
    assert all(t.kind == "illegible" for _, t in cases)
    assert any(t.text_px < 5 for _, t in cases)
    assert any(t.value_box is None for _, t in cases)
    assert all(t.text_px < 5 or t.text_px >= 8 for _, t in cases)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_case(kind: Kind) -> None:
    a, b = (draw_case(kind, "fei_cells", np.random.default_rng(11)) for _ in range(2))
    np.testing.assert_array_equal(a[0], b[0])
    assert a[1] == b[1]


def test_further_scales_agree_with_the_first() -> None:
    found = 0
    for k in range(60):
        _, truth = draw_case("legible", "zeiss_black_right", np.random.default_rng([8, k]))
        for value, unit, bar_px in truth.also:
            found += 1
            assert value * NM[unit] / bar_px == pytest.approx(truth.nm_per_px, rel=0.05)
    assert found


def test_fonts_can_be_chosen() -> None:
    fonts = wheel_fonts()[9:11]
    names = {f.rsplit("/", 1)[-1] for f in fonts}
    for k in range(6):
        _, truth = draw_case("legible", LAYOUTS[k], np.random.default_rng(k), fonts)
        assert truth.font in names


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a kind"):
        draw_case("odd", "phenom", np.random.default_rng(1))


def test_a_cut_goes_through_the_value() -> None:
    image = np.zeros((100, 200), np.uint8)
    right = wear.cut(image, (150, 60, 190, 75), (150.0, 190.0, 80.0), np.random.default_rng(1))
    assert 150 < right.shape[1] < 190
    left = wear.cut(image, (10, 60, 50, 75), (10.0, 60.0, 80.0), np.random.default_rng(1))
    assert 150 < left.shape[1] < 190
    below = wear.cut(image, (90, 60, 130, 75), (10.0, 60.0, 80.0), np.random.default_rng(1))
    assert 60 < below.shape[0] < 75


def test_washing_out_takes_the_contrast_from_the_value() -> None:
    rng = np.random.default_rng(3)
    image = np.zeros((60, 120), np.uint8)
    image[20:32, 30:70] = (rng.random((12, 40)) > 0.5) * np.uint8(255)
    for seed in range(6):
        out = wear.wash_out(image, (30, 20, 70, 32), np.random.default_rng(seed))
        assert out[20:32, 30:70].std() < 0.35 * image[20:32, 30:70].std()


def test_wear_changes_only_some() -> None:
    image = np.random.default_rng(1).integers(0, 255, (80, 120)).astype(np.uint8)
    for how in (wear.fade, wear.compress, lambda i, r: wear.blur(i, r, 12.0)):
        same = sum(np.array_equal(how(image, np.random.default_rng(k)), image) for k in range(40))
        assert 0 < same < 40
    assert image.shape == (80, 120)
    assert wear.resize(image, 0.5).shape == (40, 60)
    for k in range(12):
        assert wear.without(image, np.random.default_rng(k)).shape == image.shape
        assert wear.burn_in(np.zeros((300, 400), np.uint8), np.random.default_rng(k), 5.0).shape
