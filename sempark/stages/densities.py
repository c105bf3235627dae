"""densities: the decision graph of Density Peaks, a point an image.

In: vectors and neighbor lists of each coded space. Out: each image's density, its distance delta to
the nearest denser one, which one that is, and whether it is a local peak. Hierarchies, centers and
the figure of the decision graph come from these four. Source: section 4.2 of the thesis.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import config
from sempark.clustering.density_peaks import density_peaks, hierarchy
from sempark.clustering.local_density import Density
from sempark.clustering.merges import Merges
from sempark.geometry import two_nn
from sempark.geometry.neighbors import Neighbors
from sempark.spaces import Vectors
from sempark.tables import DENSITIES, PassedOver


def build(found: Iterable[tuple[Vectors, Neighbors]], settings: config.Densities) -> pa.Table:
    """Measure each space. Key: space, md5."""
    tables = [_table(vectors, near, settings) for vectors, near in found]
    if not tables:
        raise PassedOver("no coded space: too few images in the subset")
    return pa.concat_tables(tables)


def merges(rows: DataFrame, space: str) -> Merges:
    """The hierarchy of a space's decision graph, from the table."""
    table = rows.where(F.col("space") == space).toArrow().sort_by("md5")
    nearest = table["nearest_denser"].to_numpy().astype(np.int64)
    return hierarchy(table["density"].to_numpy(), table["delta"].to_numpy(), nearest)


def _table(vectors: Vectors, near: Neighbors, settings: config.Densities) -> pa.Table:
    k = min(settings.k, near.indices.shape[1])
    short = Neighbors(near.indices[:, :k], near.distances[:, :k])
    method, dimension = cast(Density, settings.method), None
    if method == "pak":
        dimension = two_nn.estimate(near.distances[:, 0], near.distances[:, 1]).dimension
    found = density_peaks(short, vectors.X.astype(np.float64), method, dimension=dimension)
    n = len(vectors.md5s)
    peak = np.zeros(n, np.bool_)
    peak[found.local_peaks] = True
    columns = [
        pa.array([vectors.space] * n),
        pa.array(vectors.md5s),
        pa.array(found.density),
        pa.array(found.delta),
        pa.array(found.nearest_denser.astype(np.int32)),
        pa.array(peak),
    ]
    return pa.Table.from_arrays(columns, schema=DENSITIES.arrow)
