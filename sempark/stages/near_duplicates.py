"""near_duplicates: pairs of pictures that are all but equal.

In: images_flat. Out: a row for each pair that its JPEGs' pixels prove: recompressed, rescaled,
with shifted brightness, or with a few other pixels. Candidates are pairs whose perceptual hashes
differ in few bits; they meet in buckets (two of eight bytes in common), so the work grows with the
number of near pairs and not with all pairs. Nothing is dropped here.

Source: footnote 1 of the thesis (two images_flat JPEGs whose 33 pixels differ by 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import cv2
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

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
    keyed = hashed.select("md5", "perceptual_hash", F.explode(keys("perceptual_hash")).alias("key"))
    a = keyed.select("key", F.col("md5").alias("md5_a"), F.col("perceptual_hash").alias("hash_a"))
    b = keyed.select("key", F.col("md5").alias("md5_b"), F.col("perceptual_hash").alias("hash_b"))
    near = F.bit_count(F.col("hash_a").bitwiseXOR(F.col("hash_b"))) <= max_bits
    together = a.join(b, "key", how="inner").where((F.col("md5_a") < F.col("md5_b")) & near)
    return together.select("md5_a", "md5_b").distinct()


def keys(name: str) -> Column:
    """The 28 bucket keys of a perceptual hash, as `sempark.imaging.hashes.buckets` gives them."""
    octets = [F.shiftrightunsigned(name, 56 - 8 * i).bitwiseAND(F.lit(255)) for i in range(8)]
    return F.array(
        *(
            F.lit(number << 16) + octets[i] * F.lit(256) + octets[j]
            for number, (i, j) in enumerate(combinations(range(8), 2))
        )
    )


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
