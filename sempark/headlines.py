"""The end of a run in a few lines: what was found, how good it is, where the report lies.

In: a store whose tables are made. Out: lines. The best clustering is the one farthest above what
as many uniform labels would score, since NMI rises with k by chance (section 4.3.2 of the thesis).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pyspark.sql import functions as F

from sempark.figures.growth import interval
from sempark.store import Manifest, Store


def lines(store: Store, untrained: Sequence[str] = ()) -> list[str]:
    """Headline figures, one a line; what was passed over is left out.

    ``untrained`` names checkpoints that are untrained networks: no claim rests on their spaces.
    """
    made = {name: store.manifest(name) or {} for name in ("images_flat", "scale", "subset")}
    unique, read = _ok(made["images_flat"]), _ok(made["scale"])
    given = (store.manifest("vectors") or {}).get("rows", 0)
    found = [f"{given:,} vectors of other origin"] if given else []
    if unique:
        found.append(
            f"{unique:,} unique images; scale read on {read:,} ({read / unique:.1%}); "
            f"{made['subset'].get('rows', 0):,} in the subset"
        )
    return [*found, *_accuracy(store), *_best(store, untrained), *_tree(store), *_judged(store)]


def _ok(manifest: Manifest) -> int:
    return int(manifest.get("status_counts", {}).get("ok", 0))


def _accuracy(store: Store) -> list[str]:
    path = store.folder("finetuned") / "evaluation.json"
    if not path.exists():
        return []
    told = json.loads(path.read_text(encoding="utf-8"))
    low, high = told["interval"]
    return [
        f"fine-tuned network: {told['accuracy']:.1%} of {told['n']} test images "
        f"(95 %: {low:.1%} to {high:.1%}; largest category {told['majority']:.1%})"
    ]


def _best(store: Store, untrained: Sequence[str]) -> list[str]:
    scores = store.read("scores")
    if untrained:
        scores = scores.where(~F.col("space").rlike(rf"_\d+({'|'.join(untrained)})(_|$)"))
    chance = scores.where(F.col("method") == "reference_uniform").select(
        "space", "k", F.col("nmi").alias("chance")
    )
    own = scores.where(~F.col("method").startswith("reference_"))
    above = own.join(chance, ["space", "k"], how="inner").withColumn(
        "above", F.col("nmi") - F.col("chance")
    )
    row = above.orderBy(F.desc("above"), "space", "method", "k").first()
    if row is None:
        return []
    return [
        f"best clustering: {row['method']} on {row['space']} at k = {row['k']}, "
        f"NMI {row['nmi']:.2f} ({row['chance']:.2f} by chance)"
    ]


def _tree(store: Store) -> list[str]:
    tree = store.read("taxonomy")
    roots = tree.where(F.col("depth") == 0).agg(F.count("node"), F.sum("size")).collect()[0]
    if not roots[0]:
        return []
    return [f"tree: {roots[0]} categories, {tree.count():,} nodes, {roots[1]:,} images"]


def _judged(store: Store) -> list[str]:
    """The tree against known sub-categories, a line a checkpoint."""
    if not (store.manifest("tree_scores") or {}).get("rows"):
        return []
    rows = store.read("tree_scores").orderBy("checkpoint", "seed").toArrow().to_pylist()
    lines = []
    for checkpoint in sorted({row["checkpoint"] for row in rows}, key=lambda name: name != "ft"):
        own = [row for row in rows if row["checkpoint"] == checkpoint]
        n, k = (sum(row[name] for row in own) / len(own) for name in ("n", "k"))
        said = []
        for method in ("tree", "flat", "chance"):
            values = [row for row in own if row["method"] == method]
            both = (interval([row[m] for row in values]) for m in ("nmi", "ari"))
            told = " and ".join(f"{e.mean:.2f} ± {e.high - e.mean:.2f}" for e in both)
            said.append(f"{method} {told}")
        lines.append(
            f"tree against {n:.0f} unseen images' sub-categories, {checkpoint} features, "
            f"{k:.0f} clusters, NMI and ARI: {'; '.join(said)}"
        )
    return lines
