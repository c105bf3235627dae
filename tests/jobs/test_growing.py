"""A growing tree through the jobs: what is opened again, what is tried again, and what is not."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pyspark.sql import Row, SparkSession

from jobs import images_flat, inventory, labels
from sempark import job, sources
from sempark.config import load
from sempark.store import Store

pytestmark = pytest.mark.spark
JEOL = "$$SM_MICRON_BAR 100\r\n$$SM_MICRON_MARKER {}um\r\n"


def _draw(path: Path, seed: int) -> None:
    gray = np.random.default_rng(seed).integers(0, 256, (24, 32), dtype=np.uint8)
    tifffile.imwrite(path, gray, description=f"{seed}")


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> job.Context:
    (tmp_path / "source").mkdir()
    sets = [f"input.source={tmp_path / 'source'}", f"store.path={tmp_path / 'store'}"]
    return job.Context(load(None, sets), Store(spark, str(tmp_path / "store")), spark)


def ingest(context: job.Context, **options: bool) -> dict[str, bool]:
    """Run both jobs as a new session would; which of them made its table."""
    inventory.listing.cache_clear()
    now = replace(context, **options)
    return {stage.name: job.make(now, stage).made for stage in (inventory.STAGE, images_flat.STAGE)}


def rows(context: job.Context, name: str = "images_flat") -> dict[str, Row]:
    """Rows by the name of their (first) file."""
    found = context.read(name).collect()
    return {Path(row["paths"][0] if name == "images_flat" else row["path"]).name: row
            for row in found}  # fmt: skip


def spoil(path: Path) -> None:
    """Other bytes of the same size and time: seen by nobody who does not open the file."""
    before = path.stat()
    path.write_bytes(b"\0" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_second_run_opens_only_what_is_new(context: job.Context, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for number in range(100):
        _draw(source / f"{number:03}.tif", number)
    assert ingest(context) == {"inventory": True, "images_flat": True}
    assert ingest(context) == {"inventory": False, "images_flat": False}
    first = rows(context)
    for path in source.iterdir():
        spoil(path)
    _draw(source / "new.tif", 1000)
    assert ingest(context) == {"inventory": True, "images_flat": True}
    # every old file holds zeros by now: a single one that were opened would show
    second = rows(context)
    assert second.pop("new.tif").status == "ok"
    assert second == first and {row.status for row in first.values()} == {"ok"}
    listed = rows(context, "inventory")
    opened = [name for name, row in listed.items() if row.format != "TIFF"]
    assert opened == [] and len(listed) == 101
    # --rehash opens all of them, and sees what time and size did not tell
    assert ingest(context, rehash=True)["inventory"]
    assert sum(row.format != "TIFF" for row in rows(context, "inventory").values()) == 100


def test_growing_and_shrinking_equals_a_run_from_scratch(
    context: job.Context, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for number in range(8):
        _draw(source / f"{number}.tif", number)
    (source / "folder").mkdir()
    _draw(source / "folder" / "5.tif", 80)
    ingest(context)
    (source / "0.tif").unlink()
    _draw(source / "1.tif", 77)
    os.utime(source / "1.tif", ns=(1, 1))
    (source / "copy.tif").write_bytes((source / "2.tif").read_bytes())
    (source / "3.tif").rename(source / "moved.tif")
    # a file becomes a directory, and a directory a file
    (source / "4.tif").unlink()
    (source / "4.tif").mkdir()
    _draw(source / "4.tif" / "inside.tif", 78)
    (source / "folder" / "5.tif").unlink()
    (source / "folder").rmdir()
    _draw(source / "folder", 79)
    ingest(context)
    fresh = replace(context, store=Store(context.spark, str(tmp_path / "other")))
    ingest(fresh)
    for name in ("inventory", "images_flat"):
        assert context.digest(name) == fresh.digest(name)
        assert context.store.manifest(name)["rows"] > 0


def test_failed_rows_are_tried_again_when_asked(context: job.Context, tmp_path: Path) -> None:
    source = tmp_path / "source"
    _draw(source / "good.tif", 1)
    _draw(source / "bad.tif", 2)
    whole = (source / "bad.tif").read_bytes()
    config = replace(context.config, images=replace(context.config.images, max_pixels=24 * 32 - 1))
    context = replace(context, config=config)
    _draw(source / "small.tif", 3)
    tifffile.imwrite(source / "small.tif", np.zeros((4, 4), np.uint8))
    ingest(context)
    assert {n: r.status for n, r in rows(context).items()} == {
        "good.tif": "too_large", "bad.tif": "too_large", "small.tif": "ok",
    }  # fmt: skip
    # up to date, so that nothing is made; asked to, the two failed ones are decoded again
    assert not ingest(context)["images_flat"]
    assert len(whole) > 0
    seen = _versions(context)
    assert ingest(context, retry_failed=True) == {"inventory": False, "images_flat": True}
    assert _versions(context) == seen + 1
    spoil(source / "small.tif")
    spoil(source / "bad.tif")
    assert ingest(context, retry_failed=True)["images_flat"]
    assert {n: r.status for n, r in rows(context).items()} == {
        "good.tif": "too_large", "bad.tif": "unreadable", "small.tif": "ok",
    }  # fmt: skip


def _versions(context: job.Context) -> int:
    return len(context.store.versions.pointers("images_flat"))


def test_nothing_failed_nothing_is_tried_again(context: job.Context, tmp_path: Path) -> None:
    _draw(tmp_path / "source" / "a.tif", 1)
    ingest(context)
    assert ingest(context, retry_failed=True) == {"inventory": False, "images_flat": False}


def test_a_text_added_later_gives_its_image_a_scale(context: job.Context, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for number in range(3):
        _draw(source / f"{number}.tif", number)
    ingest(context)
    assert {row.vendor for row in rows(context).values()} == {None}
    spoil(source / "0.tif")
    (source / "1.txt").write_text(JEOL.format(1))
    ingest(context)
    found = rows(context)
    assert (found["1.tif"].vendor, found["1.tif"].vendor_nm_per_px) == ("JEOL", 10.0)
    assert found["0.tif"].status == found["2.tif"].status == "ok"  # not opened
    (source / "1.txt").write_text(JEOL.format(5))
    ingest(context)
    assert rows(context)["1.tif"].vendor_nm_per_px == 50.0
    (source / "1.txt").unlink()
    ingest(context)
    assert rows(context)["1.tif"].vendor_nm_per_px is None


def test_labels_follow_their_lists(context: job.Context, tmp_path: Path) -> None:
    source = tmp_path / "source"
    _draw(source / "a.tif", 1)
    # the list lies elsewhere, its files are those of the source: no table shows that it changed
    listed = tmp_path / "list.csv"
    listed.write_text(f"path,category\n{source / 'a.tif'},Tips\n")
    config = replace(context.config, input=replace(context.config.input, labels={"S": str(listed)}))
    context = replace(context, config=config)

    def label() -> tuple[bool, list[str]]:
        ingest(context)
        made = job.make(context, labels.STAGE).made
        return made, [row.category for row in context.read("labels").collect()]

    assert label() == (True, ["Tips"])
    assert label() == (False, ["Tips"])
    listed.write_text(f"path,category\n{source / 'a.tif'},Powder\n")
    assert label() == (True, ["Powder"])


def test_a_source_named_in_three_ways_is_listed_once(
    context: job.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw(tmp_path / "source" / "a.tif", 1)
    monkeypatch.chdir(tmp_path)
    names = ["source", "./source/", str(tmp_path / "source"), "other/../source"]
    (tmp_path / "other").symlink_to(tmp_path / "source")
    config = replace(context.config, input=replace(context.config.input, source=names[:3]))
    ingest(replace(context, config=config))
    assert [row.path for row in context.read("inventory").collect()] == [
        str(tmp_path / "source" / "a.tif")
    ]
    # what stands above a link is another place than its name says
    assert sources.absolute(names[3]) == str(tmp_path / names[3])
