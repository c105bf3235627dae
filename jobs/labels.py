"""Matches the files of the label sets with the pictures of images_flat.

./spark-submit.sh labels my.toml           reads inventory, images_flat; writes labels
"""

import sys

from pyspark.sql import DataFrame

from sempark import job
from sempark.stages import labels
from sempark.tables import PassedOver


def build(context: job.Context) -> DataFrame:
    sets = context.config.input.labels
    if not sets:
        raise PassedOver("no label sets: input.labels is empty")
    return labels.build(
        context.read("inventory"), context.read("images_flat"), sets, context.config.labels
    )


STAGE = job.Stage("labels", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
