"""images_flat: unique pictures in any partitioning, growth, and files that kill their decoder."""

import hashlib
import os
import signal
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from pyspark import cloudpickle
from pyspark.sql import DataFrame, Row, SparkSession

from sempark.config import Images, load
from sempark.imaging import formats, tiff_pixels
from sempark.stages import images_flat
from sempark.tables import IMAGES_FLAT, INVENTORY, Refused

pytestmark = pytest.mark.spark
CONFIG = load()
SETTINGS = replace(CONFIG.images, timeout_seconds=20.0)
CRASH = b"PLEASE CRASH"


def _gray(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (60, 80), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2)


def _inventory(spark: SparkSession, root: Path, names: list[str] | None = None) -> DataFrame:
    rows = []
    for path in sorted(root.iterdir()):
        data = path.read_bytes()
        if names is None or path.name in names:
            rows.append(
                dict.fromkeys(INVENTORY.names)
                | {
                    "path": str(path),
                    "source": "s",
                    "kind": "file",
                    "size": len(data),
                    "format": formats.sniff(data),
                    "md5": hashlib.md5(data).hexdigest(),
                    "status": "ok" if data else "empty",
                }
            )
    return spark.createDataFrame(rows, INVENTORY.schema)


def _run(
    inventory: DataFrame,
    previous: DataFrame | None = None,
    settings: Images = SETTINGS,
    wanted: tuple[str, ...] = ("TIFF",),
) -> dict[str, Row]:
    chosen = images_flat.contents(inventory, ["s"], list(wanted), CONFIG.run)
    new = images_flat.fresh(chosen, previous)
    given = replace(CONFIG.input, source=["s"], formats=list(wanted))
    grown = images_flat.build(chosen, new, given, settings, CONFIG.near_duplicates, True)
    rows = grown.fresh
    if previous is not None:
        rows = rows.unionByName(previous.join(new.select("md5"), "md5", "left_anti"))
    rows = rows.persist()
    made = grown.settle(rows, rows)
    assert made.columns == IMAGES_FLAT.names
    return {row.md5: row for row in made.collect()}


@pytest.fixture
def heap(tmp_path: Path) -> Path:
    """Two copies of one file, two files of one picture, others, a broken one, a PNG."""
    root = tmp_path / "heap"
    root.mkdir()
    for seed in range(4):
        tifffile.imwrite(root / f"{seed}.tif", _gray(seed))
    (root / "copy of 0.tif").write_bytes((root / "0.tif").read_bytes())
    tifffile.imwrite(root / "1 with a note.tif", _gray(1), description="a note")
    (root / "broken.tif").write_bytes((root / "3.tif").read_bytes()[:900])
    cv2.imwrite(str(root / "p.png"), _gray(9))
    (root / "text.tif").write_text("no picture")
    return root


def test_one_row_a_content_one_picture_a_jpeg(spark: SparkSession, heap: Path) -> None:
    inventory = _inventory(spark, heap)
    found = _run(inventory)
    assert len(found) == 6
    statuses = sorted(row.status for row in found.values())
    assert statuses == ["ok"] * 4 + ["same_jpeg", "undecodable"]
    copied = found[hashlib.md5((heap / "0.tif").read_bytes()).hexdigest()]
    assert copied.paths == [str(heap / "0.tif"), str(heap / "copy of 0.tif")]
    assert (copied.width, copied.height, copied.bits, copied.pages) == (80, 60, 8, 1)
    assert hashlib.md5(copied.jpeg).hexdigest() == copied.jpeg_md5
    assert "quality 95" in copied.encoder
    names = ("1.tif", "1 with a note.tif")
    first, second = sorted(hashlib.md5((heap / n).read_bytes()).hexdigest() for n in names)
    assert found[first].status == "ok" and found[second].status == "same_jpeg"
    assert found[second].survivor == first and found[second].jpeg == found[first].jpeg
    # the order of rows and their spread over tasks change nothing
    small = replace(SETTINGS, partition_mb=1)
    assert _run(inventory.orderBy("md5").repartition(7), settings=small) == found


def test_other_formats_by_setting(spark: SparkSession, heap: Path) -> None:
    found = _run(_inventory(spark, heap), wanted=("PNG",))
    assert [row.paths for row in found.values()] == [[str(heap / "p.png")]]


def test_growth_equals_a_run_from_scratch(
    spark: SparkSession, heap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _run(_inventory(spark, heap))
    previous = spark.createDataFrame(list(before.values()), IMAGES_FLAT.schema)
    # the survivor of the pair goes, and so does one path of two; one picture comes
    names = {hashlib.md5(path.read_bytes()).hexdigest(): path for path in heap.iterdir()}
    survivor = next(row.survivor for row in before.values() if row.survivor)
    names[survivor].unlink()
    (heap / "copy of 0.tif").unlink()
    tifffile.imwrite(heap / "new.tif", _gray(50))
    inventory = _inventory(spark, heap)
    grown, scratch = _run(inventory, previous), _run(inventory)
    assert grown == scratch
    chosen = images_flat.contents(inventory, ["s"], ["TIFF"], CONFIG.run)
    opened = images_flat.fresh(chosen, previous).collect()
    # the new one; that which has to stand for the pair now kept its JPEG
    assert len(opened) == 1


def test_dropped_near_duplicates_are_judged_anew(spark: SparkSession, tmp_path: Path) -> None:
    touched = _gray(0)
    touched[10:12, 10] += 60
    tifffile.imwrite(tmp_path / "a.tif", _gray(0))
    tifffile.imwrite(tmp_path / "b.tif", touched)
    kinds = ["few_pixels", "recompressed"]

    settings = replace(SETTINGS, drop_near_duplicates=kinds)

    def run(previous: DataFrame | None) -> dict[str, Row]:
        return _run(_inventory(spark, tmp_path), previous, settings)

    found = run(None)
    first, second = sorted(found)
    assert (found[first].status, found[second].status) == ("ok", "near_duplicate")
    assert found[second].survivor == first and found[second].jpeg is not None
    previous = spark.createDataFrame(list(found.values()), IMAGES_FLAT.schema)
    assert run(previous) == found
    # the one that stood for it is gone: the other comes forward, and is not decoded again
    for path in tmp_path.iterdir():
        if hashlib.md5(path.read_bytes()).hexdigest() == first:
            path.unlink()
    chosen = images_flat.contents(_inventory(spark, tmp_path), ["s"], ["TIFF"], CONFIG.run)
    assert images_flat.fresh(chosen, previous).isEmpty()
    left = run(previous)
    assert [(row.md5, row.status, row.survivor) for row in left.values()] == [(second, "ok", None)]


def test_changed_and_vanished_files_are_rows(spark: SparkSession, heap: Path) -> None:
    inventory = _inventory(spark, heap, ["1.tif", "2.tif", "3.tif"])
    inventory.collect()
    (heap / "2.tif").unlink()
    (heap / "3.tif").write_bytes(b"something else")
    found = {Path(row.paths[0]).name: row for row in _run(inventory).values()}
    statuses = {name: row.status for name, row in found.items()}
    assert statuses == {"1.tif": "ok", "2.tif": "unreadable", "3.tif": "unreadable"}
    assert "changed" in found["3.tif"].reason


def test_nothing_decodable_is_refused(spark: SparkSession, heap: Path) -> None:
    with pytest.raises(Refused, match="no decodable TIFF file under s: set"):
        _run(_inventory(spark, heap, ["broken.tif"]))


def test_another_path_stands_in_for_a_changed_one(spark: SparkSession, heap: Path) -> None:
    inventory = _inventory(spark, heap, ["0.tif", "copy of 0.tif"])
    inventory.collect()
    (heap / "0.tif").write_bytes(b"something else")
    assert [row.status for row in _run(inventory).values()] == ["ok"]


def test_a_file_above_the_memory_limit_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    for seed, name in enumerate("ab"):
        tifffile.imwrite(tmp_path / f"{name}.tif", _gray(seed))
    inventory = _inventory(spark, tmp_path)
    with (tmp_path / "a.tif").open("r+b") as file:
        file.truncate((1 << 20) + 1)  # sparse
    rows = _run(inventory, settings=replace(SETTINGS, memory_mb=1)).values()
    assert sorted(row.status for row in rows) == ["ok", "too_large"]
    assert any(str((1 << 20) + 1) in (row.reason or "") for row in rows)


def test_a_side_that_no_jpeg_has_costs_a_row(spark: SparkSession, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "long.tif", np.zeros((2, 65_501), np.uint8))
    tifffile.imwrite(tmp_path / "fits.tif", np.zeros((2, 65_500), np.uint8))
    rows = _run(_inventory(spark, tmp_path)).values()
    found = {Path(row.paths[0]).name: (row.status, row.reason) for row in rows}
    assert found["fits.tif"] == ("ok", None)
    assert found["long.tif"][0] == "too_large" and "65501" in found["long.tif"][1]


def _many_strips(n: int) -> bytes:
    """A picture of n rows, a strip each, all the same few bytes: slow to read, quick to write."""
    strip = zlib.compress(bytes(90))
    tags = [(256, 4, 1, 90), (257, 4, 1, n), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)]
    end = 8 + 2 + 12 * 9 + 4
    tags += [(273, 4, n, end), (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, n, end + 4 * n)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    where = struct.pack("<I", end + 8 * n) * n + struct.pack("<I", len(strip)) * n
    return b"II*\x00" + struct.pack("<IH", 8, 9) + entries + bytes(4) + where + strip


def test_bomb_and_hang_cost_a_row_each(spark: SparkSession, tmp_path: Path) -> None:
    for seed in range(3):
        tifffile.imwrite(tmp_path / f"{seed}.tif", _gray(seed))
    bomb = bytearray(_many_strips(1))
    bomb[8 + 2 + 8 : 8 + 2 + 12] = bomb[8 + 2 + 20 : 8 + 2 + 24] = struct.pack("<I", 200_000)
    (tmp_path / "bomb.tif").write_bytes(bomb)
    (tmp_path / "slow.tif").write_bytes(_many_strips(270_000))
    found = _run(_inventory(spark, tmp_path), settings=replace(SETTINGS, timeout_seconds=1.0))
    by_name = {Path(row.paths[0]).name: row for row in found.values()}
    assert by_name["bomb.tif"].status == "too_large"
    assert by_name["slow.tif"].status == "timeout" and "1 s" in by_name["slow.tif"].reason
    assert [by_name[f"{seed}.tif"].status for seed in range(3)] == ["ok"] * 3


def _faulty(path: str) -> None:
    """Make tifffile die of a file that says so, here and in children."""
    sys.path.insert(0, path)  # a sitecustomize lies there, for the child
    plain = tiff_pixels.tifffile.TiffFile

    def dies(file, **options):
        if CRASH in file.getvalue():
            os.kill(os.getpid(), signal.SIGSEGV)
        return plain(file, **options)

    tiff_pixels.tifffile.TiffFile = dies


def test_a_crash_costs_a_row(spark: SparkSession, tmp_path: Path) -> None:
    site, heap = tmp_path / "site", tmp_path / "heap"
    site.mkdir()
    heap.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, signal, tifffile\nplain = tifffile.TiffFile\n"
        "def dies(file, **options):\n"
        f"    if {CRASH!r} in file.getvalue(): os.kill(os.getpid(), signal.SIGSEGV)\n"
        "    return plain(file, **options)\n"
        "tifffile.TiffFile = dies\n"
    )
    for seed in range(5):
        tifffile.imwrite(heap / f"{seed}.tif", _gray(seed))
    with (heap / "3.tif").open("ab") as file:
        file.write(CRASH)
    rows = images_flat.contents(_inventory(spark, heap), ["s"], ["TIFF"], CONFIG.run)
    where = str(site)

    def work(batches: Iterator) -> Iterator:
        _faulty(where)
        return images_flat._worker(batches, SETTINGS)

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        found = rows.repartition(1).mapInArrow(work, IMAGES_FLAT.schema).collect()
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    statuses = {Path(row.paths[0]).name: row.status for row in found}
    assert statuses == {f"{seed}.tif": "crashed" if seed == 3 else "ok" for seed in range(5)}
    crashed = next(row for row in found if row.status == "crashed")
    assert "SIGSEGV" in crashed.reason
