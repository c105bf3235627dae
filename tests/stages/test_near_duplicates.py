"""near_duplicates: planted pairs are found and named, others are not, in any partitioning."""

import hashlib

import cv2
import numpy as np
import pytest
from pyspark.sql import SparkSession

from sempark import lookalikes
from sempark.config import NearDuplicates, load
from sempark.imaging import hashes, jpeg
from sempark.stages import images_flat, near_duplicates
from sempark.tables import IMAGES_FLAT, NEAR_DUPLICATES

pytestmark = pytest.mark.spark
SETTINGS = load().near_duplicates


def _scene(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picture = np.full((120, 160), 70, np.uint8)
    for _ in range(20):
        center = int(rng.integers(0, 160)), int(rng.integers(0, 120))
        cv2.circle(picture, center, int(rng.integers(4, 25)), int(rng.integers(90, 230)), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


def _row(gray: np.ndarray, status: str = "ok") -> dict:
    content = jpeg.encode(gray)
    return dict.fromkeys(IMAGES_FLAT.names) | {
        "md5": hashlib.md5(gray.tobytes() + bytes([gray.shape[0] % 251])).hexdigest(),
        "jpeg": content if status == "ok" else None,
        "perceptual_hash": hashes.perceptual_hash(gray),
        "status": status,
    }


def _planted() -> tuple[list[dict], dict[frozenset, str]]:
    """Twelve scenes; four of them have a changed copy."""
    scenes = [_scene(seed) for seed in range(12)]
    touched = scenes[0].copy()
    touched.ravel()[np.random.default_rng(0).choice(touched.size, 2, replace=False)] += 40
    changed = [
        (scenes[0], touched, "few_pixels"),
        (scenes[1], jpeg.decode(jpeg.encode(scenes[1], 30)), "recompressed"),
        (scenes[2], cv2.add(scenes[2], 25), "brightness_shifted"),
        (scenes[3], cv2.resize(scenes[3], (80, 60), interpolation=cv2.INTER_AREA), "rescaled"),
    ]
    rows = [_row(scene) for scene in scenes] + [_row(copy) for _, copy, _ in changed]
    pairs = {frozenset((_row(a)["md5"], _row(b)["md5"])): kind for a, b, kind in changed}
    return rows, pairs


def _found(spark: SparkSession, rows: list[dict], settings: NearDuplicates, parts: int = 2) -> list:
    images = spark.createDataFrame(rows, IMAGES_FLAT.schema).repartition(parts)
    return near_duplicates.build(images, settings).collect()


def test_planted_pairs_and_no_others(spark: SparkSession) -> None:
    rows, pairs = _planted()
    found = _found(spark, rows, SETTINGS)
    assert {frozenset((row.md5_a, row.md5_b)): row.kind for row in found} == pairs
    assert all(row.md5_a < row.md5_b for row in found)
    assert found[0].__fields__ == NEAR_DUPLICATES.names
    again = _found(spark, rows[::-1], SETTINGS, parts=5)
    assert sorted(again) == sorted(found)


def test_counts_are_those_of_the_jpegs(spark: SparkSession) -> None:
    one = _scene(50)
    two = one.copy()
    two[10, 10] += 90
    row = _found(spark, [_row(one), _row(two)], SETTINGS)[0]
    a, b = jpeg.decode(jpeg.encode(one)).astype(int), jpeg.decode(jpeg.encode(two)).astype(int)
    assert row.differing_px == np.count_nonzero(a != b) > 0
    assert row.largest_difference == np.abs(a - b).max()


def test_rows_without_a_picture_are_left_out(spark: SparkSession) -> None:
    scene = _scene(1)
    rows = [_row(scene), _row(cv2.add(scene, 1)) | {"status": "same_jpeg", "jpeg": None}]
    assert _found(spark, rows, SETTINGS) == []
    assert _found(spark, [], SETTINGS) == []


def test_keys_are_those_of_the_pure_function(spark: SparkSession) -> None:
    values = np.random.default_rng(3).integers(-(2**63), 2**63 - 1, 50, dtype=np.int64)
    frame = spark.createDataFrame([(int(v),) for v in values], "h bigint")
    found = [row.keys for row in frame.select(lookalikes.keys("h").alias("keys")).collect()]
    assert np.array_equal(np.array(found), hashes.buckets(values))


def test_candidates_are_all_pairs_within_six_bits(spark: SparkSession) -> None:
    rng = np.random.default_rng(4)
    centers = rng.integers(-(2**63), 2**63 - 1, 6, dtype=np.int64)
    values = [
        int(center ^ np.bitwise_xor.reduce(np.int64(1) << rng.integers(0, 63, flips)))
        for center in centers
        for flips in range(1, 9)
    ]
    rows = [(f"{i:032x}", value) for i, value in enumerate(values)]
    frame = spark.createDataFrame(rows, "md5 string, perceptual_hash bigint")
    for max_bits in (0, 3, 6):
        found = {tuple(row) for row in lookalikes.candidates(frame, max_bits).collect()}
        expected = {
            (a, b)
            for i, (a, x) in enumerate(rows)
            for b, y in rows[i + 1 :]
            if hashes.n_bits(x, y) <= max_bits
        }
        assert found == expected
        assert max_bits < 6 or len(expected) > 20


def test_a_crowd_of_one_hash_grows_in_step_with_its_size(spark: SparkSession) -> None:
    def n_pairs(n: int) -> int:
        rows = [(f"{i:032x}", 0) for i in range(n)] + [(f"{n + i:032x}", 1) for i in range(n)]
        frame = spark.createDataFrame(rows, "md5 string, perceptual_hash bigint")
        found = [tuple(row) for row in lookalikes.candidates(frame).collect()]
        assert len(set(found)) == len(found) and all(a < b for a, b in found)
        return len(found)

    crowd = lookalikes.CROWD
    # few: every pair of the two hashes, one bit apart
    assert n_pairs(crowd // 2) == crowd * (crowd - 1) // 2
    small, large = n_pairs(4 * crowd), n_pairs(8 * crowd)
    inside = 2 * (crowd * 4 * crowd - crowd * (crowd + 1) // 2)
    assert small == inside + crowd * crowd
    assert large - small == 2 * crowd * 4 * crowd
    # all of a film are one group still: each stands beside the next
    frame = spark.createDataFrame(
        [(f"{i:032x}", 7) for i in range(3 * crowd)], "md5 string, perceptual_hash bigint"
    )
    found = {tuple(row) for row in lookalikes.candidates(frame).collect()}
    assert {(f"{i:032x}", f"{i + 1:032x}") for i in range(3 * crowd - 1)} <= found


def test_a_crowd_of_images_stands_behind_its_first(spark: SparkSession) -> None:
    crowd = lookalikes.CROWD
    images = spark.createDataFrame(
        [(f"{i:032x}", 0) for i in range(3 * crowd)], "md5 string, perceptual_hash bigint"
    )
    files = spark.createDataFrame(
        [(f"f{i}", i % 2) for i in range(10)], "file_md5 string, perceptual_hash bigint"
    )
    found = lookalikes.near(files, images).collect()
    assert len(found) == 10 * crowd
    assert {row.md5 for row in found} == {f"{i:032x}" for i in range(crowd)}


def test_flat_pictures(spark: SparkSession) -> None:
    flat = [np.full((120, 160), 3 * level, np.uint8) for level in range(60)]
    rows = [_row(picture) for picture in flat]
    assert {row["perceptual_hash"] for row in rows} == {0}
    found = _found(spark, rows, SETTINGS)
    assert len(found) < 60 * lookalikes.CROWD
    assert all(row.largest_difference <= 5 for row in found)


@pytest.mark.parametrize("kinds", [["few_pixels"], ["recompressed", "rescaled"]])
def test_a_setting_drops_the_kinds_it_names(spark: SparkSession, kinds: list[str]) -> None:
    rows, pairs = _planted()
    images = spark.createDataFrame(rows, IMAGES_FLAT.schema)
    left = images_flat.without_near_duplicates(images, images, kinds, SETTINGS)
    assert left.columns == IMAGES_FLAT.names
    lost = {row.md5: row.survivor for row in left.collect() if row.status == "near_duplicate"}
    assert lost == {max(pair): min(pair) for pair, kind in pairs.items() if kind in kinds}
    # their pairs are listed all the same
    found = near_duplicates.build(left, SETTINGS).collect()
    assert {frozenset((row.md5_a, row.md5_b)): row.kind for row in found} == pairs
