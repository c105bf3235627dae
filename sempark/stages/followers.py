"""followers: what was left out of the clustering because there is too much, beside its nearest.

In: codings, and those of them that were clustered. Out: a row an image and space that was not: the
clustered image nearest to it, ties to the lower md5. Its cluster, in any partition and at any k, is
that one's; what stands here was assigned and not clustered. The clustered vectors travel to the
others. Where every image is clustered there are no followers.
Source: the rule of 1 nearest neighbor, T. Cover, P. Hart, IEEE Trans. Inf. Theory 13, 21, 1967.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import reduce
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import neighborhoods, spaces
from sempark.tables import FOLLOWERS, PassedOver

QUERY_ROWS = 8192
"""Looked up at a time."""


def build(
    codings: DataFrame,
    clustered: DataFrame,
    large: Collection[str],
    ship: neighborhoods.Ship,
    scratch: Path,
) -> DataFrame:
    """Find the nearest clustered image of each of the others. Key: space, md5.

    ``large`` names the spaces of which ``clustered`` holds a sample.
    """
    if not large:
        raise PassedOver("every image is clustered")
    frames = []
    for vectors in spaces.coded_spaces(clustered.where(F.col("space").isin(*large))):
        of_space = F.col("space") == vectors.space
        known = F.broadcast(clustered.where(of_space).select("md5"))
        rest = codings.where(of_space).join(known, "md5", how="left_anti")
        files = neighborhoods.shipped(vectors, ship, scratch)
        frames.append(_followed(rest, vectors.space, files))
    return reduce(DataFrame.unionByName, frames)


def _followed(rows: DataFrame, space: str, files: tuple[str, str]) -> DataFrame:
    def worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pending: list[pa.RecordBatch] = []
        for batch in batches:
            pending.append(batch)
            if sum(part.num_rows for part in pending) >= QUERY_ROWS:
                yield of_rows(pa.Table.from_batches(pending), space, files)
                pending = []
        if any(part.num_rows for part in pending):
            yield of_rows(pa.Table.from_batches(pending), space, files)

    return rows.select("md5", "vector").mapInArrow(worker, FOLLOWERS.schema)


def of_rows(rows: pa.Table, space: str, files: tuple[str, str]) -> pa.RecordBatch:
    """Look some rows (md5, vector) up among the shipped ones."""
    flat = pa.chunked_array([part.flatten() for part in rows["vector"].chunks]).to_numpy()
    X = flat.astype(np.float32, copy=False).reshape(rows.num_rows, -1)
    follows, distances = neighborhoods.of_queries(files, X)
    columns = [
        pa.array([space] * rows.num_rows),
        rows["md5"].combine_chunks(),
        pa.array(follows.tolist(), pa.string()),
        pa.array(distances),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FOLLOWERS.arrow)
