"""merges, partitions and scores from small drawn spaces."""

from functools import partial

import numpy as np
import pytest

from sempark import clusterings, config
from sempark.clustering import nmi
from sempark.geometry.neighbors import nearest
from sempark.spaces import Vectors
from sempark.stages import densities, merges, partitions, scores
from sempark.tables import PassedOver

N = 90


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(1)
    X = np.concatenate([10 * m + rng.normal(size=(30, 5)) for m in np.eye(3, 5)])
    md5s = [f"{i:03x}" for i in range(N)]
    return Vectors("s", md5s, X.astype(np.float32))


def quiet(done: int, total: int) -> None:
    pass


@pytest.mark.spark
def test_every_method_finds_three_blobs_and_survives_its_table(spark, blobs) -> None:
    near = nearest(blobs.X, 40)
    graphs = spark.createDataFrame(densities.build([(blobs, near)], config.load().densities))
    peaks = partial(densities.merges, graphs.repartition(3))
    table = merges.build([(blobs, near)], peaks, config.load().merges, 5, quiet)
    assert table.num_rows == 6 * (N - 1)
    frame = spark.createDataFrame(table).repartition(4)
    truth = np.arange(N) // 30
    found = {method: one for space, method, one in clusterings.merges(frame) if space == "s"}
    assert sorted(found) == sorted(config.load().merges.methods)
    for method in ("single", "complete", "centroid", "ward", "density_peaks"):
        labels = found[method].cut(3)
        assert nmi.nmi(labels, truth) == pytest.approx(1.0), method


def test_partitions_label_every_point(blobs) -> None:
    settings = config.load(None, ["partitions.spectral_clusters=3"]).partitions
    table = partitions.build([(blobs, nearest(blobs.X, 20))], settings, quiet)
    for method in settings.methods:
        rows = [row for row in table.to_pylist() if row["method"] == method]
        assert len(rows) == N
        known = np.array([row["label"] for row in rows])
        kept = known >= 0
        assert nmi.nmi(known[kept], (np.arange(N) // 30)[kept]) > 0.95, method


def test_a_method_that_cannot_be_applied_is_warned_of(caplog) -> None:
    same = Vectors("s", [f"{i:03x}" for i in range(30)], np.ones((30, 2), np.float32))
    settings = config.load(None, ["partitions.methods=advanced_density_peaks"]).partitions
    with pytest.raises(PassedOver):
        partitions.build([(same, nearest(same.X, 10))], settings, quiet)
    assert "s has no advanced_density_peaks" in caplog.text


def test_scores_count_labelled_points_only_and_hold_the_references(blobs) -> None:
    from sempark.clustering.linkage import linkage

    found = linkage(blobs.X, "ward")
    categories = {md5: "abc"[i // 30] for i, md5 in enumerate(blobs.md5s) if i % 2}
    flat = np.arange(N) // 30
    table = scores.build(
        [("s", "ward", blobs.md5s, found)],
        [("s", "spectral", blobs.md5s, flat)],
        lambda space: categories,
        [3],
    )
    rows = {(r["space"], r["method"], r["k"]): r for r in table.to_pylist()}
    labels = scores.encode(blobs.md5s, categories)
    for k in (2, 3, 10):
        expected = nmi.nmi(found.cut(k)[labels >= 0], labels[labels >= 0])
        assert rows["s", "ward", k]["nmi"] == pytest.approx(expected)
    assert rows["s", "ward", 3]["ami"] == pytest.approx(1.0)
    assert rows["s", "ward", 2]["ami"] is None
    assert rows["s", "spectral", 3]["nmi"] == pytest.approx(1.0)
    assert rows["s", "reference_refined", 3]["nmi"] == pytest.approx(1.0)
    assert rows["s", "reference_refined", 2]["nmi"] is None


def test_one_category_is_passed_over(blobs) -> None:
    with pytest.raises(PassedOver, match="two categories"):
        scores.build([], [("s", "dpa", ["000"], np.zeros(1, int))], lambda space: {"000": "a"}, [])


def test_hierarchies_and_partitions_share_no_name() -> None:
    """Both stand in scores, whose key is space, method, k."""
    hierarchies, flat = (config.CHOICES[f"{name}.methods"] for name in ("merges", "partitions"))
    assert not set(hierarchies) & set(flat)
