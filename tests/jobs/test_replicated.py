"""replicated: how many of the source's JPEGs a TIFF makes again, and by which encoder."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from pyspark.sql import SparkSession

from jobs import images_flat, inventory, replicated
from sempark import job
from sempark.config import load
from sempark.imaging import jpeg
from sempark.store import Store

pytestmark = pytest.mark.spark


def _scene(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picture = np.full((96, 128), 70, np.uint8)
    for _ in range(20):
        center = int(rng.integers(0, 128)), int(rng.integers(0, 96))
        cv2.circle(picture, center, int(rng.integers(4, 25)), int(rng.integers(90, 230)), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


def _pillow(gray: np.ndarray, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(gray).save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()


def test_counts_by_encoder(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for seed in range(5):
        tifffile.imwrite(source / f"{seed}.tif", _scene(seed))
    (source / "0.jpg").write_bytes(jpeg.encode(_scene(0)))
    (source / "0 again.jpg").write_bytes(jpeg.encode(_scene(0)))  # one content in two files
    (source / "1.jpg").write_bytes(_pillow(_scene(1), 75))
    (source / "2.jpg").write_bytes(_pillow(_scene(2), 75))
    (source / "3.jpg").write_bytes(_pillow(_scene(3), 90))
    (source / "alone.jpg").write_bytes(jpeg.encode(_scene(99)))
    (source / "broken.jpg").write_bytes(jpeg.encode(_scene(4))[:500])
    sets = [f"input.source={source}", f"store.path={tmp_path / 'store'}"]
    context = job.Context(load(None, sets), Store(spark, str(tmp_path / "store")), spark)
    inventory.listing.cache_clear()
    for stage in (inventory.STAGE, images_flat.STAGE):
        job.make(context, stage)
    said: list[str] = []
    monkeypatch.setattr(replicated, "say", said.append)
    replicated.count(context)
    assert said[0] == "6 JPEGs with different contents"
    assert {" ".join(line.split()) for line in said[1:]} == {
        "1 jpeg_md5",
        "2 reencoded gray q75 optimized",
        "1 reencoded gray q90 optimized",
        "2 from no TIFF",
    }
    # JPEGs among the images are no TIFFs: what has none is not made again from itself
    sets = [*sets[:1], f"store.path={tmp_path / 'both'}", 'input.formats=["TIFF", "JPEG"]']
    context = job.Context(load(None, sets), Store(spark, str(tmp_path / "both")), spark)
    for stage in (inventory.STAGE, images_flat.STAGE):
        job.make(context, stage)
    said.clear()
    replicated.count(context)
    assert "2 from no TIFF" in {" ".join(line.split()) for line in said}
