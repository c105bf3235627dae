"""Compares the scales that were read with a CSV of truth: table 2.3 of the thesis.

./spark-submit.sh validate_scale my.toml --set validate.truth=labels.csv
                                           reads scale, images_flat; prints
"""

import csv
import sys
from pathlib import Path

from sempark import job
from sempark.stages import validate_scale
from sempark.tables import Refused
from sempark.terminal import say


def cases(context: job.Context) -> tuple[list[validate_scale.Case], list[str]]:
    """Rows of the truth that were found, and names of those that were not."""
    path = context.config.validate.truth
    if not path:
        raise Refused("set validate.truth to a CSV file with file (or md5), value and unit")
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            truth = list(csv.DictReader(file))
        scale = [row.asDict() for row in context.read("scale").collect()]
        images = context.read("images_flat").select("md5", "paths").collect()
        paths = {row["md5"]: row["paths"] for row in images}
        return validate_scale.cases(truth, scale, paths)
    except (OSError, ValueError) as error:
        raise Refused(f"validate.truth: {path}: {error}") from None


def show(context: job.Context) -> None:
    for line in validate_scale.lines(*cases(context)):
        say(line)


if __name__ == "__main__":
    sys.exit(job.run(show, job.parse()))
