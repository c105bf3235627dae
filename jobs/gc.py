"""Removes versions of tables that are no longer used.

./spark-submit.sh gc my.toml
"""

import sys

from sempark import job
from sempark.terminal import say


def remove(context: job.Context) -> None:
    removed = context.store.collect_garbage()
    for path in removed:
        say(f"removed {path}")
    say(f"{len(removed)} versions removed")


if __name__ == "__main__":
    sys.exit(job.run(remove, job.parse()))
