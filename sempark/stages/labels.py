"""labels: what people said of the pictures, matched with images_flat by content.

In: inventory (the label sets' folders are among its sources), images_flat. Out: a row for each
file of each set with its category, sub-category and the image it belongs to. Names of files never
matter, only folders and contents. Source: section 2.2 of the thesis, table 2.2.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sempark.config import Labels
from sempark.tables import LABELS

PREFIX = "labels:"
"""Of a label set's source name in the inventory."""


def build(
    inventory: DataFrame, images: DataFrame, sets: dict[str, str], settings: Labels
) -> DataFrame:
    """Match each labelled file, mark conflicts. Key: data_set, file."""
    files = _files(inventory, sets)
    survivors = images.where(F.col("status") == "ok").select(
        "md5", F.col("jpeg_md5").alias("file_md5")
    )
    matched = files.join(survivors, "file_md5", how="left")
    several = F.size(F.collect_set("category").over(Window.partitionBy("data_set", "file_md5")))
    conflict = several > 1
    status = (
        F.when(F.col("file_md5").isNull(), "unreadable")
        .when(F.col("md5").isNull(), "unmatched")
        .when(conflict, "conflict")
        .otherwise("ok")
    )
    return matched.select(
        "data_set",
        "file",
        "category",
        "subcategory",
        "file_md5",
        "md5",
        F.when(F.col("md5").isNotNull(), "jpeg_md5").alias("matched_by"),
        F.lit(None).cast("string").alias("encoder"),
        conflict.alias("conflict"),
        status.alias("status"),
        "reason",
    ).select(*LABELS.names)


def _files(inventory: DataFrame, sets: dict[str, str]) -> DataFrame:
    """JPEGs of the label sets with their folders as category and sub-category."""
    files = inventory.where(F.col("source").startswith(PREFIX) & F.col("kind").isin("file", "link"))
    roots = F.create_map(
        *(F.lit(x) for name, path in sets.items() for x in (PREFIX + name, path.rstrip("/") + "/"))
    )
    relative = F.substring(F.col("path"), F.length(roots[F.col("source")]) + 1, 1 << 20)
    parts = F.split(relative, "/")
    return files.select(
        F.substring(F.col("source"), len(PREFIX) + 1, 1 << 10).alias("data_set"),
        relative.alias("file"),
        F.when(F.size(parts) > 1, parts[0]).alias("category"),
        F.when(F.size(parts) > 2, parts[1]).alias("subcategory"),
        F.col("md5").alias("file_md5"),
        "reason",
    )
