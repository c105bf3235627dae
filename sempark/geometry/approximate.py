"""Approximate neighbors for sets too large to search exactly, with their recall measured.

In: `X` (n, d). Out: neighbor lists, and the share of the true neighbors among them on a sample.
An HNSW graph or an inverted file proposes more than k candidates a row, whose distances are then
computed in float64 from differences; a true neighbor the index never met stays missing, which is
why the recall belongs beside every such result. Never the default.
Source: Malkov, Yashunin, IEEE TPAMI 42, 824 (2020); Jegou, Douze, Schmid, IEEE TPAMI 33, 117
(2011); both as in FAISS.
"""

from dataclasses import dataclass
from typing import Literal

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sempark.geometry.neighbors import Neighbors, Progress, checked, nearest, nearest_of_rows

IndexKind = Literal["hnsw", "ivf"]
BLOCK_VALUES = 2**24


@dataclass(frozen=True)
class Approximate:
    """Neighbor lists that may miss some.

    Attributes
    ----------
    neighbors : Neighbors
        As from `nearest`, of the candidates the index met.
    recall : float
        Share of list places of the sample at most as far as the true k-th neighbor.
    n_sampled : int
        Rows the recall was measured on.
    """

    neighbors: Neighbors
    recall: float
    n_sampled: int


def nearest_approximate(
    X: ArrayLike,
    k: int,
    rng: np.random.Generator,
    index: IndexKind = "hnsw",
    n_sampled: int = 1000,
    progress: Progress | None = None,
) -> Approximate:
    """Find about the k nearest other rows of every row of X.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers.
    k : int
        1 <= k <= n - 1.
    rng : numpy.random.Generator
        Draws the sample the recall is measured on.
    index : {"hnsw", "ivf"}
        A graph of 32 links a point, or cells of which a sixteenth is searched. FAISS builds the
        graph with all its threads: its lists may differ from run to run.
    n_sampled : int
        Rows searched exactly for the recall, at most n.
    progress : callable, optional
        Called with (rows done, rows in all).

    Returns
    -------
    Approximate
        A row is never its own neighbor; ties by lower index among the candidates. Rows for which
        the index found fewer than k others are searched exactly.

    Raises
    ------
    ValueError
        An unknown index, `n_sampled` < 1, or what `nearest` refuses.
    """
    points = np.asarray(X)
    if index not in ("hnsw", "ivf"):
        raise ValueError(f"index must be 'hnsw' or 'ivf', received {index!r}")
    if n_sampled < 1:
        raise ValueError(f"n_sampled must be at least 1, received {n_sampled}")
    n = len(points)
    some = np.sort(rng.choice(n, min(n, n_sampled), replace=False)) if n else np.empty(0, np.int64)
    # the exact search comes first: it refuses what is no set of points
    exact = nearest(points, min(k + 1, n), queries=points[some]) if 1 <= k < n else nearest(X, k)
    candidates = _search(points, min(n, k + 1 + max(8, k // 8)), k, index)
    indices, distances = np.empty((n, k), np.int64), np.empty((n, k))
    step = max(1, BLOCK_VALUES // (candidates.shape[1] * points.shape[1]))
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        indices[rows], distances[rows] = _measure(points, rows, candidates[rows], k)
        if progress is not None:
            progress(int(rows[-1]) + 1, n)
    short = np.flatnonzero(np.isinf(distances).any(axis=1))
    if len(short):
        exact_rows = nearest_of_rows(checked(points), k, short)
        indices[short], distances[short] = exact_rows.indices, exact_rows.distances
    # the point itself is among the k + 1 nearest of its place, at distance 0
    reach = exact.distances[:, -1:]
    recall = float((distances[some] <= reach * (1 + 1e-12)).mean())
    return Approximate(Neighbors(indices, distances), recall, len(some))


def _search(
    points: NDArray[np.floating], n_candidates: int, k: int, index: IndexKind
) -> NDArray[np.int64]:
    """Candidates of each row, -1 where the index found no more."""
    n, d = points.shape
    middle = np.median(points[:: max(1, n // 1024)].astype(np.float64), axis=0)
    work = np.ascontiguousarray(points - middle, np.float32)
    if index == "hnsw":
        graph = faiss.IndexHNSWFlat(d, 32)
        graph.hnsw.efConstruction = 100
        graph.hnsw.efSearch = max(64, 2 * n_candidates)
        graph.add(work)
        return np.asarray(graph.search(work, n_candidates)[1], np.int64)
    cells = max(1, min(int(4 * n**0.5), n // 39))
    inverted = faiss.IndexIVFFlat(faiss.IndexFlatL2(d), d, cells)
    inverted.train(work)
    inverted.add(work)
    inverted.nprobe = max(1, cells // 16)
    return np.asarray(inverted.search(work, n_candidates)[1], np.int64)


def _measure(
    points: NDArray[np.floating], rows: NDArray[np.int64], candidates: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    differences = points[candidates].astype(np.float64)
    differences -= points[rows].astype(np.float64)[:, None]
    distances = np.sqrt(np.einsum("ijk,ijk->ij", differences, differences))
    distances[(candidates < 0) | (candidates == rows[:, None])] = np.inf
    # by distance, then by index
    order = np.lexsort((candidates, distances), axis=1)[:, :k]
    return np.take_along_axis(candidates, order, axis=1), np.take_along_axis(
        distances, order, axis=1
    )
