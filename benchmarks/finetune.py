"""Fine-tuning on a store's labels, beside simpler ways to classify the same images.

    python benchmarks/finetune.py STORE [--conf conf/demo.toml] [--seeds 1 2 3] [--no-training]

STORE holds images_flat, scale, labels and near_duplicates, as the demo leaves them. The stage
itself splits, trains and tests, once a seed (weights to start from, split and order are drawn from
it), with the settings of --conf. On each split, measured on its test part alone: the majority
class, and logistic regressions on HOG and on local binary patterns of the network's pixels and of
twice their number, and on the untrained network's features, each with the best of six penalties on
the validation part. Seconds are of training and test together.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["PYSPARK_PYTHON"] = sys.executable

import cv2
import numpy as np
from pyspark.sql import SparkSession
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sempark import checkpoints, config, pictures
from sempark.networks import inception, split
from sempark.stages import finetuned, subset
from sempark.store import Store

PENALTIES = (0.0003, 0.003, 0.03, 0.3, 3.0, 30.0)


def labelled(path, settings, scratch):
    """Labelled pictures at the network's size and at twice it, and groups of near duplicates."""
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    store = Store(spark, path)
    categories = subset.categories(store.read("labels"), settings.labels)
    images = pictures.with_databar(
        store.read("images_flat"), store.read("scale"), settings.features.crop_databar
    )
    found = []
    for size in (settings.features.input_size, 2 * settings.features.input_size):
        (scratch / str(size)).mkdir()
        found.append(finetuned.labelled(images, categories, size, 4, scratch / str(size)))
    group = finetuned.groups(found[0].md5s, store.read("near_duplicates"))
    spark.stop()
    return *found, group


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
    for penalty in PENALTIES:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=300))
        model.fit(x[parts == "train"], y[parts == "train"])
        scores = [model.score(x[parts == p], y[parts == p]) for p in ("validation", "test")]
        best = max(best, (scores[0], scores[1]))
    return best[1]


def trained(data, group, settings, seed):
    """What the stage says of its test, the part of each image, and the seconds it took."""
    own = replace(settings.finetune, seed=seed, checkpoint=f"random:{seed}")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        files = dict(
            finetuned.build(
                data,
                group,
                lambda path: checkpoints.load(path, "ft", settings.features),
                own,
                Path(folder),
                lambda done, total: None,
            )
        )
    return json.loads(files["evaluation.json"]), time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--conf", default=str(Path(__file__).parent.parent / "conf" / "demo.toml"))
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--no-training", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    settings = config.load(options.conf, options.set)
    with tempfile.TemporaryDirectory() as scratch:
        small, large, group = labelled(options.store, settings, Path(scratch))
        names = sorted(set(small.categories))
        y = np.array([names.index(category) for category in small.categories])
        described = {
            f"{kind} {pixels.shape[1]} px": np.stack([describe(image) for image in pixels])
            for kind, describe in (("HOG", hog), ("LBP", lbp))
            for pixels in (small.pixels, large.pixels)
        }
        rows = []
        for seed in options.seeds:
            rows.append(one_seed(small, group, y, described, settings, seed, options))
        print(f"{len(y)} labelled images, means of seeds {options.seeds}")
        for name in rows[0]:
            print(f"{name:28s} {statistics.mean(row[name] for row in rows):.3f}", flush=True)


def one_seed(data, group, y, described, settings, seed, options):
    """Test accuracies of all sides on one split; printed as they come."""
    parts = split.split(y, group, seed)
    test = y[parts == "test"]
    found = {"majority class": np.bincount(test).max() / test.size}
    network = inception.load(f"random:{seed}", input_size=settings.features.input_size)
    untrained = network.extract(list(data.pixels))["features"]
    for name, x in (*described.items(), ("untrained features", untrained)):
        found[f"regression, {name}"] = regression(x, y, parts)
    if not options.no_training:
        about, seconds = trained(data, group, settings, seed)
        found["fine-tuned"] = about["accuracy"]
        low, high = about["interval"]
        print(f"seed {seed}: fine-tuned {about['accuracy']:.3f} of {about['n']} ({low:.3f} to "
              f"{high:.3f}), {seconds:.0f} s")  # fmt: skip
    print(f"seed {seed}: " + ", ".join(f"{k} {v:.3f}" for k, v in found.items()), flush=True)
    return found


if __name__ == "__main__":
    main()
