"""Scores every hierarchy at every k, and every flat partition, against the known categories.

./spark-submit.sh scores my.toml           reads merges, partitions, subset, vectors; writes scores
"""

import sys
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import functions as F

from sempark import job, spaces
from sempark.clustering.merges import Merges
from sempark.stages import merges, scores


def hierarchies(context: job.Context) -> Iterator[tuple[str, str, Sequence[str], Merges]]:
    rows = context.read("merges")
    codings = spaces.clustered(context.read("codings"), context.config.neighbors)
    pairs = rows.select("space", "method").distinct().orderBy("space", "method").collect()
    for space, method in pairs:
        md5s = codings.where(F.col("space") == space).select("md5").orderBy("md5").collect()
        yield space, method, [row["md5"] for row in md5s], merges.from_table(rows, space, method)


def partitions(context: job.Context) -> Iterator[tuple[str, str, list[str], NDArray[np.int64]]]:
    rows = context.read("partitions")
    pairs = rows.select("space", "method").distinct().orderBy("space", "method").collect()
    for space, method in pairs:
        chosen = rows.where((F.col("space") == space) & (F.col("method") == method))
        table = chosen.select("md5", "label").toArrow().sort_by("md5")
        yield space, method, table["md5"].to_pylist(), table["label"].to_numpy().astype(np.int64)


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
