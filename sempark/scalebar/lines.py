"""A reader of whole lines of scale text: no letter is cut out, so that letters may touch.

In: the ink of one short line, float32 0..1. Out: its text, or how probable a text is. The line is
brought to one height; a small convolutional network names what each column belongs to, and a text's
probability is that of all ways to lay it over the columns (connectionist temporal classification).
It looks beside the glyph reader, which finds letters first, and Tesseract.

The network's weights (`lines.npz`) are trained on drawn text by `benchmarks/train_lines.py`;
nothing in them comes from a real micrograph.

Source: A. Graves et al., Connectionist temporal classification, ICML 2006,
doi:10.1145/1143844.1143891.
"""

import importlib.resources
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CLASSES = "0123456789.nµm?"  # "?" is any other letter; after them the blank between letters
BLANK = len(CLASSES)
HEIGHT = 32  # px of a line
INK_PX = 24  # of them the text's
MARGIN = 12  # px of room left and right
WIDEST = 512  # px; nothing longer is a scale
INK = 0.4  # share of full ink that tells the text's rows and columns
STRIDES = ((2, 2), (2, 1), (2, 1), (1, 1), (1, 1))  # of the network's layers, down and across
PADS = ((2, 2), (1, 1), (1, 1), (0, 1), (0, 2))

Network = Literal["lines", "strips"]  # of clean cuts; of strips of a picture (`strips`)

FOLDER = importlib.resources.files("sempark.scalebar")


def normalized(ink: Floats) -> Floats | None:
    """Bring a line to the network's height.

    Parameters
    ----------
    ink
        float32 (h, w), 0 background to 1 full ink.

    Returns
    -------
    float32 (32, w') or None
        With room around the text; None without ink, or where it is longer than any scale.
    """
    inked = ink > INK
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if rows.size == 0:
        return None
    text = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = max(1, round(text.shape[1] * INK_PX / text.shape[0])), INK_PX
    if size[0] > WIDEST:
        return None
    how = cv2.INTER_AREA if size[1] < text.shape[0] else cv2.INTER_LINEAR
    scaled = cv2.resize(np.ascontiguousarray(text, np.float32), size, interpolation=how)
    over = (HEIGHT - INK_PX) // 2
    room = over, HEIGHT - INK_PX - over, MARGIN, MARGIN
    return np.asarray(cv2.copyMakeBorder(scaled, *room, cv2.BORDER_CONSTANT), np.float32)


@lru_cache(maxsize=2)
def _layers(network: Network) -> list[tuple[Floats, Floats]]:
    """Load a network once a process: kernel and bias a layer."""
    path = FOLDER / f"{network}.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        pairs = [(stored[f"kernel{i}"], stored[f"bias{i}"]) for i in range(len(STRIDES) + 1)]
    return [(kernel.astype(np.float32), bias.astype(np.float32)) for kernel, bias in pairs]


def log_odds(line: Floats, network: Network = "lines") -> Floats:
    """Name the columns of a line.

    Parameters
    ----------
    line
        float32 (32, w) of `normalized`, or of `strips.cut`.
    network
        Which one looks.

    Returns
    -------
    float32 (n, 16)
        Natural logarithms of probabilities: n columns of 2 px, the classes and the blank.
    """
    *convolutions, (last, bias) = _layers(network)
    x = line[:, :, None]
    for (kernel, shift), stride, pad in zip(convolutions, STRIDES, PADS, strict=True):
        x = _convolve(x, kernel, shift, stride, pad)
    logits = x[0] @ last + bias
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True)))


def _convolve(
    x: Floats, kernel: Floats, bias: Floats, stride: tuple[int, int], pad: tuple[int, int]
) -> Floats:
    """Convolve with padding, then rectify. x is (h, w, c), the kernel (rows, columns, c, out)."""
    height, width, depth = x.shape
    padded = np.zeros((height + 2 * pad[0], width + 2 * pad[1], depth), np.float32)
    padded[pad[0] : pad[0] + height, pad[1] : pad[1] + width] = x
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2], axis=(0, 1))
    windows = windows[:: stride[0], :: stride[1]].transpose(0, 1, 3, 4, 2)
    rows, columns = windows.shape[:2]
    flat = np.ascontiguousarray(windows).reshape(rows * columns, -1)
    out = flat @ kernel.reshape(-1, kernel.shape[3]) + bias
    return np.maximum(out, 0).reshape(rows, columns, -1)


def read(odds: Floats) -> str:
    """Spell a line: each column's likeliest class, repeats and blanks left out.

    Parameters
    ----------
    odds
        float32 (n, 16) of `log_odds`.

    Returns
    -------
    str
        "5µm"; "?" for each letter of no scale. Spaces are not read.
    """
    best = odds.argmax(axis=1)
    first = np.flatnonzero(np.diff(best, prepend=-1) != 0)
    return "".join(CLASSES[k] for k in best[first] if k != BLANK)


def probability(odds: Floats, text: str) -> float:
    """How probable a text is, over all ways to lay it over the columns.

    Parameters
    ----------
    odds
        float32 (n, 16) of `log_odds`.
    text
        Of letters in `CLASSES`.

    Returns
    -------
    float
        0 to 1.
    """
    states = [BLANK]
    for letter in text:
        states += [CLASSES.index(letter), BLANK]
    labels = np.array(states)
    # a letter follows the one before directly, unless it is the same
    skips = np.zeros(len(labels), bool)
    skips[2:] = (labels[2:] != BLANK) & (labels[2:] != labels[:-2])
    ways = np.full(len(labels), -np.inf)
    ways[:2] = odds[0, labels[:2]]
    for column in odds[1:].astype(np.float64):
        one = np.append(-np.inf, ways[:-1])
        two = np.where(skips, np.append([-np.inf, -np.inf], ways[:-2])[: len(labels)], -np.inf)
        ways = np.logaddexp(np.logaddexp(ways, one), two) + column[labels]
    return float(np.exp(np.logaddexp.reduce(ways[-2:])))
