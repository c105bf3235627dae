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
    """Rows data_set, file, category, subcategory, path of one list; equal lines once.

    A path listed under two categories has two rows: that is a conflict, not the last one's word.

    Raises
    ------
    Refused
        No such file, no columns path and category, or a line without a path.
    """
    found: dict[tuple[str | None, ...], dict[str, str | None]] = {}
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not {"path", "category"} <= set(reader.fieldnames or ()):
                raise Refused(
                    f"{path}: expected columns path,category[,subcategory], "
                    f"received {','.join(reader.fieldnames or ()) or 'nothing'}"
                )
            for line in reader:
                if not line["path"]:
                    raise Refused(f"{path}, line {reader.line_num}: expected a path, received none")
                row = _row(name, Path(path), line)
                found[tuple(row.values())] = row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path}: {error}: set input.labels") from None
    return list(found.values())


def _row(name: str, path: Path, line: dict[str, str]) -> dict[str, str | None]:
    place = sources.local(line["path"])
    if not hadoop_files.is_uri(place):
        place = str(path.absolute().parent / place)
    return {
        "data_set": name,
        "file": line["path"],
        "category": line["category"] or None,
        "subcategory": line.get("subcategory") or None,
        "path": sources.escape(os.fsencode(place)),
    }


def entries(path: str) -> list[sources.Entry]:
    """Inventory entries of the listed paths."""
    places = {str(row["path"]) for row in rows("", path)}
    return [sources.lookup(place) for place in sorted(places)]
