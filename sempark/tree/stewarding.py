"""What people say about the tree, and how its nodes keep their ids when it is grown again.

In: a steward's CSV; nodes with their members, and those of the table before. Out: wishes; ids. A
node has the id of the earlier node of the same parent that it shares most of its images with, if
that is more than a third of all the images of both. Other nodes get numbers that were not in use,
so that an id never comes to mean something else, and a steward's names, merges and splits stay
where they were put.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

LEAST_OVERLAP = 1 / 3
COLUMNS = ("node", "name", "merge_into", "split")


@dataclass(frozen=True)
class Wishes:
    """A steward's names, merges (node to the sibling it goes into) and splits (node to number)."""

    names: Mapping[str, str] = field(default_factory=dict)
    merges: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, int] = field(default_factory=dict)

    @property
    def nodes(self) -> set[str]:
        """Every node that is spoken of."""
        return {*self.names, *self.merges, *self.merges.values(), *self.splits}


def parse(text: str) -> Wishes:
    """Read a steward's CSV: node, and any of name, merge_into, split.

    Raises
    ------
    ValueError
        Another header, a row without a node, a split that is no number of at least 1, a node that
        goes into itself, into one of another parent, or into one that goes elsewhere itself.
    """
    reader = csv.DictReader(text.splitlines())
    header = reader.fieldnames or []
    if text.strip() and ("node" not in header or set(header) - set(COLUMNS)):
        raise ValueError(f"expected the columns {', '.join(COLUMNS)}, received {', '.join(header)}")
    names: dict[str, str] = {}
    merges: dict[str, str] = {}
    splits: dict[str, int] = {}
    for line, row in enumerate(reader, start=2):
        node = (row["node"] or "").strip()
        if not node:
            raise ValueError(f"line {line}: expected a node, received none")
        name, into, number = ((row.get(key) or "").strip() for key in COLUMNS[1:])
        if name:
            names[node] = name
        if into:
            if (
                into == node
                or into.rpartition("/")[0] != node.rpartition("/")[0]
                or "/" not in node
            ):
                raise ValueError(f"line {line}: {node} can only go into a sibling, received {into}")
            merges[node] = into
        if number:
            if not number.isdigit() or int(number) < 1:
                raise ValueError(f"line {line}: split: expected a number >= 1, received {number}")
            splits[node] = int(number)
    for node, into in merges.items():
        if into in merges:
            raise ValueError(f"{node} goes into {into}, which goes into {merges[into]} itself")
    return Wishes(names, merges, splits)


def kept_ids(
    children: Sequence[Set[str]], before: Mapping[str, Set[str]], parent: str
) -> list[tuple[str, float | None]]:
    """Ids for the children of one node, and how far each is the node of that name before.

    Parameters
    ----------
    children : sequence of sets of md5
        In the order that numbers new ones.
    before : mapping
        Ids of the earlier children of the same parent, and their members.
    parent : str
        Its id.

    Returns
    -------
    list of (id, overlap)
        The overlap (shared images over all images of both) is None for a new node.
    """
    pairs = sorted(
        (-overlap(members, old), number, id)
        for number, members in enumerate(children)
        for id, old in before.items()
    )
    found: dict[int, tuple[str, float | None]] = {}
    used: set[str] = set()
    for negative, number, id in pairs:
        if number not in found and id not in used and -negative > LEAST_OVERLAP:
            found[number] = (id, -negative)
            used.add(id)
    taken = {int(id.rpartition("/")[2]) for id in before}
    free = iter(number for number in range(1, 10**9) if number not in taken)
    return [found.get(i) or (f"{parent}/{next(free)}", None) for i in range(len(children))]


def overlap(a: Set[str], b: Set[str]) -> float:
    """Shared members over all members of both; 0 where both are empty."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0
