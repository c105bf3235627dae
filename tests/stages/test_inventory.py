"""inventory: the nasty tree, formats that lie, companions, and a second run that reads the new."""

import hashlib
import os
import socket
import subprocess
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pyspark.sql import DataFrame, Row, SparkSession

from sempark import sources
from sempark.stages import inventory
from sempark.tables import INVENTORY

pytestmark = pytest.mark.spark


def _run(spark: SparkSession, root: Path, previous: DataFrame | None = None) -> dict[str, Row]:
    entries = inventory.entries_table("s", list(sources.walk(str(root))))
    found = inventory.build(spark, entries, previous, 2)
    assert found.columns == INVENTORY.names
    rows = found.collect()
    assert len({row.path for row in rows}) == len(rows)
    return {os.path.relpath(sources.unescape(row.path), os.fsencode(root)): row for row in rows}


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    """Everything that people and their tools leave in a directory."""
    root = tmp_path / "new data SEM"
    root.mkdir()
    tifffile.imwrite(root / "plain.tif", np.zeros((8, 8), np.uint8))
    content = (root / "plain.tif").read_bytes()
    for name in (".hidden.tif", "_began.tif", "with space.TIF", "new\nline.tif", "100%41.tif"):
        (root / name).write_bytes(content)
    (root / "µ😀.tif").write_bytes(content)
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.tif")).write_bytes(content)
    (root / "empty.tif").touch()
    (root / "lies.jpg").write_bytes(content)
    (root / "report.pdf").write_bytes(b"%PDF-1.4 ...")
    (root / "unknown.xyz").write_bytes(b"\x01\x02\x03\x04 and more")
    (root / ".hidden dir" / "deep").mkdir(parents=True)
    (root / ".hidden dir" / "deep" / "a.tif").write_bytes(content)
    (root / "empty dir").mkdir()
    (root / "to plain").symlink_to("plain.tif")
    (root / "to nothing").symlink_to("gone.tif")
    (root / "to itself").symlink_to("to itself")
    (root / "to parent").symlink_to(".")
    os.mkfifo(root / "fifo.tif")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "sock"))
    return root


def test_a_row_for_everything_that_find_counts(spark: SparkSession, nasty: Path) -> None:
    listed = subprocess.run(["find", str(nasty), "-mindepth", "1", "-print0"],
                            capture_output=True, check=True)  # fmt: skip
    expected = {os.path.relpath(p, os.fsencode(nasty)) for p in listed.stdout.split(b"\0") if p}
    found = _run(spark, nasty)
    assert set(found) == expected
    md5 = hashlib.md5((nasty / "plain.tif").read_bytes()).hexdigest()
    for name in ("plain.tif", ".hidden.tif", "_began.tif", "with space.TIF", "new\nline.tif",
                 "100%41.tif", "µ😀.tif", ".hidden dir/deep/a.tif", "to plain"):  # fmt: skip
        row = found[name.encode()]
        assert (row.status, row.format, row.md5) == ("ok", "TIFF", md5), name
    assert found[b"caf\xe9.tif"].md5 == md5
    assert found[b"100%41.tif"].path.endswith("100%2541.tif")
    expected_status = {
        b"empty.tif": ("file", "empty"), b"to nothing": ("link", "broken_link"),
        b"to itself": ("link", "link_loop"), b"to parent": ("link", "directory"),
        b"fifo.tif": ("fifo", "special"), b"sock": ("socket", "special"),
        b"empty dir": ("directory", "directory"), b".hidden dir": ("directory", "directory"),
    }  # fmt: skip
    for name, facts in expected_status.items():
        assert (found[name].kind, found[name].status) == facts, name
        assert found[name].md5 is None and found[name].format is None


def test_formats_by_content_and_names_that_lie(spark: SparkSession, nasty: Path) -> None:
    found = _run(spark, nasty)
    assert (found[b"lies.jpg"].format, found[b"lies.jpg"].name_lies) == ("TIFF", True)
    assert (found[b"lies.jpg"].extension, found[b"plain.tif"].name_lies) == ("jpg", False)
    assert found[b"report.pdf"].format == "PDF"
    assert found[b"unknown.xyz"].format == "magic:01020304"


def test_companions(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("a.tif", "a.txt", "b.tif", "b-tif.hdr", "c.tif", "c.TXT", "d.tif", "e.txt"):
        (tmp_path / name).write_text("x")
    found = _run(spark, tmp_path)
    companions = {name.decode(): row.companion and Path(row.companion).name
                  for name, row in found.items()}  # fmt: skip
    assert companions == {
        "a.tif": "a.txt", "b.tif": "b-tif.hdr", "c.tif": "c.TXT", "d.tif": None,
        "a.txt": None, "b-tif.hdr": None, "c.TXT": None, "e.txt": None,
    }  # fmt: skip


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "secret.tif").write_text("x")
    (tmp_path / "secret.tif").chmod(0)
    assert _run(spark, tmp_path)[b"secret.tif"].status == "unreadable"


def test_unreadable_directory_has_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "open").mkdir()
    plain = os.scandir

    def scandir(path: bytes) -> object:
        if path.endswith(b"closed"):
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr(os, "scandir", scandir)
    rows = [(Path(e.path).name, e.status) for e in sources.walk(str(tmp_path))]
    assert rows == [("closed", "unreadable"), ("open", "directory")]
    assert [e.status for e in sources.walk(str(tmp_path / "closed"))] == ["unreadable"]


def test_a_file_over_2_gib_is_hashed_in_blocks(tmp_path: Path) -> None:
    # sparse, so that it costs no disk; only the reading counts
    big = tmp_path / "big.tif"
    size = (2 << 30) + 5
    with big.open("wb") as file:
        file.write(b"II*\0")
        file.truncate(size)
    before = sources.describe(os.fsencode(big))
    assert before.size == size and before.status == "ok"
    tracemalloc.start()
    found = inventory._read(str(big))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    digest = hashlib.md5(b"II*\0")
    for _ in range(0, size - 5 - (1 << 20), 1 << 20):
        digest.update(bytes(1 << 20))
    digest.update(bytes(1 << 20 | 1))
    assert (found["md5"], found["format"]) == (digest.hexdigest(), "TIFF")
    assert peak < 3 * sources.BLOCK_BYTES


def test_a_second_run_reads_only_what_is_new(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("same", "changed", "removed"):
        (tmp_path / name).write_bytes(name.encode())
    first = _run(spark, tmp_path)
    previous = spark.createDataFrame(list(first.values()), INVENTORY.schema)
    # a mark in the last table shows which rows were taken over and which were read
    marked = previous.selectExpr(
        *("'taken over' AS md5" if c == "md5" else c for c in INVENTORY.names)
    )
    (tmp_path / "changed").write_bytes(b"changed again")
    (tmp_path / "removed").unlink()
    (tmp_path / "new").write_bytes(b"new")
    found = _run(spark, tmp_path, marked)
    assert set(found) == {b"same", b"changed", b"new"}
    assert found[b"same"].md5 == "taken over"
    assert found[b"changed"].md5 == hashlib.md5(b"changed again").hexdigest()
    assert found[b"new"].md5 == hashlib.md5(b"new").hexdigest()
    assert _run(spark, tmp_path, previous) == _run(spark, tmp_path)


def test_vanished_between_listing_and_reading(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"x")
    entries = inventory.entries_table("s", list(sources.walk(str(tmp_path))))
    (tmp_path / "a.tif").unlink()
    row = inventory.build(spark, entries, None, 2).collect()[0]
    assert (row.status, row.md5) == ("vanished", None)


def test_what_is_no_file_any_more_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tif")
    (tmp_path / "b.tif").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "c.tif"))
    for name in ("a.tif", "b.tif", "c.tif"):
        found = inventory._read(str(tmp_path / name))
        assert found["failed"] == "unreadable" and found["failure"], name
