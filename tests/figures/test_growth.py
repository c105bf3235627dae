"""The tree's scores, drift, and the network's test as pictures with their data."""

import re

import numpy as np
import pytest

from sempark.figures import evaluation, growth


def values(shift: float) -> dict[str, list[float]]:
    return {name: [shift + 0.01 * i for i in range(5)] for name in (*growth.MEASURES, "k")}


def test_scores_hold_means_and_intervals_of_each_method() -> None:
    found = {(c, m): values(i / 10) for i, m in enumerate(growth.METHODS) for c in ("in", "ft")}
    made = growth.scores(found, 300, ["in"])
    assert len(made.rows) == 2 * 4 * 6 and made.rows[0][0] == "ft"
    row = dict(zip(made.columns, made.rows[0], strict=True))
    assert row["low"] < row["mean"] < row["high"] and row["mean"] == pytest.approx(0.02)
    assert b"in features (untrained network)" in made.svg and b"ft features" in made.svg
    assert "300 images" in made.caption


def test_drift_draws_every_image_and_says_what_to_do() -> None:
    p = np.random.default_rng(0).random(40)
    made = growth.drift(p, 0.5, 0.2, {"ok": 38, "far": 2})
    assert len(made.rows) == 40 and made.rows[-1][1] == 1.0
    assert [row[0] for row in made.rows] == sorted(p)
    assert "run the whole again" in made.caption and "far 2" in made.caption
    assert "the tree fits them" in growth.drift(p, 0.1, 0.2, {}).caption


def test_the_networks_test_is_drawn() -> None:
    counts = np.array([[3, 1], [0, 4]])
    made = evaluation.confusion(["Tips", "Powder"], counts, "7 of 8.")
    assert [list(row) for row in made.rows] == [["Tips", 3, 1], ["Powder", 0, 4]]
    assert "7 of 8 on the diagonal" in made.alt
    nan = np.array([0.75, np.nan])
    made = evaluation.by_category(["Tips", "Powder"], [4, 0], nan, nan - 0.2, nan + 0.2)
    assert made.rows[1] == ("Powder", 0, None, None, None) and made.rows[0][2] == 0.75
    made = evaluation.reliability(np.array([np.nan, 0.9]), np.array([np.nan, 0.8]), [0, 9], 0.1)
    assert made.rows == [(None, None, 0), (0.9, 0.8, 9)] and "0.10" in made.caption


@pytest.mark.parametrize("made", ["confusion", "drift"])
def test_svgs_carry_a_title_and_dark_mode(made: str) -> None:
    svg = (
        evaluation.confusion(["A"], np.array([[1]]), "x").svg
        if made == "confusion"
        else growth.drift(np.array([0.5]), 0.0, 1.0, {}).svg
    )
    assert re.search(rb"<title>\w", svg) and b"prefers-color-scheme: dark" in svg
