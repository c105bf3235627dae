"""The store: a table appears whole or not at all, and says what it was made from."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from sempark import growth
from sempark.store import Store
from sempark.tables import SUBSET, TABLES, Refused

pytestmark = pytest.mark.spark
ABOUT = {"settings": {}, "inputs": {}}


@pytest.fixture
def store(spark, tmp_path):
    return Store(spark, str(tmp_path / "store"))


def rows(*md5s: str) -> pa.Table:
    columns = {"name": ["s"] * len(md5s), "md5": list(md5s), "category": ["Tips"] * len(md5s)}
    return pa.table(columns, schema=SUBSET.arrow)


def md5s(store: Store) -> list[str]:
    return sorted(row["md5"] for row in store.read("subset").collect())


def test_what_is_written_is_read_back(store) -> None:
    manifest = store.write("subset", rows("b", "a"), ABOUT)
    assert md5s(store) == ["a", "b"]
    assert manifest["rows"] == 2
    assert store.manifest("subset") == json.loads(json.dumps(manifest))


def test_a_missing_table_names_its_job(store) -> None:
    assert store.manifest("subset") is None
    with pytest.raises(Refused, match=r"run \./spark-submit\.sh subset"):
        store.read("subset")


def test_the_digest_is_of_the_rows_and_not_of_their_order(store, spark) -> None:
    first = store.write("subset", rows("a", "b", "c"), ABOUT)["digest"]
    many = spark.createDataFrame(rows("c", "a", "b")).repartition(3)
    assert store.write("subset", many, ABOUT)["digest"] == first
    assert store.write("subset", rows("a", "b", "d"), ABOUT)["digest"] != first


def test_a_failing_write_leaves_the_table_as_it_was(store, spark) -> None:
    store.write("subset", rows("a"), ABOUT)

    def broken(batches):
        for _ in batches:
            raise OSError("disk")
        yield from ()

    frame = spark.createDataFrame(rows("x")).mapInArrow(broken, SUBSET.schema)
    with pytest.raises(Exception, match="disk"):
        store.write("subset", frame, ABOUT)
    assert md5s(store) == ["a"]


def test_a_half_written_pointer_is_passed_over(store) -> None:
    store.write("subset", rows("a"), ABOUT)
    pointers = Path(store.root.removeprefix("file:")) / "subset" / "pointers"
    (pointers / "00000002.json").write_text('{"version": "2026')
    assert md5s(store) == ["a"]
    store.write("subset", rows("b"), ABOUT)
    assert md5s(store) == ["b"]


def test_a_version_without_a_pointer_is_swept(store) -> None:
    store.write("subset", rows("a"), ABOUT)
    folder = Path(store.root.removeprefix("file:")) / "subset"
    (folder / "20200101T000000-dead00" / "rows").mkdir(parents=True)
    store.write("subset", rows("b"), ABOUT)
    assert "20200101T000000-dead00" not in {path.name for path in folder.iterdir()}


def test_garbage_is_what_no_pointer_names_last(store) -> None:
    store.write("subset", rows("a"), ABOUT)
    store.write("subset", rows("b"), ABOUT)
    assert len(store.collect_garbage()) == 1
    assert md5s(store) == ["b"]
    assert store.collect_garbage() == []


def test_wrong_columns_are_named(store) -> None:
    with pytest.raises(ValueError, match="expected columns"):
        store.write("subset", pa.table({"name": ["s"]}), ABOUT)


def test_a_folder_is_published_and_found(store) -> None:
    store.publish("report", [("index.html", b"hi"), ("data/a.csv", b"1")], ABOUT)
    folder = store.folder("report")
    assert (folder / "data" / "a.csv").read_bytes() == b"1"
    store.publish("report", [("index.html", b"new")], ABOUT)
    assert (store.folder("report") / "index.html").read_bytes() == b"new"
    assert not (store.folder("report") / "data").exists()


def test_a_store_that_cannot_be_written_is_refused(spark, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="can't be written"):
        Store(spark, str(tmp_path / "file" / "store"))


def test_a_large_arrow_table_is_a_few_files(spark, store, tmp_path) -> None:
    """Above a threshold Spark makes a task and a file of each Arrow batch, here of 64 rows."""
    threshold = "spark.sql.execution.arrow.localRelationThreshold"
    before = spark.conf.get(threshold)
    spark.conf.set(threshold, "1b")
    try:
        manifest = store.write("subset", rows(*map(str, range(2000))), ABOUT)
    finally:
        spark.conf.set(threshold, before)
    assert manifest["rows"] == 2000
    assert len(list(tmp_path.rglob("part-*.parquet"))) <= spark.sparkContext.defaultParallelism
    assert spark.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch") == "64"


def test_what_a_killed_check_left_is_swept_by_a_later_one(store) -> None:
    runs = Path(store.root.removeprefix("file:")) / "runs"
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    for name in (".check-20200101T000000-dead00", f".check-{now}-beef00", "20200101T000000-1.log"):
        (runs / name).mkdir()
    store.check_from_executors()
    left = {path.name for path in runs.iterdir() if path.is_dir()}
    assert left == {f".check-{now}-beef00", "20200101T000000-1.log"}


def test_a_folder_of_a_store_elsewhere_is_fetched_once_and_not_left(spark, tmp_path) -> None:
    """`viewfs` gives local files a scheme of their own."""
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    name = hashlib.md5(str(tmp_path).encode()).hexdigest()
    key = f"fs.viewfs.mounttable.{name}.link./data"
    configuration.set(key, f"file://{tmp_path}")
    try:
        store = Store(spark, f"viewfs://{name}/data/store")
        store.publish("report", [("index.html", b"hi")], ABOUT)
        folder = store.folder("report")
        assert (folder / "index.html").read_bytes() == b"hi"
        assert store.folder("report") == folder and tmp_path not in folder.parents
        store.publish("report", [("index.html", b"new")], ABOUT)
        assert (store.folder("report") / "index.html").read_bytes() == b"new"
        assert (folder / "index.html").read_bytes() == b"hi"
    finally:
        configuration.unset(key)
    del store
    assert not folder.exists()


def grow(store: Store, fresh: list[str], keep: bool = True, **category: str) -> dict:
    """Let the table grow by md5s; of all rows those named get a category, or go where it is "-"."""

    def settle(rows, _):
        for md5, name in category.items():
            if name == "-":
                rows = rows.where(F.col("md5") != md5)
            value = F.when(F.col("md5") == md5, F.lit(name)).otherwise(F.col("category"))
            rows = rows.withColumn("category", value)
        return rows

    frame = store.spark.createDataFrame(rows(*fresh))
    return store.grow("subset", growth.Grown(frame, settle, keep), ABOUT)


def categories(store: Store) -> dict[str, str]:
    found = store.read("subset").collect()
    assert len(found) == len({row["md5"] for row in found})
    return {row["md5"]: row["category"] for row in found}


def test_what_grows_is_written_once_and_reads_as_if_written_whole(store) -> None:
    written = Path(store.root.removeprefix("file:")) / "subset"
    grow(store, ["a", "b", "c"], c="Powder")
    assert categories(store) == {"a": "Tips", "b": "Tips", "c": "Powder"}
    before = {path: path.stat().st_mtime_ns for path in written.glob("*/rows/*.parquet")}
    # one comes, one goes, one changes, one that had changed is as it was written, one is replaced
    manifest = grow(store, ["d", "b"], a="-", c="Tips", d="Devices")
    expected = {"b": "Tips", "c": "Tips", "d": "Devices"}
    assert categories(store) == expected
    assert manifest["rows"] == 3 and len(manifest["parts"]) == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before
    whole = pa.table(
        {"name": ["s"] * 3, "md5": list(expected), "category": list(expected.values())},
        schema=SUBSET.arrow,
    )
    assert store.write("subset", whole, ABOUT)["digest"] == manifest["digest"]


def test_growing_from_a_table_written_whole_and_from_nothing(store) -> None:
    store.write("subset", rows("a", "b"), ABOUT)
    manifest = grow(store, ["c"], b="Powder")
    assert categories(store) == {"a": "Tips", "b": "Powder", "c": "Tips"}
    assert (manifest["changes"], len(manifest["parts"])) == (1, 2)
    assert grow(store, ["x"], keep=False)["parts"] == [store.manifest("subset")["version"]]
    assert categories(store) == {"x": "Tips"}


def test_garbage_is_not_what_a_grown_table_reads(store) -> None:
    grow(store, ["a"])
    grow(store, ["b"])
    assert store.collect_garbage() == []
    assert md5s(store) == ["a", "b"] and store.size("subset") > 0
    assert store.compact() == []
    for number in range(growth.MANY_PARTS):
        grow(store, [f"c{number}"])
    content, digest = categories(store), store.manifest("subset")["digest"]
    assert store.compact() == ["subset"]
    assert (categories(store), store.manifest("subset")["digest"]) == (content, digest)
    assert len(store.collect_garbage()) == growth.MANY_PARTS + 2
    assert categories(store) == content and store.compact() == []


def test_rows_of_older_code_are_not_written_as_if_they_were_of_today(store, monkeypatch) -> None:
    for number in range(growth.MANY_PARTS + 1):
        grow(store, [f"c{number}"])
    monkeypatch.setitem(TABLES, "subset", replace(SUBSET, version=SUBSET.version + 1))
    assert store.compact() == [] and store.manifest("subset")["code"] == SUBSET.version


def test_a_rule_that_returns_other_columns_is_named(store) -> None:
    fresh = store.spark.createDataFrame(rows("a"))
    grown = growth.Grown(fresh, lambda light, _: light.drop("category"), True)
    with pytest.raises(ValueError, match="expected columns"):
        store.grow("subset", grown, ABOUT)


def test_a_rule_that_refuses_leaves_the_table_as_it_was(store) -> None:
    def settle(rows, pictures):
        raise Refused("no")

    grow(store, ["a"])
    frame = store.spark.createDataFrame(rows("b"))
    with pytest.raises(Refused):
        store.grow("subset", growth.Grown(frame, settle, True), ABOUT)
    assert md5s(store) == ["a"]
