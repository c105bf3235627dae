"""Sources on Hadoop file systems: the same rows as by a local path, from the driver and a worker.

`viewfs` gives local files a scheme of their own, so that nothing here can be read but through
Hadoop, with settings that a worker has to be told.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tifffile
from pyspark.sql import SparkSession

from jobs import images_flat, inventory, labels
from sempark import hadoop_files, job, label_lists, sources
from sempark.config import load
from sempark.imaging import jpeg
from sempark.store import Store

pytestmark = pytest.mark.spark


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Names that Spark's own readers would hide or misread."""
    root = tmp_path / "tree"
    for number, name in enumerate(
        (
            "a.tif",
            ".hidden.tif",
            "_began.tif",
            "b c%41.tif",
            "µ😀.tif",
            "xy [1]{2}*.tif",
            "sub/.deep/_c.tif",
            "new\nline.tif",
        )
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        gray = np.random.default_rng(number).integers(0, 256, (24, 32), dtype=np.uint8)
        tifffile.imwrite(root / name, gray)
    (root / "empty.tif").touch()
    (root / "none").mkdir()
    return root


@pytest.fixture
def mounted(spark: SparkSession, tree: Path) -> Iterator[str]:
    """The tree's parent as viewfs://NAME/data; Hadoop keeps what it once mounted by a name."""
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    name = hashlib.md5(str(tree).encode()).hexdigest()
    key = f"fs.viewfs.mounttable.{name}.link./data"
    configuration.set(key, f"file://{tree.parent}")
    hadoop_files.share_settings(spark)
    yield f"viewfs://{name}/data"
    configuration.unset(key)
    spark.sparkContext.setLocalProperty(hadoop_files.PROPERTY, None)


def test_the_rows_are_those_of_the_local_walk(spark: SparkSession, tree: Path) -> None:
    here = {entry.path.removeprefix(str(tree)): entry for entry in sources.walk(str(tree))}
    there = {e.path.removeprefix(f"file://{tree}"): e for e in sources._walk_uri(f"file://{tree}")}
    assert list(there) == list(here)
    for name, entry in here.items():
        expected = replace(entry, path=there[name].path)
        if entry.kind == "directory":
            expected = replace(expected, size=None, modified_us=None)
        # Hadoop says milliseconds
        found = there[name]
        if entry.modified_us and found.modified_us:
            assert abs(found.modified_us - entry.modified_us) < 1000
            expected = replace(expected, modified_us=found.modified_us)
        assert found == expected


def test_a_worker_reads_what_the_driver_lists(
    spark: SparkSession, mounted: str, tree: Path
) -> None:
    entries = [e for e in sources.walk(f"{mounted}/tree") if e.status == "ok"]
    assert len(entries) == 8 and all(e.path.startswith(f"{mounted}/tree/") for e in entries)

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path in batch["path"].to_pylist():
                md5, head = sources.md5_and_head(path, 100)
                again = hashlib.md5(sources.read(path)).hexdigest()
                yield pa.RecordBatch.from_pylist([{"path": path, "md5": md5, "again": again,
                                                   "head": head}])  # fmt: skip

    frame = spark.createDataFrame([(entry.path,) for entry in entries], "path string")
    schema = "path string, md5 string, again string, head binary"
    rows = frame.repartition(2).mapInArrow(work, schema).collect()
    assert len(rows) == 8 and len({row.md5 for row in rows}) == 8
    for row in rows:
        place = sources.unescape(row.path).decode().removeprefix(f"{mounted}/")
        data = (tree.parent / place).read_bytes()
        assert row.md5 == row.again == hashlib.md5(data).hexdigest()
        assert bytes(row.head) == data[:100]


def test_the_jobs_take_a_uri_for_a_directory(
    spark: SparkSession, mounted: str, tree: Path, tmp_path: Path
) -> None:
    whole = {f"Tips/{n}.jpg": sources.read(f"{tree}/{n}.tif") for n in ("a", "_began")}
    for name, data in whole.items():
        (tmp_path / "labels" / name).parent.mkdir(parents=True, exist_ok=True)
        gray = tifffile.imread(pa.BufferReader(data))
        (tmp_path / "labels" / name).write_bytes(jpeg.encode(gray))
    digests = []
    for place in (mounted, str(tmp_path)):
        store = str(tmp_path / f"store-{len(digests)}")
        sets = [f'input.source=["{place}/tree"]', f'input.labels={{S = "{place}/labels"}}',
                f"store.path={store}"]  # fmt: skip
        context = job.Context(load(None, sets), Store(spark, store), spark)
        inventory.listing.cache_clear()
        for stage in (inventory.STAGE, images_flat.STAGE, labels.STAGE):
            job.make(context, stage)
        found = context.read("images_flat").select("md5", "status", "jpeg_md5").collect()
        matched = context.read("labels").select("file", "md5", "matched_by", "status").collect()
        digests.append((sorted(found), sorted(matched)))
        listed = tmp_path / f"list-{len(digests)}.csv"
        names = ("a.tif", "nowhere.tif", "none")
        listed.write_text("path,category\n" + "".join(f"{place}/tree/{n},Tips\n" for n in names))
        entries = {e.path.rpartition("/")[2]: e for e in label_lists.entries(str(listed))}
        assert [entries[n].status for n in names] == ["ok", "vanished", "directory"]
        assert entries["a.tif"].size == (tree / "a.tif").stat().st_size
    assert digests[0] == digests[1]
    assert len(digests[0][0]) == 8
    assert [row.matched_by for row in digests[0][1]] == ["jpeg_md5", "jpeg_md5"]


def test_what_java_throws_is_an_os_error(spark: SparkSession, mounted: str) -> None:
    with pytest.raises(FileNotFoundError):
        sources.read(f"{mounted}/nowhere.tif")
    with pytest.raises(OSError, match="limit"):
        sources.read(f"{mounted}/tree/a.tif", max_bytes=10)
    assert not sources.is_directory(f"{mounted}/nowhere")
    assert not sources.is_directory(f"{mounted}/tree/a.tif")
    assert sources.is_directory(f"{mounted}/tree")
    with pytest.raises(OSError, match="nosuchscheme"):
        sources.read("nosuchscheme://host/a")


def test_defaults_do_not_travel_and_keys_do(spark: SparkSession) -> None:
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    configuration.set("fs.s3a.secret.key", "not blacked out")
    try:
        hadoop_files.share_settings(spark)
        text = spark.sparkContext.getLocalProperty(hadoop_files.PROPERTY)
    finally:
        configuration.unset("fs.s3a.secret.key")
        spark.sparkContext.setLocalProperty(hadoop_files.PROPERTY, None)
    settings = json.loads(text)
    assert settings["fs.s3a.secret.key"] == "not blacked out"
    assert "io.seqfile.compress.blocksize" not in settings and len(settings) < 200


def test_paths_and_uris() -> None:
    assert [hadoop_files.is_uri(p) for p in ("s3a://b/x", "hdfs:///x", "/x", "x:y/z", "a//b")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert sources.local("file:///a%20b/c") == "/a b/c"
    assert sources.local("/a%20b") == "/a%20b"
