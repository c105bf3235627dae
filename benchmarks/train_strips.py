"""Train the strip reader's network on text drawn over drawn pictures and store its weights.

python benchmarks/train_strips.py [--strings 80000] [--epochs 9] [--without FONT ...]
    [--start FILE] [--out FILE]

Text is drawn as for the glyph reader (`train_glyphs.py`), laid over drawn micrographs or a flat
background, dark, bright or gray, with shades, boxes and other texts beside it, and spoiled. What
the network sees is how near each pixel is to the ink's level, as the reader measures it, with rows
and level a little wrong. One strip in twenty is kept for checking. The stored weights are of two
trainings, the second with more fonts: `--start FILE --strings 60000 --epochs 6 --seed 41`.
"""

import multiprocessing

import cv2
import numpy as np
from train_glyphs import fonts, written
from train_lines import fit, label, options, slanted

from sempark.scalebar import strips
from sempark.synthetic import micrographs

CHANNELS = (24, 40, 64, 96, 96)
WIDEST = 440  # px of a strip in training
SHAPES = ((300, 400), (420, 560), (600, 800), (884, 1024))


def pictures(count: int, rng: np.random.Generator) -> list[np.ndarray]:
    drawn = []
    for k in range(count):
        category = str(rng.choice(micrographs.CATEGORIES))
        leaf = str(rng.choice(list(micrographs.LEAVES[category])))
        drawn.append(micrographs.draw(category, leaf, rng, SHAPES[k % len(SHAPES)]))
    return drawn


def background(shape: tuple[int, int], drawn: list, rng: np.random.Generator) -> np.ndarray:
    """A part of a picture, faded, shaded or flat, float32 of any level."""
    if rng.random() < 0.2:
        return np.full(shape, rng.uniform(0, 255), np.float32)
    picture = drawn[rng.integers(len(drawn))]
    height, width = picture.shape
    factor = max(1.0, 1.1 * shape[0] / height, 1.1 * shape[1] / width)
    if factor > 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor)
        height, width = picture.shape
    y, x = rng.integers(0, height - shape[0]), rng.integers(0, width - shape[1])
    part = picture[y : y + shape[0], x : x + shape[1]].astype(np.float32)
    if rng.random() < 0.4:
        low, high = rng.uniform(0, 90), rng.uniform(110, 255)
        part = low + part * (high - low) / 255
    return part


def tight(ink: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero((ink > 0.5).any(axis=1))
    columns = np.flatnonzero((ink > 0.5).any(axis=0))
    if not rows.size:
        return ink[:0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def row_of_text(texts, rng: np.random.Generator) -> tuple[np.ndarray, list, str] | None:
    """The ink of a text, at times with another beside it; its label, the text."""
    text, ink, _ = next(texts)
    named = label(text)
    if rng.random() < 0.2:
        ink = slanted(ink, rng)
    ink = tight(ink)
    if not ink.size:
        return None
    if rng.random() < 0.3:
        size = max(1, round(ink.shape[1] * rng.uniform(0.68, 1.15))), ink.shape[0]
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    tall = ink.shape[0]
    if rng.random() < 0.25:
        more, other, _ = next(texts)
        other = tight(other)
        if other.size:
            size = max(1, round(other.shape[1] * tall / other.shape[0])), tall
            other = cv2.resize(other, size, interpolation=cv2.INTER_LINEAR)
            gap = np.zeros((tall, round(tall * rng.uniform(0.7, 2.5))), np.float32)
            if rng.random() < 0.5:
                ink, named = np.hstack([ink, gap, other]), named + label(more)
            else:
                ink, named = np.hstack([other, gap, ink]), label(more) + named
    return ink, named, text


def laid(ink: np.ndarray, drawn: list, rng: np.random.Generator) -> tuple[np.ndarray, float] | None:
    """A row of text over a part of a picture with a row's height of room above and below."""
    tall = ink.shape[0]
    # a text somewhere, always: where there is none the network must not be made to name something
    longest = 2.2 if rng.random() < 0.8 else 7.0
    left, right = (round(tall * rng.uniform(0.15, longest)) for _ in range(2))
    paper = background((3 * tall, ink.shape[1] + left + right), drawn, rng)
    alpha = cv2.copyMakeBorder(ink, tall, tall, left, right, cv2.BORDER_CONSTANT)
    here = slice(tall, 2 * tall), slice(left, left + ink.shape[1])
    bright = rng.random() < 0.7
    level = rng.uniform(170, 255) if bright else rng.uniform(0, 90)
    if rng.random() < 0.4:  # a shade behind it, or a box
        pad = round(tall * rng.uniform(0.2, 1.0))
        box = tuple(slice(max(0, s.start - pad), s.stop + pad) for s in here)
        share = 0.0 if rng.random() < 0.35 else rng.uniform(0.25, 0.7)
        paper[box] = share * paper[box] + (0 if bright else 255) * (1 - share)
    around = paper[here]
    # what an author chooses, or a microscope keys in, stands out from most of the picture
    while abs(level - np.median(around)) < rng.uniform(40, 100):
        if rng.random() < 0.5:
            paper *= rng.uniform(0.3, 0.9) if bright else 1.0
            paper += 0 if bright else rng.uniform(0, 30)
        level = np.clip(level + (15 if bright else -15), 0, 255)
        if rng.random() < 0.1:
            return None
    return paper + (level - paper) * alpha, float(level)


def worn(
    picture: np.ndarray, level: float, tall: float, rng: np.random.Generator
) -> tuple[np.ndarray, float, float]:
    """What files go through: resizing, blur, fading, JPEG; the level and the text's height then."""
    if rng.random() < 0.3:
        factor = max(rng.uniform(0.6, 1.3), 8.5 / tall)
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how)
        tall = tall * factor
    if rng.random() < 0.35:
        sigma = rng.uniform(0.3, 0.3 + 0.05 * min(tall, 16))
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    if rng.random() < 0.2:
        low, high = rng.uniform(0, 60), rng.uniform(150, 255)
        picture, level = low + picture * (high - low) / 255, low + level * (high - low) / 255
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 98))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], 0)
    return picture, level, tall


def seen(picture: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """How near each pixel is to the level, as the reader measures it: the contrast is capped."""
    level += rng.normal(0, 4)
    contrast = abs(float(np.median(picture)) - level) * rng.uniform(0.8, 1.1)
    contrast = float(np.clip(contrast, 34, rng.choice([170, 170, 170, 100])))
    off = np.abs(picture.astype(np.float32) - level)
    return (np.clip(contrast - off, 0, None) * (255 / contrast)).astype(np.uint8)


def composed(texts, drawn: list, rng: np.random.Generator) -> tuple[np.ndarray, list] | None:
    """One strip and its label; None where the text is too small, too faint or too long."""
    row = row_of_text(texts, rng)
    if row is None or row[0].shape[0] < 8:
        return None
    ink, named, text = row
    over = laid(ink, drawn, rng)
    if over is None:
        return None
    picture, level, tall = worn(*over, ink.shape[0], rng)
    near = seen(picture, level, rng)
    # its rows are known roughly: of digits alone, say, without a micro sign's foot
    wrong = 0.25 if "µ" in text or "μ" in text else 0.06
    y0 = tall - tall * rng.uniform(-0.06, 0.2)
    y1 = tall + tall * (1 + rng.uniform(-wrong, 0.2))
    strip = strips.cut(near, 0, y0, near.shape[1], y1)
    if strip is None or strip.shape[1] > WIDEST:
        return None
    return (strip * 255).astype(np.uint8), named


def examples(count: int, paths: list, seed: int) -> tuple[list, list]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    drawn, texts, made = pictures(250, rng), written(paths, rng), []
    while len(made) < count:
        one = composed(texts, drawn, rng)
        if one is not None:
            made.append(one)
    return [s for s, _ in made], [named for _, named in made]


def main() -> None:
    args = options(__doc__, "strips", 11).parse_args()
    paths = fonts(args.fonts, args.without)
    jobs = [(args.strings // 2, paths, args.seed + k) for k in range(2)]
    with multiprocessing.Pool(2) as pool:
        halves = pool.starmap(examples, jobs)
    drawn, labels = ([item for half in halves for item in half[k]] for k in range(2))
    fit(drawn, labels, CHANNELS, args)


if __name__ == "__main__":
    main()
