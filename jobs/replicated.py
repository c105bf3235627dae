"""Counts how many JPEGs of the sources are made again from a TIFF, and by which encoder.

./spark-submit.sh replicated my.toml       reads inventory, images_flat; writes nothing
This is the reason of section 2.1 of the thesis for keeping to TIFF.
"""

import sys

from pyspark.sql import functions as F

from sempark import job
from sempark.stages import labels
from sempark.terminal import say


def count(context: job.Context) -> None:
    config = context.config
    inventory = context.read("inventory")
    jpegs = inventory.where(
        F.col("source").isin(*config.input.source) & (F.col("format") == "JPEG")
    )
    files = jpegs.select(F.col("md5").alias("file_md5"), "path", "format")
    # where JPEGs are among the images (input.formats), each would be made from itself
    tiffs = inventory.where(F.col("format") == "TIFF").select("md5")
    images = context.read("images_flat").join(tiffs, "md5", how="left_semi")
    matches = labels.match(files, images, config.labels, config.images)
    contents = files.select("file_md5").where("file_md5 IS NOT NULL").distinct()
    found = contents.join(matches, "file_md5", how="left")
    counts = found.groupBy("matched_by", "encoder").count().collect()
    say(f"{sum(row['count'] for row in counts):,} JPEGs with different contents")
    for row in sorted(counts, key=lambda row: -row["count"]):
        how = row.matched_by or "from no TIFF"
        say(f"{row['count']:>12,}  {how:<12} {row.encoder or ''}")


if __name__ == "__main__":
    sys.exit(job.run(count, job.parse()))
