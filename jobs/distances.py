"""Correlates the distances in each space with the categories, on a balanced sample and on all.

./spark-submit.sh distances my.toml        reads features, codings, subset; writes distances
"""

import sys
from itertools import chain

import pyarrow as pa
from pyspark.sql import functions as F

from sempark import job, spaces
from sempark.stages import distances


def build(context: job.Context) -> pa.Table:
    settings = context.config.distances
    subset = context.read("subset")
    known = subset.where(F.col("category").isNotNull())
    categories = {row["md5"]: row["category"] for row in known.collect()}
    chosen = distances.sample(categories, settings.sample, settings.seed)
    parts = context.partitions("subset")
    codings = spaces.of_images(context.read("codings"), context.read("vectors"))
    gray = distances.pixels(context.read("images_flat"), known, settings.side_px, parts)
    found = chain(
        spaces.raw_spaces(context.read("features"), known),  # no other vector counts
        spaces.coded_spaces(codings.join(known.select("md5"), "md5", how="left_semi")),
    )
    with context.bar("distances") as progress:
        return distances.build(found, gray, categories, chosen, progress)


STAGE = job.Stage("distances", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
