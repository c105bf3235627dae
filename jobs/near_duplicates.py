"""Finds pairs of pictures that are all but equal, and says in what they differ.

./spark-submit.sh near_duplicates my.toml  reads images_flat; writes near_duplicates
"""

import sys

from pyspark.sql import DataFrame

from sempark import job
from sempark.stages import near_duplicates


def build(context: job.Context) -> DataFrame:
    return near_duplicates.build(context.read("images_flat"), context.config.near_duplicates)


STAGE = job.Stage("near_duplicates", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
