"""A picture from outside, seen as the tables see those inside.

In: the bytes of any file. Out: a `Query`: its gray pixels after the very JPEG encoding of
images_flat, its scale, the part of it that a network sees; or why it can't be compared. Nothing is
raised for a file, however broken: it is decoded in a child process that may die.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sempark import pictures
from sempark.config import Config
from sempark.imaging import hashes, jpeg
from sempark.imaging.reasons import Undecodable
from sempark.imaging.watched import Limits, decode_watched
from sempark.scalebar import reading, thesis
from sempark.scalebar.reading import Reading
from sempark.tables import ImageStatus

SMALLEST_PX = 32
"""Of the shorter side, data bar cut off: fewer show nothing that could be compared."""

QueryStatus = Literal[ImageStatus, "too_small"]


@dataclass(frozen=True)
class Query:
    """A picture to search with.

    Attributes
    ----------
    status : QueryStatus
        ``ok``, or why it can't be compared.
    reason : str
        That in words; empty when ok.
    md5, jpeg_md5, pixel_hash : str
        Of the file, of its gray JPEG, of its gray pixels; empty where there are none.
    jpeg : bytes
        As images_flat would keep it.
    width, height : int
        px
    reading : Reading or None
        The printed scale; its status says why there is none.
    gray : uint8 (h, w) or None
        What the networks see.
    """

    status: QueryStatus
    reason: str
    md5: str
    jpeg_md5: str = ""
    pixel_hash: str = ""
    jpeg: bytes = b""
    width: int = 0
    height: int = 0
    reading: Reading | None = None
    gray: NDArray[np.uint8] | None = None


def read(data: bytes, config: Config) -> Query:
    """Take a file through the steps of images_flat and scale.

    Parameters
    ----------
    data : bytes
        The whole file: TIFF, JPEG, PNG, BMP or GIF.
    config : Config
        Those steps' settings.

    Returns
    -------
    Query
    """
    md5 = _md5(data)
    settings = config.images
    limits = Limits(settings.max_pixels, settings.timeout_seconds, settings.memory_mb << 20)
    try:
        picture = decode_watched(data, limits, retry=True)
    except Undecodable as error:
        return Query(error.status, error.reason, md5)
    content = jpeg.encode(picture.gray, settings.jpeg_quality)
    pixels = jpeg.decode(content)
    read_many = thesis.read_many if config.scale.method == "thesis" else reading.read_many
    found = read_many([pixels])[0]
    gray = pictures.gray(content, found.databar if config.features.crop_databar else None)
    height, width = picture.gray.shape
    small = min(gray.shape) < SMALLEST_PX
    what = f"{gray.shape[1]} x {gray.shape[0]} px are too few to compare, {SMALLEST_PX} are needed"
    return Query(
        "too_small" if small else "ok",
        what if small else "",
        md5,
        _md5(content),
        hashes.pixel_hash(picture.gray),
        content,
        width,
        height,
        found,
        gray,
    )


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
