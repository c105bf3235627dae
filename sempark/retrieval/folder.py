"""The folder `search`: written once by the pipeline, opened by each query.

In: vectors of whole layers, the spaces made of them, records, the tree's images. Out: the files of
the folder, with bounds that save reading most vectors; and from that folder an
`sempark.retrieval.searching.Index`, whose vectors stay on disk.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sempark.geometry import lookup
from sempark.networks.encoder import from_bytes, to_bytes
from sempark.retrieval.searching import Index, Layer, Space
from sempark.tables import Refused
from sempark.tree.placing import Tree, plant

FOLDER_VERSION = 1


def files(
    about: Mapping[str, Any],
    records: pa.Table,
    layers: Sequence[Layer],
    spaces: Sequence[Space],
) -> Iterator[tuple[str, bytes]]:
    """The files of the folder; ``about["default"]`` names the layer of the tree."""
    yield "records.parquet", _parquet(records)
    said: dict[str, Any] = dict(about) | {"version": FOLDER_VERSION, "layers": [], "spaces": []}
    for number, layer in enumerate(layers):
        yield from _vectors(f"layer-{number}", layer.X)
        yield f"layer-{number}.rows", layer.rows.astype(np.int64).tobytes()
        about_layer = {"n": len(layer.X), "d": layer.X.shape[1], "name": layer.name}
        of_checkpoint = {"checkpoint": layer.checkpoint, "layer": layer.layer}
        said["layers"].append(about_layer | of_checkpoint)
        if layer.name == about["default"]:
            nodes = records["node"].take(pa.array(layer.rows)).to_pylist()
            yield "tree.npz", _tree(plant(layer.X, nodes))
    for number, space in enumerate(spaces):
        of = {"name": space.name, "checkpoint": space.checkpoint, "layer": space.layer}
        shape: dict[str, Any] = {"of": space.of}
        yield f"space-{number}.rows", space.rows.astype(np.int64).tobytes()
        if space.within is not None:
            yield f"space-{number}.within", space.within.astype(np.int64).tobytes()
            shape["within"] = True
        if space.X is not None and space.encoder is not None:
            yield from _vectors(f"space-{number}", space.X)
            yield f"space-{number}.encoder", to_bytes(space.encoder)
            shape |= {"n": len(space.X), "d": space.X.shape[1]}
        said["spaces"].append(of | shape)
    yield "index.json", json.dumps(said, indent=1).encode()


def opened(folder: Path) -> Index:
    """Open the folder; vectors stay on disk.

    Raises
    ------
    Refused
        It is empty or was written by another version.
    """
    path = folder / "index.json"
    if not path.exists():
        raise Refused("there is nothing to search yet: run ./spark-submit.sh pipeline")
    about = json.loads(path.read_text(encoding="utf-8"))
    if about["version"] != FOLDER_VERSION:
        raise Refused("the folder search is of another version: ./spark-submit.sh search --force")
    layers, spaces, lookups = {}, {}, {}
    for number, of in enumerate(about["layers"]):
        rows = np.fromfile(folder / f"layer-{number}.rows", np.int64)
        X, lookups[of["name"]] = _mapped(folder / f"layer-{number}", of["n"], of["d"])
        layers[of["name"]] = Layer(of["name"], of["checkpoint"], of["layer"], rows, X)
    for number, of in enumerate(about["spaces"]):
        stem = folder / f"space-{number}"
        rows = np.fromfile(f"{stem}.rows", np.int64)
        within = np.fromfile(f"{stem}.within", np.int64) if of.get("within") else None
        own = encoder = None
        if "d" in of:
            own, lookups[of["name"]] = _mapped(stem, of["n"], of["d"])
            encoder = from_bytes(Path(f"{stem}.encoder").read_bytes())
        name, checkpoint, layer = of["name"], of["checkpoint"], of["layer"]
        spaces[name] = Space(name, checkpoint, layer, rows, of["of"], within, own, encoder)
    records = pq.read_table(folder / "records.parquet")
    return Index(about, records, layers, spaces, lookups, _opened_tree(folder / "tree.npz"))


def _vectors(stem: str, X: NDArray[np.float32]) -> Iterator[tuple[str, bytes]]:
    """An array, and what finds its rows."""
    yield f"{stem}.f32", np.ascontiguousarray(X, np.float32).tobytes()
    found = lookup.prepare(X)
    out = io.BytesIO()
    np.savez(
        out,
        mean=found.mean,
        components=found.components,
        coordinates=found.coordinates,
        residual=found.residual,
        slack=np.float64(found.slack),
    )
    yield f"{stem}.lookup", out.getvalue()


def _mapped(stem: Path, n: int, d: int) -> tuple[NDArray[np.float32], lookup.Lookup]:
    X = np.memmap(f"{stem}.f32", np.float32, "r", shape=(n, d))
    with np.load(f"{stem}.lookup", allow_pickle=False) as stored:
        mean, components = stored["mean"], stored["components"]
        slack = float(stored["slack"])
        return X, lookup.Lookup(mean, components, stored["coordinates"], stored["residual"], slack)


def _tree(tree: Tree) -> bytes:
    out = io.BytesIO()
    arrays: dict[str, Any] = {"node_of": tree.node_of}
    for i, name in enumerate(tree.members):
        arrays |= {f"members_{i}": tree.members[name], f"strange_{i}": tree.strangeness[name]}
    about = json.dumps({"nodes": tree.nodes, "categories": list(tree.members)})
    np.savez(out, about=np.array(about), **arrays)
    return out.getvalue()


def _opened_tree(path: Path) -> Tree:
    with np.load(path, allow_pickle=False) as stored:
        about = json.loads(str(stored["about"]))
        names = list(enumerate(about["categories"]))
        return Tree(
            about["nodes"],
            stored["node_of"],
            {name: stored[f"members_{i}"] for i, name in names},
            {name: stored[f"strange_{i}"] for i, name in names},
        )


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()
