"""grid: autoencoders of many shapes, each trained and scored on rows it never saw.

In: vectors of each raw space. Out: a row a space and architecture with its errors; the smallest
test error gives table 3.3. One model a Spark task; a worker reads a space's vectors once. A row is
kept as soon as its model is trained, so that a run that was killed, or one with more to try, trains
only what is missing. Source: section 3.2.4 of the thesis.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
from numpy.typing import NDArray
from pyspark import SparkFiles
from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from sempark import autoencoding
from sempark.config import Codings, Grid
from sempark.networks.phases import DivergedError
from sempark.tables import GRID

TEST_SHARE = 0.2
POLL_SECONDS = 0.3
Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Task:
    """One model: the file with its space's vectors, and its shape."""

    space: str
    file: str
    n_codings: int
    architecture: autoencoding.Architecture

    @property
    def row(self) -> Row:
        """The columns that identify it."""
        named = {"space": self.space, "n_codings": self.n_codings}
        return asdict(self.architecture) | named


class Journal:
    """Rows of the models trained so far, in a local file, a line each.

    Parameters
    ----------
    path : Path
        Read if it is there: a run before was killed.
    rows : sequence of mapping
        Rows known besides.
    """

    def __init__(self, path: Path, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        self.path = path
        self.rows: dict[Key, Row] = {key_of(row): dict(row) for row in rows}
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            try:
                row = json.loads(line)
                self.rows[key_of(row)] = row
            except (json.JSONDecodeError, KeyError):  # the line that was being written
                continue

    def add(self, rows: Sequence[Row]) -> None:
        """Keep the rows that are new."""
        new = [row for row in rows if key_of(row) not in self.rows]
        if new:
            with self.path.open("a", encoding="utf-8") as file:
                # a line cut short by a kill must not take the next one with it
                file.writelines("\n" + json.dumps(row) + "\n" for row in new)
            self.rows |= {key_of(row): row for row in new}


def key_of(row: Mapping[str, Any]) -> Key:
    """The values of the table's key."""
    return tuple(row[name] for name in GRID.key)


def architectures(settings: Grid) -> list[autoencoding.Architecture]:
    """What the settings name, layers that widen inwards left out.

    Units and ties in every combination, with the first of the phases, activations and rates; these
    three in every combination too where ``vary`` is "all", and else, "each", one at a time at the
    middle units and the last tie.
    """
    every = [
        autoencoding.Architecture(*each)
        for each in itertools.product(
            settings.n_hidden1,
            settings.n_hidden2,
            settings.tied,
            settings.phases,
            settings.activations,
            settings.learning_rates,
        )
        if each[1] <= each[0]
    ]
    if settings.vary == "all" or not every:
        return every
    first = every[0]
    usual = [
        replace(
            a, phases=first.phases, activation=first.activation, learning_rate=first.learning_rate
        )
        for a in every
    ]
    found = list(dict.fromkeys(usual))
    last_tie = [a for a in found if a.tied == settings.tied[-1]]
    middle = last_tie[len(last_tie) // 2]
    found += [replace(middle, phases=value) for value in settings.phases[1:]]
    found += [replace(middle, activation=value) for value in settings.activations[1:]]
    found += [replace(middle, learning_rate=value) for value in settings.learning_rates[1:]]
    return list(dict.fromkeys(found))


def build(
    spark: SparkSession, tasks: Sequence[Task], settings: Grid, training: Codings, journal: Journal
) -> pa.Table:
    """Train and score each model that is not in the journal. Key: space and architecture."""
    wanted = {key_of(task.row): task for task in tasks}
    missing = [task for key, task in wanted.items() if key not in journal.rows]
    if missing:
        context = spark.sparkContext
        trained: Accumulator[list[Row]] = context.accumulator([], _Rows())

        def train(number: int) -> None:
            trained.add([_row(missing[number], settings, training)])

        with _kept(journal, trained):
            context.parallelize(range(len(missing)), len(missing)).foreach(train)
    rows = [journal.rows[key] for key in wanted]
    return pa.Table.from_pylist(rows, schema=GRID.arrow)


class _Rows(AccumulatorParam[list[Row]]):
    """Rows from the executors; Spark asks for a class of its own."""

    def zero(self, value: list[Row]) -> list[Row]:
        return []

    def addInPlace(self, value1: list[Row], value2: list[Row]) -> list[Row]:  # noqa: N802 - Spark's
        return value1 + value2


@contextmanager
def _kept(journal: Journal, trained: Accumulator[list[Row]]) -> Iterator[None]:
    """Write rows into the journal while the block runs, whatever ends it."""
    over = threading.Event()

    def poll() -> None:
        while not over.wait(POLL_SECONDS):
            journal.add(trained.value)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        journal.add(trained.value)


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


def _row(task: Task, settings: Grid, training: Codings) -> Row:
    X = _vectors(task.file)
    train, test = parts(len(X), settings.seed)
    start = time.monotonic()
    row: Row = task.row | {"train_mse": None, "test_mse": None}
    try:
        model = autoencoding.train(
            X[train], task.n_codings, task.architecture, training, settings.epochs, None
        )
    except DivergedError:
        return row | {"seconds": time.monotonic() - start, "status": "diverged"}
    return row | {
        "seconds": time.monotonic() - start,
        "train_mse": _mse(model.reconstruct(X[train]), X[train]),
        "test_mse": _mse(model.reconstruct(X[test]), X[test]),
        "status": "collapsed" if model.collapsed else "ok",
    }


def _mse(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.mean(np.square(a - b, dtype=np.float64)))
