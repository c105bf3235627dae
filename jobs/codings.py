"""Brings each raw space down to its intrinsic dimension by an autoencoder, and by PCA beside it.

./spark-submit.sh codings my.toml          writes codings

Reads features, subset, vectors, dimension, grid.
"""

import sys
from itertools import chain

import pyarrow as pa
from pyspark.sql import functions as F

from sempark import autoencoding, job, spaces
from sempark.stages import codings


def plateaus(context: job.Context) -> dict[str, float | None]:
    """The 2-NN plateau of each raw space; None: there is none."""
    rows = context.read("dimension").groupBy("space").agg(F.max("plateau").alias("plateau"))
    return {row["space"]: row["plateau"] for row in rows.collect()}


def best(context: job.Context) -> dict[str, autoencoding.Architecture]:
    """The architecture of the smallest test error a space; ties: the first by its numbers."""
    rows = context.read("grid").where(F.col("status") == "ok").collect()
    found: dict[str, tuple[float, autoencoding.Architecture]] = {}
    for row in sorted(rows, key=str):
        architecture = autoencoding.Architecture(
            row["n_hidden1"],
            row["n_hidden2"],
            row["tied"],
            row["phases"],
            row["activation"],
            row["learning_rate"],
        )
        if row["test_mse"] < found.get(row["space"], (float("inf"),))[0]:
            found[row["space"]] = (row["test_mse"], architecture)
    return {space: architecture for space, (_, architecture) in found.items()}


def build(context: job.Context) -> pa.Table:
    given = context.read("vectors")
    found = chain(
        spaces.raw_spaces(context.read("features"), context.read("subset")),
        spaces.given(given, reduce=True),
    )
    as_they_are = spaces.given(given, reduce=False)
    with context.bar("codings") as progress:
        return codings.build(
            found, as_they_are, plateaus(context), best(context), context.config.codings, progress
        )


STAGE = job.Stage("codings", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
