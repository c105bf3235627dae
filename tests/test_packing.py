"""The packed Python runs where nothing but glibc is, from any directory."""

import ctypes
import gzip
import importlib.machinery
import importlib.util
import json
import mmap
import os
import re
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from sempark import native, packing

SOME = ("numpy", "tesserocr", "scipy")
"""Packages enough to meet libraries of all kinds: wheels' own, the system's, none."""


def quiet(done: int, total: int) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The interpreter with a few packages."""
    pytest.importorskip("tesserocr", reason="the extras of ./spark-submit.sh pack are not there")
    target = tmp_path_factory.mktemp("packed") / "environment.tar.gz"
    wanted = [d for d in packing.distributions() if d.name.lower() in SOME]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "distributions", lambda: wanted)
        assert packing.pack(target, quiet)
        written = target.stat().st_mtime_ns
        assert not packing.pack(target, quiet)  # nothing has changed
        assert target.stat().st_mtime_ns == written
    return target


def alone(unpacked: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run the unpacked Python where this interpreter and its packages can't be seen."""
    if os.geteuid():
        pytest.skip("only root may cover a directory by another in a namespace of its own")
    hidden = [Path(sys.base_prefix), Path(sys.prefix), Path.home() / ".local"]
    covers = [f"mount -t tmpfs none '{path}'" for path in hidden if path.exists()]
    # /usr can't be covered: the loader and glibc live there
    covers = [cover for cover in covers if "'/usr'" not in cover]
    script = "; ".join(["set -e", *covers, 'exec env -i PATH= "$0" -c "$1"'])
    python = str(unpacked / "bin" / "python")
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, python, code],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.ocr
def test_it_runs_where_only_glibc_is_and_reads(archive, tmp_path) -> None:
    unpacked = tmp_path / "another" / "place"
    unpacked.mkdir(parents=True)
    subprocess.run(["tar", "-xzf", archive, "-C", unpacked], check=True)
    picture = np.full((80, 240), 255, np.uint8)
    cv2.putText(picture, "500 nm", (20, 55), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 0, 3)
    (tmp_path / "picture").write_bytes(picture.tobytes())
    code = f"""
import bz2, ctypes, lzma, sqlite3, ssl, sys, zlib
import numpy, scipy.linalg, tesserocr
scipy.linalg.inv(numpy.eye(3))
api = tesserocr.PyTessBaseAPI(path=sys.prefix + "/share/tessdata", lang="eng", psm=7)
api.SetImageBytes(open("{tmp_path}/picture", "rb").read(), 240, 80, 1, 240)
print(api.GetUTF8Text().strip())
print(sys.prefix)
print({{l.split()[-1] for l in open("/proc/self/maps") if ".so" in l and sys.prefix not in l}})
"""
    done = alone(unpacked, code)
    assert done.returncode == 0, done.stderr
    read, prefix, outside = done.stdout.splitlines()
    assert (read, prefix) == ("500 nm", str(unpacked))
    others = [path for path in eval(outside) if not packing.GLIBC.match(Path(path).name)]  # noqa: S307 - our own print
    assert others == []


def test_it_holds_no_tests_no_links_out_and_no_sempark(archive) -> None:
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
    assert members[0].name == packing.STAMP
    assert {m.linkname for m in members if m.issym()} == {packing._python(), "site-packages"}
    names = [m.name for m in members]
    assert not [n for n in names if re.search(r"/tests/|/include/|\.a$|/test/", n)]
    assert not [n for n in names if "sempark" in n or "editable" in n or n.startswith("/")]
    assert [n for n in names if n.endswith("numpy/__init__.py")]


def test_the_same_files_give_the_same_bytes(tmp_path) -> None:
    files = {"b/two": tmp_path / "two", "a/one": tmp_path / "one"}
    for name, path in files.items():
        path.write_text(name)
    for target in ("first", "second"):
        packing._write(tmp_path / target, files, {"python": "3"}, quiet)
    first = (tmp_path / "first").read_bytes()
    assert first == (tmp_path / "second").read_bytes()
    with tarfile.open(tmp_path / "first") as opened:
        assert [n for n in opened.getnames() if n in files] == sorted(files)
        content = opened.extractfile(packing.STAMP)
        assert content is not None and json.load(content) == {"python": "3"}


def test_a_torn_archive_is_made_again(tmp_path) -> None:
    target = tmp_path / "environment.tar.gz"
    assert packing._stamp(target) is None
    packing._write(target, {}, {"python": "3"}, quiet)
    assert packing._stamp(target) == {"python": "3"}
    target.write_bytes(target.read_bytes()[:40])
    assert packing._stamp(target) is None
    target.write_bytes(gzip.compress(b"something else"))
    assert packing._stamp(target) is None


def test_nothing_is_left_where_packing_fails(tmp_path, monkeypatch) -> None:
    target = tmp_path / "environment.tar.gz"
    target.write_text("the one of before")
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr(packing, "_all_files", lambda: iter([("share/file", file)]))

    def full(*_: object) -> None:
        target.with_name(f".{target.name}.{os.getpid()}").touch()
        raise OSError("no space left")

    monkeypatch.setattr(packing, "_write", full)
    with pytest.raises(OSError, match="no space"):
        packing.pack(target, quiet)
    assert target.read_text() == "the one of before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["environment.tar.gz", "file"]


def test_a_library_without_its_table_of_sections_still_loads(tmp_path) -> None:
    spec = importlib.util.find_spec("_heapq")
    if spec is None or spec.origin is None or not spec.origin.endswith(".so"):
        pytest.skip("this Python has no _heapq of its own file")
    content = bytearray(Path(spec.origin).read_bytes())
    with mmap.mmap(-1, len(content)) as changed:
        changed[:] = bytes(content)
        end = native.lightened(changed)
        lighter = changed[:end]
    assert end < len(content)
    copy = tmp_path / Path(spec.origin).name
    copy.write_bytes(lighter)
    loader = importlib.machinery.ExtensionFileLoader("_heapq", str(copy))
    assert ctypes.CDLL(str(copy)).PyInit__heapq and loader.get_filename("_heapq") == str(copy)


def test_a_run_path_becomes_an_rpath() -> None:
    """By hand: a header, one loaded part, and a dynamic part of three entries."""
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", header, 32, 64)
    struct.pack_into("<QHHHHHH", header, 40, 999, 0, 64, 56, 2, 64, 9)
    struct.pack_into("<HH", header, 54, 56, 2)
    dynamic = struct.pack("<qQqQqQ", 5, 4096 + 224, 29, 1, 0, 0)
    strings = b"\0$ORIGIN/libs\0"
    loaded = struct.pack("<IIQQQQQQ", 1, 4, 0, 4096, 4096, 300, 300, 4096)
    named = struct.pack("<IIQQQQQQ", 2, 4, 176, 4096 + 176, 0, len(dynamic), len(dynamic), 8)
    content = bytes(header) + loaded + named + dynamic + strings
    content = content.ljust(300, b"\0") + b"sections"
    found = native.Library.of(content)
    assert found == native.Library("$ORIGIN/libs", 192, 300)
    with mmap.mmap(-1, len(content)) as changed:
        changed[:] = content
        assert native.lightened(changed) == 300
        assert struct.unpack_from("<q", changed, 192) == (native.DT_RPATH,)
        assert native.Library.of(changed).run_path_at is None


def test_what_can_not_be_packed_is_said(tmp_path, monkeypatch) -> None:
    with pytest.raises(packing.PackError, match=r"must end in \.tar\.gz"):
        packing.pack(tmp_path / "environment.zip", quiet)
    (tmp_path / "conda-meta").mkdir()
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    with pytest.raises(packing.PackError, match="conda-pack -p"):
        packing.pack(tmp_path / "environment.tar.gz", quiet)
