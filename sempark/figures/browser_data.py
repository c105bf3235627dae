"""The browser's data as scripts, in chunks.

In: columns of image facts in row order, the tree, merge lists, failed rows. Out: (path, bytes) of
scripts that hand plain data to the page, since a page opened from disk can't fetch. No file is
larger than `MOST_BYTES`; the first view needs three small ones.

Layout: ``run`` (what there is), ``tree``, ``index-i`` (a few bytes an image), ``detail-i`` (all of
a thousand images), ``paths-i``, ``space-i`` (rows of a space's points), ``merges-i-j`` and
``partition-i`` (clusterings), ``failed-i``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sempark.figures.tree_order import Order

MOST_BYTES = 5_000_000
INDEX_ROWS = 40_000
DETAIL_ROWS = 500
PATH_ROWS = 4_000
FAILED_ROWS = 5_000
MERGE_STEPS = 150_000
HEIGHTS = 3_000
"""Last merges whose heights are kept, for dendrogram and decision graph."""

Columns = Mapping[str, Sequence[object]]
Ints = NDArray[np.int64]


def script(name: str, content: object) -> tuple[str, bytes]:
    """Give one chunk as a script.

    Parameters
    ----------
    name : str
        Letters, digits and hyphens.
    content : object
        What JSON holds; NaN is written as null.

    Returns
    -------
    (path, bytes)
        ASCII, and without "<": it can't end or open anything wherever it is put.

    Raises
    ------
    ValueError
        If it is larger than `MOST_BYTES`.
    """
    text = _json(content)
    data = f'sempark.chunk("{name}",{text});\n'.replace("<", "\\u003c").encode("ascii")
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name}: expected at most {MOST_BYTES} bytes, received {len(data)}")
    return f"data/{name}.js", data


def tree(order: Order) -> tuple[str, bytes]:
    """Give the tree: a line a node, its images as rows.

    Parameters
    ----------
    order : Order
        Nodes and their ranges.

    Returns
    -------
    (path, bytes)
    """
    row = {md5: i for i, md5 in enumerate(order.md5s)}

    def rows(md5s: Sequence[str]) -> list[int]:
        return [row[md5] for md5 in md5s if md5 in row]

    nodes = [
        {
            "id": node.id,
            "parent": node.parent,
            "category": node.category,
            "name": node.name,
            "depth": node.depth,
            "start": start,
            "end": end,
            "medoid": row.get(node.medoid, -1),
            "typical": rows(node.typical),
            "border": rows(node.border),
            "facts": dict(node.facts),
        }
        for node, (start, end) in zip(order.nodes, order.ranges, strict=True)
    ]
    return script("tree", nodes)


def index(columns: Columns, words: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, bytes]]:
    """Give what lists and filters need of every image.

    Parameters
    ----------
    columns : mapping
        "md5" (32 hexadecimal digits) and the columns named by `words`, in row order.
    words : mapping
        Column to its closed list of values; a value is written as its place in it, -1 for none.

    Returns
    -------
    iterator of (path, bytes)
    """
    places = {name: {word: i for i, word in enumerate(values)} for name, values in words.items()}
    md5s = columns["md5"]
    for number, start in enumerate(range(0, len(md5s), INDEX_ROWS)):
        part = slice(start, start + INDEX_ROWS)
        codes = {
            name: [place.get(str(value), -1) for value in columns[name][part]]
            for name, place in places.items()
        }
        yield script(f"index-{number}", {"md5": "".join(map(str, md5s[part]))} | codes)


def details(
    columns: Columns, near: Sequence[tuple[Ints, NDArray[np.float64]]]
) -> Iterator[tuple[str, bytes]]:
    """Give everything known of each image, `DETAIL_ROWS` a chunk.

    Parameters
    ----------
    columns : mapping
        Any columns, in row order.
    near : sequence of (rows (n, m), distances (n, m))
        The nearest images in each space; row -1: none.

    Returns
    -------
    iterator of (path, bytes)
    """
    n = len(columns["md5"])
    for number, start in enumerate(range(0, n, DETAIL_ROWS)):
        end = min(n, start + DETAIL_ROWS)
        images = [
            {name: values[i] for name, values in columns.items() if values[i] is not None}
            | {"near": [_near(rows[i], distances[i]) for rows, distances in near]}
            for i in range(start, end)
        ]
        yield script(f"detail-{number}", images)


def paths(values: Sequence[Sequence[str]]) -> Iterator[tuple[str, bytes]]:
    """Give the source paths for the search, a line an image."""
    for number, start in enumerate(range(0, len(values), PATH_ROWS)):
        lines = ["\n".join(each) for each in values[start : start + PATH_ROWS]]
        yield script(f"paths-{number}", lines)


def failed(rows: Sequence[tuple[str, str, str, str, int]]) -> Iterator[tuple[str, bytes]]:
    """Give the rows that failed: (table, what, status, reason, row or -1)."""
    for number, start in enumerate(range(0, len(rows), FAILED_ROWS)):
        yield script(f"failed-{number}", [list(row) for row in rows[start : start + FAILED_ROWS]])


def merges(
    number: int, children: Ints, heights: NDArray[np.float64]
) -> Iterator[tuple[str, bytes]]:
    """Give a merge list: pairs in parts, and the last heights.

    Parameters
    ----------
    number : int
        Of the clustering.
    children : int64 (n - 1, 2)
        As in the table `merges`.
    heights : float64 (n - 1,)

    Returns
    -------
    iterator of (path, bytes)
        At least one part.
    """
    last = [float(f"{height:.6g}") for height in heights[-HEIGHTS:]]
    parts = range(0, max(1, len(children)), MERGE_STEPS)
    for part, start in enumerate(parts):
        pairs = children[start : start + MERGE_STEPS].ravel().tolist()
        data = {"pairs": pairs} | ({"heights": last} if part == 0 else {})
        yield script(f"merges-{number}-{part}", data)


def n_parts(n_points: int) -> int:
    """Give the number of parts `merges` makes for n points."""
    return max(1, -(-(n_points - 1) // MERGE_STEPS))


def _near(rows: Ints, distances: NDArray[np.float64]) -> list[list[float]]:
    """Rows and distances of one image's neighbors, those not shown left out."""
    pairs = zip(rows.tolist(), distances.tolist(), strict=True)
    return [[int(row), float(f"{distance:.4g}")] for row, distance in pairs if row >= 0]


def _json(content: object) -> str:
    """Write JSON; what holds NaN is written again without, which takes its time."""
    try:
        return json.dumps(content, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_finite(content), separators=(",", ":"), allow_nan=False)


def _finite(content: object) -> object:
    """Replace NaN and infinity by None: JSON has no word for them."""
    if isinstance(content, float):
        return content if np.isfinite(content) else None
    if isinstance(content, Mapping):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
