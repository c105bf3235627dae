"""The glyph reader: drawn text is spelled, words are not, touching letters are cut."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import glyphs, spelling
from sempark.synthetic.lettering import Face, ink, wheel_fonts

SANS = next(f for f in wheel_fonts() if f.endswith("DejaVuSans.ttf"))


def line(text: str, digit_px: int = 14, stretch: float = 1.0) -> NDArray[np.float32]:
    drawn = ink(text, Face(SANS, digit_px, stretch)).coverage.astype(np.float32) / 255
    return np.pad(drawn, 2)


def spelled(text: str, where: glyphs.Where = "whole", **kw: float) -> spelling.Spelling | None:
    segmented = glyphs.segment(line(text, **kw), where)
    if segmented is None:
        return None
    return spelling.spell(segmented, glyphs.probabilities(segmented.frames), where)


@pytest.mark.parametrize("text", ["1 µm", "20 µm", "300nm", "500 nm", "2.5 µm", "40.0µm", "1 mm"])
@pytest.mark.parametrize("digit_px", [9, 14, 24])
def test_spells_drawn_scales(text: str, digit_px: int) -> None:
    found = spelled(text, digit_px=digit_px)
    assert found is not None
    assert found.text == text.replace(" ", "")
    assert found.confidence > 0.3


@pytest.mark.parametrize("text", ["EHT", "Signal", "15.0 kV", "WD", "x500"])
def test_other_words_are_no_scales(text: str) -> None:
    found = spelled(text)
    assert found is None or found.confidence < 0.1


def test_where_words_may_follow_or_precede() -> None:
    assert spelled("1µm  IMS", "start").text == "1µm"
    assert spelled("X500  8µm", "end").text == "8µm"
    whole = spelled("1µm  IMS")
    assert whole is None or whole.confidence < 0.1


def test_columns_hold_the_text() -> None:
    found = spelled("1µm  IMS", "start")
    inked = np.flatnonzero((line("1µm") > 0.4).any(axis=0))
    assert found is not None
    assert abs(found.x0 - inked[0]) <= 1
    assert abs(found.x1 - (inked[-1] + 1)) <= 1


def test_narrow_touching_letters_are_cut() -> None:
    found = spelled("100µm", digit_px=12, stretch=0.8)
    assert found is not None and found.text == "100µm"


def test_nothing_is_spelled_from_nothing() -> None:
    assert glyphs.segment(np.zeros((20, 60), np.float32)) is None
    assert glyphs.segment(np.ones((1, 1), np.float32)) is None


def test_probabilities_are_probabilities() -> None:
    frames = np.random.default_rng(0).random((7, 32, 32)).astype(np.float32)
    odds = glyphs.probabilities(frames)
    assert odds.shape == (7, len(glyphs.CLASSES))
    np.testing.assert_allclose(odds.sum(axis=1), 1, rtol=1e-5)


def test_probabilities_match_a_plain_loop() -> None:
    frames = np.random.default_rng(1).random((2, 32, 32)).astype(np.float32)
    stored = np.load(str(glyphs.WEIGHTS_FILE))
    w = {k: stored[k].astype(np.float64) for k in stored.files}

    def convolve(x: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
        side = kernel.shape[0]
        steps = range(0, x.shape[0] - side + 1, 2)
        return np.array(
            [[np.tensordot(x[i : i + side, j : j + side], kernel, 3) for j in steps] for i in steps]
        )

    expected = []
    for frame in frames:
        x = np.maximum(convolve(frame[:, :, None].astype(float), w["kernel1"]) + w["bias1"], 0)
        x = np.maximum(convolve(x, w["kernel2"]) + w["bias2"], 0)
        x = np.maximum(x.ravel() @ w["kernel3"] + w["bias3"], 0)
        odds = np.exp(x @ w["kernel4"] + w["bias4"])
        expected.append(odds / odds.sum())
    np.testing.assert_allclose(glyphs.probabilities(frames), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("gap", "text"), [(2, None), (3, None), (4, "2mm"), (9, "2mm")])
def test_the_end_of_a_longer_number_is_no_value(gap: int, text: str | None) -> None:
    """Small digits stand apart by up to a third of their height, here 10 px: that is no blank."""
    starts = np.array([0, 6 + gap, 13 + gap, 24 + gap])
    spans = np.column_stack([starts, starts + np.array([6, 6, 10, 10])])
    odds = np.full((4, len(glyphs.CLASSES)), 1e-4, np.float32)
    for row, sign in enumerate("?2mm"):
        odds[row, glyphs.CLASSES.index(sign)] = 0.99
    whole = glyphs.Line(spans, tuple((i, i) for i in range(4)), np.zeros((4, 32, 32)), 10.0, 1)
    found = spelling.spell(whole, odds, "end")
    assert found is not None  # at worst the odd sign stands for a digit, which nobody believes
    assert (found.text if found.confidence > 0.02 else None) == text
