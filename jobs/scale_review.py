"""Writes what was not read surely as a list to fill in, with pictures; or draws what was found.

./spark-submit.sh scale_review my.toml --to FOLDER [--status unsure ...] [--md5 MD5 ...] [--debug]
                                           reads scale, images_flat
FOLDER/todo.csv, its value and unit filled in, is a file for scale.overrides. With --debug the
pictures are whole and show data bar, bar and text as the reader finds them.
"""

import argparse
import sys
from pathlib import Path

from sempark import job
from sempark.scalebar.proposal import STATUSES
from sempark.stages import scale_review
from sempark.terminal import say


def review(context: job.Context, mine: argparse.Namespace) -> None:
    scale, images = context.read("scale"), context.read("images_flat")
    if mine.md5:
        rows = scale_review.one_by_one(scale, images, mine.md5, mine.debug)
    else:
        rows = scale_review.build(scale, images, mine.status, mine.debug)
    pictures = mine.to / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    listed = []
    for row in rows.toLocalIterator():
        (pictures / f"{row.md5}.png").write_bytes(row.picture)
        listed.append({name: row[name] for name in ("md5", "status", "text", "path")})
    (mine.to / "todo.csv").write_text(scale_review.listed(listed), encoding="utf-8")
    say(f"{len(listed):,} images in {mine.to / 'todo.csv'}; set scale.overrides to it, filled in")


def main() -> int:
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    own.add_argument("--status", nargs="+", default=["unsure"], choices=STATUSES)
    own.add_argument("--md5", nargs="+", default=[])
    own.add_argument("--debug", action="store_true")
    mine, others = own.parse_known_args()
    return job.run(lambda context: review(context, mine), job.parse(others))


if __name__ == "__main__":
    sys.exit(main())
