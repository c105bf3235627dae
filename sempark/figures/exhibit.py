"""One table or figure of the report: its picture, the data behind it, or why there is none.

In: an id, words, rows, an optional picture. Out: an `Exhibit` and the bytes of its CSV.

Every exhibit carries its data, so that whoever doubts a picture can draw it again. One that can't
be made is an exhibit too, with the reason in place of the picture.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

Cell = str | int | float | bool | None
Row = Sequence[Cell]

_SPACE = re.compile(r"_\d+([a-z]\w*?)(?:_\w+)?$")


@dataclass(frozen=True)
class Exhibit:
    """A table or figure with its data.

    Attributes
    ----------
    id : str
        ``table-2.1`` or ``figure-4.5`` after the thesis; any other name for the run's own.
    title : str
        What it is.
    columns, rows : sequence
        The data, as in its CSV.
    caption : str
        What to see in it, and how it was made.
    svg : bytes or None
        The picture; None: the rows are shown as a table.
    image, image_type : bytes or None, str
        A raster picture instead (contact sheets), and its file ending.
    alt : str
        The picture in words.
    reason : str
        Why there is neither picture nor data; empty otherwise.
    untrained : tuple of str
        Checkpoints behind it that are untrained networks: no claim rests on it.
    total : bool
        The last row is a sum.
    """

    id: str
    title: str
    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    caption: str = ""
    svg: bytes | None = None
    image: bytes | None = None
    image_type: str = "jpg"
    alt: str = ""
    reason: str = ""
    untrained: tuple[str, ...] = ()
    total: bool = False

    @property
    def label(self) -> str:
        """Its number as the thesis prints it, such as "Table 2.1"; empty for the run's own."""
        kind, _, number = self.id.partition("-")
        return f"{kind.capitalize()} {number}" if kind in ("table", "figure") else ""


def missing(id: str, title: str, reason: str) -> Exhibit:
    """Give the exhibit that stands for one that can't be made.

    Parameters
    ----------
    id, title : str
        As of the exhibit.
    reason : str
        Said to the reader in its place.

    Returns
    -------
    Exhibit

    Raises
    ------
    ValueError
        If the reason is empty.
    """
    if not reason:
        raise ValueError(f"expected a reason why {id} is missing, received none: say why")
    return Exhibit(id, title, reason=reason)


def mark(exhibit: Exhibit, spaces: Sequence[str], untrained: Sequence[str]) -> Exhibit:
    """Mark an exhibit whose spaces come from an untrained network.

    Parameters
    ----------
    exhibit : Exhibit
        To be marked.
    spaces : sequence of str
        Names of the spaces behind it, such as ``1u-2u_2048in_18``.
    untrained : sequence of str
        Checkpoints that are untrained.

    Returns
    -------
    Exhibit
        With the untrained checkpoints among its spaces, each once, in order.
    """
    met = dict.fromkeys(checkpoint(space) for space in spaces)
    return replace(exhibit, untrained=tuple(name for name in met if name in untrained))


def checkpoint(space: str) -> str:
    """Give the checkpoint in the name of a space: ``in`` of ``1u-2u_2048in_18``; empty if none."""
    found = _SPACE.search(space)
    return found.group(1) if found else ""


def titled(space: str, untrained: Sequence[str]) -> str:
    """Give the name of a space, with a note where its network is untrained."""
    return f"{space} (untrained)" if checkpoint(space) in untrained else space


def to_csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Write rows as CSV (RFC 4180, UTF-8, a header, floats at full precision).

    Parameters
    ----------
    columns : sequence of str
        The header.
    rows : sequence of sequences
        One cell a column; None is written as an empty cell. A text that a spreadsheet would take
        for a formula gets a leading apostrophe, since names of files come from strangers.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If a row has another number of cells than there are columns.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for number, row in enumerate(rows):
        if len(row) != len(columns):
            raise ValueError(
                f"row {number}: expected {len(columns)} cells ({', '.join(columns)}), "
                f"received {len(row)}: give one cell a column"
            )
        writer.writerow([_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8")


def _cell(cell: Cell) -> Cell:
    """Keep a text from being run as a formula."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    return cell
