"""All but equal pictures: candidates in buckets of perceptual hashes, proved on pixels.

In: tables with perceptual hashes. Out: their pairs within a few bits, and those whose pixels agree.
Two hashes that differ in at most 6 of 64 bits have two of their eight bytes in common, so they
meet under one of 28 keys; hashes meet there, not pictures. Of up to `CROWD` pictures with one hash
none is missed; of more (flat pictures have 0, frames of a film are alike) each stands beside the
`CROWD` next in order only, and the first stand for all before another hash: work grows with the
number of pictures, not of pairs. Used by the stages near_duplicates, images_flat and labels.
Source: `sempark.imaging.hashes`; footnote 1 of the thesis.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import cv2
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from sempark.config import NearDuplicates
from sempark.imaging import jpeg
from sempark.imaging.comparison import compare
from sempark.imaging.hashes import MAX_BITS
from sempark.tables import NEAR_DUPLICATES

CROWD = 32


def keys(name: str) -> Column:
    """The 28 bucket keys of a perceptual hash, as `sempark.imaging.hashes.buckets` gives them."""
    octets = [F.shiftrightunsigned(name, 56 - 8 * i).bitwiseAND(F.lit(255)) for i in range(8)]
    return F.array(
        *(
            F.lit(number << 16) + octets[i] * F.lit(256) + octets[j]
            for number, (i, j) in enumerate(combinations(range(8), 2))
        )
    )


def near(left: DataFrame, right: DataFrame, max_bits: int = MAX_BITS) -> DataFrame:
    """For each row of left the rows of right whose perceptual_hash differs in at most max_bits.

    `left` and `right` have an id column each, of different names, and perceptual_hash. Out: the
    two ids, each pair once; of a right hash the first `CROWD` ids.
    """
    (id_a,), (id_b,) = ([n for n in t.columns if n != "perceptual_hash"] for t in (left, right))
    a = left.select(id_a, F.col("perceptual_hash").alias("hash_a"))
    b = _ranked(right, id_b).where(F.col("rank") < CROWD)
    b = b.select(id_b, F.col("perceptual_hash").alias("hash_b"))
    pairs = _near_hashes(left, right, max_bits)
    return pairs.join(a, "hash_a", how="inner").join(b, "hash_b", how="inner").select(id_a, id_b)


def candidates(hashed: DataFrame, max_bits: int = MAX_BITS) -> DataFrame:
    """Pairs md5_a < md5_b of one table (md5, perceptual_hash) within max_bits, each once."""
    ranked = _ranked(hashed, "md5")
    first = ranked.where(F.col("rank") < CROWD)
    hashes = _near_hashes(hashed, hashed, max_bits).where("hash_a < hash_b")
    a, b = (first.select(F.col("md5").alias(f"md5_{side}"),
                         F.col("perceptual_hash").alias(f"hash_{side}"))
            for side in "ab")  # fmt: skip
    others = hashes.join(a, "hash_a", how="inner").join(b, "hash_b", how="inner")
    found = _alike(ranked).unionByName(others.select("md5_a", "md5_b"))
    return found.select(
        F.least("md5_a", "md5_b").alias("md5_a"), F.greatest("md5_a", "md5_b").alias("md5_b")
    )


def proved(images: DataFrame, settings: NearDuplicates) -> DataFrame:
    """Pairs of images (md5, jpeg, perceptual_hash) that the pixels of their JPEGs prove.

    In the columns of near_duplicates. Key: md5_a, md5_b.
    """
    rows = candidates(images.select("md5", "perceptual_hash"), settings.max_bits)
    for side in ("a", "b"):
        named = images.select(
            F.col("md5").alias(f"md5_{side}"), F.col("jpeg").alias(f"jpeg_{side}")
        )
        rows = rows.join(named, f"md5_{side}", how="inner")
    limit = settings.max_mean_difference
    return rows.mapInArrow(lambda batches: _compared(batches, limit), NEAR_DUPLICATES.schema)


def _near_hashes(left: DataFrame, right: DataFrame, max_bits: int) -> DataFrame:
    """Pairs of different hashes hash_a, hash_b within max_bits; equal ones too."""
    a, b = (
        side.select(F.col("perceptual_hash").alias(f"hash_{letter}"))
        .distinct()
        .withColumn("key", F.explode(keys(f"hash_{letter}")))
        for side, letter in ((left, "a"), (right, "b"))
    )
    distance = F.bit_count(F.col("hash_a").bitwiseXOR(F.col("hash_b")))
    near_ones = a.join(b, "key", how="inner").where(distance <= max_bits)
    return near_ones.select("hash_a", "hash_b").distinct()


def _ranked(hashed: DataFrame, name: str) -> DataFrame:
    """The place of each row among those with its hash, from 0, by id."""
    order = Window.partitionBy("perceptual_hash").orderBy(name)
    return hashed.withColumn("rank", F.row_number().over(order) - 1)


def _alike(ranked: DataFrame) -> DataFrame:
    """Pairs with one hash: each row with the CROWD rows after it, which lie in two blocks."""
    block = F.floor(F.col("rank") / CROWD)
    a = ranked.select(
        F.col("md5").alias("md5_a"),
        "perceptual_hash",
        F.col("rank").alias("rank_a"),
        F.explode(F.array(block, block + 1)).alias("block"),
    )
    b = ranked.select(
        F.col("md5").alias("md5_b"),
        "perceptual_hash",
        F.col("rank").alias("rank_b"),
        block.alias("block"),
    )
    after = F.col("rank_b") - F.col("rank_a")
    pairs = a.join(b, ["perceptual_hash", "block"], how="inner")
    return pairs.where((after > 0) & (after <= CROWD)).select("md5_a", "md5_b")


def _compared(batches: Iterator[pa.RecordBatch], limit: float) -> Iterator[pa.RecordBatch]:
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
