"""Part of report: what is known of each image, in the order of the tree.

In: images_flat, scale, labels, predictions, taxonomy, neighbors. Out: a `Catalog`, and the rows of
each image's neighbors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.figures.dataset import scale_name
from sempark.figures.tree_order import Node, Order, ordered
from sempark.spaces import Sample, sampled
from sempark.stages.report_source import Source, labelled, order_of

N_NEAR = 8
_FACTS = (
    "labelled_share",
    "instrument",
    "instrument_share",
    "one_instrument",
    "flat_overlap",
    "nm_per_px_low",
    "nm_per_px_high",
    "stability",
    "rule",
)


@dataclass(frozen=True)
class Catalog:
    """Every image of the browser.

    Attributes
    ----------
    columns : dict of lists
        What is known of each image, in row order.
    order : Order
        md5s, nodes and their ranges.
    row : dict
        md5 to row.
    sample_of : int
        Images of which these are a sample; 0: these are all.
    """

    columns: dict[str, list[object]]
    order: Order
    row: dict[str, int]
    sample_of: int = 0


def catalog(source: Source, hide: bool, most: int) -> Catalog:
    """Bring the facts of the images to the driver, in the order of the tree.

    Parameters
    ----------
    source : Source
    hide : bool
        Leave paths out.
    most : int
        Of more images than these a sample by a hash of their md5, and the images that stand for a
        node of the tree; 0: all.

    Returns
    -------
    Catalog
    """
    facts = ["md5", "width", "height", "bits", "vendor", "paths"]
    every = source.read("images_flat").where("status = 'ok'").select(*facts)
    images, n = sampled(every, Sample(most, 0))
    sample_of = n if 0 < most < n else 0
    if sample_of:
        images = images.unionByName(_standing(source, every)).dropDuplicates(["md5"])
    if hide:
        images = images.withColumn("paths", F.array().cast("array<string>"))
    if not source.lacks("scale"):
        scale = source.read("scale").withColumnRenamed("status", "scale_status")
        kept = (
            "scale_status",
            "value",
            "unit",
            "nm_per_px",
            "bar_px",
            "text",
            "databar",
            "confidence",
            "agreement",
        )
        images = images.join(scale.select("md5", *kept), "md5", how="left")
    if not source.lacks("labels"):
        labels = labelled(source).withColumnRenamed("category", "label")
        images = images.join(labels, "md5", how="left")
    if not source.lacks("predictions"):
        best = source.read("predictions").select(
            "md5", F.col("category").alias("predicted"), "probability"
        )
        images = images.join(best.dropDuplicates(["md5"]), "md5", how="left")
    rows = {row["md5"]: row for row in images.toArrow().to_pylist()}
    for row in rows.values():
        row["category"] = row.get("label") or row.get("predicted")
        row["by"] = "label" if row.get("label") else "prediction" if row["category"] else ""
        read = row.get("scale_status") == "ok" and row.get("value") is not None
        row["scale"] = scale_name(row["value"], row["unit"]) if read else ""
    order = ordered(_nodes(source, rows), sorted(rows))
    names = (
        "md5",
        "category",
        "by",
        "scale",
        "scale_status",
        "predicted",
        "probability",
        "value",
        "unit",
        "nm_per_px",
        "bar_px",
        "text",
        "databar",
        "confidence",
        "agreement",
        "width",
        "height",
        "bits",
        "vendor",
        "paths",
    )
    columns = {name: [rows[md5].get(name) for md5 in order.md5s] for name in names}
    return Catalog(columns, order, {md5: i for i, md5 in enumerate(order.md5s)}, sample_of)


def _standing(source: Source, images: DataFrame) -> DataFrame:
    """The images that stand for a node of the tree."""
    if source.lacks("taxonomy"):
        return images.limit(0)
    named = F.explode(F.flatten(F.array(F.array("medoid"), "typical", "border"))).alias("md5")
    return images.join(F.broadcast(source.read("taxonomy").select(named)), "md5", how="left_semi")


def _nodes(source: Source, rows: dict[str, dict[str, object]]) -> list[Node]:
    """The taxonomy; without one, the categories as leaves."""
    if not source.lacks("taxonomy"):
        return [
            Node(
                row["node"],
                row["parent"] or "",
                row["category"],
                row["name"] or row["node"],
                row["depth"],
                row["members"],
                {name: row[name] for name in _FACTS},
                row["medoid"] or "",
                row["typical"] or (),
                row["border"] or (),
            )
            for row in source.read("taxonomy").toArrow().to_pylist()
        ]
    members: dict[str, list[str]] = {}
    for md5, row in rows.items():
        members.setdefault(str(row["category"] or ""), []).append(md5)
    return [
        Node(name, "", name, name, 0, sorted(members[name]), {})
        for name in order_of([name for name in members if name])
    ]


def near(
    source: Source, found: Catalog, space: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give rows and distances of the nearest images in a space, -1 where there are none."""
    rows = source.read("neighbors").where(F.col("space") == space)
    few = rows.select(
        "md5", F.slice("indices", 1, N_NEAR).alias("i"), F.slice("distances", 1, N_NEAR).alias("d")
    )
    table = few.toArrow().sort_by("md5")
    points = space_rows(table["md5"].to_pylist(), found)
    n = len(found.order.md5s)
    indices, distances = np.full((n, N_NEAR), -1, np.int64), np.zeros((n, N_NEAR))
    for at, i, d in zip(points, table["i"].to_pylist(), table["d"].to_pylist(), strict=True):
        if at >= 0:
            indices[at, : len(i)] = points[np.asarray(i, np.int64)]
            distances[at, : len(d)] = d
    return indices, distances


def space_rows(md5s: Sequence[str], found: Catalog) -> NDArray[np.int64]:
    """Give the catalog's row of each point of a space (its sorted md5 list), -1: not shown."""
    return np.array([found.row.get(md5, -1) for md5 in sorted(md5s)], np.int64)
