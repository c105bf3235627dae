"""vectors: somebody's own vectors, taken into the store as spaces beside those of the images.

In: a file a space, as ``[spaces.NAME]`` of the settings says: ``.npy``, an array (n, d), with the
categories in another; or Parquet with ``md5`` (any unique text), ``vector`` and, optionally,
``category``. Out: a row a vector, in single precision. From here on they go the way of the images'
features: 2-NN, codings where wished, neighbors, merges, partitions and scores.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import reduce
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sempark import hadoop_files, sources
from sempark.config import Space
from sempark.spaces import vectors_column
from sempark.tables import VECTORS, PassedOver, Refused
from sempark.terminal import first_line

NAME = re.compile(r"[A-Za-z0-9.-]+")
"""No underscore: the names of all spaces made from images have one."""
CHUNK_ROWS = 65_536


def build(spark: SparkSession, settings: Mapping[str, Space], subset: str) -> DataFrame:
    """Read each file. Key: space, md5.

    Raises
    ------
    Refused
        A name that can't be a space's, a file that is not there or holds something else.
    """
    if not settings:
        raise PassedOver("no [spaces.NAME] in the settings")
    for name in settings:
        if not NAME.fullmatch(name) or name == subset:
            raise Refused(
                f"[spaces.{name}]: expected a name of letters, digits, '.' and '-', other than "
                f"subset.name ({subset})"
            )
    read = {name: _read(spark, name, space) for name, space in settings.items()}
    return reduce(DataFrame.unionByName, read.values())


def _read(spark: SparkSession, name: str, space: Space) -> DataFrame:
    """The rows of one space."""
    local = space.path.endswith(".npy")
    try:
        rows = from_npy(spark, space) if local else from_parquet(spark, space)
    except (OSError, ValueError, AnalysisException) as error:
        raise Refused(f"[spaces.{name}] {space.path}: {first_line(error)}") from None
    columns = {"space": F.lit(name), "reduce": F.lit(space.reduce)}
    return rows.withColumns(columns).select(*VECTORS.names)


def from_npy(spark: SparkSession, space: Space) -> DataFrame:
    """Rows (md5, category, vector) of an array file; a row's name is its number."""
    X = np.load(space.path, mmap_mode="r", allow_pickle=False)
    if X.ndim != 2 or X.dtype.kind not in "fiu" or not X.size:
        raise ValueError(f"expected numbers (n, d), received {X.dtype} {X.shape}")
    parts = [X[i : i + CHUNK_ROWS].astype(np.float32) for i in range(0, len(X), CHUNK_ROWS)]
    single: NDArray[np.float32] = np.concatenate(parts)
    bad = np.flatnonzero(~np.isfinite(single).all(axis=1))
    if len(bad):
        raise ValueError(f"{len(bad)} rows are not finite, the first is row {bad[0]}: drop them")
    width = len(str(len(X) - 1))
    table = pa.table(
        {
            "md5": pa.array([f"{i:0{width}d}" for i in range(len(X))]),
            "category": _categories(space.labels, len(X)),
            "vector": vectors_column(single),
        }
    )
    return spark.createDataFrame(table)


def _categories(path: str, n: int) -> pa.Array:
    """Categories as text; an empty text or a negative number is none."""
    if not path:
        return pa.nulls(n, pa.string())
    labels = np.load(path, allow_pickle=False)
    if labels.shape != (n,) or labels.dtype.kind not in "iuU":
        raise ValueError(
            f"labels {path}: expected whole numbers or texts ({n},), received {labels.dtype} "
            f"{labels.shape}"
        )
    known = labels != "" if labels.dtype.kind == "U" else labels >= 0
    return pa.array(labels.astype(str).tolist(), pa.string(), mask=~known)


def from_parquet(spark: SparkSession, space: Space) -> DataFrame:
    """Rows (md5, category, vector) of a Parquet file or directory, on any file system of Spark."""
    if space.labels:
        raise ValueError("labels goes with .npy; Parquet has a column category")
    uri = hadoop_files.is_uri(space.path)  # else a local or mounted file, as sources are
    rows = spark.read.parquet(space.path if uri else Path(space.path).absolute().as_uri())
    missing = {"md5", "vector"} - set(rows.columns)
    if missing:
        raise ValueError(f"expected columns md5, vector; {', '.join(sorted(missing))} missing")
    category = F.col("category") if "category" in rows.columns else F.lit(None)
    rows = rows.select(
        F.col("md5").cast("string"),
        category.cast("string").alias("category"),
        F.col("vector").cast("array<float>"),
    )
    infinite = F.exists("vector", lambda x: x.isNull() | F.isnan(x) | (F.abs(x) == float("inf")))
    usable = F.col("md5").isNotNull() & F.coalesce(~infinite, F.lit(False))
    facts = rows.agg(
        F.count(F.lit(1)).alias("n"),
        F.countDistinct("md5").alias("names"),
        F.min(F.size("vector")).alias("narrowest"),
        F.max(F.size("vector")).alias("widest"),
        F.count_if(~usable).alias("bad"),
        F.min(F.when(~usable, F.coalesce("md5", F.lit("null")))).alias("first_bad"),
    ).collect()[0]
    if facts["bad"]:
        raise ValueError(
            f"{facts['bad']} rows are not finite or have no md5, such as {facts['first_bad']}: "
            "drop them"
        )
    if facts["names"] < facts["n"]:
        raise ValueError(f"{facts['n'] - facts['names']} md5s are not unique")
    if not facts["n"] or facts["narrowest"] != facts["widest"] or not facts["widest"]:
        raise ValueError(
            f"expected vectors of one length, received {facts['n']} of {facts['narrowest']} to "
            f"{facts['widest']}"
        )
    return rows


def stamp(space: Space) -> str:
    """Size and time of a space's files, by which a change of them is seen."""
    found: list[sources.Entry] = []
    for path in filter(None, (space.path, space.labels)):
        found.append(sources.lookup(sources.escape(os.fsencode(path))))
        if found[-1].status == "directory":
            found += sources.walk(path)
    return repr([(entry.path, entry.size, entry.modified_us) for entry in found])
