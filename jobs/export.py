"""Writes a record an image as CSV, JSON Lines, Parquet and JSON-LD, for other programs.

./spark-submit.sh export my.toml           reads images_flat, scale, labels, predictions, taxonomy,
                                           near_duplicates, features; writes the folder export
"""

import sys
from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import taxonomy
from sempark import job
from sempark.retrieval import records
from sempark.stages import export, subset
from sempark.terminal import say


def known(context: job.Context) -> DataFrame:
    """A record an image, as privacy allows."""
    return records.build(
        context.read("images_flat"),
        context.read("scale"),
        subset.categories(context.read("labels"), context.config.labels),
        context.read("predictions"),
        context.read("taxonomy"),
        context.read("near_duplicates"),
        context.config.privacy.paths == "hide",
    )


def layer(context: job.Context) -> str:
    """The layer the tree was grown in, such as ``2048ft``; empty without features."""
    checkpoint, name = taxonomy.grown_in(context), context.config.taxonomy.layer
    of = (F.col("checkpoint") == checkpoint) & (F.col("layer") == name)
    row = context.read("features").where(of).select(F.size("vector").alias("width")).first()
    return f"{row['width']}{checkpoint}" if row else ""


def build(context: job.Context) -> Iterator[tuple[str, bytes]]:
    about = context.store.manifest("taxonomy") or {}
    created, title = str(about.get("created", "")), context.config.report.title
    return export.build(known(context), layer(context), title, created)


STAGE = job.Stage("export", build)


def run(context: job.Context, force: bool) -> None:
    job.make(context, STAGE, force)
    say(f"export: {context.store.location('export').removeprefix('file:')}")


if __name__ == "__main__":
    arguments = job.parse()
    sys.exit(job.run(lambda context: run(context, arguments.force), arguments, True))
