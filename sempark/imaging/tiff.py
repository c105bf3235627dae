"""The directory of a TIFF file, read without trusting it.

In: the bytes of a file. Out: the tags of its first picture as raw bytes, and the number of
pictures. Only slices of the file are made, so a hostile count or offset costs nothing: it is
cut, or the tag is left out. Used for vendor tags and page counts; pixels are tifffile's work.

Source: TIFF 6.0 (Adobe, 1992), section 2; the BigTIFF proposal (2004).
"""

import struct
from dataclasses import dataclass
from typing import Final, Literal

MAX_PAGES: Final = 65_536
MAX_TAGS: Final = 4_096
MAX_TAG_BYTES: Final = 16 * 1024 * 1024
_TYPE_BYTES: Final = {
    **{1: 1, 2: 1, 6: 1, 7: 1, 3: 2, 8: 2, 4: 4, 9: 4, 11: 4, 13: 4},
    **{5: 8, 10: 8, 12: 8, 16: 8, 17: 8, 18: 8},
}


@dataclass(frozen=True)
class Layout:
    """How a file writes its numbers, and where its first directory lies."""

    order: Literal["<", ">"]
    big: bool
    first: int

    @property
    def entry_bytes(self) -> int:
        """Size of a directory entry."""
        return 20 if self.big else 12


@dataclass(frozen=True)
class Tag:
    """One tag: its type's number, how many values it has, their bytes as they stand."""

    kind: int
    count: int
    data: bytes
    order: Literal["<", ">"]

    def text(self) -> str:
        """Give the bytes as latin-1 text up to the trailing zeros."""
        return self.data.rstrip(b"\x00").decode("latin-1")

    def integer(self) -> int | None:
        """Give the first value of a whole-number tag, None for another kind or no value."""
        size = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}.get(self.kind)
        if size is None or len(self.data) < struct.calcsize(size):
            return None
        value: int = struct.unpack_from(self.order + size, self.data)[0]
        return value


def layout(data: bytes) -> Layout | None:
    """Read the header; None if the bytes are no TIFF."""
    order: Literal["<", ">"]
    if data[:2] == b"II":
        order = "<"
    elif data[:2] == b"MM":
        order = ">"
    else:
        return None
    if len(data) >= 8 and struct.unpack_from(order + "H", data, 2)[0] == 42:
        return Layout(order, False, struct.unpack_from(order + "I", data, 4)[0])
    if len(data) >= 16 and struct.unpack_from(order + "HHH", data, 2) == (43, 8, 0):
        return Layout(order, True, struct.unpack_from(order + "Q", data, 8)[0])
    return None


def first_tags(data: bytes) -> dict[int, Tag]:
    """Read the tags of the first picture.

    Parameters
    ----------
    data : bytes
        A whole file.

    Returns
    -------
    dict of int to Tag
        By tag number, the first of equal numbers. Empty for no TIFF. Tags that point outside
        the file, are larger than `MAX_TAG_BYTES` or have an unknown type are left out.
    """
    how = layout(data)
    if how is None:
        return {}
    tags: dict[int, Tag] = {}
    start, n_tags = _directory(data, how, how.first)
    for index in range(n_tags):
        at = start + index * how.entry_bytes
        if at + how.entry_bytes > len(data):
            break
        number, kind = struct.unpack_from(how.order + "HH", data, at)
        count: int = struct.unpack_from(how.order + ("Q" if how.big else "I"), data, at + 4)[0]
        n_bytes = count * _TYPE_BYTES.get(kind, MAX_TAG_BYTES + 1)
        if not 0 < n_bytes <= MAX_TAG_BYTES or number in tags:
            continue
        inline = 8 if how.big else 4
        where = at + how.entry_bytes - inline
        if n_bytes > inline:
            where = struct.unpack_from(how.order + ("Q" if how.big else "I"), data, where)[0]
        if where + n_bytes <= len(data):
            tags[number] = Tag(kind, count, data[where : where + n_bytes], how.order)
    return tags


def n_pages(data: bytes) -> int:
    """Count the pictures along the chain of directories.

    Parameters
    ----------
    data : bytes
        A whole file.

    Returns
    -------
    int
        0 for no TIFF; at most `MAX_PAGES`; a chain that bites its tail or leaves the file ends
        there.
    """
    how = layout(data)
    if how is None:
        return 0
    seen: set[int] = set()
    at = how.first
    while at and at not in seen and len(seen) < MAX_PAGES:
        start, n_tags = _directory(data, how, at)
        if n_tags == 0:
            break
        seen.add(at)
        end = start + n_tags * how.entry_bytes
        form = how.order + ("Q" if how.big else "I")
        if end + struct.calcsize(form) > len(data):
            break
        at = struct.unpack_from(form, data, end)[0]
    return len(seen)


def _directory(data: bytes, how: Layout, at: int) -> tuple[int, int]:
    # where the entries begin and how many there are, 0 if the place is outside the file
    form = how.order + ("Q" if how.big else "H")
    size = struct.calcsize(form)
    if at + size > len(data):
        return at, 0
    n_tags: int = struct.unpack_from(form, data, at)[0]
    return at + size, n_tags if n_tags <= MAX_TAGS else 0
