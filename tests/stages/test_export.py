"""The export: the same rows in each form, no formulas, no path where privacy hides them."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from sempark.retrieval import records
from sempark.stages import export
from sempark.tables import PassedOver

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def made(report_run):
    return {hide: files(report_run, hide) for hide in (False, True)}


def files(run, hide):
    label = run.read("labels").where("data_set = 'SEM_Dataset' and md5 is not null")
    known = records.build(
        run.read("images_flat"),
        run.read("scale"),
        label.select("md5", "category"),
        run.read("predictions"),
        run.read("taxonomy"),
        run.read("near_duplicates"),
        hide,
    )
    return dict(export.build(known, "2048ft", "Demo", "2018-10-01T12:00:00+00:00"))


def rows_of(made, hide=False):
    return [json.loads(line) for line in made[hide]["records.jsonl"].splitlines()]


def test_all_forms_hold_the_same_rows(made):
    lines = rows_of(made)
    table = pq.read_table(io.BytesIO(made[False]["records.parquet"])).to_pylist()
    cells = list(csv.DictReader(io.StringIO(made[False]["records.csv"].decode(), newline="")))
    assert lines == table and len(lines) == 110
    assert [row["md5"] for row in lines] == sorted(row["md5"] for row in lines)
    for line, cell in zip(lines, cells, strict=True):
        assert json.loads(cell["paths"]) == line["paths"]
        assert (cell["node"], cell["scale_status"]) == (line["node"], line["scale_status"])
        assert float(cell["nm_per_px"] or 0) == (line["nm_per_px"] or 0)


def test_a_record_says_what_the_tables_say(made, report_run):
    node = next(
        row
        for row in report_run.read("taxonomy").collect()
        if row["depth"] == 1 and row["name"] == "round ones <b>"
    )
    of = {row["md5"]: row for row in rows_of(made)}
    record = of[node["members"][0]]
    assert record["node"] == node["node"] and record["tree_path"][-1] == "round ones <b>"
    assert record["category"] == node["category"] and record["features"] == "2048ft"
    labelled = {row["category_by"] for row in rows_of(made)}
    assert labelled == {"label", "prediction"}
    assert all(
        (row["confidence"] is None) == (row["category_by"] == "label") for row in of.values()
    )
    pair = report_run.read("near_duplicates").collect()[0]
    assert of[pair["md5_a"]]["near_duplicates"] == [pair["md5_b"]]
    assert of[pair["md5_b"]]["near_duplicates"] == [pair["md5_a"]]


def test_hidden_records_hold_no_path(made):
    assert all(row["paths"] == [] for row in rows_of(made, hide=True))
    for name, content in made[True].items():
        for secret in (b"session", b".tif", b"onerror", b"/data"):
            assert secret not in content, name


def test_the_description_is_a_dataset_of_images(made):
    found = json.loads(made[False]["dataset.jsonld"])
    assert (found["@context"], found["@type"]) == ("https://schema.org/", "Dataset")
    assert {part["@type"] for part in found["hasPart"]} == {"ImageObject"}
    assert len(found["hasPart"]) == 110 and found["dateCreated"].startswith("2018")
    names = {item["contentUrl"] for item in found["distribution"]}
    assert names == {"records.csv", "records.jsonl", "records.parquet"} <= set(made[False])
    image = next(p for p in found["hasPart"] if any("%3Cimg" in u for u in p["contentUrl"]))
    assert image["contentUrl"][0].startswith("file:///data/")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(spark, start):
    schema = (
        "md5 string, paths array<string>, width int, height int, scale_status string, "
        "value double, unit string, nm_per_px double, category string, category_by string, "
        "confidence double, node string, names array<string>, near_duplicates array<string>"
    )
    row = ("0" * 32, [start], 1, 1, "ok", 1.0, "um", 1.0, start, "label", None, start, [start], [])
    content = dict(export.build(spark.createDataFrame([row], schema), "2048ft", start, ""))
    parsed = list(csv.reader(io.StringIO(content["records.csv"].decode(), newline="")))
    assert not [cell for cell in parsed[1] if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert f"'{start}" in parsed[1]


def test_nothing_to_export_is_passed_over(report_run):
    empty = report_run.read("images_flat").limit(0)
    label = report_run.read("labels").select("md5", "category")
    rest = [report_run.read(n) for n in ("predictions", "taxonomy", "near_duplicates")]
    known = records.build(empty, report_run.read("scale"), label, *rest, False)
    with pytest.raises(PassedOver, match="no image"):
        dict(export.build(known, "", "x", ""))
