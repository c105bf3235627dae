"""Gives each image the category that the fine-tuned network finds most probable.

./spark-submit.sh predictions my.toml      reads features, finetuned; writes predictions
"""

import json
import sys

from pyspark.sql import DataFrame

from sempark import job
from sempark.stages import predictions
from sempark.tables import CATEGORIES, PassedOver


def categories(context: job.Context) -> list[str]:
    """Names of the first logits of the ft checkpoint, in order; empty: nothing was trained."""
    trained = context.store.folder("finetuned") / "evaluation.json"
    if trained.exists():
        return list(json.loads(trained.read_text(encoding="utf-8"))["categories"])
    own = context.config.features.checkpoint_ft == "finetuned"
    return [] if own else list(CATEGORIES)


def build(context: job.Context) -> DataFrame:
    names = categories(context)
    if not names:
        raise PassedOver("no fine-tuned network")
    return predictions.build(context.read("features"), names)


STAGE = job.Stage("predictions", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
