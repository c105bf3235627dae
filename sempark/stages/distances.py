"""distances: how far apart the images of a balanced sample are in each space, against categories.

In: vectors of each raw and coded space, categories. Out: a row a space: the sample, its matrix of
distances, the correlation with the discrete distance (0 within a category, 1 between) on the
sample and on all labelled pairs. Source: section 3.4 of the thesis, table 3.4, figures 3.8-3.10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark.geometry import distances
from sempark.imaging import jpeg
from sempark.spaces import Vectors
from sempark.tables import DISTANCES, PassedOver

Progress = Callable[[int, int], None]


def sample(
    categories: Mapping[str, str], counts: Mapping[str, int], seed: int
) -> tuple[list[str], list[str]]:
    """Md5s and categories of the balanced sample, sorted by category.

    A category with fewer images than asked for gives all it has.
    """
    md5s = sorted(categories)
    names = [categories[md5] for md5 in md5s]
    have = {name: names.count(name) for name in set(names)}
    wanted = {name: min(n, have[name]) for name, n in counts.items() if name in have}
    if len(wanted) < 2:
        raise PassedOver("no labels of two categories in the subset")
    rows = distances.balanced_sample(names, wanted, np.random.default_rng(seed))
    return [md5s[i] for i in rows], [names[i] for i in rows]


def pictures(
    images: DataFrame, md5s: Sequence[str], side_px: int
) -> dict[str, NDArray[np.float64]]:
    """What the opening of chapter 3 dismissed: distances between the pixels of the sample."""
    rows = images.where(F.col("md5").isin(list(md5s))).select("md5", "jpeg").toArrow()
    contents = dict(zip(rows["md5"].to_pylist(), rows["jpeg"].to_pylist(), strict=True))
    small = [
        cv2.resize(jpeg.decode(contents[md5]), (side_px, side_px), interpolation=cv2.INTER_AREA)
        for md5 in md5s
    ]
    pixels = np.stack(small).astype(np.float64)
    return {"pixels": distances.pairwise(pixels.reshape(len(md5s), -1))}


def build(
    found: Iterable[Vectors],
    pictures: Mapping[str, NDArray[np.float64]],
    categories: Mapping[str, str],
    chosen: tuple[Sequence[str], Sequence[str]],
    progress: Progress,
) -> pa.Table:
    """Correlate each space, and the pixel distances beside them. Key: space."""
    md5s = chosen[0]
    rows = []
    for vectors in found:
        row_of = {md5: i for i, md5 in enumerate(vectors.md5s)}
        matrix = distances.pairwise(vectors.X[[row_of[md5] for md5 in md5s]])
        labelled = [md5 for md5 in vectors.md5s if md5 in categories]
        everything = distances.labelled_correlation(
            vectors.X[[row_of[md5] for md5 in labelled]],
            [categories[md5] for md5 in labelled],
            progress,
        )
        rows.append(_row(vectors.space, chosen, matrix) | {"pearson_all": everything.pearson})
    rows += [_row(space, chosen, matrix) for space, matrix in pictures.items()]
    return pa.Table.from_pylist(rows, schema=DISTANCES.arrow)


def _row(
    space: str, chosen: tuple[Sequence[str], Sequence[str]], matrix: NDArray[np.float64]
) -> dict[str, Any]:
    found = distances.correlation(matrix, chosen[1])
    return {
        "space": space,
        "md5s": list(chosen[0]),
        "categories": list(chosen[1]),
        "matrix": matrix.astype(np.float32).ravel(),
        "pearson": found.pearson,
        "spearman": found.spearman,
        "pearson_all": None,
    }
