"""Part of labels: which image a file shows, where its md5 is not that of images_flat's JPEG.

In: files that are no image's JPEG. Out: what they look like; the images that look alike; of these
the one that the pixels of its source prove. In this order: the file's bytes are made again from
the source by some encoder; its pixels are made so; its pixels are all but those. Among equals the
fewest differing pixels win, then the smallest md5.

Source: section 2.2 of the thesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import lookalikes, sources
from sempark.imaging import hashes
from sempark.imaging.comparison import compare
from sempark.imaging.decode import Decoded
from sempark.imaging.origin import origin
from sempark.imaging.reasons import Undecodable
from sempark.imaging.watched import Limits, decode_watched

RANKS = {"reencoded": 0, "pixels": 1, "perceptual": 2}


def look(file_md5: str, path: str, limits: Limits, retry: bool) -> dict[str, Any]:
    """A file's perceptual hash, or why it has none."""
    about: dict[str, Any] = {"file_md5": file_md5, "path": path}
    try:
        picture = decode_watched(sources.read(path, limits.memory_bytes), limits, retry)
    except OSError as error:
        return about | {"failed": error.strerror}
    except Undecodable as undecodable:
        return about | {"failed": f"{undecodable.status}: {undecodable.reason}"}
    return about | {
        "perceptual_hash": hashes.perceptual_hash(picture.gray),
        "pixel_hash": hashes.pixel_hash(picture.gray),
    }


def alike(looks: DataFrame, images: DataFrame) -> DataFrame:
    """For each file that looks like an image: file_md5, path, candidates (md5, path of source).

    Of very many images that look alike the first stand for all, but one of equal pixels is always
    among the candidates.
    """
    known = looks.where(F.col("perceptual_hash").isNotNull())
    pairs = lookalikes.near(
        known.select("file_md5", "perceptual_hash"), images.select("md5", "perceptual_hash")
    )
    equal = known.join(images.select("md5", "pixel_hash"), "pixel_hash", how="inner")
    pairs = pairs.unionByName(equal.select("file_md5", "md5")).distinct()
    named = pairs.join(images.select("md5", F.col("paths")[0].alias("source")), "md5", how="inner")
    grouped = named.groupBy("file_md5").agg(
        F.sort_array(F.collect_list(F.struct("md5", "source"))).alias("candidates")
    )
    return known.select("file_md5", "path").join(grouped, "file_md5", how="inner")


def best(
    row: dict[str, Any], kinds: Sequence[str], limits: Limits, retry: bool
) -> dict[str, Any] | None:
    """The proved candidate of a row of `alike`, or None.

    Parameters
    ----------
    row : dict
        file_md5, path, candidates.
    kinds : sequence of MatchKind
        Those that count.
    limits, retry
        As for `decode_watched`.
    """
    data = _bytes(row["path"], limits)
    picture = _picture(data, limits, retry)
    if data is None or picture is None:
        return None
    proofs = []
    for candidate in row["candidates"]:
        source = _picture(_bytes(candidate["source"], limits), limits, retry)
        found = None if source is None else prove(data, picture, source)
        if found is not None and found[0] in kinds:
            kind, encoder, n_different = found
            proofs.append((RANKS[kind], n_different, candidate["md5"], kind, encoder))
    if not proofs:
        return None
    _, _, md5, kind, encoder = min(proofs, key=lambda proof: proof[:3])
    return {"file_md5": row["file_md5"], "md5": md5, "matched_by": kind, "encoder": encoder}


def prove(data: bytes, picture: Decoded, source: Decoded) -> tuple[str, str | None, int] | None:
    """How a file shows a source's picture: kind of match, encoder, differing pixels; or None.

    Parameters
    ----------
    data : bytes
        The file.
    picture, source : Decoded
        The file's and the source's pixels.
    """
    if np.array_equal(picture.gray, source.gray):
        return "pixels", None, 0
    if picture.format == "JPEG" and picture.gray.shape == source.gray.shape:
        found = origin(data, source.gray, source.rgb)
        if found is not None:
            return "reencoded" if found.equal == "bytes" else "pixels", found.encoding, 0
    difference = compare(picture.gray, source.gray)
    if difference.kind == "different":
        return None
    return "perceptual", None, difference.n_different


def _bytes(path: str, limits: Limits) -> bytes | None:
    try:
        return sources.read(path, limits.memory_bytes)
    except OSError:
        return None  # removed since the inventory: no proof, and the file stays unmatched


def _picture(data: bytes | None, limits: Limits, retry: bool) -> Decoded | None:
    if data is None:
        return None
    try:
        return decode_watched(data, limits, retry)
    except Undecodable:
        return None
