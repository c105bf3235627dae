"""Part of report: the tree of sub-categories as rows of pictures, and figures 2.1 and 2.2.

In: the catalog, images_flat, near_duplicates. Out: `Trees`: exhibits, a strip a node, its files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F

from sempark.config import Report
from sempark.figures import gallery, page, sheets
from sempark.figures.dataset import length
from sempark.figures.exhibit import Cell, Exhibit, missing
from sempark.figures.tree_order import Node
from sempark.stages.report_images import Catalog
from sempark.stages.report_pictures import shown, thumbnails_of
from sempark.stages.report_source import Source, order_of

N_BORDER = 3
N_TYPICAL = page.STRIP_TILES - N_BORDER - 1
"""Images of a strip beside the most central one."""


@dataclass(frozen=True)
class Trees:
    """What the first page shows of images.

    Attributes
    ----------
    pictures : list of Exhibit
        Figures 2.1 and 2.2, and the counts of near duplicates.
    strips : list of page.Strip
        A row of pictures a node.
    files : list of (path, bytes)
        Their contact sheets.
    """

    pictures: list[Exhibit]
    strips: list[page.Strip]
    files: list[tuple[str, bytes]]


def made(source: Source, found: Catalog, settings: Report, hide: bool) -> Trees:
    """Make strips and picture figures.

    Parameters
    ----------
    source, found : Source, Catalog
    settings : Report
        Sizes of thumbnails and of the picture of figure 2.1.
    hide : bool
        Show no picture that may hold a name.

    Returns
    -------
    Trees
    """
    if not found.order.md5s:
        why = f"{source.lacks('images_flat') or 'no image could be decoded.'}"
        return Trees(
            [
                missing("figure-2.1", "An image in images_flat", why),
                missing("figure-2.2", "Representative images", why),
            ],
            [],
            [],
        )
    px = settings.thumbnails_px
    chosen = {node.id: _chosen(found, i) for i, node in enumerate(found.order.nodes)}
    every = [md5 for md5s in chosen.values() for md5 in md5s]
    thumbnails = thumbnails_of(source, found, every, px, hide)
    strips, files = [], []
    for number, node in enumerate(found.order.nodes):
        tiles = [thumbnails.get(md5) for md5 in chosen[node.id]]
        path = f"sheets/node-{number:04d}.jpg" if any(tiles) else ""
        if path:
            files.append((path, sheets.sheet(tiles, len(tiles), px)))
        start, end = found.order.ranges[number]
        name = _trail(node, {each.id: each for each in found.order.nodes})
        size = len(node.members) if found.sample_of else end - start
        strips.append(page.Strip(node.id, name, node.depth, size, _words(node), path, len(tiles)))
    roots = [node for node in found.order.nodes if node.depth == 0]
    pictures = [
        _figure_one(source, found, chosen, settings.picture_px, hide),
        _figure_two(roots, chosen, thumbnails),
    ]
    return Trees([*pictures, *_near_duplicates(source)], strips, files)


def _chosen(found: Catalog, number: int) -> list[str]:
    """The images of a node's strip: most central, typical, border; without them the first ones."""
    node, (start, end) = found.order.nodes[number], found.order.ranges[number]
    named = [node.medoid, *list(node.typical)[: N_TYPICAL + 1], *list(node.border)[:N_BORDER]]
    named = [md5 for md5 in dict.fromkeys(named) if md5 in found.row]
    return (named or found.order.md5s[start:end])[: 1 + N_TYPICAL + N_BORDER]


def _trail(node: Node, nodes: dict[str, Node]) -> str:
    """Names from the category down to a node."""
    names = [node.name]
    while node.parent:
        node = nodes[node.parent]
        names.insert(0, node.name)
    return " › ".join(names).replace("_", " ")


def _words(node: Node) -> str:
    """What there is to say of a node, in a line."""
    facts, said = node.facts, []
    share = facts.get("labelled_share")
    if isinstance(share, float):
        said.append(f"{share:.0%} labelled")
    low, high = facts.get("nm_per_px_low"), facts.get("nm_per_px_high")
    if isinstance(low, float) and isinstance(high, float):
        said.append(f"{length(low)} to {length(high)} a pixel")
    maker, part = facts.get("instrument"), facts.get("instrument_share")
    if maker and isinstance(part, float):
        only = " (one instrument's cluster)" if facts.get("one_instrument") else ""
        said.append(f"{part:.0%} from {maker}{only}")
    stability = facts.get("stability")
    if isinstance(stability, float):
        said.append(f"stability {stability:.2f}")
    flat = facts.get("flat_overlap")
    if isinstance(flat, float) and node.depth:
        said.append(f"{flat:.0%} shared with its best cluster of a flat partition")
    return " · ".join(said)


def _figure_one(
    source: Source, found: Catalog, chosen: dict[str, list[str]], px: int, hide: bool
) -> Exhibit:
    """Figure 2.1: the most central image of the largest category, at full view."""
    md5 = next((md5s[0] for md5s in chosen.values() if md5s), found.order.md5s[0])
    rule = "The most central image of the largest category."
    at = found.row[md5]
    facts: list[tuple[str, Cell]] = [("md5", md5)]
    for name in ("category", "scale", "width", "height"):
        value = found.columns[name][at]
        facts.append((name, value if isinstance(value, int) else str(value or "")))
    status, box = found.columns["scale_status"][at], found.columns["databar"][at]
    databar = tuple(box) if isinstance(box, list) else None
    if not shown(None if status is None else str(status), databar, hide):
        return missing("figure-2.1", "An image in images_flat", "a name may stand in its data bar.")
    row = source.read("images_flat").where(F.col("md5") == md5).select("jpeg").collect()[0]
    picture = sheets.picture(bytes(row["jpeg"]), px, databar, hide)
    return gallery.one(picture, facts, rule)


def _figure_two(
    roots: Sequence[Node], chosen: dict[str, list[str]], thumbnails: dict[str, bytes]
) -> Exhibit:
    """Figure 2.2: the most central image of each category."""
    first = {node.category: chosen[node.id][0] for node in roots if chosen[node.id]}
    if not first:
        why = "no image has a category."
        return missing("figure-2.2", "Representative images of the categories", why)
    items = [(name, first[name], thumbnails.get(first[name])) for name in order_of(list(first))]
    return gallery.representatives(items, "The most central image of each category.")


def _near_duplicates(source: Source) -> list[Exhibit]:
    """Pairs of all but equal pictures by kind (footnote 1)."""
    title = "Pictures that are all but equal"
    if why := source.lacks("near_duplicates"):
        return [missing("near-duplicates", title, why)]
    rows = source.counts(source.read("near_duplicates"), "kind")
    said = "Pairs of different files; the first footnote of the thesis shows one."
    return [Exhibit("near-duplicates", title, ("kind", "pairs"), rows, said)]
