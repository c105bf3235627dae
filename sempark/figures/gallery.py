"""Pictures with names: one image, and a representative of each category.

In: JPEG bytes of gray pictures. Out: figures 2.1 and 2.2.

Source: sections 2 and 2.2 of the thesis.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from sempark.figures.exhibit import Cell, Exhibit
from sempark.figures.style import INK, new_figure, to_svg


def one(jpeg: bytes, facts: Sequence[tuple[str, Cell]], rule: str) -> Exhibit:
    """Figure 2.1: an image of images_flat.

    Parameters
    ----------
    jpeg : bytes
        The picture.
    facts : sequence of (name, value)
        What is known of it, md5 first.
    rule : str
        How it was chosen.

    Returns
    -------
    Exhibit
    """
    said = ", ".join(f"{name} {value}" for name, value in facts[1:] if value)
    alt = f"A micrograph: {said or 'nothing is known of it'}."
    return Exhibit(
        "figure-2.1",
        "An image in images_flat",
        ("fact", "value"),
        list(facts),
        f"{said[:1].upper()}{said[1:]}. {rule}",
        image=jpeg,
        alt=alt,
    )


def representatives(items: Sequence[tuple[str, str, bytes | None]], rule: str) -> Exhibit:
    """Figure 2.2: an image of each category.

    Parameters
    ----------
    items : sequence of (category, md5, thumbnail or None)
        In the order to be shown; None: the picture must not be shown.
    rule : str
        How they were chosen.

    Returns
    -------
    Exhibit
    """
    columns = min(5, len(items))
    n_rows = -(-len(items) // columns)
    figure = new_figure(7.2, 1.62 * n_rows)
    grid = figure.subplots(n_rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, (name, _, jpeg) in zip(grid, items, strict=False):
        axes.set_title(name.replace("_", " "), fontsize=7, color=INK)
        if jpeg is not None:
            pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"))
            axes.imshow(pixels, cmap="gray", vmin=0, vmax=255)
    names = ", ".join(name.replace("_", " ") for name, _, _ in items)
    alt = f"One micrograph each of {names}."
    return Exhibit(
        "figure-2.2",
        f"Representative images of the {len(items)} categories",
        ("category", "md5"),
        [(name, md5) for name, md5, _ in items],
        rule,
        to_svg(figure, alt),
        alt=alt,
    )
