"""The autoencoder's epochs beside plain Keras `fit`, blockwise beside global, codings beside PCA.

    python benchmarks/autoencoder.py [--n 52682] [--epochs 4] [--only phases] [--models 2048in_18]

The four models of the thesis' table 3.3 on drawn vectors: seconds an epoch, batch 300, the first
epoch (tracing, compilation) left out, the two sides by turns. Keras trains the same network (same
layers, ties, activations, l2, Adam) from arrays in memory at its defaults. Then one model trained
pair by pair beside as a whole, on at most 20,000 rows; and the error of codings beside PCA of as
many numbers on flat and on curved data, on rows kept out.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from pyarrow import parquet

from sempark.networks.autoencoder import Autoencoder3MLP

L2 = 0.001
MODELS = {  # table 3.3: inputs, hidden layers, whether the outermost pair is tied
    "1001ft_10": (1001, (500, 150, 10), True),
    "2048ft_13": (2048, (500, 200, 13), True),
    "1001in_18": (1001, (500, 200, 18), False),
    "2048in_18": (2048, (400, 150, 18), True),
}


def drawn(n, d, seed=0):
    """Draw n float32 vectors on a bent surface of 18 dimensions, with noise, variance about 1."""
    rng = np.random.default_rng(seed)
    hidden = np.tanh(rng.normal(size=(n, 18)) @ rng.normal(size=(18, 64)) / 3)
    x = hidden @ rng.normal(size=(64, d)) / 6 + rng.normal(scale=0.1, size=(n, d))
    return (x / x.std()).astype(np.float32)


class Mirror(keras.layers.Layer):
    """Output layer tied to the first one, for Keras."""

    def __init__(self, first):
        super().__init__()
        self.first = first

    def build(self, _):
        """Add the bias; the kernel is the first layer's."""
        width = self.first.kernel.shape[0]
        self.bias = self.add_weight(shape=(width,), initializer="zeros")

    def call(self, x):
        """Multiply by the first layer's kernel, transposed."""
        return keras.ops.matmul(x, keras.ops.transpose(self.first.kernel)) + self.bias


def keras_model(d, hidden, tied):
    def dense(width, activation="elu"):
        regularizer = keras.regularizers.L2(L2 / 2)
        return keras.layers.Dense(width, activation, kernel_regularizer=regularizer)

    first = dense(hidden[0])
    x = inputs = keras.Input((d,))
    x = first(x)
    for width in (hidden[1], hidden[2], hidden[1], hidden[0]):
        x = dense(width)(x)
    outputs = Mirror(first)(x) if tied else dense(d, "linear")(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="mse")
    return model


class Seconds(keras.callbacks.Callback):
    """Seconds of each epoch; between two epochs it calls `between`."""

    def __init__(self, between):
        super().__init__()
        self.between, self.taken = between, []

    def on_epoch_begin(self, *_):
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, *_):
        """Stop the clock, then let the other side run."""
        self.taken.append(time.perf_counter() - self.start)
        self.between()


def by_turns(x, hidden, tied, epochs, folder):
    """Seconds an epoch of both, an epoch of ours after each of Keras'."""
    ours = Autoencoder3MLP(x.shape[1], hidden, (False, False, tied), l2_reg=L2, logdir=folder)
    mine = ours._phase("g", x, epochs, 300, 0)
    theirs = Seconds(lambda: next(mine))
    keras_model(x.shape[1], hidden, tied).fit(
        x, x, batch_size=300, epochs=epochs, verbose=0, callbacks=[theirs]
    )
    return [row["seconds"] for row in ours.history][1:], theirs.taken[1:]


def phases(x, folder):
    """Seconds and error of blockwise and global training, ten epochs a layer or a network."""
    for order in (("1_a", "1_b", "2"), ("g",), ("1_a", "1_b", "2", "g")):
        model = Autoencoder3MLP(
            x.shape[1], (500, 200, 18), learning_rate=0.001, l2_reg=1e-5, logdir=folder
        )
        start = time.perf_counter()
        model.train(x, n_epochs=(5, 5, 5, 5, 5), order=order, batch_size=300)
        seconds = time.perf_counter() - start
        error = float(np.mean((model.reconstruct(x[:5000]) - x[:5000]) ** 2))
        print(f"{'+'.join(order):16s} {seconds:8.1f} s   mean squared error {error:.4f}")


def quality(folder):
    """Error on rows kept out, of codings and of PCA, on a flat and on a curved manifold."""
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (6000, 2))
    frequencies = rng.normal(scale=2.5, size=(2, 40))
    phase = rng.uniform(0, 6, 40)
    data = {
        "flat, 2 of 40": u @ rng.normal(size=(2, 40)),
        "curved, 2 of 40": np.sin(u @ frequencies + phase),
    }
    for name, x in data.items():
        x = (x / x.std() + rng.normal(scale=0.05, size=x.shape)).astype(np.float32)
        train, test = x[:5000], x[5000:]
        mean = train.mean(axis=0)
        axes = np.linalg.svd(train - mean, full_matrices=False)[2][:2]
        pca = float(np.mean(((test - mean) - (test - mean) @ axes.T @ axes) ** 2))
        model = Autoencoder3MLP(40, (100, 50, 2), l2_reg=1e-6, logdir=folder)
        model.train(train, n_epochs=(0, 0, 0, 0, 60), batch_size=100)
        coded = float(np.mean((model.reconstruct(test) - test) ** 2))
        print(f"{name:16s} PCA {pca:.4f}   autoencoder {coded:.4f}   ratio {coded / pca:.2f}")


def of_store(store, epochs, folder):
    """The same on the raw spaces of a local store (the demo's), rows kept out at random."""
    features, subset = (rows_of(store, name) for name in ("features", "subset"))
    members = set(subset["md5"].to_pylist())
    kinds = sorted({(row["checkpoint"], row["layer"]) for row in features.to_pylist()})
    for checkpoint, layer in kinds:
        mine = [
            row["vector"]
            for row in features.to_pylist()
            if (row["checkpoint"], row["layer"]) == (checkpoint, layer) and row["md5"] in members
        ]
        x = np.array(mine, np.float32)
        x = (x - x.mean(axis=0)) / x.std()
        order = np.random.default_rng(0).permutation(len(x))
        train, test = x[order[len(x) // 5 :]], x[order[: len(x) // 5]]
        mean = train.mean(axis=0)
        axes = np.linalg.svd(train - mean, full_matrices=False)[2][:18]
        model = Autoencoder3MLP(
            x.shape[1], (200, 50, 18), (False, False, True), logdir=folder, l2_reg=L2
        )
        model.train(train, n_epochs=(0, 0, 0, 0, epochs), batch_size=100)
        parts = []
        for name, rows in (("trained on", train), ("kept out", test)):
            left = (rows - mean) - (rows - mean) @ axes.T @ axes
            pca, coded = np.mean(left**2), np.mean((model.reconstruct(rows) - rows) ** 2)
            parts.append(f"{name} ({len(rows)}) PCA {pca:.4f}, autoencoder {coded:.4f}")
        print(f"{x.shape[1]}{checkpoint}, 18 numbers, {epochs} epochs: {'; '.join(parts)}")


def rows_of(store, name):
    """Current rows of a table of a local store."""
    pointer = json.loads(sorted((Path(store) / name / "pointers").glob("*.json"))[-1].read_text())
    return parquet.read_table(Path(store) / name / pointer["version"] / "rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=52682)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--only", choices=("epochs", "phases", "quality"), help="one part")
    parser.add_argument("--store", help="a local store: only codings beside PCA of its raw spaces")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    options = parser.parse_args()
    print(
        f"{options.n} rows, batch 300, float32; TensorFlow {tf.__version__}, Keras "
        f"{keras.__version__}, {os.cpu_count()} cores, {platform.machine()}; medians of "
        f"{options.epochs - 1} epochs after the first"
    )
    with tempfile.TemporaryDirectory() as folder:
        if options.store:
            for epochs in (20, 60):
                of_store(options.store, epochs, folder)
            return
        for name in options.models if options.only in (None, "epochs") else ():
            d, hidden, tied = MODELS[name]
            x = drawn(options.n, d)
            ours, theirs = by_turns(x, hidden, tied, options.epochs, folder)
            a, b = statistics.median(ours), statistics.median(theirs)
            ratios = [p / q for p, q in zip(ours, theirs, strict=True)]
            print(
                f"{name:10s} ours {a:7.2f} s   Keras fit {b:7.2f} s   ratio "
                f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
                flush=True,
            )
        if options.only in (None, "phases"):
            phases(drawn(min(options.n, 20000), 2048), folder)
        if options.only in (None, "quality"):
            quality(folder)


if __name__ == "__main__":
    main()
