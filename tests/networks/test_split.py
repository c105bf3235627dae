"""networks.split: shares, groups that never straddle, weights of categories."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sempark.networks.split import class_weights, split


def test_ten_images_by_hand():
    parts = split(["a"] * 10, range(10), seed=0)
    assert sorted(parts) == ["test"] + ["train"] * 8 + ["validation"]


def test_shares_hold_in_every_category():
    labels = np.repeat([0, 1, 2], [1000, 200, 50])
    parts = split(labels, np.arange(1250), seed=1)
    for label, n in enumerate([1000, 200, 50]):
        counts = [np.sum(parts[labels == label] == p) for p in ("train", "validation", "test")]
        np.testing.assert_allclose(counts, np.array([0.8, 0.1, 0.1]) * n, atol=1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 15)), min_size=1, max_size=80))
def test_a_group_is_never_parted(pairs):
    labels, groups = np.array(pairs).T
    parts = split(labels, groups, seed=3)
    for group in set(groups):
        assert len(set(parts[groups == group])) == 1
    np.testing.assert_array_equal(parts, split(labels, groups, seed=3))


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 60))
def test_three_groups_reach_all_three_parts(n):
    assert set(split([0] * n, range(n), seed=0)) == {"train", "validation", "test"}


def test_names_of_labels_and_groups_do_not_matter():
    rng = np.random.default_rng(0)
    labels, groups = rng.integers(0, 4, 200), rng.integers(0, 90, 200)
    renamed = split([f"c{x}" for x in labels], [f"g{x:03d}" for x in groups], seed=5)
    np.testing.assert_array_equal(renamed, split(labels, groups, seed=5))


def test_another_seed_is_another_split():
    a, b = (split([0] * 50, range(50), seed=s) for s in (0, 1))
    assert (a != b).any()


def test_one_image_is_for_training():
    assert split([7], [0], seed=0).tolist() == ["train"]


@pytest.mark.parametrize(
    ("labels", "groups", "shares"),
    [([], [], (0.8, 0.1, 0.1)), ([1, 2], [1], (0.8, 0.1, 0.1)), ([1], [1], (0.8, 0.1, 0.2)),
     ([1], [1], (1.2, -0.1, -0.1)), ([1], [1], (0.5, 0.5))],
)  # fmt: skip
def test_bad_arguments(labels, groups, shares):
    with pytest.raises(ValueError, match="expected"):
        split(labels, groups, 0, shares)


def test_class_weights():
    np.testing.assert_allclose(class_weights([1, 3]), [2, 2 / 3])  # n / (k count)
    np.testing.assert_allclose(class_weights([4, 9, 2], power=0), 1)
    weights = class_weights([100, 10, 0], power=0.5)
    assert weights[2] == 0 and weights[1] / weights[0] == pytest.approx(np.sqrt(10))
    assert (weights * [100, 10, 0]).sum() == pytest.approx(110)
    for bad in ([], [0, 0], [-1, 2]):
        with pytest.raises(ValueError, match="expected counts"):
            class_weights(bad)
