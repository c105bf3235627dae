"""Writes the pairs <md5>.tif, <md5>.jpg of images_flat to a folder, as in the thesis.

./spark-submit.sh export_flat my.toml --to FOLDER    reads images_flat and the source files
FOLDER must be seen by all workers. A file appears whole or not at all; those there are kept. A
source of another format (input.formats) keeps its own suffix, a JPEG .jpeg.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql import functions as F

from sempark import job, sources
from sempark.imaging import decode, formats
from sempark.terminal import say

SUFFIXES = {name: f".{name.lower()}" for name in decode.FORMATS} | {"TIFF": ".tif"}
"""Of the source beside its gray JPEG, which is .jpg: a JPEG's is .jpeg."""


def export(context: job.Context, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    images = context.read("images_flat").where(F.col("status") == "ok")
    chosen = images.select("md5", "paths", "jpeg")
    done = chosen.mapInArrow(partial(_write, folder), "md5 string, written boolean, failed string")
    counts = done.groupBy("written", "failed").count().collect()
    for row in sorted(counts, key=lambda row: -row["count"]):
        words = row.failed or ("written" if row.written else "there already")
        say(f"{row['count']:,} pairs {words}")


def _write(folder: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = [_pair(folder, row["md5"], row["paths"], row["jpeg"]) for row in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows)


def _pair(folder: Path, md5: str, paths: list[str], jpeg: bytes) -> dict[str, object]:
    """Write what is missing of one pair."""
    written, failed = False, None
    try:
        if not any((folder / f"{md5}{suffix}").exists() for suffix in SUFFIXES.values()):
            data = sources.content(md5, paths)
            suffix = SUFFIXES[formats.sniff(data[: formats.HEAD_BYTES])]
            _whole(folder / f"{md5}{suffix}", data)
            written = True
        if not (folder / f"{md5}.jpg").exists():
            _whole(folder / f"{md5}.jpg", jpeg)
            written = True
    except OSError as error:
        failed = f"left out: {error.strerror}"
    return {"md5": md5, "written": written, "failed": failed}


def _whole(path: Path, data: bytes) -> None:
    began = path.with_name(f".{path.name}.{os.getpid()}")
    began.write_bytes(data)
    began.replace(path)


def main() -> int:
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    mine, others = own.parse_known_args()
    return job.run(lambda context: export(context, mine.to), job.parse(others))


if __name__ == "__main__":
    sys.exit(main())
