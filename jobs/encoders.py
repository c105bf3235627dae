"""Trains what brings each raw space down to its intrinsic dimension: autoencoders, and PCA beside.

./spark-submit.sh encoders my.toml         writes the folder encoders

Reads features, subset, vectors, dimension, grid.
"""

import sys
from collections.abc import Iterator
from itertools import chain

from pyspark.sql import functions as F

from sempark import autoencoding, config, job, spaces
from sempark.stages import encoders
from sempark.terminal import say


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


def trained_on(context: job.Context) -> Iterator[spaces.Vectors]:
    """The raw spaces that are brought down, of large ones a sample, which the manifest notes."""
    settings = context.config.codings
    sample = spaces.Sample(settings.sample, settings.seed)
    found = chain(
        spaces.raw_spaces(context.read("features"), context.read("subset"), sample),
        spaces.given(context.read("vectors"), True, sample),
    )
    return spaces.noted(found, context.facts)


def announced(
    found: Iterator[spaces.Vectors], measured: dict[str, float | None], settings: config.Codings
) -> Iterator[spaces.Vectors]:
    """The spaces; of each its measured dimension, the bound and the choice are said."""
    for vectors in found:
        of = f", trained on {len(vectors.md5s):,} of {vectors.sample_of:,} images"
        choice = autoencoding.choice(vectors, measured.get(vectors.space), settings)
        say(f"  {choice}{of if vectors.sample_of else ''}")
        yield vectors


def build(context: job.Context) -> list[tuple[str, bytes]]:
    settings, measured = context.config.codings, plateaus(context)
    told = announced(trained_on(context), measured, settings)
    with context.bar("encoders") as progress:
        # all of it now: what is noted on the way belongs in the manifest
        return list(encoders.build(told, measured, best(context), settings, progress))


STAGE = job.Stage("encoders", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
