"""Data bars: what is drawn lies where the truth says, measured on the pixels."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.synthetic.databars import LAYOUTS, DataBarTruth, bar_range, draw_databar
from sempark.synthetic.lettering import wheel_fonts
from sempark.synthetic.sheet import NM, Scale, length_text

Drawn = tuple[NDArray[np.uint8], DataBarTruth]
_FILLED = ("jeol_it", "jeol_classic", "jeol_overlay")


def _draw(layout: str, seed: int, *omit: str, share: float = 0.5) -> Drawn:
    """Draw on noise, so that changed pixels show; chance is the same whatever is left out."""
    rng = np.random.default_rng([9, seed])
    h, w = [(480, 640), (768, 1024), (960, 1280)][seed % 3]
    gray = rng.integers(60, 120, (h, w)).astype(np.uint8)
    low, high = bar_range(layout, w)
    value, unit = [(2.0, "um"), (500.0, "nm"), (1.0, "mm"), (0.5, "um")][seed % 4]
    nm_per_px = value * NM[unit] / (low + share * (high - low))
    return draw_databar(gray, layout, value, unit, nm_per_px, rng, omit=frozenset(omit))


def _changed(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return the box x0, y0, x1, y1 of the pixels that differ."""
    ys, xs = np.nonzero(a != b)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(6))
def test_the_bar_is_as_long_as_the_truth_says(layout: str, seed: int) -> None:
    whole, truth = _draw(layout, seed)
    bare, _ = _draw(layout, seed, "bar")
    assert truth.bar is not None
    assert truth.bar_px is not None
    x0, y0, x1, y1 = _changed(whole, bare)
    # from outer edge to outer edge a bar is longer by one end tick, if it has any
    ticks = x1 - x0 - truth.bar_px
    assert (0 <= ticks <= 0.01 * whole.shape[1]) if layout not in _FILLED else ticks == 0
    assert (x0 + x1) / 2 == pytest.approx((truth.bar[0] + truth.bar[1]) / 2, abs=1.0)
    assert y0 - 1 <= truth.bar[2] <= y1 + 1
    assert truth.bar[1] - truth.bar[0] == truth.bar_px


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(6))
def test_the_value_lies_in_its_box_and_inside_the_image(layout: str, seed: int) -> None:
    whole, truth = _draw(layout, seed, "bar")
    bare, left_out = _draw(layout, seed, "bar", "value")
    assert truth.value_box is not None
    assert left_out.value_box is None
    x0, y0, x1, y1 = _changed(whole, bare)
    bx0, by0, bx1, by1 = truth.value_box
    assert bx0 <= x0
    assert by0 <= y0
    glued = layout == "jeol_classic"  # other text follows the value without a blank
    assert glued or (bx1 >= x1 and by1 >= y1)
    assert 0 <= bx0 < bx1 <= whole.shape[1]
    assert 0 <= by0 < by1 <= whole.shape[0]
    assert by1 - by0 >= truth.text_px - 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_shortest_and_longest_bars_fit_and_are_legible(
    layout: str, share: float, seed: int
) -> None:
    image, truth = _draw(layout, seed, share=share)
    assert truth.legible
    assert truth.text_px >= 8
    assert truth.bar is not None
    assert truth.value_box is not None
    assert truth.bar[0] >= 0
    assert truth.bar[1] < image.shape[1]
    assert truth.bar[2] < image.shape[0]
    # bar and value keep clear of one another
    x0, y0, x1, y1 = truth.value_box
    if layout not in ("fei_cells", "tescan_bracket"):
        across = x0 < truth.bar[1] and truth.bar[0] < x1
        assert not (across and y0 < truth.bar[2] < y1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(6))
def test_nothing_else_touches_the_bar_or_the_value(layout: str, seed: int) -> None:
    """Where bar and value stand, the sheet without them is as bare as paper."""
    if layout in ("author", "jeol_overlay"):
        return  # drawn straight over the picture
    share = [0.0, 0.3, 0.6, 1.0][seed % 4]
    whole, _ = _draw(layout, seed, share=share)
    bare, truth = _draw(layout, seed, "bar", "value", share=share)
    ink = whole != bare
    if layout == "jeol_classic":  # other text is glued to the value and goes with it
        ink = whole != _draw(layout, seed, "bar", share=share)[0]
    ys, xs = np.nonzero(ink)
    below = bare[ys, xs].astype(int)
    paper = int(np.median(below))
    strange = np.abs(below - paper) > 12
    assert strange.mean() < 0.02, f"{int(strange.sum())} of {len(ys)} pixels cross other ink"
    assert truth.databar is not None


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "fei_cells"])
@pytest.mark.parametrize("seed", range(12))
def test_bar_and_value_keep_apart(layout: str, seed: int) -> None:
    share = [0.0, 0.15, 0.5][seed % 3]
    _, truth = _draw(layout, seed, share=share)
    bar, _ = _draw(layout, seed, "value", share=share)
    value, _ = _draw(layout, seed, "bar", share=share)
    bare, _ = _draw(layout, seed, "bar", "value", share=share)
    near_bar = cv2.dilate((bar != bare).astype(np.uint8), np.ones((3, 3), np.uint8))
    assert not (near_bar & (value != bare)).any(), truth


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_vary(layout: str) -> None:
    drawn = [_draw(layout, 3 * k)[1] for k in range(8)]
    assert len({d.value_box for d in drawn}) > 4
    assert len({d.font for d in drawn}) > 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_printed_value_is_the_scale(layout: str) -> None:
    _, truth = _draw(layout, 1)
    assert truth.text.replace(" ", "").rstrip("*") in ("500nm", "500.0nm")
    assert (truth.value, truth.unit) == (500.0, "nm")
    assert truth.bar_px is not None
    assert truth.bar_px * truth.nm_per_px == pytest.approx(500.0, abs=truth.nm_per_px)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_left_out_makes_it_nothing_to_read(layout: str) -> None:
    for omit in (("bar",), ("value",), ("bar", "value")):
        _, truth = _draw(layout, 2, *omit)
        assert truth.kind == "none"
        assert (truth.bar is None) == ("bar" in omit)
        assert (truth.value is None) == ("value" in omit)


def test_the_picture_is_not_changed_in_place_and_chance_is_repeatable() -> None:
    gray = np.full((480, 640), 90, np.uint8)
    images = [
        draw_databar(gray, "zeiss_white", 1, "um", 20.0, np.random.default_rng(1))[0]
        for _ in range(2)
    ]
    assert (gray == 90).all()
    np.testing.assert_array_equal(*images)


def test_only_the_fonts_given_are_used() -> None:
    one = (wheel_fonts()[7],)
    gray = np.full((480, 640), 90, np.uint8)
    _, truth = draw_databar(gray, "phenom", 1, "um", 10.0, np.random.default_rng(1), one)
    assert truth.font == Path(one[0]).name


def test_bad_calls_say_what_was_expected() -> None:
    gray, rng = np.full((480, 640), 90, np.uint8), np.random.default_rng(1)
    with pytest.raises(ValueError, match="expected a layout"):
        draw_databar(gray, "acme", 1, "um", 20.0, rng)
    with pytest.raises(ValueError, match="unit"):
        draw_databar(gray, "phenom", 1, "pm", 20.0, rng)
    with pytest.raises(ValueError, match="at least 200 x 400"):
        draw_databar(gray[:100], "phenom", 1, "um", 20.0, rng)
    with pytest.raises(ValueError, match="choose value or nm_per_px by bar_range"):
        draw_databar(gray, "phenom", 1, "um", 900.0, rng)
    with pytest.raises(ValueError, match="expected a layout"):
        bar_range("acme", 640)


def test_lengths_are_printed_as_instruments_do() -> None:
    assert length_text(2.0, "um") == "2 µm"
    assert length_text(0.5, "um", False) == "0.5µm"
    assert length_text(500.0, "nm") == "500 nm"
    assert length_text(1.0, "mm", True, "u") == "1 mm"
    assert Scale(2.0, "um", 20.0).bar_px == 100
