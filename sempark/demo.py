"""The demo's corpus on disk, and its truth against what the jobs found.

In: a number of images, a seed, a directory. Out: the files of `sempark.synthetic.corpus`, drawn in
parallel, the same bytes for any number of tasks, with ``truth.csv`` beside them; then lines that
say how much of the truth the tables hold.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from sempark import sources
from sempark.synthetic import corpus
from sempark.tables import arrow_schema

FILES_SCHEMA = "path string, md5 string"
FILES_ARROW = arrow_schema(FILES_SCHEMA)
ITEMS_A_TASK = 20
Rows = list[dict[str, Any]]


def draw(spark: SparkSession, n_images: int, seed: int, root: Path) -> Rows:
    """Draw the corpus below a local directory, unless this very one is there; returns its truth."""
    mark, wanted = root / "corpus.json", {"images": n_images, "seed": seed}
    if mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == wanted:
        with (root / "truth.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    for name in (corpus.SOURCE, corpus.LABELS):
        shutil.rmtree(root / name, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    items = corpus.plan(n_images, seed)
    numbers = spark.range(len(items)).repartition(math.ceil(len(items) / ITEMS_A_TASK), "id")
    written = numbers.mapInArrow(lambda batches: _worker(batches, items, root), FILES_SCHEMA)
    md5s = {row["path"]: row["md5"] for row in written.collect()}
    by_path = {
        file.path: md5s[sources.escape(os.fsencode(file.path))]
        for item in items
        for file in item.files
    }
    truth = corpus.truth(items, by_path)
    with (root / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(truth[0]))
        writer.writeheader()
        writer.writerows(truth)
    mark.write_text(json.dumps(wanted), encoding="utf-8")
    return [{key: "" if v is None else str(v) for key, v in row.items()} for row in truth]


def known(truth: Rows, root: Path) -> dict[str, Path]:
    """Write what is known of each picture by md5: its sub-category, its printed scale.

    Returns
    -------
    dict
        ``subcategories`` and ``scales``: CSV files that taxonomy.truth and validate.truth take.
    """
    pictures = [row for row in truth if row["form"] in ("main", "metadata") and row["md5"]]
    columns = {
        "subcategories": {"md5": "md5", "category": "category", "subcategory": "leaf"},
        "scales": {"md5": "md5", "value": "value", "unit": "unit"},
    }
    found = {}
    for name, named in columns.items():
        found[name] = root / f"{name}.csv"
        with found[name].open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(named))
            writer.writeheader()
            writer.writerows({to: row[of] for to, of in named.items()} for row in pictures)
    return found


def compare(truth: Rows, read: Callable[[str], DataFrame]) -> list[str]:
    """Lines that set the truth against the tables inventory, images_flat, labels and scale."""
    images = read("images_flat").drop("jpeg").collect()
    inventory = read("inventory").select("path", "status", "format").collect()
    return [
        _duplicates(truth, images),
        _broken(truth, images, [row.asDict() for row in inventory]),
        _labels(truth, read("labels").collect()),
        _scales(truth, images, read("scale").collect()),
    ]


def _worker(
    batches: Iterator[pa.RecordBatch], items: Sequence[corpus.Item], root: Path
) -> Iterator[pa.RecordBatch]:
    cv2.setNumThreads(1)
    for batch in batches:
        for number in batch["id"].to_pylist():
            rows = []
            for path, content in corpus.render(items[number]):
                target = os.path.join(os.fsencode(root), path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(content)
                md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
                rows.append({"path": sources.escape(path), "md5": md5})
            if rows:
                yield pa.RecordBatch.from_pylist(rows, FILES_ARROW)


def _escaped(name: str) -> str:
    return sources.escape(os.fsencode(name))


def _below(path: str) -> str:
    """A path below the corpus, whatever directory that lies in."""
    at = path.rfind(f"/{corpus.SOURCE}/")
    return path[at + 1 :]


def _duplicates(truth: Rows, images: Sequence[Any]) -> str:
    """Files of equal bytes share a row; contents of one JPEG name their survivor."""
    expected: dict[str, set[str]] = defaultdict(set)
    same: dict[str, set[str]] = defaultdict(set)
    for row in truth:
        if row["status"] == "ok" and not row["data_set"]:
            expected[row["md5"]].add(row["path"])
            same[row["jpeg_group"]].add(row["md5"])
    found = {row["md5"]: {_below(path) for path in row["paths"]} for row in images}
    right = sum(found.get(md5) == paths for md5, paths in expected.items())
    copies = sum(len(paths) - 1 for paths in expected.values())
    pairs = sum(len(md5s) - 1 for md5s in same.values())
    lost = sum(row["status"] == "same_jpeg" for row in images)
    return (
        f"duplicates: {right:,} of {len(expected):,} contents with all their paths "
        f"({copies:,} copies); same JPEG {lost:,} of {pairs:,}"
    )


def _broken(truth: Rows, images: Sequence[Any], inventory: Rows) -> str:
    """A file that can't be decoded has a reason, in images_flat or in the inventory."""
    told = {_below(p) for row in images if row["reason"] for p in row["paths"]}
    told |= {_below(row["path"]) for row in inventory if row["status"] != "ok"}
    told |= {_below(row["path"]) for row in inventory if row["format"] not in ("TIFF", None)}
    broken = [
        row["path"] for row in truth if row["status"] in ("undecodable", "empty", "too_large")
    ]
    found = sum(path in told for path in broken)
    return f"undecodable: {found:,} of {len(broken):,} with a reason"


def _labels(truth: Rows, labels: Sequence[Any]) -> str:
    """Each labelled file is matched as the truth says, or not at all."""
    found = {
        _escaped(row["data_set"]) + "/" + row["file"]: row["matched_by"] or "" for row in labels
    }
    wanted = {row["path"].partition("/")[2]: row["match"] for row in truth if row["data_set"]}
    right = sum(found.get(path) == match for path, match in wanted.items())
    kinds = Counter(wanted[path] or "none" for path in wanted if found.get(path) != wanted[path])
    missed = "".join(f"; expected {kind} but otherwise: {n:,}" for kind, n in kinds.items())
    return f"labels: {right:,} of {len(wanted):,} matched as they should be{missed}"


def _scales(truth: Rows, images: Sequence[Any], scale: Sequence[Any]) -> str:
    """Right, not read and wrong, over the images that print a scale; refused over the others."""
    known = {row["md5"]: row for row in truth if row["form"] in ("main", "metadata")}
    survivors = {row["md5"] for row in images if row["status"] == "ok"}
    counts: Counter[str] = Counter()
    for row in scale:
        if row["md5"] not in known or row["md5"] not in survivors:
            continue
        expected = known[row["md5"]]
        if row["status"] != "ok":
            counts["unread" if expected["value"] else "refused"] += 1
        elif expected["value"] and row["unit"] == expected["unit"]:
            right = math.isclose(row["value"], float(expected["value"]), rel_tol=1e-9)
            counts["right" if right else "wrong"] += 1
        else:
            counts["wrong"] += 1
    printed = counts["right"] + counts["unread"] + counts["wrong"]
    return (
        f"scale: of {printed:,} printed {counts['right']:,} right, {counts['unread']:,} not read, "
        f"{counts['wrong']:,} wrong; {counts['refused']:,} without one refused"
    )
