"""The clusterings of a space out of their tables, fetched at once.

In: merges or partitions, the name of a space. Out: its methods with what each made of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.clustering.merges import Merges


def merges(rows: DataFrame, space: str) -> Iterator[tuple[str, Merges]]:
    """Methods and merge lists of a space, out of the table."""
    for method, table in by_method(rows, space, "step"):
        children = np.column_stack([table["left"].to_numpy(), table["right"].to_numpy()])
        sizes = table["size"].to_numpy().astype(np.int64)
        heights = table["height"].to_numpy()
        n = table.num_rows + 1
        yield method, Merges(children.astype(np.int64), heights, sizes, n)


def by_method(rows: DataFrame, space: str, order: str) -> Iterator[tuple[str, pa.Table]]:
    """Rows of a space, fetched at once, by method; those of a method in the order of a column."""
    own = rows.where(F.col("space") == space).toArrow()
    own = own.sort_by([("method", "ascending"), (order, "ascending")])
    for method in own["method"].unique().to_pylist():
        yield method, own.filter(pc.field("method") == method)
