"""The collection laid out for searching: vectors on disk, a record an image, the tree.

In: an `Index`, opened from the folder `search` (`sempark.retrieval.folder`). Out: the k nearest
images of a vector in any of its spaces, exactly, reading only few of the vectors; the place of a
picture in the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sempark.geometry import lookup
from sempark.networks.encoder import Encoder
from sempark.tables import Refused
from sempark.tree.placing import N_VOTES, Place, Tree, place


@dataclass(frozen=True)
class Layer:
    """Vectors of one layer of one checkpoint, for every image, and how to look them up.

    Attributes
    ----------
    name : str
        Such as ``2048ft``.
    checkpoint, layer : str
        As in the table features.
    rows : int64 (n,)
        Row of each vector in the records.
    X : float32 (n, d)
    """

    name: str
    checkpoint: str
    layer: str
    rows: NDArray[np.int64]
    X: NDArray[np.float32]


@dataclass(frozen=True)
class Space:
    """A space to search in: a layer, a subset of it, or codings made of it.

    Attributes
    ----------
    name, checkpoint, layer : str
        Its own name; whose output the vectors come from, as in the table features.
    rows : int64 (n,)
        Row of each point in the records.
    of : str
        The `Layer` that holds the points; empty where the space holds its own.
    within : int64 (n,) or None
        Rows of that layer's vectors, where the points are only these.
    X : float32 (n, d) or None
        The space's own points: codings.
    encoder : Encoder or None
        From a layer's vector to a coding.
    """

    name: str
    checkpoint: str
    layer: str
    rows: NDArray[np.int64]
    of: str = ""
    within: NDArray[np.int64] | None = None
    X: NDArray[np.float32] | None = None
    encoder: Encoder | None = None


@dataclass(frozen=True)
class Hit:
    """An image found: its place in the list from 1, its distance, what is known of it."""

    rank: int
    distance: float
    record: dict[str, Any]


@dataclass(frozen=True)
class Index:
    """The folder `search`, opened.

    Attributes
    ----------
    about : dict
        Spaces' default, categories in the order of the logits, rules' numbers.
    records : pyarrow.Table
        As `sempark.retrieval.records`, sorted by md5.
    layers, spaces : mapping
        By name.
    lookups : mapping
        Of layers and codings, by name.
    tree : Tree
        Rows of the default layer.
    """

    about: dict[str, Any]
    records: pa.Table
    layers: Mapping[str, Layer]
    spaces: Mapping[str, Space]
    lookups: Mapping[str, lookup.Lookup]
    tree: Tree

    def space(self, name: str) -> Space:
        """A space by name; without a name the one the tree was grown in.

        Raises
        ------
        Refused
            There is no such space.
        """
        chosen = name or str(self.about["default"])
        if chosen not in self.spaces:
            raise Refused(f"no space {chosen}; there are {', '.join(self.spaces)}")
        return self.spaces[chosen]

    def known(self, md5: str, jpeg_md5: str = "", pixel_hash: str = "") -> int | None:
        """Row of the image with this file, this gray JPEG or these pixels; None: a new one."""
        of_column = {"md5": md5, "jpeg_md5": jpeg_md5 or md5, "pixel_hash": pixel_hash}
        # somebody may search with a JPEG of the collection itself
        for name, value in (*of_column.items(), ("jpeg_md5", md5)):
            if value:
                row = pc.index(self.records[name], pa.scalar(value)).as_py()
                if row >= 0:
                    return int(row)
        return None

    def record(self, row: int) -> dict[str, Any]:
        """What is known of an image."""
        return dict(self.records.slice(row, 1).to_pylist()[0])

    def names(self, node: str) -> list[str]:
        """What the nodes down to a node are called."""
        row = pc.index(self.records["node"], pa.scalar(node)).as_py() if node else -1
        return list(self.record(row)["names"]) if row >= 0 else []

    def find(self, name: str, vector: NDArray[np.float32], k: int) -> list[Hit]:
        """The k nearest images of a layer's vector in a space, fewer where it has fewer."""
        space = self.space(name)
        if space.encoder is not None and space.X is not None:
            X, found = space.X, self.lookups[space.name]
            vector = space.encoder.code(vector[None])[0]
        else:
            X, found = self.layers[space.of].X, self.lookups[space.of]
        k = min(k, len(space.rows))
        near = lookup.nearest_to(X, found, vector, k, space.within)
        at = near.indices[0]
        if space.within is not None:
            at = np.searchsorted(space.within, at)
        return [
            Hit(rank, float(distance), self.record(int(space.rows[i])))
            for rank, (i, distance) in enumerate(zip(at, near.distances[0], strict=True), start=1)
        ]

    def place(
        self, category: str, probability: float, vector: NDArray[np.float32], row: int | None
    ) -> Place:
        """Where a picture belongs; ``row`` is that of `known`."""
        if row is not None:
            record = self.record(row)
            node, of = record["node"] or "", record["category"] or ""
            return Place("known", of, node, record["confidence"], 1.0 if node else None, None)
        layer = self.layers[str(self.about["default"])]
        members = self.tree.members.get(category, np.empty(0, np.int64))
        indices, distances = np.empty(0, np.int64), np.empty(0)
        if len(members):
            k = min(N_VOTES, len(members))
            near = lookup.nearest_to(layer.X, self.lookups[layer.name], vector, k, members)
            indices, distances = near.indices[0], near.distances[0]
        least, far = float(self.about["min_probability"]), float(self.about["far_below"])
        return place(self.tree, category, probability, indices, distances, least, far)
