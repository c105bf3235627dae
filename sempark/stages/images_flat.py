"""images_flat: the unique, decodable pictures of the inventory, each as one gray JPEG.

In: inventory. Out: a row for each content (md5) of a wanted format, decodable or not, decoded once.
What stands where is settled after: of several contents that make the same JPEG the one with the
smallest md5 stands for all; the others keep a row that names it. All but equal pictures stay,
unless a setting names their kinds.

Source: section 2.1 of the thesis.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from typing import Any

import cv2
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sempark import lookalikes, sources
from sempark.config import Images, Input, NearDuplicates, Run
from sempark.growth import Grown
from sempark.imaging import hashes, jpeg, vendor
from sempark.imaging.reasons import Undecodable
from sempark.imaging.watched import Limits, decode_watched
from sempark.tables import IMAGES_FLAT, Refused

BATCH_BYTES = 4 << 20
MAX_NOTE_BYTES = 16 << 20
"""An instrument's text has a few kB."""


def build(
    chosen: DataFrame,
    new: DataFrame,
    input_: Input,
    images: Images,
    near: NearDuplicates,
    keep: bool,
) -> Grown:
    """Decode what is new, keep what is known, drop pictures that are there already. Key: md5.

    ``chosen`` are the `contents` of today, ``new`` those that are `fresh`.
    """

    def settle(rows: DataFrame, pictures: DataFrame) -> DataFrame:
        if rows.where(F.col("jpeg_md5").isNotNull()).isEmpty():
            raise Refused(
                f"no decodable {' or '.join(input_.formats)} file under "
                f"{', '.join(input_.source)}: set input.source or input.formats"
            )
        rows = settled(rows, chosen)
        kinds = images.drop_near_duplicates
        return without_near_duplicates(rows, pictures, kinds, near) if kinds else rows

    return Grown(decoded(new, images), settle, keep)


def decoded(contents: DataFrame, settings: Images) -> DataFrame:
    """A row for each content, as if there were no other."""
    n_bytes = contents.agg(F.sum("size")).collect()[0][0] or 0
    partitions = max(2, n_bytes // (settings.partition_mb << 20) + 1)
    return contents.repartition(partitions, "md5").mapInArrow(
        lambda batches: _worker(batches, settings), IMAGES_FLAT.schema
    )


def settled(rows: DataFrame, chosen: DataFrame) -> DataFrame:
    """Of all rows those of today's contents, with today's paths; equal JPEGs have one survivor.

    The smallest md5 survives; the others say so, and keep their JPEG for the day when it goes.
    """
    now = chosen.select("md5", F.col("paths").alias("now"))
    # found once, and joined from here: no JPEG is read or shuffled for it
    pictures = rows.where(F.col("jpeg_md5").isNotNull()).select("md5", "jpeg_md5")
    pictures = pictures.join(now.select("md5"), "md5")
    first = F.min("md5").over(Window.partitionBy("jpeg_md5"))
    losers = pictures.select("md5", first.alias("stands")).where("stands < md5").persist()
    joined = rows.join(F.broadcast(now), "md5").join(F.broadcast(losers), "md5", "left")
    same = F.when(F.col("stands").isNotNull(), F.lit("same_jpeg")).otherwise(F.lit("ok"))
    changed = {
        "paths": F.col("now"),
        "survivor": F.col("stands"),
        "status": F.when(F.col("jpeg_md5").isNotNull(), same).otherwise(F.col("status")),
    }
    return joined.select(*(changed.get(name, F.col(name)).alias(name) for name in rows.columns))


def without_near_duplicates(
    rows: DataFrame, pictures: DataFrame, kinds: list[str], settings: NearDuplicates
) -> DataFrame:
    """Of all but equal pictures those with a smaller md5 beside them stand back; they keep theirs.

    ``pictures`` holds at least the rows that are ok, with their JPEG; ``rows`` need none.

    An image is one too many where a pair of the kinds named has it as the larger md5. Which of its
    fellows are so themselves does not matter, so that the rule needs no order of work.
    """
    ok = rows.where(F.col("status") == "ok").select("md5")
    there = pictures.join(F.broadcast(ok), "md5", "left_semi")
    pairs = lookalikes.proved(there, settings).where(F.col("kind").isin(*kinds))
    lost = pairs.groupBy(F.col("md5_b").alias("md5")).agg(F.min("md5_a").alias("stands"))
    joined = rows.join(F.broadcast(lost), "md5", how="left")
    found = F.col("stands").isNotNull()
    changed = {
        "survivor": F.coalesce("stands", "survivor"),
        "status": F.when(found, "near_duplicate").otherwise(F.col("status")),
    }
    return joined.select(*(changed.get(name, F.col(name)).alias(name) for name in rows.columns))


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


def fresh(chosen: DataFrame, previous: DataFrame | None) -> DataFrame:
    """The contents that have to be decoded: new ones, and those beside which another text lies."""
    if previous is None:
        return chosen
    known = previous.select("md5", F.col("companion_md5").alias("was"), F.lit(True).alias("known"))
    same_note = F.col("companion_md5").eqNullSafe(F.col("was"))
    joined = chosen.join(known, "md5", "left")
    return joined.where(F.col("known").isNull() | ~same_note).select(*chosen.columns)


def _worker(batches: Iterator[pa.RecordBatch], settings: Images) -> Iterator[pa.RecordBatch]:
    cv2.setNumThreads(1)
    context = TaskContext.get()
    # a decoder that crashed or hung has taken a worker along: from now on it works in a child
    retry = context is not None and context.attemptNumber() > 0
    # rows of a few hundred kB travel together, yet none waits for more than some MB of others
    rows: list[dict[str, Any]] = []
    n_bytes = 0
    for row in (row for batch in batches for row in batch.to_pylist()):
        rows.append(_row(row, settings, retry))
        n_bytes += len(rows[-1].get("jpeg", b""))
        if n_bytes > BATCH_BYTES:
            yield pa.RecordBatch.from_pylist(rows, IMAGES_FLAT.arrow)
            rows, n_bytes = [], 0
    yield pa.RecordBatch.from_pylist(rows, IMAGES_FLAT.arrow)


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
