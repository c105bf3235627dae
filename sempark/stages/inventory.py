"""inventory: a row for every directory entry under the sources and the label sets.

In: entries as `sempark.sources.walk` lists them, the last inventory where there is one. Out: each
with the MD5 and the format of its content; a file whose path, size and time are those of the last
inventory is not read again. Source: section 2.1, table 2.1 of the thesis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sempark import sources
from sempark.imaging import formats
from sempark.tables import INVENTORY, arrow_schema

ENTRY_SCHEMA = (
    "path string, source string, kind string, size bigint, modified_us bigint, "
    "status string, reason string"
)
READ_SCHEMA = (
    "path string, md5 string, format string, name_lies boolean, failed string, failure string"
)
READ_ARROW = arrow_schema(READ_SCHEMA)
COMPANIONS = (".txt", ".hdr")


def entries_table(source: str, entries: Sequence[sources.Entry]) -> pa.Table:
    """Entries of one source as an Arrow table in the columns of `ENTRY_SCHEMA`."""
    return pa.table(
        {
            "path": pa.array([e.path for e in entries], pa.string()),
            "source": pa.array([source] * len(entries), pa.string()),
            "kind": pa.array([e.kind for e in entries], pa.string()),
            "size": pa.array([e.size for e in entries], pa.int64()),
            "modified_us": pa.array([e.modified_us for e in entries], pa.int64()),
            "status": pa.array([e.status for e in entries], pa.string()),
            "reason": pa.array([e.reason for e in entries], pa.string()),
        }
    )


def build(
    spark: SparkSession, entries: pa.Table, previous: DataFrame | None, partitions: int
) -> DataFrame:
    """Hash and sniff what is new, keep what is known. Key: path."""
    listed = spark.createDataFrame(entries)
    readable = listed.where(F.col("status") == "ok").select("path", "size", "modified_us")
    known = _known(readable, previous)
    fresh = readable.join(known, "path", how="left_anti") if known is not None else readable
    found = fresh.select("path").repartition(partitions, "path").mapInArrow(_worker, READ_SCHEMA)
    if known is not None:
        found = found.unionByName(known)
    companions = _companions(listed)
    rows = listed.join(found, "path", how="left").join(companions, "path", how="left")
    extension = F.lower(F.regexp_extract("path", r"\.([^./]{1,8})$", 1))
    return rows.select(
        "path",
        "source",
        "kind",
        "size",
        "modified_us",
        extension.alias("extension"),
        "format",
        "name_lies",
        "md5",
        "companion",
        F.coalesce("failed", "status").alias("status"),
        F.coalesce("failure", "reason").alias("reason"),
    ).select(*INVENTORY.names)


def _known(readable: DataFrame, previous: DataFrame | None) -> DataFrame | None:
    """What the last inventory read of files that have the same size and time."""
    if previous is None:
        return None
    before = previous.where(F.col("md5").isNotNull())
    same = readable.join(
        before.select("path", "size", "modified_us", "md5", "format", "name_lies"),
        ["path", "size", "modified_us"],
        how="inner",
    )
    none = F.lit(None).cast("string")
    return same.select(
        "path", "md5", "format", "name_lies", none.alias("failed"), none.alias("failure")
    )


def _companions(listed: DataFrame) -> DataFrame:
    """For each file the .txt or .hdr beside it that shares its name, the first by path.

    TESCAN writes the picture's suffix into the name: `a.tif` has `a-tif.hdr`.
    """
    stem = F.regexp_replace("path", r"(-[A-Za-z]{3,4}(?=\.[Hh][Dd][Rr]$))?\.[^./]*$", "")
    ending = F.lower(F.regexp_extract("path", r"(\.[^./]*)$", 1))
    files = listed.where(F.col("status") == "ok").select(
        "path", stem.alias("stem"), ending.alias("ending")
    )
    notes = files.where(F.col("ending").isin(*COMPANIONS))
    notes = notes.groupBy("stem").agg(F.min("path").alias("companion"))
    images = files.where(~F.col("ending").isin(*COMPANIONS))
    return images.join(notes, "stem", how="inner").select("path", "companion")


def _worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if batch.num_rows:
            yield pa.RecordBatch.from_pylist(
                [_read(path) for path in batch["path"].to_pylist()], READ_ARROW
            )


def _read(path: str) -> dict[str, str | bool | None]:
    """A file's md5 and format, or why it could not be read."""
    try:
        md5, head = sources.md5_and_head(path, formats.HEAD_BYTES)
    except FileNotFoundError:
        return {"path": path, "failed": "vanished", "failure": "no such file any more"}
    except OSError as error:
        return {"path": path, "failed": "unreadable", "failure": error.strerror}
    kind = formats.sniff(head)
    return {"path": path, "md5": md5, "format": kind, "name_lies": formats.name_lies(path, kind)}
