"""Dimension over sample sizes: by hand, single estimates, the thick line, edges."""

import numpy as np
import pytest

from sempark.geometry.dimension_curve import Plan, curve, plateau
from sempark.geometry.neighbors import nearest
from sempark.geometry.two_nn import estimate, thick_line


def test_each_sample_is_an_estimate_of_its_own() -> None:
    X = np.random.default_rng(0).random((300, 3))
    found = curve(X, Plan([50, 300], 4, [0.1, 0.5]), np.random.default_rng(1))
    assert [(s.size, s.repeat) for s in found.samples] == [(50, i) for i in range(4)] + [(300, 0)]
    rng = np.random.default_rng(1)
    for i, sample in enumerate(found.samples):
        rows = np.sort(rng.choice(300, 50, replace=False)) if i < 4 else np.arange(300)
        r1, r2 = nearest(X[rows], 2).distances.T
        for discard, one in zip([0.1, 0.5], sample.estimates, strict=True):
            assert one.dimension == estimate(r1, r2, discard).dimension
    of_50 = np.array([[e.dimension for e in s.estimates] for s in found.samples[:4]])
    np.testing.assert_array_equal(found.mean[0], of_50.mean(axis=0))
    np.testing.assert_array_equal(found.spread[0], of_50.std(axis=0))
    np.testing.assert_array_equal(found.spread[1], [0, 0])
    assert found.sizes == [50, 300] and of_50.std() > 0


def test_known_distances_stand_for_the_search_of_all_points() -> None:
    X = np.random.default_rng(2).random((120, 3))
    plan = Plan([40, 120], 2, [0.1])
    searched = curve(X, plan, np.random.default_rng(0))
    given = curve(X, plan, np.random.default_rng(0), nearest(X, 7).distances)
    np.testing.assert_array_equal(given.mean, searched.mean)
    other = curve(X, plan, np.random.default_rng(0), np.tile([1.0, 2.0, 3.0], (120, 1)))
    assert other.mean[0] == searched.mean[0] and other.mean[1] != searched.mean[1]
    for wrong in (np.ones((119, 3)), np.ones((120, 1)), np.ones(120)):
        with pytest.raises(ValueError, match=r"whole must be \(120, k >= 2\)"):
            curve(X, plan, np.random.default_rng(0), wrong)


def test_scale_does_not_matter_and_progress_ends_at_the_total() -> None:
    X, seen = np.random.default_rng(3).random((100, 2)), []
    plan = Plan([30, 60], 3, [0.1])
    found = curve(
        X, plan, np.random.default_rng(4), progress=lambda done, total: seen.append((done, total))
    )
    np.testing.assert_allclose(
        curve(8 * X, plan, np.random.default_rng(4)).mean, found.mean, rtol=1e-12
    )
    assert seen[-1] == (270, 270) and len(seen) == 6


def test_the_thick_line_of_figure_3_5() -> None:
    # the thesis: a plateau around one, and larger estimates as the line turns out to be thick
    rng = np.random.default_rng(5)
    X = thick_line(20_000, rng)
    sizes = [125, 250, 500, 1000, 20_000]
    found = curve(X, Plan(sizes, 5, [0.1]), rng)
    assert plateau(sizes, found.mean[:, 0], 0.1) == pytest.approx(1, abs=0.1)
    assert found.mean[-1, 0] > 1.3


@pytest.mark.parametrize(
    ("sizes", "repeats"), [([], 1), ([2], 1), ([11], 1), ([3, 99], 1), ([5], 0)]
)
def test_a_plan_out_of_range(sizes: list[int], repeats: int) -> None:
    X = np.random.default_rng(6).random((10, 2))
    with pytest.raises(ValueError, match="sizes of 3 to n = 10"):
        curve(X, Plan(sizes, repeats, [0.0]), np.random.default_rng(0))


def test_identical_points_are_said_to_be_duplicates() -> None:
    with pytest.raises(ValueError, match="remove the duplicates"):
        curve(np.ones((20, 2)), Plan([10], 1, [0.1]), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0, 2.09, 2.05, 3.0], (2.0 + 2.09 + 2.05) / 3),  # steps below 5 %
        ([2.0, 2.0, 3.0, 3.0, 4.0], None),  # two of a kind are no plateau
        ([2.0, 2.0, 2.0, 5.0, 5.0, 5.0], 5.0),  # of equal length: the larger sizes
        ([2.0, 2.0, 2.0, 2.0, 5.0, 5.0, 5.0], 2.0),  # the longest
        ([1.0, 1.04, 1.08, 1.12], 1.06),  # a slow rise has small steps
        ([1.0, 1.06, 1.12, 1.18], None),  # this one has not
        ([3.0, 3.0, 3.0], 3.0),
        ([3.0, 3.0], None),
        ([], None),
        ([np.nan, 2.0, 2.0, 2.0, np.nan], 2.0),
    ],
)
def test_the_plateau_by_hand(values: list[float], expected: float | None) -> None:
    found = plateau(list(range(len(values))), values)
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_tolerance_of_a_plateau() -> None:
    assert plateau([1, 2, 3], [1.0, 1.2, 1.4]) is None
    assert plateau([1, 2, 3], [1.0, 1.2, 1.4], 0.2) == pytest.approx(1.2)
    with pytest.raises(ValueError, match="expected 2 values"):
        plateau([1, 2], [1.0, 2.0, 3.0])
