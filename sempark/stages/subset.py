"""subset: the images of one scale range, with their category where one is known.

In: scale, labels. Out: the images whose printed value (or magnification) lies in the range, under
the subset's name. Source: section 2.3, table 2.5 of the thesis (``1u-2u``).
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.config import Labels, Subset
from sempark.tables import SUBSET


def build(scale: DataFrame, labels: DataFrame, settings: Subset, label: Labels) -> DataFrame:
    """Choose the images and give them their label. Key: name, md5."""
    nm = F.col("value") * F.when(F.col("unit") == "nm", 1.0).when(
        F.col("unit") == "um", 1e3
    ).otherwise(1e6)
    if settings.by == "printed":
        # Compared in picometers, so that 0.1 um and 100 nm are one value.
        chosen = F.round(nm * 1e3).isin([round(value * 1e3) for value in settings.values_nm])
    else:
        chosen = F.col("nm_per_px").between(settings.low_nm_per_px, settings.high_nm_per_px)
    images = scale.where((F.col("status") == "ok") & chosen).select("md5")
    return (
        images.join(categories(labels, label), "md5", how="left")
        .select(F.lit(settings.name).alias("name"), "md5", "category")
        .select(*SUBSET.names)
    )


def categories(labels: DataFrame, settings: Labels) -> DataFrame:
    """One category an image from the primary set, by the kinds of match that count."""
    counted = labels.where(
        (F.col("data_set") == settings.primary)
        & F.col("matched_by").isin(*settings.matched_by)
        & F.col("category").isNotNull()
    )
    rows = counted.groupBy("md5").agg(
        F.min("category").alias("category"), F.countDistinct("category").alias("several")
    )
    if settings.conflicts == "drop":
        rows = rows.where(F.col("several") == 1)
    return rows.select("md5", "category")
