"""Densities from lists by their formulas, and what is said where a list's end cuts a kernel."""

import logging

import numpy as np
import pytest

from sempark.clustering.dpa import pak
from sempark.clustering.local_density import local_density
from sempark.geometry.neighbors import Neighbors, nearest


@pytest.fixture(scope="module")
def lists():
    return nearest(np.random.default_rng(0).standard_normal((80, 2)), 10)


def test_by_hand():
    X = np.array([[0.0], [1.0], [3.0], [7.0]])
    lists = nearest(X, 2)
    np.testing.assert_allclose(local_density(lists), [1 / 3, 1 / 2, 1 / 3, 1 / 6])
    np.testing.assert_array_equal(local_density(lists, "cutoff", 2.5), [1, 2, 1, 0])
    np.testing.assert_array_equal(local_density(lists, "cutoff", 2.0), [1, 1, 0, 0])
    e = np.exp
    expected = [e(-1) + e(-9), e(-1) + e(-4), e(-4) + e(-9), e(-16) + e(-36)]
    np.testing.assert_allclose(local_density(lists, "gaussian", 1.0), expected)


def test_knn_is_finite_and_largest_at_duplicates():
    distances = np.array([[0.0, 0.0], [0.5, 4.0], [1.0, 2.0]])
    lists = Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), distances)
    np.testing.assert_allclose(local_density(lists), [1.0, 0.25, 0.5])
    none = Neighbors(lists.indices, np.zeros((3, 2)))
    np.testing.assert_array_equal(local_density(none), 1.0)
    tiny = Neighbors(lists.indices, distances * 1e-320)
    assert np.all(np.isfinite(local_density(tiny)))


def test_whole_lists_make_the_kernels_exact():
    X = np.random.default_rng(1).standard_normal((40, 3))
    lists = nearest(X, 39)
    pairs = np.linalg.norm(X[:, None] - X[None], axis=2)
    np.testing.assert_allclose(
        local_density(lists, "gaussian", 0.8), np.exp(-np.square(pairs / 0.8)).sum(axis=1) - 1
    )
    np.testing.assert_array_equal(local_density(lists, "cutoff", 1.1), (pairs < 1.1).sum(1) - 1)


def test_widths_of_none(lists):
    last, middle = np.median(lists.distances[:, -1]), np.median(lists.distances[:, 4])
    for name, width in (("gaussian", last / 2), ("cutoff", middle)):
        np.testing.assert_array_equal(local_density(lists, name), local_density(lists, name, width))


@pytest.mark.parametrize("name", ["gaussian", "cutoff"])
def test_a_cut_kernel_says_so(lists, name, caplog):
    with caplog.at_level(logging.WARNING):
        local_density(lists, name, 100.0)
    assert "cut at the last of 10 neighbors for 80 of 80 points" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        local_density(lists, name, lists.distances[:, -1].min() / 3)
    assert not caplog.records


def test_pak_is_relative_to_the_densest(lists):
    log_density = pak(lists, 2.0).log_density
    density = local_density(lists, "pak", dimension=2.0)
    np.testing.assert_allclose(density, np.exp(log_density) / np.exp(log_density.max()))
    assert density.max() == 1.0


def test_an_array_is_copied(lists):
    mine = np.arange(80.0)
    found = local_density(lists, mine)
    np.testing.assert_array_equal(found, mine)
    found[0] = 5
    assert mine[0] == 0


@pytest.mark.parametrize(
    ("density", "width", "dimension", "said"),
    [
        ("nearest", None, None, "density"),
        ("pak", None, None, "dimension"),
        ("pak", 1.0, 2.0, "width"),
        ("knn", 1.0, None, "width"),
        ("knn", None, 2.0, "dimension"),
        ("gaussian", 0.0, None, "width"),
        ("gaussian", np.nan, None, "width"),
        ("cutoff", -1.0, None, "width"),
        ("cutoff", None, 2.0, "dimension"),
        (np.ones(79), None, None, "shape"),
        (np.ones((80, 1)), None, None, "shape"),
        (-np.ones(80), None, None, "logarithms"),
        (np.full(80, np.nan), None, None, "finite"),
        (np.full(80, np.inf), None, None, "finite"),
        (np.ones(80), 1.0, None, "width"),
    ],
)
def test_bad_arguments(lists, density, width, dimension, said):
    with pytest.raises(ValueError, match=said):
        local_density(lists, density, width, dimension)


def test_half_the_points_alike_leave_no_default_width():
    lists = nearest(np.zeros((10, 2)), 3)
    with pytest.raises(ValueError, match="width"):
        local_density(lists, "gaussian")
