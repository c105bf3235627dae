"""The clusterings out of their tables, those of a space fetched at once.

In: merges or partitions. Out: space by space, method by method, what each made of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import spaces
from sempark.clustering.merges import Merges


def merges(rows: DataFrame) -> Iterator[tuple[str, str, Merges]]:
    """Space, method and merge list."""
    for space, method, table in _by_method(rows, "step"):
        children = np.column_stack([table["left"].to_numpy(), table["right"].to_numpy()])
        sizes = table["size"].to_numpy().astype(np.int64)
        heights = table["height"].to_numpy()
        n = table.num_rows + 1
        yield space, method, Merges(children.astype(np.int64), heights, sizes, n)


def partitions(rows: DataFrame) -> Iterator[tuple[str, str, pa.Table]]:
    """Space, method and its rows, sorted by md5."""
    return _by_method(rows, "md5")


def _by_method(rows: DataFrame, order: str) -> Iterator[tuple[str, str, pa.Table]]:
    for space in spaces.names(rows):
        own = rows.where(F.col("space") == space).toArrow()
        own = own.sort_by([("method", "ascending"), (order, "ascending")])
        for method in own["method"].unique().to_pylist():
            yield space, method, own.filter(pc.field("method") == method)
