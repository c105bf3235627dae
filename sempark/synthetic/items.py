"""What a corpus consists of, and the truth of each file as a row.

In: items of a plan. Out: rows to stand beside the corpus as a table.

An item is one picture with all its files: the TIFF, its copies and near copies, JPEGs, sidecars
and labels; or one file that is no picture.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sempark.imaging import jpeg
from sempark.synthetic import mess
from sempark.synthetic.sheet import Scale


@dataclass(frozen=True)
class File:
    """One file of an item.

    Attributes
    ----------
    path : below the corpus; bytes that are no UTF-8 as surrogates (os.fsdecode).
    form : how its bytes are made, such as "main", "jpeg:95" or "near:pixels".
    data_set, category, subcategory : of a labelled file, else empty.
    match : how a labelled file can be matched: "jpeg_md5", "reencoded", "pixels", "perceptual"
        or "" where nothing matches.
    """

    path: str
    form: str
    data_set: str = ""
    category: str = ""
    subcategory: str = ""
    match: str = ""


@dataclass(frozen=True)
class Item:
    """A picture with all its files, or a file that is none (`kind` says what is wrong with it)."""

    index: int
    seed: int
    kind: str
    category: str
    leaf: str
    layout: str
    value: float
    unit: str
    nm_per_px: float
    shape: tuple[int, int]
    form: str
    vendor: str = ""
    vendor_nm_per_px: float = 0.0
    quality: int = jpeg.DEFAULT_QUALITY
    files: tuple[File, ...] = field(default=())


def truth(items: Iterable[Item], md5s: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Tell the truth of a plan, a row a file.

    Parameters
    ----------
    items : of `plan`.
    md5s : md5 of the content by `File.path`, as rendered; empty strings without it.

    Returns
    -------
    list of dict
        path (bytes that are no UTF-8, and %, as %XX), item, form, format, md5, content_group
        and jpeg_group (equal for files with equal bytes, equal gray JPEG), near_duplicate_of (a
        content group), status (of images_flat: "ok", "undecodable", "empty", "too_large", "" for
        what is no TIFF), category, leaf, layout, value, unit, nm_per_px, bar_px, scale ("ok" or
        "none"), vendor, vendor_nm_per_px, data_set, label, sublabel, match, conflict (its content
        stands in several categories of the set).
    """
    known = md5s or {}
    return [_row(item, file, known) for item in items for file in item.files]


_BROKEN = {"empty": "empty", "huge": "too_large"}


def _row(item: Item, file: File, md5s: Mapping[str, str]) -> dict[str, Any]:
    kind, _, how = file.form.partition(":")
    is_tiff = kind in ("main", "metadata", "near") or (kind == "broken" and how != "garbage")
    read = item.kind in ("picture",) and item.layout != "empty" and kind != "broken"
    own = f"{item.index}:{file.form}"
    zoom = mess.RESCALED if how == "rescaled" or kind == "shrunk" else 1.0
    bar_px = Scale(item.value, item.unit, item.nm_per_px).bar_px
    said = {f.category for f in item.files if (f.data_set, f.form) == (file.data_set, file.form)}
    return {
        "path": printable(file.path),
        "item": item.index,
        "form": file.form,
        "format": _format(kind, how),
        "md5": md5s.get(file.path, ""),
        "content_group": own,
        "jpeg_group": f"{item.index}" if kind in ("main", "metadata") else own,
        "near_duplicate_of": f"{item.index}:main" if kind == "near" else "",
        "status": _BROKEN.get(how, "undecodable") if kind == "broken" else "ok" * is_tiff,
        "category": item.category,
        "leaf": item.leaf,
        "layout": item.layout,
        "value": item.value if read else None,
        "unit": item.unit if read else None,
        "nm_per_px": item.nm_per_px / zoom,
        "bar_px": bar_px * zoom if read else None,
        "scale": "ok" if read else "none",
        "vendor": item.vendor if kind == "main" else "",
        "vendor_nm_per_px": item.vendor_nm_per_px if item.vendor and kind == "main" else None,
        "data_set": file.data_set,
        "label": file.category,
        "sublabel": file.subcategory,
        "match": file.match,
        "conflict": bool(file.data_set) and len(said) > 1,
    }


def _format(kind: str, how: str) -> str:
    """Return the format word of a file's content."""
    if kind in ("main", "metadata", "near"):
        return "TIFF"
    if kind == "broken":
        return {"empty": "EMPTY", "garbage": ""}.get(how, "TIFF")
    if kind in ("jpeg", "progressive", "tagged", "shrunk"):
        return "JPEG"
    return {"sidecar": "TEXT", "text": "TEXT", "thumbs": "OLE"}.get(kind, kind.upper())


def printable(path: str) -> str:
    """Return a path with bytes that are no UTF-8, and %, as %XX."""
    escaped = path.replace("%", "%25")
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in escaped)
