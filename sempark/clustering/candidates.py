"""Which clusters may be nearest: a scan of all clusters in float32 that misses none.

In: centers, spreads and sizes of clusters, and the clusters that look for neighbors. Out: for each,
the few clusters with the lowest lower bound, and a bound that holds for all others.

For complete linkage the squared distance of A and B is at least |cA - cB|^2 + vA + vB, because a
largest value is no smaller than the mean; for Ward it is 2 a b / (a + b) |cA - cB|^2. The c are
centers, the v mean squared deviations, a and b sizes. Blocks of clusters are passed over by their
boxes. float32 proposes; what its rounding may hide is taken off the bound.

Source: section 4.1 of the thesis for the linkages.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from sempark.clustering.merges import Floats, Ints

Singles = npt.NDArray[np.float32]
Shorts = npt.NDArray[np.int32]

BLOCK = 128
GROUP = 4  # clusters that ask together and share what is read


class Layout(NamedTuple):
    """Living clusters in blocks of columns: block b, column i holds slots[BLOCK b + i]."""

    columns: (
        Singles  # (blocks, wide, BLOCK) centers, shifted and scaled; wide: d padded to 4s with 0
    )
    spread: Singles  # (blocks, BLOCK) scaled; infinite where no cluster is
    size: Singles  # (blocks, BLOCK)
    low: Singles  # (blocks, wide) the box of each block
    high: Singles
    least: Singles  # (blocks, 2) smallest spread and size
    slots: Ints
    scale: float
    slack: float  # more than float32 takes off any distance of two centers, in the scaled unit


def lay_out(centers: Floats, spread: Floats, size: Ints, slots: Ints) -> Layout:
    """Lay clusters out for `scan`.

    Parameters
    ----------
    centers : float64 (n, d)
    spread : float64 (n,)
        Mean squared deviation from the center, or 0.
    size : int64 (n,)
    slots : int64 (m,)
        Rows that hold a cluster; neighbors in this order should lie close together.

    Returns
    -------
    Layout
    """
    low, high = centers[slots].min(axis=0), centers[slots].max(axis=0)
    shift = low + (high - low) / 2
    reach = float(np.max(high - low)) / 2
    scale = 2.0 ** -np.ceil(np.log2(reach)) if reach > 0 else 1.0
    columns, spreads, sizes, lows, highs, least = _filled(
        centers, spread, size, slots, shift, scale
    )
    slack = 2.0**-22 * np.sqrt(float(columns.shape[1]))  # both centers, each at most sqrt(d)
    return Layout(columns, spreads, sizes, lows, highs, least, slots, float(scale), float(slack))


@numba.njit(cache=True, nogil=True)
def _filled(
    centers: Floats, spread: Floats, size: Ints, slots: Ints, shift: Floats, scale: float
) -> tuple[Singles, Singles, Singles, Singles, Singles, Singles]:
    """Fill the arrays of a Layout."""
    m, d = len(slots), centers.shape[1]
    wide, blocks = (d + 3) // 4 * 4, (m + BLOCK - 1) // BLOCK
    columns = np.zeros((blocks, wide, BLOCK), np.float32)
    spreads = np.full((blocks, BLOCK), np.inf, np.float32)
    sizes = np.ones((blocks, BLOCK), np.float32)
    low = np.zeros((blocks, wide), np.float32)
    high = np.zeros((blocks, wide), np.float32)
    least = np.full((blocks, 2), np.inf, np.float32)
    for i in range(m):
        b, j, s = i // BLOCK, i % BLOCK, slots[i]
        for c in range(d):
            x = np.float32((centers[s, c] - shift[c]) * scale)
            columns[b, c, j] = x
            if j == 0 or x < low[b, c]:
                low[b, c] = x
            if j == 0 or x > high[b, c]:
                high[b, c] = x
        spreads[b, j], sizes[b, j] = spread[s] * scale * scale, size[s]
        least[b, 0] = min(least[b, 0], spreads[b, j])
        least[b, 1] = min(least[b, 1], sizes[b, j])
    return columns, spreads, sizes, low, high, least


@numba.njit(cache=True, nogil=True)
def scan(at: Layout, asked: Ints, ward: bool, found: Shorts, bounds: Singles) -> None:
    """Fill, for each position asked for, the lowest bounds and where they are.

    Parameters
    ----------
    at : Layout
    asked : int64 (q,)
        Positions in `at.slots`.
    ward : bool
        Else complete linkage.
    found : int32 (q, keep)
        Filled with positions, a max-heap by bound; -1 where there are fewer.
    bounds : float32 (q, keep)
        Filled with bounds, scaled: without the asking cluster's own spread (complete) or the
        factor 2 a (Ward), which are the same for all.
    """
    bounds[:] = np.inf
    found[:] = -1
    squares = np.empty((GROUP, BLOCK), np.float32)
    needed = np.empty(GROUP, np.bool_)
    for q in range(0, len(asked), GROUP):
        group = asked[q : q + GROUP]
        point = points(at, group)
        home = group[0] // BLOCK
        for step in range(-1, len(at.columns)):
            b = home if step < 0 else step
            if step == home:
                continue
            if not measure(at, group, point, b, ward, bounds[q : q + GROUP, 0], squares, needed):
                continue
            for u in range(len(group)):
                if needed[u]:
                    heap, where = bounds[q + u], found[q + u]
                    for i in range(BLOCK):
                        if squares[u, i] < heap[0]:
                            _replace(heap, where, squares[u, i], b * BLOCK + i)


@numba.njit(cache=True, nogil=True)
def points(at: Layout, group: Ints) -> Singles:
    """Give the centers of up to GROUP positions; the last is repeated."""
    point = np.empty((GROUP, at.columns.shape[1]), np.float32)
    for u in range(GROUP):
        position = group[min(u, len(group) - 1)]
        point[u] = at.columns[position // BLOCK, :, position % BLOCK]
    return point


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "contract", "reassoc"})
def measure(
    at: Layout,
    group: Ints,
    point: Singles,
    b: int,
    ward: bool,
    limits: Singles,
    squares: Singles,
    needed: npt.NDArray[np.bool_],
) -> bool:
    """Measure up to GROUP positions against block b, unless its box lies beyond all limits.

    Fills `squares` with bounds, infinite for the position itself and where nothing is, and `needed`
    with who finds one below its limit.
    """
    wide = at.columns.shape[1]
    inside = False
    for u in range(len(group)):
        gap = np.float32(0.0)
        for c in range(wide):
            x = point[u, c]
            side = max(max(at.low[b, c] - x, x - at.high[b, c]), np.float32(0.0))
            gap += side * side
        mine = at.size[group[u] // BLOCK, group[u] % BLOCK]
        gap = gap * (at.least[b, 1] / (mine + at.least[b, 1])) if ward else gap + at.least[b, 0]
        if gap < limits[u] * np.float32(1.00001):  # the box's sum may round up, a point's down
            inside = True
            break
    if not inside:
        return False
    _squared(at.columns[b], point, squares)
    inside = False
    for u in range(len(group)):
        row = squares[u]
        mine = at.size[group[u] // BLOCK, group[u] % BLOCK]
        if not ward:
            for i in range(BLOCK):
                row[i] += at.spread[b, i]
        for i in range(len(at.slots) - b * BLOCK, BLOCK):
            row[i] = np.inf
        if b == group[u] // BLOCK:
            row[group[u] % BLOCK] = np.inf
        least = at.least[b, 1] / (mine + at.least[b, 1]) if ward else np.float32(1.0)
        if ward and _lowest(row) * least >= limits[u]:
            needed[u] = False
            continue
        if ward:
            for i in range(BLOCK):
                row[i] *= at.size[b, i] / (mine + at.size[b, i])
        needed[u] = _lowest(row) < limits[u]
        inside = inside or needed[u]
    return inside


@numba.njit(cache=True, nogil=True, inline="always", fastmath={"nnan", "nsz"})
def _lowest(row: Singles) -> float:
    """Give the least value."""
    lowest = row[0]
    for i in range(BLOCK):
        lowest = min(lowest, row[i])
    return lowest


@numba.njit(
    cache=True, nogil=True, inline="always", fastmath={"nnan", "nsz", "contract", "reassoc"}
)
def _squared(columns: Singles, point: Singles, squares: Singles) -> None:
    """Give squared distances of four points to a block, four dimensions at a time."""
    squares[:] = 0
    for c in range(0, columns.shape[0], 4):
        a0, a1, a2, a3 = point[0, c], point[0, c + 1], point[0, c + 2], point[0, c + 3]
        b0, b1, b2, b3 = point[1, c], point[1, c + 1], point[1, c + 2], point[1, c + 3]
        e0, e1, e2, e3 = point[2, c], point[2, c + 1], point[2, c + 2], point[2, c + 3]
        f0, f1, f2, f3 = point[3, c], point[3, c + 1], point[3, c + 2], point[3, c + 3]
        for i in range(BLOCK):
            x0, x1, x2, x3 = columns[c, i], columns[c + 1, i], columns[c + 2, i], columns[c + 3, i]
            squares[0, i] += (x0 - a0) ** 2 + (x1 - a1) ** 2 + (x2 - a2) ** 2 + (x3 - a3) ** 2
            squares[1, i] += (x0 - b0) ** 2 + (x1 - b1) ** 2 + (x2 - b2) ** 2 + (x3 - b3) ** 2
            squares[2, i] += (x0 - e0) ** 2 + (x1 - e1) ** 2 + (x2 - e2) ** 2 + (x3 - e3) ** 2
            squares[3, i] += (x0 - f0) ** 2 + (x1 - f1) ** 2 + (x2 - f2) ** 2 + (x3 - f3) ** 2


@numba.njit(cache=True, nogil=True, inline="always")
def _replace(heap: Singles, where: Shorts, value: float, position: int) -> None:
    """Put a value in the place of the largest and restore the heap."""
    i, keep = 0, len(heap)
    while True:
        child = 2 * i + 1
        if child >= keep:
            break
        if child + 1 < keep and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= value:
            break
        heap[i], where[i] = heap[child], where[child]
        i = child
    heap[i], where[i] = value, position
