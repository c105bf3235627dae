"""Scores every hierarchy at every k, and every flat partition, against the known categories.

./spark-submit.sh scores my.toml           reads merges, partitions, subset, vectors; writes scores
"""

import sys
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import functions as F

from sempark import clusterings, job, spaces
from sempark.clustering.merges import Merges
from sempark.stages import scores


def hierarchies(context: job.Context) -> Iterator[tuple[str, str, Sequence[str], Merges]]:
    codings = spaces.clustered(context.read("codings"), context.config.neighbors)

    @cache
    def md5s(space: str) -> list[str]:
        rows = codings.where(F.col("space") == space).select("md5").orderBy("md5").collect()
        return [row["md5"] for row in rows]

    for space, method, one in clusterings.merges(context.read("merges")):
        yield space, method, md5s(space), one


def partitions(context: job.Context) -> Iterator[tuple[str, str, list[str], NDArray[np.int64]]]:
    for space, method, table in clusterings.partitions(context.read("partitions")):
        labels = table["label"].to_numpy().astype(np.int64)
        yield space, method, table["md5"].to_pylist(), labels


def build(context: job.Context) -> pa.Table:
    subset, vectors = context.read("subset"), context.read("vectors")
    return scores.build(
        hierarchies(context),
        partitions(context),
        lambda space: spaces.categories(space, subset, vectors),
        context.config.scores.ami_k,
    )


STAGE = job.Stage("scores", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
