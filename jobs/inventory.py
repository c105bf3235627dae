"""Lists every file under the sources and label sets, with its MD5 and the format of its content.

./spark-submit.sh inventory my.toml        reads input.source, input.labels; writes inventory
"""

import hashlib
import sys
from functools import cache

import pyarrow as pa
from pyspark.sql import DataFrame

from sempark import job, label_lists, sources
from sempark.config import Input
from sempark.stages import inventory, labels
from sempark.store import Manifest
from sempark.tables import PassedOver, Refused


def roots(settings: Input) -> dict[str, str]:
    """Name of each source and label set, and its directory."""
    named = {path: sources.absolute(path) for path in settings.source}
    sets = {labels.PREFIX + name: sources.absolute(path) for name, path in settings.labels.items()}
    return named | sets


@cache
def listing(pairs: tuple[tuple[str, str], ...]) -> pa.Table:
    """Every entry of every source, under the first that holds it; listed once a run."""
    tables = []
    seen: set[str] = set()
    for name, root in pairs:
        if label_lists.is_list(root) and name.startswith(labels.PREFIX):
            found = label_lists.entries(root)
        elif sources.is_directory(root):
            found = list(sources.walk(root))
        else:
            raise Refused(f"{root} is no directory: set input.source (or input.labels)")
        fresh = [entry for entry in found if entry.path not in seen]
        seen.update(entry.path for entry in fresh)
        tables.append(inventory.entries_table(name, fresh))
    return pa.concat_tables(tables) if tables else inventory.entries_table("", [])


def fingerprint(context: job.Context) -> dict[str, str]:
    """Digest of what the directories hold today, by path, size and time."""
    table = listing(tuple(roots(context.config.input).items()))
    rows = repr(table.to_pylist()).encode()
    return {"listing": hashlib.md5(rows, usedforsecurity=False).hexdigest()}


def build(context: job.Context) -> DataFrame:
    entries = listing(tuple(roots(context.config.input).items()))
    if not context.config.input.source and context.config.spaces:
        raise PassedOver("no input.source, only vectors of other origin")
    if not entries.num_rows:
        raise Refused(f"{', '.join(context.config.input.source)} is empty: set input.source")
    previous = None if context.rehash else context.previous("inventory")
    partitions = max(2, entries.num_rows // 2000)
    return inventory.build(context.spark, entries, previous, partitions)


def again(context: job.Context, manifest: Manifest) -> bool:
    """With --rehash always; with --retry-failed where something could not be read."""
    unread = {"unreadable", "vanished"} & set(manifest["status_counts"])
    return context.rehash or (context.retry_failed and bool(unread))


STAGE = job.Stage("inventory", build, fingerprint, again)

if __name__ == "__main__":
    sys.exit(job.main(STAGE))
