"""Points checked once and laid out for many searches.

In: `X` (n, d). Out: `Points`, which cut themselves into blocks of near rows when first asked. One
search uses them and forgets them; an executor that answers block after block of queries keeps
them, so that the array is read, checked and cut once a worker.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sempark.geometry.block_search import Side
from sempark.geometry.partition import partition
from sempark.geometry.search_cost import FEW_COLUMNS

BLOCK_ROWS = 256
CHECKED_ROWS = 2048
MIDDLE_ROWS = 1024
LARGEST = 1e150


@dataclass(frozen=True)
class Points:
    """Points as the searches take them; made by `checked`.

    Attributes
    ----------
    X : ndarray of float64, or of float32 where there are over 64 columns; shape (n, d)
        A memory-mapped array stays one.
    """

    X: NDArray[np.floating]

    def __len__(self) -> int:
        return len(self.X)

    @cached_property
    def side(self) -> Side:
        """The points in blocks of near rows."""
        return self.part(None)

    @cached_property
    def middle(self) -> NDArray[np.float64]:
        """Median of each column, of some thousand rows."""
        some = self.X[:: max(1, len(self.X) // MIDDLE_ROWS)]
        middle: NDArray[np.float64] = np.median(some.astype(np.float64), axis=0)
        return middle

    @cached_property
    def box(self) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Least and largest value of each column."""
        return self.X.min(axis=0), self.X.max(axis=0)

    def part(self, rows: NDArray[np.int64] | None) -> Side:
        """Some rows, or all of them, in blocks of near ones."""
        some = self.X if rows is None else self.X[rows]
        cut = partition(some, BLOCK_ROWS)
        ids = cut.order if rows is None else rows[cut.order]
        if self.X.shape[1] > FEW_COLUMNS:
            return Side(some, cut.order, ids, cut.starts, cut.low, cut.high)
        # short rows are read faster in the order of the blocks
        ordered = np.ascontiguousarray(some[cut.order])
        return Side(ordered, np.arange(len(ids)), ids, cut.starts, cut.low, cut.high)


def checked(X: ArrayLike | None, name: str = "X") -> Points:
    """Take points if they can be searched.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers of magnitude at most 1e150.
    name : str
        Of the array in an error.

    Raises
    ------
    ValueError
        Not two-dimensional, NaN, infinity or larger numbers.
    """
    given = np.asarray(X)
    if given.ndim != 2 or given.shape[1] == 0:
        raise ValueError(
            f"{name} must be two-dimensional (points, columns), received shape {given.shape}; "
            "reshape a single column to (n, 1)"
        )
    wide_single = given.dtype == np.float32 and given.shape[1] > FEW_COLUMNS
    points: NDArray[np.floating] = np.ascontiguousarray(
        given, np.float32 if wide_single else np.float64
    )
    for start in range(0, len(points), CHECKED_ROWS):
        block = points[start : start + CHECKED_ROWS]
        # NaN fails the comparison too; a float32 maximum is compared as a Python float
        good = np.abs(block).max(axis=1).astype(np.float64) <= LARGEST
        if not good.all():
            row = start + int(np.flatnonzero(~good)[0])
            raise ValueError(
                f"{name} must hold finite numbers up to {LARGEST:g}, received NaN, infinity or "
                f"more first in row {row}; leave such rows out"
            )
    return Points(points)


def scale(points: Points, targets: Points) -> float:
    """Give the power of two that brings every coordinate about the points' middle under 1."""
    farthest = max(
        float(np.maximum(side.box[1] - points.middle, points.middle - side.box[0]).max())
        for side in (points, targets)
    )
    exponent = np.frexp(farthest)[1] if farthest > 0 else 0
    return float(np.ldexp(1.0, -int(np.clip(exponent, -900, 900))))
