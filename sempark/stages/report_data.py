"""Part of report: chapter 2 of the thesis, from the files to the subset.

In: inventory, labels, scale, subset. Out: tables 2.1 to 2.5, figures 2.3 and 2.4 and the histogram
of scales; one whose table is empty says why. Spark counts, `figures` draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyspark.sql import functions as F

from sempark import conflicts
from sempark.figures import dataset, scales
from sempark.figures.exhibit import Exhibit, missing
from sempark.stages.report_source import Source, labelled, order_of, primary_set, rows_of
from sempark.tables import CATEGORIES

LABEL_SOURCE = "labels:"
"""How the source of a labelled file begins in the inventory."""


def data(source: Source) -> Iterator[Exhibit]:
    """Chapter 2: tables 2.1 to 2.5, figures 2.3 and 2.4, the histogram of scales."""
    if why := source.lacks("inventory"):
        yield missing("table-2.1", "File formats in the source directories", why)
    else:
        files = source.read("inventory").where("status = 'ok' and kind in ('file', 'link')")
        files = files.where(~F.col("source").startswith(LABEL_SOURCE))
        found = source.counts(files, F.coalesce("format", F.lit("none")))
        yield dataset.formats({str(name): int(n or 0) for name, n in found})
    yield from _labels(source)
    yield from _scales(source)
    if why := source.lacks("subset"):
        yield missing("table-2.5", "Distribution of the labels in the subset", why)
        return
    rows = source.counts(source.read("subset"), "name", "category")
    name = str(rows[0][0])
    counts = {str(c): int(n or 0) for other, c, n in rows if c is not None and other == name}
    total = sum(int(n or 0) for other, _, n in rows if other == name)
    order = order_of([*CATEGORIES, *counts])
    yield dataset.subset_labels(counts, total, order, name)


def _labels(source: Source) -> Iterator[Exhibit]:
    """Table 2.2, figures 2.3 and 2.4."""
    if why := source.lacks("labels"):
        yield missing("table-2.2", "The labelled data sets", why)
        yield missing("figure-2.3", "Distribution of the labelled images", why)
        yield missing("figure-2.4", "Distribution of the sub-classes", why)
        return
    labels = source.read("labels")
    # a file outside of all folders has no category, and is none
    leaf = F.when(F.col("category").isNotNull(), F.struct("category", "subcategory"))
    table = labels.groupBy("data_set").agg(
        F.countDistinct(leaf),
        F.countDistinct("file"),
        F.countDistinct("file_md5"),
        F.countDistinct(F.when(F.col("md5").isNull(), F.col("file_md5"))),
        F.countDistinct(F.when(F.col("conflict"), F.col("file_md5"))),
    )
    sets = [
        (
            str(name),
            int(leaves or 0),
            int(files or 0),
            int(own or 0),
            int(lost or 0),
            int(both or 0),
        )
        for name, leaves, files, own, lost, both in sorted(rows_of(table.toArrow()))
    ]
    yield dataset.label_sets(sets)
    yield dataset.label_conflicts(rows_of(conflicts.by_pair(labels).toArrow()))
    primary = primary_set(source)
    unique = labels.where(F.col("data_set") == primary).select(
        "category", "file_md5", F.col("md5").isNotNull().alias("found")
    )
    counts = source.counts(unique.distinct(), "category", "found")
    parts = [
        {str(c): int(n or 0) for c, found, n in counts if found is want} for want in (True, False)
    ]
    order = order_of([*parts[0], *parts[1]])
    yield dataset.label_bars(parts[0], parts[1], order, primary)
    leaves = labels.where(F.col("subcategory").isNotNull())
    sizes = source.counts(
        leaves.select("data_set", "category", "subcategory").distinct(), "data_set"
    )
    if not sizes:
        why = "no label set has sub-categories (folders within folders)."
        yield missing("figure-2.4", "Distribution of the sub-classes", why)
        return
    deepest = str(max(sizes, key=lambda row: int(row[1] or 0))[0])
    inside = labels.where(F.col("data_set") == deepest)
    rows = [
        (str(c), str(s or ""), int(n or 0))
        for c, s, n in source.counts(inside, "category", "subcategory")
    ]
    yield dataset.subclass_bars(rows, order_of([row[0] for row in rows]), deepest)


def _scales(source: Source) -> Iterator[Exhibit]:
    """Tables 2.3 and 2.4, the histogram."""
    names = (
        ("table-2.3", "Reading the scales"),
        ("table-2.4", "Scales in images_flat"),
        ("scale-histogram", "How often each scale is printed"),
    )
    if why := source.lacks("scale"):
        for id, title in names:
            yield missing(id, title, why)
        return
    rows = source.read("scale")
    agreement = rows.where(F.col("agreement").isNotNull())
    checked = source.manifests.get("validate_scale", {}).get("status_counts")
    yield scales.reading(
        {str(word): int(n or 0) for word, n in source.counts(rows, "status")},
        {str(word): int(n or 0) for word, n in source.counts(agreement, "agreement")},
        {str(k): int(v) for k, v in checked.items()} if isinstance(checked, Mapping) else None,
    )
    read = rows.where("status = 'ok' and value is not null").select("md5", "value", "unit")
    if source.lacks("labels"):
        joined = read.withColumn("category", F.lit(None).cast("string"))
    else:
        joined = read.join(labelled(source), "md5", how="left")
    found = [
        (float(value or 0), str(unit), None if c is None else str(c), int(n or 0))
        for value, unit, c, n in source.counts(joined, "value", "unit", "category")
    ]
    order = order_of([*CATEGORIES, *(row[2] for row in found)])
    total = int(str(source.manifests["scale"].get("rows", 0)))
    table = scales.by_category(found, order, total)
    yield table
    yield scales.histogram(table)
