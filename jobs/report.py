"""Shows everything on pages to look at, which open from disk without a network.

./spark-submit.sh report my.toml           reads every table; writes the folder report
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from jobs import validate_scale
from sempark import job, spaces
from sempark.stages import report
from sempark.stages.validate_scale import outcome
from sempark.tables import TABLES, Refused


def fingerprint(context: job.Context) -> dict[str, str]:
    path = context.config.validate.truth
    try:
        return {"truth": hashlib.sha256(Path(path).read_bytes()).hexdigest()} if path else {}
    except OSError as error:
        raise Refused(f"validate.truth: {path}: {error.strerror}") from None


def manifests(context: job.Context) -> dict[str, dict[str, Any]]:
    """Of each table that is there; beside them what a network's test and a list of scales say."""
    found = {name: m for name in TABLES if (m := context.store.manifest(name)) is not None}
    if "finetuned" in found:
        evaluation = context.store.folder("finetuned") / "evaluation.json"
        if evaluation.exists():
            found["finetuned"]["evaluation"] = json.loads(evaluation.read_text(encoding="utf-8"))
    if context.config.validate.truth and "scale" in found:
        cases, _ = validate_scale.cases(context)
        counts = Counter(outcome(case) for case in cases)
        found["validate_scale"] = {"rows": len(cases), "status_counts": dict(counts)}
    return found


def build(context: job.Context) -> Iterator[tuple[str, bytes]]:
    hide = context.config.privacy.paths == "hide"
    settings = context.config

    @cache
    def read(name: str) -> DataFrame:
        """A table; of codings what was clustered, as the row numbers of merges count."""
        rows = context.read(name)
        return spaces.clustered(rows, settings.neighbors) if name == "codings" else rows

    return report.build(read, manifests(context), settings.report, hide)


STAGE = job.Stage("report", build, fingerprint)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
