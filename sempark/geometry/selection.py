"""Compiled pieces of the exact search: the distance, the reservoir of candidates, the final list.

In: keys of a tile (approximate squared distances) and the points themselves. Out: for each row the
k smallest (distance, index), ascending, and whether they are proved to be the right ones.
A key that is wrong by at most `error` can hide a neighbor only if it lies within `error` of the
k-th distance: where the first rejected key lies farther off, the list is exact.
Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1 (the error
of a product of any order of summation, gamma_n = n u / (1 - n u)).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sempark.geometry.heap import ascend, heapify, offer
from sempark.geometry.kernel import kernel

# up to here sums run in the order of the columns, beyond it in that of BLAS' dot product
SEQUENTIAL_COLUMNS = 64
TINY = 2.0**-900
UNIT_32 = 2.0**-24
UNIT_64 = 2.0**-53
# far above the rounding of the float64 sums of squares here, far below float32's
SLACK = 1e-11


@kernel
def distance(x: NDArray[Any], y: NDArray[Any], scratch: NDArray[Any]) -> float:
    """Euclidean distance from differences in float64, in one order of summation for each width.

    `scratch` is float64 (d,) or longer. Differences whose squares underflow are scaled first, so
    that only equal points have distance 0.
    """
    total = 0.0
    d = len(x)
    if d <= SEQUENTIAL_COLUMNS:
        for j in range(d):
            difference = np.float64(x[j]) - np.float64(y[j])
            total += difference * difference
    else:
        # the compiler vectorizes the differences but, bound to the order, no sum: BLAS has one
        differences = scratch[:d]
        for j in range(d):
            differences[j] = np.float64(x[j]) - np.float64(y[j])
        total = np.dot(differences, differences)
    if total < TINY:
        return _tiny_distance(x, y)
    return total**0.5


@kernel
def _tiny_distance(x: NDArray[Any], y: NDArray[Any]) -> float:
    largest = 0.0
    for j in range(len(x)):
        largest = max(largest, abs(np.float64(x[j]) - np.float64(y[j])))
    if largest == 0.0:
        return 0.0
    total = 0.0
    for j in range(len(x)):
        ratio = (np.float64(x[j]) - np.float64(y[j])) / largest
        total += ratio * ratio
    return largest * total**0.5


@kernel
def keep_smallest(keys: NDArray[Any], ids: NDArray[Any], size: int, n_keep: int) -> float:
    """Move the n_keep smallest keys (and their ids) to the front; return the largest of them."""
    low, high = 0, size - 1
    target = n_keep - 1
    while low < high:
        middle = (low + high) // 2
        a, b, c = keys[low], keys[middle], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while keys[i] < pivot:
                i += 1
            while keys[j] > pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                ids[i], ids[j] = ids[j], ids[i]
                i += 1
                j -= 1
        if target <= j:
            high = j
        elif target >= i:
            low = i
        else:
            break
    return keys[target]


@kernel
def push_row(
    row: NDArray[Any],
    first_place: int,
    own_place: int,
    keys: NDArray[Any],
    found: NDArray[Any],
    size: int,
    threshold: float,
    mask: NDArray[Any],
) -> tuple[int, float]:
    """Add the keys of a row below the threshold to its reservoir; return size and threshold.

    The reservoir holds up to 2 K keys with their places and falls back to the K smallest when
    full. Whatever was ever rejected has a key of at least the threshold returned. `mask` is
    scratch, uint8, a multiple of 8 long: its length is the step of the scan.
    """
    capacity, step = len(keys), len(mask)
    words = mask.view(np.uint64)
    for start in range(0, len(row), step):
        part = row[start : start + step]
        n = len(part)
        if _count_below(part, threshold) == 0:
            continue
        mask[n - n % 8 :] = 0
        _mark_below(part, threshold, mask)
        for word in range((n + 7) // 8):
            if words[word] == 0:
                continue
            for c in range(8 * word, min(8 * word + 8, n)):
                if part[c] < threshold and first_place + start + c != own_place:
                    keys[size] = part[c]
                    found[size] = first_place + start + c
                    size += 1
                    if size == capacity:
                        size = capacity // 2
                        threshold = keep_smallest(keys, found, capacity, size)
    return size, threshold


@kernel
def _count_below(row: NDArray[Any], threshold: float) -> np.int32:
    # int32 sums and plain bounds are what the compiler turns into vector instructions
    below, one, zero = np.int32(0), np.int32(1), np.int32(0)
    for c in range(len(row)):
        below += one if row[c] < threshold else zero
    return below


@kernel
def _mark_below(row: NDArray[Any], threshold: float, mask: NDArray[Any]) -> None:
    for c in range(len(row)):
        mask[c] = row[c] < threshold


@kernel
def product_error(d: int, unit: float, a: float, b: float, inside: bool) -> float:
    """Bound the error of the key |b|^2 - 2 a.b of two vectors of norms a, b, all in `unit`.

    Each entry was rounded once, |b|^2 rounded once and either added as one more term of the product
    (`inside`): gamma_(d+1) (2 a b + b^2) + 2 (2 u) a b + u b^2; or added to it afterwards:
    gamma_d 2 a b + 2 (2 u) a b + u b^2 + u (b^2 + 2 a b). Both rounded up; the last term is for
    underflow, entries being at most about 1.
    """
    gamma = (d + 3) * unit / (1 - (d + 3) * unit)
    terms = 2 * a * b + b * b if inside else 2 * a * b
    return 1.001 * gamma * terms + 5 * unit * a * b + 2 * unit * b * b + d * 2.0**-116


@kernel
def finish(
    rows: NDArray[Any],
    places: NDArray[Any],
    ids: NDArray[Any],
    query: NDArray[Any],
    keys: NDArray[Any],
    found: NDArray[Any],
    n_keep: int,
    threshold: float,
    square: float,
    inside: bool,
    scale: float,
    indices: NDArray[Any],
    distances: NDArray[Any],
    scratch: NDArray[Any],
) -> bool:
    """Measure the candidates of one row, write the k nearest, say whether they are proved.

    `square` is the query's squared norm about the middle the keys were taken about; keys are
    |b|^2 - 2 a.b, so key + square is the squared distance, up to the error; `inside` as in
    `product_error`.
    """
    k = len(distances)
    size = len(keys)
    if size > n_keep:
        threshold = keep_smallest(keys, found, size, n_keep)
        size = n_keep
    keep_smallest(keys, found, size, k)
    for c in range(k):
        distances[c] = distance(query, rows[places[found[c]]], scratch)
        indices[c] = ids[found[c]]
    heapify(distances, indices)
    # points farther from the middle than norm + reach are farther from the query than reach
    norm, reach = square**0.5, distances[0] * scale
    error = product_error(len(query), UNIT_32, norm, norm + reach, inside)
    limit = reach * reach * (1 + SLACK) + error - square * (1 - SLACK)
    for c in range(k, size):
        if keys[c] <= limit:
            value = distance(query, rows[places[found[c]]], scratch)
            offer(distances, indices, value, ids[found[c]])
    ascend(distances, indices)
    return threshold > limit
