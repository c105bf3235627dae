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
    known = subset.where(F.col("category").isNotNull()).collect()
    categories = {row["md5"]: row["category"] for row in known}
    chosen = distances.sample(categories, settings.sample, settings.seed)
    pictures = distances.pictures(context.read("images_flat"), chosen[0], settings.side_px)
    found = chain(
        spaces.raw_spaces(context.read("features"), subset),
        spaces.coded_spaces(context.read("codings")),
    )
    with context.bar("distances") as progress:
        return distances.build(found, pictures, categories, chosen, progress)


STAGE = job.Stage("distances", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
