"""Clusters each coded space by methods that give one partition: DPA, HDBSCAN, spectral.

./spark-submit.sh partitions my.toml       reads codings, neighbors; writes partitions
"""

import sys

import pyarrow as pa

from jobs.neighbors import with_lists
from sempark import job
from sempark.stages import partitions


def build(context: job.Context) -> pa.Table:
    with context.bar("partitions") as progress:
        return partitions.build(with_lists(context), context.config.partitions, progress)


STAGE = job.Stage("partitions", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
