"""Training and dimension on samples: the manifests say so, and a full sample is the direct way."""

from dataclasses import replace

import numpy as np
import pytest

from jobs import (
    codings,
    densities,
    dimension,
    encoders,
    followers,
    grid,
    merges,
    neighbors,
    partitions,
    raw_neighbors,
    scores,
    vectors,
)
from sempark import job
from sempark.config import load
from sempark.store import Store
from sempark.tables import TABLES, Refused

pytestmark = [pytest.mark.spark, pytest.mark.tf]
N = 240
STAGES = (vectors, raw_neighbors, dimension, grid, encoders, codings)
CLUSTERING = (neighbors, followers, densities, merges, partitions, scores)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng = np.random.default_rng(1)
    X = np.sin(rng.uniform(-1, 1, (N, 3)) @ rng.normal(size=(3, 12)))
    path = tmp_path_factory.mktemp("sampled") / "x.npy"
    np.save(path, X.astype(np.float32))
    return path


def run(spark, file, root, *sets: str, stages=STAGES) -> job.Context:
    """The stages on vectors of somebody's own, without an image."""
    small = ["codings.epochs=2", "codings.n_hidden=[8,6]", "codings.batch=50", "neighbors.k=5"]
    small += ["grid.n_hidden1=[8]", "grid.n_hidden2=[6]", "grid.epochs=1", 'grid.vary="all"']
    small += ['grid.phases=["g"]', 'grid.activations=["elu"]', "grid.learning_rates=[0.001]"]
    small += ["dimension.repeats=1", f"spaces.mine.path={file}", "spaces.mine.reduce=true"]
    context = job.Context(load(None, [*small, *sets]), Store(spark, str(root)), spark)
    for name in ("features", "subset"):
        empty = spark.createDataFrame([], TABLES[name].schema)
        context.store.write(name, empty, {"settings": {}, "inputs": {}})
    for stage in stages:
        job.make(context, stage.STAGE)
    return context


def test_samples_are_used_and_said(spark, file, tmp_path, capsys) -> None:
    context = run(spark, file, tmp_path, "codings.sample=120", "dimension.sample=150")
    notes = {name: context.store.manifest(name) for name in TABLES if context.store.manifest(name)}
    for name in ("grid", "encoders"):
        assert notes[name]["sampled"] == {"mine": {"points": 120, "of": N}}
    assert notes["dimension"]["sampled"] == {"mine": {"points": 150, "of": N}}
    assert notes["raw_neighbors"]["too_large"] == {"mine": N}
    assert notes["raw_neighbors"]["note"] == "each raw space has more points than dimension.sample"
    assert "trained on 120 of 240 images" in capsys.readouterr().out
    sizes = {row["sample_size"] for row in context.read("dimension").collect()}
    assert max(sizes) == 150
    coded = context.read("codings").groupBy("space").count().collect()
    assert len(coded) == 2 and {row["count"] for row in coded} == {N}


def test_a_full_sample_is_the_direct_way(spark, file, tmp_path) -> None:
    direct = run(spark, file, tmp_path / "a", "codings.sample=0", "dimension.sample=0")
    full = run(spark, file, tmp_path / "b", f"codings.sample={N}", f"dimension.sample={N}")
    for name in ("raw_neighbors", "dimension", "codings"):
        assert direct.digest(name) == full.digest(name), name
        assert "sampled" not in full.store.manifest(name)


def clustering(spark, file, root, sample: int) -> job.Context:
    """All the way, with the vectors both as they are and brought down."""
    sets = [f"spaces.plain.path={file}", f"spaces.plain.labels={file.parent / 'labels.npy'}"]
    sets += ['merges.methods=["ward", "density_peaks"]', 'partitions.methods=["hdbscan"]']
    sets += [f"neighbors.sample={sample}"]
    np.save(file.parent / "labels.npy", np.arange(N) % 3)
    return run(spark, file, root, *sets, stages=STAGES + CLUSTERING)


def test_a_sample_is_clustered_and_the_others_follow(spark, file, tmp_path) -> None:
    context = clustering(spark, file, tmp_path, 100)
    coded = {row["space"] for row in context.read("codings").select("space").collect()}
    assert len(coded) == 3 and "plain" in coded
    said = {space: {"points": 100, "of": N} for space in coded}
    for name in ("neighbors", "followers"):
        assert context.store.manifest(name)["sampled"] == said
    followed = context.read("followers").collect()
    listed = context.read("neighbors").collect()
    for space in coded:
        inside = sorted(row["md5"] for row in listed if row["space"] == space)
        outside = sorted(row["md5"] for row in followed if row["space"] == space)
        assert len(inside) == 100 and sorted(inside + outside) == [f"{i:03}" for i in range(N)]
        assert {row["follows"] for row in followed if row["space"] == space} <= set(inside)
        merged = context.read("merges").where(f"space = '{space}' and method = 'ward'")
        assert merged.count() == 99
        labelled = context.read("partitions").where(f"space = '{space}'")
        assert sorted(row["md5"] for row in labelled.collect()) == inside
    largest = context.read("scores").where("method = 'ward' and k = 1").collect()
    assert {row["largest"] for row in largest} == {100}
    # the next job stops where the lists are those of another sample
    other = replace(context.config.neighbors, sample=90)
    changed = replace(context, config=replace(context.config, neighbors=other))
    with pytest.raises(Refused, match="lists of 100 points, not of these 90"):
        densities.build(changed)


def test_a_sample_of_all_is_clustered_the_direct_way(spark, file, tmp_path) -> None:
    direct = clustering(spark, file, tmp_path / "a", 0)
    full = clustering(spark, file, tmp_path / "b", N)
    for stage in CLUSTERING:
        name = stage.STAGE.name
        assert direct.digest(name) == full.digest(name), name
        assert "sampled" not in full.store.manifest(name)
    assert full.store.manifest("followers")["note"] == "every image is clustered"
