"""Merges the images of each coded space by each method, down to one cluster.

./spark-submit.sh merges my.toml           reads codings, neighbors; writes merges
"""

import sys

import pyarrow as pa

from sempark import job, spaces
from sempark.stages import merges, neighbors


def build(context: job.Context) -> pa.Table:
    lists = context.read("neighbors")
    found = (
        (vectors, neighbors.lists(lists, vectors.space)[1])
        for vectors in spaces.coded_spaces(context.read("codings"))
        if len(vectors.md5s) >= neighbors.MIN_POINTS
    )
    size = context.config.partitions.min_cluster_size
    with context.bar("merges") as progress:
        return merges.build(found, context.config.merges, size, progress)


STAGE = job.Stage("merges", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
