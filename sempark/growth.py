"""Versions of a table that share rows: only what is new or reads otherwise is written.

In: the files of earlier versions, fresh rows, and a rule that settles all of them. Out: the rows
of the version, and its changes. A version's manifest names its parts, the versions in whose files
its rows are. Beside its own files it may have changes: for rows of any part, by part and key, the
values that they have now (binary columns stay as they are), or that they are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from sempark.tables import Table

PART: Final = "_part"
"""Column of the files that names the version that wrote them; null in a table written whole."""
FACTS: Final = ("parts", "changes")
"""What only the manifest of a table that grew says."""
SPLIT: Final = "spark.sql.files.maxPartitionBytes"
LIGHT_SPLIT: Final = "1g"
"""Bytes of files whose light columns a task reads, where Spark else gives it 16 MB of pictures."""
MANY_PARTS: Final = 20
MANY_CHANGES: Final = 0.1
"""Of the rows."""


@dataclass(frozen=True)
class Grown:
    """What a stage returns whose table keeps the rows that it has.

    Attributes
    ----------
    fresh : DataFrame
        New rows. One whose key is there already takes its place.
    settle : callable
        All rows, of before and fresh, without binary columns, and the same with them, to those of
        the table, without them. Rows may be left out or have other values. What needs no picture
        should come from the first, which is in memory.
    keep : bool
        Whether rows of before are taken along.
    """

    fresh: DataFrame
    settle: Callable[[DataFrame, DataFrame], DataFrame]
    keep: bool


def light(table: Table) -> list[str]:
    """Columns that are not binary. A JPEG's md5 stands beside it, so that these tell rows apart."""
    return [column.name for column in table.columns if column.type != "binary"]


def is_fat(table: Table) -> bool:
    """Whether it has pictures."""
    return len(light(table)) < len(table.columns)


def is_scattered(manifest: Mapping[str, Any]) -> bool:
    """Whether a table is better written as one."""
    limit = MANY_CHANGES * manifest["rows"]
    return len(manifest.get("parts", [])) > MANY_PARTS or manifest.get("changes", 0) > limit


def changes_schema(table: Table) -> str:
    """Columns of the changes as Spark DDL: part, key, gone, what the row is now."""
    types = {column.name: column.type for column in table.columns}
    key = ", ".join(f"`{name}` {types[name]}" for name in table.key)
    now = ", ".join(f"`{name}`: {types[name]}" for name in light(table))
    return f"`{PART}` string, {key}, gone boolean, now struct<{now}>"


def stored(spark: SparkSession, table: Table, places: Sequence[str]) -> DataFrame:
    """The rows as they were written, with their part ("" for files that were written whole)."""
    rows = spark.read.schema(f"{table.schema}, `{PART}` string").parquet(*places)
    return rows.withColumn(PART, F.coalesce(PART, F.lit("")))


def held(rows: DataFrame, table: Table) -> DataFrame:
    """Stored rows without binary columns, in memory: read from fat files once, in few tasks."""
    conf = rows.sparkSession.conf
    before = conf.get(SPLIT)
    conf.set(SPLIT, LIGHT_SPLIT)
    try:
        light_rows = rows.select(*light(table), PART).persist()
        light_rows.count()
    finally:
        conf.set(SPLIT, str(before))
    return light_rows


def applied(rows: DataFrame, table: Table, changes: DataFrame | None) -> DataFrame:
    """The rows as they are now, with their part; with or without binary columns."""
    if changes is None:
        return rows
    # few, so that no JPEG is shuffled
    joined = rows.join(F.broadcast(changes), [PART, *table.key], "left")
    there = joined.where(F.col("gone").isNull() | ~F.col("gone"))
    changed = F.col("now").isNotNull()

    def value(name: str) -> Column:
        if name not in light(table) or name in table.key:
            return F.col(name)
        return F.when(changed, F.col(f"now.{name}")).otherwise(F.col(name)).alias(name)

    return there.select(*(value(name) for name in rows.columns if name != PART), PART)


def without_superseded(rows: DataFrame, table: Table, version: str) -> DataFrame:
    """Of rows that have one key that of the version."""
    own = F.col(PART) == version
    fresh = rows.where(own).select(*table.key, F.lit(True).alias("newer"))
    joined = rows.join(F.broadcast(fresh), list(table.key), "left")
    return joined.where(own | F.col("newer").isNull()).select(*rows.columns)


def changes(raw: DataFrame, live: DataFrame, settled: DataFrame, table: Table) -> DataFrame:
    """How settled rows differ from those that were written, in the columns of `changes_schema`.

    All three without binary columns. ``live`` tells which of several rows of a key is the one
    that was settled.
    """
    key, columns = list(table.key), light(table)
    now = F.struct(*columns).alias("now")
    final = live.select(PART, *key).join(settled.select(*key, now), key)
    was = F.struct(*columns).alias("was")
    joined = raw.select(PART, *key, was).join(final, [PART, *key], "left")
    gone = F.col("now").isNull()
    differs = gone | ~F.col("now").eqNullSafe(F.col("was"))
    return joined.where(differs).select(PART, *key, gone.alias("gone"), "now")
