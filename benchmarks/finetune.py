"""Fine-tuning from random weights on drawn micrographs, beside simpler ways to classify them.

    python benchmarks/finetune.py [--images 1125] [--seeds 3] [--epochs 11] [--size 128] ...

Micrographs of the ten categories in the thesis' proportions, 80/10/10; --test further ones that
nothing was chosen on measure all sides alike: the majority class, a logistic regression on HOG, on
local binary patterns and on the untrained network's features (the best of three penalties, chosen
on the validation part), and the network. Seconds are of the training alone.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sempark.networks import evaluation, finetune, inception
from sempark.networks.preprocessing import resize
from sempark.networks.split import split
from sempark.synthetic import corpus, micrographs

SEED = 7


def drawn(n, size):
    """Draw n micrographs, shrunk to the network's size, and their categories."""
    items = [i for i in corpus.plan(round(n * 1.1) + 40, SEED) if i.kind == "picture"][:n]
    labels = np.array([micrographs.CATEGORIES.index(item.category) for item in items])
    images = []
    for k, item in enumerate(items):
        rng = np.random.default_rng([SEED, k])
        gray = micrographs.draw(item.category, item.leaf, rng, (384, 512))
        images.append(resize(gray, size))
    return np.stack(images), labels


def hog(image, cells=8, bins=9):
    """Histograms of oriented gradients: 8 x 8 cells, blocks of four, each of length one."""
    x = image.astype(np.float32)
    gx, gy = cv2.Sobel(x, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(x, cv2.CV_32F, 0, 1, ksize=1)
    angle = (np.mod(np.arctan2(gy, gx), np.pi) / np.pi * bins).astype(int) % bins
    rows, columns = (np.indices(x.shape) * cells) // x.shape[0]
    found = np.zeros((cells, cells, bins), np.float32)
    np.add.at(found, (rows, columns, angle), np.hypot(gx, gy))
    m = cells - 1
    blocks = np.stack([found[i : m + i, j : m + j] for i in (0, 1) for j in (0, 1)], axis=-1)
    blocks = blocks.reshape(m * m, -1)
    return (blocks / (np.linalg.norm(blocks, axis=1, keepdims=True) + 1e-3)).ravel()


def lbp(image):
    """Histogram of the ten rotation-invariant uniform patterns of the eight neighbors."""
    x = image.astype(np.int16)
    around = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    h, w = x.shape
    bits = np.stack([x[1 + a : h - 1 + a, 1 + b : w - 1 + b] >= x[1:-1, 1:-1] for a, b in around])
    changes = (bits != np.roll(bits, 1, axis=0)).sum(axis=0)
    codes = np.where(changes <= 2, bits.sum(axis=0), 9)
    return np.bincount(codes.ravel(), minlength=10) / codes.size


def regression(x, y, parts):
    """Test accuracy of a logistic regression, its penalty chosen on the validation part."""
    best = (-1.0, 0.0)
    for penalty in (0.001, 0.01, 1.0):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=300))
        model.fit(x[parts == "train"], y[parts == "train"])
        scores = [model.score(x[parts == p], y[parts == p]) for p in ("validation", "test")]
        best = max(best, (scores[0], scores[1]))
    return best[1]


def trained(x, y, parts, options, seed):
    """Test accuracy of the fine-tuned network, its interval, the seconds of training."""

    def stream(part):
        rows = np.flatnonzero(parts == part)
        return lambda: ((x[rows[i : i + 64]], y[rows[i : i + 64]]) for i in range(0, len(rows), 64))

    counts = np.bincount(y[parts == "train"], minlength=len(micrographs.CATEGORIES))
    settings = finetune.Settings(
        n_epochs=options.epochs,
        batch_size=options.batch,
        learning_rate=options.learning_rate,
        dropout=options.dropout,
        batch_norm_momentum=options.momentum,
        seed=seed,
    )
    network = inception.load(f"random:{seed}", input_size=options.size)
    with tempfile.TemporaryDirectory() as folder:
        data = finetune.Data(stream("train"), stream("validation"), tuple(counts.tolist()))
        start = time.perf_counter()
        result = finetune.train(network, data, Path(folder), settings)
        seconds = time.perf_counter() - start
        logits = inception.load(result.checkpoint).extract(list(x[parts == "test"]))["logits"]
    found = evaluation.evaluate(evaluation.probabilities(logits, len(counts)), y[parts == "test"])
    return found, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1125)
    parser.add_argument("--test", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=11)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--momentum", type=float, default=0.95)
    options = parser.parse_args()
    x, y = drawn(options.images + options.test, options.size)
    parts = np.full(len(y), "test", dtype="<U10")
    own = split(y[: options.images], np.arange(options.images), SEED)
    parts[: options.images] = np.where(own == "test", "left", own)
    print(f"{options}: {(parts == 'train').sum()} images to train on", flush=True)
    print(f"majority class            {np.bincount(y[parts == 'test']).max() / options.test:.3f}")
    features = inception.load("random:0", input_size=options.size).extract(list(x))["features"]
    for name, described in (
        ("HOG", np.stack([hog(image) for image in x])),
        ("LBP", np.stack([lbp(image) for image in x])),
        ("untrained features", features),
    ):
        print(f"regression, {name:19s} {regression(described, y, parts):.3f}", flush=True)
    accuracies = []
    for seed in range(options.seeds):
        found, seconds = trained(x, y, parts, options, seed)
        accuracies.append(found.accuracy)
        low, high = found.interval
        print(
            f"fine-tuned, seed {seed}        {found.accuracy:.3f} ({low:.3f}-{high:.3f})   "
            f"{seconds:.0f} s   by category {np.round(found.category_accuracy, 2).tolist()}",
            flush=True,
        )
    print(f"fine-tuned, mean          {statistics.mean(accuracies):.3f}")


if __name__ == "__main__":
    main()
