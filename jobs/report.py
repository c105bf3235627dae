"""Shows everything on pages to look at, which open from disk without a network.

./spark-submit.sh report my.toml           reads every table; writes the folder report
"""

import sys
from collections.abc import Iterator

from sempark import job
from sempark.stages import report
from sempark.tables import TABLES


def build(context: job.Context) -> Iterator[tuple[str, bytes]]:
    manifests = {name: m for name in TABLES if (m := context.store.manifest(name)) is not None}
    hide = context.config.privacy.paths == "hide"
    return report.build(context.read, manifests, context.config.report, hide)


STAGE = job.Stage("report", build)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
