"""Bad sources and stores: one clear line, exit code 1 or 2, nothing lost."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile

from sempark import job, sources
from sempark.store import Store
from sempark.tables import Refused

pytestmark = pytest.mark.spark
ROOT = Path(__file__).parent.parent


@pytest.fixture
def context(spark, tmp_path):
    """A context whose source is an empty directory."""
    from sempark.config import load

    (tmp_path / "source").mkdir()
    sets = [f"input.source={tmp_path / 'source'}", f"store.path={tmp_path / 'store'}"]
    return job.Context(load(None, sets), Store(spark, str(tmp_path / "store")), spark)


def picture(path: Path, value: int = 100) -> None:
    tifffile.imwrite(path, np.full((60, 80), value, np.uint8))


def ingest(context) -> dict:
    from jobs import images_flat, inventory

    inventory.listing.cache_clear()
    job.make(context, inventory.STAGE)
    return job.make(context, images_flat.STAGE).manifest


def test_an_empty_source(context) -> None:
    with pytest.raises(Refused, match="is empty"):
        ingest(context)


def test_a_source_without_images(context, tmp_path) -> None:
    (tmp_path / "source" / "notes.txt").write_text("nothing to see")
    with pytest.raises(Refused, match="no decodable TIFF file"):
        ingest(context)


def test_one_image(context, tmp_path) -> None:
    picture(tmp_path / "source" / "a.tif")
    assert ingest(context)["status_counts"] == {"ok": 1}


def test_images_all_alike(context, tmp_path) -> None:
    for name in "abc":
        picture(tmp_path / "source" / f"{name}.tif")
    assert ingest(context)["rows"] == 1
    row = context.read("images_flat").collect()[0]
    assert [Path(path).name for path in row["paths"]] == ["a.tif", "b.tif", "c.tif"]


def test_a_broken_file_is_a_row_with_a_reason(context, tmp_path) -> None:
    picture(tmp_path / "source" / "a.tif")
    whole = (tmp_path / "source" / "a.tif").read_bytes()
    (tmp_path / "source" / "b.tif").write_bytes(whole[: len(whole) // 2])
    assert ingest(context)["status_counts"] == {"ok": 1, "undecodable": 1}
    bad = [row for row in context.read("images_flat").collect() if row["status"] != "ok"]
    assert bad[0]["reason"]


def test_a_second_run_reads_only_what_is_new(context, tmp_path, monkeypatch) -> None:
    picture(tmp_path / "source" / "a.tif")
    ingest(context)
    picture(tmp_path / "source" / "b.tif", 50)
    manifest = ingest(context)
    assert manifest["rows"] == 2
    (tmp_path / "source" / "a.tif").unlink()
    assert ingest(context)["rows"] == 1


def test_a_table_of_another_version_is_not_overwritten(context, tmp_path) -> None:
    import json

    from jobs import inventory

    picture(tmp_path / "source" / "a.tif")
    ingest(context)
    manifest = Path(context.store.location("inventory").removeprefix("file:")) / "manifest.json"
    about = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(about | {"code": about["code"] - 1}))
    manifest.with_name(".manifest.json.crc").unlink()  # Hadoop's checksum of what was there
    with pytest.raises(Refused, match=r"made by version 0, now 1.*--force"):
        job.make(context, inventory.STAGE)
    assert job.make(context, inventory.STAGE, force=True).made


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["scael"], 2, "unknown job scael; did you mean scale?"),
        (["scale", "nowhere.toml"], 2, "nowhere.toml: no such file"),
        (["scale", "--set", "scale.bach=3"], 2, "unknown key scale.bach; did you mean batch?"),
        (["scale", "--set", "store.path=/proc/nowhere"], 1, "can't be written"),
    ],
)
def test_a_bad_call_is_one_line(words, code, message, tmp_path) -> None:
    done = subprocess.run(
        [str(ROOT / "spark-submit.sh"), *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert message in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_escaped_paths_come_back() -> None:
    for raw in (b"a/b.tif", b"100%/x", b"\xff\xfe name", "µm.tif".encode(), b"new\nline", b"%41"):
        assert sources.unescape(sources.escape(raw)) == raw
