"""distances: the balanced sample, correlations on it and on all pairs, pixels and CW-SSIM."""

import cv2
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from sempark.geometry.complex_wavelet import cw_ssim_distance
from sempark.geometry.distances import correlation, pairwise
from sempark.imaging import jpeg
from sempark.spaces import Vectors
from sempark.stages import distances
from sempark.tables import DISTANCES, PassedOver

N = 90
MD5S = [f"{i:03x}" for i in range(N)]
CATEGORIES = {md5: ("Tips", "Powder", "Fibres")[i // 30] for i, md5 in enumerate(MD5S)}


@pytest.fixture(scope="module")
def blobs() -> Vectors:
    rng = np.random.default_rng(1)
    X = np.concatenate([10 * m + rng.normal(size=(30, 5)) for m in np.eye(3, 5)])
    return Vectors("s", MD5S, X.astype(np.float32))


@pytest.fixture(scope="module")
def gray() -> Vectors:
    """Squares of 8 px: stripes whose direction tells the category."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:8, :8]
    X = [
        100 + 50 * np.sin((x, y, x + y)[i // 30] + rng.random()) + rng.normal(size=(8, 8))
        for i in range(N)
    ]
    return Vectors("pixels", MD5S, np.array(X).reshape(N, 64).astype(np.float32))


def quiet(done: int, total: int) -> None:
    pass


def test_the_balanced_sample() -> None:
    chosen = distances.sample(CATEGORIES, {"Tips": 10, "Powder": 5, "Fibres": 99}, 1)
    assert chosen[1] == ["Tips"] * 10 + ["Powder"] * 5 + ["Fibres"] * 30
    assert [CATEGORIES[md5] for md5 in chosen[0]] == chosen[1]
    with pytest.raises(PassedOver, match="two categories"):
        distances.sample({"000": "Tips"}, {"Tips": 2}, 1)


def test_a_row_a_space_with_both_correlations(blobs, gray) -> None:
    chosen = distances.sample(CATEGORIES, {"Tips": 10, "Powder": 5, "Fibres": 99}, 1)
    table = distances.build([blobs], gray, CATEGORIES, chosen, quiet)
    assert table.schema.equals(DISTANCES.arrow)
    rows = {row["space"]: row for row in table.to_pylist()}
    assert list(rows) == ["s", "pixels", "cw_ssim"]
    picked = [MD5S.index(md5) for md5 in chosen[0]]
    names = [CATEGORIES[md5] for md5 in MD5S]
    for one in (blobs, gray):
        row, sample = rows[one.space], pairwise(one.X[picked])
        np.testing.assert_array_equal(row["matrix"], sample.astype(np.float32).ravel())
        on_sample = correlation(sample, chosen[1])
        assert (row["pearson"], row["spearman"]) == (on_sample.pearson, on_sample.spearman)
        on_all = correlation(pairwise(one.X), names)
        assert row["pearson_all"] == pytest.approx(on_all.pearson)
        assert row["spearman_all"] == pytest.approx(on_all.spearman, abs=1e-3)
    expected = cw_ssim_distance(gray.X[picked].reshape(-1, 8, 8), 1)
    np.testing.assert_array_equal(rows["cw_ssim"]["matrix"], expected.astype(np.float32).ravel())
    assert rows["cw_ssim"]["pearson_all"] is rows["cw_ssim"]["spearman_all"] is None


def test_images_without_a_label_count_nowhere(blobs, gray) -> None:
    known = {md5: name for i, (md5, name) in enumerate(CATEGORIES.items()) if i % 3}
    labelled = [i for i in range(N) if i % 3]
    chosen = distances.sample(known, {"Tips": 5, "Fibres": 5}, 1)
    fewer = Vectors("pixels", [MD5S[i] for i in labelled], gray.X[labelled])
    row = distances.build([blobs], fewer, known, chosen, quiet).to_pylist()[0]
    names = [CATEGORIES[MD5S[i]] for i in labelled]
    expected = correlation(pairwise(blobs.X[labelled]), names)
    assert row["pearson_all"] == pytest.approx(expected.pearson)


def test_images_all_alike_have_no_correlation_and_no_nan(blobs, caplog) -> None:
    flat = Vectors("pixels", MD5S, np.full((N, 64), 9, np.float32))
    same = Vectors("same", MD5S, np.full((N, 7), 0.1, np.float32))
    chosen = distances.sample(CATEGORIES, {"Tips": 4, "Fibres": 4}, 1)
    rows = distances.build([same, blobs], flat, CATEGORIES, chosen, quiet).to_pylist()
    measures = ("pearson", "spearman", "pearson_all", "spearman_all")
    for row in rows:
        values = [row[name] for name in measures]
        assert np.isfinite(row["matrix"]).all()
        assert (row["space"] == "s") == (None not in values)
        if row["space"] != "s":
            assert values == [None] * 4
    assert "same has no correlation on all labelled pairs" in caplog.text


@pytest.mark.spark
def test_pixels_of_the_labelled_images(spark) -> None:
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 255, (40, 60)).astype(np.uint8) for _ in range(5)]
    rows = [(f"{i:x}", jpeg.encode(image, 95)) for i, image in enumerate(images)]
    frame = spark.createDataFrame(rows, "md5 string, jpeg binary")
    labelled = spark.createDataFrame([("0",), ("3",), ("4",)], "md5 string")
    found = distances.pixels(frame, labelled, 16, 2)
    assert found.space == "pixels" and found.md5s == ["0", "3", "4"]
    for row, i in enumerate((0, 3, 4)):
        small = cv2.resize(jpeg.decode(rows[i][1]), (16, 16), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(found.X[row], small.ravel())
    assert cdist(found.X, found.X).max() > 0
