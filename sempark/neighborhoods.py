"""How the pipeline searches neighbors: where, by which index, at what cost.

In: vectors of a space and settings. Out: rows of the neighbors tables. On the driver, with all its
threads; or on the executors, a block of points a task, against an array that each worker reads,
checks and lays out once: the same rows. An approximate index may miss some, and how many is
measured. Source: sections 3.3 and 4.2 of the thesis.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import SparkFiles
from pyspark.sql import DataFrame, SparkSession

from sempark.config import Neighbors as Settings
from sempark.geometry import approximate, neighbors
from sempark.spaces import Vectors
from sempark.tables import NEIGHBORS, PassedOver, Refused

logger = logging.getLogger(__name__)

MIN_POINTS = 4
BLOCK_POINTS = 8192
"""Most points of a task on the executors."""
BATCH_ROWS = 4096
LONG_SECONDS = 5.0
"""A search that takes longer is announced on the terminal."""
Ship = Callable[[str, str], str]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Block:
    """One task: a part of the points of a space, whose array and md5s lie in two shipped files."""

    space: str
    vectors: str
    md5s: str
    k: int
    number: int
    n_blocks: int


class Search:
    """Searches space after space as the settings say.

    Parameters
    ----------
    settings : config.Neighbors
    spark : SparkSession
    ship : callable
        (local path, digest) to the file's name on the executors.
    scratch : Path
        A local directory of this run.
    progress : callable
        Called with (done, total) of the space at work.
    say : callable
        Called with a line before a search that takes long.

    Attributes
    ----------
    recall : dict of str to float
        Of each space searched by an approximate index, on a sample.

    Raises
    ------
    Refused
        An approximate index on the executors.
    """

    def __init__(
        self,
        settings: Settings,
        spark: SparkSession,
        ship: Ship,
        scratch: Path,
        progress: Progress,
        say: Callable[[str], None],
    ) -> None:
        if settings.backend == "spark" and settings.index != "exact":
            raise Refused(
                f"neighbors.index = {settings.index} is searched on the driver: set "
                "neighbors.backend = driver, or neighbors.index = exact"
            )
        self.recall: dict[str, float] = {}
        self._settings, self._spark, self._ship = settings, spark, ship
        self._scratch, self._progress, self._say = scratch, progress, say

    def rows(self, found: Iterable[Vectors]) -> DataFrame:
        """Search each space of at least `MIN_POINTS` points; k is at most all others.

        Raises
        ------
        PassedOver
            There is none.
        """
        frames = [self._one(vectors) for vectors in found if len(vectors.md5s) >= MIN_POINTS]
        if not frames:
            raise PassedOver(f"fewer than {MIN_POINTS} images in the subset")
        return reduce(DataFrame.unionByName, frames)

    def _one(self, vectors: Vectors) -> DataFrame:
        n, d = vectors.X.shape
        k = min(self._settings.k, n - 1)
        self._announce(vectors.space, n, d, k)
        if self._settings.backend == "spark":
            return self._on_executors(vectors, k)
        if self._settings.index == "exact":
            near = neighbors.nearest(vectors.X, k, progress=self._progress)
        else:
            kind = cast(approximate.IndexKind, self._settings.index)
            rng = np.random.default_rng(self._settings.seed)
            found = approximate.nearest_approximate(
                vectors.X, k, rng, kind, progress=self._progress
            )
            near, self.recall[vectors.space] = found.neighbors, found.recall
            logger.info("%s: recall %.4f of %s", vectors.space, found.recall, kind)
        return self._spark.createDataFrame(table(vectors.space, vectors.md5s, near))

    def _announce(self, space: str, n: int, d: int, k: int) -> None:
        cost = neighbors.estimate_cost(n, d, k)
        line = (
            f"{space}: {k} neighbors of {n:,} points in {d:,} columns, on this machine about "
            f"{cost.seconds:,.0f} s and {cost.bytes / 1e9:.1f} GB"
        )
        logger.info("%s", line)
        if cost.seconds > LONG_SECONDS:
            self._say(line)

    def _on_executors(self, vectors: Vectors, k: int) -> DataFrame:
        names = shipped(vectors, self._ship, self._scratch)
        cores = self._spark.sparkContext.defaultParallelism
        n_blocks = max(2 * cores, math.ceil(len(vectors.md5s) / BLOCK_POINTS))
        blocks = [Block(vectors.space, names[0], names[1], k, i, n_blocks) for i in range(n_blocks)]
        numbers = self._spark.range(n_blocks).repartitionByRange(n_blocks, "id")

        def worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                for number in batch["id"].to_pylist():
                    yield from of_block(blocks[number]).to_batches(BATCH_ROWS)

        return numbers.mapInArrow(worker, NEIGHBORS.schema)


def shipped(vectors: Vectors, ship: Ship, scratch: Path) -> tuple[str, str]:
    """Send the vectors and the md5s of a space to the executors; names of the two files there."""
    names = []
    for name, values in (("", vectors.X), ("-md5s", np.array(vectors.md5s))):
        path = scratch / f"{vectors.space}{name}.npy"
        np.save(path, values)
        # named after its content: a file that was sent is never another one
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        names.append(ship(str(path), digest.hexdigest()))
        path.unlink()
    return names[0], names[1]


def of_queries(
    files: tuple[str, str], X: NDArray[np.float32]
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Md5 of the shipped point nearest to each vector, ties to the lower md5, and its distance."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    near = neighbors.nearest(_points(files[0]), 1, X, threads=threads)
    return _md5s(files[1])[near.indices[:, 0]], near.distances[:, 0]


def of_block(block: Block) -> pa.Table:
    """Search one part of the points: near ones, so that blocks far off are left out for all."""
    points = _points(block.vectors)
    rows = np.sort(np.array_split(points.side.ids, block.n_blocks)[block.number])
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    near = neighbors.nearest_of_rows(points, block.k, rows, threads)
    return table(block.space, _md5s(block.md5s)[rows].tolist(), near)


def table(space: str, md5s: list[str], near: neighbors.Neighbors) -> pa.Table:
    """Lists of a space, or of a part of it, as rows of the neighbors tables."""
    n, k = near.indices.shape
    offsets = pa.array(np.arange(n + 1, dtype=np.int32) * k)
    flat = pa.array(near.indices.ravel().astype(np.int32)), pa.array(near.distances.ravel())
    columns = [
        pa.array([space] * n, pa.string()),
        pa.array(md5s, pa.string()),
        *(pa.ListArray.from_arrays(offsets, values) for values in flat),
    ]
    return pa.Table.from_arrays(columns, schema=NEIGHBORS.arrow)


@lru_cache(maxsize=1)
def _points(file: str) -> neighbors.Points:
    # copy-on-write: workers of one machine share the pages of wide data
    return neighbors.checked(np.load(SparkFiles.get(file), mmap_mode="c", allow_pickle=False))


@lru_cache(maxsize=1)
def _md5s(file: str) -> NDArray[np.str_]:
    found: NDArray[np.str_] = np.load(SparkFiles.get(file), allow_pickle=False)
    return found
