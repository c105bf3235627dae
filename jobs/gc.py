"""Removes versions of tables that are no longer used; one of many parts is written as one before.

./spark-submit.sh gc my.toml
"""

import sys

from sempark import job
from sempark.terminal import say


def remove(context: job.Context) -> None:
    for name in context.store.compact():
        say(f"{name} written as one")
    removed = context.store.collect_garbage()
    for path in removed:
        say(f"removed {path}")
    say(f"{len(removed)} versions removed")


if __name__ == "__main__":
    sys.exit(job.run(remove, job.parse()))
