"""Trains the ft checkpoint on the labelled images and says how well it does on a test set.

./spark-submit.sh finetune my.toml         reads images_flat, labels, scale; writes finetuned
A training that was killed goes on from its last epoch.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sempark import checkpoints, job, pictures
from sempark.stages import finetuned, subset
from sempark.tables import PassedOver

MIN_LABELLED = 20


def build(context: job.Context) -> Iterator[tuple[str, bytes]]:
    config = context.config
    if config.features.checkpoint_ft != "finetuned":
        raise PassedOver(f"features.checkpoint_ft names {config.features.checkpoint_ft}")
    categories = subset.categories(context.read("labels"), config.labels)
    if categories.count() < MIN_LABELLED:
        raise PassedOver(f"no labels: fewer than {MIN_LABELLED} labelled images")
    key = job.digest_of(context, "finetuned")
    scratch = Path(tempfile.gettempdir()) / f"sempark-finetune-{key}"
    scratch.mkdir(exist_ok=True)
    images = pictures.with_databar(
        context.read("images_flat"), context.read("scale"), config.features.crop_databar
    )
    partitions = context.partitions("images_flat")
    data = finetuned.labelled(images, categories, config.features.input_size, partitions, scratch)
    group = finetuned.groups(data.md5s, context.read("near_duplicates"))
    with context.bar("finetune") as progress:
        opened = partial(checkpoints.load, name="ft", settings=config.features)
        yield from finetuned.build(data, group, opened, config.finetune, scratch, progress)
    shutil.rmtree(scratch)


STAGE = job.Stage("finetuned", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
