"""Merging reciprocal nearest clusters: the bookkeeping of complete and Ward linkage.

In: points, and lists of near clusters. Out: merges, as pairs of points with squared heights.

Both linkages are reducible: a merged cluster is no nearer to a third than the nearer of its parts.
So two clusters that are each other's nearest may be merged at once, in any order, and a list of
all clusters nearer than some limit stays such a list while others merge. For complete linkage an
entry lives on when all parts of the merged cluster were listed (their largest distance is exact);
for Ward its distance is taken anew from the centers. The list of a merged cluster comes from the
lists of its parts. Only a cluster whose list has run out must look at all others again.

Source: section 4.1 of the thesis; Bruynooghe, 1978, and Murtagh, Comput. J. 26, 354, 1983
(reducibility, reciprocal nearest neighbors).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from sempark.clustering.candidates import (
    BLOCK,
    GROUP,
    Layout,
    Shorts,
    Singles,
    measure,
    points,
)
from sempark.clustering.merges import Floats, Ints

ROOM = 24  # entries of a list


class State(NamedTuple):
    """Clusters live in slots 0..n-1; each ever made has a number, points 0..n-1 and so on up."""

    X: Floats  # (n, d)
    centers: Floats  # (n, d) by slot
    spread: Floats  # (n,) by slot: mean squared deviation (complete), 0 (Ward)
    size: Ints  # (n,) by slot
    number: Ints  # (n,) by slot, -1: empty
    slot: Shorts  # (2 n - 1,) by number
    above: Shorts  # (2 n - 1,) by number: what it merged into, or itself
    total: Shorts  # (2 n - 1,) by number: size
    head: Shorts  # (n,) by slot: first member, in a chain through `following`
    tail: Shorts
    following: Shorts  # (n,) by point
    far: Shorts  # (n,) by slot: a member far from the center
    near: Shorts  # (n, ROOM) by slot: numbers of near clusters
    squared: Floats  # (n, ROOM) their squared distances
    length: Shorts  # (n,) entries in use
    limit: Floats  # (n,) no cluster that is not listed is nearer, squared


def begin(X: Floats) -> State:
    """Start with every point a cluster, and empty lists."""
    n = len(X)
    numbers = np.arange(2 * n - 1, dtype=np.int32)
    points = np.arange(n, dtype=np.int32)
    return State(
        X=X,
        centers=X.copy(),
        spread=np.zeros(n),
        size=np.ones(n, np.int64),
        number=np.arange(n),
        slot=numbers.copy(),
        above=numbers.copy(),
        total=np.ones(2 * n - 1, np.int32),
        head=points.copy(),
        tail=points.copy(),
        following=np.full(n, -1, np.int32),
        far=points.copy(),
        near=np.zeros((n, ROOM), np.int32),
        squared=np.zeros((n, ROOM)),
        length=np.zeros(n, np.int32),
        limit=np.zeros(n),
    )


@numba.njit(cache=True, nogil=True)
def squared_distance(s: State, a: int, b: int, ward: bool, limit: float) -> float:
    """Give the squared distance of two slots; infinite once it is known to pass the limit."""
    d = s.X.shape[1]
    if ward:
        total = 0.0
        for c in range(d):
            gap = s.centers[a, c] - s.centers[b, c]
            total += gap * gap
        return 2.0 * s.size[a] * s.size[b] / (s.size[a] + s.size[b]) * total
    largest = 0.0
    for c in range(d):  # the two members most likely to be far apart
        gap = s.X[s.far[a], c] - s.X[s.far[b], c]
        largest += gap * gap
    if largest > limit:
        return np.inf
    i = s.head[a]
    while i >= 0:
        j = s.head[b]
        while j >= 0:
            total = 0.0
            for c in range(d):
                gap = s.X[i, c] - s.X[j, c]
                total += gap * gap
            if total > largest:
                largest = total
                if largest > limit:
                    return np.inf
            j = s.following[j]
        i = s.following[i]
    return largest


@numba.njit(cache=True)
def advance(s: State, ward: bool, pairs: Shorts, heights: Floats, made: int, goal: int) -> int:
    """Merge reciprocal nearest clusters until lists have run out or `goal` merges are made.

    From every cluster the chain of nearest neighbors is followed, distances falling, to a pair that
    merges, or to a cluster with no list: then the whole chain must wait for a search.
    """
    n = len(s.X)
    waits = np.zeros(n, np.bool_)
    chain, steps = np.empty(n, np.int64), np.empty(n)
    for start in range(n):
        if s.number[start] < 0 or waits[start]:
            continue
        chain[0], length = start, 1
        while length > 0 and made < goal:
            a = chain[length - 1]
            e = _nearest(s, a, ward)
            if e < 0 or waits[s.slot[s.near[a, e]]]:
                for i in range(length):
                    waits[chain[i]] = True
                break
            height = s.squared[a, e]
            if length == 1 or height < steps[length - 2]:
                steps[length - 1] = height
                chain[length] = s.slot[s.near[a, e]]
                length += 1
                continue
            b = chain[length - 2]  # a's nearest is no nearer than b, whose nearest is a
            pairs[made, 0], pairs[made, 1] = s.head[a], s.head[b]
            heights[made] = steps[length - 2]
            _merge(s, a, b, n + made, ward)
            made += 1
            length -= 2
    return made


@numba.njit(cache=True)
def _find(above: Shorts, x: int) -> int:
    """Give the living cluster that holds cluster x."""
    root = x
    while above[root] != root:
        root = above[root]
    while above[x] != root:
        above[x], x = root, above[x]
    return root


@numba.njit(cache=True)
def _nearest(s: State, a: int, ward: bool) -> int:
    """Bring the list of slot a up to date; give its nearest entry, ties to the lowest number."""
    length = s.length[a]
    stale = False
    for e in range(length):
        if s.above[s.near[a, e]] != s.near[a, e]:
            stale = True
    if stale:
        kept = 0
        seen = np.empty(ROOM, np.int64)
        for e in range(length):
            x = s.near[a, e]
            now, value, parts = _find(s.above, x), s.squared[a, e], s.total[x]
            at = 0
            while at < kept and s.near[a, at] != now:
                at += 1
            if at < kept:
                if not ward:
                    s.squared[a, at] = max(s.squared[a, at], value)
                    seen[at] += parts
                continue
            if ward and now != x:
                value = squared_distance(s, a, s.slot[now], True, np.inf)
            s.near[a, kept], s.squared[a, kept], seen[kept] = now, value, parts
            kept += 1
        length = kept
        kept = 0
        for e in range(length):
            whole = s.squared[a, e] <= s.limit[a] if ward else seen[e] == s.total[s.near[a, e]]
            if whole:
                s.near[a, kept], s.squared[a, kept] = s.near[a, e], s.squared[a, e]
                kept += 1
        s.length[a] = kept
    best = -1
    for e in range(s.length[a]):
        if (
            best < 0
            or s.squared[a, e] < s.squared[a, best]
            or (s.squared[a, e] == s.squared[a, best] and s.near[a, e] < s.near[a, best])
        ):
            best = e
    return best


@numba.njit(cache=True)
def _merge(s: State, a: int, b: int, made: int, ward: bool) -> None:
    """Merge slots a and b into a, as number `made`."""
    _nearest(s, a, ward)
    _nearest(s, b, ward)
    old_a, old_b = s.number[a], s.number[b]
    size_a, size_b = s.size[a], s.size[b]
    size = size_a + size_b
    d = s.X.shape[1]
    apart = 0.0
    for c in range(d):
        gap = s.centers[a, c] - s.centers[b, c]
        apart += gap * gap
        s.centers[a, c] -= gap * (size_b / size)  # exactly where it was if both are alike
    if not ward:
        s.spread[a] = (
            size_a * s.spread[a] + size_b * s.spread[b] + size_a * size_b / size * apart
        ) / size
        s.following[s.tail[a]] = s.head[b]
        s.tail[a] = s.tail[b]
        s.far[a] = _farther(s, a, s.far[a], s.far[b])
    s.above[old_a] = s.above[old_b] = made
    s.slot[made], s.total[made] = a, size
    s.number[a], s.number[b], s.size[a] = made, -1, size
    if ward:
        _join_lists(s, a, b, old_a, old_b, size_a, size_b)
    else:
        _cross_lists(s, a, b)
    s.length[b] = 0


@numba.njit(cache=True)
def _farther(s: State, a: int, i: int, j: int) -> int:
    """Give the one of two members that lies farther from the center."""
    first, second = 0.0, 0.0
    for c in range(s.X.shape[1]):
        first += (s.X[i, c] - s.centers[a, c]) ** 2
        second += (s.X[j, c] - s.centers[a, c]) ** 2
    return i if first >= second else j


@numba.njit(cache=True)
def _cross_lists(s: State, a: int, b: int) -> None:
    """Complete: keep what both parts list, at the larger distance, below the lower limit."""
    s.limit[a] = min(s.limit[a], s.limit[b])
    kept = 0
    for e in range(s.length[a]):
        for f in range(s.length[b]):
            if s.near[a, e] == s.near[b, f]:
                value = max(s.squared[a, e], s.squared[b, f])
                if value <= s.limit[a]:
                    s.near[a, kept], s.squared[a, kept] = s.near[a, e], value
                    kept += 1
                break
    s.length[a] = kept


@numba.njit(cache=True)
def _join_lists(s: State, a: int, b: int, old_a: int, old_b: int, size_a: int, size_b: int) -> None:
    """Ward: keep what either part lists, measured anew.

    What neither lists is no nearer than the limits' mean by size: its distance is a mean of that
    and of something larger (Lance and Williams' formula).
    """
    mean = (size_a * s.limit[a] + size_b * s.limit[b]) / (size_a + size_b)
    limit = mean * (1.0 - 1e-12) if mean < np.inf else np.inf
    numbers, kept = np.empty(2 * ROOM, np.int64), 0
    for slot in (a, b):
        for e in range(s.length[slot]):
            x = s.near[slot, e]
            fresh = x != old_a and x != old_b
            for g in range(kept):
                if numbers[g] == x:
                    fresh = False
            if fresh:
                numbers[kept] = x
                kept += 1
    length = 0
    for g in range(kept):
        value = squared_distance(s, a, s.slot[numbers[g]], True, np.inf)
        if value > limit:
            continue
        if length == ROOM:  # full: the farthest goes, and nothing farther is promised
            worst = np.argmax(s.squared[a])
            if value >= s.squared[a, worst]:
                limit = min(limit, value)
                continue
            limit = min(limit, s.squared[a, worst])
            s.near[a, worst], s.squared[a, worst] = numbers[g], value
            continue
        s.near[a, length], s.squared[a, length] = numbers[g], value
        length += 1
    s.length[a], s.limit[a] = length, limit


@numba.njit(cache=True, nogil=True)
def admit(s: State, at: Layout, asked: Ints, ward: bool, found: Shorts, bounds: Singles) -> None:
    """Make lists of what `scan` found, with exact distances; one may come out empty."""
    wide = at.columns.shape[1]
    for q in range(len(asked)):
        a = at.slots[asked[q]]
        limit = np.inf
        if found[q, 0] >= 0:
            rounding = 1.0 - (wide + 8) * 2.0**-23
            root = max(np.sqrt(bounds[q, 0] * rounding) - at.slack, 0.0) / at.scale
            limit = (
                2.0 * s.size[a] * root * root if ward else root * root + s.spread[a] * (1 - 1e-12)
            )
        _list(s, a, at.slots, found[q], ward, limit)


@numba.njit(cache=True, nogil=True)
def _list(s: State, a: int, slots: Ints, positions: Shorts, ward: bool, limit: float) -> None:
    """Fill the list of slot a with the given clusters that are no farther than the limit."""
    length = 0
    for position in positions:
        if position < 0:
            continue
        b = slots[position]
        value = squared_distance(s, a, b, ward, limit)
        if value <= limit and length < ROOM:
            s.near[a, length], s.squared[a, length] = s.number[b], value
            length += 1
    s.length[a], s.limit[a] = length, limit


@numba.njit(cache=True, nogil=True)
def settle(s: State, at: Layout, asked: Ints, ward: bool, found: Shorts) -> None:
    """Find the nearest cluster where `admit` could not: look at all whose bound is no higher.

    The best of the candidates is a first answer; the limit is the answer in the end.
    """
    squares, needed = np.empty((GROUP, BLOCK), np.float32), np.empty(GROUP, np.bool_)
    limits = np.empty(GROUP, np.float32)
    for q in range(0, len(asked), GROUP):
        group = asked[q : q + GROUP]
        point = points(at, group)
        for u in range(len(group)):
            a, best = at.slots[group[u]], np.inf
            for place in found[q + u]:
                if place >= 0:
                    best = min(best, squared_distance(s, a, at.slots[place], ward, best))
            s.limit[a], s.length[a] = best, 0
            limits[u] = _reach(s, at, a, ward)
        for b in range(len(at.columns)):
            if not measure(at, group, point, b, ward, limits[: len(group)], squares, needed):
                continue
            for u in range(len(group)):
                if needed[u]:
                    for i in range(BLOCK):
                        if squares[u, i] < limits[u]:
                            slot = at.slots[b * BLOCK + i]
                            if _offer(s, at.slots[group[u]], slot, ward):
                                limits[u] = _reach(s, at, at.slots[group[u]], ward)


@numba.njit(cache=True, nogil=True)
def _reach(s: State, at: Layout, a: int, ward: bool) -> float:
    """Give a scaled bound that no cluster as near as the limit passes, however float32 rounds."""
    square = s.limit[a] / (2.0 * s.size[a]) if ward else max(s.limit[a] - s.spread[a], 0.0)
    root = np.sqrt(square) * (1.0 + 1e-12) * at.scale + at.slack
    if not ward:  # spreads that cancel
        root = np.sqrt(root * root + 1e-12 * s.spread[a] * at.scale * at.scale)
    return root * root * (1.0 + (at.columns.shape[1] + 8) * 2.0**-22)


@numba.njit(cache=True, nogil=True)
def _offer(s: State, a: int, b: int, ward: bool) -> bool:
    """List slot b if none is nearer to slot a; tell whether it is nearer than all before."""
    value = squared_distance(s, a, b, ward, s.limit[a])
    if value > s.limit[a]:
        return False
    nearer = value < s.limit[a]
    if nearer:
        s.limit[a], s.length[a] = value, 0
    if s.length[a] < ROOM:
        s.near[a, s.length[a]], s.squared[a, s.length[a]] = s.number[b], value
        s.length[a] += 1
    return nearer
