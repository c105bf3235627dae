"""Part of report: chapter 3 of the thesis, from the features to the distances.

In: features, grid, neighbors, dimension, distances. Out: tables 3.1 to 3.4, figures 3.1 to 3.3 and
3.6 to 3.10; one whose table is empty says why. Spark counts, `geometry` fits, `figures` draws.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.figures import dimension, features, heatmaps, noise
from sempark.figures import schematics as drawn
from sempark.figures.exhibit import Cell, Exhibit, checkpoint, missing
from sempark.geometry import gride, pca, two_nn
from sempark.spaces import LAYERS, names, raw_name, raw_spaces
from sempark.stages.report_source import Source, order_of, rows_of

SCREE_COMPONENTS = 50
FIT_DISCARDS = (0.0, 0.1, 0.5)
"""Shares of the points left out of the three fits of figure 3.6."""


def learned(source: Source) -> Iterator[Exhibit]:
    """Chapter 3 up to the autoencoders: figures 3.1 to 3.3, tables 3.1 to 3.3."""
    yield drawn.inception()
    if why := source.lacks("features", "subset"):
        yield missing("table-3.1", "Names of the spaces", why)
        yield missing("figure-3.2", "PCA scree plot", why)
    else:
        yield features.spaces(_spaces(source), source.untrained)
        yield noise.scree(_shares(source), source.untrained)
    yield features.phases()
    if why := source.lacks("grid"):
        yield missing("figure-3.3", "The undercomplete autoencoder", why)
        yield missing("table-3.3", "Autoencoders with the least reconstruction error", why)
        return
    table = features.grid(source.read("grid").toArrow().to_pylist(), source.untrained)
    if table.rows:
        space, first, second, codings = table.rows[-1][:4]
        width = int(str(space).rsplit("_", 1)[-1].rstrip("abcdefghijklmnopqrstuvwxyz"))
        units = (width, int(first or 0), int(second or 0), int(codings or 0))
        yield drawn.autoencoder(units, str(space))
    else:
        yield missing("figure-3.3", "The undercomplete autoencoder", "every training collapsed.")
    yield table


def _spaces(source: Source) -> dict[tuple[str, str], tuple[str, int, int]]:
    """Names, widths and images of the raw spaces of the (first) subset."""
    subset = source.read("subset")
    name = str(subset.agg(F.min("name")).collect()[0][0])
    members = subset.where(F.col("name") == name).select("md5")
    last = source.read("features").where(F.col("layer").isin(*LAYERS))
    rows = last.join(members, "md5", how="left_semi")
    found = rows.groupBy("checkpoint", "layer").agg(
        F.max(F.size("vector")).alias("width"), F.count(F.lit(1)).alias("n")
    )
    return {
        (row["checkpoint"], row["layer"]): (
            raw_name(name, row["width"], row["checkpoint"]),
            row["width"],
            row["n"],
        )
        for row in found.collect()
    }


def _shares(source: Source) -> dict[str, tuple[np.ndarray, tuple[int, ...]]]:
    """Shares of the variance along the first components of each space before the last layer."""
    out = {}
    wide = source.read("features").where("layer = 'features'")
    for vectors in raw_spaces(wide, source.read("subset")):
        if len(vectors.md5s) > 2:
            most = min(SCREE_COMPONENTS, *vectors.X.shape)
            found = pca.fit(vectors.X, most)
            elbows = pca.elbows(found.explained_variance) if most > 2 else ()
            out[vectors.space] = (found.explained_variance_ratio, elbows)
    return out


def dimensions(source: Source) -> Iterator[Exhibit]:
    """Figures 3.6 and 3.7, and the dimension by scale."""
    if why := source.lacks("neighbors"):
        yield missing("figure-3.6", "Linear fits of 2-NN", why)
    else:
        fits = list(_fits(source.read("neighbors")))
        yield (
            dimension.fits(fits, source.untrained)
            if fits
            else missing("figure-3.6", "Linear fits of 2-NN", "no raw space has enough neighbors.")
        )
        if scales := list(_scales(source.read("neighbors"))):
            yield dimension.by_scale(scales, source.untrained)
    if why := source.lacks("dimension"):
        yield missing("figure-3.7", "Dimension of samples of each space, by sample size", why)
        return
    rows = source.read("dimension")
    means = rows.groupBy("space", "fraction", "sample_size").agg(
        F.avg("dimension"), F.coalesce(F.stddev("dimension"), F.lit(0.0)), F.max("plateau")
    )
    curves: dict[tuple[str, float], list[tuple[Cell, ...]]] = {}
    for row in sorted(
        rows_of(means.toArrow()),
        key=lambda row: (str(row[0]), -float(row[1] or 0), int(row[2] or 0)),
    ):
        curves.setdefault((str(row[0]), float(row[1] or 0)), []).append(row[2:])
    yield dimension.by_size(
        [
            dimension.Estimates(
                space,
                fraction,
                np.array([row[0] for row in points], np.float64),
                np.array([row[1] for row in points], np.float64),
                np.array([row[2] for row in points], np.float64),
                None if points[0][3] is None else float(points[0][3]),
            )
            for (space, fraction), points in curves.items()
        ],
        source.untrained,
    )


def _fits(neighbors: DataFrame) -> Iterator[dimension.Fit]:
    """2-NN in each raw space, from the two nearest of all its points."""
    raw = neighbors.where(F.col("space").rlike(r"_\d+[a-z]+$") & (F.size("distances") >= 2))
    two = raw.select("space", F.col("distances")[0].alias("r1"), F.col("distances")[1].alias("r2"))
    for space in names(two):
        table = two.where(F.col("space") == space).toArrow()
        try:
            found = two_nn.estimates(table["r1"].to_numpy(), table["r2"].to_numpy(), FIT_DISCARDS)
        except ValueError:  # too few points, or all alike: there is no line to fit
            continue
        slopes = {
            1 - discard: fit.dimension for discard, fit in zip(FIT_DISCARDS, found, strict=True)
        }
        yield dimension.Fit(space, found[0].mu, found[0].cdf, slopes)


def _scales(neighbors: DataFrame) -> Iterator[dimension.Scales]:
    """Gride in each raw space, from all its neighbors."""
    raw = neighbors.where(F.col("space").rlike(r"_\d+[a-z]+$") & (F.size("distances") >= 4))
    for space in names(raw):
        column = raw.where(F.col("space") == space).select("distances").toArrow()[0]
        radii = np.concatenate([part.flatten().to_numpy() for part in column.chunks])
        try:
            found = gride.gride(radii.reshape(len(column), -1))
        except ValueError:  # points all alike
            continue
        yield dimension.Scales(
            space, found.ranks, found.dimension, found.standard_error, found.scale
        )


def distances(source: Source) -> Iterator[Exhibit]:
    """Table 3.4, figures 3.8 to 3.10, and the distances the thesis turned down."""
    titles = {
        "figure-3.9": "Distances via the fine-tuned network",
        "figure-3.10": "Distances via the network trained on ImageNet",
        "distances-pixels": "Distances without a network",
    }
    if why := source.lacks("distances"):
        yield missing("table-3.4", "Number of samples per category", why)
        yield missing("figure-3.8", "Heat map of the discrete distance", why)
        for id, title in titles.items():
            yield missing(id, title, why)
        return
    rows = sorted(source.read("distances").toArrow().to_pylist(), key=lambda row: row["space"])
    categories = rows[0]["categories"]
    yield features.sample(categories, order_of(categories))
    yield heatmaps.discrete(categories)
    n = len(categories)
    groups: dict[str, list[heatmaps.Distances]] = {id: [] for id in titles}
    for row in rows:
        kind = {"ft": "figure-3.9", "in": "figure-3.10"}.get(checkpoint(row["space"]))
        matrix = np.asarray(row["matrix"], np.float32).reshape(n, n)
        names = ("pearson", "spearman", "pearson_all", "spearman_all")
        measures = (row[name] for name in names)
        values = [float("nan") if value is None else value for value in measures]
        group = groups[kind or "distances-pixels"]
        group.append(heatmaps.Distances(row["space"], matrix, *values))
    for id, title in titles.items():
        shown = [d for d in groups[id] if "_pca" not in d.space]
        why = "no distance of this kind was computed."
        yield (
            heatmaps.heatmaps(id, title, shown, categories, source.untrained)
            if shown
            else missing(id, title, why)
        )
