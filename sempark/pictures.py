"""What a network sees of a row: the JPEG as gray pixels, without its data bar where that is asked.

In: a JPEG of images_flat, the box that the scale reader found. Out: uint8 gray pixels. The printed
bar tells the instrument, not the object, and a network would learn to read it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.imaging import jpeg


def with_databar(images: DataFrame, scale: DataFrame, crop: bool) -> DataFrame:
    """md5, jpeg and the box to crop (null: none) of every image that is ok."""
    ok = images.where(F.col("status") == "ok").select("md5", "jpeg")
    if not crop:
        return ok.withColumn("databar", F.lit(None).cast("array<int>"))
    return ok.join(scale.select("md5", "databar"), "md5", how="left")


def gray(content: bytes, databar: Sequence[int] | None) -> NDArray[np.uint8]:
    """Pixels of a JPEG: the larger part above or below the data bar, or all without one."""
    pixels = jpeg.decode(content)
    if databar is None:
        return pixels
    above, below = pixels[: databar[1]], pixels[databar[3] :]
    larger = above if above.shape[0] >= below.shape[0] else below
    return larger if larger.shape[0] else pixels
