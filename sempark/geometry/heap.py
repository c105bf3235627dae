"""A max-heap of the k nearest so far, ordered by distance, then index.

In: two arrays of one length, distances and indices. Out: the same, rearranged in place.
The worst of the k is at the front, so that a candidate is taken or turned away by one comparison.
Source: J. W. J. Williams, Algorithm 232, CACM 7, 347 (1964).
"""

from typing import Any

from numpy.typing import NDArray

from sempark.geometry.kernel import kernel


@kernel
def sink(
    distances: NDArray[Any], indices: NDArray[Any], size: int, parent: int, value: float, index: int
) -> None:
    """Put (value, index) at `parent` of a max-heap of `size` and let it sink to its place."""
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        right = child + 1
        if right < size and (
            distances[right] > distances[child]
            or (distances[right] == distances[child] and indices[right] > indices[child])
        ):
            child = right
        if distances[child] < value or (distances[child] == value and indices[child] < index):
            break
        distances[parent] = distances[child]
        indices[parent] = indices[child]
        parent = child
    distances[parent] = value
    indices[parent] = index


@kernel
def heapify(distances: NDArray[Any], indices: NDArray[Any]) -> None:
    """Make a max-heap of a list, ordered by distance, then index."""
    size = len(distances)
    for parent in range(size // 2 - 1, -1, -1):
        sink(distances, indices, size, parent, distances[parent], indices[parent])


@kernel
def offer(distances: NDArray[Any], indices: NDArray[Any], value: float, index: int) -> None:
    """Give (value, index) to a max-heap of the k smallest."""
    if value < distances[0] or (value == distances[0] and index < indices[0]):
        sink(distances, indices, len(distances), 0, value, index)


@kernel
def ascend(distances: NDArray[Any], indices: NDArray[Any]) -> None:
    """Sort a max-heap in place, ascending by distance, then index."""
    for size in range(len(distances) - 1, 0, -1):
        value, index = distances[size], indices[size]
        distances[size], indices[size] = distances[0], indices[0]
        sink(distances, indices, size, 0, value, index)
