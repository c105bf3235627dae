"""images_flat: the unique, decodable pictures of the inventory, each as one gray JPEG.

In: inventory. Out: a row for each content (md5) of a wanted format, decodable or not. Of several
contents that make the same JPEG the one with the smallest md5 stands for all; the others keep a
row that names it. All but equal pictures stay, unless a setting names their kinds.

Source: section 2.1 of the thesis.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from typing import Any

import cv2
import pyarrow as pa
from pyspark import StorageLevel, TaskContext
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sempark import lookalikes, sources
from sempark.config import Images, NearDuplicates, Run
from sempark.imaging import hashes, jpeg, vendor
from sempark.imaging.reasons import Undecodable
from sempark.imaging.watched import Limits, decode_watched
from sempark.tables import IMAGES_FLAT

MAX_NOTE_BYTES = 16 << 20
"""An instrument's text has a few kB."""


def build(
    inventory: DataFrame,
    sources_: list[str],
    wanted: list[str],
    settings: Images,
    run: Run,
    previous: DataFrame | None,
) -> DataFrame:
    """Decode what is new, keep what is known, drop pictures that are there already. Key: md5."""
    chosen = contents(inventory, sources_, wanted, run).persist()
    kept = None if previous is None else _kept(previous, chosen)
    rows = fresh(chosen, kept)
    n_bytes = rows.agg(F.sum("size")).collect()[0][0] or 0
    partitions = max(2, n_bytes // (settings.partition_mb << 20) + 1)
    decoded = rows.repartition(partitions, "md5").mapInArrow(
        lambda batches: _worker(batches, settings), IMAGES_FLAT.schema
    )
    # survivors are chosen before the rows are written: what is new is decoded once. (The job frees
    # this disk when the table is there.)
    decoded = decoded.persist(StorageLevel.DISK_ONLY)
    if kept is not None:
        decoded = decoded.unionByName(kept)
    return _unique(decoded)


def without_near_duplicates(
    images: DataFrame, kinds: list[str], settings: NearDuplicates
) -> DataFrame:
    """Of all but equal pictures those with a smaller md5 beside them stand back; they keep theirs.

    An image is one too many where a pair of the kinds named has it as the larger md5. Which of its
    fellows are so themselves does not matter, so that the rule needs no order of work.
    """
    there = images.where(F.col("status") == "ok")
    pairs = lookalikes.proved(there, settings).where(F.col("kind").isin(*kinds))
    lost = pairs.groupBy(F.col("md5_b").alias("md5")).agg(F.min("md5_a").alias("stands"))
    rows = images.join(F.broadcast(lost), "md5", how="left")
    found = F.col("stands").isNotNull()
    changed = {
        "survivor": F.coalesce("stands", "survivor"),
        "status": F.when(found, "near_duplicate").otherwise(F.col("status")),
    }
    return rows.select(*(changed.get(name, F.col(name)).alias(name) for name in IMAGES_FLAT.names))


def contents(inventory: DataFrame, sources_: list[str], wanted: list[str], run: Run) -> DataFrame:
    """One row a content: md5, all its paths, the companion of the first that has one, its md5."""
    files = inventory.where(
        (F.col("status") == "ok") & F.col("source").isin(*sources_) & F.col("format").isin(*wanted)
    )
    notes = inventory.select(F.col("path").alias("companion"), F.col("md5").alias("note_md5"))
    beside = F.min(F.when(F.col("note_md5").isNotNull(), F.struct("companion", "note_md5")))
    rows = (
        files.join(notes, "companion", how="left")
        .groupBy("md5")
        .agg(
            F.sort_array(F.collect_list("path")).alias("paths"),
            beside.alias("beside"),
            F.first("size").alias("size"),
        )
        .select(
            "md5",
            "paths",
            F.col("beside.companion").alias("companion"),
            F.col("beside.note_md5").alias("companion_md5"),
            "size",
        )
    )
    if run.limit:
        rows = rows.orderBy(F.xxhash64(F.lit(run.limit_seed), "md5"), "md5").limit(run.limit)
    return rows


def fresh(chosen: DataFrame, kept: DataFrame | None) -> DataFrame:
    """The contents that have to be decoded."""
    return chosen if kept is None else chosen.join(kept.select("md5"), "md5", how="left_anti")


def _kept(previous: DataFrame, chosen: DataFrame) -> DataFrame:
    """Rows of before that hold, with the paths of now.

    One whose survivor is gone has to be decoded, it has no JPEG; one beside which another text
    lies now has to be read again for the pixel size. Near duplicates are judged anew.
    """
    was_near = F.col("status") == "near_duplicate"
    now = chosen.select("md5", F.col("companion_md5").alias("beside"), F.col("paths").alias("now"))
    there = chosen.select(F.col("md5").alias("survivor"), F.lit(True).alias("there"))
    light = previous.select("md5", "survivor", "status", "companion_md5")
    known = (
        light.join(now, "md5", how="inner")
        .join(there, "survivor", how="left")
        .where(F.col("survivor").isNull() | was_near | F.col("there"))
        .where(F.col("companion_md5").eqNullSafe(F.col("beside")))
    )
    # so that no JPEG is shuffled
    known = known.select("md5", "now").persist()
    rows = previous.join(F.broadcast(known), "md5", how="inner")
    changed = {
        "paths": F.col("now"),
        "survivor": F.when(~was_near, F.col("survivor")),
        "status": F.when(was_near, "ok").otherwise(F.col("status")),
    }
    return rows.select(*(changed.get(name, F.col(name)).alias(name) for name in IMAGES_FLAT.names))


def _unique(decoded: DataFrame) -> DataFrame:
    """Of equal JPEGs the smallest md5 survives."""
    same = decoded.where(F.col("jpeg_md5").isNotNull()).select("md5", "jpeg_md5")
    survivor = F.min("md5").over(Window.partitionBy("jpeg_md5"))
    # found once: each action would read all JPEGs again for their md5s
    losers = same.select("md5", survivor.alias("stands")).where("stands < md5").persist()
    # few, so that no JPEG is shuffled
    joined = decoded.join(F.broadcast(losers), "md5", how="left")
    lost = F.col("stands").isNotNull()
    changed = {
        "jpeg": F.when(~lost, F.col("jpeg")),
        "survivor": F.col("stands"),
        "status": F.when(lost, "same_jpeg").otherwise(F.col("status")),
    }
    return joined.select(
        *(changed.get(name, F.col(name)).alias(name) for name in IMAGES_FLAT.names)
    )


def _worker(batches: Iterator[pa.RecordBatch], settings: Images) -> Iterator[pa.RecordBatch]:
    cv2.setNumThreads(1)
    context = TaskContext.get()
    # a decoder that crashed or hung has taken a worker along: from now on it works in a child
    retry = context is not None and context.attemptNumber() > 0
    for batch in batches:
        for row in batch.to_pylist():
            # A row a batch: rows are megabytes, and Arrow batches have a limit.
            yield pa.RecordBatch.from_pylist([_row(row, settings, retry)], IMAGES_FLAT.arrow)


def _row(row: dict[str, Any], settings: Images, retry: bool) -> dict[str, Any]:
    """One content's row of the table."""
    about = {key: row[key] for key in ("md5", "paths", "companion_md5")}
    limits = Limits(settings.max_pixels, settings.timeout_seconds, settings.memory_mb << 20)
    try:
        data = sources.content(row["md5"], row["paths"], limits.memory_bytes)
    except OSError as error:
        status = "too_large" if error.errno == errno.EFBIG else "unreadable"
        return about | {"status": status, "reason": error.strerror}
    try:
        picture = decode_watched(data, limits, retry)
    except Undecodable as undecodable:
        return about | {"status": undecodable.status, "reason": undecodable.reason}
    if max(picture.gray.shape) > jpeg.MAX_SIDE_PX:
        reason = f"a JPEG has sides of up to {jpeg.MAX_SIDE_PX} px, not {picture.gray.shape}"
        return about | {"status": "too_large", "reason": reason}
    content = jpeg.encode(picture.gray, settings.jpeg_quality)
    note = _companion(row["companion"])
    scale = vendor.pixel_size(data, note)
    height, width = picture.gray.shape
    return about | {
        "jpeg": content,
        "jpeg_md5": _md5(content),
        "pixel_hash": hashes.pixel_hash(picture.gray),
        "perceptual_hash": hashes.perceptual_hash(picture.gray),
        "width": width,
        "height": height,
        "bits": picture.bits,
        "pages": picture.pages,
        "vendor": scale.vendor if scale else None,
        "vendor_nm_per_px": scale.nm_per_px if scale else None,
        "vendor_key": scale.key if scale else None,
        "companion_md5": None if note is None else _md5(note),
        "encoder": f"{jpeg.ENCODER}, quality {settings.jpeg_quality}",
        "status": "ok",
    }


def _companion(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return sources.read(path, MAX_NOTE_BYTES)
    except OSError:
        return None  # the picture is there all the same; only its vendor scale is not


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
