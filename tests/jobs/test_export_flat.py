"""export_flat: pairs of files, whole, of the right content, and only what is missing."""

import hashlib
from pathlib import Path

from jobs.export_flat import _pair

TIFF = b"II*\0 and so on"


def test_pairs(tmp_path: Path) -> None:
    source, flat = tmp_path / "a.tif", tmp_path / "flat"
    source.write_bytes(TIFF)
    flat.mkdir()
    md5 = hashlib.md5(TIFF).hexdigest()
    done = {"md5": md5, "written": True, "failed": None}
    assert _pair(flat, md5, [str(source)], b"the JPEG") == done
    assert sorted(path.name for path in flat.iterdir()) == [f"{md5}.jpg", f"{md5}.tif"]
    assert (flat / f"{md5}.tif").read_bytes() == TIFF
    assert (flat / f"{md5}.jpg").read_bytes() == b"the JPEG"
    # there already: the source is not even read
    source.unlink()
    assert _pair(flat, md5, [str(source)], b"the JPEG") == done | {"written": False}


def test_half_a_pair_is_made_whole(tmp_path: Path) -> None:
    source = tmp_path / "a.tif"
    source.write_bytes(TIFF)
    md5 = hashlib.md5(TIFF).hexdigest()
    (tmp_path / f"{md5}.tif").write_bytes(TIFF)
    assert _pair(tmp_path, md5, [str(source)], b"the JPEG")["written"]
    assert (tmp_path / f"{md5}.jpg").read_bytes() == b"the JPEG"


def test_another_path_stands_in_for_a_changed_one(tmp_path: Path) -> None:
    md5 = hashlib.md5(TIFF).hexdigest()
    (tmp_path / "changed.tif").write_bytes(b"II*\0wrong")
    (tmp_path / "same.tif").write_bytes(TIFF)
    paths = [str(tmp_path / name) for name in ("gone.tif", "changed.tif", "same.tif")]
    assert _pair(tmp_path, md5, paths, b"j")["failed"] is None
    other = _pair(tmp_path, "0" * 32, paths[1:], b"j")
    assert other["failed"] == "left out: changed since the inventory"
    gone = _pair(tmp_path, "1" * 32, [str(tmp_path / "gone.tif")], b"j")
    assert gone["failed"] == "left out: No such file or directory"
    assert not list(tmp_path.glob("[01]*.tif"))


def test_a_source_of_another_format_keeps_its_suffix(tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for magic, suffix in ((b"\xff\xd8\xff", ".jpeg"), (b"\x89PNG\r\n\x1a\n", ".png")):
        md5 = hashlib.md5(magic).hexdigest()
        (tmp_path / "a").write_bytes(magic)
        assert _pair(flat, md5, [str(tmp_path / "a")], b"gray")["written"]
        assert not _pair(flat, md5, [], b"gray")["written"]
        assert (flat / f"{md5}{suffix}").read_bytes() == magic
        assert (flat / f"{md5}.jpg").read_bytes() == b"gray"
