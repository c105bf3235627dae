"""Places new images in the tree that is there: scale, features, codings, category, sub-category.

./spark-submit.sh assign my.toml --set assign.source=NEW_IMAGES
                                           reads the folder search; writes the table assign

Nothing is trained or clustered. What is made of the new files is kept below incoming/ in the store,
so that a second call makes what is missing.
"""

import sys
from dataclasses import replace

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import features, images_flat, inventory, scale
from sempark import job, spaces
from sempark.config import Input
from sempark.retrieval import folder, searching
from sempark.stages import assign
from sempark.store import Store
from sempark.tables import Refused
from sempark.terminal import say

STEPS = (inventory.STAGE, images_flat.STAGE, scale.STAGE, features.stage("ft"))
"""What new files go through; of the networks the tree's alone."""


def incoming(context: job.Context) -> job.Context:
    """A store of their own for the new files, and the collection's networks for them."""
    config, found = context.config, features.paths(context)
    if not config.assign.source:
        raise Refused("set assign.source to the directories of the new images")
    networks = replace(
        config.features,
        checkpoint_in=found["in"],
        checkpoint_ft=found.get("ft", config.features.checkpoint_ft),
    )
    given = Input(config.assign.source, config.input.formats, {})
    own = replace(config, input=given, features=networks)
    store = Store(context.spark, f"{context.store.root}/incoming")
    return replace(context, config=own, store=store, facts={})


def coder(index: searching.Index) -> searching.Space | None:
    """The autoencoder (else PCA) of the features of the tree's checkpoint."""
    home = index.layers[index.about["default"]]
    found = [
        space
        for space in index.spaces.values()
        if space.encoder is not None
        and (space.checkpoint, space.layer) == (home.checkpoint, "features")
    ]
    return min(found, key=lambda one: ("_pca" in one.name, one.name), default=None)


def arrivals(rows: DataFrame) -> assign.Arrivals:
    """What the tree's checkpoint makes of them."""
    md5s: list[str] = []
    layers = {}
    for row in rows.select("layer").distinct().orderBy("layer").collect():
        md5s, layers[row["layer"]] = spaces.to_numpy(rows.where(F.col("layer") == row["layer"]))
    return assign.Arrivals(md5s, layers)


def build(context: job.Context) -> pa.Table:
    inner = incoming(context)
    index = folder.opened(context.store.folder("search"))
    if index.layers[index.about["default"]].checkpoint != "ft":
        raise Refused("nothing was trained in this store: no category can be told")
    for stage in STEPS:
        job.make(inner, stage, force=True)  # nobody else's: what is old there may go
    images = inner.read("images_flat").drop("jpeg")
    read = inner.read("scale").select(
        "md5", F.col("status").alias("scale_status"), "value", "unit", "nm_per_px"
    )
    if context.config.privacy.paths == "hide":
        images = images.withColumn("paths", F.array().cast("array<string>"))
    rows = images.join(read, "md5", how="left").toArrow().to_pylist()
    new = arrivals(inner.read("features"))
    with context.bar("assign") as progress:
        table = assign.build(rows, new, index, coder(index), progress)
    found = assign.drift(table)
    context.facts.update(drift=found.figure, drift_limit=found.limit)
    return table


def fingerprint(context: job.Context) -> dict[str, str]:
    """What lies in the new directories today."""
    given = Input(context.config.assign.source, context.config.input.formats, {})
    own = replace(context, config=replace(context.config, input=given))
    return inventory.fingerprint(own) if given.source else {}


STAGE = job.Stage("assign", build, fingerprint)


def run(context: job.Context, force: bool) -> None:
    job.make(context, STAGE, force)
    for line in assign.words(assign.drift(context.read("assign").toArrow())):
        say(line)


if __name__ == "__main__":
    arguments = job.parse()
    sys.exit(job.run(lambda context: run(context, arguments.force), arguments, True))
