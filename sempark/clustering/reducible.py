"""Complete and Ward linkage of many points, exact, in memory that grows with n.

In: points. Out: Merges, sorted by height.

Rounds: clusters whose list of near ones has run out scan all others (`candidates`, `near_lists`),
then reciprocal nearest clusters merge (`reciprocal`) until lists run out again. Centers tell less
and less of a complete linkage's distance as clusters grow, so its last clusters are merged from a
matrix of all their distances (`dense`).

Source: section 4.1 of the thesis; Murtagh, Comput. J. 26, 354, 1983.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sempark.clustering import dense
from sempark.clustering.candidates import Layout, Shorts, lay_out, scan
from sempark.clustering.living import State, begin
from sempark.clustering.merges import Floats, Ints, Merges, from_pairs
from sempark.clustering.near_lists import admit, settle
from sempark.clustering.reciprocal import advance
from sempark.clustering.spanning import blocked

Progress = Callable[[int, int], None]

KEEP = 17  # candidates a scan brings; the last gives the limit
CHUNK = 512  # clusters that ask in one task
MATRIX = 1300  # squared clusters of the last matrix, a point: 5.2 kB of it

logger = logging.getLogger(__name__)


def linked(X: Floats, ward: bool, progress: Progress | None = None) -> Merges:
    """Merge the two nearest clusters until one is left.

    Parameters
    ----------
    X : float64 (n, d)
        Points, finite, n at least 2.
    ward : bool
        Ward linkage, else complete.
    progress : callable, optional
        Called with (merges done, merges in all).

    Returns
    -------
    Merges
        By rising height. The result does not depend on the number of threads.
    """
    n = len(X)
    order = blocked(X)
    threads = len(os.sched_getaffinity(0))
    state = begin(X[order])
    pairs, squared = np.empty((n - 1, 2), np.int32), np.empty(n - 1)
    goal = n - 1 if ward else max(0, n - max(1, int(np.sqrt(MATRIX * n))))
    made = 0
    with ThreadPoolExecutor(threads) as pool:
        while made < goal:
            _search(state, ward, pool)
            made = advance(state, ward, pairs, squared, made, goal)
            if progress is not None:
                progress(made, n - 1)
    if made < n - 1:
        _finish(state, pairs, squared, made, threads)
        if progress is not None:
            progress(n - 1, n - 1)
    return _sorted(order, pairs, squared)


def _search(state: State, ward: bool, pool: ThreadPoolExecutor) -> None:
    """Give every cluster without a list one."""
    slots = np.flatnonzero(state.number >= 0)
    asked = np.flatnonzero(state.length[slots] == 0)
    at = lay_out(state.centers, state.spread, state.size, slots)
    chunks = [asked[i : i + CHUNK] for i in range(0, len(asked), CHUNK)]
    list(pool.map(lambda chunk: _ask(state, at, chunk, ward), chunks))


def _ask(state: State, at: Layout, asked: Ints, ward: bool) -> None:
    """Scan for some clusters, and settle those whose candidates prove nothing."""
    found = np.empty((len(asked), KEEP), np.int32)
    bounds = np.empty((len(asked), KEEP), np.float32)
    scan(at, asked, ward, found, bounds)
    admit(state, at, asked, ward, found, bounds)
    open_ = np.flatnonzero(state.length[at.slots[asked]] == 0)
    if len(open_):
        settle(state, at, asked[open_], ward, found[open_])


def _finish(state: State, pairs: Shorts, squared: Floats, made: int, threads: int) -> None:
    """Merge the clusters that are left from the matrix of their distances."""
    slots = np.flatnonzero(state.number >= 0)
    members = np.empty(len(state.X), np.int64)
    starts = np.concatenate([[0], np.cumsum(state.size[slots])])
    for i, slot in enumerate(slots):
        point = state.head[slot]
        for k in range(starts[i], starts[i + 1]):
            members[k] = point
            point = state.following[point]
    first, second, rest = dense.complete(state.X[members], starts, threads)
    heads = state.head[slots]
    pairs[made:, 0], pairs[made:, 1], squared[made:] = heads[first], heads[second], rest


def _sorted(order: Ints, pairs: Shorts, squared: Floats) -> Merges:
    """Sort merges by height, parts before the whole, which rounding may not put below them."""
    n = len(order)
    tree = from_pairs(order[pairs[:, 0]], order[pairs[:, 1]], squared, n)
    heights = np.concatenate([np.zeros(n), squared])
    for t, (a, b) in enumerate(tree.children.tolist()):
        heights[n + t] = max(heights[n + t], heights[a], heights[b])
    by_height = np.argsort(heights[n:], kind="stable")
    first, second = order[pairs[by_height, 0]], order[pairs[by_height, 1]]
    return from_pairs(first, second, np.sqrt(heights[n:][by_height]), n)
