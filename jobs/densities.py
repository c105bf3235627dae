"""Measures each image's density and its distance to the nearest denser one, in each coded space.

./spark-submit.sh densities my.toml        reads codings, neighbors; writes densities
"""

import sys

import pyarrow as pa

from sempark import job, spaces
from sempark.stages import densities, neighbors


def build(context: job.Context) -> pa.Table:
    codings = spaces.clustered(context.read("codings"), context.config.neighbors)
    found = neighbors.with_lists(spaces.coded_spaces(codings), context.read("neighbors"))
    return densities.build(found, context.config.densities)


STAGE = job.Stage("densities", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
