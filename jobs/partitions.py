"""Clusters each coded space by methods that give one partition: DPA, HDBSCAN, spectral.

./spark-submit.sh partitions my.toml       reads codings, neighbors; writes partitions
"""

import sys

import pyarrow as pa

from sempark import job, spaces
from sempark.stages import neighbors, partitions


def build(context: job.Context) -> pa.Table:
    lists = context.read("neighbors")
    found = (
        (vectors, neighbors.lists(lists, vectors.space)[1])
        for vectors in spaces.coded_spaces(context.read("codings"))
        if len(vectors.md5s) >= neighbors.MIN_POINTS
    )
    with context.bar("partitions") as progress:
        return partitions.build(found, context.config.partitions, progress)


STAGE = job.Stage("partitions", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
