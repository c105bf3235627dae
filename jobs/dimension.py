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
    settings = context.config.dimension
    sample = spaces.Sample(settings.sample, settings.seed)
    found = chain(
        spaces.raw_spaces(context.read("features"), context.read("subset"), sample),
        spaces.given(context.read("vectors"), sample=sample),
    )
    known = (
        (one, None if one.sample_of else raw_neighbors.two_nearest(raw, one.space))
        for one in spaces.noted(found, context.facts)
    )
    with context.bar("dimension") as progress:
        return dimension.build(known, settings, progress)


STAGE = job.Stage("dimension", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
