"""Grows the tree of sub-categories inside each category.

./spark-submit.sh taxonomy my.toml         reads labels, predictions, features, scale, images_flat;
                                           writes taxonomy
"""

import hashlib
import sys
from pathlib import Path

import pyarrow as pa
from pyspark.sql import functions as F

from sempark import job, spaces
from sempark.stages import subset, taxonomy
from sempark.tables import TABLES, Refused
from sempark.terminal import say
from sempark.tree import stewarding


def names_text(context: job.Context) -> str:
    path = context.config.taxonomy.names
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"taxonomy.names: {path}: {error}") from None


def wishes(context: job.Context) -> stewarding.Wishes:
    """What a steward says of the tree."""
    try:
        return stewarding.parse(names_text(context))
    except ValueError as error:
        raise Refused(f"taxonomy.names: {context.config.taxonomy.names}: {error}") from None


def before(context: job.Context) -> taxonomy.Past:
    """The table of before, whatever settings it was made with: its ids are kept."""
    manifest = context.store.manifest("taxonomy")
    if manifest is None or manifest["code"] < TABLES["taxonomy"].version:
        return taxonomy.Past()
    rows = context.read("taxonomy").where("depth = 0").select("members", "grown")
    return taxonomy.past(rows.toArrow().to_pylist())


def fingerprint(context: job.Context) -> dict[str, str]:
    text = names_text(context)
    return {"names": hashlib.sha256(text.encode()).hexdigest()} if text else {}


def images(context: job.Context) -> dict[str, taxonomy.Image]:
    """Images with a category: a label, else a prediction that is confident enough."""
    settings = context.config.taxonomy
    label = subset.categories(context.read("labels"), context.config.labels)
    sure = context.read("predictions").where(F.col("probability") >= settings.min_probability)
    sure = sure.select("md5", F.col("category").alias("predicted"))
    about = context.read("images_flat").where(F.col("status") == "ok").select("md5", "vendor")
    rows = (
        about.join(label, "md5", how="left")
        .join(sure, "md5", how="left")
        .join(context.read("scale").select("md5", "nm_per_px"), "md5", how="left")
        .withColumn("chosen", F.coalesce("category", "predicted"))
        .where(F.col("chosen").isNotNull())
    )
    return {
        row["md5"]: taxonomy.Image(
            row["chosen"], row["category"] is not None, row["vendor"], row["nm_per_px"]
        )
        for row in rows.collect()
    }


def grown_in(context: job.Context) -> str:
    """The checkpoint whose features the tree is grown in: ft where there is one."""
    kinds = context.read("features").select("checkpoint").distinct().collect()
    return "ft" if "ft" in {row["checkpoint"] for row in kinds} else "in"


def build(context: job.Context) -> pa.Table:
    settings = context.config.taxonomy
    features = context.read("features").where(F.col("layer") == settings.layer)
    checkpoint = grown_in(context)
    md5s, X = spaces.to_numpy(features.where(F.col("checkpoint") == checkpoint))
    with context.bar("taxonomy") as progress:
        table = taxonomy.build(
            spaces.Vectors(checkpoint, md5s, X),
            images(context),
            said := wishes(context),
            before(context),
            settings,
            progress,
        )
    gone = sorted(said.nodes - set(table["node"].to_pylist()) - set(said.merges))
    if gone:
        say(f"  taxonomy.names speaks of nodes that are not there: {', '.join(gone)}")
    return table


STAGE = job.Stage("taxonomy", build, fingerprint)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
