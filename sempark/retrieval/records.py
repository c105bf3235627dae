"""A record an image: what search shows, what export writes.

In: images_flat, scale, labels or predictions, taxonomy, near_duplicates. Out: a DataFrame, one row
an image: where its files lie, its scale, its category and who gave it, and its place in the tree.
Used by several stages; a path is left out where privacy asks for it.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

COLUMNS = (
    "md5",
    "jpeg_md5",
    "pixel_hash",
    "width",
    "height",
    "paths",
    "scale_status",
    "value",
    "unit",
    "nm_per_px",
    "category",
    "category_by",
    "confidence",
    "node",
    "names",
    "near_duplicates",
)


def build(
    images: DataFrame,
    scale: DataFrame,
    label: DataFrame,
    predictions: DataFrame,
    taxonomy: DataFrame,
    near_duplicates: DataFrame,
    hide: bool,
) -> DataFrame:
    """Gather what is known of each decodable image. Key: md5.

    ``label`` holds md5 and category. ``category_by`` is ``label``, ``prediction`` (confident enough
    for the tree) or null; ``confidence`` is the network's probability of its own choice, null where
    a person chose; ``node`` is the deepest one of the tree, ``names`` what it and those above it
    are called, from the category down. ``hide`` leaves the paths out.
    """
    kept = ["md5", "jpeg_md5", "pixel_hash", "width", "height", "paths"]
    rows = images.where(F.col("status") == "ok").select(*kept)
    if hide:
        rows = rows.withColumn("paths", F.array().cast("array<string>"))
    read = scale.select("md5", F.col("status").alias("scale_status"), "value", "unit", "nm_per_px")
    sure = predictions.select("md5", F.col("category").alias("predicted"), "probability")
    labelled = label.select("md5", F.col("category").alias("label"))
    rows = (
        rows.join(read, "md5", how="left")
        .join(labelled, "md5", how="left")
        .join(sure.dropDuplicates(["md5"]), "md5", how="left")
        .join(places(taxonomy), "md5", how="left")
        .join(_partners(near_duplicates), "md5", how="left")
    )
    by = F.when(F.col("label").isNotNull(), "label").when(F.col("node").isNotNull(), "prediction")
    of_tree = F.when(by.isNotNull(), F.coalesce("label", "predicted"))
    return (
        rows.withColumn("category_by", by)
        .withColumn("category", of_tree)
        .withColumn("confidence", F.when(F.col("label").isNull(), F.col("probability")))
        .withColumn(
            "near_duplicates", F.coalesce("near_duplicates", F.array().cast("array<string>"))
        )
        .select(*COLUMNS)
    )


def places(taxonomy: DataFrame) -> DataFrame:
    """The deepest node of each image in the tree, and the names down to it. Key: md5."""
    inside = taxonomy.select("depth", "node", "name", F.explode("members").alias("md5"))
    down = F.sort_array(F.collect_list(F.struct("depth", "node", "name")))
    found = inside.groupBy("md5").agg(down.alias("down"))
    return found.select(
        "md5",
        F.element_at("down", -1)["node"].alias("node"),
        F.transform("down", lambda one: one["name"]).alias("names"),
    )


def _partners(pairs: DataFrame) -> DataFrame:
    """The all but equal pictures of each picture, sorted. Key: md5."""
    one = pairs.select(F.col("md5_a").alias("md5"), F.col("md5_b").alias("other"))
    two = pairs.select(F.col("md5_b").alias("md5"), F.col("md5_a").alias("other"))
    return (
        one.unionByName(two)
        .groupBy("md5")
        .agg(F.sort_array(F.collect_set("other")).alias("near_duplicates"))
    )
