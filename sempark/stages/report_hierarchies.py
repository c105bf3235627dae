"""Part of report: what lies behind the NMI curves of figure 4.5.

In: densities, scores. Out: the decision graphs with the number of local peaks and of images left
after the thesis' cut (section 4.2.1), the sizes of the largest clusters, and where each curve is
highest and passes the references (section 4.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from sempark.figures import hierarchies, scored
from sempark.figures.exhibit import Exhibit, missing
from sempark.stages.report_source import Source, rows_of

MAX_PEAKS = 1000
"""Local peaks drawn a space, those of largest density x delta."""


def exhibits(source: Source, curves: Sequence[scored.Curve]) -> Iterator[Exhibit]:
    """Decision graphs, largest clusters, best k."""
    if why := source.lacks("densities"):
        yield missing("decision-graphs", "Decision graphs of Density Peaks", why)
    else:
        yield hierarchies.decision_graphs(list(_graphs(source)), source.untrained)
    if why := source.lacks("scores"):
        yield missing("largest-clusters", "How much the largest cluster holds", why)
        yield missing("best-k", "Where the curves of figure 4.5 are highest", why)
    else:
        yield hierarchies.largest_clusters(list(_sizes(source, curves)), source.untrained)
        yield hierarchies.standing_out(curves, source.untrained)


def _graphs(source: Source) -> Iterator[hierarchies.DecisionGraph]:
    rows = source.read("densities")
    lowest = F.min(F.when(F.col("local_peak"), F.col("density"))).alias("lowest")
    counts = F.count_if("local_peak").alias("peaks"), F.count(F.lit(1)).alias("n")
    spaces = rows.groupBy("space").agg(lowest, *counts).orderBy("space")
    for space, low, n_peaks, n in rows_of(spaces.toArrow()):
        own = rows.where(F.col("space") == F.lit(space))
        product = F.col("density") * F.col("delta")
        peaks = own.where("local_peak").orderBy(product.desc(), "md5").limit(MAX_PEAKS).toArrow()
        n_left = own.where(F.col("density") >= F.lit(low)).count()
        yield hierarchies.DecisionGraph(
            str(space),
            peaks["density"].to_numpy(),
            peaks["delta"].to_numpy(),
            int(n_peaks or 0),
            n_left,
            int(n or 0),
        )


def _sizes(source: Source, curves: Sequence[scored.Curve]) -> Iterator[hierarchies.Sizes]:
    """Largest clusters at the k of the thinned-out curves."""
    own = [curve for curve in curves if curve.method not in scored.REFERENCES]
    wanted = sorted({int(k) for curve in own for k in curve.k})
    rows = source.read("scores").where(F.col("k").isin(wanted) & F.col("largest").isNotNull())
    table = rows.select("space", "method", "k", "largest").toArrow()
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for space, method, k, largest in rows_of(table):
        found.setdefault((str(space), str(method)), []).append((int(k or 0), int(largest or 0)))
    n_points = {str(space): int(n or 1) for space, n in rows_of(_points(source))}
    for curve in own:
        known = np.array(sorted(found.get((curve.space, curve.method), [])))
        if not len(known):
            continue
        share = known[:, 1] / n_points[curve.space]
        yield hierarchies.Sizes(curve.space, curve.method, known[:, 0], share)


def _points(source: Source) -> pa.Table:
    return source.read("codings").groupBy("space").agg(F.count(F.lit(1)).alias("n")).toArrow()
