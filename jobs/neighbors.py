"""Finds the k nearest images of each image in every space, exactly.

./spark-submit.sh neighbors my.toml        writes neighbors, from features, codings, subset, vectors
"""

import sys
from itertools import chain

import pyarrow as pa

from sempark import job, spaces
from sempark.stages import neighbors


def build(context: job.Context) -> pa.Table:
    found = chain(
        spaces.raw_spaces(context.read("features"), context.read("subset")),
        spaces.given(context.read("vectors"), reduce=True),
        spaces.coded_spaces(context.read("codings")),
    )
    with context.bar("neighbors") as progress:
        return neighbors.build(found, context.config.neighbors.k, progress)


STAGE = job.Stage("neighbors", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
