"""Runs each image through the checkpoints and keeps the outputs of their last layers.

./spark-submit.sh features my.toml         reads images_flat, scale, finetuned; writes features
"""

import shutil
import sys
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from sempark import checkpoints, job
from sempark.networks import content
from sempark.stages import features
from sempark.tables import Refused


def paths(context: job.Context) -> dict[str, str]:
    """Path or name of each checkpoint; ft is left out where there were no labels to train it."""
    settings = context.config.features
    found = {"in": settings.checkpoint_in, "ft": settings.checkpoint_ft}
    if found["ft"] == "finetuned":
        trained = context.store.folder("finetuned") / "checkpoint.keras"
        if trained.exists():
            found["ft"] = str(trained)
        else:
            del found["ft"]
    return found


def fingerprint(context: job.Context, names: Collection[str]) -> dict[str, str]:
    settings = context.config.features
    named = {"in": settings.checkpoint_in, "ft": settings.checkpoint_ft}
    try:
        return {
            f"checkpoint_{name}": content.digest(checkpoint)
            for name, checkpoint in named.items()
            if name in names and checkpoint != "finetuned"
        }
    except (ValueError, OSError) as error:
        raise Refused(f"features: {error}") from None


def told(path: str, name: str, context: job.Context) -> dict[str, Any]:
    """Open a checkpoint once here, so that what is wrong with it is one line; what it is."""
    settings = context.config.features
    try:
        network = checkpoints.load(path, name, settings)
        if network.runtime != "tensorflow":
            network.compiled(settings.batch)  # another runtime may not know an operation
    except ValueError as error:
        raise Refused(f"features.checkpoint_{name}: {error}") from None
    if context.config.taxonomy.layer not in network.widths:
        raise Refused(
            f"features.checkpoint_{name}: expected a layer half way, in which the tree is grown, "
            f"and know none of this network: name it, as features.layers_{name}.middle, or set "
            'taxonomy.layer = "features"'
        )
    return checkpoints.facts(network)


def gathered(path: str, digest: str) -> str:
    """A checkpoint of several files as one folder, so that all of them travel."""
    files = content.files_of(path)
    if len(files) < 2:
        return path
    if content.kind_of(path) == "saved_model":
        return str(Path(path) if Path(path).is_dir() else Path(path).parent)
    folder = Path(job.scratch()) / f"slim-{digest[:16]}"
    folder.mkdir(exist_ok=True)
    for file in files:
        shutil.copy(file, folder)
    return str(folder)


def build(context: job.Context, names: Collection[str]) -> DataFrame:
    before = context.store.manifest("features") or {"inputs": {}}
    rows = context.previous("features")
    now = fingerprint(context, names) | {"finetuned": context.digest("finetuned")}
    found = {name: path for name, path in paths(context).items() if name in names}
    kept = {}
    for name, path in found.items():
        source = f"checkpoint_{name}" if f"checkpoint_{name}" in now else "finetuned"
        if rows is not None and before["inputs"].get(source) == now[source]:
            kept[name] = rows
        context.facts[f"checkpoint_{name}"] = told(path, name, context)
        found[name] = context.ship(gathered(path, now[source]), now[source])
    return features.build(
        context.read("images_flat"),
        context.read("scale"),
        found,
        context.config.features,
        kept,
        context.partitions("images_flat"),
    )


def stage(*names: str) -> job.Stage:
    """The stage for these checkpoints."""
    return job.Stage("features", partial(build, names=names), partial(fingerprint, names=names))


STAGE = stage("in", "ft")

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
