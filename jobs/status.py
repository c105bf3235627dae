"""Lists the tables with rows, bytes, age, and whether they are stale and why.

./spark-submit.sh status my.toml
"""

import sys
from datetime import UTC, datetime

from jobs.pipeline import STAGES
from sempark import job
from sempark.terminal import say


def show(context: job.Context) -> None:
    say(f"{'table':<16} {'rows':>10} {'MB':>9} {'age':>7}  state")
    for stage in STAGES:
        manifest = context.store.manifest(stage.name)
        verdict = job.inspect(context, stage)[0]
        state = "up to date" if verdict.state == "current" else verdict.reason
        if manifest is None:
            say(f"{stage.name:<16} {'-':>10} {'-':>9} {'-':>7}  {state}")
            continue
        age = datetime.now(UTC) - datetime.fromisoformat(manifest["created"])
        megabytes = context.store.size(stage.name) / 1e6
        hours = f"{age.total_seconds() / 3600:.1f} h"
        say(f"{stage.name:<16} {manifest['rows']:>10,} {megabytes:>9,.1f} {hours:>7}  {state}")


if __name__ == "__main__":
    sys.exit(job.run(show, job.parse()))
