"""Pictures that people filed under several categories, counted by pair of categories.

In: the table labels. Out: rows for the job conflicts and the report. A picture is the image it was
matched with, else the file's own content. Source: section 2.2 of the thesis (4109 contents of the
set 100% stand in two categories).
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def by_pair(labels: DataFrame) -> DataFrame:
    """Pictures that stand in two categories, by pair of sets and categories.

    Columns: data_set_a, category_a, data_set_b, category_b, n_pictures, n_files (files with such a
    picture in either place). Key: the first four.
    """
    known = labels.where(F.col("category").isNotNull() & F.col("file_md5").isNotNull())
    counted = known.groupBy(
        F.coalesce("md5", "file_md5").alias("picture"), "data_set", "category"
    ).agg(F.countDistinct("file").alias("n"))

    def side(letter: str) -> DataFrame:
        names = [f"data_set_{letter}", f"category_{letter}", f"n_{letter}"]
        return counted.toDF("picture", *names)

    ordered = F.struct("data_set_a", "category_a") < F.struct("data_set_b", "category_b")
    other: Column = F.col("category_a") != F.col("category_b")
    pairs = side("a").join(side("b"), "picture", how="inner").where(ordered & other)
    key = ["data_set_a", "category_a", "data_set_b", "category_b"]
    return pairs.groupBy(*key).agg(
        F.count(F.lit(1)).alias("n_pictures"), F.sum(F.col("n_a") + F.col("n_b")).alias("n_files")
    )
