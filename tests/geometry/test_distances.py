"""Distances and labels: by hand, scipy, permutations, all pairs in blocks, edges."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from sempark.geometry.distances import (
    balanced_sample,
    correlation,
    discrete_distance,
    pairwise,
)

# table 3.4 of the thesis, with the Nanowires its print lost: the rest of the sum
TABLE_3_4 = {
    "Porous_Sponge": 20,
    "Patterned_surface": 70,
    "Particles": 46,
    "Films_Coated_Surface": 20,
    "Powder": 20,
    "Tips": 35,
    "Nanowires": 94,
    "Biological": 29,
    "MEMS_devices_and_electrodes": 78,
    "Fibres": 19,
}


def test_the_balanced_sample_of_table_3_4() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice([*TABLE_3_4, "unlabelled"], 5000)
    rows = balanced_sample(labels, TABLE_3_4, np.random.default_rng(1))
    assert len(rows) == sum(TABLE_3_4.values()) == 431
    assert len(set(rows.tolist())) == 431
    expected = [name for name, count in TABLE_3_4.items() for _ in range(count)]
    assert labels[rows].tolist() == expected
    for name in TABLE_3_4:
        part = rows[labels[rows] == name]
        assert (np.diff(part) > 0).all()
    np.testing.assert_array_equal(
        rows, balanced_sample(labels, TABLE_3_4, np.random.default_rng(1))
    )


def test_a_category_drawn_whole_or_not_at_all() -> None:
    rows = balanced_sample([2, 1, 2, 3], {2: 2, 1: 0, 3: 1}, np.random.default_rng(0))
    np.testing.assert_array_equal(rows, [0, 2, 3])
    assert len(balanced_sample([1], {}, np.random.default_rng(0))) == 0


@pytest.mark.parametrize("count", [-1, 3])
def test_a_count_out_of_range(count: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.2"):
        balanced_sample(["a", "a", "b"], {"a": count}, np.random.default_rng(0))


def test_discrete_distance() -> None:
    expected = [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    np.testing.assert_array_equal(discrete_distance(["x", "y", "x"]), expected)
    np.testing.assert_array_equal(discrete_distance([7, 1, 7]), expected)
    assert discrete_distance([]).shape == (0, 0)


def test_by_hand() -> None:
    # pairs 0-1 within at 1; 0-2, 1-2 between at 3 and 2
    distances = pairwise([[0.0], [1.0], [3.0]])
    np.testing.assert_array_equal(distances, [[0, 1, 3], [1, 0, 2], [3, 2, 0]])
    found = correlation(distances, ["a", "a", "b"])
    assert found.n_pairs == 3
    assert found.pearson == pytest.approx(np.corrcoef([1, 3, 2], [0, 1, 1])[0, 1])
    assert found.spearman == pytest.approx(np.sqrt(3) / 2)


def test_scipy() -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 4, 90)
    X = rng.normal(size=(90, 5)) + labels[:, None] + 1000
    distances = pairwise(X)
    above = np.triu_indices(90, 1)
    discrete = discrete_distance(labels)[above]
    found = correlation(distances, labels)
    assert found.pearson == pytest.approx(pearsonr(distances[above], discrete).statistic)
    assert found.spearman == pytest.approx(spearmanr(distances[above], discrete).statistic)


def test_order_and_names_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 40)
    X = rng.normal(size=(40, 2)) + labels[:, None]
    expected = correlation(pairwise(X), labels)
    order = rng.permutation(40)
    renamed = np.array(["c", "a", "b"])[labels[order]]
    other = correlation(pairwise(X[order]), renamed)
    assert other.pearson == pytest.approx(expected.pearson)
    assert other.spearman == pytest.approx(expected.spearman)
    assert correlation(9 * pairwise(X), labels).pearson == pytest.approx(expected.pearson)


@pytest.mark.parametrize(
    ("X", "labels"),
    [
        ([[0.0], [1.0], [2.0]], ["a", "a", "a"]),  # no pair between
        ([[0.0], [1.0], [3.0]], ["a", "b", "c"]),  # no pair within
        ([[1.0], [1.0], [1.0]], ["a", "a", "b"]),  # distances all equal
        ([[1.0]], ["a"]),
        (np.empty((0, 2)), []),
    ],
)
def test_where_no_correlation_is_defined(X: object, labels: list[str]) -> None:
    with pytest.raises(ValueError, match="within and between"):
        correlation(pairwise(X), labels)


def test_bad_calls() -> None:
    with pytest.raises(ValueError, match="2 x 2"):
        correlation(np.zeros((3, 3)), ["a", "b"])
    with pytest.raises(ValueError, match="finite"):
        correlation([[0, np.nan], [np.nan, 0]], ["a", "b"])
    with pytest.raises(ValueError, match="finite"):
        pairwise([[np.inf]])
    with pytest.raises(ValueError, match="two-dimensional"):
        pairwise([1.0])
    with pytest.raises(ValueError, match="one-dimensional"):
        discrete_distance([["a"]])
