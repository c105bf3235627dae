"""neighbors: the k nearest images of each image in each space, exact, computed once.

In: vectors of a space. Out: a row an image, its neighbors as row numbers of the space's sorted md5
list. 2-NN, densities, Density Peaks, HDBSCAN, spectral clustering and the search all read these.
Source: sections 3.3 and 4.2 of the thesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.geometry import neighbors
from sempark.spaces import Vectors
from sempark.tables import NEIGHBORS, PassedOver

MIN_POINTS = 4


def build(found: Iterable[Vectors], k: int, progress: Callable[[int, int], None]) -> pa.Table:
    """Search each space. Key: space, md5. Fewer points than k + 1: all others are neighbors."""
    tables = [_search(vectors, k, progress) for vectors in found if len(vectors.md5s) >= MIN_POINTS]
    if not tables:
        raise PassedOver(f"fewer than {MIN_POINTS} images in the subset")
    return pa.concat_tables(tables)


def lists(rows: DataFrame, space: str) -> tuple[list[str], neighbors.Neighbors]:
    """The sorted md5 list of a space and its neighbor lists, from the table."""
    table = rows.where(F.col("space") == space).toArrow().sort_by("md5")
    n = table.num_rows
    return table["md5"].to_pylist(), neighbors.Neighbors(
        _matrix(table["indices"], n).astype(np.int64), _matrix(table["distances"], n)
    )


def with_lists(
    found: Iterable[Vectors], rows: DataFrame
) -> Iterator[tuple[Vectors, neighbors.Neighbors]]:
    """Each space of at least `MIN_POINTS` points with its lists from the table."""
    for vectors in found:
        if len(vectors.md5s) >= MIN_POINTS:
            yield vectors, lists(rows, vectors.space)[1]


def _matrix(column: pa.ChunkedArray, n: int) -> NDArray[np.float64]:
    return np.concatenate([chunk.flatten().to_numpy() for chunk in column.chunks]).reshape(n, -1)


def _search(vectors: Vectors, k: int, progress: Callable[[int, int], None]) -> pa.Table:
    n = len(vectors.md5s)
    found = neighbors.nearest(vectors.X, min(k, n - 1), progress=progress)
    width = found.indices.shape[1]
    offsets = pa.array(np.arange(n + 1, dtype=np.int32) * width)
    flat = pa.array(found.indices.ravel().astype(np.int32)), pa.array(found.distances.ravel())
    columns = [
        pa.array([vectors.space] * n),
        pa.array(vectors.md5s),
        *(pa.ListArray.from_arrays(offsets, values) for values in flat),
    ]
    return pa.Table.from_arrays(columns, schema=NEIGHBORS.arrow)
