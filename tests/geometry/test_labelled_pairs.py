"""All labelled pairs in blocks: beside all pairs at once, scipy, permutations, edges."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from sempark.geometry import labelled_pairs as module
from sempark.geometry.distances import correlation, discrete_distance, pairwise
from sempark.geometry.labelled_pairs import labelled_correlation


def test_by_hand() -> None:
    # pairs 0-1 within at 1; 0-2, 1-2 between at 3 and 2
    found = labelled_correlation([[0.0], [1.0], [3.0]], ["a", "a", "b"])
    assert found.n_pairs == 3
    assert found.pearson == pytest.approx(np.corrcoef([1, 3, 2], [0, 1, 1])[0, 1])
    assert found.spearman == pytest.approx(np.sqrt(3) / 2)


def test_scipy_on_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 4, 190)
    X = rng.normal(size=(190, 5)) + labels[:, None] + 1000
    above = np.triu_indices(190, 1)
    distances, discrete = pairwise(X)[above], discrete_distance(labels)[above]
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(module, "BLOCK_ROWS", 16)
    found = labelled_correlation(X, labels, lambda done, total: seen.append((done, total)))
    assert found.pearson == pytest.approx(pearsonr(distances, discrete).statistic, rel=1e-9)
    assert found.spearman == pytest.approx(spearmanr(distances, discrete).statistic, abs=1e-5)
    assert found.n_pairs == 190 * 189 // 2
    assert seen[-1] == (78, 78)


def test_ranks_of_rounded_distances_are_exact() -> None:
    # on a grid of whole numbers most distances tie, also at 0
    rng = np.random.default_rng(5)
    X, labels = 0.1 * rng.integers(0, 5, (120, 2)), rng.integers(0, 3, 120)
    above = np.triu_indices(120, 1)
    expected = spearmanr(np.round(pairwise(X)[above], 6), discrete_distance(labels)[above])
    found = labelled_correlation(X, labels)
    assert found.spearman == pytest.approx(expected.statistic, rel=1e-9)


def test_order_and_scale_do_not_matter() -> None:
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 3, 60)
    X = rng.normal(size=(60, 3)) + labels[:, None]
    expected, order = labelled_correlation(X, labels), rng.permutation(60)
    other = labelled_correlation(4 * X[order] + 3, np.array(["c", "a", "b"])[labels[order]])
    assert other.pearson == pytest.approx(expected.pearson)
    assert other.spearman == pytest.approx(expected.spearman, abs=1e-4)


@pytest.mark.parametrize("missing", [-1, None, ""])
def test_unlabelled_rows_are_left_out(missing: object) -> None:
    rng = np.random.default_rng(6)
    X = rng.normal(size=(30, 3))
    names = rng.choice([3, 4], 30).astype(object)
    kept = np.arange(30) % 3 > 0
    with_missing = np.where(kept, names, missing)
    found = labelled_correlation(X, with_missing)
    expected = correlation(pairwise(X[kept]), names[kept])
    assert found.pearson == pytest.approx(expected.pearson)
    assert found.n_pairs == expected.n_pairs


def test_distances_closer_than_the_rounding_have_no_ranks() -> None:
    # a simplex, its points moved by a millionth
    X = np.eye(6) + 1e-6 * np.random.default_rng(7).normal(size=(6, 6))
    found = labelled_correlation(X, [0, 0, 0, 1, 1, 1])
    assert found.spearman is None
    expected = correlation(pairwise(X), [0, 0, 0, 1, 1, 1]).pearson
    assert found.pearson == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("X", "labels"),
    [
        ([[0.0], [1.0], [2.0]], ["a", "a", "a"]),  # no pair between
        ([[0.0], [1.0], [3.0]], ["a", "b", "c"]),  # no pair within
        (np.full((4, 7), 0.1), ["a", "a", "b", "b"]),  # identical points only
        ([[1.0]], ["a"]),
        (np.empty((0, 2)), []),
        ([[1.0], [2.0], [4.0]], [-1, None, ""]),  # nothing labelled
    ],
)
def test_where_no_correlation_is_defined(X: object, labels: list[object]) -> None:
    with pytest.raises(ValueError, match="within and between"):
        labelled_correlation(X, np.array(labels, object))


def test_bad_calls() -> None:
    with pytest.raises(ValueError, match="finite"):
        labelled_correlation([[np.inf], [0.0]], ["a", "b"])
    with pytest.raises(ValueError, match="one-dimensional"):
        labelled_correlation([[1.0]], [["a"]])
