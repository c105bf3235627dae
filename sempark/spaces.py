"""Spaces: their names after the thesis, and their vectors as arrays sorted by md5.

A raw space is a layer of a checkpoint on a subset, ``1u-2u_2048in``; a coded one appends its
dimension, ``1u-2u_2048in_18``, or ``_pca18``. Somebody's own vectors have the name they were given.
Row numbers in neighbors and merges count in the sorted md5 list of the space, which `row_digest`
fingerprints. Source: table 3.1 and 3.3.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.tables import Refused

LAYERS = ("features", "logits")
CHUNK_BYTES = 256 << 20
"""Of a column, brought to the driver at a time."""


@dataclass(frozen=True)
class Vectors:
    """Vectors of a space.

    Attributes
    ----------
    space : str
    md5s : list of str
        Sorted; row i of X belongs to md5s[i].
    X : float32 (n, d)
    """

    space: str
    md5s: list[str]
    X: NDArray[np.float32]


def raw_name(subset: str, width: int, checkpoint: str) -> str:
    """Name of a raw space: ``1u-2u_2048in``."""
    return f"{subset}_{width}{checkpoint}"


def row_digest(md5s: Sequence[str]) -> str:
    """Fingerprint of a sorted md5 list: row numbers mean nothing beside another one."""
    return hashlib.md5("\n".join(md5s).encode(), usedforsecurity=False).hexdigest()


def to_numpy(rows: DataFrame, column: str = "vector") -> tuple[list[str], NDArray[np.float32]]:
    """A column of vectors as one array, sorted by md5, fetched in chunks.

    Parameters
    ----------
    rows : DataFrame
        With ``md5``, unique, and the column, an array of numbers of one length.
    column : str
        Name of the column.

    Returns
    -------
    md5s : list of str
    X : float32 (n, d); (0, 0) where there are no rows

    Raises
    ------
    Refused
        NaN or infinity in some vector; its md5 is named.
    """
    md5s: list[str] = []
    blocks: list[NDArray[np.float32]] = []
    rows = rows.select("md5", column)
    n, width = rows.agg(F.count(F.lit(1)), F.max(F.size(column))).collect()[0]
    n_chunks = math.ceil(n * (width or 0) * 4 / CHUNK_BYTES)
    for chunk in range(n_chunks):
        of_chunk = F.pmod(F.xxhash64("md5"), F.lit(n_chunks)) == chunk
        table = (rows.where(of_chunk) if n_chunks > 1 else rows).toArrow()
        if table.num_rows:
            md5s += table["md5"].to_pylist()
            flat = pa.chunked_array([part.flatten() for part in table[column].chunks]).to_numpy()
            blocks.append(flat.astype(np.float32, copy=False).reshape(table.num_rows, -1))
    if not blocks:
        return [], np.zeros((0, 0), np.float32)
    order = np.argsort(np.array(md5s))
    X = np.concatenate(blocks)[order]
    md5s = [md5s[i] for i in order]
    _refuse_not_finite(md5s, X, column)
    return md5s, X


def _refuse_not_finite(md5s: list[str], X: NDArray[np.float32], column: str) -> None:
    # a float64 sum of float32 numbers is finite exactly where all of them are
    bad = np.flatnonzero(~np.isfinite(X.sum(axis=1, dtype=np.float64)))
    if len(bad):
        named = ", ".join(md5s[i] for i in bad[:3])
        raise Refused(
            f"column {column}: {len(bad)} of {len(md5s)} rows hold NaN or infinity, md5 {named}"
            f"{', ...' if len(bad) > 3 else ''}: make their table again, or leave these images out"
        )


def raw_spaces(features: DataFrame, subset: DataFrame) -> Iterator[Vectors]:
    """The raw spaces of a subset, one at a time, in order of checkpoint (in first) and layer."""
    names = [row["name"] for row in subset.select("name").distinct().orderBy("name").collect()]
    kinds = features.select("checkpoint", "layer").distinct().collect()
    order = sorted(
        ((row["checkpoint"], row["layer"]) for row in kinds),
        key=lambda kind: (kind[0] != "in", kind),
    )
    for name in names:
        members = subset.where(F.col("name") == name).select("md5")
        for checkpoint, layer in order:
            chosen = features.where((F.col("checkpoint") == checkpoint) & (F.col("layer") == layer))
            md5s, X = to_numpy(chosen.join(members, "md5", how="left_semi"))
            if md5s:
                yield Vectors(raw_name(name, X.shape[1], checkpoint), md5s, X)


def coded_spaces(codings: DataFrame) -> Iterator[Vectors]:
    """The spaces of the codings table, one at a time, by name."""
    for row in codings.select("space").distinct().orderBy("space").collect():
        space = row["space"]
        md5s, X = to_numpy(codings.where(F.col("space") == space))
        yield Vectors(space, md5s, X)


def given(vectors: DataFrame, reduce: bool | None = None) -> Iterator[Vectors]:
    """The spaces of the vectors table, one at a time, by name.

    Parameters
    ----------
    vectors : DataFrame
        The table.
    reduce : bool, optional
        Only those that are to be brought down first, or only those that are not.
    """
    if reduce is not None:
        vectors = vectors.where(F.col("reduce") == reduce)
    for row in vectors.select("space").distinct().orderBy("space").collect():
        yield Vectors(row["space"], *to_numpy(vectors.where(F.col("space") == row["space"])))


def categories(space: str, subset: DataFrame, vectors: DataFrame) -> dict[str, str]:
    """Category by md5 of the points of a space; those given with its vectors, else the images'."""
    own = vectors.where(F.col("space") == F.lit(space.partition("_")[0]))
    known = F.col("category").isNotNull()
    rows = own.where(known).select("md5", "category").toArrow()
    if not rows.num_rows:
        rows = subset.where(known).select("md5", "category").toArrow()
    return dict(zip(rows["md5"].to_pylist(), rows["category"].to_pylist(), strict=True))


def of_images(codings: DataFrame, vectors: DataFrame) -> DataFrame:
    """The codings of images: those of given vectors are left out."""
    names = [row["space"] for row in vectors.select("space").distinct().collect()]
    return codings.where(~F.substring_index("space", "_", 1).isin(names))


def vectors_column(X: NDArray[np.float32]) -> pa.Array:
    """An Arrow column of float vectors from an array (n, d)."""
    offsets = np.arange(X.shape[0] + 1, dtype=np.int64) * X.shape[1]
    return pa.LargeListArray.from_arrays(offsets, pa.array(X.ravel()))
