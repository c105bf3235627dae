"""codings: each raw space brought down to a few numbers by its encoders.

In: vectors of each raw space, the encoders that were trained on it. Out: a coding an image, in
spaces such as ``1u-2u_2048in_18`` (autoencoder) and ``1u-2u_2048in_pca18`` (linear, beside it).
Given vectors may stay as they are. Source: section 3.2, table 3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark.networks.encoder import Encoder
from sempark.spaces import Vectors, vectors_column
from sempark.tables import CODINGS, PassedOver


def build(
    found: Iterable[Vectors],
    as_they_are: Iterable[Vectors],
    encoders: Mapping[str, Mapping[str, Encoder]],
) -> pa.Table:
    """Code each raw space. Key: space, md5.

    ``encoders`` maps a raw space to its coded spaces and their encoders.
    """
    tables = [_table(vectors.space, vectors.md5s, vectors.X) for vectors in as_they_are]
    for vectors in found:
        for space, encoder in encoders.get(vectors.space, {}).items():
            tables.append(_table(space, vectors.md5s, encoder.code(vectors.X)))
    if not tables:
        raise PassedOver("no raw space has an encoder")
    return pa.concat_tables(tables)


def _table(space: str, md5s: list[str], X: NDArray[np.float32]) -> pa.Table:
    vectors = vectors_column(X).cast(CODINGS.arrow.field("vector").type)
    columns = [pa.array([space] * len(md5s)), pa.array(md5s), vectors]
    return pa.Table.from_arrays(columns, schema=CODINGS.arrow)
