"""The reference curves against the partitions they stand for."""

import numpy as np
import pytest
from scipy.special import comb

from sempark.clustering.chance import expected_entropy, expected_information
from sempark.clustering.nmi import nmi
from sempark.clustering.references import (
    expected,
    orthogonal,
    peak,
    progressive,
    ranges_above,
    refinements,
)

COLUMNS = np.arange(100) % 10  # the column of each cell of the 10 x 10 square of figure 4.2
UNEVEN = np.repeat([3, 1, 0, 7], [40, 5, 22, 13])


def split_evenly(labels, k):
    """Split the biggest cluster in two halves until there are k."""
    labels = np.unique(labels, return_inverse=True)[1]
    while labels.max() + 1 < k:
        biggest = np.flatnonzero(labels == np.bincount(labels).argmax())
        labels[biggest[: len(biggest) // 2]] = labels.max() + 1
    return labels


@pytest.mark.parametrize("labels", [COLUMNS, UNEVEN])
def test_refinements_are_the_scores_of_real_splits(labels):
    line, c = refinements(labels), len(np.unique(labels))
    assert np.isnan(line[: c - 1]).all()
    for k in range(c, len(labels) + 1):
        assert line[k - 1] == pytest.approx(nmi(labels, split_evenly(labels, k)), abs=1e-12)


@pytest.mark.parametrize("labels", [COLUMNS, UNEVEN])
def test_the_orthogonal_assignment_deals_labels_along_the_classes(labels):
    line, ordered = orthogonal(labels), np.sort(labels)
    for k in range(1, len(labels) + 1):
        dealt = progressive(len(labels), k)
        assert line[k - 1] == pytest.approx(nmi(ordered, dealt), abs=1e-12)


@pytest.mark.parametrize("labels", [COLUMNS, UNEVEN])
@pytest.mark.parametrize("model", ["shuffled", "independent"])
def test_the_expected_score_is_the_mean_of_drawn_ones(labels, model):
    rng, n = np.random.default_rng(0), len(labels)
    line = expected(labels, model)
    for k in (2, 7, n // 2, n):
        if model == "shuffled":
            drawn = [nmi(labels, rng.permutation(progressive(n, k))) for _ in range(1500)]
        else:
            drawn = [nmi(labels, rng.integers(0, k, n)) for _ in range(1500)]
        # four standard errors, and what the ratio of means is off the mean of ratios
        assert line[k - 1] == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / 38 + 2e-3)


def test_figure_4_3_at_k_100_all_curves_are_the_trivial_partition():
    trivial = np.sqrt(np.log(10) / np.log(100))
    for line in (refinements(COLUMNS), expected(COLUMNS), orthogonal(COLUMNS)):
        assert line[99] == pytest.approx(trivial)
        assert nmi(COLUMNS, progressive(100, 100)) == pytest.approx(trivial)


def test_figure_4_3_multiples_of_10_lie_on_the_refinements():
    line = refinements(COLUMNS)
    for k in (10, 20):
        assert nmi(COLUMNS, progressive(100, k)) == pytest.approx(line[k - 1])
    assert nmi(COLUMNS, progressive(100, 50)) > nmi(COLUMNS, progressive(100, 49)) + 0.1


def test_figure_4_3_partitions_prime_to_10_lie_on_the_orthogonal_curve_not_the_expected_one():
    # the thesis says they coincide with the expected score of uniform labels
    line, chance = orthogonal(COLUMNS), expected(COLUMNS)
    for k in (3, 7, 9, 11, 13, 49, 77, 99):
        assert nmi(COLUMNS, progressive(100, k)) == pytest.approx(line[k - 1], abs=1e-12)
    assert chance[6] > 5 * line[6]


def test_figure_4_2_the_four_partitions():
    scores = {k: nmi(COLUMNS, progressive(100, k)) for k in (5, 7, 10, 20)}
    assert scores[10] == pytest.approx(1.0)
    assert scores[5] == pytest.approx(np.sqrt(np.log(5) / np.log(10)))
    assert scores[20] == pytest.approx(np.sqrt(np.log(10) / np.log(20)))
    assert scores[7] < 0.03


def test_curves_do_not_depend_on_names_order_or_unlabelled_points():
    rng = np.random.default_rng(0)
    renamed = np.concatenate(
        [rng.permutation(np.array([5, 8, 2, 0, 0, 0, 0, 6])[UNEVEN]), [-1] * 9]
    )
    for line in (refinements, expected, orthogonal):
        np.testing.assert_allclose(line(renamed), line(UNEVEN), rtol=1e-12)


def test_one_class_and_one_point():
    for line in (refinements, expected, orthogonal):
        assert line(np.zeros(3, np.int64)).tolist() == [1.0, 0.0, 0.0]
        assert line(np.array([4, -1])).tolist() == [1.0]


def test_singletons_share_all_but_one_cluster_shares_nothing():
    labels = np.arange(6)
    assert orthogonal(labels)[0] == expected(labels)[0] == 0.0
    assert refinements(labels)[5] == expected(labels)[5] == orthogonal(labels)[5] == 1.0
    assert np.isnan(refinements(labels)[:5]).all()


def test_expected_information_by_the_formula():
    labels = np.array([4, 3, 5])
    n = 12
    for a in (1, 2, 5, 8, 12):
        total = sum(
            x / n * np.log(n * x / (a * b)) * comb(b, x) * comb(n - b, a - x) / comb(n, a)
            for b in labels
            for x in range(max(1, a + b - n), min(a, b) + 1)
        )
        found = expected_information(np.array([a]), labels)[0]
        assert found == pytest.approx(total, abs=1e-14)


def test_expected_entropy_by_the_formula():
    for n, k in ((1, 3), (9, 1), (9, 4), (40, 100)):
        total = sum(
            -k * x / n * np.log(x / n) * comb(n, x) * (1 / k) ** x * (1 - 1 / k) ** (n - x)
            for x in range(1, n + 1)
        )
        assert expected_entropy(n, np.array([k]))[0] == pytest.approx(total, abs=1e-13)


def test_progressive_labels_and_what_is_refused():
    assert progressive(7, 3).tolist() == [0, 1, 2, 0, 1, 2, 0]
    for k in (0, 8):
        with pytest.raises(ValueError, match=f"n = 7, received k = {k}"):
            progressive(7, k)
    with pytest.raises(ValueError, match="received 'even'"):
        expected(COLUMNS, "even")
    with pytest.raises(ValueError, match="all labels are -1"):
        refinements(np.array([-1, -1]))


def test_the_peak_and_where_a_curve_passes_a_reference():
    curve = np.array([0.0, 0.3, 0.9, 0.9, 0.1, 0.5])
    assert peak(curve) == 3
    assert peak(np.array([np.nan, 0.2])) == 2
    reference = np.array([np.nan, 0.2, 0.5, 0.9, 0.0])
    assert ranges_above(curve, reference).tolist() == [[2, 3], [5, 5]]
    assert ranges_above(curve, curve).tolist() == []
    assert ranges_above(curve + 1, curve).tolist() == [[1, 6]]
