"""predictions: the category the fine-tuned network gives each image, and how sure it is.

In: the ft logits of features. Out: a row an image. The first outputs stand for the categories, in
their order; the softmax runs over these alone. Source: section 3.1.1, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.networks import evaluation
from sempark.tables import PREDICTIONS


def build(features: DataFrame, categories: Sequence[str]) -> DataFrame:
    """The most probable category of each image. Key: checkpoint, md5."""
    chosen = features.where((F.col("checkpoint") == "ft") & (F.col("layer") == "logits"))
    return chosen.select("md5", "vector").mapInArrow(
        lambda batches: _worker(batches, categories), PREDICTIONS.schema
    )


def _worker(
    batches: Iterator[pa.RecordBatch], categories: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if not batch.num_rows:
            continue
        logits = np.asarray(batch["vector"].flatten()).reshape(batch.num_rows, -1)
        probability = evaluation.probabilities(logits, len(categories))
        best = probability.argmax(axis=1)
        columns = [
            pa.array(["ft"] * batch.num_rows),
            batch["md5"],
            pa.array([categories[i] for i in best]),
            pa.array(probability.max(axis=1).astype(np.float64)),
        ]
        yield pa.RecordBatch.from_arrays(columns, PREDICTIONS.names)
