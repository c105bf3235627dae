"""What the network sees together does not hang on who sent it first."""

import hashlib

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sempark.stages import features

pytestmark = pytest.mark.spark
MD5S = [hashlib.md5(bytes([i])).hexdigest() for i in range(40)]


@pytest.mark.parametrize("n_parts", [1, 5])
def test_a_task_has_its_rows_in_one_order(spark: SparkSession, n_parts: int) -> None:
    def tasks(rows: DataFrame) -> list[list[str]]:
        found = features.arranged(rows, 3).withColumn("task", F.spark_partition_id()).collect()
        return [[row["md5"] for row in found if row["task"] == task] for task in range(3)]

    rows = spark.createDataFrame([(md5,) for md5 in MD5S], "md5 string")
    turned = spark.createDataFrame([(md5,) for md5 in MD5S[::-1]], "md5 string")
    expected = tasks(rows.coalesce(1))
    assert all(len(task) > 1 for task in expected)
    assert sorted(md5 for task in expected for md5 in task) == sorted(MD5S)
    assert tasks(turned.repartition(n_parts)) == expected
