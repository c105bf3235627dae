"""New images: placed, far, unsure, known and broken ones, with their codings and the drift."""

import numpy as np
import pyarrow as pa
import pytest

from sempark.networks.encoder import Encoder
from sempark.retrieval import folder as search_folder
from sempark.retrieval.records import COLUMNS
from sempark.retrieval.searching import Layer, Space
from sempark.stages import assign
from sempark.tables import ASSIGN, PassedOver

N = 200


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Two nodes of Tips, ten apart, and Powder beside."""
    rng = np.random.default_rng(8)
    middles = np.array([[0.0] * 8, [10] + [0] * 7, [0, 30] + [0] * 6])
    which = np.arange(N) % 3
    X = (middles[which] + rng.normal(size=(N, 8))).astype(np.float32)
    nodes = np.array(["Tips/1", "Tips/2", "Powder"])[which]
    rows = [
        dict.fromkeys(COLUMNS)
        | {
            "md5": f"{i:032x}",
            "jpeg_md5": f"{i + 1000:032x}",
            "pixel_hash": f"{i + 2000:032x}",
            "category": node.partition("/")[0],
            "node": node,
            "names": node.split("/"),
        }
        for i, node in enumerate(nodes)
    ]
    folder = tmp_path_factory.mktemp("search")
    numbers = np.arange(N)
    about = {"default": "8ft", "categories": ["Tips", "Powder"], "min_probability": 0.5,
             "far_below": 0.01}  # fmt: skip
    content = search_folder.files(
        about,
        pa.Table.from_pylist(rows),
        [Layer("8ft", "ft", "features", numbers, X)],
        [Space("8ft", "ft", "features", numbers, "8ft")],
    )
    for name, data in content:
        (folder / name).write_bytes(data)
    return search_folder.opened(folder), X, nodes


def image(md5: str, status: str = "ok", **more):
    known = {"jpeg_md5": f"j{md5}", "pixel_hash": f"p{md5}", "value": 1.0, "unit": "um"}
    return {"md5": md5, "status": status, "reason": None, "paths": ["/new/x.tif"]} | known | more


def arrivals(md5s, points, logits=None):
    X = np.array(points, np.float32)
    sure = np.array([[9.0, 0.0]] * len(X) if logits is None else logits, np.float32)
    return assign.Arrivals(md5s, {"features": X, "logits": sure})


def made(tree, images, given, coded=None):
    table = assign.build(images, given, tree[0], coded, lambda *_: None)
    assert table.schema.equals(ASSIGN.arrow)
    return {row["md5"]: row for row in table.to_pylist()}


def test_new_images_are_placed_and_the_others_told_apart(tree) -> None:
    points = np.zeros((4, 8))
    points[1, 0], points[2, 3] = 10.0, -60.0
    logits = [[9, 0], [9, 0], [9, 0], [0.01, 0]]
    md5s = ["a", "b", "c", "d"]
    images = [*map(image, md5s), image("e", "undecodable", reason="no TIFF")]
    index, X, nodes = tree
    images.append(image(f"{5:032x}"))
    given = arrivals([*md5s, f"{5:032x}"], [*points, X[5]], [*logits, [0, 9]])
    index.about["min_probability"] = 0.6
    rows = made(tree, images, given)
    index.about["min_probability"] = 0.5
    assert {md5: row["status"] for md5, row in rows.items()} == {
        "a": "ok", "b": "ok", "c": "far", "d": "unsure", "e": "undecodable", f"{5:032x}": "known",
    }  # fmt: skip
    assert (rows["a"]["node"], rows["b"]["node"]) == ("Tips/1", "Tips/2")
    assert rows["b"]["names"] == ["Tips", "2"] and rows["b"]["unit"] == "um"
    assert (rows["c"]["category"], rows["c"]["node"]) == ("Tips", None)
    assert rows["d"]["category"] is None and rows["e"]["reason"] == "no TIFF"
    assert rows[f"{5:032x}"]["node"] == nodes[5]


def test_old_images_get_the_answer_the_tree_holds(tree) -> None:
    _, X, nodes = tree
    md5s = [f"{i:032x}" for i in range(N)]
    logits = [[9, 0] if node.startswith("Tips") else [0, 9] for node in nodes]
    by_md5 = made(tree, [image(m) for m in md5s], arrivals(md5s, X, logits))
    assert all(by_md5[m]["node"] == node for m, node in zip(md5s, nodes, strict=True))
    # in other files, known by nothing but what the network makes of them
    strange = [f"new{i}" for i in range(N)]
    rows = made(tree, [image(m) for m in strange], arrivals(strange, X, logits))
    same = [rows[m]["node"] == node for m, node in zip(strange, nodes, strict=True)]
    assert np.mean(same) >= 0.99


def test_codings_are_those_of_the_encoder(tree) -> None:
    kernel = np.eye(8, 2, dtype=np.float32)
    coder = Encoder(np.zeros(8, np.float32), 2.0, [kernel], [np.ones(2, np.float32)], ["linear"])
    given = arrivals(["a"], [[4.0, 6, 0, 0, 0, 0, 0, 0]])
    space = Space("1u-2u_8ft_2", "ft", "features", np.arange(N), encoder=coder)
    row = made(tree, [image("a")], given, space)["a"]
    assert row["coding_space"] == "1u-2u_8ft_2" and row["coding"] == [3.0, 4.0]


def test_drift_is_told(tree) -> None:
    rng = np.random.default_rng(1)
    md5s = [f"n{i:03}" for i in range(150)]
    like = arrivals(md5s, rng.normal(size=(150, 8)))
    table = assign.build([image(m) for m in md5s], like, tree[0], None, lambda *_: None)
    found = assign.drift(table)
    assert not found.again and found.n == 150 and "the tree fits them" in assign.words(found)[1]
    other = arrivals(md5s, 1.6 * rng.normal(size=(150, 8)))
    table = assign.build([image(m) for m in md5s], other, tree[0], None, lambda *_: None)
    found = assign.drift(table)
    assert found.again and "run the pipeline again" in assign.words(found)[1]
    broken = assign.build([image("x", "empty")], arrivals([], np.zeros((0, 8)), np.zeros((0, 2))),
                          tree[0], None, lambda *_: None)  # fmt: skip
    assert "no new image" in assign.words(assign.drift(broken))[1]


def test_nothing_new_is_passed_over(tree) -> None:
    with pytest.raises(PassedOver, match="no new image"):
        assign.build([], arrivals([], np.zeros((0, 8))), tree[0], None, lambda *_: None)
