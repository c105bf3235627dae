"""Spaces: their names after the thesis, their rows in Spark, their vectors sorted by md5 as arrays.

A raw space is a layer of a checkpoint on a subset, ``1u-2u_2048in``; a coded one appends its
dimension, ``1u-2u_2048in_18``, or ``_pca18``. Somebody's own vectors have the name they were given.
Row numbers in neighbors and merges count in the sorted md5 list of the space, which `row_digest`
fingerprints. Of a space that is too large for the driver a stage takes a `Sample`, chosen before a
vector leaves the executors. Source: table 3.1 and 3.3.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.config import Neighbors
from sempark.tables import CODINGS, Refused

LAYERS = ("features", "logits")
"""Of the table features, that are spaces; the tree alone is grown in the middle."""
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
    sample_of : int
        Points of the whole space where these are a sample of it; 0: these are all.
    """

    space: str
    md5s: list[str]
    X: NDArray[np.float32]
    sample_of: int = 0


@dataclass(frozen=True)
class Rows:
    """The vectors of a space where they lie.

    Attributes
    ----------
    space : str
    rows : DataFrame
        Columns md5 and vector.
    at_most : int
        So many points at most, where that is known without counting them; -1: not known.
    """

    space: str
    rows: DataFrame
    at_most: int = -1


@dataclass(frozen=True)
class Sample:
    """At most so many points of a space, chosen by a seeded hash of their md5; 0: all of them."""

    most: int
    seed: int


ALL = Sample(0, 0)


def names(rows: DataFrame) -> list[str]:
    """The spaces that a table speaks of, sorted."""
    return [row["space"] for row in rows.select("space").distinct().orderBy("space").collect()]


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


def sampled(rows: DataFrame, sample: Sample) -> tuple[DataFrame, int]:
    """The rows of a sample, the same whatever their order and partitions, and how many there are.

    Only md5s are sorted for it, and of very many only those with a chance: the hashes are uniform,
    and that fewer than ``most`` of them lie below the bound has a probability under 1e-20.
    """
    n = rows.count()
    if not sample.most or n <= sample.most:
        return rows, n
    key = F.xxhash64(F.lit(sample.seed), "md5")
    bound = -(2**63) + round(2**64 * min(1.0, (2 * sample.most + 100) / n))
    likely = rows.where(key <= min(bound, 2**63 - 1)).select("md5")
    chosen = likely.orderBy(key, "md5").limit(sample.most)
    # wide rows stay where they are: the short list travels
    return rows.join(F.broadcast(chosen), "md5", how="left_semi"), n


def fetched(found: Iterable[Rows], sample: Sample = ALL) -> Iterator[Vectors]:
    """Spaces, or samples of them, as arrays on the driver, one at a time; no empty ones."""
    for one in found:
        whole = not sample.most or 0 <= one.at_most <= sample.most
        rows, n = (one.rows, 0) if whole else sampled(one.rows, sample)
        md5s, X = to_numpy(rows)
        if md5s:
            yield Vectors(one.space, md5s, X, n if n > len(md5s) else 0)


def noted(found: Iterable[Vectors], facts: dict[str, Any]) -> Iterator[Vectors]:
    """The spaces; of each that is a sample, its points and those of the whole go into the facts."""
    for vectors in found:
        if vectors.sample_of:
            counts = {"points": len(vectors.md5s), "of": vectors.sample_of}
            facts.setdefault("sampled", {})[vectors.space] = counts
        yield vectors


def small(found: Iterable[Rows], most: int, facts: dict[str, Any]) -> Iterator[Rows]:
    """The spaces of at most so many points (0: all); the points of the others go into the facts."""
    for one in found:
        whole = not most or 0 <= one.at_most <= most
        n = 0 if whole else one.rows.count()
        if n > most:
            facts.setdefault("too_large", {})[one.space] = n
        else:
            yield one


def raw_spaces(features: DataFrame, subset: DataFrame, sample: Sample = ALL) -> Iterator[Vectors]:
    """The raw spaces of a subset, one at a time, in order of checkpoint (in first) and layer."""
    return fetched(raw_rows(features, subset), sample)


def raw_rows(features: DataFrame, subset: DataFrame) -> Iterator[Rows]:
    """The same, left in Spark."""
    subsets = [row["name"] for row in subset.select("name").distinct().orderBy("name").collect()]
    last = features.where(F.col("layer").isin(*LAYERS))
    kinds = last.select("checkpoint", "layer").distinct().collect()
    order = sorted(
        ((row["checkpoint"], row["layer"]) for row in kinds),
        key=lambda kind: (kind[0] != "in", kind),
    )
    for name in subsets:
        members = subset.where(F.col("name") == name).select("md5")
        at_most = members.count()
        for checkpoint, layer in order:
            chosen = features.where((F.col("checkpoint") == checkpoint) & (F.col("layer") == layer))
            width = chosen.select(F.size("vector")).limit(1).collect()[0][0]
            rows = chosen.join(members, "md5", how="left_semi").select("md5", "vector")
            yield Rows(raw_name(name, width, checkpoint), rows, at_most)


def clustered(
    codings: DataFrame, settings: Neighbors, facts: dict[str, Any] | None = None
) -> DataFrame:
    """The codings that are searched and clustered: of a space of very many points a sample."""
    if not settings.sample:
        return codings
    counts = codings.groupBy("space").agg(F.count(F.lit(1)).alias("n"))
    large = {row["space"]: row["n"] for row in counts.where(F.col("n") > settings.sample).collect()}
    if not large:
        return codings
    if facts is not None:
        facts["sampled"] = {
            space: {"points": settings.sample, "of": n} for space, n in sorted(large.items())
        }
    sample = Sample(settings.sample, settings.seed)
    parts = [codings.where(~F.col("space").isin(*large))]
    for space in sorted(large):
        chosen, _ = sampled(codings.where(F.col("space") == space), sample)
        parts.append(chosen.select(*CODINGS.names))
    return reduce(DataFrame.unionByName, parts)


def coded_spaces(codings: DataFrame) -> Iterator[Vectors]:
    """The spaces of the codings table, one at a time, by name."""
    for space in names(codings):
        md5s, X = to_numpy(codings.where(F.col("space") == space))
        yield Vectors(space, md5s, X)


def given(
    vectors: DataFrame, reduce: bool | None = None, sample: Sample = ALL
) -> Iterator[Vectors]:
    """The spaces of the vectors table, one at a time, by name.

    Parameters
    ----------
    vectors : DataFrame
        The table.
    reduce : bool, optional
        Only those that are to be brought down first, or only those that are not.
    sample : Sample, optional
        Of each space.
    """
    return fetched(given_rows(vectors, reduce), sample)


def given_rows(vectors: DataFrame, reduce: bool | None = None) -> Iterator[Rows]:
    """The same, left in Spark."""
    if reduce is not None:
        vectors = vectors.where(F.col("reduce") == reduce)
    for space in names(vectors):
        yield Rows(space, vectors.where(F.col("space") == space).select("md5", "vector"))


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
    return codings.where(~F.substring_index("space", "_", 1).isin(names(vectors)))


def vectors_column(X: NDArray[np.float32]) -> pa.Array:
    """An Arrow column of float vectors from an array (n, d)."""
    offsets = np.arange(X.shape[0] + 1, dtype=np.int64) * X.shape[1]
    return pa.LargeListArray.from_arrays(offsets, pa.array(X.ravel()))
