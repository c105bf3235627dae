"""The list to do: chosen images, their pictures, a file that corrects once it is filled in."""

import csv
import io

import cv2
import numpy as np
import pyarrow as pa
import pytest

from sempark.imaging import jpeg
from sempark.stages import scale, scale_review
from sempark.tables import IMAGES_FLAT, SCALE


def test_a_data_bar_is_cut_out_and_enlarged() -> None:
    gray = np.arange(600, dtype=np.uint8)[:, None].repeat(400, axis=1)
    part = scale_review.crop(gray, [0, 560, 400, 600])
    assert part.shape == (3 * 64, 3 * 400)
    assert scale_review.crop(gray, None).shape == (1800, 1200)


def test_the_list_is_no_correction_until_it_is_filled_in() -> None:
    rows = [{"md5": m, "status": "unsure", "text": "2, um", "path": "a,b.tif"} for m in "ba"]
    text = scale_review.listed(rows)
    assert [row["md5"] for row in csv.DictReader(io.StringIO(text))] == ["a", "b"]
    assert scale.parse_overrides(text) == {}
    filled = text.replace("a,,,unsure", "a,2,um,unsure")
    assert scale.parse_overrides(filled) == {"a": (2.0, "um")}


@pytest.fixture(scope="module")
def tables(spark):
    gray = np.random.default_rng(1).integers(60, 180, (480, 640)).astype(np.uint8)
    image = {"jpeg": jpeg.encode(gray), "paths": ["/z.tif", "/a.tif"], "status": "ok"}
    images = [{"md5": m} | image for m in ("00", "01", "02")]
    seen = {"text": "2um", "databar": [0, 400, 640, 480]}
    rows = [
        {"md5": "00", "status": "unsure"} | seen,
        {"md5": "01", "status": "ok"} | seen,
        {"md5": "02", "status": "no_databar", "text": "", "databar": None},
    ]
    return tuple(
        spark.createDataFrame(pa.Table.from_pylist(some, table.arrow))
        for some, table in ((rows, SCALE), (images, IMAGES_FLAT))
    )


def shape(png: bytes) -> tuple[int, ...]:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED).shape


@pytest.mark.spark
def test_only_the_statuses_asked_for(tables) -> None:
    (row,) = scale_review.build(*tables, ["unsure"], whole=False).collect()
    assert (row.md5, row.text, row.path) == ("00", "2um", "/a.tif")
    assert shape(row.picture) == (2 * 104, 2 * 640)


@pytest.mark.spark
@pytest.mark.ocr
def test_images_by_name_are_drawn_whole(tables) -> None:
    rows = scale_review.one_by_one(*tables, ["01", "02"], whole=True).collect()
    assert sorted(row.md5 for row in rows) == ["01", "02"]
    assert {shape(row.picture) for row in rows} == {(480, 640, 3)}
