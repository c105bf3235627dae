"""Clusters each coded space by methods that give one partition: DPA, HDBSCAN, spectral.

./spark-submit.sh partitions my.toml       reads codings, neighbors; writes partitions
"""

import sys

import pyarrow as pa

from sempark import job, spaces
from sempark.stages import neighbors, partitions


def build(context: job.Context) -> pa.Table:
    codings = spaces.clustered(context.read("codings"), context.config.neighbors)
    found = neighbors.with_lists(spaces.coded_spaces(codings), context.read("neighbors"))
    with context.bar("partitions") as progress:
        return partitions.build(found, context.config.partitions, progress)


STAGE = job.Stage("partitions", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
