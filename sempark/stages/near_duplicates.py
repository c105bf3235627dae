"""near_duplicates: pairs of pictures that are all but equal.

In: images_flat. Out: a row for each pair that its JPEGs' pixels prove: recompressed, rescaled,
with shifted brightness, or with a few other pixels. Candidates are pairs whose perceptual hashes
differ in few bits; they meet in buckets (two of eight bytes in common), so the work grows with the
number of near pairs and not with all pairs. Nothing is dropped here.

Source: footnote 1 of the thesis (two images_flat JPEGs whose 33 pixels differ by 1).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import lookalikes
from sempark.config import NearDuplicates
from sempark.imaging import jpeg
from sempark.imaging.comparison import compare
from sempark.tables import NEAR_DUPLICATES


def build(images: DataFrame, settings: NearDuplicates) -> DataFrame:
    """Find candidates by their hashes, keep what the pixels prove. Key: md5_a, md5_b."""
    pictures = images.where(F.col("status") == "ok")
    pairs = candidates(pictures.select("md5", "perceptual_hash"), settings.max_bits)
    jpegs = pictures.select("md5", "jpeg")
    rows = pairs
    for side in ("a", "b"):
        named = jpegs.select(F.col("md5").alias(f"md5_{side}"), F.col("jpeg").alias(f"jpeg_{side}"))
        rows = rows.join(named, f"md5_{side}", how="inner")
    limit = settings.max_mean_difference
    return rows.mapInArrow(lambda batches: _worker(batches, limit), NEAR_DUPLICATES.schema).select(
        *NEAR_DUPLICATES.names
    )


def candidates(hashed: DataFrame, max_bits: int) -> DataFrame:
    """Pairs md5_a < md5_b whose hashes differ in at most max_bits (6 or fewer: none is missed)."""
    a, b = (hashed.withColumnRenamed("md5", f"md5_{side}") for side in ("a", "b"))
    return lookalikes.near(a, b, max_bits).where("md5_a < md5_b")


def _worker(batches: Iterator[pa.RecordBatch], limit: float) -> Iterator[pa.RecordBatch]:
    cv2.setNumThreads(1)
    for batch in batches:
        rows = []
        for row in batch.to_pylist():
            found = compare(jpeg.decode(row["jpeg_a"]), jpeg.decode(row["jpeg_b"]), limit)
            if found.kind != "different":
                rows.append(
                    {
                        "md5_a": row["md5_a"],
                        "md5_b": row["md5_b"],
                        "kind": found.kind,
                        "differing_px": found.n_different,
                        "largest_difference": found.largest_difference,
                    }
                )
        if rows:
            yield pa.RecordBatch.from_pylist(rows, NEAR_DUPLICATES.arrow)
