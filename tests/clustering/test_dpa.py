"""DPA against a slow transcription of its rules, on points and on lists no geometry would give."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import squareform
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from sempark.clustering.dpa import DPA, dendrogram, dpa
from sempark.geometry.neighbors import Neighbors, nearest


def slow_dpa(indices, log_density, error, k_star, Z, rule):
    """Follow the rules one sentence at a time, over sets; labels name the center."""
    n = len(k_star)
    g = log_density - error

    def before(i, j):  # i comes before j: larger g, then lower index
        return (-g[i], i) < (-g[j], j)

    own = [set(indices[i, : k_star[i]].tolist()) for i in range(n)]
    centers = [
        c
        for c in range(n)
        if not any(before(j, c) for j in own[c])
        and not any(c in own[i] and before(i, c) for i in range(n))
    ]
    label = {c: c for c in centers}
    orphans = 0
    for i in sorted(range(n), key=lambda i: (-g[i], i)):
        if i in label:
            continue
        seen = [label[j] for j in indices[i].tolist() if j in label]
        if seen:
            label[i] = seen[0]
        else:
            orphans += 1
            holders = [j for j in range(n) if i in own[j]]
            label[i] = label[min(holders, key=lambda j: (-g[j], j))]
    border = {}
    for i in range(n):
        foreign = [j for j in indices[i, : k_star[i]].tolist() if label[j] != label[i]]
        if i in centers or not foreign:
            continue
        j = foreign[0]
        mates = [m for m in indices[j].tolist() if label[m] == label[i]]
        if rule == "dpa":
            accepted = j not in centers and mates[:1] == [i]
        else:
            accepted = mates[:1] in ([i], [])
        pair = frozenset((label[i], label[j]))
        if accepted and (pair not in border or before(i, border[pair])):
            border[pair] = i
    rank = sorted(centers, key=lambda c: (-log_density[c], c))
    follows = {c: c for c in centers}
    while True:

        def margin(c, s):
            return (log_density[c] - log_density[s]) / (error[c] + error[s])

        weak = [
            (-log_density[s], *sorted(map(rank.index, pair)))
            for pair, s in border.items()
            if min(margin(c, s) for c in pair) < Z
        ]
        if not weak:
            break
        _, a, b = min(weak)
        stays, goes = rank[a], rank[b]
        s = border.pop(frozenset((stays, goes)))
        if rule == "dadapy" and margin(stays, s) < margin(goes, s):
            stays, goes = goes, stays
        follows[goes] = stays
        for pair in [p for p in border if goes in p]:
            theirs = border.pop(pair)
            (other,) = pair - {goes}
            ours = border.get(frozenset((stays, other)))
            if ours is None or log_density[ours] < log_density[theirs]:
                border[frozenset((stays, other))] = theirs
    for _ in centers:
        follows = {c: follows[follows[c]] for c in centers}
    final = [follows[label[i]] for i in range(n)]
    saddles = {pair: log_density[s] for pair, s in border.items()}
    return final, saddles, orphans


def compare(neighbors, dimension, Z, rule):
    result = dpa(neighbors, dimension, Z, rule)
    slow, saddles, orphans = slow_dpa(
        neighbors.indices, result.log_density, result.error, result.k_star, Z, rule
    )
    np.testing.assert_array_equal(result.centers[result.labels], slow)
    names = result.centers[result.saddles[:, :2].astype(int)].tolist()
    fast = dict(zip(map(frozenset, names), result.saddles[:, 2].tolist(), strict=True))
    assert fast == saddles
    return result, orphans


def hills(n, d, seed):
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(7, d)) * 2
    return centers[rng.integers(0, 7, n)] + rng.normal(size=(n, d)) * rng.uniform(0.3, 1, (n, 1))


@pytest.mark.parametrize("rule", ["dpa", "dadapy"])
@pytest.mark.parametrize(
    ("n", "d", "K", "Z", "seed"),
    [(5, 2, 4, 1.0, 0), (60, 2, 10, 0.5, 1), (200, 3, 40, 1.0, 2), (250, 2, 12, 0.2, 3)],
)
def test_slow_transcription_on_points(n, d, K, Z, seed, rule):
    compare(nearest(hills(n, d, seed), K), float(d), Z, rule)


@pytest.mark.parametrize("rule", ["dpa", "dadapy"])
def test_slow_transcription_on_ties(rule):
    """Points of a grid: equal distances, equal g."""
    rng = np.random.default_rng(6)
    X = np.unique(rng.integers(0, 14, (130, 2)), axis=0).astype(float)
    result, _ = compare(nearest(X, 8), 2.0, 0.3, rule)
    assert len(np.unique(result.log_density)) < len(X)


@pytest.mark.parametrize("rule", ["dpa", "dadapy"])
def test_slow_transcription_on_lists_of_no_geometry(rule):
    """Random lists reach what points seldom do: former centers without a labelled neighbor."""
    rng = np.random.default_rng(7)
    orphans = merged = 0
    for _ in range(60):
        n, K = 50, 5
        indices = np.array([rng.choice(np.delete(np.arange(n), i), K, False) for i in range(n)])
        radii = np.sort(rng.uniform(0.5, 1.5, (n, K)), axis=1) * rng.uniform(0.5, 8, (n, 1))
        result, more = compare(Neighbors(indices, radii), 3.0, 0.5, rule)
        orphans += more
        merged += len(result.saddles) > 0
    assert orphans > 5 and merged > 5


def test_the_two_rules_differ():
    differ = 0
    for seed in range(8):
        neighbors = nearest(hills(150, 2, seed), 12)
        a, b = dpa(neighbors, 2.0, 1.0), dpa(neighbors, 2.0, 1.0, rule="dadapy")
        differ += not np.array_equal(a.labels, b.labels)
    assert differ > 0


@pytest.mark.parametrize("Z", [0.0, 1.0, 3.0])
def test_promises(Z):
    result = dpa(nearest(hills(600, 3, 8), 60), 3.0, Z)
    m = len(result.centers)
    np.testing.assert_array_equal(result.labels[result.centers], np.arange(m))
    assert set(result.labels) == set(range(m))
    assert np.all(np.diff(result.log_density[result.centers]) <= 0)
    i, j, height, error = result.saddles.T
    assert np.all(i < j) and np.array_equal(np.lexsort((j, i)), np.arange(len(i)))
    assert np.all(np.diff(i * m + j) > 0)
    for c in range(m):
        mine = height[(i == c) | (j == c)]
        members = result.labels == c
        low = result.log_density[members] < (mine.max() if mine.size else -np.inf)
        np.testing.assert_array_equal(result.halo[members], low)
    for a, b, h, e in zip(i.astype(int), j.astype(int), height, error, strict=True):
        for c in result.centers[[a, b]]:
            assert result.log_density[c] - h >= Z * (result.error[c] + e)


def test_more_standard_errors_leave_fewer_clusters():
    neighbors = nearest(hills(600, 3, 8), 60)
    counts = [len(dpa(neighbors, 3.0, Z).centers) for Z in (0.0, 1.0, 2.0, 50.0)]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[2] > counts[3]
    assert len(dpa(neighbors, 3.0, 50.0).saddles) == 0


def test_permutation():
    X = hills(400, 3, 9)
    order = np.random.default_rng(1).permutation(len(X))
    plain, moved = dpa(nearest(X, 40), 3.0), dpa(nearest(X[order], 40), 3.0)
    np.testing.assert_array_equal(moved.labels, plain.labels[order])
    np.testing.assert_array_equal(moved.halo, plain.halo[order])
    np.testing.assert_array_equal(order[moved.centers], plain.centers)
    np.testing.assert_allclose(moved.saddles, plain.saddles, rtol=1e-9)


def test_separate_blobs_have_no_saddles_and_no_halo():
    X, truth = make_blobs(300, 2, centers=[[0, 0], [50, 0], [0, 50]], random_state=2)
    result = dpa(nearest(X, 40), 2.0, 2.0)
    assert adjusted_rand_score(truth, result.labels) == 1.0
    assert result.saddles.shape == (0, 4) and not result.halo.any()


def test_moons():
    X, truth = make_moons(1500, noise=0.06, random_state=0)
    assert adjusted_rand_score(truth, dpa(nearest(X, 100), 2.0, 2.5).labels) > 0.99


def test_dadapy():
    """Data.compute_clustering_ADP(Z=1) of DADApy 0.3.4, maxk = 40, dimension 2, same points.

    The points are `drawn` of test_pak.py; its centers are 54, 63, 88, 119 and its border matrix
    is printed to two digits.
    """
    i = np.arange(1, 601).reshape(4, 150)
    u = np.modf(np.abs(np.sin(i * 12.9898) * 43758.5453))[0]
    r = np.sqrt(-2 * np.log1p(-u[0])) * (0.5 + 0.7 * u[3])
    X = np.column_stack([r * np.cos(2 * np.pi * u[1]), r * np.sin(2 * np.pi * u[1])])
    X += np.array([[0, 0], [4, 0], [1.5, 3.2], [-3, -2.5]])[(u[2] * 4).astype(int)]
    result = dpa(nearest(X, 40), 2.0, 1.0, rule="dadapy")
    theirs = np.array([54, 63, 88, 119])
    digits = (
        "323032031033302112211103031021322010031133230011330100010333231123211132132332012202132020"
        "111223313200030122002130322013333203111111101003321211122310"
    )
    np.testing.assert_array_equal(result.centers[result.labels], theirs[[int(c) for c in digits]])
    halo = (
        "-oooooo--oo-ooo-ooo-oooo-o--o-ooooo--ooooo-oooooooooo-oo--ooo-oooo---ooo-oooooo-o--o-oooo-o"
        "--oo---o-o--o-ooo-o--o-oooo-o--oo-ooo-ooo-o-o--ooooo-ooooo-"
    )
    np.testing.assert_array_equal(result.halo, [c == "-" for c in halo])
    border = {(54, 63): -3.72, (54, 119): -5.03, (63, 88): -4.18, (63, 119): -3.94}
    pairs = np.sort(result.centers[result.saddles[:, :2].astype(int)], axis=1).tolist()
    assert set(map(tuple, pairs)) == set(border)
    for pair, height, error in zip(pairs, *result.saddles[:, 2:].T, strict=True):
        assert height == pytest.approx(border[tuple(pair)], abs=0.006)
        assert error == pytest.approx(0.33, abs=0.005)


def topography(log_density, centers, saddles):
    m = len(centers)
    zeros = np.zeros(len(log_density))
    return DPA(
        np.arange(m), zeros > 0, np.asarray(centers), np.asarray(log_density, float),
        zeros, np.asarray(saddles, float).reshape(-1, 4), zeros.astype(int),
    )  # fmt: skip


def test_dendrogram_by_hand():
    """Peaks at 5, 4, 3, 2; 1 and 2 meet at 2.5, 0 and 1 at 1; 3 touches nobody, the floor is -1."""
    saddles = [(0, 1, 1.0, 0.1), (0, 2, 0.5, 0.1), (1, 2, 2.5, 0.1)]
    merges = dendrogram(topography([5, 4, 3, 2, -1], [0, 1, 2, 3], saddles))
    np.testing.assert_array_equal(merges.children, [[1, 2], [0, 4], [3, 5]])
    np.testing.assert_allclose(merges.heights, [2.5, 4.0, 6.0])


def test_dendrogram_is_single_linkage_of_the_saddles():
    result = dpa(nearest(hills(900, 2, 11), 40), 2.0, 0.0)
    m = len(result.centers)
    top, floor = result.log_density[result.centers[0]], result.log_density.min()
    apart = np.full((m, m), top - floor)
    for i, j, height, _ in result.saddles:
        apart[int(i), int(j)] = apart[int(j), int(i)] = top - height
    np.fill_diagonal(apart, 0)
    expected = scipy_linkage(squareform(apart), "single")[:, 2]
    assert m > 5
    np.testing.assert_allclose(dendrogram(result).heights, expected, rtol=1e-12)


def test_dendrogram_of_one_cluster():
    assert dendrogram(topography([1.0, 0.0], [0], [])).children.shape == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"Z": -0.1}, "Z"),
        ({"Z": np.nan}, "Z"),
        ({"rule": "other"}, "rule"),
        ({"dimension": -1.0}, "dimension"),
    ],
)
def test_bad_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        dpa(nearest(hills(30, 2, 0), 6), **{"dimension": 2.0, **arguments})


def test_duplicates_are_refused():
    with pytest.raises(ValueError, match="duplicates"):
        dpa(nearest(np.zeros((10, 2)), 5), 2.0)
