"""Thumbnails of images out of the contact sheets of a report.

In: the folder of a report, md5s. Out: a small JPEG each. The sheets lie there already, made under
the report's own rule of privacy; cutting a tile out of one costs next to nothing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from PIL import Image

MD5_DIGITS = 32


def of_report(folder: Path, md5s: Collection[str], hide: bool) -> dict[str, bytes]:
    """Cut out the tiles of some images.

    Parameters
    ----------
    folder : Path
        Of a report.
    md5s : collection of str
    hide : bool
        Take nothing from a report that shows paths: a name may stand in its pictures.

    Returns
    -------
    dict
        md5 to a gray JPEG; those not in the report are left out.
    """
    if not (folder / "data" / "run.js").exists():
        return {}
    run = _chunk(folder / "data" / "run.js")
    if hide and run["paths"]:
        return {}
    rows = _rows(folder, set(md5s))
    px, per_sheet, columns = (run["sheet"][name] for name in ("px", "images", "columns"))
    found = {}
    for md5, row in sorted(rows.items(), key=lambda item: item[1]):
        path = folder / "sheets" / f"{row // per_sheet:04d}.jpg"
        if path.exists():
            y, x = divmod(row % per_sheet, columns)
            with Image.open(path) as sheet:
                tile = sheet.crop((x * px, y * px, (x + 1) * px, (y + 1) * px))
                out = io.BytesIO()
                tile.save(out, "JPEG", quality=85)
            found[md5] = out.getvalue()
    return found


def _rows(folder: Path, md5s: set[str]) -> dict[str, int]:
    """Row of each image in the report."""
    rows: dict[str, int] = {}
    start = 0
    for number in range(len(list((folder / "data").glob("index-*.js")))):
        digits = _chunk(folder / "data" / f"index-{number}.js")["md5"]
        for at in range(0, len(digits), MD5_DIGITS):
            md5 = digits[at : at + MD5_DIGITS]
            if md5 in md5s:
                rows[md5] = start + at // MD5_DIGITS
        start += len(digits) // MD5_DIGITS
    return rows


def _chunk(path: Path) -> Any:
    """What a data script of the report holds."""
    text = path.read_text(encoding="ascii")
    return json.loads(text.partition(",")[2].rstrip().removesuffix(");"))
