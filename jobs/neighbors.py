"""Finds the k nearest images of each image in every space, exactly.

./spark-submit.sh neighbors my.toml        reads raw_neighbors, codings; writes neighbors
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import job, spaces
from sempark.geometry.neighbors import Neighbors
from sempark.neighborhoods import Search
from sempark.stages import neighbors
from sempark.terminal import say


def build(context: job.Context) -> DataFrame:
    settings, scratch = context.config.neighbors, Path(job.scratch())
    codings = spaces.clustered(context.read("codings"), settings, context.facts)
    found = spaces.coded_spaces(codings)
    # a given space that is clustered as it is, in part: its lists of all points are others
    in_part = F.col("space").isin(*context.facts.get("sampled", ()))
    raw = context.read("raw_neighbors").where(~in_part)
    with context.bar("neighbors") as progress:
        search = Search(settings, context.spark, context.ship, scratch, progress, say)
        rows = neighbors.build(raw, found, search)
    if search.recall:
        context.facts["recall"] = search.recall
    return rows


def with_lists(context: job.Context) -> Iterator[tuple[spaces.Vectors, Neighbors]]:
    """What is clustered of each coded space, with its lists."""
    codings = spaces.clustered(context.read("codings"), context.config.neighbors)
    return neighbors.with_lists(spaces.coded_spaces(codings), context.read("neighbors"))


STAGE = job.Stage("neighbors", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
