"""scale_review: what was not read, with pictures, for a person to fill in.

In: scale, images_flat. Out: a row for each chosen image, with a PNG of its data bar (of the whole
image where none was found) or of the image with all that the reader found drawn on it. The list
has the columns of `scale.overrides`: filled in, it corrects the table. Source: section 2.3.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.imaging import jpeg
from sempark.scalebar import debug, reading
from sempark.tables import arrow_schema

Gray = NDArray[np.uint8]

SCHEMA = "md5 string, status string, text string, path string, picture binary"
LIST_COLUMNS = ("md5", "value", "unit", "status", "text", "path")
ROOM_PX = 24
MIN_CROP_WIDTH = 900  # narrower data bars are enlarged


def build(scale: DataFrame, images: DataFrame, statuses: Sequence[str], whole: bool) -> DataFrame:
    """Choose images by status and picture them; `whole`: read again and drawn on. Key: md5."""
    chosen = scale.where(F.col("status").isin(*statuses)).select("md5", "status", "text", "databar")
    rows = chosen.join(images.select("md5", "paths", "jpeg"), "md5", how="inner")
    return rows.mapInArrow(partial(_pictured, whole), SCHEMA)


def one_by_one(scale: DataFrame, images: DataFrame, md5s: Sequence[str], whole: bool) -> DataFrame:
    """Picture images by name, whatever their status. Key: md5."""
    chosen = scale.where(F.col("md5").isin(*md5s))
    return build(chosen, images, [row.status for row in chosen.select("status").collect()], whole)


def _pictured(whole: bool, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    cv2.setNumThreads(1)
    for batch in batches:
        rows = [_row(row, whole) for row in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows, arrow_schema(SCHEMA))


def _row(row: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    gray = jpeg.decode(row["jpeg"])
    picture = debug.draw(gray, reading.read(gray)) if whole else crop(gray, row["databar"])
    png = cv2.imencode(".png", picture[..., ::-1] if picture.ndim == 3 else picture)[1]
    kept = {name: row[name] for name in ("md5", "status", "text")}
    return kept | {"path": min(row["paths"]), "picture": png.tobytes()}


def crop(gray: Gray, databar: Sequence[int] | None) -> Gray:
    """Cut a data bar out with some of the image around it, enlarged where it is narrow."""
    if databar is not None:
        x0, y0, x1, y1 = databar
        rows = slice(max(0, y0 - ROOM_PX), y1 + ROOM_PX)
        gray = gray[rows, max(0, x0 - ROOM_PX) : x1 + ROOM_PX]
    factor = -(-MIN_CROP_WIDTH // gray.shape[1])
    size = (factor * gray.shape[1], factor * gray.shape[0])
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def listed(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV text to fill in: value and unit are empty."""
    text = io.StringIO()
    out = csv.DictWriter(text, LIST_COLUMNS, lineterminator="\n")
    out.writeheader()
    for row in sorted(rows, key=lambda row: str(row["md5"])):
        out.writerow({name: row.get(name, "") for name in LIST_COLUMNS})
    return text.getvalue()
