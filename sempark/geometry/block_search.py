"""Exact neighbors block by block, leaving out blocks too far off.

In: points and queries in blocks of near rows. Out: lists of neighbors and their certificates.
A block of queries meets the blocks of points from near to far. Keys come from one float32 matrix
product about the queries' own middle, so that they are precise where it matters; a block whose
bounding box lies beyond every threshold is left out. What float32 cannot prove, `rescan_blocks`
searches again in float64, where every point within the error of the k-th distance is measured.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sempark.geometry.heap import ascend, offer
from sempark.geometry.kernel import kernel
from sempark.geometry.partition import box_gaps, nearest_first
from sempark.geometry.selection import SLACK, UNIT_64, distance, finish, product_error, push_row


class Side(NamedTuple):
    """Points as the compiled search takes them.

    Place p of block b, starts[b] <= p < starts[b + 1], is row places[p] of `rows`, and row ids[p]
    of what was given.
    """

    rows: NDArray[np.floating]
    places: NDArray[np.int64]
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@kernel
def search_blocks(
    points: Side,
    queries: Side,
    own: bool,
    blocks: tuple[int, int],
    n_keep: int,
    scale: float,
    indices: NDArray[Any],
    distances: NDArray[Any],
    certified: NDArray[Any],
) -> int:
    """Fill `indices`, `distances`, `certified` for the query blocks first..last - 1.

    `own`: the queries are the points, each left out of its own list. `n_keep`: candidates kept a
    row, k or more. `scale`: a power of two that brings all differences to at most about 1. Row
    ids[p] of the output belongs to query place p. Returns the pairs of blocks multiplied.
    """
    d = points.rows.shape[1]
    width, height = longest(points.starts), longest(queries.starts)
    left, right = np.empty((height, d + 1), np.float32), np.empty((width, d + 1), np.float32)
    squares, unused = np.empty(height), np.empty(width)
    tile = np.empty(height * width, np.float32)
    keys = np.empty((height, 2 * n_keep), np.float32)
    found = np.empty((height, 2 * n_keep), np.int64)
    sizes, thresholds = np.empty(height, np.int64), np.empty(height, np.float32)
    scratch, mask = np.empty(d), np.empty(256, np.uint8)
    looked = 0
    for block in range(blocks[0], blocks[1]):
        start = queries.starts[block]
        m = queries.starts[block + 1] - start
        middle = (queries.low[block] + queries.high[block]) / 2
        center(queries, block, middle, scale, left, squares)
        turn_left(left, m)
        sizes[:] = 0
        thresholds[:] = np.inf
        gaps = box_gaps(queries.low[block], queries.high[block], points.low, points.high, scale)
        for other in nearest_first(middle, points.low, points.high):
            if gaps[other] >= np.max(thresholds[:m] + squares[:m]):
                continue
            looked += 1
            begin = points.starts[other]
            n = points.starts[other + 1] - begin
            center(points, other, middle, scale, right, unused)
            product = tile[: m * n].reshape((m, n))
            np.dot(left[:m], right[:n].T, product)
            for i in range(m):
                own_place = start + i if own else -1
                sizes[i], thresholds[i] = push_row(
                    product[i],
                    begin,
                    own_place,
                    keys[i],
                    found[i],
                    sizes[i],
                    thresholds[i],
                    mask,
                )
        for i in range(m):
            row = queries.ids[start + i]
            certified[row] = finish(
                points.rows,
                points.places,
                points.ids,
                queries.rows[queries.places[start + i]],
                keys[i, : sizes[i]],
                found[i, : sizes[i]],
                n_keep,
                thresholds[i],
                squares[i],
                True,
                scale,
                indices[row],
                distances[row],
                scratch,
            )
    return looked


@kernel
def rescan_blocks(
    points: Side,
    queries: Side,
    own: bool,
    blocks: tuple[int, int],
    scale: float,
    indices: NDArray[Any],
    distances: NDArray[Any],
) -> int:
    """Search the query blocks first..last - 1 again in float64, exact for any data.

    The lists already in `indices` and `distances` may lack a neighbor, but their last distances
    bound the true ones from above: every point whose key comes within the error of that bound is
    measured. Arguments as in `search_blocks`. Returns the number of points measured.
    """
    d = points.rows.shape[1]
    k = distances.shape[1]
    width, height = longest(points.starts), longest(queries.starts)
    left, right = np.empty((height, d + 1)), np.empty((width, d + 1))
    squares, unused = np.empty(height), np.empty(width)
    tile = np.empty(height * width)
    heap_distances, heap_indices = np.empty((height, k)), np.empty((height, k), np.int64)
    bounds = np.empty(height)
    scratch = np.empty(d)
    measured = 0
    for block in range(blocks[0], blocks[1]):
        start = queries.starts[block]
        m = queries.starts[block + 1] - start
        middle = (queries.low[block] + queries.high[block]) / 2
        center(queries, block, middle, scale, left, squares)
        turn_left(left, m)
        heap_distances[:] = np.inf
        heap_indices[:] = np.iinfo(np.int64).max
        for i in range(m):
            bounds[i] = distances[queries.ids[start + i], k - 1]
        gaps = box_gaps(queries.low[block], queries.high[block], points.low, points.high, scale)
        for other in nearest_first(middle, points.low, points.high):
            reach = np.max(bounds[:m]) * scale
            if gaps[other] > reach * reach:
                continue
            begin = points.starts[other]
            n = points.starts[other + 1] - begin
            center(points, other, middle, scale, right, unused)
            product = tile[: m * n].reshape((m, n))
            np.dot(left[:m], right[:n].T, product)
            for i in range(m):
                query = queries.rows[queries.places[start + i]]
                own_id = queries.ids[start + i] if own else -1
                norm, reach = squares[i] ** 0.5, bounds[i] * scale
                error = product_error(d, UNIT_64, norm, norm + reach, True)
                limit = reach * reach * (1 + SLACK) + error - squares[i] * (1 - SLACK)
                for c in range(n):
                    if product[i, c] > limit or points.ids[begin + c] == own_id:
                        continue
                    measured += 1
                    value = distance(query, points.rows[points.places[begin + c]], scratch)
                    offer(heap_distances[i], heap_indices[i], value, points.ids[begin + c])
                bounds[i] = min(bounds[i], heap_distances[i, 0])
        for i in range(m):
            row = queries.ids[start + i]
            ascend(heap_distances[i], heap_indices[i])
            distances[row] = heap_distances[i]
            indices[row] = heap_indices[i]
    return measured


@kernel
def longest(starts: NDArray[Any]) -> int:
    """Rows of the longest block."""
    return np.max(starts[1:] - starts[:-1])


@kernel
def center(
    side: Side,
    block: int,
    middle: NDArray[Any],
    scale: float,
    out: NDArray[Any],
    squares: NDArray[Any],
) -> None:
    """Write (x - middle) scale and, behind it, its squared norm; the norm in float64 to squares."""
    d = len(middle)
    start = side.starts[block]
    for i in range(side.starts[block + 1] - start):
        x = side.rows[side.places[start + i]]
        total = 0.0
        for j in range(d):
            difference = (np.float64(x[j]) - middle[j]) * scale
            total += difference * difference
            out[i, j] = difference
        out[i, d] = total
        squares[i] = total


@kernel
def turn_left(left: NDArray[Any], m: int) -> None:
    """Turn (a, |a|^2) into (-2 a, 1): its product with (b, |b|^2) is |a - b|^2 - |a|^2."""
    d = left.shape[1] - 1
    for i in range(m):
        for j in range(d):
            left[i, j] *= -2
        left[i, d] = 1
