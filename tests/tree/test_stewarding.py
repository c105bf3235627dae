"""Ids that stay and a steward's word: by hand, whatever the order, and what can't be meant."""

import numpy as np
import pytest

from sempark.tree.stewarding import Wishes, kept_ids, overlap, parse


def sets(*texts: str) -> list[set[str]]:
    return [set(text) for text in texts]


def test_a_grown_node_keeps_its_id_and_a_new_one_gets_a_fresh_number() -> None:
    before = {"Tips/1": set("abcdef"), "Tips/2": set("ghij")}
    found = kept_ids(sets("ghijk", "abcdefx", "uvw"), before, "Tips")
    assert [id for id, _ in found] == ["Tips/2", "Tips/1", "Tips/3"]
    assert [kept for _, kept in found] == [pytest.approx(4 / 5), pytest.approx(6 / 7), None]


def test_ids_do_not_depend_on_the_order_of_the_children() -> None:
    rng = np.random.default_rng(1)
    labels, later = rng.integers(0, 6, 300), rng.integers(0, 6, 300)
    later[:240] = labels[:240]
    before = {f"A/{c + 1}": {str(i) for i in np.flatnonzero(labels == c)} for c in range(6)}
    children = [{str(i) for i in np.flatnonzero(later == c)} for c in range(6)]
    ids = [id for id, _ in kept_ids(children, before, "A")]
    assert ids == [f"A/{c + 1}" for c in range(6)]
    order = rng.permutation(6)
    assert [id for id, _ in kept_ids([children[i] for i in order], before, "A")] == [
        ids[i] for i in order
    ]


def test_half_a_node_does_not_give_its_id_to_both_halves() -> None:
    found = kept_ids(sets("abcd", "efg"), {"A/1": set("abcdefg"), "A/4": set("xyz")}, "A")
    assert found[0][0] == "A/1" and found[1] == ("A/2", None)


def test_too_little_in_common_is_another_node() -> None:
    (found,) = kept_ids(sets("abxyz"), {"A/1": set("abcde")}, "A")
    assert found == ("A/2", None)  # 2 of 8


def test_without_a_past_nodes_are_numbered() -> None:
    assert kept_ids(sets("ab", "c"), {}, "A") == [("A/1", None), ("A/2", None)]
    assert kept_ids([], {"A/1": {"x"}}, "A") == []
    assert overlap(set(), set()) == 0.0


def test_a_csv_is_read() -> None:
    text = "node,name,merge_into,split\nTips/1,sharp ones,,\nTips/2,,Tips/1,\nPowder,,,3\n"
    assert parse(text) == Wishes({"Tips/1": "sharp ones"}, {"Tips/2": "Tips/1"}, {"Powder": 3})
    assert parse(text).nodes == {"Tips/1", "Tips/2", "Powder"}
    assert parse("") == parse("node,name\n") == Wishes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\nx\n", "expected the columns"),
        ("node,nam\nA/1,x\n", "expected the columns"),
        ("node,name\n,x\n", "line 2: expected a node"),
        ("node,split\nA,many\n", "expected a number >= 1, received many"),
        ("node,split\nA,0\n", "expected a number >= 1"),
        ("node,merge_into\nA/1,A/1\n", "only go into a sibling"),
        ("node,merge_into\nA/1,B/1\n", "only go into a sibling"),
        ("node,merge_into\nA,B\n", "only go into a sibling"),
        ("node,merge_into\nA/1,A/2\nA/2,A/3\n", "which goes into A/3 itself"),
    ],
)
def test_what_can_not_be_meant_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)
