"""What training is fed: small pictures in the order of their md5s, near duplicates in one part."""

import io

import numpy as np
import pytest
from PIL import Image

from sempark.networks import split
from sempark.stages import finetuned
from sempark.tables import NEAR_DUPLICATES

pytestmark = pytest.mark.spark


def pairs_of(spark, *pairs):
    empty = dict.fromkeys(NEAR_DUPLICATES.names)
    rows = [tuple((empty | {"md5_a": a, "md5_b": b}).values()) for a, b in pairs]
    return spark.createDataFrame(rows, NEAR_DUPLICATES.schema)


def test_chains_of_near_duplicates_are_one_group(spark) -> None:
    md5s = [*"abcdefg"]
    found = finetuned.groups(md5s, pairs_of(spark, ("a", "c"), ("g", "c"), ("e", "f"), ("b", "z")))
    same = found[:, None] == found
    assert same[0, 2] and same[2, 6] and same[4, 5]
    assert same.sum() == 9 + 4 + 2  # b's near duplicate is not labelled
    assert len(set(finetuned.groups(md5s, pairs_of(spark)))) == 7


def test_no_group_straddles_the_parts(spark) -> None:
    md5s = [f"{i:03d}" for i in range(200)]
    near = [(md5s[i], md5s[i + 100]) for i in range(0, 100, 2)]
    group = finetuned.groups(md5s, pairs_of(spark, *near))
    parts = split.split(np.arange(200) % 4, group, 1)
    row = {md5: i for i, md5 in enumerate(md5s)}
    assert all(parts[row[a]] == parts[row[b]] for a, b in near)
    assert set(parts) == {"train", "validation", "test"}


def jpeg(level: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (40, 30), level).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("chunk_bytes", [1 << 20, 300])
def test_pictures_come_in_the_order_of_their_md5s(spark, tmp_path, monkeypatch, chunk_bytes):
    monkeypatch.setattr(finetuned, "CHUNK_BYTES", chunk_bytes)
    rows = [(f"{(7 * i) % 23:02d}", jpeg(10 * ((7 * i) % 23)), None) for i in range(23)]
    images = spark.createDataFrame(rows, "md5 string, jpeg binary, databar array<int>")
    known = [(row[0], f"of {row[0]}") for row in rows if row[0] != "05"]
    categories = spark.createDataFrame(known, "md5 string, category string")
    found = finetuned.labelled(images.repartition(4), categories, 8, 3, tmp_path)
    assert found.md5s == [f"{i:02d}" for i in range(23) if i != 5]
    assert found.categories == [f"of {md5}" for md5 in found.md5s]
    levels = found.pixels.reshape(22, -1)
    expected = [10 * int(md5) for md5 in found.md5s]
    np.testing.assert_allclose(levels.mean(axis=1), expected, atol=1.5)
