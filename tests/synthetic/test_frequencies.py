"""Frequencies against the sums the thesis prints."""

import pytest

from sempark.synthetic import frequencies
from sempark.synthetic.databars import LAYOUTS
from sempark.synthetic.frequencies import SCALES, category_shares, scale_shares
from sempark.synthetic.micrographs import CATEGORIES


def test_table_2_4_adds_up() -> None:
    """The sums printed under and beside table 2.4 (and 7,557 and 52,682 of table 2.5)."""
    rows = frequencies._SCALES
    assert sum(total for _, total in rows.values()) == 142_748
    assert sum(sum(labelled) for labelled, _ in rows.values()) == 17_906
    assert sum(rows[(200, "um")][0]) == 530
    assert sum(rows[(1, "um")][0]) == 3959
    assert sum(rows[(100, "nm")][0]) == 1197
    one_two = [rows[(1, "um")], rows[(2, "um")]]
    assert sum(total for _, total in one_two) == 52_682
    assert sum(sum(labelled) for labelled, _ in one_two) == 7557
    # columns of table 2.5
    columns = [sum(r[0][k] for r in one_two) for k in range(10)]
    assert columns == [55, 1403, 933, 147, 236, 713, 1891, 588, 1572, 19]


def test_shares_are_shares() -> None:
    assert sum(category_shares().values()) == pytest.approx(1.0)
    assert min(category_shares().values()) > 0.025
    assert max(category_shares(), key=category_shares().__getitem__).startswith("MEMS")
    for category in CATEGORIES:
        assert sum(scale_shares(category)) == pytest.approx(1.0)
    assert sum(frequencies.LAYOUT_SHARES.values()) == pytest.approx(1.0)
    assert sum(frequencies.SIZE_SHARES.values()) == pytest.approx(1.0)
    assert set(frequencies.LAYOUT_SHARES) == {*LAYOUTS, "empty"}


def test_one_and_two_micrometers_are_a_good_third() -> None:
    wanted = [SCALES.index((1, "um")), SCALES.index((2, "um"))]
    share = sum(
        weight * sum(scale_shares(category)[k] for k in wanted)
        for category, weight in category_shares().items()
    )
    assert 0.33 < share < 0.45
