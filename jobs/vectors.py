"""Takes somebody's own vectors into the store, as spaces beside those of the images.

./spark-submit.sh vectors my.toml          reads the files of [spaces.NAME]; writes vectors
"""

import sys

from pyspark.sql import DataFrame

from sempark import job
from sempark.stages import vectors


def fingerprint(context: job.Context) -> dict[str, str]:
    """Size and time of each file."""
    spaces = context.config.spaces
    return {f"spaces.{name}": vectors.stamp(space) for name, space in spaces.items()}


def build(context: job.Context) -> DataFrame:
    return vectors.build(context.spark, context.config.spaces, context.config.subset.name)


STAGE = job.Stage("vectors", build, fingerprint)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
