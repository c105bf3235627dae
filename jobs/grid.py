"""Trains autoencoders of many shapes on each raw space and scores them on rows kept out.

./spark-submit.sh grid my.toml             reads features, subset, vectors, dimension; writes grid
Models that a killed run, or one with other lists, has trained alike are not trained again.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.encoders import plateaus, trained_on
from sempark import autoencoding, job, spaces
from sempark.stages import encoders, grid
from sempark.tables import TABLES, PassedOver

TRAINING = (
    "grid.epochs",
    "grid.seed",
    "codings.batch",
    "codings.l2_reg",
    "codings.seed",
    "codings.sample",
)
"""Settings that change a model of a given shape."""


def tasks(context: job.Context) -> Iterator[grid.Task]:
    measured = plateaus(context)
    settings = context.config.codings
    for vectors in trained_on(context):
        if len(vectors.md5s) < encoders.MIN_POINTS:
            continue
        path = Path(job.scratch()) / f"{vectors.space}.npy"
        np.save(path, vectors.X)
        file = context.ship(str(path), spaces.row_digest(vectors.md5s))
        path.unlink()
        size = autoencoding.n_codings(vectors, measured.get(vectors.space), settings)
        for architecture in grid.architectures(context.config.grid):
            yield grid.Task(vectors.space, file, size, architecture)


def journal(context: job.Context) -> grid.Journal:
    """What is trained already: by a killed run, and in the table made of the same inputs."""
    inputs = {name: context.digest(name) for name in TABLES["grid"].inputs}
    made_with: dict[str, Any] = context.config.subset_of(TRAINING)
    text = json.dumps([inputs, made_with, TABLES["grid"].version], sort_keys=True)
    key = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]
    manifest = context.store.manifest("grid")
    alike = (
        manifest is not None
        and manifest["inputs"] == inputs
        and manifest["code"] == TABLES["grid"].version
        and all(manifest["settings"].get(name) == value for name, value in made_with.items())
    )
    rows = [row.asDict() for row in context.read("grid").collect()] if alike else []
    return grid.Journal(Path(tempfile.gettempdir()) / f"sempark-grid-{key}.jsonl", rows)


def build(context: job.Context) -> pa.Table:
    if not context.config.grid.enabled:
        raise PassedOver("grid.enabled is false")
    wanted = list(tasks(context))
    if not wanted:
        raise PassedOver(f"fewer than {encoders.MIN_POINTS} images in the subset")
    known = journal(context)
    settings, training = context.config.grid, context.config.codings
    table = grid.build(context.spark, wanted, settings, training, known)
    known.path.unlink(missing_ok=True)
    return table


STAGE = job.Stage("grid", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
