"""grid: autoencoders of many shapes, each trained and scored on rows it never saw.

In: vectors of each raw space. Out: a row a space and architecture with its errors; the smallest
test error gives table 3.3. One model a Spark task; a worker reads a space's vectors once.
Source: section 3.2.4 of the thesis.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
from numpy.typing import NDArray
from pyspark import SparkFiles
from pyspark.sql import DataFrame, SparkSession

from sempark import autoencoding
from sempark.config import Codings, Grid
from sempark.tables import GRID

TEST_SHARE = 0.2


@dataclass(frozen=True)
class Task:
    """One model: the file with its space's vectors, and its shape."""

    space: str
    file: str
    n_codings: int
    architecture: autoencoding.Architecture


def architectures(settings: Grid) -> list[autoencoding.Architecture]:
    """Every combination the settings name whose layers do not widen inwards."""
    combined = itertools.product(
        settings.n_hidden1,
        settings.n_hidden2,
        settings.tied,
        settings.phases,
        settings.activations,
        settings.learning_rates,
    )
    return [autoencoding.Architecture(*each) for each in combined if each[1] <= each[0]]


def build(
    spark: SparkSession, tasks: Sequence[Task], settings: Grid, training: Codings
) -> DataFrame:
    """Train and score each model. Key: space and architecture."""
    numbers = spark.range(len(tasks)).repartitionByRange(max(1, len(tasks)), "id")
    listed = list(tasks)

    def worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch["id"].to_pylist():
                row = _row(listed[number], settings, training)
                yield pa.RecordBatch.from_pylist([row], GRID.arrow)

    return numbers.mapInArrow(worker, GRID.schema)


def parts(n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and rows to test on."""
    order = np.random.default_rng(seed).permutation(n)
    cut = max(1, round(n * TEST_SHARE))
    return np.sort(order[cut:]), np.sort(order[:cut])


@lru_cache(maxsize=1)
def _vectors(file: str) -> NDArray[np.float32]:
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    return autoencoding.standardized(np.load(SparkFiles.get(file), allow_pickle=False))


def _row(task: Task, settings: Grid, training: Codings) -> dict[str, Any]:
    X = _vectors(task.file)
    train, test = parts(len(X), settings.seed)
    start = time.monotonic()
    model = autoencoding.train(
        X[train], task.n_codings, task.architecture, training, settings.epochs, None
    )
    seconds = time.monotonic() - start
    return asdict(task.architecture) | {
        "space": task.space,
        "n_codings": task.n_codings,
        "train_mse": _mse(model.reconstruct(X[train]), X[train]),
        "test_mse": _mse(model.reconstruct(X[test]), X[test]),
        "seconds": seconds,
        "status": "collapsed" if model.collapsed else "ok",
    }


def _mse(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.mean(np.square(a - b, dtype=np.float64)))
