"""Chooses the images of one scale range, 1u-2u by default.

./spark-submit.sh subset my.toml           reads scale, labels; writes subset
"""

import sys

from pyspark.sql import DataFrame

from sempark import job
from sempark.stages import subset
from sempark.tables import Refused


def build(context: job.Context) -> DataFrame:
    config = context.config
    rows = subset.build(context.read("scale"), context.read("labels"), config.subset, config.labels)
    if rows.isEmpty():
        raise Refused(
            f"no image has a scale in the subset {config.subset.name}: "
            "set subset.values_nm, or subset.by and its range"
        )
    return rows


STAGE = job.Stage("subset", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
