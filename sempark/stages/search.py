"""search: the collection laid out so that the nearest images of a new one are found at once.

In: features, codings with their encoders, the subset, a record an image. Out: the files of a folder
(`sempark.retrieval.folder`): whole layers of vectors with bounds that save reading them, the
subset's and the coded spaces as views of them, the tree's images with how far they lie from their
nearest.
Source: chapter 5 of the thesis, a repository made searchable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import spaces
from sempark.networks.encoder import Encoder
from sempark.retrieval.folder import files
from sempark.retrieval.searching import Layer, Space
from sempark.tables import PassedOver

Output = tuple[str, str]
"""Checkpoint and layer, as in the table features."""


def build(
    features: DataFrame,
    subset: DataFrame,
    codings: DataFrame,
    encoders: Mapping[str, Encoder],
    records: DataFrame,
    tree: Output,
    more: Sequence[str],
    about: Mapping[str, Any],
) -> Iterator[tuple[str, bytes]]:
    """Lay everything out.

    ``tree`` is the output the tree was grown from, which is always there; ``more`` names others
    such as ``2048in``; ``encoders`` those of coded spaces; ``about`` goes into the folder's index.
    """
    table = records.toArrow().sort_by("md5")
    row_of = {md5: row for row, md5 in enumerate(table["md5"].to_pylist())}
    layers = list(_layers(features, row_of, tree, more))
    if not layers:
        raise PassedOver("no image has features")
    found = [Space(layer.name, layer.checkpoint, layer.layer, layer.rows, layer.name)
             for layer in layers]  # fmt: skip
    found += _of_subset(subset, layers, row_of)
    found += _coded(codings, encoders, row_of)
    default = next(layer.name for layer in layers if (layer.checkpoint, layer.layer) == tree)
    yield from files(dict(about) | {"default": default}, table, layers, found)


def _layers(
    features: DataFrame, row_of: Mapping[str, int], tree: Output, more: Sequence[str]
) -> Iterator[Layer]:
    widths = features.groupBy("checkpoint", "layer").agg(F.max(F.size("vector")).alias("width"))
    for row in widths.orderBy("checkpoint", "layer").collect():
        checkpoint, layer, width = row
        name = f"{width}{checkpoint}"
        if (checkpoint, layer) == tree or name in more:
            of = (F.col("checkpoint") == checkpoint) & (F.col("layer") == layer)
            md5s, X = spaces.to_numpy(features.where(of))
            kept = [i for i, md5 in enumerate(md5s) if md5 in row_of]
            rows = np.array([row_of[md5s[i]] for i in kept], np.int64)
            yield Layer(name, checkpoint, layer, rows, X[kept])


def _of_subset(
    subset: DataFrame, layers: Sequence[Layer], row_of: Mapping[str, int]
) -> Iterator[Space]:
    """The raw spaces of each subset, as rows of a layer."""
    members: dict[str, set[int]] = {}
    for row in subset.select("name", "md5").collect():
        if row["md5"] in row_of:
            members.setdefault(row["name"], set()).add(row_of[row["md5"]])
    for name in sorted(members):
        for layer in layers:
            within = np.flatnonzero([row in members[name] for row in layer.rows])
            if len(within):
                rows = layer.rows[within]
                own = f"{name}_{layer.name}"
                yield Space(own, layer.checkpoint, layer.layer, rows, layer.name, within)


def _coded(
    codings: DataFrame, encoders: Mapping[str, Encoder], row_of: Mapping[str, int]
) -> Iterator[Space]:
    for space in sorted(encoders):
        md5s, X = spaces.to_numpy(codings.where(F.col("space") == space))
        kept = [i for i, md5 in enumerate(md5s) if md5 in row_of]
        if kept:
            rows = np.array([row_of[md5s[i]] for i in kept], np.int64)
            checkpoint, layer = output_of(space)
            yield Space(space, checkpoint, layer, rows, X=X[kept], encoder=encoders[space])


def output_of(space: str) -> Output:
    """Checkpoint and layer behind the name of a space: ``1u-2u_2048in_18`` is in, features."""
    raw = space.split("_")[1]
    width = raw.rstrip("abcdefghijklmnopqrstuvwxyz")
    return raw.removeprefix(width), "features" if int(width) == 2048 else "logits"
