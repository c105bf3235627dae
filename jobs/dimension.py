"""Measures the intrinsic dimension of each raw space by 2-NN, over sample sizes.

./spark-submit.sh dimension my.toml        reads features, subset, vectors, raw_neighbors
"""

import sys
from itertools import chain

import pyarrow as pa

from sempark import job, spaces
from sempark.stages import dimension, raw_neighbors


def build(context: job.Context) -> pa.Table:
    raw = context.read("raw_neighbors")
    found = chain(
        spaces.raw_spaces(context.read("features"), context.read("subset")),
        spaces.given(context.read("vectors")),
    )
    known = ((vectors, raw_neighbors.two_nearest(raw, vectors.space)) for vectors in found)
    with context.bar("dimension") as progress:
        return dimension.build(known, context.config.dimension, progress)


STAGE = job.Stage("dimension", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
