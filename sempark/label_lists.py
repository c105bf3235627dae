"""Label sets given as a CSV of paths instead of folders.

In: a local CSV with a heading `path,category` or `path,category,subcategory`; paths may be URIs, or
relative to the CSV's directory. Out: the listed paths, and rows for the stage labels. The only
reader of such files. Source: section 2.2 of the thesis, widened.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

from sempark import hadoop_files, sources
from sempark.tables import Refused


def is_list(path: str) -> bool:
    """Whether a label set is a CSV, by its name."""
    return path.lower().endswith(".csv")


def rows(name: str, path: str) -> list[dict[str, str | None]]:
    """Rows data_set, file, category, subcategory, path of one list; each path once.

    Raises
    ------
    Refused
        No such file, or no columns path and category.
    """
    found: dict[str, dict[str, str | None]] = {}
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not {"path", "category"} <= set(reader.fieldnames or ()):
                raise Refused(
                    f"{path}: expected columns path,category[,subcategory], "
                    f"received {','.join(reader.fieldnames or ()) or 'nothing'}"
                )
            for row in reader:
                place = sources.local(row["path"])
                if not hadoop_files.is_uri(place):
                    place = str(Path(path).parent / place)
                found[row["path"]] = {
                    "data_set": name,
                    "file": row["path"],
                    "category": row["category"] or None,
                    "subcategory": row.get("subcategory") or None,
                    "path": sources.escape(os.fsencode(place)),
                }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path}: {error}: set input.labels") from None
    return list(found.values())


def entries(path: str) -> list[sources.Entry]:
    """Inventory entries of the listed paths."""
    places = {str(row["path"]) for row in rows("", path)}
    return [sources.lookup(place) for place in sorted(places)]
