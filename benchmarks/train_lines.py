"""Train the line reader's network on drawn text and store its weights.

python benchmarks/train_lines.py [--strings 80000] [--epochs 9] [--without FONT ...]
    [--start FILE] [--out FILE]

Text is drawn and spoiled as for the glyph reader (`train_glyphs.py`), and slanted; then whole lines
go through the reader's own scaling. One string in twenty is kept for checking. The stored weights
are of three trainings: 70,000 strings, from there `--start FILE --strings 100000 --seed 21`, and
with more fonts `--start FILE --strings 76000 --epochs 6 --seed 31`.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from train_glyphs import fonts, spoil, written

from sempark.scalebar import lines

CHANNELS = (20, 32, 48, 80, 80)
KERNELS = ((5, 5), (3, 3), (3, 3), (4, 3), (1, 5))
WIDEST = 256  # px of a line in training
BATCH = 128
SMALL = 0.5  # of the texts
RATE, RATE_ON = 2e-3, 1e-3  # of learning, from nothing and from given weights


def slanted(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shear a line, as obliques are made of upright letters."""
    shear = rng.uniform(-0.08, 0.3)
    height, width = ink.shape
    room = int(abs(shear) * height) + 1
    matrix = np.float32([[1, -shear, room if shear < 0 else shear * height], [0, 1, 0]])
    return cv2.warpAffine(ink, matrix, (width + room, height))


def resized(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shrink or enlarge a line, down to the smallest that is read."""
    rows = np.flatnonzero((ink > 0.4).any(axis=1))
    tall = rows[-1] + 1 - rows[0] if rows.size else ink.shape[0]
    factor = rng.uniform(min(1.0, max(0.6, 8.5 / tall)), 1.3)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(ink, None, fx=factor, fy=factor, interpolation=how), 0, 1)


def label(text: str) -> list[int]:
    """Classes of a text's letters, without blanks."""
    letters = text.replace(" ", "").replace("u", "µ").replace("μ", "µ")
    other = lines.CLASSES.index("?")
    return [lines.CLASSES.index(c) if c in lines.CLASSES else other for c in letters]


def examples(count: int, paths: list, rng: np.random.Generator) -> tuple[list, list]:
    drawn, labels = [], []
    texts = written(paths, rng, SMALL)
    while len(drawn) < count:
        text, ink, _ = next(texts)
        if ink.max() == 0:
            continue
        if rng.random() < 0.15:
            ink = slanted(ink, rng)
        if rng.random() < 0.2:
            ink = resized(ink, rng)
        ink, _, _ = spoil(ink, rng)
        line = lines.normalized(np.asarray(ink, np.float32))
        if line is not None and line.shape[1] <= WIDEST:
            drawn.append((line * 255).astype(np.uint8))
            labels.append(label(text))
    return drawn, labels


def padded(drawn: list, labels: list, some: np.ndarray) -> tuple[np.ndarray, ...]:
    """Some lines as one batch: padded pictures, columns of each, padded labels, their lengths."""
    widths = np.array([drawn[i].shape[1] for i in some])
    x = np.zeros((len(some), lines.HEIGHT, widths.max(), 1), np.float32)
    y = np.zeros((len(some), max(len(labels[i]) for i in some)), np.int32)
    for row, i in enumerate(some):
        x[row, :, : widths[row], 0] = drawn[i] / 255
        y[row, : len(labels[i])] = labels[i]
    return x, (widths + 1) // 2, y, np.array([len(labels[i]) for i in some])


def fit(drawn: list, labels: list, channels: tuple[int, ...], args: argparse.Namespace) -> None:
    """Train a network of so many channels a layer, or train one on, and store its weights."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    print(f"{len(drawn)} lines", flush=True)
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Input((lines.HEIGHT, None, 1))])
    shapes = zip(channels, KERNELS, lines.STRIDES, lines.PADS, strict=True)
    for count, kernel, stride, pad in shapes:
        model.add(layers.ZeroPadding2D(pad))
        model.add(layers.Conv2D(count, kernel, stride, activation="relu"))
    model.add(layers.Dropout(0.15))
    model.add(layers.Dense(lines.BLANK + 1))
    kept = np.arange(0, len(drawn), 20)
    learned = np.setdiff1d(np.arange(len(drawn)), kept)
    steps = args.epochs * (len(learned) // BATCH + 1)
    rate = RATE
    if args.start:
        rate = RATE_ON
        with np.load(args.start, allow_pickle=False) as stored:
            for i, layer in enumerate(layer for layer in model.layers if layer.weights):
                layer.set_weights([stored[f"kernel{i}"], stored[f"bias{i}"]])
    optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(rate, steps))

    @tf.function(reduce_retracing=True)
    def step(x, widths, y, lengths):
        with tf.GradientTape() as tape:
            logits = model(x, training=True)[:, 0]
            # the old function has a kernel of its own, many times faster than the new one's loop
            losses = tf.compat.v1.nn.ctc_loss(
                tf.RaggedTensor.from_tensor(y, lengths).to_sparse(),
                logits,
                tf.cast(widths, tf.int32),
                time_major=False,
            )
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, 5.0)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    start = time.monotonic()
    for epoch in range(args.epochs):
        # lines of about one width share a batch; batches come in any order
        jitter = rng.uniform(0, 24, len(learned))
        order = learned[np.argsort([drawn[i].shape[1] for i in learned] + jitter)]
        parts = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        rng.shuffle(parts)
        losses = [step(*map(tf.constant, padded(drawn, labels, part))) for part in parts]
        print(
            f"{time.monotonic() - start:.0f} s, epoch {epoch + 1}: loss {np.mean(losses):.4f}",
            flush=True,
        )
    stored = {}
    for i, layer in enumerate(layer for layer in model.layers if layer.weights):
        kernel, bias = layer.get_weights()
        stored[f"kernel{i}"] = kernel.astype(np.float16)
        stored[f"bias{i}"] = bias.astype(np.float16)
    np.savez_compressed(args.out, **stored)
    # the reader's own network, with the stored weights
    lines.FOLDER = args.out.parent
    network = args.out.stem
    right = sum(
        [
            lines.CLASSES.index(c)
            for c in lines.read(lines.log_odds(np.float32(drawn[i]) / 255, network))
        ]
        == labels[i]
        for i in kept
    )
    print(f"stored weights read {right / len(kept):.2%} of {len(kept)} kept lines right")


def options(doc: str | None, network: str, seed: int) -> argparse.ArgumentParser:
    """What both trainers of networks that read lines are told."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--strings", type=int, default=80000)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--fonts", nargs="+", default=["/usr/share/fonts"])
    parser.add_argument("--without", nargs="*", default=[], help="fonts left out")
    parser.add_argument("--start", type=Path, help="train these weights on, at half the rate")
    parser.add_argument("--out", type=Path, default=Path(str(lines.FOLDER)) / f"{network}.npz")
    parser.add_argument("--seed", type=int, default=seed)
    return parser


def main() -> None:
    args = options(__doc__, "lines", 7).parse_args()
    rng = np.random.default_rng(args.seed)
    drawn, labels = examples(args.strings, fonts(args.fonts, args.without), rng)
    fit(drawn, labels, CHANNELS, args)


if __name__ == "__main__":
    main()
