"""The line reader: its network against a plain loop, a text's probability against all ways."""

from itertools import groupby, product
from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import lines
from sempark.synthetic.lettering import Face, ink, wheel_fonts

SANS = next(f for f in wheel_fonts() if f.endswith("DejaVuSans.ttf"))


def drawn(text: str, digit_px: int = 14, slant: float = 0.0) -> NDArray[np.float32]:
    flat = np.pad(ink(text, Face(SANS, digit_px, 1.0)).coverage.astype(np.float32) / 255, 2)
    matrix = np.array([[1, -slant, slant * len(flat)], [0, 1, 0]])
    return cv2.warpAffine(flat, matrix, (flat.shape[1] + len(flat), len(flat)))


def read(ink: NDArray[np.float32]) -> tuple[str, float]:
    line = lines.normalized(ink)
    assert line is not None
    odds = lines.log_odds(line)
    text = lines.read(odds)
    return text, lines.probability(odds, text)


@pytest.mark.parametrize("text", ["1 µm", "20 µm", "300nm", "500 nm", "2.5 µm", "40.0µm", "1 mm"])
@pytest.mark.parametrize("digit_px", [9, 14, 24])
@pytest.mark.parametrize("slant", [0.0, 0.25])
def test_reads_drawn_scales(text: str, digit_px: int, slant: float) -> None:
    found, sure = read(drawn(text, digit_px, slant))
    assert found == text.replace(" ", "") and sure > 0.5


@pytest.mark.parametrize("text", ["Mag", "HV", "SE2", "WD"])
def test_words_are_no_scales(text: str) -> None:
    assert "?" in read(drawn(text))[0]


def test_no_line_of_nothing_nor_of_what_is_too_long() -> None:
    assert lines.normalized(np.zeros((20, 60), np.float32)) is None
    assert lines.normalized(np.zeros((0, 0), np.float32)) is None
    assert lines.normalized(np.ones((1, 60), np.float32)) is None
    assert lines.normalized(np.ones((1, 1), np.float32)).shape == (32, 24 + 24)


def test_a_line_is_brought_to_one_height() -> None:
    small, large = (lines.normalized(drawn("20µm", px)) for px in (10, 40))
    assert small is not None and large is not None
    assert small.shape[0] == large.shape[0] == lines.HEIGHT
    assert abs(small.shape[1] - large.shape[1]) < 0.1 * large.shape[1]
    np.testing.assert_array_equal(large[:4], 0)
    assert large[4:28].max() > 0.9


@pytest.mark.parametrize("text", ["", "1", "11", "1n", "nn1"])
def test_a_probability_is_the_sum_over_all_ways(text: str) -> None:
    """Of three classes and five columns all ways are tried."""
    rng = np.random.default_rng(2)
    some = [lines.CLASSES.index("1"), lines.CLASSES.index("n"), lines.BLANK]
    odds = np.full((5, lines.BLANK + 1), -np.inf, np.float32)
    odds[:, some] = np.log(rng.dirichlet(np.ones(3), 5))
    expected = 0.0
    for way in product(some, repeat=5):
        letters = "".join(lines.CLASSES[k] for k, _ in groupby(way) if k != lines.BLANK)
        if letters == text:
            expected += float(np.exp(odds[range(5), way].sum(dtype=float)))
    assert lines.probability(odds, text) == pytest.approx(expected, rel=1e-5)


def test_repeats_count_once_unless_a_blank_parts_them() -> None:
    def odds(*letters: str) -> NDArray[np.float32]:
        found = np.full((len(letters), lines.BLANK + 1), -9, np.float32)
        for row, letter in enumerate(letters):
            found[row, lines.CLASSES.index(letter) if letter else lines.BLANK] = 0
        return found

    assert lines.read(odds("5", "5", "", "n", "m")) == "5nm"
    assert lines.read(odds("5", "", "5", "n", "m")) == "55nm"
    assert lines.read(odds("", "")) == ""


@pytest.mark.parametrize("network", get_args(lines.Network))
def test_log_odds_match_a_plain_loop(network: lines.Network) -> None:
    line = np.random.default_rng(1).random((lines.HEIGHT, 40)).astype(np.float32)
    with np.load(str(lines.FOLDER / f"{network}.npz")) as stored:
        w = {name: stored[name].astype(np.float64) for name in stored.files}
    x = line[:, :, None].astype(float)
    for i, ((down, across), (rows, columns)) in enumerate(
        zip(lines.STRIDES, lines.PADS, strict=True)
    ):
        kernel = w[f"kernel{i}"]
        x = np.pad(x, ((rows, rows), (columns, columns), (0, 0)))
        high, wide = kernel.shape[:2]
        ys, xs = range(0, x.shape[0] - high + 1, down), range(0, x.shape[1] - wide + 1, across)
        x = np.array(
            [[np.tensordot(x[a : a + high, b : b + wide], kernel, 3) for b in xs] for a in ys]
        )
        x = np.maximum(x + w[f"bias{i}"], 0)
    logits = x[0] @ w["kernel5"] + w["bias5"]
    expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    found = lines.log_odds(line, network)
    assert found.shape == (20, lines.BLANK + 1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
