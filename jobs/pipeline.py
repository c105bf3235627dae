"""Runs every stage in order and skips what is up to date.

./spark-submit.sh pipeline my.toml         from source directories to the report
"""

import sys

from jobs import (
    check,
    codings,
    densities,
    dimension,
    distances,
    encoders,
    export,
    features,
    finetune,
    followers,
    grid,
    images_flat,
    inventory,
    labels,
    merges,
    near_duplicates,
    neighbors,
    partitions,
    predictions,
    raw_neighbors,
    report,
    scale,
    scores,
    search,
    subset,
    taxonomy,
    tree_scores,
    vectors,
)
from sempark import headlines, job
from sempark.terminal import say

STAGES = (
    inventory.STAGE,
    images_flat.STAGE,
    near_duplicates.STAGE,
    labels.STAGE,
    scale.STAGE,
    subset.STAGE,
    finetune.STAGE,
    features.STAGE,
    predictions.STAGE,
    vectors.STAGE,
    raw_neighbors.STAGE,
    dimension.STAGE,
    grid.STAGE,
    encoders.STAGE,
    codings.STAGE,
    neighbors.STAGE,
    followers.STAGE,
    distances.STAGE,
    densities.STAGE,
    merges.STAGE,
    partitions.STAGE,
    scores.STAGE,
    taxonomy.STAGE,
    tree_scores.STAGE,
    search.STAGE,
    export.STAGE,
    report.STAGE,
)


def run(context: job.Context, force: bool) -> None:
    if not str(context.spark.sparkContext.master).startswith("local"):
        check.check(context)
    for stage in STAGES:
        job.make(context, stage, force)
    say("")
    for line in headlines.lines(context.store, context.config.report.untrained):
        say(line)
    say(f"report: {context.store.location('report').removeprefix('file:')}/index.html")


if __name__ == "__main__":
    arguments = job.parse()
    sys.exit(job.run(lambda context: run(context, arguments.force), arguments, True))
