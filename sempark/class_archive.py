"""Spark's classes as an archive beside the interpreter: a session starts in two thirds of the time.

    python -m sempark.class_archive      writes it anew, some 190 MB in half a minute

Java reads thousands of classes out of 300 jars at every start; from an archive of its own
(application class-data sharing, JEP 350) it maps them. The archive is written when the environment
is prepared. Java compares it with its own version and the jars, and does without where they differ.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from sempark import submit


def make(place: Path = submit.CLASS_ARCHIVE) -> None:
    """Run a session that does what jobs do, and keep the classes that it loaded.

    Raises
    ------
    RuntimeError
        Java ended without an archive.
    """
    with tempfile.TemporaryDirectory(prefix="sempark-", dir=place.parent) as scratch:
        archive = Path(scratch) / "classes.jsa"
        done = subprocess.run(
            [
                *(submit.spark_submit(), "--master", "local[2]"),
                *("--driver-java-options", f'"-XX:ArchiveClassesAtExit={archive}" -Xlog:disable'),
                *("--conf", "spark.ui.enabled=false", __file__, f"{scratch}/rows"),
            ],
            env=submit.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not archive.exists():
            last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
            raise RuntimeError(f"spark-submit ended with {done.returncode}, no archive:\n{last}")
        archive.replace(place)


def work(spark: SparkSession, scratch: str) -> None:
    """Write, read, join, rank, and pass rows through Python."""
    rows = spark.range(1000).withColumn("kind", F.col("id") % 7)
    rows.withColumn("hash", F.xxhash64("kind")).write.parquet(scratch)
    read = spark.read.parquet(scratch)
    counts = read.groupBy("kind").agg(F.count(F.lit(1)).alias("n"))
    read.join(F.broadcast(counts), "kind").toArrow()
    order = Window.partitionBy("kind").orderBy("id")
    read.withColumn("rank", F.row_number().over(order)).where("rank = 1").collect()

    def passed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches

    read.select("id").mapInArrow(passed, "id long").persist().count()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(SparkSession.builder.getOrCreate(), sys.argv[1])
    else:
        try:
            make()
        except (RuntimeError, OSError) as error:
            sys.exit(f"sempark: {error}")
