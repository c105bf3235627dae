"""Counts the pictures that stand in two categories, by pair of categories, within and between sets.

./spark-submit.sh conflicts my.toml        reads labels; writes nothing
"""

import sys

from sempark import conflicts, job
from sempark.terminal import say


def count(context: job.Context) -> None:
    pairs = conflicts.by_pair(context.read("labels")).collect()
    say(f"{'pictures':>9} {'files':>9}  in two categories: {len(pairs):,} pairs of categories")
    for row in sorted(pairs, key=lambda row: (-row.n_pictures, *row[:4])):
        first, second = (
            f"{row[f'data_set_{side}']}/{row[f'category_{side}']}" for side in ("a", "b")
        )
        say(f"{row.n_pictures:>9,} {row.n_files:>9,}  {first} and {second}")


if __name__ == "__main__":
    sys.exit(job.run(count, job.parse()))
