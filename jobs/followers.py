"""Finds for each image outside the clustered sample the clustered one nearest to it.

./spark-submit.sh followers my.toml        reads codings, neighbors; writes followers
Empty where every image is clustered (neighbors.sample).
"""

import sys
from pathlib import Path

from pyspark.sql import DataFrame

from sempark import job, spaces
from sempark.stages import followers


def build(context: job.Context) -> DataFrame:
    codings = context.read("codings")
    clustered = spaces.clustered(codings, context.config.neighbors, context.facts)
    large = context.facts.get("sampled", {})
    return followers.build(codings, clustered, large, context.ship, Path(job.scratch()))


STAGE = job.Stage("followers", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
