"""Part of report: the browser's data.

In: the catalog, neighbors, merges, partitions, scores, and the rows that failed. Out: scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import clusterings
from sempark.config import Report
from sempark.figures import browser_data, sheets
from sempark.figures.exhibit import checkpoint
from sempark.figures.scales import STATUSES
from sempark.figures.scored import Curve
from sempark.figures.style import METHOD_NAMES
from sempark.spaces import names
from sempark.stages import report_images
from sempark.stages.report_images import Catalog
from sempark.stages.report_source import Source, order_of

MOST_FAILED = 200_000


def files(
    source: Source, found: Catalog, curves: Sequence[Curve], settings: Report, hide: bool
) -> Iterator[tuple[str, bytes]]:
    """Give all data scripts.

    Parameters
    ----------
    source, found : Source, Catalog
    curves : sequence of Curve
        NMI by k.
    settings : Report
    hide : bool
        No names of files, no reasons that may hold one.

    Returns
    -------
    iterator of (path, bytes)
    """
    columns = found.columns
    words = {
        "category": order_of([str(c) for c in columns["category"] if c]),
        "by": ["label", "prediction"],
        "scale": _by_length(columns),
        "scale_status": list(STATUSES),
    }
    spaces: list[dict[str, object]] = []
    near = []
    if not source.lacks("neighbors"):
        for space in names(source.read("neighbors")):
            near.append(report_images.near(source, found, space))
            spaces.append(_space(space, settings))
    cuttable: list[dict[str, object]] = []
    for path, content, entry in _clusterings(source, found, curves):
        yield path, content
        if entry:
            cuttable.append(entry)
    failed = list(_failed(source, found, hide))
    yield from browser_data.failed(failed)
    yield browser_data.tree(found.order)
    yield from browser_data.index(columns, words)
    details = {name: values for name, values in columns.items() if name not in ("value", "unit")}
    yield from browser_data.details(details, near)
    if not hide:
        yield from browser_data.paths(cast("list[list[str]]", columns["paths"]))
    yield browser_data.script(
        "run",
        {
            "title": settings.title,
            "n": len(found.order.md5s),
            "sampleOf": found.sample_of,
            "words": words,
            "statusNames": STATUSES,
            "methodNames": METHOD_NAMES,
            "spaces": spaces,
            "clusterings": cuttable,
            "failed": len(failed),
            "paths": not hide,
            "picturePx": settings.picture_px,
            "sheet": {
                "px": settings.thumbnails_px,
                "images": settings.sheet_images,
                "columns": sheets.columns_of(settings.sheet_images),
            },
            "chunks": {
                "index": browser_data.INDEX_ROWS,
                "detail": browser_data.DETAIL_ROWS,
                "paths": browser_data.PATH_ROWS,
                "failed": browser_data.FAILED_ROWS,
            },
        },
    )


def _space(name: str, settings: Report) -> dict[str, object]:
    return {"name": name, "untrained": checkpoint(name) in settings.untrained}


def _by_length(columns: dict[str, list[object]]) -> list[str]:
    """The printed scales, shortest first."""
    factor = {"nm": 1.0, "um": 1e3, "mm": 1e6}
    lengths = {
        str(name): float(str(value)) * factor.get(str(unit), 1.0)
        for name, value, unit in zip(
            columns["scale"], columns["value"], columns["unit"], strict=True
        )
        if name
    }
    return sorted(lengths, key=lambda name: lengths[name])


def _clusterings(
    source: Source, found: Catalog, curves: Sequence[Curve]
) -> Iterator[tuple[str, bytes, dict[str, object] | None]]:
    """Merge lists and partitions with their spaces' points; the last of each has an entry."""
    points: dict[str, int] = {}
    if not source.lacks("codings", "merges"):
        for number, (space, method, one) in enumerate(clusterings.merges(source.read("merges"))):
            yield from _points(source, found, space, points)
            entry = {
                "space": space,
                "method": method,
                "points": points[space],
                "n": one.n,
                "file": number,
                "parts": browser_data.n_parts(one.n),
                "nmi": _nmi(curves, space, method),
            }
            *parts, last = browser_data.merges(number, one.children, one.heights)
            for path, content in parts:
                yield path, content, None
            yield *last, entry
    if source.lacks("codings", "partitions"):
        return
    flat = clusterings.partitions(source.read("partitions"))
    for number, (space, method, rows) in enumerate(flat):
        yield from _points(source, found, space, points)
        path, content = browser_data.script(f"partition-{number}", rows["label"].to_pylist())
        yield (
            path,
            content,
            {
                "space": space,
                "method": method,
                "points": points[space],
                "n": rows.num_rows,
                "flat": number,
            },
        )


def _points(
    source: Source, found: Catalog, space: str, points: dict[str, int]
) -> Iterator[tuple[str, bytes, None]]:
    """Rows of a space's points, once a space."""
    if space in points:
        return
    points[space] = len(points)
    md5s = source.read("codings").where(F.col("space") == space).select("md5").toArrow()
    rows = report_images.space_rows(md5s["md5"].to_pylist(), found)
    yield *browser_data.script(f"space-{points[space]}", rows.tolist()), None


def _nmi(curves: Sequence[Curve], space: str, method: str) -> list[list[float]]:
    """NMI by k for the slider's graph: [[k, ...], [nmi, ...]]."""
    for curve in curves:
        if (curve.space, curve.method) == (space, method):
            known = np.isfinite(curve.nmi)
            values = [float(f"{score:.4g}") for score in curve.nmi[known]]
            return [curve.k[known].astype(int).tolist(), values]
    return [[], []]


def _failed(source: Source, found: Catalog, hide: bool) -> Iterator[tuple[str, str, str, str, int]]:
    """The rows that failed, table by table, sorted."""
    selects: tuple[tuple[str, DataFrame], ...] = tuple(
        (name, source.read(name))
        for name in ("inventory", "images_flat", "labels", "scale")
        if not source.lacks(name)
    )
    for name, table in selects:
        rows = table.where(F.col("status") != "ok")
        if name == "inventory":
            rows = rows.where(F.col("status") != "directory")
        what = {
            "inventory": F.col("path"),
            "images_flat": F.coalesce(F.get("paths", F.lit(0)), F.col("md5")),
            "labels": F.concat_ws("/", "data_set", "file"),
            "scale": F.col("md5"),
        }[name]
        md5 = F.col("md5") if "md5" in table.columns else F.lit(None).cast("string")
        few = rows.select(what.alias("what"), "status", "reason", md5.alias("md5"))
        for row in few.orderBy("what", "md5").limit(MOST_FAILED).toArrow().to_pylist():
            shown = (row["md5"] or "") if hide else row["what"] or row["md5"] or ""
            reason = "" if hide else row["reason"] or ""
            yield name, shown, row["status"], reason, found.row.get(row["md5"] or "", -1)
