"""dimension: sizes, rows of each sample, known neighbors, points all alike."""

import numpy as np
import pytest

from sempark import config
from sempark.geometry.neighbors import nearest
from sempark.geometry.two_nn import estimate
from sempark.spaces import Vectors
from sempark.stages import dimension
from sempark.tables import DIMENSION, PassedOver


def vectors(n: int, space: str = "s") -> Vectors:
    X = np.random.default_rng(0).random((n, 3)).astype(np.float32)
    return Vectors(space, [f"{i:04x}" for i in range(n)], X)


def quiet(done: int, total: int) -> None:
    pass


@pytest.mark.parametrize(
    ("n", "chosen", "expected"),
    [
        (50, [], [50]),
        (199, [], [199]),
        (200, [], [100, 200]),
        (52_682, [], [102, 205, 411, 823, 1646, 3292, 6585, 13170, 26341, 52682]),
        (500, [1000, 100], [100, 500]),
        (500, [500, 9000, 20], [20, 500]),
        (500, [30], [30]),
    ],
)
def test_sizes(n: int, chosen: list[int], expected: list[int]) -> None:
    assert dimension.sizes(n, chosen) == expected


def test_a_row_a_sample_and_share() -> None:
    one = vectors(240)
    settings = config.load(None, ["dimension.repeats=2"]).dimension
    table = dimension.build([(one, None)], settings, quiet)
    assert table.schema.equals(DIMENSION.arrow)
    rows = table.to_pylist()
    keys = [(row["sample_size"], row["repeat"], row["fraction"]) for row in rows]
    shares = (0.9, 0.7, 0.5)
    samples = [(120, 0), (120, 1), (240, 0)]
    assert keys == [(*sample, share) for sample in samples for share in shares]
    expected = estimate(*nearest(one.X, 2).distances.T, discard=1 - 0.9)
    whole = rows[-3]
    assert whole["dimension"] == expected.dimension
    assert whole["standard_error"] == expected.standard_error
    assert whole["residual"] == expected.residual
    assert whole["plateau"] is None  # two sizes are no plateau


def test_known_neighbors_are_not_searched_again() -> None:
    one = vectors(150)
    settings = config.load(None, ["dimension.sizes=[150]"]).dimension
    two = nearest(one.X, 2).distances
    alone = dimension.build([(one, None)], settings, quiet)
    assert dimension.build([(one, two)], settings, quiet).equals(alone)
    two = two * [1.0, 2.0]
    assert not dimension.build([(one, two)], settings, quiet).equals(alone)


def test_the_plateau_is_that_of_the_middle_share() -> None:
    settings = config.load(None, ["dimension.sizes=[200,400,600]"]).dimension
    rows = dimension.build([(vectors(600), None)], settings, quiet).to_pylist()
    means = [
        np.mean([r["dimension"] for r in rows if r["sample_size"] == n and r["fraction"] == 0.7])
        for n in (200, 400, 600)
    ]
    assert len({row["plateau"] for row in rows}) == 1
    assert rows[0]["plateau"] == pytest.approx(np.mean(means))


def test_points_all_alike_have_no_dimension_and_the_others_have(caplog) -> None:
    same = Vectors("same", [f"{i:03x}" for i in range(40)], np.ones((40, 2), np.float32))
    settings = config.load().dimension
    rows = dimension.build([(same, None), (vectors(60), None)], settings, quiet).to_pylist()
    assert {row["space"] for row in rows} == {"s"}
    assert "same has no dimension" in caplog.text and "duplicates" in caplog.text
    assert all(np.isfinite(row["dimension"]) for row in rows)
    with pytest.raises(PassedOver, match="same has no dimension"):
        dimension.build([(same, None)], settings, quiet)


def test_duplicates_are_counted() -> None:
    one = vectors(100)
    one.X[10:15] = one.X[9]
    rows = dimension.build([(one, None)], config.load().dimension, quiet).to_pylist()
    assert {row["n_zero"] for row in rows} == {6}


def test_few_points_are_passed_over() -> None:
    with pytest.raises(PassedOver, match="fewer than 10"):
        dimension.build([(vectors(9), None)], config.load().dimension, quiet)
