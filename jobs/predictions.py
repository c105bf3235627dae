"""Gives each image the category that the fine-tuned network finds most probable.

./spark-submit.sh predictions my.toml      reads features, finetuned; writes predictions
"""

import json
import sys

from pyspark.sql import DataFrame

from sempark import job
from sempark.stages import predictions
from sempark.tables import CATEGORIES, PassedOver


def build(context: job.Context) -> DataFrame:
    trained = context.store.folder("finetuned") / "evaluation.json"
    names = list(CATEGORIES)
    if trained.exists():
        names = json.loads(trained.read_text(encoding="utf-8"))["categories"]
    elif context.config.features.checkpoint_ft == "finetuned":
        raise PassedOver("no fine-tuned network")
    return predictions.build(context.read("features"), names)


STAGE = job.Stage("predictions", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
