"""Candidates for all but equal pictures: a join in buckets of perceptual hashes.

In: tables with perceptual hashes. Out: their pairs within a few bits, none missed up to 6. Two
hashes that differ in at most 6 of 64 bits have two of their eight bytes in common, so they meet
under one of 28 keys; work grows with the near pairs and not with all pairs. Used by the stages
near_duplicates and labels. Source: `sempark.imaging.hashes`.
"""

from __future__ import annotations

from itertools import combinations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sempark.imaging.hashes import MAX_BITS


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
    """Pairs of rows whose perceptual_hash differs in at most max_bits.

    `left` and `right` have an id column each, of different names, and perceptual_hash. Out: the
    two ids, each pair once.
    """
    ids = [next(n for n in side.columns if n != "perceptual_hash") for side in (left, right)]
    a, b = (
        side.select(name, F.col("perceptual_hash").alias(f"hash_{name}"), F.explode(key).alias("k"))
        for side, name, key in ((left, ids[0], keys("perceptual_hash")),
                                (right, ids[1], keys("perceptual_hash")))
    )  # fmt: skip
    distance = F.bit_count(F.col(f"hash_{ids[0]}").bitwiseXOR(F.col(f"hash_{ids[1]}")))
    return a.join(b, "k", how="inner").where(distance <= max_bits).select(*ids).distinct()
