"""Merges the images of each coded space by each method, down to one cluster.

./spark-submit.sh merges my.toml           reads codings, neighbors, densities; writes merges
"""

import sys
from functools import partial

import pyarrow as pa

from sempark import job, spaces
from sempark.stages import densities, merges, neighbors


def build(context: job.Context) -> pa.Table:
    codings = spaces.clustered(context.read("codings"), context.config.neighbors)
    found = neighbors.with_lists(spaces.coded_spaces(codings), context.read("neighbors"))
    peaks = partial(densities.merges, context.read("densities"))
    size = context.config.partitions.min_cluster_size
    with context.bar("merges") as progress:
        return merges.build(found, peaks, context.config.merges, size, progress)


STAGE = job.Stage("merges", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
