"""Scores the tree against known sub-categories, beside flat clustering and chance.

./spark-submit.sh tree_scores my.toml      reads features, labels, predictions, near_duplicates,
                                           taxonomy, finetuned; writes tree_scores

Known sub-categories: those of the label set that has most, or of the CSV taxonomy.truth.
"""

import csv
import hashlib
import sys
from pathlib import Path

import pyarrow as pa
from pyspark.sql import functions as F

from jobs import taxonomy
from sempark import job, spaces
from sempark.stages import subset, tree_scores
from sempark.tables import PassedOver, Refused


def truth_text(context: job.Context) -> str:
    path = context.config.taxonomy.truth
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"taxonomy.truth: {path}: {error}") from None


def fingerprint(context: job.Context) -> dict[str, str]:
    text = truth_text(context)
    return {"truth": hashlib.sha256(text.encode()).hexdigest()} if text else {}


def truth(context: job.Context) -> dict[str, tuple[str, str]]:
    """Category and sub-category by md5."""
    if text := truth_text(context):
        try:
            return tree_scores.parse_truth(text)
        except ValueError as error:
            raise Refused(f"taxonomy.truth: {context.config.taxonomy.truth}: {error}") from None
    rows = context.read("labels").where(
        F.col("subcategory").isNotNull() & F.col("md5").isNotNull() & ~F.col("conflict")
    )
    most = rows.groupBy("data_set").agg(F.countDistinct("category", "subcategory").alias("n"))
    best = most.orderBy(F.desc("n"), "data_set").first()
    if best is None:
        raise PassedOver("no label set has sub-categories, and taxonomy.truth names none")
    own = rows.where(F.col("data_set") == best["data_set"]).orderBy("file").collect()
    return {row["md5"]: (row["category"], row["subcategory"]) for row in own}


def seen(context: job.Context) -> set[str]:
    """Images that fine-tuning saw in training or validation, and pictures all but equal to them."""
    path = context.store.folder("finetuned") / "split.csv"
    if not path.exists():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        found = {row["md5"] for row in csv.DictReader(file) if row["part"] != "test"}
    pairs = context.read("near_duplicates").select("md5_a", "md5_b").collect()
    twins = {b for a, b in pairs if a in found} | {a for a, b in pairs if b in found}
    return found | twins


def categories(context: job.Context, trained_on: set[str]) -> dict[str, str]:
    """Labels of what the training saw; of the others the prediction, if it is confident."""
    label = subset.categories(context.read("labels"), context.config.labels).collect()
    sure = F.col("probability") >= context.config.taxonomy.min_probability
    predicted = context.read("predictions").where(sure).select("md5", "category").collect()
    found = {row["md5"]: row["category"] for row in predicted}
    return found | {row["md5"]: row["category"] for row in label if row["md5"] in trained_on}


def build(context: job.Context) -> pa.Table:
    settings, known, trained_on = context.config.taxonomy, truth(context), seen(context)
    category = categories(context, trained_on)
    features = context.read("features").where(F.col("layer") == settings.layer)
    cases = {}
    for checkpoint in sorted({"in", taxonomy.grown_in(context)}):
        md5s, X = spaces.to_numpy(features.where(F.col("checkpoint") == checkpoint))
        vectors = spaces.Vectors(checkpoint, md5s, X)
        cases[checkpoint] = tree_scores.case(vectors, category, known, trained_on)
    with context.bar("tree_scores") as progress:
        return tree_scores.build(cases, settings, progress)


STAGE = job.Stage("tree_scores", build, fingerprint)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
