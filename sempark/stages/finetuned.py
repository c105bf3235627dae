"""finetuned: a network trained on the labels, with what its test set says of it.

In: images_flat, scale (data bars), one category an image, near duplicates. Out: the files of a
folder: ``checkpoint.keras``, ``history.json``, ``evaluation.json``, ``split.csv``, TensorBoard's
records. Pictures reach the trainer as a stream from a file of small pixels on local scratch.
Source: section 3.1.1 of the thesis, its [2] (last layer) and [3] (all layers).
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sempark import pictures
from sempark.config import Finetune
from sempark.networks import evaluation, finetune, preprocessing, split
from sempark.networks.network import Network
from sempark.tables import arrow_schema

PIXELS_SCHEMA = "md5 string, pixels binary"
PIXELS_ARROW = arrow_schema(PIXELS_SCHEMA)
CHUNK_BYTES = 256 << 20
STREAM_ROWS = 256


@dataclass(frozen=True)
class Labelled:
    """Labelled pictures: small gray pixels in a file, in the order of their md5s."""

    md5s: list[str]
    categories: list[str]
    pixels: NDArray[np.uint8]


def labelled(
    images: DataFrame, categories: DataFrame, size: int, partitions: int, scratch: Path
) -> Labelled:
    """Shrink the labelled pictures on the executors and gather them in a file on scratch."""
    rows = images.join(categories.select("md5"), "md5", how="left_semi")
    small = rows.repartition(partitions, "md5").mapInArrow(
        lambda batches: _shrink(batches, size), PIXELS_SCHEMA
    )
    known = {row["md5"]: row["category"] for row in categories.collect()}
    small = small.persist()
    md5s = sorted(row["md5"] for row in small.select("md5").collect())
    row_of = {md5: i for i, md5 in enumerate(md5s)}
    shape = (len(md5s), size, size)
    pixels = np.lib.format.open_memmap(scratch / "pixels.npy", "w+", np.uint8, shape)
    n_chunks = math.ceil(len(md5s) * size * size / CHUNK_BYTES)
    for chunk in range(n_chunks):
        part = small.where(F.pmod(F.xxhash64("md5"), F.lit(n_chunks)) == chunk).toArrow()
        for md5, content in zip(part["md5"].to_pylist(), part["pixels"].to_pylist(), strict=True):
            pixels[row_of[md5]] = np.frombuffer(content, np.uint8).reshape(size, size)
    small.unpersist()
    return Labelled(md5s, [known[md5] for md5 in md5s], pixels)


def groups(md5s: Sequence[str], pairs: DataFrame) -> NDArray[np.int64]:
    """Number of the group of near duplicates each image is in, so that none straddles parts."""
    row_of = {md5: i for i, md5 in enumerate(md5s)}
    edges = [
        (row_of[row["md5_a"]], row_of[row["md5_b"]])
        for row in pairs.select("md5_a", "md5_b").collect()
        if row["md5_a"] in row_of and row["md5_b"] in row_of
    ]
    a = np.array([edge[0] for edge in edges], dtype=np.int64)
    b = np.array([edge[1] for edge in edges], dtype=np.int64)
    graph = coo_array((np.ones(len(edges)), (a, b)), shape=(len(md5s), len(md5s)))
    found: NDArray[np.int64] = connected_components(graph, directed=False)[1]
    return found


def build(
    data: Labelled,
    group: NDArray[np.int64],
    opened: Callable[[str], Network],
    settings: Finetune,
    scratch: Path,
    progress: Callable[[int, int], None],
) -> Iterator[tuple[str, bytes]]:
    """Split, train, test; yields the folder's files. Training goes on from scratch if killed.

    ``opened`` gives the network of a checkpoint.
    """
    names = sorted(set(data.categories))
    y = np.array([names.index(category) for category in data.categories])
    parts = split.split(y, group, settings.seed)
    network = opened(settings.checkpoint)
    counts = np.bincount(y[parts == "train"], minlength=len(names))
    given = finetune.Data(
        train=_stream(data.pixels, y, np.flatnonzero(parts == "train")),
        validation=_stream(data.pixels, y, np.flatnonzero(parts == "validation")),
        class_counts=tuple(int(count) for count in counts),
    )
    trained = finetune.train(network, given, scratch, _settings(settings), progress)
    test = np.flatnonzero(parts == "test")
    network = opened(str(trained.checkpoint))
    logits = network.extract([data.pixels[i] for i in test], settings.batch)["logits"]
    result = evaluation.evaluate(evaluation.probabilities(logits, len(names)), y[test])
    rows = [("md5", "category", "part"), *zip(data.md5s, data.categories, parts, strict=True)]
    yield "split.csv", _csv(rows)
    yield "evaluation.json", _json(_about(names, counts, result))
    for path in sorted(scratch.rglob("*")):
        if path.is_file() and path.suffix not in (".npy", ".npz"):
            yield str(path.relative_to(scratch)), path.read_bytes()


def _shrink(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = []
        for row in batch.to_pylist():
            gray = pictures.gray(row["jpeg"], row["databar"])
            small = preprocessing.resize(gray, size)
            rows.append({"md5": row["md5"], "pixels": small.tobytes()})
        yield pa.RecordBatch.from_pylist(rows, PIXELS_ARROW)


def _stream(
    pixels: NDArray[np.uint8], y: NDArray[np.int64], rows: NDArray[np.int64]
) -> Callable[[], Iterator[tuple[Sequence[NDArray[np.uint8]], Sequence[int]]]]:
    def start() -> Iterator[tuple[Sequence[NDArray[np.uint8]], Sequence[int]]]:
        for at in range(0, rows.size, STREAM_ROWS):
            chosen = rows[at : at + STREAM_ROWS]
            yield [np.asarray(pixels[i]) for i in chosen], [int(y[i]) for i in chosen]

    return start


def _settings(settings: Finetune) -> finetune.Settings:
    return finetune.Settings(
        scope="last_layer" if settings.scope == "last_layer" else "all",
        head="1001" if settings.head == "1001" else "categories",
        n_epochs=settings.epochs,
        batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        auxiliary_layers=tuple(settings.auxiliary_layers),
        auxiliary_weight=settings.auxiliary_weight,
        patience=settings.patience,
        seed=settings.seed,
    )


def _about(
    names: Sequence[str], counts: NDArray[np.int64], result: evaluation.Evaluation
) -> dict[str, Any]:
    return {
        "categories": list(names),
        "train_counts": counts.tolist(),
        "n": result.n,
        "accuracy": result.accuracy,
        "interval": list(result.interval),
        "majority": float(result.confusion.sum(axis=1).max() / max(1, result.n)),
        "confusion": result.confusion.tolist(),
        "category_accuracy": result.category_accuracy.tolist(),
        "bin_confidence": result.bin_confidence.tolist(),
        "bin_accuracy": result.bin_accuracy.tolist(),
        "bin_count": result.bin_count.tolist(),
        "calibration_error": result.calibration_error,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
