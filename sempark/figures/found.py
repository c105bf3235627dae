"""The page of a search: the query, and the images most like it.

In: what was found, as plain data, and small pictures. Out: one HTML file that holds everything,
opens from disk and runs no script. Whatever comes from outside is escaped by the template.
"""

from __future__ import annotations

import base64
import importlib.resources
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from sempark.figures import sheets

QUERY_PX = 480


def page(
    answers: Sequence[Mapping[str, Any]],
    queries: Sequence[bytes],
    thumbnails: Mapping[str, bytes],
) -> bytes:
    """Write the page.

    Parameters
    ----------
    answers : sequence of mapping
        For each query what `sempark.retrieval.answers.plain` gives, with two lines of ``words``
        beside: what it is, and where it belongs.
    queries : sequence of bytes
        The pictures of the queries as JPEG; empty where there is none to show.
    thumbnails : mapping
        md5 to a small JPEG of an image found; those without one are shown by their words alone.

    Returns
    -------
    bytes
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sempark.figures"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    style = importlib.resources.files("sempark.figures") / "templates" / "style.css"
    text = environment.get_template("found.html").render(
        style=style.read_text(encoding="utf-8"),
        answers=list(zip(answers, [_data(_shrunk(one)) for one in queries], strict=True)),
        tiles={md5: _data(jpeg) for md5, jpeg in thumbnails.items()},
    )
    return text.encode("utf-8")


def _shrunk(jpeg: bytes) -> bytes:
    return sheets.picture(jpeg, QUERY_PX) if jpeg else b""


def _data(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" if jpeg else ""
