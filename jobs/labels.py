"""Matches the files of the label sets with the pictures of images_flat.

./spark-submit.sh labels my.toml           reads inventory, images_flat; writes labels
"""

import hashlib
import json
import sys

from pyspark.sql import DataFrame

from sempark import job, label_lists
from sempark.stages import labels
from sempark.tables import PassedOver


def fingerprint(context: job.Context) -> dict[str, str]:
    """Digest of the sets' names and places, and of what the lists say: no table holds these."""
    sets = context.config.input.labels
    said = {name: label_lists.rows(name, path) if label_lists.is_list(path) else path
            for name, path in sets.items()}  # fmt: skip
    text = json.dumps(said, sort_keys=True)
    return {"sets": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()} if sets else {}


def build(context: job.Context) -> DataFrame:
    sets = context.config.input.labels
    if not sets:
        raise PassedOver("no label sets: input.labels is empty")
    inventory = context.read("inventory")
    folders = {name: path for name, path in sets.items() if not label_lists.is_list(path)}
    labelled = labels.from_folders(inventory, folders)
    for name, path in sets.items():
        if label_lists.is_list(path):
            rows = label_lists.rows(name, path)
            labelled = labelled.unionByName(context.spark.createDataFrame(rows, labelled.schema))
    config = context.config
    return labels.build(
        inventory, context.read("images_flat"), labelled, config.labels, config.images
    )


STAGE = job.Stage("labels", build, fingerprint)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
