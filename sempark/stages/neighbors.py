"""neighbors: the k nearest images of each image in each space, exact, computed once.

In: raw_neighbors, vectors of each coded space. Out: a row an image, its neighbors as row numbers of
the space's sorted md5 list. Densities, Density Peaks, HDBSCAN, spectral clustering and the report
all read these. Source: sections 3.3 and 4.2 of the thesis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.geometry import neighbors
from sempark.neighborhoods import MIN_POINTS, Search
from sempark.spaces import Vectors, names
from sempark.tables import PassedOver, Refused


def build(raw: DataFrame, found: Iterable[Vectors], search: Search) -> DataFrame:
    """Take the raw spaces over and search the coded ones. Key: space, md5."""
    known = set(names(raw))
    try:
        coded = search.rows(vectors for vectors in found if vectors.space not in known)
    except PassedOver:
        if not known:
            raise
        return raw
    return raw.unionByName(coded)


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
    """Each space of at least `MIN_POINTS` points with its lists from the table.

    Raises
    ------
    Refused
        The lists are those of other points.
    """
    for vectors in found:
        if len(vectors.md5s) >= MIN_POINTS:
            md5s, near = lists(rows, vectors.space)
            if md5s != vectors.md5s:
                raise Refused(
                    f"{vectors.space}: neighbors holds the lists of {len(md5s)} points, not of "
                    f"these {len(vectors.md5s)}: run ./spark-submit.sh neighbors first"
                )
            yield vectors, near


def _matrix(column: pa.ChunkedArray, n: int) -> NDArray[np.float64]:
    return np.concatenate([chunk.flatten().to_numpy() for chunk in column.chunks]).reshape(n, -1)
