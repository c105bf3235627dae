"""Runs each image through the checkpoints and keeps the outputs of their last two layers.

./spark-submit.sh features my.toml         reads images_flat, scale, finetuned; writes features
"""

import sys

from pyspark.sql import DataFrame

from sempark import job
from sempark.networks import content
from sempark.stages import features
from sempark.tables import Refused


def checkpoints(context: job.Context) -> dict[str, str]:
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


def fingerprint(context: job.Context) -> dict[str, str]:
    settings = context.config.features
    named = {"in": settings.checkpoint_in, "ft": settings.checkpoint_ft}
    try:
        return {
            f"checkpoint_{name}": content.digest(checkpoint)
            for name, checkpoint in named.items()
            if checkpoint != "finetuned"
        }
    except (ValueError, OSError) as error:
        raise Refused(f"features: {error}") from None


def build(context: job.Context) -> DataFrame:
    before = context.store.manifest("features") or {"inputs": {}}
    rows = context.previous("features")
    now = fingerprint(context) | {"finetuned": context.digest("finetuned")}
    found = checkpoints(context)
    kept = {}
    for name, path in found.items():
        source = f"checkpoint_{name}" if f"checkpoint_{name}" in now else "finetuned"
        if rows is not None and before["inputs"].get(source) == now[source]:
            kept[name] = rows
        found[name] = context.ship(path, now[source])
    return features.build(
        context.read("images_flat"),
        context.read("scale"),
        found,
        context.config.features,
        kept,
        context.partitions("images_flat"),
    )


STAGE = job.Stage("features", build, fingerprint)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
