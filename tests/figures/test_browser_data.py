"""Data scripts of the browser: plain JSON in small files, nothing that could run."""

import json

import numpy as np
import pytest

from sempark.figures import browser_data
from sempark.figures.tree_order import Node, ordered


def content(data):
    text = data.decode("ascii")
    assert text.startswith("sempark.chunk(") and text.endswith(");\n")
    name, _, rest = text[len("sempark.chunk(") : -3].partition(",")
    return json.loads(name), json.loads(rest)


def test_script_is_ascii_without_tags_and_knows_no_nan():
    nasty = "</script><img src=x onerror=alert(1)>\u2028µ\ud800"
    path, data = browser_data.script("x-1", {"a": [nasty, float("nan"), float("inf"), 1.5, None]})
    assert path == "data/x-1.js"
    assert b"<" not in data
    assert content(data) == ("x-1", {"a": [nasty, None, None, 1.5, None]})


def test_script_refuses_too_much():
    with pytest.raises(ValueError, match="x: expected at most 5000000 bytes"):
        browser_data.script("x", "a" * 5_000_001)


def test_index_writes_words_as_places(monkeypatch):
    monkeypatch.setattr(browser_data, "INDEX_ROWS", 2)
    columns = {"md5": ["a" * 32, "b" * 32, "c" * 32], "category": ["Tips", None, "Fibres"]}
    chunks = dict(browser_data.index(columns, {"category": ["Fibres", "Tips"]}))
    assert list(chunks) == ["data/index-0.js", "data/index-1.js"]
    assert content(chunks["data/index-0.js"])[1] == {
        "md5": "a" * 32 + "b" * 32,
        "category": [1, -1],
    }


def test_details_leave_out_what_is_unknown_and_neighbors_not_shown(monkeypatch):
    monkeypatch.setattr(browser_data, "DETAIL_ROWS", 2)
    columns = {"md5": ["a", "b", "c"], "text": [None, "1 um", None]}
    near = [(np.array([[1, 2], [0, -1], [-1, -1]]), np.array([[0.123456, 1], [1, 9], [0, 0]]))]
    chunks = [content(data)[1] for _, data in browser_data.details(columns, near)]
    assert [len(chunk) for chunk in chunks] == [2, 1]
    assert chunks[0][0] == {"md5": "a", "near": [[[1, 0.1235], [2, 1.0]]]}
    assert chunks[0][1] == {"md5": "b", "text": "1 um", "near": [[[0, 1.0]]]}
    assert chunks[1][0]["near"] == [[]]


@pytest.mark.parametrize(("n", "parts"), [(1, 1), (2, 1), (5, 1), (6, 2), (9, 2), (10, 3)])
def test_merges_come_in_parts(monkeypatch, n, parts):
    monkeypatch.setattr(browser_data, "MERGE_STEPS", 4)
    monkeypatch.setattr(browser_data, "HEIGHTS", 3)
    children = np.arange(2 * (n - 1)).reshape(-1, 2)
    made = list(browser_data.merges(3, children, np.arange(n - 1) / 3))
    assert [path for path, _ in made] == [f"data/merges-3-{i}.js" for i in range(parts)]
    assert browser_data.n_parts(n) == parts
    pairs = [pair for _, data in made for pair in content(data)[1]["pairs"]]
    assert pairs == children.ravel().tolist()
    assert len(content(made[0][1])[1]["heights"]) == min(3, n - 1)


def test_tree_gives_rows_and_ranges():
    nodes = [
        Node(
            "a", "", "a", "A", 0, ["x", "y"], {"stability": float("nan")}, "y", ["y", "gone"], ["x"]
        )
    ]
    path, data = browser_data.tree(ordered(nodes, ["x", "y"]))
    assert path == "data/tree.js"
    (line,) = content(data)[1]
    assert (line["start"], line["end"], line["medoid"], line["typical"], line["border"]) == (
        0,
        2,
        1,
        [1],
        [0],
    )
    assert line["facts"] == {"stability": None}


def test_paths_and_failed_rows_in_chunks(monkeypatch):
    monkeypatch.setattr(browser_data, "PATH_ROWS", 2)
    monkeypatch.setattr(browser_data, "FAILED_ROWS", 1)
    assert [content(d)[1] for _, d in browser_data.paths([["a", "b"], [], ["c"]])] == [
        ["a\nb", ""],
        ["c"],
    ]
    rows = [("scale", "x", "no_bar", "why", 3), ("labels", "y", "unmatched", "", -1)]
    assert [content(d)[1] for _, d in browser_data.failed(rows)] == [[list(r)] for r in rows]
    assert list(browser_data.failed([])) == []
