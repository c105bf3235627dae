"""Says for each stage whether it would run, and why, with time and disk of the last run.

./spark-submit.sh plan my.toml
"""

import sys

from jobs.pipeline import STAGES
from sempark import job
from sempark.tables import TABLES


def show(context: job.Context) -> None:
    changed: set[str] = set()
    for stage in STAGES:
        verdict = job.inspect(context, stage)[0]
        above = [name for name in TABLES[stage.name].inputs if name in changed]
        manifest = context.store.manifest(stage.name)
        last = ""
        if manifest is not None:
            megabytes = context.store.size(stage.name) / 1e6
            last = f"  (last time {manifest['seconds']:.0f} s, {megabytes:,.1f} MB)"
        if verdict.state == "current" and not above:
            job.say(f"{stage.name:<16} up to date")
            continue
        changed.add(stage.name)
        why = verdict.reason or f"after {', '.join(above)}"
        force = "; needs --force" if verdict.needs_force else ""
        job.say(f"{stage.name:<16} would run: {why}{force}{last}")


if __name__ == "__main__":
    sys.exit(job.run(show, job.parse()))
