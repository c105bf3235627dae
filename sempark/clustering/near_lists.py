"""Lists of near clusters, under complete or Ward linkage, kept right while clusters merge.

In: what `candidates` found. Out: for a cluster, its exact nearest one, as long as its list lasts.

A list holds all clusters nearer than its limit. Both linkages are reducible: a merged cluster is no
nearer to a third than the nearer of its parts, so nothing unlisted comes below the limit. For
complete linkage an entry lives on when all parts of the merged cluster were listed (their largest
distance is exact); for Ward its distance is taken anew from the centers. The list of a merged
cluster comes from the lists of its parts.

Source: Murtagh, Comput. J. 26, 354, 1983 (reducibility).
"""

from __future__ import annotations

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
from sempark.clustering.living import ROOM, State, find, squared_distance
from sempark.clustering.merges import Ints


@numba.njit(cache=True)
def nearest(s: State, a: int, ward: bool) -> int:
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
            now, value, parts = find(s.above, x), s.squared[a, e], s.total[x]
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
def cross_lists(s: State, a: int, b: int) -> None:
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
def join_lists(s: State, a: int, b: int, old_a: int, old_b: int, size_a: int, size_b: int) -> None:
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
