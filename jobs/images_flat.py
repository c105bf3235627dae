"""Decodes each unique file of the wanted formats and keeps it as one gray JPEG.

./spark-submit.sh images_flat my.toml      reads inventory; writes images_flat
"""

import sys

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import job
from sempark.stages import images_flat
from sempark.tables import Refused


def build(context: job.Context) -> DataFrame:
    settings = context.config
    previous = context.previous("images_flat")
    if previous is not None and context.retry_failed:
        previous = previous.where(F.col("status").isin("ok", "same_jpeg"))
    rows = images_flat.build(
        context.read("inventory"),
        settings.input.source,
        settings.input.formats,
        settings.images,
        settings.run,
        previous,
    )
    if rows.where(F.col("status") == "ok").isEmpty():
        raise Refused(
            f"no decodable {' or '.join(settings.input.formats)} file under "
            f"{', '.join(settings.input.source)}: set input.source or input.formats"
        )
    return rows


STAGE = job.Stage("images_flat", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
