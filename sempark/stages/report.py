"""report: one page with every table and figure, and a browser of the images.

In: all tables, their manifests. Out: the files of a folder that opens from disk without a network.
What a table does not hold is replaced by the reason. Parts: `report_data`, `report_spaces`,
`report_clusterings`, `report_hierarchies`, `report_growth` (exhibits), `report_tree`
(sub-categories), `report_images`, `report_pictures` and `report_browser` (what the browser shows).
Source: every table and figure of the thesis.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from pyspark.sql import DataFrame

from sempark.config import Report
from sempark.figures import page, scored
from sempark.figures.exhibit import Cell, Exhibit, titled
from sempark.figures.style import METHOD_NAMES
from sempark.stages import (
    report_browser,
    report_clusterings,
    report_data,
    report_growth,
    report_hierarchies,
    report_images,
    report_pictures,
    report_spaces,
    report_tree,
)
from sempark.stages.report_images import Catalog
from sempark.stages.report_source import Source

logger = logging.getLogger(__name__)


def build(
    read: Callable[[str], DataFrame],
    manifests: Mapping[str, Mapping[str, object]],
    settings: Report,
    hide: bool = False,
) -> Iterator[tuple[str, bytes]]:
    """Write the report.

    Parameters
    ----------
    read : callable
        Name to table.
    manifests : mapping
        Name of each table that is there to its manifest.
    settings : Report
        The section `report`.
    hide : bool
        Leave out every path, and pictures whose data bar may hold a name.

    Returns
    -------
    iterator of (relative path, bytes)
    """
    source = Source(read, manifests, settings.untrained)
    found = report_images.catalog(source, hide, settings.images)
    trees = report_tree.made(source, found, settings, hide)
    curves = report_clusterings.curves(source)
    sections = [
        page.Section(
            "data",
            "The data",
            "From the files to the images of one scale range.",
            [*trees.pictures, *report_data.data(source)],
        ),
        page.Section(
            "features",
            "Features",
            "What two layers of two networks make of the images.",
            [*report_growth.network(source), *report_spaces.learned(source)],
        ),
        page.Section(
            "dimension",
            "Intrinsic dimension",
            "How few numbers an image needs.",
            [*report_clusterings.thick_line(), *report_spaces.dimensions(source)],
        ),
        page.Section(
            "distances",
            "Distances",
            "Whether near means alike, by category.",
            list(report_spaces.distances(source)),
        ),
        page.Section(
            "clustering",
            "Clustering",
            "How well clusters of any number meet the labels.",
            [
                *report_clusterings.examples(),
                *report_clusterings.scores(source, curves),
                *report_hierarchies.exhibits(source, curves),
            ],
        ),
        page.Section(
            "tree",
            "The tree",
            "How far it meets what is known, and whether new images fit it.",
            list(report_growth.tree(source)),
        ),
        page.Section(
            "run", "This run", "What was made, when, in what time, and by what.", run(manifests)
        ),
    ]
    every = [exhibit for section in sections for exhibit in section.exhibits]
    logger.info(
        "report: %d exhibits, %d without data", len(every), sum(bool(e.reason) for e in every)
    )
    created = max((str(manifest.get("created", "")) for manifest in manifests.values()), default="")
    yield (
        "index.html",
        page.index(
            settings.title,
            created,
            [*headline(manifests, curves, settings.untrained), *sampled(found)],
            sections,
            trees.strips,
            settings.untrained,
        ),
    )
    yield "browse.html", page.browse(settings.title)
    yield from page.assets()
    yield from page.files(every)
    yield from trees.files
    yield from report_browser.files(source, found, curves, settings, hide)
    yield from report_pictures.sheet_files(
        source, found, settings.thumbnails_px, settings.sheet_images, hide
    )
    yield from report_pictures.picture_files(source, found, settings.picture_px, hide)


def run(manifests: Mapping[str, Mapping[str, object]]) -> list[Exhibit]:
    """The run's own figures: a line a table, a line a package."""
    tables: list[tuple[Cell, ...]] = []
    packages: dict[tuple[str, str], list[str]] = {}
    for name, manifest in manifests.items():
        counts = manifest.get("status_counts")
        said = (
            ", ".join(f"{k} {v:,}" for k, v in counts.items())
            if isinstance(counts, Mapping)
            else ""
        )
        seconds, rows = (_float(manifest.get(key)) for key in ("seconds", "rows"))
        rate = rows / seconds if rows is not None and seconds else None
        tables.append(
            (
                name,
                None if rows is None else int(rows),
                seconds,
                rate,
                said,
                str(manifest.get("created", "")),
                str(manifest.get("note") or ""),
            )
        )
        versions = manifest.get("packages")
        for package, version in versions.items() if isinstance(versions, Mapping) else ():
            packages.setdefault((str(package), str(version)), []).append(name)
    return [
        Exhibit(
            "run-tables",
            "Tables",
            ("table", "rows", "seconds", "rows a second", "by status", "made", "note"),
            tables,
            "Seconds of the run that made the table.",
        ),
        Exhibit(
            "run-versions",
            "Packages",
            ("package", "version", "tables"),
            [(*key, len(names)) for key, names in sorted(packages.items())],
            "More than one version of a package: tables come from different runs.",
        ),
    ]


def headline(
    manifests: Mapping[str, Mapping[str, object]],
    curves: Sequence[scored.Curve],
    untrained: Sequence[str],
) -> list[tuple[str, str]]:
    """The figures at the top of the page; what is not known is left out."""
    out = []
    for table, status, words in (
        ("inventory", None, "files found"),
        ("images_flat", "ok", "unique images"),
        ("scale", "ok", "scales read"),
        ("subset", None, "images in the chosen scale range"),
        ("taxonomy", None, "nodes in the tree"),
    ):
        manifest = manifests.get(table, {})
        counts = manifest.get("status_counts")
        value = manifest.get("rows")
        if status and isinstance(counts, Mapping):
            value = counts.get(status, 0)
        if isinstance(value, int) and value:
            out.append((f"{value:,}", words))
    spaces = {curve.space for curve in curves}
    found = [best for space in sorted(spaces) if (best := scored.best(curves, space))]
    if found:
        top = max(found, key=lambda each: each.nmi - each.expected)
        name = METHOD_NAMES.get(top.method, top.method)
        shown = titled(top.space, untrained)
        words = f"NMI of {name}, k = {top.k}, {shown}; uniform labels score {top.expected:.2f}"
        out.append((f"{top.nmi:.2f}", words))
    return out


def sampled(found: Catalog) -> list[tuple[str, str]]:
    """How many images the browser shows, where these are a sample."""
    n = len(found.order.md5s)
    return [(f"{n:,}", f"of {found.sample_of:,} images shown: a sample")] * bool(found.sample_of)


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
