"""Merges the images of each coded space by each method, down to one cluster.

./spark-submit.sh merges my.toml           reads codings, neighbors, densities; writes merges
"""

import sys
from functools import partial

import pyarrow as pa

from jobs.neighbors import with_lists
from sempark import job
from sempark.stages import densities, merges


def build(context: job.Context) -> pa.Table:
    peaks = partial(densities.merges, context.read("densities"))
    size = context.config.partitions.min_cluster_size
    with context.bar("merges") as progress:
        return merges.build(with_lists(context), peaks, context.config.merges, size, progress)


STAGE = job.Stage("merges", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
