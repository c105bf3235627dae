"""codings: each raw space brought down to a few numbers by its encoders, on the executors.

In: vectors of each raw space, the encoders that were trained on it or on a sample of it. Out: a
coding an image, in spaces such as ``1u-2u_2048in_18`` (autoencoder) and ``1u-2u_2048in_pca18``
(linear, beside it). The encoders travel to the vectors, so that no machine holds all of these; a
row is coded as if it were alone. Given vectors may stay as they are. Source: section 3.2, table
3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.networks.encoder import Encoder
from sempark.spaces import Rows, vectors_column
from sempark.tables import CODINGS, PassedOver


def build(
    found: Iterable[Rows],
    as_they_are: Iterable[Rows],
    encoders: Mapping[str, Mapping[str, Encoder]],
) -> DataFrame:
    """Code each raw space. Key: space, md5.

    ``encoders`` maps a raw space to its coded spaces and their encoders.
    """
    frames = [one.rows.withColumn("space", F.lit(one.space)) for one in as_they_are]
    for one in found:
        of_space = encoders.get(one.space)
        if of_space:
            frames.append(_coded(one.rows, of_space))
    if not frames:
        raise PassedOver("no raw space has an encoder")
    return reduce(DataFrame.unionByName, (frame.select(*CODINGS.names) for frame in frames))


def _coded(rows: DataFrame, encoders: Mapping[str, Encoder]) -> DataFrame:
    def worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows:
                yield from coded(batch, encoders)

    return rows.select("md5", "vector").mapInArrow(worker, CODINGS.schema)


def coded(batch: pa.RecordBatch, encoders: Mapping[str, Encoder]) -> Iterator[pa.RecordBatch]:
    """The codings of some rows (md5, vector), a batch a coded space.

    Raises
    ------
    ValueError
        NaN or infinity in a vector; its md5 is named.
    """
    flat = batch["vector"].flatten().to_numpy(zero_copy_only=False)
    X: NDArray[np.float32] = flat.astype(np.float32, copy=False).reshape(batch.num_rows, -1)
    bad = np.flatnonzero(~np.isfinite(X.sum(axis=1, dtype=np.float64)))
    if len(bad):
        raise ValueError(f"the vector of {batch['md5'][bad[0].item()]} holds NaN or infinity")
    for space, encoder in encoders.items():
        vectors = vectors_column(encoder.code(X)).cast(CODINGS.arrow.field("vector").type)
        columns = [pa.array([space] * len(X)), batch["md5"], vectors]
        yield pa.RecordBatch.from_arrays(columns, schema=CODINGS.arrow)
