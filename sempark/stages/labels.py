"""labels: what people said of the pictures, matched with images_flat by content.

In: inventory (the label sets' folders are among its sources), images_flat. Out: a row for each
picture file of each set with its category, sub-category and the image it belongs to. Names of
files never matter, only folders and contents. A file is matched by the md5 of images_flat's JPEG;
else among images that look alike: by the encoder and settings that make it again from the image's
source, by equal pixels, by all but equal pixels. Source: section 2.2 of the thesis, table 2.2.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import cv2
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sempark import sources
from sempark.config import Images, Labels
from sempark.imaging import decode
from sempark.imaging.watched import Limits
from sempark.stages import labels_matching as matching
from sempark.tables import LABELS, arrow_schema

PREFIX = "labels:"
"""Of a label set's source name in the inventory."""
FILES_A_TASK = 100
LOOK_SCHEMA = (
    "file_md5 string, path string, perceptual_hash bigint, pixel_hash string, failed string"
)
MATCH_SCHEMA = "file_md5 string, md5 string, matched_by string, encoder string, failed string"


def build(
    inventory: DataFrame,
    images: DataFrame,
    labelled: DataFrame,
    settings: Labels,
    limits: Images,
) -> DataFrame:
    """Match each labelled file, mark conflicts. Key: data_set, file, category, subcategory.

    `labelled` has data_set, file, category, subcategory, path: `from_folders` makes it.
    """
    contents = inventory.where(F.col("status").isin("ok", "unreadable", "vanished", "empty"))
    files = labelled.join(
        contents.select("path", F.col("md5").alias("file_md5"), "format", "reason"),
        "path",
        how="left",
    )
    matches = match(files.select("file_md5", "path", "format"), images, settings, limits)
    matched = files.join(matches, "file_md5", how="left")
    picture = F.coalesce("md5", "file_md5", "path")
    same = Window.partitionBy("data_set", picture)
    conflict = F.size(F.collect_set("category").over(same)) > 1
    loser = F.lit(True)
    if settings.conflicts == "first":
        loser = F.col("category") != F.min("category").over(same)
    status = (
        F.when(F.col("file_md5").isNull() | F.col("failed").isNotNull(), "unreadable")
        .when(F.col("md5").isNull() | F.col("category").isNull(), "unmatched")
        .when(conflict & loser, "conflict")
        .otherwise("ok")
    )
    why = F.when(F.col("category").isNull(), "no folder names a category")
    return matched.select(
        "data_set",
        "file",
        "category",
        "subcategory",
        "file_md5",
        "md5",
        "matched_by",
        "encoder",
        conflict.alias("conflict"),
        status.alias("status"),
        F.coalesce("reason", "failed", why).alias("reason"),
    ).select(*LABELS.names)


def match(files: DataFrame, images: DataFrame, settings: Labels, limits: Images) -> DataFrame:
    """Match contents (file_md5, path, format) with images. Key: file_md5."""
    kinds = settings.matched_by
    contents = files.where(F.col("file_md5").isNotNull()).groupBy("file_md5")
    pictures = contents.agg(F.min("path").alias("path"), F.first("format").alias("format"))
    survivors = images.where(F.col("status") == "ok")
    none = F.lit(None).cast("string")
    direct = pictures.join(
        survivors.select("md5", F.col("jpeg_md5").alias("file_md5")), "file_md5", how="inner"
    ).select("file_md5", "md5", F.lit("jpeg_md5").alias("matched_by"), none, none)
    direct = direct.toDF(*arrow_schema(MATCH_SCHEMA).names).where(F.lit("jpeg_md5" in kinds))
    rest = pictures.where(F.col("format").isin(*decode.FORMATS))
    rest = rest.join(direct.select("file_md5"), "file_md5", how="left_anti")
    if not set(kinds) - {"jpeg_md5"}:
        return direct
    bounds = Limits(limits.max_pixels, limits.timeout_seconds, limits.memory_mb << 20)
    # a cached table is not split anew by its size: say how many tasks are worth their start
    n_parts = max(2, rest.count() // FILES_A_TASK + 1)
    rest = rest.repartition(n_parts, "file_md5")
    looks = rest.mapInArrow(lambda batches: _look(batches, bounds), LOOK_SCHEMA).persist()
    alike = matching.alike(looks, survivors).repartition(n_parts, "file_md5")
    proved = alike.mapInArrow(lambda batches: _prove(batches, kinds, bounds), MATCH_SCHEMA)
    failed = looks.where(F.col("failed").isNotNull())
    failed = failed.select("file_md5", none, none, none, "failed")
    return direct.unionByName(proved).unionByName(failed.toDF(*direct.columns))


def from_folders(inventory: DataFrame, sets: dict[str, str]) -> DataFrame:
    """Pictures of the label sets with their folders as category and sub-category."""
    files = inventory.where(F.col("kind").isin("file", "link"))
    files = files.where(F.col("format").isNull() | F.col("format").isin(*decode.FORMATS))
    files = files.where(~F.col("status").isin("directory", "special"))
    rows = files.where("false").select("path", F.col("path").alias("file"), F.lit("").alias("set"))
    for name, directory in sets.items():
        # by path, not by source: a set's folder may lie inside a source directory
        root = sources.escape(os.fsencode(sources.absolute(directory).rstrip("/") + "/"))
        inside = files.where(F.col("path").startswith(F.lit(root)))
        file = F.substring("path", len(root) + 1, 1 << 20)
        rows = rows.unionByName(inside.select("path", file.alias("file"), F.lit(name).alias("set")))
    parts = F.split("file", "/")
    return rows.select(
        F.col("set").alias("data_set"),
        "file",
        F.when(F.size(parts) > 1, parts[0]).alias("category"),
        F.when(F.size(parts) > 2, parts[1]).alias("subcategory"),
        "path",
    )


def _look(batches: Iterator[pa.RecordBatch], limits: Limits) -> Iterator[pa.RecordBatch]:
    """What each file looks like, or why it can't be told."""
    cv2.setNumThreads(1)
    retry = _is_retry()
    for batch in batches:
        for row in batch.to_pylist():
            found = matching.look(row["file_md5"], row["path"], limits, retry)
            yield pa.RecordBatch.from_pylist([found], arrow_schema(LOOK_SCHEMA))


def _prove(
    batches: Iterator[pa.RecordBatch], kinds: list[str], limits: Limits
) -> Iterator[pa.RecordBatch]:
    """The best of each file's candidates that the pixels prove."""
    cv2.setNumThreads(1)
    retry = _is_retry()
    for batch in batches:
        for row in batch.to_pylist():
            found = matching.best(row, kinds, limits, retry)
            if found is not None:
                yield pa.RecordBatch.from_pylist([found], arrow_schema(MATCH_SCHEMA))


def _is_retry() -> bool:
    context = TaskContext.get()
    return context is not None and context.attemptNumber() > 0
