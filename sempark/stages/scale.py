"""scale: the printed scale of each image, beside what its maker wrote into the file.

In: images_flat. Out: a row for each image, read or not, with a status. Rows of the last table are
kept. A correction by hand goes over what was read and says so in `source`; where the file names a
pixel size the two are compared, which is the strongest evidence there is. Source: section 2.3.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import cv2
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from threadpoolctl import threadpool_limits

from sempark.config import Scale
from sempark.imaging import jpeg
from sempark.scalebar import databar, ocr, reading, thesis
from sempark.tables import SCALE, Agreement, arrow_schema

NM_PER_UNIT = {"nm": 1.0, "um": 1e3, "mm": 1e6}
TOLERANCE = 0.02
READ_SCHEMA = (
    "md5 string, status string, value double, unit string, nm_per_px double, bar_px double, "
    "text string, databar array<int>, confidence double, reason string"
)
READ_ARROW = arrow_schema(READ_SCHEMA)
VENDOR_SCHEMA = "width int, vendor_nm_per_px double"


def build(
    images: DataFrame,
    settings: Scale,
    overrides: Mapping[str, tuple[float, str]],
    previous: DataFrame | None,
    partitions: int,
) -> DataFrame:
    """Read what is new, keep what is known, compare with the vendor's tags. Key: md5."""
    ok = images.where(F.col("status") == "ok")
    todo = ok
    if previous is not None:
        todo = ok.join(previous.select("md5"), "md5", how="left_anti")
    read = (
        todo.select("md5", "jpeg")
        .repartition(partitions, "md5")
        .mapInArrow(lambda batches: _worker(batches, settings), READ_SCHEMA)
    )
    if previous is not None:
        kept = previous.where(F.col("source") == "ocr").select(*READ_ARROW.names)
        read = read.unionByName(kept.join(ok.select("md5"), "md5", how="left_semi"))
    vendors = ok.select("md5", "width", "vendor_nm_per_px")
    return read.join(vendors, "md5", how="inner").mapInArrow(
        lambda batches: _compare(batches, overrides), SCALE.schema
    )


def parse_overrides(text: str) -> dict[str, tuple[float, str]]:
    """Corrections by hand from CSV text with the columns md5, value, unit, perhaps more.

    A row with neither value nor unit is still to be done and left out.

    Raises
    ------
    ValueError
        A row without them, a unit that is not nm, um or mm: its line is named.
    """
    found = {}
    for line, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        if row.get("value") == "" and row.get("unit") == "":
            continue
        try:
            value, unit = float(row["value"]), row["unit"].strip()
            found[row["md5"].strip()] = (value, unit)
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"line {line}: expected md5,value,unit, received {row}") from None
        if unit not in NM_PER_UNIT or not value > 0:
            raise ValueError(f"line {line}: expected a positive value in nm, um or mm")
    return found


def agreement(nm_per_px: float, vendor_nm_per_px: float, width_px: int) -> Agreement:
    """How a reading stands to the pixel size in the file's tags.

    ``agreed`` within 2 %; ``resized`` where the ratio is a power of 2 or 1024 / width (the image
    was scaled after it was taken, or the tag means another width); ``unit`` where it is a power
    of 1000; else ``disagree``.
    """
    ratio = nm_per_px / vendor_nm_per_px
    sizes = (2.0, 0.5, 4.0, 0.25, 1024 / width_px, width_px / 1024)
    if math.isclose(ratio, 1.0, rel_tol=TOLERANCE):
        return "agreed"
    if any(math.isclose(ratio, size, rel_tol=TOLERANCE) for size in sizes):
        return "resized"
    if any(math.isclose(ratio, unit, rel_tol=TOLERANCE) for unit in (1e3, 1e-3, 1e6, 1e-6)):
        return "unit"
    return "disagree"


def _worker(batches: Iterator[pa.RecordBatch], settings: Scale) -> Iterator[pa.RecordBatch]:
    """Read the scales of a partition, a fixed number of images a Tesseract call."""
    cv2.setNumThreads(1)
    images = (
        image
        for batch in batches
        for image in zip(batch["md5"].to_pylist(), batch["jpeg"].to_pylist(), strict=True)
    )
    with threadpool_limits(1):  # the tasks share the cores; small products gain nothing by threads
        while (rows := _rows(islice(images, settings.batch), settings)).num_rows:
            yield rows


def _rows(images: Iterator[tuple[str, bytes]], settings: Scale) -> pa.RecordBatch:
    """Read some images, of which one at a time is in memory."""
    md5s: list[str] = []

    def grays() -> Iterator[databar.Gray]:
        for md5, content in images:
            md5s.append(md5)
            yield jpeg.decode(content)

    if settings.method == "thesis":
        found = thesis.read_many(grays())
    else:
        engine: ocr.Engine = "tesserocr" if settings.engine == "tesserocr" else "tesseract"
        found = reading.read_many(grays(), engine)
    rows = [
        {
            "md5": md5,
            "status": one.status,
            "value": one.value,
            "unit": one.unit,
            "nm_per_px": one.nm_per_px,
            "bar_px": one.bar_px,
            "text": one.text,
            "databar": None if one.databar is None else list(one.databar),
            "confidence": one.confidence,
            "reason": None,
        }
        for md5, one in zip(md5s, found, strict=True)
    ]
    return pa.RecordBatch.from_pylist(rows, READ_ARROW)


def _compare(
    batches: Iterator[pa.RecordBatch], overrides: Mapping[str, tuple[float, str]]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = [_compared(row, overrides.get(row["md5"])) for row in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows, SCALE.arrow)


def _compared(row: dict[str, Any], override: tuple[float, str] | None) -> dict[str, Any]:
    """A row with its correction by hand, if any, and its agreement with the file's tags."""
    row = row | {"source": "ocr", "agreement": None}
    if override is not None:
        value, unit = override
        bar_px = row["bar_px"]
        row |= {"status": "ok", "value": value, "unit": unit, "source": "override"}
        row["nm_per_px"] = value * NM_PER_UNIT[unit] / bar_px if bar_px else None
    if row["nm_per_px"] and row["vendor_nm_per_px"]:
        row["agreement"] = agreement(row["nm_per_px"], row["vendor_nm_per_px"], row["width"])
    return row
