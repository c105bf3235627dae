"""Part of report: contact sheets, pictures and thumbnails.

In: images_flat, scale, the catalog's rows. Out: files, made on the executors and brought over a
partition at a time, so that the driver never holds more than a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.figures import sheets
from sempark.stages.report_images import Catalog
from sempark.stages.report_source import Source

READ_BAR = ("ok", "no_bar", "many_bars", "no_text", "no_value", "unsure")
"""Scale statuses that come with a data bar found for sure."""


def sheet_files(
    source: Source, found: Catalog, px: int, per_sheet: int, hide: bool
) -> Iterator[tuple[str, bytes]]:
    """Give the contact sheets of all images, in row order.

    Parameters
    ----------
    source, found : Source, Catalog
    px, per_sheet : int
        Side of a thumbnail; thumbnails a sheet.
    hide : bool
        Leave out pictures whose data bar was not found: a name may stand in them.

    Returns
    -------
    iterator of (path, bytes)
    """
    columns = sheets.columns_of(per_sheet)

    def lay(batch: pa.Table) -> pa.Table:
        tiles: list[bytes | None] = [None] * (max(batch["place"].to_pylist()) + 1)
        for place, thumbnail in zip(
            batch["place"].to_pylist(), batch["thumbnail"].to_pylist(), strict=True
        ):
            tiles[place] = thumbnail
        laid = sheets.sheet(tiles, columns, px)
        return pa.table(
            {"sheet": batch["sheet"][:1].cast(pa.int32()), "jpeg": pa.array([laid], pa.binary())}
        )

    thumbnails = _thumbnails(_placed(source, found), px, hide).select(
        (F.col("row") / per_sheet).cast("int").alias("sheet"),
        (F.col("row") % per_sheet).cast("int").alias("place"),
        "thumbnail",
    )
    laid = thumbnails.groupBy("sheet").applyInArrow(lay, "sheet int, jpeg binary")
    for row in laid.toLocalIterator(prefetchPartitions=True):
        yield f"sheets/{row['sheet']:04d}.jpg", bytes(row["jpeg"])


def picture_files(
    source: Source, found: Catalog, px: int, hide: bool
) -> Iterator[tuple[str, bytes]]:
    """Give a picture of every image, at most ``px`` at its longer side."""

    def shrink(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows, jpegs = [], []
            for row in batch.to_pylist():
                if shown(row["scale_status"], row["databar"], hide):
                    rows.append(row["row"])
                    jpegs.append(sheets.picture(row["jpeg"], px, row["databar"], hide))
            yield pa.RecordBatch.from_arrays(
                [pa.array(rows, pa.int32()), pa.array(jpegs, pa.binary())], ["row", "picture"]
            )

    pictures = _placed(source, found).mapInArrow(shrink, "row int, picture binary")
    for row in pictures.toLocalIterator(prefetchPartitions=True):
        yield f"pictures/{row['row'] // 1000:03d}/{row['row']:06d}.jpg", bytes(row["picture"])


def thumbnails_of(
    source: Source, found: Catalog, md5s: Sequence[str], px: int, hide: bool
) -> dict[str, bytes]:
    """Give the thumbnails of some images (a few thousand at most)."""
    wanted = [found.row[md5] for md5 in dict.fromkeys(md5s) if md5 in found.row]
    placed = _placed(source, found)
    spark = placed.sparkSession
    few = spark.createDataFrame(pa.table({"row": pa.array(wanted, pa.int32())}))
    rows = _thumbnails(placed.join(F.broadcast(few), "row", how="left_semi"), px, hide).collect()
    return {found.order.md5s[row["row"]]: bytes(row["thumbnail"]) for row in rows}


def shown(status: str | None, databar: Sequence[int] | None, hide: bool) -> bool:
    """Say whether a picture may be shown: always, or where its data bar can be taken away."""
    return not hide or (status in READ_BAR and databar is not None)


def _placed(source: Source, found: Catalog) -> DataFrame:
    """JPEG, data bar and row of every image of the catalog."""
    images = source.read("images_flat").select("md5", "jpeg")
    rows = pa.table(
        {"md5": found.order.md5s, "row": pa.array(range(len(found.order.md5s)), pa.int32())}
    )
    placed = images.join(F.broadcast(images.sparkSession.createDataFrame(rows)), "md5", how="inner")
    scale = source.read("scale").select("md5", F.col("status").alias("scale_status"), "databar")
    return placed.join(scale, "md5", how="left").select("row", "jpeg", "scale_status", "databar")


def _thumbnails(placed: DataFrame, px: int, hide: bool) -> DataFrame:
    """Row and thumbnail of each picture that may be shown."""

    def shrink(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows, jpegs = [], []
            for row in batch.to_pylist():
                if shown(row["scale_status"], row["databar"], hide):
                    rows.append(row["row"])
                    jpegs.append(sheets.thumbnail(row["jpeg"], px, row["databar"]))
            yield pa.RecordBatch.from_arrays(
                [pa.array(rows, pa.int32()), pa.array(jpegs, pa.binary())], ["row", "thumbnail"]
            )

    return placed.mapInArrow(shrink, "row int, thumbnail binary")
