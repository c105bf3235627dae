"""The scales read from the images: how the reading went, and which scales there are.

In: counts by status, by printed length and category. Out: tables 2.3 and 2.4 and the histogram.

Source: section 2.3 of the thesis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sempark.figures.dataset import nanometers, scale_name
from sempark.figures.exhibit import Cell, Exhibit
from sempark.figures.style import ACCENT, INK, WARM, above, dress, new_figure, to_svg

STATUSES = {
    "ok": "scale read",
    "no_databar": "data bar not detected",
    "many_databars": "several data bars",
    "no_bar": "scale bar not detected",
    "many_bars": "several scale bars",
    "no_text": "no text beside the bar",
    "no_value": "text is no length",
    "unsure": "reading not sure enough",
    "error": "failed on the image",
}


def reading(
    statuses: Mapping[str, int],
    agreement: Mapping[str, int],
    validation: Mapping[str, int] | None = None,
) -> Exhibit:
    """Table 2.3: how well the scales were read.

    Parameters
    ----------
    statuses : mapping
        Status word to images.
    agreement : mapping
        Agreement word to images whose file holds a pixel size to compare with.
    validation : mapping, optional
        Outcome to images of a hand-read (or drawn) sample; what the thesis prints. Without one
        the table says how each reading ended, which is not the same as being right.

    Returns
    -------
    Exhibit
    """
    rows: list[tuple[Cell, ...]] = []
    groups = (
        ("against hand-read scales", validation or {}),
        ("how the reading ended", statuses),
        ("against the pixel size in the file", agreement),
    )
    for name, counts in groups:
        total = sum(counts.values())
        for key, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            rows.append((name, STATUSES.get(key, key), n, round(100 * n / total, 1)))
    said = (
        "The first rows compare with scales written down beforehand."
        if validation
        else "No hand-read sample was given, so right and wrong can't be told apart here; the "
        "job validate_scale compares a sample. Pixel sizes stored by the instrument are a second "
        "witness where a file has one."
    )
    return Exhibit(
        "table-2.3",
        "Reading the scales",
        ("question", "outcome", "images", "percent"),
        rows,
        said,
    )


def by_category(
    rows: Sequence[tuple[float, str, str | None, int]], order: Sequence[str], total: int
) -> Exhibit:
    """Table 2.4: images by scale and category.

    Parameters
    ----------
    rows : sequence of (value, unit, category or None, n)
        Images with that printed scale; category None: without a label.
    order : sequence of str
        The categories, left to right.
    total : int
        All images, read or not.

    Returns
    -------
    Exhibit
        From the longest scale to the shortest. The last row is the sum over scales.
    """
    table: dict[tuple[float, str], Counter[str | None]] = {}
    for value, unit, category, n in rows:
        key = (nanometers(value, unit), scale_name(value, unit))
        table.setdefault(key, Counter())[category] += n
    out: list[tuple[Cell, ...]] = []
    for key in sorted(table, reverse=True):
        counts = table[key]
        cells = [counts[name] for name in order]
        out.append((key[1], *cells, sum(cells), sum(counts.values())))
    sums = [sum(int(row[i] or 0) for row in out) for i in range(1, len(order) + 3)]
    out.append(("all scales", *sums))
    share = f"{sums[-1] / total:.1%} of {total:,} images" if total else "no images"
    return Exhibit(
        "table-2.4",
        "Scales in images_flat, by category of the labelled ones",
        ("scale", *order, "labelled", "images_flat"),
        out,
        f"With a scale: {share}.",
        total=True,
    )


def histogram(table: Exhibit) -> Exhibit:
    """Draw table 2.4 as bars: images at each printed scale, the labelled ones apart.

    Parameters
    ----------
    table : Exhibit
        As from `by_category`.

    Returns
    -------
    Exhibit
        Id ``scale-histogram``.
    """
    rows = [(str(row[0]), int(row[-2] or 0), int(row[-1] or 0)) for row in table.rows[:-1]]
    rows.reverse()
    figure = new_figure(7.2, 2.9)
    axes = figure.add_subplot()
    x = range(len(rows))
    labelled, every = [row[1] for row in rows], [row[2] for row in rows]
    axes.bar(x, every, color=ACCENT, width=0.72, label="all images")
    if any(labelled):
        axes.bar(x, labelled, color=WARM, width=0.72, label="of these labelled")
    for i, n in enumerate(every):
        axes.text(i, n, f"{n:,}", ha="center", va="bottom", fontsize=7, color=INK)
    dress(axes, xlabel="length printed beside the scale bar", ylabel="images")
    axes.set_xticks(list(x), [row[0] for row in rows], rotation=40, ha="right")
    axes.margins(y=0.1)
    above(axes)
    top = max(rows, key=lambda row: row[2])[0] if rows else "none"
    alt = f"Bar chart of images at {len(rows)} printed scales; the most frequent is {top}."
    return Exhibit(
        "scale-histogram",
        "How often each scale is printed",
        ("scale", "labelled", "all images"),
        rows,
        "From the shortest to the longest.",
        to_svg(figure, alt),
        alt=alt,
    )
