"""Train the glyph reader's network on drawn text and store its weights.

python benchmarks/train_glyphs.py [--strings 45000] [--epochs 8] [--without FONT ...] [--out FILE]

Text is drawn by Pillow in the fonts found under --fonts, with and without smoothing, at
digit heights of 6 to 50 px, then blurred, compressed, stretched and made noisy. It goes
through the reader's own segmentation, so that the network learns on what it will meet,
with joined and cut letters as "anything else". One string in ten is kept for checking. Fonts
without micro signs are left out. docs/benchmarks.md names the fonts of the stored weights.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from sempark.scalebar import glyphs

NUMBERS = (1, 2, 3, 4, 5, 10, 20, 25, 30, 40, 50, 100, 200, 250, 300, 400, 500, 6, 7, 8, 9, 60, 80)
OTHERS = "WDkVxstaerhHMAEFKidcXTNPRGfgpqyvbj=:/-*()"
OTHER = len(glyphs.CLASSES) - 1
MICRO_SIGNS = 0xB5, 0x3BC
KEPT_OTHERS = 0.2  # of "anything else", which is far commoner than any glyph
SKIPPED = ("Math", "Symbol", "Dingbat", "D050000L", "OpenSymbol", "Z003", "Chancery")


def fonts(folders: list[str], without: list[str]) -> list[Path]:
    found = [p for f in folders for p in sorted(Path(f).rglob("*")) if p.suffix in (".ttf", ".otf")]
    left_out = (*SKIPPED, *without)
    found = [p for p in found if not any(w.lower() in p.name.lower() for w in left_out)]
    return [p for p in found if set(MICRO_SIGNS) <= set(TTFont(p).getBestCmap() or ())]


def random_text(rng: np.random.Generator) -> str:
    if rng.random() < 0.12:
        return "".join(rng.choice(list("0123456789" + OTHERS + "nµm."), rng.integers(3, 9)))
    if rng.random() < 0.5:
        number = str(rng.choice(NUMBERS))
    else:
        number = "".join(rng.choice(list("0123456789"), rng.integers(1, 4)))
    if rng.random() < 0.2:
        number += "." + "".join(rng.choice(list("0123456789"), rng.integers(1, 3)))
    unit = str(rng.choice(["nm", "µm", "μm", "um", "mm"], p=[0.33, 0.33, 0.07, 0.07, 0.2]))
    blank = str(rng.choice(["", " "], p=[0.3, 0.7]))
    tail = "*" if rng.random() < 0.03 else ""
    return number + blank + unit + tail


def draw(
    text: str, font: ImageFont.FreeTypeFont, smooth: bool
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Draw ink 0..1 with the columns of each letter's own ink."""
    length = font.getlength(text)
    ascent, descent = font.getmetrics()
    image = Image.new("L", (int(length) + 24, ascent + descent + 12), 0)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "L" if smooth else "1"
    pen.text((12, 6), text, fill=255, font=font)
    columns = []
    for i, letter in enumerate(text):
        start = 12 + font.getlength(text[:i])
        mask, (offset, _) = font.getmask2(letter)
        left, _, right, _ = mask.getbbox() or (0, 0, 1, 1)
        columns.append((start + offset + left, start + offset + right))
    return np.asarray(image, np.float32) / 255, columns


def written(
    paths: list[Path], rng: np.random.Generator, small: float = 0.0
) -> Iterator[tuple[str, np.ndarray, list[tuple[float, float]]]]:
    """Texts without end, in any font and size: text, ink 0..1, columns of each letter's ink.

    A share of them is as small as scales often are.
    """
    cache: dict[tuple[Path, int], ImageFont.FreeTypeFont] = {}
    while True:
        path = paths[rng.integers(len(paths))]
        smallest, largest = (9, 20) if rng.random() < small else (8, 60)
        size = int(np.exp(rng.uniform(np.log(smallest), np.log(largest))))
        if (path, size) not in cache:
            cache[path, size] = ImageFont.truetype(str(path), size)
        text = random_text(rng)
        yield text, *draw(text, cache[path, size], rng.random() < 0.7)


def spoil(ink: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float, float]:
    """Stretch, blur, compress and make noisy; return the ink and the stretch with its shift."""
    stretch_x, stretch_y = 1.0, 1.0
    if rng.random() < 0.5:
        stretch_x, stretch_y = rng.uniform(0.68, 1.18), rng.uniform(0.9, 1.1)
        size = (round(ink.shape[1] * stretch_x), round(ink.shape[0] * stretch_y))
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.12:
        ink = np.maximum(ink, np.roll(ink, 1, axis=1))  # bold by doubling
    if rng.random() < 0.5:
        ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 0.3 + 0.02 * min(ink.shape[0], 30)))
    contrast = rng.uniform(60, 255)
    picture = (255 - contrast) * rng.random() + contrast * ink
    base = float(picture.min())
    if rng.random() < 0.5:
        picture = picture + rng.normal(0, rng.uniform(0, 0.03) * contrast, ink.shape)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(50, 96))
        picture = cv2.imdecode(
            cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0
        )
    lifted = np.clip(picture.astype(np.float32) - base, 0, None)
    strong = lifted[lifted > 0.33 * lifted.max()]
    lifted[lifted < 0.15 * lifted.max()] = 0
    return np.clip(lifted / max(1.0, float(np.percentile(strong, 80))), 0, 1), stretch_x, stretch_y


def examples(
    count: int, paths: list[Path], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frames, names, numbers = [], [], []
    texts = written(paths, rng)
    for number in range(count):
        text, ink, columns = next(texts)
        if ink.max() == 0:
            continue
        ink, stretch, _ = spoil(ink, rng)
        line = glyphs.segment(ink)
        if line is None:
            continue
        for (i, j), frame in zip(line.pairs, line.frames, strict=True):
            name = _name(line.spans[i][0], line.spans[j][1], text, columns, stretch * line.scale)
            if name is not None and (name != OTHER or rng.random() < KEPT_OTHERS):
                frames.append((frame * 255).astype(np.uint8))
                names.append(name)
                numbers.append(number)
    return np.stack(frames), np.array(names), np.array(numbers)


def _name(
    x0: int, x1: int, text: str, columns: list[tuple[float, float]], stretch: float
) -> int | None:
    """Return the class of the columns x0..x1: one letter, or anything else; None when unclear."""
    covered = []
    for letter, (a, b) in zip(text, columns, strict=True):
        a, b = a * stretch, b * stretch
        if letter == " ":
            continue
        share = min(1.0, (min(x1, b) - max(x0, a) + 0.5) / (b - a))
        # drawing rounds to whole pixels: one is forgiven on each side
        filled = (min(x1, b + 1) - max(x0, a - 1)) / (x1 - x0)
        covered.append((share, letter, filled))
    inside = [c for c in covered if c[0] > 0.3]
    if len(inside) != 1:
        return OTHER if sum(c[0] > 0.5 for c in inside) >= 2 else None
    share, letter, filled = inside[0]
    letter = {"u": "µ", "μ": "µ"}.get(letter, letter)
    if letter not in glyphs.CLASSES[:-1]:
        return OTHER
    if filled < 0.8:
        return OTHER if filled < 0.72 and len(covered) > 1 else None
    if share > (0.6 if letter in ".1" else 0.8):
        return glyphs.CLASSES.index(letter)
    return OTHER if share < 0.7 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strings", type=int, default=45000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--fonts", nargs="+", default=["/usr/share/fonts"])
    parser.add_argument("--without", nargs="*", default=[], help="fonts left out")
    parser.add_argument("--out", default=str(glyphs.WEIGHTS_FILE))
    parser.add_argument("--seed", type=int, default=31)
    args = parser.parse_args()
    import tensorflow as tf

    tf.keras.utils.set_random_seed(args.seed)
    x, y, number = examples(
        args.strings, fonts(args.fonts, args.without), np.random.default_rng(args.seed)
    )
    kept = number % 10 == 0
    print(
        f"{len(x)} glyphs, by class:",
        dict(zip(glyphs.CLASSES, np.bincount(y, minlength=15).tolist(), strict=True)),
    )
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((glyphs.FRAME, glyphs.FRAME, 1), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(96, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(len(glyphs.CLASSES)),
        ]
    )
    steps = args.epochs * (np.sum(~kept) // 256)
    model.compile(
        tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(2e-3, int(steps))),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(
        x[~kept][..., None],
        y[~kept],
        batch_size=256,
        epochs=args.epochs,
        verbose=2,
        validation_data=(x[kept][..., None], y[kept]),
    )
    stored = {}
    dense = [layer for layer in model.layers if layer.weights]
    for i, layer in enumerate(dense, 1):
        kernel, bias = layer.get_weights()
        stored[f"kernel{i}"], stored[f"bias{i}"] = (
            kernel.astype(np.float16),
            bias.astype(np.float16),
        )
    np.savez_compressed(args.out, **stored)
    glyphs.WEIGHTS_FILE = Path(args.out)  # the reader's own network, with the stored weights
    said = glyphs.probabilities(x[kept].astype(np.float32) / 255).argmax(axis=1)
    print(f"stored weights name {np.mean(said == y[kept]):.4%} of {kept.sum()} kept glyphs right")


if __name__ == "__main__":
    main()
