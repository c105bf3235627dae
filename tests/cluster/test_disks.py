"""A disk that fills up or becomes read-only under a run: one clear line, the store as it was.

Small file systems of memory stand for disks. The runs are local: what they write goes the same way
on a cluster.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import runs, short

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk"),
]
TWO = ("inventory", "images_flat")
FILL = """
(until [ -d '{store}'/images_flat/*/rows/_temporary ]; do sleep 0.05; done
dd if=/dev/zero of='{disk}/filler' bs=64k) >/dev/null 2>&1 &
"""
"""Fills the disk as soon as images_flat is being written: before, it asks for free space."""


@pytest.fixture
def bench(tmp_path: Path) -> short.Short:
    return short.prepared(tmp_path)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Where a test mounts its disk."""
    place = tmp_path / "disk"
    place.mkdir()
    yield place
    while place.is_mount():
        subprocess.run(["umount", "-l", str(place)], check=True)


def mount(disk: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    subprocess.run(command, check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def test_a_full_disk_under_the_store(bench: short.Short, disk: Path, mark: str) -> None:
    mount(disk, "size=1m")
    store = disk / "store"
    assert "make room, or name another store.path" in short.line(bench.run(store, mark, stages=TWO))
    before = short.content(store)
    assert set(before) == {"inventory"}
    remount(disk, "size=16m")
    (bench.steps / "inventory").write_text(FILL.format(store=store, disk=disk))
    assert "No space left on device" in short.line(bench.run(store, mark, stages=TWO))
    assert short.content(store) == before
    (disk / "filler").unlink()
    shutil.rmtree(bench.steps)
    remount(disk, "size=64m")
    again = bench.run(store, mark, stages=TWO)
    assert again.code == 0, again.said[-3000:]
    assert short.content(store)["inventory"] == before["inventory"]
    assert runs.clean(store) == []
    elsewhere = bench.root / "store"
    assert bench.run(elsewhere, mark, stages=TWO).code == 0
    assert runs.digests(store) == runs.digests(elsewhere)


@pytest.mark.by_hand
def test_a_store_that_becomes_read_only(bench: short.Short, disk: Path, mark: str) -> None:
    mount(disk, "size=64m")
    store = disk / "store"
    (bench.steps / "inventory").write_text(f"mount -o remount,ro '{disk}'\n")
    ended = bench.run(store, mark, stages=TWO)
    assert "Read-only file system" in short.line(ended)
    assert "the store can't take the log of this run: it is /" in ended.said
    assert set(short.content(store)) == {"inventory"} and runs.clean(store) == []
    assert "can't be written" in short.line(bench.run(store, mark, stages=TWO[:1]))
    remount(disk, "rw")
    shutil.rmtree(bench.steps)
    again = bench.run(store, mark, stages=TWO)
    assert again.code == 0, again.said[-3000:]
    assert set(short.content(store)) == set(TWO) and runs.clean(store) == []


@pytest.mark.by_hand
def test_a_full_disk_under_the_shuffle(bench: short.Short, disk: Path, mark: str) -> None:
    mount(disk, "size=20k")
    store = bench.root / "store"
    more = ("--conf", f"spark.local.dir={disk}")
    ended = bench.run(store, mark, stages=TWO, more=more)
    assert "No space left on device" in short.line(ended)
    assert "images_flat" not in short.content(store)
    again = bench.run(store, mark, stages=TWO)
    assert again.code == 0, again.said[-3000:]
    assert runs.clean(store) == []
