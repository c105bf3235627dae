"""NMI and the other scores against scikit-learn and by hand, at every k of a hierarchy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from sempark.clustering.contingency import count
from sempark.clustering.linkage import linkage
from sempark.clustering.nmi import curve, nmi
from sempark.clustering.scores import curves, score

labelings = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 6), min_size=n, max_size=n),
        st.lists(st.integers(0, 4), min_size=n, max_size=n),
    )
)


def test_nmi_by_hand():
    # two clusters of 2 and 2 against labels of 3 and 1: I = ln 2 * 3/2 - 3/4 ln 3
    a, b = [0, 0, 1, 1], ["x", "x", "x", "y"]
    shared = 1.5 * np.log(2) - 0.75 * np.log(3)
    entropy = 2 * np.log(2) - 0.75 * np.log(3)
    assert nmi(a, b) == pytest.approx(shared / np.sqrt(np.log(2) * entropy), rel=1e-12)


@given(labelings)
@settings(max_examples=150, deadline=None)
def test_all_scores_agree_with_scikit_learn(pair):
    a, b = pair
    found = score(a, b)
    one = len(set(a)) == 1 or len(set(b)) == 1
    if not one:
        geometric = {"average_method": "geometric"}
        assert nmi(a, b) == pytest.approx(
            metrics.normalized_mutual_info_score(b, a, **geometric), abs=1e-12
        )
        assert found.nmi[0] == nmi(a, b)
        if max(len(set(a)), len(set(b))) < len(a):
            assert found.ami[0] == pytest.approx(
                metrics.adjusted_mutual_info_score(b, a, **geometric), abs=1e-9
            )
    assert found.ari[0] == pytest.approx(metrics.adjusted_rand_score(b, a), abs=1e-12)
    assert found.homogeneity[0] == pytest.approx(metrics.homogeneity_score(b, a), abs=1e-9)
    assert found.completeness[0] == pytest.approx(metrics.completeness_score(b, a), abs=1e-9)
    assert found.v_measure[0] == pytest.approx(metrics.v_measure_score(b, a), abs=1e-9)
    table = metrics.cluster.contingency_matrix(b, a)
    assert found.purity[0] == pytest.approx(table.max(axis=0).sum() / len(a), rel=1e-12)


@given(labelings, st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_nmi_is_symmetric_and_blind_to_names_and_order(pair, seed):
    a, b = map(np.array, pair)
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(len(a)), np.array(list("gfedcba"))
    assert nmi(b, a) == pytest.approx(nmi(a, b), abs=1e-12)
    assert nmi(names[a][order], b[order]) == pytest.approx(nmi(a, b), abs=1e-12)
    assert nmi(a, a) == pytest.approx(1.0)


def test_constant_labels():
    assert nmi([1, 1, 1], ["a", "a", "a"]) == 1.0
    assert nmi([1, 1, 1], [0, 1, 2]) == 0.0
    assert nmi([0, 1, 1], [5, 5, 5]) == 0.0
    assert nmi([4], [7]) == 1.0


def test_equal_partitions_score_1_everywhere():
    for labels in ([0], [0, 0, 0], [0, 1, 2], [0, 0, 1, 2]):
        found = score(labels, labels)
        for name in vars(found):
            assert getattr(found, name)[0] == pytest.approx(1.0), (labels, name)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([], [], "at least one"),
        ([1, 2], [1], "received 2 and 1"),
        ([[1]], [[1]], r"shape \(n,\)"),
        ([1.0, np.nan], [0, 1], "NaN"),
    ],
)
def test_bad_labels_are_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        nmi(a, b)


@pytest.mark.parametrize("n_labels", [1, 2, 5, 80])
@pytest.mark.parametrize("method", ["single", "complete", "centroid", "ward"])
def test_curves_agree_with_each_cut(method, n_labels):
    rng = np.random.default_rng(n_labels)
    merges = linkage(rng.normal(size=(150, 2)), method)
    labels = rng.integers(-1, n_labels, 150)
    known = labels >= 0
    found, line = curves(merges, labels), curve(merges, labels)
    for k in range(1, 151):
        expected = score(merges.cut(k)[known], labels[known])
        for name in vars(expected):
            value = getattr(found, name)[k - 1]
            assert value == pytest.approx(getattr(expected, name)[0], abs=1e-9), (k, name)
        assert line[k - 1] == pytest.approx(nmi(merges.cut(k)[known], labels[known]), abs=1e-12)


def test_unlabelled_points_stay_in_the_clustering_but_not_in_the_counts():
    # 0 and 1 merge first; 2 is nearer to them than to 3; only 0, 2 and 3 are labelled
    merges = linkage(np.array([[0.0], [1.0], [3.0], [10.0]]), "single")
    # k = 4, 3: 0 | 2 | 3 apart; k = 2: 0 2 | 3; k = 1: all
    line = curve(merges, np.array([0, -1, 0, 1]))
    assert line.tolist() == pytest.approx(
        [0.0, 1.0] + [np.sqrt((np.log(3) - 2 / 3 * np.log(2)) / np.log(3))] * 2
    )


def test_the_last_partition_scores_0_and_the_first_shares_all_of_the_labels():
    merges = linkage(np.random.default_rng(0).normal(size=(500, 3)), "ward")
    line = curve(merges, np.arange(500) % 4)
    assert line[0] == 0.0
    assert line[-1] == pytest.approx(np.sqrt(np.log(4) / np.log(500)))


def test_one_label_and_one_labelled_point():
    merges = linkage(np.arange(5.0)[:, None], "single")
    assert curve(merges, np.zeros(5, np.int64)).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert curve(merges, np.array([-1, 3, -1, -1, -1])).tolist() == [1.0] * 5


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full(5, -1), "all labels are -1"),
        (np.array([0, 0, 0, 0, -2]), "received -2"),
        (np.zeros(4, np.int64), r"shape \(5,\)"),
        (np.zeros(5), "float64"),
    ],
)
def test_bad_curve_labels_are_refused(labels, message):
    merges = linkage(np.arange(5.0)[:, None], "single")
    with pytest.raises(ValueError, match=message):
        curve(merges, labels)


def test_counts_by_hand():
    counts = count([0, 0, 1, 1, 1], ["x", "y", "y", "y", "x"])
    assert counts.cell_pairs.tolist() == [1]
    assert counts.largest.tolist() == [3]
    assert counts.n_clusters.tolist() == [2]
    assert counts.labels.tolist() == [2, 3]
    assert counts.cell_entropy[0] == pytest.approx(2 * np.log(2))
