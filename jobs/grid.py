"""Trains autoencoders of many shapes on each raw space and scores them on rows kept out.

./spark-submit.sh grid my.toml             reads features, subset, vectors, dimension; writes grid
"""

import sys
from itertools import chain
from pathlib import Path

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import autoencoding, job, spaces
from sempark.stages import codings, grid
from sempark.tables import PassedOver


def build(context: job.Context) -> DataFrame:
    settings, training = context.config.grid, context.config.codings
    if not settings.enabled:
        raise PassedOver("grid.enabled is false")
    rows = context.read("dimension").groupBy("space").agg(F.max("plateau").alias("plateau"))
    plateaus = {row["space"]: row["plateau"] for row in rows.collect()}
    tasks = []
    found = chain(
        spaces.raw_spaces(context.read("features"), context.read("subset")),
        spaces.given(context.read("vectors"), reduce=True),
    )
    for vectors in found:
        if len(vectors.md5s) < codings.MIN_POINTS:
            continue
        path = Path(job.scratch()) / f"{vectors.space}.npy"
        np.save(path, vectors.X)
        file = context.ship(str(path), spaces.row_digest(vectors.md5s))
        size = autoencoding.n_codings(vectors, plateaus.get(vectors.space), training)
        tasks += [grid.Task(vectors.space, file, size, a) for a in grid.architectures(settings)]
    if not tasks:
        raise PassedOver(f"fewer than {codings.MIN_POINTS} images in the subset")
    return grid.build(context.spark, tasks, settings, training)


STAGE = job.Stage("grid", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
