"""Measures each image's density and its distance to the nearest denser one, in each coded space.

./spark-submit.sh densities my.toml        reads codings, neighbors; writes densities
"""

import sys

import pyarrow as pa

from jobs.neighbors import with_lists
from sempark import job
from sempark.stages import densities


def build(context: job.Context) -> pa.Table:
    return densities.build(with_lists(context), context.config.densities)


STAGE = job.Stage("densities", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
