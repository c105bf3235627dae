"""near_duplicates: pairs of pictures that are all but equal.

In: images_flat. Out: a row for each pair that its JPEGs' pixels prove: recompressed, rescaled,
with shifted brightness, or with a few other pixels. Nothing is dropped here; images_flat leaves
pictures out where ``images.drop_near_duplicates`` says so, and their pairs are listed all the same.

Source: footnote 1 of the thesis (two images_flat JPEGs whose 33 pixels differ by 1).
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import lookalikes
from sempark.config import NearDuplicates
from sempark.tables import NEAR_DUPLICATES


def build(images: DataFrame, settings: NearDuplicates) -> DataFrame:
    """Find candidates by their hashes, keep what the pixels prove. Key: md5_a, md5_b."""
    pictures = images.where(F.col("status").isin("ok", "near_duplicate"))
    return lookalikes.proved(pictures, settings).select(*NEAR_DUPLICATES.names)
