"""The strip reader: where a strip lies in a picture, and which of its words are scales."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import lines, strips
from tests.scalebar.test_lines import drawn

Floats = NDArray[np.float32]


def crossed(text: str, digit_px: int = 16, seed: int = 5) -> tuple[NDArray[np.uint8], int, int]:
    """A text with bright lines through and beside it; its rows."""
    ink = 255 * drawn(text, digit_px)
    near = np.zeros((3 * len(ink), ink.shape[1] + 8 * digit_px), np.uint8)
    rng = np.random.default_rng(seed)
    for x in range(0, near.shape[1], 2 * digit_px):
        lean = int(rng.integers(-digit_px, digit_px))
        cv2.line(near, (x, 0), (x + lean, len(near)), 110, 2)
    part = near[len(ink) : 2 * len(ink), 4 * digit_px :][:, : ink.shape[1]]
    np.maximum(part, ink.astype(np.uint8), out=part)
    rows = np.flatnonzero((ink > 100).any(axis=1))
    return near, len(ink) + int(rows[0]), len(ink) + int(rows[-1]) + 1


@pytest.mark.parametrize("tall", [10, 24, 61])
def test_the_rows_of_a_text_are_brought_to_the_middle(tall: int) -> None:
    near = np.zeros((120, 300), np.uint8)
    near[40 : 40 + tall, 100:150] = 255
    strip = strips.cut(near, 20, 40, 280, 40 + tall)
    assert strip is not None and strip.dtype == np.float32
    scale = lines.INK_PX / tall
    assert strip.shape == (lines.HEIGHT, round(260 * scale))
    inside = strip.mean(axis=1) / strip.mean(axis=1).max()
    np.testing.assert_allclose(inside[[1, 16, 30]], [0, 1, 0], atol=0.1)
    assert abs(inside.sum() - lines.INK_PX) < 1.5
    columns = np.flatnonzero(strip[16] > 0.5)
    np.testing.assert_allclose([columns[0], columns[-1] + 1], [80 * scale, 130 * scale], atol=1.5)


def test_what_lies_outside_a_picture_is_far_from_the_ink() -> None:
    near = np.full((20, 100), 255, np.uint8)
    strip = strips.cut(near, 0, -24, 100, 8)
    assert strip is not None
    assert strip[:10].max() == 0 and strip[-4:].min() > 0.9


def test_no_strip_of_what_is_too_short_or_too_long() -> None:
    near = np.zeros((40, 3000), np.uint8)
    assert strips.cut(near, 0, 5, 8, 29) is None
    assert strips.cut(near, 0, 5, 3000, 29) is None
    assert strips.cut(near, 50, 5, 20, 29) is None
    assert strips.cut(near, 0, 5, 100, 5) is None
    assert strips.of_cut(np.zeros((20, 60), np.float32)) is None


@pytest.mark.parametrize("text", ["1 µm", "20 µm", "300 nm", "500nm", "40µm"])
@pytest.mark.parametrize("digit_px", [10, 16, 30])
def test_reads_through_what_crosses_a_text(text: str, digit_px: int) -> None:
    near, y0, y1 = crossed(text, digit_px)
    strip = strips.cut(near, 0, y0, near.shape[1], y1)
    assert strip is not None
    (word,) = strips.words(strip)
    assert word.text == text.replace(" ", "") and word.confidence > 0.5


def test_words_apart_are_words_of_their_own() -> None:
    one, two = (drawn(text, 18) for text in ("20µm", "500nm"))
    tall = max(len(one), len(two))
    parts = [np.pad(p, ((tall - len(p), 0), (0, 30))) for p in (one, two)]
    near = np.asarray(255 * np.hstack(parts), np.uint8)
    rows = np.flatnonzero((near > 100).any(axis=1))
    strip = strips.cut(near, 0, rows[0], near.shape[1], rows[-1] + 1)
    assert strip is not None
    left, right = strips.words(strip)
    assert (left.text, right.text) == ("20µm", "500nm")
    assert min(left.confidence, right.confidence) > 0.5
    middle = parts[0].shape[1] * strip.shape[1] / near.shape[1]
    assert left.x1 <= middle <= right.x0 + 2 * strips.ASIDE


@pytest.mark.parametrize("text", ["Mag", "HV", "SE2", "317nm"])
def test_what_is_no_scale_is_left_out(text: str) -> None:
    strip = strips.of_cut(drawn(text, 18))
    assert strip is not None and strips.words(strip) == []


def test_a_picture_without_text_has_no_words() -> None:
    near = np.zeros((60, 300), np.uint8)
    crosses = near.copy()
    for x in range(0, 300, 30):
        cv2.line(crosses, (x, 0), (x + 20, 60), 110, 2)
    noise = np.random.default_rng(1).integers(0, 255, near.shape).astype(np.uint8)
    for some in (near, noise, crosses):
        strip = strips.cut(some, 0, 20, some.shape[1], 36)
        assert strip is not None and strips.words(strip) == []


def test_a_clean_cut_is_a_strip_too() -> None:
    strip = strips.of_cut(drawn("50 µm", 16))
    assert strips.probability(strip, "50µm") > 0.8
    assert strips.probability(strip, "20µm") < 0.05
    assert strips.probability(None, "50µm") == 0
