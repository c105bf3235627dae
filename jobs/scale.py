"""Reads the printed scale of each image by data bar, scale bar and OCR.

./spark-submit.sh scale my.toml            reads images_flat; writes scale
Needs Tesseract on every node, or the package tesserocr and `scale.engine = "tesserocr"`.
"""

import hashlib
import sys
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import job
from sempark.scalebar import ocr
from sempark.stages import scale
from sempark.tables import Refused


def overrides_text(context: job.Context) -> str:
    path = context.config.scale.overrides
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"scale.overrides: {path}: {error}") from None


def fingerprint(context: job.Context) -> dict[str, str]:
    text = overrides_text(context)
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return {"overrides": digest} if text else {}


def build(context: job.Context) -> DataFrame:
    settings = context.config.scale
    try:
        ocr.available("tesserocr" if settings.engine == "tesserocr" else "tesseract")
    except ocr.EngineError as error:
        raise Refused(str(error)) from None
    try:
        overrides = scale.parse_overrides(overrides_text(context))
    except ValueError as error:
        raise Refused(f"scale.overrides: {settings.overrides}: {error}") from None
    previous = context.previous("scale")
    if previous is not None and context.retry_failed:
        previous = previous.where(F.col("status") == "ok")
    partitions = context.partitions("images_flat")
    return scale.build(context.read("images_flat"), settings, overrides, previous, partitions)


STAGE = job.Stage("scale", build, fingerprint, job.retried("ok"))

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
