"""Says for each stage whether it would run, and why, with estimated time, memory and disk.

./spark-submit.sh plan my.toml
"""

import sys
from typing import NamedTuple

from jobs import inventory
from jobs.pipeline import STAGES
from sempark import job
from sempark.tables import TABLES
from sempark.terminal import say


class Cost(NamedTuple):
    """Of a row of the table's first input: core seconds, MB on disk, MB of the driver's memory."""

    core_seconds: float
    disk_mb: float
    driver_mb: float


COSTS = {
    "inventory": Cost(0.001, 0.0002, 0.001),
    "images_flat": Cost(0.03, 0.3, 0.0),
    "near_duplicates": Cost(0.005, 0.0001, 0.0005),
    "labels": Cost(0.005, 0.0002, 0.0),
    "scale": Cost(0.03, 0.0003, 0.0),
    "subset": Cost(0.001, 0.0001, 0.0),
    "finetuned": Cost(0.15, 0.01, 0.01),
    "features": Cost(0.06, 0.024, 0.0),
    "predictions": Cost(0.001, 0.0001, 0.0),
    "vectors": Cost(0.0001, 0.004, 0.01),
    "raw_neighbors": Cost(0.003, 0.004, 0.02),
    "dimension": Cost(0.003, 0.0, 0.02),
    "grid": Cost(0.02, 0.0, 0.02),
    "encoders": Cost(0.01, 0.0001, 0.02),
    "codings": Cost(0.0006, 0.0008, 0.0),
    "neighbors": Cost(0.003, 0.004, 0.02),
    "followers": Cost(0.001, 0.0001, 0.0),
    "distances": Cost(0.002, 0.001, 0.02),
    "densities": Cost(0.0002, 0.00005, 0.005),
    "merges": Cost(0.002, 0.0005, 0.005),
    "partitions": Cost(0.001, 0.0001, 0.005),
    "scores": Cost(0.0005, 0.0002, 0.002),
    "taxonomy": Cost(0.005, 0.0001, 0.02),
    "tree_scores": Cost(0.01, 0.0, 0.03),
    "search": Cost(0.003, 0.012, 0.03),
    "assign": Cost(0.15, 0.3, 0.01),
    "export": Cost(0.0005, 0.002, 0.004),
    "report": Cost(0.02, 0.08, 0.01),
}
"""Measured on drawn micrographs of some 0.5 Mpx, rounded up; networks at 299 px."""


def estimate(name: str, rows: int, cores: int) -> str:
    """Time, disk and driver memory for a number of input rows, in words."""
    cost = COSTS[name]
    minutes = rows * cost.core_seconds / cores / 60
    disk, memory = rows * cost.disk_mb, rows * cost.driver_mb
    return f"about {minutes:,.1f} min, {disk:,.0f} MB of disk, {memory:,.0f} MB in the driver"


def show(context: job.Context) -> None:
    """A line a stage; rows are those of its first input, or of the nearest table above it."""
    changed: set[str] = set()
    cores = context.spark.sparkContext.defaultParallelism
    rows = 0
    for stage in STAGES:
        verdict, _, rows_in = job.inspect(context, stage)
        above = [name for name in TABLES[stage.name].inputs if name in changed]
        rows = rows_in if rows_in is not None else rows or source_rows(context)
        if verdict.state == "current" and not above:
            say(f"{stage.name:<16} up to date")
            continue
        changed.add(stage.name)
        why = verdict.reason or f"after {', '.join(above)}"
        force = "; needs --force" if verdict.needs_force else ""
        say(f"{stage.name:<16} would run: {why}{force}; {estimate(stage.name, rows, cores)}")


def source_rows(context: job.Context) -> int:
    """Entries below the sources."""
    return int(inventory.listing(tuple(inventory.roots(context.config.input).items())).num_rows)


if __name__ == "__main__":
    sys.exit(job.run(show, job.parse()))
