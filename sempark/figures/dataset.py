"""Chapter 2 of the thesis: formats, label sets, categories, scales.

In: counts, as plain mappings and rows. Out: tables 2.1 to 2.5, figures 2.3 and 2.4, and the
histogram of scales. Categories come in the order of the thesis.

Source: sections 2.1 to 2.3 of the thesis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sempark.figures.exhibit import Cell, Exhibit, missing
from sempark.figures.style import ACCENT, WARM, above, beside, dress, new_figure, to_svg

_NM = {"nm": 1.0, "um": 1e3, "mm": 1e6}
_SIGNS = {"nm": "nm", "um": "µm", "mm": "mm"}


def formats(counts: Mapping[str, int]) -> Exhibit:
    """Table 2.1: files by format, told by content.

    Parameters
    ----------
    counts : mapping
        Format to number of files; what no format was found for under "none".

    Returns
    -------
    Exhibit
        The most frequent first, ties by name.
    """
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Exhibit(
        "table-2.1",
        "File formats in the source directories",
        ("format", "occurrences"),
        rows,
        "Told by the first bytes of each readable file, not by its name.",
    )


def label_sets(rows: Sequence[tuple[str, int, int, int, int, int]]) -> Exhibit:
    """Table 2.2: the labelled data sets, and how many of their files were found again.

    Parameters
    ----------
    rows : sequence of (name, n_categories, n_files, n_unique, n_unmatched, n_conflicts)
        A row a data set: leaves of its folders, files, unique contents, contents without an image
        among the unique ones, and contents that stand in several categories.

    Returns
    -------
    Exhibit
    """
    columns = (
        "name",
        "categories",
        "files",
        "unique hashes",
        "no match in images_flat",
        "in several categories",
    )
    return Exhibit(
        "table-2.2",
        "The labelled data sets",
        columns,
        list(rows),
        "Matched by the content of the file. A content filed under several categories says "
        "nothing sure about any of them.",
    )


def label_conflicts(rows: Sequence[tuple[Cell, ...]]) -> Exhibit:
    """Pictures in two categories, by pair of categories, within and between label sets.

    Parameters
    ----------
    rows : sequence of (set, category, set, category, n_pictures, n_files)

    Returns
    -------
    Exhibit
        Most pictures first, ties by name; without rows it says that there are none.
    """
    title = "Pictures in two categories"
    if not rows:
        return missing("label-conflicts", title, "no picture stands in two categories.")
    return Exhibit(
        "label-conflicts",
        title,
        ("set", "category", "other set", "other category", "pictures", "files"),
        sorted(rows, key=lambda row: (-int(row[4] or 0), *map(str, row[:4]))),
        "A picture in three categories stands in three lines.",
    )


def label_bars(
    matched: Mapping[str, int], unmatched: Mapping[str, int], order: Sequence[str], data_set: str
) -> Exhibit:
    """Figure 2.3: labelled images a category.

    Parameters
    ----------
    matched, unmatched : mapping
        Category to number of unique contents found and not found among the images.
    order : sequence of str
        The categories, top to bottom.
    data_set : str
        Its name.

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 0.32 * len(order) + 0.9)
    axes = figure.add_subplot()
    found = [matched.get(name, 0) for name in order]
    lost = [unmatched.get(name, 0) for name in order]
    total = sum(found)
    y = range(len(order))
    axes.barh(y, found, color=ACCENT, height=0.68, label="found")
    axes.barh(y, lost, left=found, color=WARM, height=0.68, label="not found")
    for i, (a, b) in enumerate(zip(found, lost, strict=True)):
        share = f"{a:,} ({a / total:.1%})" if total else f"{a:,}"
        beside(axes, a + b, i, share)
    dress(axes, xlabel="images", grid="x")
    axes.set_yticks(list(y), [_plain(name) for name in order])
    axes.invert_yaxis()
    axes.margins(x=0.16)
    if any(lost):
        above(axes)
    largest = order[max(y, key=lambda i: found[i])] if total else "none"
    alt = f"Bar chart of {total} labelled images in {len(order)} categories, most in {largest}."
    return Exhibit(
        "figure-2.3",
        f"Distribution of the {total:,} labelled images ({data_set})",
        ("category", "found", "not found"),
        list(zip(order, found, lost, strict=True)),
        "Unique contents; those not found correspond to no image of the source.",
        to_svg(figure, alt),
        alt=alt,
    )


def subclass_bars(
    rows: Sequence[tuple[str, str, int]], order: Sequence[str], data_set: str
) -> Exhibit:
    """Figure 2.4: the sub-categories of the hierarchical set within their categories.

    Parameters
    ----------
    rows : sequence of (category, subcategory, n)
        An empty subcategory: files right in the category.
    order : sequence of str
        The categories, top to bottom.
    data_set : str
        Its name.

    Returns
    -------
    Exhibit
    """
    place = {name: i for i, name in enumerate(order)}
    leaves = sorted(rows, key=lambda row: (place.get(row[0], len(place)), row[1]))
    figure = new_figure(7.2, 0.21 * len(leaves) + 0.9)
    axes = figure.add_subplot()
    for i, (category, _, n) in enumerate(leaves):
        shade = ACCENT if place.get(category, 0) % 2 == 0 else WARM
        axes.barh(i, n, color=shade, height=0.7)
        beside(axes, n, i, f"{n:,}", 7)
    names = [f"{_plain(c)} · {_plain(s)}" if s else _plain(c) for c, s, _ in leaves]
    dress(axes, xlabel="images", grid="x")
    axes.set_yticks(range(len(leaves)), names)
    axes.tick_params(labelsize=7)
    axes.set_ylim(len(leaves) - 0.4, -0.6)
    axes.margins(x=0.1)
    alt = f"Bar chart of {len(leaves)} sub-categories within {len({r[0] for r in leaves})} classes."
    return Exhibit(
        "figure-2.4",
        f"Distribution of the sub-classes ({data_set})",
        ("category", "subcategory", "images"),
        leaves,
        "Neighboring categories alternate in color.",
        to_svg(figure, alt),
        alt=alt,
    )


def subset_labels(
    counts: Mapping[str, int], total: int, order: Sequence[str], name: str
) -> Exhibit:
    """Table 2.5: labels in the chosen scale range.

    Parameters
    ----------
    counts : mapping
        Category to labelled images in the subset.
    total : int
        Images in the subset, labelled or not.
    order : sequence of str
        The categories.
    name : str
        Of the subset, such as ``1u-2u``.

    Returns
    -------
    Exhibit
    """
    labelled = sum(counts.get(category, 0) for category in order)
    rows: list[tuple[Cell, ...]] = [(category, counts.get(category, 0)) for category in order]
    rows += [("labelled", labelled), ("all images", total)]
    share = f"{labelled / total:.1%}" if total else "none"
    return Exhibit(
        "table-2.5",
        f"Distribution of the labels in {name}",
        ("category", "images"),
        rows,
        f"{share} of the images in {name} carry a label.",
        total=True,
    )


def nanometers(value: float, unit: str) -> float:
    """Give a printed length in nm.

    Raises
    ------
    ValueError
        If the unit is none of nm, um, mm.
    """
    if unit not in _NM:
        raise ValueError(f"expected a unit of {', '.join(_NM)}, received {unit!r}")
    return value * _NM[unit]


def scale_name(value: float, unit: str) -> str:
    """Give a printed length as text, such as "2 µm"."""
    return f"{value:g} {_SIGNS.get(unit, unit)}"


def length(nm: float) -> str:
    """Give a length in nm as text with a fitting unit and three digits, such as "1.34 µm"."""
    unit = next((name for name in ("mm", "um") if nm >= _NM[name]), "nm")
    return f"{float(f'{nm / _NM[unit]:.3g}'):g} {_SIGNS[unit]}"


def _plain(name: str) -> str:
    """Give a category's name as words."""
    return name.replace("_", " ")
