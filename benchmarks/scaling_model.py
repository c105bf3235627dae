"""What the pipeline costs at other sizes: a model from measured costs, every assumption named.

In: cores and memory of a node. Out: lines of text: for 150 thousand, 10 million and 1 billion
images a table of stages (core-hours, bytes, memory of the driver, hours on 8, 100 and 1,000 nodes),
then the stage that breaks first and what takes its place, with and without samples. The numbers in
`COST` and `SECONDS` were measured on two cores (jobs/plan.py, docs/benchmarks.md, docs/scaling.md);
bytes follow from the columns; all that is printed is computed. Work on the executors is taken to
spread evenly over all cores; work on the driver uses its cores where the measured code did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sempark.config import load

IMAGES = (150_000, 10_000_000, 1_000_000_000)
NODES = (8, 100, 1000)
SUBSET = 52_682 / 146_916
"""Share of the images in the subset, as in the thesis."""
LABELLED = 20_000
"""Labelled images, whatever the collection's size (the thesis: 18,577)."""
SETTINGS = load()
"""The defaults: what samples are taken."""
DAY = 24.0
RAW, CODED, WIDTHS, LISTED = 4, 8, 2 * (2048 + 1001 + 768), 100
"""Raw and coded spaces, numbers an image of both networks' layers, neighbors a point."""

COST = {
    "inventory": 0.0011,
    "images_flat": 0.030,
    "near_duplicates": 0.005,
    "scale": 0.030,
    "features": 0.12,
    "grid": 0.073,
    "encoders": 0.0091,
    "codings": 0.0006,
    "followers": 8 * 0.0005,
    "taxonomy": 0.0082,
    "search": 0.003,
    "export": 0.0005,
    "report": 0.02,
}
"""Measured core seconds a row: features through two checkpoints, grid of 24 models and 10 epochs,
followers in eight spaces."""
BYTES = {"source": 800_000, "jpeg": 300_000, "features": 4 * WIDTHS}
"""Bytes an image: a gray TIFF of 1024 x 768, its JPEG (rounded up), the numbers of `WIDTHS`."""
POINTS = (52_682, 146_916)
SECONDS = {
    "neighbors of 2048": (2 * 38.5, 2 * 262.0),
    "neighbors of 18": (2 * 1.09, 2 * 3.60),
    "ward": (2 * 1.76, 2 * 10.1),
    "complete": (2 * 4.76, 2 * 29.2),
    "hdbscan": (3.82, None),
    "single": (3.98, None),
    "centroid": (17.27, None),
}
"""Measured core seconds at `POINTS`; None: taken to grow as the square, as the algorithm does."""


def power(name: str) -> Callable[[float], float]:
    """Core seconds of n points: the power law through both measured sizes."""
    small, large = SECONDS[name]
    exponent = 2.0
    if large is not None:
        exponent = math.log(large / small) / math.log(POINTS[1] / POINTS[0])
    return lambda n: small * (n / POINTS[0]) ** exponent


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline as the model sees it.

    Attributes
    ----------
    name : str
    on_driver : bool
        Else its core seconds spread over the executors.
    core_seconds, driver_bytes : callable
        Of n rows; of the same.
    rows : str
        What n counts: ``images``, ``subset``, ``labelled``; ``others``: of the subset, those that
        are not clustered.
    most : int
        Points it sees at most where samples are taken; 0: all of them.
    read, written, shuffled : float
        Bytes an image of the whole collection.
    row_bytes : float
        Bytes written a row, beside those.
    whole_bytes : float
        Of the driver an image of the whole collection, beside those of its rows.
    driver_cores : int
        Cores that the measured code uses on the driver; 0: all.
    instead : str
        What takes its place when it breaks.
    """

    name: str
    on_driver: bool
    core_seconds: Callable[[float], float]
    driver_bytes: Callable[[float], float]
    rows: str = "images"
    most: int = 0
    read: float = 0.0
    written: float = 0.0
    shuffled: float = 0.0
    row_bytes: float = 0.0
    whole_bytes: float = 0.0
    driver_cores: int = 0
    instead: str = ""


def linear(name: str) -> Callable[[float], float]:
    """Core seconds that grow with the rows."""
    return lambda n: COST[name] * n


def bytes_a_row(size: float) -> Callable[[float], float]:
    """Memory that grows with the rows."""
    return lambda n: size * n


def dimension(n: float) -> float:
    """2-NN of halving samples, five each, in two spaces of 2048 columns and two of half of them."""
    search = power("neighbors of 2048")
    return 3 * (search(n) + 5 * sum(search(n / 2**i) for i in range(1, 10)))


def merges(n: float) -> float:
    """The hierarchies of each coded space; that of Density Peaks costs next to nothing beside."""
    methods = ("single", "complete", "centroid", "ward", "hdbscan")
    return CODED * sum(power(method)(n) for method in methods)


WIDE, MIDDLE = 2 * 4 * 2048, 2 * 4 * 768
"""Bytes a point of the widest space, and of the tree's, on its way to the driver: its chunks and
their array."""
LISTS = LISTED * 16 + 18 * 12
"""Bytes a point: neighbors as numbers and distances, its coding in both precisions."""
FEATURES = BYTES["features"]
STAGES = (
    Stage("inventory", False, linear("inventory"), bytes_a_row(1000), read=BYTES["source"],
          written=200, instead="directories listed by the executors, a task each"),
    Stage("images_flat", False, linear("images_flat"), bytes_a_row(0), read=BYTES["source"],
          written=BYTES["jpeg"], shuffled=400),
    Stage("near_duplicates", False, linear("near_duplicates"), bytes_a_row(500),
          read=BYTES["jpeg"], shuffled=200, instead="candidate pairs kept in Spark"),
    Stage("scale", False, linear("scale"), bytes_a_row(0), read=BYTES["jpeg"],
          shuffled=BYTES["jpeg"]),
    Stage("features", False, linear("features"), bytes_a_row(0), read=2 * BYTES["jpeg"],
          written=FEATURES, shuffled=2 * BYTES["jpeg"]),
    Stage("raw_neighbors", True, lambda n: 3 * power("neighbors of 2048")(n), bytes_a_row(WIDE),
          "subset", SETTINGS.dimension.sample, read=FEATURES, shuffled=FEATURES,
          instead="left out: the dimension is that of a sample (built); an IVF index by Spark"),
    Stage("dimension", True, dimension, bytes_a_row(WIDE), "subset", SETTINGS.dimension.sample,
          read=FEATURES, instead="2-NN on a sample (built)"),
    Stage("grid", False, linear("grid"), bytes_a_row(WIDE), "subset", SETTINGS.codings.sample,
          read=FEATURES, instead="training on a sample (built)"),
    Stage("encoders", True, linear("encoders"), bytes_a_row(WIDE), "subset",
          SETTINGS.codings.sample, read=FEATURES, instead="training on a sample (built)"),
    Stage("codings", False, linear("codings"), bytes_a_row(0), "subset", read=FEATURES,
          written=CODED * 18 * 4 * SUBSET, shuffled=FEATURES,
          instead="encoding by Spark (built)"),
    Stage("neighbors", True, lambda n: CODED * power("neighbors of 18")(n), bytes_a_row(LISTS),
          "subset", SETTINGS.neighbors.sample, read=CODED * 18 * 4 * SUBSET,
          row_bytes=CODED * LISTED * 12,
          instead="a sample is searched and clustered (built); an IVF index by Spark"),
    Stage("followers", False, linear("followers"), bytes_a_row(0), "others",
          read=CODED * 18 * 4 * SUBSET, row_bytes=CODED * 50),
    Stage("distances", True, lambda n: 0.002 * n, bytes_a_row(WIDE), "labelled", read=FEATURES),
    Stage("merges", True, merges, bytes_a_row(LISTS + 6 * 40), "subset",
          SETTINGS.neighbors.sample, row_bytes=CODED * 6 * 32, driver_cores=1,
          instead="a sample is clustered and the others follow their nearest (built); "
          "micro-clusters with exact linkage over them"),
    Stage("taxonomy", True, linear("taxonomy"), bytes_a_row(MIDDLE), read=FEATURES,
          instead="a sample a category, the rest placed by the rule of assign"),
    Stage("search", True, linear("search"), bytes_a_row(MIDDLE), read=FEATURES,
          written=4 * 768, instead="an index in parts, a part an executor"),
    Stage("export", False, linear("export"), bytes_a_row(4000), written=2000,
          instead="records written by the executors"),
    Stage("report", True, linear("report"), bytes_a_row(10_000), most=SETTINGS.report.images,
          read=BYTES["jpeg"], row_bytes=80_000, whole_bytes=300,
          instead="a sample is shown (built); members of nodes read on demand"),
)  # fmt: skip


@dataclass(frozen=True)
class Load:
    """One stage at one size: rows, core-hours, driver bytes, hours by number of nodes."""

    stage: Stage
    rows: float
    core_hours: float
    driver_bytes: float
    hours: tuple[float, ...]


def loaded(stage: Stage, images: float, samples: bool, cores: int) -> Load:
    """A stage at a number of images, whole or with samples, on nodes of so many cores."""
    rows = {"images": images, "subset": images * SUBSET, "labelled": min(LABELLED, images)}
    sampled = samples and 0 < SETTINGS.neighbors.sample < rows["subset"]
    rows["others"] = rows["subset"] - SETTINGS.neighbors.sample if sampled else 0
    n = rows[stage.rows]
    if samples and stage.most:
        # the neighbors of a larger raw space are not searched at all
        n = 0 if stage.name == "raw_neighbors" and n > stage.most else min(n, stage.most)
    core_hours = stage.core_seconds(n) / 3600
    alone = core_hours / (stage.driver_cores or cores)
    spread = tuple(core_hours / (nodes * cores) for nodes in NODES)
    hours = tuple(alone for _ in NODES) if stage.on_driver else spread
    driver_bytes = stage.driver_bytes(n) + stage.whole_bytes * images
    return Load(stage, n, core_hours, driver_bytes, hours)


def sizes_of(one: Load, images: float) -> tuple[float, float, float]:
    """Bytes read, written and shuffled."""
    stage = one.stage
    written = stage.written * images + stage.row_bytes * one.rows
    return stage.read * images, written, stage.shuffled * images


def breaks(found: Load, driver_bytes: float) -> str:
    """Why a stage can't be done; empty if it can."""
    if found.driver_bytes > driver_bytes:
        return f"{_bytes(found.driver_bytes)} in the driver"
    if found.stage.on_driver and found.hours[0] > DAY:
        return f"{found.hours[0]:,.0f} hours on the driver"
    return ""


def lines(cores: int, driver_bytes: float) -> Iterator[str]:
    """All tables as text."""
    yield f"Computed: nodes of {cores} cores; a driver of {cores} cores and {_bytes(driver_bytes)}"
    for images in IMAGES:
        yield from table(images, cores, driver_bytes)
    yield ""
    yield "What breaks: more memory than the driver's, or more than a day on it"
    for images in IMAGES:
        for samples in (False, True):
            how = "with samples" if samples else "all points"
            loads = [loaded(stage, images, samples, cores) for stage in STAGES]
            wrong = [(one, breaks(one, driver_bytes)) for one in loads]
            broken = [(one, why) for one, why in wrong if why]
            yield f"{images:,} images, {how}: {'nothing' if not broken else ''}"
            for one, why in broken:
                yield f"    {one.stage.name}: {why}; instead: {one.stage.instead}"


def table(images: int, cores: int, driver_bytes: float) -> Iterator[str]:
    """The stages at one size, with samples where the settings have them."""
    yield ""
    yield f"{images:,} images, {images * SUBSET:,.0f} of them in the subset"
    yield (
        f"{'stage':<16}{'rows':>15}{'core-hours':>12}{'read':>9}{'written':>9}{'shuffled':>9}"
        f"{'driver':>9}" + "".join(f"{f'{nodes:,} nodes':>12}" for nodes in NODES)
    )
    loads = [loaded(stage, images, True, cores) for stage in STAGES]
    for one in loads:
        stage = one.stage
        sizes = sizes_of(one, images)
        yield (
            f"{stage.name:<16}{one.rows:>15,.0f}{one.core_hours:>12,.1f}"
            + "".join(f"{_bytes(size):>9}" for size in (*sizes, one.driver_bytes))
            + "".join(f"{_hours(hours):>12}" for hours in one.hours)
            + (" breaks" if breaks(one, driver_bytes) else "")
        )
    sums = [sum(column) for column in zip(*(sizes_of(one, images) for one in loads), strict=True)]
    yield (
        f"{'all':<16}{'':>15}{sum(one.core_hours for one in loads):>12,.1f}"
        + "".join(f"{_bytes(size):>9}" for size in sums)
        + f"{_bytes(max(one.driver_bytes for one in loads)):>9}"
        + "".join(f"{_hours(sum(one.hours[i] for one in loads)):>12}" for i in range(len(NODES)))
    )


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} PB"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{60 * hours:.1f} min"
    return f"{hours:,.1f} h" if hours < 1000 else f"{hours / 24 / 365:,.1f} years"
