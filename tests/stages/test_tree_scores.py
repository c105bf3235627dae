"""The tree's scores: where the truth is in the data, the tree finds it and shuffles do not."""

import numpy as np
import pytest

from sempark import config
from sempark.clustering.linkage import linkage
from sempark.clustering.scores import score
from sempark.figures.growth import interval
from sempark.spaces import Vectors
from sempark.stages import tree_scores
from sempark.tables import PassedOver

SETTINGS = config.load(None, ["taxonomy.repeats=3", "taxonomy.depth=1"]).taxonomy


@pytest.fixture(scope="module")
def data():
    """Two categories of three groups. The groups of both lie at the same places."""
    rng = np.random.default_rng(5)
    places = 12 * np.eye(3, 10)
    X, md5s, category, truth = [], [], {}, {}
    for c, name in enumerate(("Tips", "Powder")):
        for g in range(3):
            for _ in range(50):
                md5 = f"{len(md5s):04x}"
                md5s.append(md5)
                X.append(places[g] + rng.normal(size=10) + 0.1 * c)
                category[md5], truth[md5] = name, (name, f"kind{g}")
    return Vectors("ft", md5s, np.array(X, np.float32)), category, truth


def scored(data, seen=frozenset(), settings=SETTINGS):
    cases = {"ft": tree_scores.case(*data, set(seen))}
    return tree_scores.build(cases, settings, lambda *_: None).to_pylist()


def test_the_tree_beats_flat_clustering_where_categories_hide_the_groups(data) -> None:
    rows = scored(data)
    assert len(rows) == 5 * 4 and {row["k"] for row in rows} <= {5, 6}
    mean = {
        method: {m: interval([r[m] for r in rows if r["method"] == method])
                 for m in tree_scores.MEASURES}
        for method in ("tree", "flat", "categories", "chance")
    }  # fmt: skip
    assert mean["tree"]["nmi"].mean > 0.93 and mean["tree"]["inside_ari"].mean > 0.85
    assert mean["tree"]["nmi"].low > mean["flat"]["nmi"].high  # which sees three places, not six
    assert abs(mean["chance"]["ari"].mean) < 0.05 and abs(mean["chance"]["inside_ari"].mean) < 0.05
    assert 0.1 < mean["categories"]["ari"].mean < 0.5  # what the categories alone are worth
    assert abs(mean["categories"]["inside_ari"].mean) < 0.05


def test_the_flat_hierarchy_is_cut_to_as_many_clusters_inside() -> None:
    X = np.array([0.0, 1, 2, 10, 11, 30, 31, 33, 50])[:, None]
    merges = linkage(X, "single")
    rows = np.array([0, 1, 3, 5, 7])
    for k in range(1, 6):
        labels = tree_scores.as_many(merges, rows, k)
        best = max(len(np.unique(merges.cut(j)[rows])) for j in range(1, 10)
                   if len(np.unique(merges.cut(j)[rows])) <= k)  # fmt: skip
        assert len(np.unique(labels)) == best
    assert len(np.unique(tree_scores.as_many(merges, rows, 1))) == 1


def test_flat_is_the_best_of_five_ways(data) -> None:
    one = tree_scores.case(*data, set())
    some = np.arange(0, len(one.X), 2)
    rng = np.random.default_rng(0)
    found = {name: labels for name, labels, _ in
             tree_scores.clusterings(one, some, SETTINGS, rng)}  # fmt: skip
    k = int(found["tree"].max()) + 1
    ways = tree_scores.flat_hierarchies(one.X[some], "ward")
    each = [float(score(merges.cut(k), one.truth[some]).nmi[0]) for merges in ways]
    assert len(each) == 5 and min(each) < max(each)
    assert float(score(found["flat"], one.truth[some]).nmi[0]) == max(each)


def test_only_images_the_training_never_saw_are_scored(data) -> None:
    seen = {md5 for i, md5 in enumerate(data[0].md5s) if i % 3}
    rows = scored(data, seen)
    assert all(60 <= row["n"] <= 100 for row in rows)  # four fifths of a hundred
    assert {row["n"] for row in rows if row["seed"] == 0} == {rows[0]["n"]}


def test_same_seed_same_scores(data) -> None:
    assert scored(data) == scored(data)


def test_too_few_are_passed_over(data) -> None:
    with pytest.raises(PassedOver, match="fewer than 40"):
        scored(data, set(data[0].md5s[5:]))


def test_the_truth_is_read_by_its_columns() -> None:
    text = "md5,subcategory,category\nab,Cubes,Particles\n,x,y\n"
    assert tree_scores.parse_truth(text) == {"ab": ("Particles", "Cubes")}
    with pytest.raises(ValueError, match="category, md5, subcategory"):
        tree_scores.parse_truth("md5,leaf\na,b\n")


def test_intervals_are_students() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    half = 2.776445 * np.sqrt(2.5 / 5)  # t of 4 degrees of freedom, from a printed table
    assert (found.mean, found.low, found.high) == pytest.approx((3, 3 - half, 3 + half), rel=1e-5)
    assert interval([0.5]).low == interval([0.5]).high == 0.5
