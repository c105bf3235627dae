"""Decision graphs, largest clusters and the best k show what the arrays hold."""

import numpy as np
import pytest

from sempark.figures import hierarchies
from sempark.figures.scored import Curve

SPACE = "1u-2u_2048in_18"


def curve(method, values, k=None):
    k = np.arange(1, len(values) + 1) if k is None else k
    return Curve(SPACE, method, np.asarray(k, float), np.asarray(values, float))


def test_the_decision_graph_tells_the_peaks_and_what_is_left():
    graph = hierarchies.DecisionGraph(
        SPACE, np.array([9.0, 4.0]), np.array([3.0, 2.0]), n_peaks=5, n_left=40, n=90
    )
    found = hierarchies.decision_graphs([graph], ["in"])
    assert found.rows == [(SPACE, 9.0, 3.0, 27.0), (SPACE, 4.0, 2.0, 8.0)]
    assert "5 local peaks, 40 of 90 images left" in found.caption
    assert found.untrained == ("in",) and found.svg


def test_the_largest_cluster_is_told_by_k_and_method():
    found = hierarchies.largest_clusters(
        [
            hierarchies.Sizes(SPACE, "single", np.array([1, 2]), np.array([1.0, 0.98])),
            hierarchies.Sizes(SPACE, "hdbscan", np.array([7]), np.array([0.3])),
        ],
        [],
    )
    assert found.rows == [
        (SPACE, "single", 1, 1.0),
        (SPACE, "single", 2, 0.98),
        (SPACE, "hdbscan", 7, 0.3),
    ]


def test_the_best_k_and_the_range_above_each_reference():
    uniform = curve("reference_uniform", [0.0, 0.1, 0.2, 0.3, 0.4])
    refined = curve("reference_refined", [np.nan, np.nan, 1.0, 0.9, 0.2])
    found = hierarchies.standing_out(
        [uniform, refined, curve("ward", [0.0, 0.05, 0.5, 0.5, 0.3]), curve("single", [0.0] * 5)],
        [],
    )
    ward, single = found.rows
    assert ward[:4] == (SPACE, "ward", 3, 0.5)  # a tie: the smaller k
    of_reference = dict(zip(found.columns[4:], ward[4:], strict=True))
    assert of_reference["first k above expected of uniform labels"] == 3
    assert of_reference["last k above expected of uniform labels"] == 4
    assert of_reference["first k above best refinement"] == 5
    assert of_reference["first k above orthogonal labels"] is None
    assert single[4:] == (None,) * 6


@pytest.mark.parametrize("method", ["density_peaks", "of nobody"])
def test_a_flat_partition_and_an_unknown_method_are_rows_too(method):
    found = hierarchies.standing_out([curve(method, [0.4], k=[12])], [])
    assert found.rows[0][:4] == (SPACE, method, 12, 0.4)
