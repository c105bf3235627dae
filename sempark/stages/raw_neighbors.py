"""raw_neighbors: the k nearest images of each image in the raw spaces, before anything is coded.

In: vectors of each raw space. Out: a row an image, its neighbors as row numbers of the space's
sorted md5 list. The intrinsic dimension reads them at full size; `neighbors` takes them over.
Source: section 3.3 of the thesis.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.neighborhoods import Search
from sempark.spaces import Vectors


def build(found: Iterable[Vectors], search: Search) -> DataFrame:
    """Search each space. Key: space, md5."""
    return search.rows(found)


def two_nearest(rows: DataFrame, space: str) -> NDArray[np.float64] | None:
    """Distances (n, 2) of a space by ascending md5; None where it is not in the table."""
    chosen = rows.where((F.col("space") == space) & (F.size("distances") >= 2))
    two = chosen.select(
        "md5", F.col("distances")[0].alias("r1"), F.col("distances")[1].alias("r2")
    ).toArrow()
    if not two.num_rows:
        return None
    two = two.sort_by("md5")
    return np.column_stack([two["r1"].to_numpy(), two["r2"].to_numpy()])
