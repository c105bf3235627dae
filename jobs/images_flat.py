"""Decodes each unique file of the wanted formats and keeps it as one gray JPEG.

./spark-submit.sh images_flat my.toml      reads inventory; writes images_flat
"""

import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

from pyspark.sql import functions as F

from sempark import job
from sempark.growth import Grown
from sempark.stages import images_flat
from sempark.store import free_bytes
from sempark.tables import Refused

IMAGE_BYTES = 300_000
"""Of a row, as measured on gray JPEGs of 1024 x 768."""
FINE = ("ok", "same_jpeg", "near_duplicate")
"""Statuses that --retry-failed leaves alone."""


def fingerprint(context: job.Context) -> dict[str, str]:
    """How near duplicates are found, where they are dropped here."""
    dropped = context.config.images.drop_near_duplicates
    return {"near_duplicates": repr(context.config.near_duplicates)} if dropped else {}


def build(context: job.Context) -> Grown:
    settings = context.config
    previous = context.previous("images_flat")
    keep = previous is not None
    if previous is not None and context.retry_failed:
        previous = previous.where(F.col("status").isin(*FINE))
    chosen = images_flat.contents(
        context.read("inventory"), settings.input.source, settings.input.formats, settings.run
    ).persist()
    new = images_flat.fresh(chosen, previous).persist()
    _check_disk(context, new.count())
    return images_flat.build(
        chosen, new, settings.input, settings.images, settings.near_duplicates, keep
    )


def _check_disk(context: job.Context, n_images: int) -> None:
    """Refuse a start that would fill a local disk half-way."""
    url = urlparse(context.store.root)
    if url.scheme != "file":
        return
    needed = IMAGE_BYTES * n_images
    free = free_bytes(Path(unquote(url.path)))
    if free < needed:
        raise Refused(
            f"images_flat needs some {needed >> 20:,} MB, {context.config.store.path} has "
            f"{free >> 20:,} MB free: make room, or name another store.path"
        )


STAGE = job.Stage("images_flat", build, fingerprint, job.retried(*FINE))

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
