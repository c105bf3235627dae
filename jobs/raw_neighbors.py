"""Finds the k nearest images of each image in every raw space, exactly.

./spark-submit.sh raw_neighbors my.toml    reads features, subset, vectors; writes raw_neighbors
A space of more points than dimension.sample is left out: its dimension is that of a sample.
"""

import sys
from itertools import chain
from pathlib import Path

from pyspark.sql import DataFrame

from sempark import job, spaces
from sempark.neighborhoods import Search
from sempark.stages import raw_neighbors
from sempark.tables import PassedOver
from sempark.terminal import say


def build(context: job.Context) -> DataFrame:
    found = chain(
        spaces.raw_rows(context.read("features"), context.read("subset")),
        spaces.given_rows(context.read("vectors")),
    )
    small = spaces.small(found, context.config.dimension.sample, context.facts)
    settings, scratch = context.config.neighbors, Path(job.scratch())
    with context.bar("raw_neighbors") as progress:
        search = Search(settings, context.spark, context.ship, scratch, progress, say)
        try:
            rows = raw_neighbors.build(spaces.fetched(small), search)
        except PassedOver:
            if "too_large" in context.facts:
                raise PassedOver("each raw space has more points than dimension.sample") from None
            raise
    if search.recall:
        context.facts["recall"] = search.recall
    return rows


STAGE = job.Stage("raw_neighbors", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
