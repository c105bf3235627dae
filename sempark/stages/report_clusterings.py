"""Part of report: chapter 4 of the thesis, scores of the clusterings and the examples.

In: scores. Out: figures 4.1 to 4.5, and 3.4 and 3.5. Only 4.4 and 4.5 need a run: the others are
computed here by the same functions that the pipeline uses, on data drawn from a seed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from sklearn import datasets
from sklearn.metrics import adjusted_rand_score

from sempark.clustering import nmi, references
from sempark.clustering.density_peaks import centers, density_peaks
from sempark.clustering.linkage import linkage
from sempark.figures import clusterings, nmi_curves, noise, scored
from sempark.figures.exhibit import Exhibit, missing
from sempark.geometry import two_nn
from sempark.geometry.neighbors import nearest
from sempark.stages.report_source import Source, rows_of

K_DENSE = 300
"""Every k up to here is drawn; above it about as many, evenly in the logarithm."""


DATA_SETS = ("circles", "moons", "varied", "anisotropic", "blobs", "uniform")
LINKAGES: tuple[Literal["single", "complete", "centroid", "ward"], ...] = (
    "single",
    "complete",
    "centroid",
    "ward",
)
N_POINTS = 3000
N_NEIGHBORS = 30
LINE_SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
LINE_REPEATS = 5
SEED = 2018


def thick_line() -> Iterator[Exhibit]:
    """Figures 3.4 and 3.5: a line with noise, sampled ever more densely."""
    rng = np.random.default_rng(SEED)

    def line(n: int) -> NDArray[np.float64]:
        return np.column_stack([rng.uniform(0, 100, n), rng.normal(0, 0.001, n)])

    def dimension(X: NDArray[np.float64]) -> float:
        found = nearest(X, 2).distances
        return two_nn.estimate(found[:, 0], found[:, 1]).dimension

    many, few = line(50_000), line(1000)
    yield noise.thick_line(many, few, (dimension(many), dimension(few)))
    values = [[dimension(line(n)) for _ in range(LINE_REPEATS)] for n in LINE_SIZES]
    means, deviations = np.mean(values, axis=1), np.std(values, axis=1, ddof=1)
    yield noise.plateau(np.array(LINE_SIZES, np.float64), means, deviations)


def examples() -> Iterator[Exhibit]:
    """Figures 4.1 to 4.3: 2-D data sets, partitions of a square, NMI of progressive labels."""
    yield clusterings.compared([panel for name in DATA_SETS for panel in _panels(name)])
    truth = references.progressive(100, 10)
    square = [
        ("(A) C10", truth),
        ("(B) C5", references.progressive(100, 5)),
        ("(C) C20", references.progressive(100, 20)),
        ("(D) C7", references.progressive(100, 7)),
    ]
    yield clusterings.squares([(name, labels, nmi.nmi(truth, labels)) for name, labels in square])
    k = np.arange(1, 101)
    points = [nmi.nmi(truth, references.progressive(100, int(i))) for i in k]
    yield nmi_curves.example(
        k.astype(np.float64),
        np.array(points),
        references.refinements(truth),
        references.expected(truth),
    )


def _panels(name: str) -> Iterator[clusterings.Panel]:
    """All methods on one data set, each timed alone."""
    X, truth, k = _data_set(name)
    for method in LINKAGES:
        start = time.perf_counter()
        labels = linkage(X, method).cut(k)
        seconds = time.perf_counter() - start
        yield clusterings.Panel(
            name, method, X, labels, np.zeros(0, np.int64), seconds, _agreement(truth, labels)
        )
    start = time.perf_counter()
    peaks = density_peaks(nearest(X, N_NEIGHBORS), X)
    labels = peaks.merges.cut(k)
    seconds = time.perf_counter() - start
    yield clusterings.Panel(
        name, "density_peaks", X, labels, centers(peaks, k), seconds, _agreement(truth, labels)
    )


def _agreement(truth: NDArray[np.int64] | None, labels: NDArray[np.int64]) -> float:
    return float("nan") if truth is None else float(adjusted_rand_score(truth, labels))


def _data_set(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64] | None, int]:
    """Points, how they were drawn, and the number of clusters asked for."""
    if name == "circles":
        X, y = datasets.make_circles(N_POINTS, factor=0.5, noise=0.05, random_state=SEED)
        return X, y, 2
    if name == "moons":
        X, y = datasets.make_moons(N_POINTS, noise=0.05, random_state=SEED)
        return X, y, 2
    if name == "uniform":
        return np.random.default_rng(SEED).uniform(size=(N_POINTS, 2)), None, 3
    spread = [1.0, 2.5, 0.5] if name == "varied" else 1.0
    X, y = datasets.make_blobs(N_POINTS, centers=3, cluster_std=spread, random_state=170)
    if name == "anisotropic":
        X = X @ np.array([[0.6, -0.6], [-0.4, 0.8]])
    return X, y, 3


def curves(source: Source) -> list[scored.Curve]:
    """Give the scored curves of every space and method, thinned out; none without scores."""
    return [] if source.lacks("scores") else list(_curves(_thinned(source.read("scores"))))


def scores(source: Source, curves: Sequence[scored.Curve]) -> Iterator[Exhibit]:
    """Figures 4.4 and 4.5."""
    if why := source.lacks("scores"):
        yield missing("figure-4.4", "Reference curves for the NMI against the categories", why)
        yield missing("figure-4.5", "NMI of the clusterings in each space", why)
        return
    known = [curve for curve in curves if curve.method in scored.REFERENCES]
    first = [curve for curve in known if curve.space == known[0].space]
    yield (
        nmi_curves.references(first)
        if first
        else missing("figure-4.4", "Reference curves for the NMI", "no reference was scored.")
    )
    yield nmi_curves.scores(curves, source.untrained)


def _thinned(table: DataFrame) -> DataFrame:
    """Keep every k up to `K_DENSE` and about as many above, evenly in the logarithm."""
    largest = int(table.agg(F.coalesce(F.max("k"), F.lit(1))).collect()[0][0])
    kept = set(range(1, min(largest, K_DENSE) + 1))
    if largest > K_DENSE:
        kept |= set(np.geomspace(K_DENSE, largest, K_DENSE).round().astype(int).tolist())
    alone = F.count(F.lit(1)).over(Window.partitionBy("space", "method")) == 1
    rows = table.select("space", "method", "k", "nmi", alone.alias("alone"))
    return rows.where(F.col("alone") | F.col("k").isin(sorted(kept))).drop("alone")


def _curves(table: DataFrame) -> Iterator[scored.Curve]:
    arrow = table.toArrow().sort_by([("space", "ascending"), ("k", "ascending")])
    groups: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for space, method, k, score in rows_of(arrow):
        value = float("nan") if score is None else float(score)
        groups.setdefault((str(space), str(method)), []).append((int(k or 0), value))
    for (space, method), points in sorted(groups.items()):
        values = np.asarray(points, np.float64)
        yield scored.Curve(space, method, values[:, 0], values[:, 1])
