"""The folder of a search, written and opened again: the same lists as an exhaustive search."""

import numpy as np
import pyarrow as pa
import pytest

from sempark.geometry.neighbors import nearest
from sempark.networks.encoder import Encoder
from sempark.retrieval import folder as search_folder
from sempark.retrieval.records import COLUMNS
from sempark.retrieval.searching import Layer, Space
from sempark.tables import Refused

N, D = 120, 40


def record(i: int) -> dict[str, object]:
    known = i % 10 < 8
    node = f"Tips/{1 + i % 2}" if known else None
    row = dict.fromkeys(COLUMNS)
    return row | {
        "md5": f"{i:032x}",
        "jpeg_md5": f"{i + 1000:032x}",
        "pixel_hash": f"{i + 2000:032x}",
        "paths": [f"/data/{i}.tif"],
        "category": "Tips" if known else None,
        "node": node,
        "names": ["Tips", str(1 + i % 2)] if known else None,
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    rng = np.random.default_rng(2)
    X = (rng.normal(size=(N, 6)) @ rng.normal(size=(6, D))).astype(np.float32)
    X[::2] += 3
    encoder = Encoder(X.mean(axis=0), 2.0, [rng.normal(size=(D, 3)).astype(np.float32)],
                      [np.zeros(3, np.float32)], ["elu"])  # fmt: skip
    rows, within = np.arange(N), np.arange(0, N, 3)
    layer = Layer("2048ft", "ft", "features", rows, X)
    spaces = [
        Space("2048ft", "ft", "features", rows, "2048ft"),
        Space("1u-2u_2048ft", "ft", "features", within, "2048ft", within),
        Space("1u-2u_2048ft_3", "ft", "features", within, "", None,
              encoder.code(X[within]), encoder),
    ]  # fmt: skip
    about = {"default": "2048ft", "categories": ["Tips"], "min_probability": 0.5, "far_below": 0.01}
    folder = tmp_path_factory.mktemp("search")
    table = pa.Table.from_pylist([record(i) for i in range(N)])
    for name, content in search_folder.files(about, table, [layer], spaces):
        (folder / name).write_bytes(content)
    return folder, search_folder.opened(folder), X, encoder


def test_all_images_are_searched_exactly(made) -> None:
    _, index, X, _ = made
    q = X[5] + 0.1
    expected = nearest(X, 9, queries=q[None])
    hits = index.find("", q, 9)
    assert [int(hit.record["md5"], 16) for hit in hits] == expected.indices[0].tolist()
    assert [hit.distance for hit in hits] == pytest.approx(expected.distances[0].tolist())
    assert [hit.rank for hit in hits] == list(range(1, 10))


def test_a_subset_and_codings_are_searched_as_their_tables_are(made) -> None:
    _, index, X, encoder = made
    within = np.arange(0, N, 3)
    Z = encoder.code(X[within])
    for name, points in (("1u-2u_2048ft", X[within]), ("1u-2u_2048ft_3", Z)):
        table = nearest(points, 5)
        for i in (0, 7, 39):
            hits = index.find(name, X[within[i]], 6)
            assert int(hits[0].record["md5"], 16) == within[i] and hits[0].distance < 1e-5
            found = [int(hit.record["md5"], 16) for hit in hits[1:]]
            assert found == within[table.indices[i]].tolist()
            assert [h.distance for h in hits[1:]] == pytest.approx(table.distances[i], rel=1e-4)


def test_fewer_images_than_asked_for_are_all(made) -> None:
    _, index, X, _ = made
    assert len(index.find("1u-2u_2048ft", X[0], 1000)) == 40


def test_a_picture_is_known_by_file_jpeg_and_pixels(made) -> None:
    _, index, _, _ = made
    assert index.known(f"{7:032x}") == 7
    assert index.known("x", f"{1007:032x}") == 7
    assert index.known(f"{1007:032x}") == 7  # the JPEG of the collection itself
    assert index.known("x", "y", f"{2007:032x}") == 7
    assert index.known("x", "y", "z") is None


def test_an_old_image_is_placed_as_the_tree_holds_it(made) -> None:
    _, index, X, _ = made
    for i in range(N):
        by_md5 = index.place("Tips", 0.1, X[i], i)
        assert (by_md5.status, by_md5.node) == ("known", record(i)["node"] or "")
        if record(i)["node"]:  # and by its vector alone: it is its own nearest
            assert index.place("Tips", 0.9, X[i], None).node == record(i)["node"]


def test_names_of_a_node(made) -> None:
    _, index, _, _ = made
    assert index.names("Tips/2") == ["Tips", "2"] and index.names("") == []


def test_what_is_not_there_is_refused(made, tmp_path) -> None:
    folder, index, _, _ = made
    with pytest.raises(Refused, match="no space 2048in; there are 2048ft"):
        index.space("2048in")
    with pytest.raises(Refused, match="nothing to search yet"):
        search_folder.opened(tmp_path)
    text = (folder / "index.json").read_text().replace('"version": 1', '"version": 0')
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(Refused, match="another version"):
        search_folder.opened(tmp_path)
