"""features: each image through each checkpoint, what its last two layers and one half way give.

In: images_flat, scale (the box of the data bar). Out: up to three rows an image and checkpoint: the
2048 numbers after dropout, the 1001 of the last layer and, where a layer half way is known, the
means of its maps. The network is loaded once a Python worker and always sees whole batches, so that
no row depends on its neighbors, in an order that no timing changes. Source: section 3.1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
import tensorflow as tf
from pyspark import SparkFiles
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import checkpoints, pictures
from sempark.config import Features
from sempark.networks.network import Network
from sempark.tables import FEATURES

_LOADED: dict[str, Network] = {}


def build(
    images: DataFrame,
    scale: DataFrame,
    paths: Mapping[str, str],
    settings: Features,
    previous: Mapping[str, DataFrame],
    partitions: int,
) -> DataFrame:
    """Extract what is new, keep what is known. Key: checkpoint, layer, md5.

    ``paths`` maps ``in`` and ``ft`` to ``random:SEED``, ``imagenet`` or the name of a file
    that was shipped to the executors; ``previous`` maps a checkpoint to its known rows.
    """
    rows = pictures.with_databar(images, scale, settings.crop_databar)
    made = []
    for name, checkpoint in paths.items():
        todo = rows
        if name in previous:
            known = previous[name].where(F.col("checkpoint") == name)
            same = F.col("known.databar").eqNullSafe(F.col("rows.databar"))
            match = (F.col("known.md5") == F.col("rows.md5")) & same
            made.append(known.alias("known").join(rows.alias("rows"), match, how="left_semi"))
            todo = rows.alias("rows").join(known.alias("known"), match, how="left_anti")
        made.append(_extracted(todo, name, checkpoint, settings, partitions))
    return reduce(DataFrame.unionByName, (part.select(*FEATURES.names) for part in made))


def _extracted(
    rows: DataFrame, name: str, checkpoint: str, settings: Features, partitions: int
) -> DataFrame:
    return arranged(rows, partitions).mapInArrow(
        lambda batches: _worker(batches, name, checkpoint, settings), FEATURES.schema
    )


def arranged(rows: DataFrame, partitions: int) -> DataFrame:
    """Tasks whose rows stand in one order, whichever node sent its part first.

    Convolutions on some processors add up in an order that hangs on a picture's place in its batch:
    its features then differ in the last digits.
    """
    return rows.repartition(partitions, "md5").sortWithinPartitions("md5")


def _worker(
    batches: Iterator[pa.RecordBatch], name: str, checkpoint: str, settings: Features
) -> Iterator[pa.RecordBatch]:
    """Run a partition through the network, a few whole batches at a time."""
    network = load(checkpoint, name, settings)
    size = 4 * settings.batch
    pending: list[dict[str, Any]] = []
    for batch in batches:
        pending += batch.to_pylist()
        while len(pending) >= size:
            yield _rows(pending[:size], name, network, settings.batch)
            pending = pending[size:]
    if pending:
        yield _rows(pending, name, network, settings.batch)


def load(checkpoint: str, name: str, settings: Features) -> Network:
    """The network of a worker, opened once; its threads are the task's cores."""
    key = f"{checkpoint} {name} {settings}"
    if key in _LOADED:
        return _LOADED[key]
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    if not tf.config.list_physical_devices("GPU"):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    named = checkpoint == "imagenet" or checkpoint.startswith("random:")
    path = checkpoint if named else SparkFiles.get(checkpoint)
    _LOADED[key] = checkpoints.load(path, name, settings)
    return _LOADED[key]


def _rows(
    images: Sequence[Mapping[str, Any]], name: str, network: Network, batch_size: int
) -> pa.RecordBatch:
    grays = [pictures.gray(row["jpeg"], row["databar"]) for row in images]
    found = network.extract(grays, batch_size)
    rows = [
        {
            "checkpoint": name,
            "layer": layer,
            "md5": row["md5"],
            "databar": row["databar"],
            "vector": found[layer][i],
        }
        for i, row in enumerate(images)
        for layer in found
    ]
    return pa.RecordBatch.from_pylist(rows, FEATURES.arrow)
