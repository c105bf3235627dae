"""Finds the k nearest images of each image in every space, exactly.

./spark-submit.sh neighbors my.toml        reads raw_neighbors, codings; writes neighbors
"""

import sys
from pathlib import Path

from pyspark.sql import DataFrame

from sempark import job, spaces
from sempark.neighborhoods import Search
from sempark.stages import neighbors
from sempark.terminal import say


def build(context: job.Context) -> DataFrame:
    found = spaces.coded_spaces(context.read("codings"))
    settings, scratch = context.config.neighbors, Path(job.scratch())
    with context.bar("neighbors") as progress:
        search = Search(settings, context.spark, context.ship, scratch, progress, say)
        rows = neighbors.build(context.read("raw_neighbors"), found, search)
    if search.recall:
        context.facts["recall"] = search.recall
    return rows


STAGE = job.Stage("neighbors", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
