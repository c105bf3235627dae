"""A reader for scale texts only: digits, dot, n, µ, m. It looks beside Tesseract.

In: the ink of one short line, float32 0..1 at the picture's own resolution. Out: the
likeliest text of the form "number unit" with the probability of its weakest glyph.
The idea: connected parts, cut where letters touch, are put into a frame fixed by the
first digit's top and bottom (so a dot stays low and a micro sign hangs), named by a small
convolutional network, and the best path through a grammar is taken.

The network's weights (`glyphs.npz`) are trained on drawn text by
`benchmarks/train_glyphs.py`; nothing in them comes from a real micrograph.
"""

import importlib.resources
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Where = Literal["whole", "start", "end"]
Floats = NDArray[np.float32]

CLASSES = "0123456789.nµm?"  # "?" is anything else, and parts or pairs of letters
FRAME = 32  # px, both ways
DIGIT_PX = 20  # height of a digit in the frame
ABOVE = 0.2  # of the digit's height, room above it
INK = 0.42  # share of full ink that binds parts
MAX_ATOMS = 22
MAX_JOINED = 5  # atoms one glyph may be made of
SMALL_PX = 22  # lines under it are enlarged twofold before they are cut
FIRST_SHARE = 0.35  # of the line's height: so wide the first digit is at least
DIGIT_SHARE = 0.85  # and so wide at most
WIDE_SHARE = 0.75  # of the line's height: wider parts may be several letters

WEIGHTS_FILE = importlib.resources.files("sempark.scalebar") / "glyphs.npz"


@dataclass(frozen=True)
class Line:
    """Atoms of a line: columns (n, 2), frames of runs (first, last), digit height, enlargement."""

    spans: NDArray[np.int64]
    pairs: tuple[tuple[int, int], ...]
    frames: Floats
    digit_px: float
    scale: int


def segment(ink: Floats, where: Where = "whole", threshold: float = INK) -> Line | None:
    """Cut a line into atoms and put every run of a few of them into a frame.

    Parameters
    ----------
    ink
        float32 (h, w), 0 background to 1 full ink.
    where
        Which part of a long line counts: "start", "end", or "whole", which takes none of it.
    threshold
        Share of full ink that binds parts.

    Returns
    -------
    Line or None
        None when there is no ink or too much.
    """
    scale = 2 if ink.shape[0] < SMALL_PX else 1
    if scale == 2:
        size = (2 * ink.shape[1], 2 * ink.shape[0])
        ink = np.clip(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC), 0, 1)
    mask = (ink > threshold).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return None
    spans = _atoms(ink * mask, stats[1:])
    if len(spans) > MAX_ATOMS:
        if where == "whole":
            return None
        spans = spans[:MAX_ATOMS] if where == "start" else spans[-MAX_ATOMS:]
    cuts = [i for i, (a, b) in enumerate(pairwise(spans)) if b[0] > a[1]]
    width = spans[cuts[0] if cuts else -1][1] - spans[0][0]  # of the first part, cut or not
    top, tall = _first_digit(mask[:, spans[0][0] : spans[-1][1]], width)
    if tall < 4:
        return None
    rows0 = round(top - ABOVE * tall)
    rows1 = rows0 + round(FRAME / DIGIT_PX * tall)
    padded = cv2.copyMakeBorder(
        ink, max(0, -rows0), max(0, rows1 - ink.shape[0]), 0, 0, cv2.BORDER_CONSTANT, value=(0.0,)
    )
    band = padded[max(0, rows0) : max(0, rows0) + rows1 - rows0]
    pairs, frames = [], []
    for i in range(len(spans)):
        for j in range(i, min(len(spans), i + MAX_JOINED)):
            x0, x1 = spans[i][0], spans[j][1]
            if x1 <= x0:  # slanted letters overlap
                continue
            if x1 - x0 > 1.6 * tall:
                break
            if j > i and spans[j][0] - spans[j - 1][1] > 0.12 * tall:
                break
            pairs.append((i, j))
            frames.append(_frame(band[:, x0:x1]))
    if not frames:
        return None
    return Line(np.array(spans), tuple(pairs), np.stack(frames), tall, scale)


def _first_digit(mask: NDArray[np.uint8], width: int) -> tuple[int, float]:
    """Return top and height of the leftmost glyph, whose part of the ink is `width` wide."""
    rows = np.flatnonzero(mask.any(axis=1))
    whole = rows[-1] - rows[0] + 1
    # a 4 is highest at its right; what is wider than a digit holds the next glyph too
    wide = min(max(width, round(FIRST_SHARE * whole)), round(DIGIT_SHARE * whole))
    rows = np.flatnonzero(mask[:, : max(3, wide)].any(axis=1))
    return int(rows[0]), float(rows[-1] - rows[0] + 1)


def _atoms(ink: Floats, stats: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Return the columns of atoms: parts, joined where they overlap, cut where they are wide."""
    spans: list[list[int]] = []
    for x, _, w, _, _ in sorted(stats.tolist()):
        if spans and x < spans[-1][1] - 0.3 * min(w, spans[-1][1] - spans[-1][0]):
            spans[-1][1] = max(spans[-1][1], x + w)
        else:
            spans.append([x, x + w])
    tall = float(np.max(stats[:, 3]))
    atoms: list[tuple[int, int]] = []
    sums = ink.sum(axis=0)
    for x0, x1 in spans:
        cuts = [x0]
        if x1 - x0 > WIDE_SHARE * tall:
            least = max(2, round(0.15 * tall))
            inner = sums[x0:x1]
            for x in range(least, x1 - x0 - least):
                lowest = inner[x] == inner[max(0, x - 2) : x + 3].min()
                if lowest and inner[x] < 0.72 * inner.max() and x0 + x - cuts[-1] >= least:
                    cuts.append(x0 + x)
        cuts.append(x1)
        atoms.extend((a, b) for a, b in pairwise(cuts) if b > a)
    return atoms


def _frame(part: Floats) -> Floats:
    """Scale a part of the line's band to the frame's height and center it."""
    height, width = part.shape
    scale = FRAME / height
    size = (max(1, round(width * scale)), FRAME)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(np.ascontiguousarray(part), size, interpolation=how)
    if size[0] > FRAME:
        cut = (size[0] - FRAME) // 2
        return np.asarray(scaled[:, cut : cut + FRAME], dtype=np.float32)
    frame = np.zeros((FRAME, FRAME), np.float32)
    x = (FRAME - size[0]) // 2
    frame[:, x : x + size[0]] = scaled
    return frame


@lru_cache(maxsize=1)
def _weights() -> dict[str, Floats]:
    """Load the network once a process."""
    with WEIGHTS_FILE.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def probabilities(frames: Floats) -> Floats:
    """Name glyphs.

    Parameters
    ----------
    frames
        float32 (n, 32, 32).

    Returns
    -------
    float32 (n, 15)
        Probabilities in the order of CLASSES.
    """
    w = _weights()
    x = _convolve(frames[..., None], w["kernel1"], w["bias1"])
    x = _convolve(x, w["kernel2"], w["bias2"])
    x = np.maximum(x.reshape(len(frames), -1) @ w["kernel3"] + w["bias3"], 0)
    logits = x @ w["kernel4"] + w["bias4"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)


def _convolve(x: Floats, kernel: Floats, bias: Floats) -> Floats:
    """Convolve without padding at stride 2, then rectify. x is (n, h, w, c)."""
    side = kernel.shape[0]
    windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))[:, ::2, ::2]
    n, rows, columns = windows.shape[:3]
    flat = np.ascontiguousarray(windows.transpose(0, 1, 2, 4, 5, 3)).reshape(n * rows * columns, -1)
    out = flat @ kernel.reshape(-1, kernel.shape[3]) + bias
    return np.maximum(out, 0).reshape(n, rows, columns, -1)
