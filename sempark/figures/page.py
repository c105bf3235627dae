"""The pages of the report: HTML from templates, style and scripts beside.

In: sections of exhibits, the run's own figures. Out: (relative path, bytes) of every file.

The pages open from disk without a network: everything is relative, nothing is fetched. Whatever
comes from outside (names of files, reasons, categories) is escaped by the templates.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import jinja2

from sempark.figures.exhibit import Cell, Exhibit, to_csv

ASSETS = ("style.css", "browse.css", "data.js", "views.js", "trees.js", "browse.js")
STRIP_TILES = 10
"""Thumbnails that fill the width of a strip."""
SHOWN_ROWS = 60
"""Rows of a table on the page; all of them are in its CSV."""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    id, title, words : str
        Anchor, heading, and a sentence or two below it.
    exhibits : sequence of Exhibit
        In order.
    """

    id: str
    title: str
    words: str
    exhibits: Sequence[Exhibit]


@dataclass(frozen=True)
class Strip:
    """A node of the tree of sub-categories as one row of pictures.

    Attributes
    ----------
    node, name : str
        Its id, and the name to show.
    depth, size : int
        Levels below the category; images.
    words : str
        What there is to say of it.
    image : str
        Path of its contact sheet; empty: none.
    tiles : int
        Thumbnails in it, at most `STRIP_TILES`.
    """

    node: str
    name: str
    depth: int
    size: int
    words: str
    image: str
    tiles: int


def index(
    title: str,
    created: str,
    headline: Sequence[tuple[str, str]],
    sections: Sequence[Section],
    strips: Sequence[Strip],
    untrained: Sequence[str],
) -> bytes:
    """Write the report's first page.

    Parameters
    ----------
    title, created : str
        Heading and time of the newest table.
    headline : sequence of (value, words)
        The figures at the top.
    sections : sequence of Section
    strips : sequence of Strip
        The tree of sub-categories, a parent before its children.
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    bytes
    """
    text = (
        _environment()
        .get_template("index.html")
        .render(
            title=title,
            created=_spoken(created),
            headline=headline,
            sections=sections,
            strips=strips,
            untrained=untrained,
            shown_rows=SHOWN_ROWS,
            strip_tiles=STRIP_TILES,
        )
    )
    return text.encode("utf-8")


def browse(title: str) -> bytes:
    """Write the browser's page; what it shows comes from the data scripts."""
    return _environment().get_template("browse.html").render(title=title).encode("utf-8")


def files(exhibits: Sequence[Exhibit]) -> Iterator[tuple[str, bytes]]:
    """Give the files of exhibits: picture and data of each that is there.

    Parameters
    ----------
    exhibits : sequence of Exhibit

    Returns
    -------
    iterator of (relative path, bytes)

    Raises
    ------
    ValueError
        If two exhibits have one id.
    """
    seen: set[str] = set()
    for exhibit in exhibits:
        if exhibit.id in seen:
            raise ValueError(f"expected one exhibit an id, received {exhibit.id} twice")
        seen.add(exhibit.id)
        if exhibit.reason:
            continue
        yield f"figures/{exhibit.id}.csv", to_csv(exhibit.columns, exhibit.rows)
        if exhibit.svg is not None:
            yield f"figures/{exhibit.id}.svg", exhibit.svg
        if exhibit.image is not None:
            yield f"figures/{exhibit.id}.{exhibit.image_type}", exhibit.image


def assets() -> Iterator[tuple[str, bytes]]:
    """Give style sheets and scripts of the pages."""
    folder = importlib.resources.files("sempark.figures") / "templates"
    for name in ASSETS:
        yield f"assets/{name}", (folder / name).read_bytes()


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sempark.figures"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = _cell
    return environment


def _spoken(created: str) -> str:
    """Give an ISO time as a date and time to read; anything else as it is."""
    try:
        return datetime.fromisoformat(created).strftime("%-d %B %Y, %H:%M %Z").strip()
    except ValueError:
        return created


def _cell(cell: Cell) -> str:
    """Give a cell as text: thousands apart, floats to four digits."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 1e4 else f"{cell:,.0f}"
    return cell
