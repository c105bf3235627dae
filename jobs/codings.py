"""Brings each raw space down to a few numbers an image by its encoders.

./spark-submit.sh codings my.toml          reads features, subset, vectors, encoders; writes codings
"""

import json
import sys
from itertools import chain

from pyspark.sql import DataFrame

from sempark import job, spaces
from sempark.networks import encoder
from sempark.stages import codings


def encoders(context: job.Context) -> dict[str, dict[str, encoder.Encoder]]:
    """Of each raw space its coded spaces, with their encoders."""
    folder = context.store.folder("encoders")
    listed = folder / "encoders.json"
    found: dict[str, dict[str, encoder.Encoder]] = {}
    for one in json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else ():
        made = encoder.from_bytes((folder / one["file"]).read_bytes())
        found.setdefault(one["of"], {})[one["space"]] = made
    return found


def build(context: job.Context) -> DataFrame:
    given = context.read("vectors")
    found = chain(
        spaces.raw_rows(context.read("features"), context.read("subset")),
        spaces.given_rows(given, reduce=True),
    )
    return codings.build(found, spaces.given_rows(given, reduce=False), encoders(context))


STAGE = job.Stage("codings", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
