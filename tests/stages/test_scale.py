"""The scale stage: agreement with the file's tags, corrections by hand, rows for any batches."""

import numpy as np
import pyarrow as pa
import pytest

from sempark import config
from sempark.imaging import jpeg
from sempark.stages import scale
from sempark.synthetic import databars
from sempark.tables import IMAGES_FLAT


@pytest.mark.parametrize(
    ("read", "vendor", "width", "expected"),
    [
        (10.0, 10.1, 1024, "agreed"),
        (20.0, 10.0, 1024, "resized"),
        (5.0, 10.0, 1024, "resized"),
        (10.0, 20.0, 2048, "resized"),
        (10.0, 1e4, 1024, "unit"),
        (1e4, 10.0, 1024, "unit"),
        (13.0, 10.0, 1024, "disagree"),
        (10.0, 12.5, 1280, "resized"),
    ],
)
def test_agreement(read, vendor, width, expected) -> None:
    assert scale.agreement(read, vendor, width) == expected


def test_overrides_are_parsed() -> None:
    assert scale.parse_overrides("md5,value,unit\na,2,um\n") == {"a": (2.0, "um")}
    assert scale.parse_overrides("") == {}


@pytest.mark.parametrize("row", ["a,two,um", "a,2,px", "a,-1,um", "a"])
def test_a_bad_override_names_its_line(row) -> None:
    with pytest.raises(ValueError, match="line 3"):
        scale.parse_overrides(f"md5,value,unit\nb,1,um\n{row}\n")


@pytest.fixture(scope="module")
def images(spark):
    rng = np.random.default_rng(5)
    rows = []
    for i in range(6):
        gray = rng.integers(60, 180, (480, 640)).astype(np.uint8)
        drawn, _ = databars.draw_databar(gray, "zeiss_white", 2.0, "um", 20.0, rng)
        row = {"md5": f"{i:02x}", "jpeg": jpeg.encode(drawn), "width": 640, "height": 480}
        rows.append(row | {"status": "ok", "vendor_nm_per_px": 20.0 if i else None})
    rows.append({"md5": "ff", "status": "undecodable", "reason": "garbage"})
    return spark.createDataFrame(pa.Table.from_pylist(rows, IMAGES_FLAT.arrow))


@pytest.mark.spark
@pytest.mark.ocr
def test_rows_do_not_depend_on_batches_and_partitions(images) -> None:
    settings = config.load(None, ["scale.batch=2"]).scale
    other = config.load(None, ["scale.batch=5"]).scale
    first = scale.build(images, settings, {}, None, 3).toArrow().sort_by("md5")
    second = scale.build(images, other, {}, None, 1).toArrow().sort_by("md5")
    assert first.equals(second)
    assert first["md5"].to_pylist() == [f"{i:02x}" for i in range(6)]
    values = {
        (v, u) for v, u in zip(first["value"].to_pylist(), first["unit"].to_pylist(), strict=True)
    }
    assert values <= {(2.0, "um"), (None, None)} and (2.0, "um") in values
    told = set(first.filter(pa.compute.equal(first["status"], "ok"))["agreement"].to_pylist())
    assert told <= {"agreed", None}


@pytest.mark.spark
@pytest.mark.ocr
def test_an_override_goes_over_the_reading_and_says_so(images) -> None:
    settings = config.load().scale
    known = scale.build(images, settings, {}, None, 1).localCheckpoint()
    rows = scale.build(images, settings, {"00": (5.0, "mm")}, known, 1).collect()
    row = next(row for row in rows if row["md5"] == "00")
    assert (row["value"], row["unit"], row["source"], row["status"]) == (
        5.0,
        "mm",
        "override",
        "ok",
    )
    # and is gone again without it: what was read is kept
    rows = scale.build(images, settings, {}, known, 1).collect()
    assert {row["source"] for row in rows} == {"ocr"}
