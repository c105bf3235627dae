"""distances: how far apart the images of a balanced sample are in each space, against categories.

In: vectors of each raw and coded space, categories, images. Out: a row a space: the sample, its
matrix of distances, the correlation with the discrete distance (0 within a category, 1 between) on
the sample and on all labelled pairs. Beside them what the opening of chapter 3 dismissed: distances
pixel by pixel, and CW-SSIM (on the sample only: every pair is a comparison of two images).
Source: section 3.4 of the thesis, table 3.4, figures 3.8-3.10.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from sempark import pictures
from sempark.geometry import complex_wavelet, distances
from sempark.geometry.labelled_pairs import labelled_correlation
from sempark.spaces import Vectors
from sempark.tables import DISTANCES, PassedOver, arrow_schema

logger = logging.getLogger(__name__)

PIXELS_SCHEMA = "md5 string, pixels binary"
Progress = Callable[[int, int], None]
Sample = tuple[Sequence[str], Sequence[str]]
"""Md5s and categories, sorted by category."""


def sample(categories: Mapping[str, str], counts: Mapping[str, int], seed: int) -> Sample:
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


def pixels(images: DataFrame, labelled: DataFrame, side_px: int, partitions: int) -> Vectors:
    """The labelled images, whole and shrunk to squares, as a space of their own."""
    rows = images.select("md5", "jpeg").join(labelled.select("md5"), "md5", how="left_semi")
    small = rows.repartition(partitions, "md5").mapInArrow(
        lambda batches: _shrink(batches, side_px), PIXELS_SCHEMA
    )
    table = small.toArrow().sort_by("md5")
    flat = b"".join(table["pixels"].to_pylist())
    X = np.frombuffer(flat, np.uint8).reshape(table.num_rows, -1).astype(np.float32)
    return Vectors("pixels", table["md5"].to_pylist(), X)


def build(
    found: Iterable[Vectors],
    gray: Vectors,
    categories: Mapping[str, str],
    chosen: Sample,
    progress: Progress,
) -> pa.Table:
    """Correlate each space, the pixels, and CW-SSIM. Key: space."""
    rows = []
    for vectors in chain(found, [gray]):
        row_of = {md5: i for i, md5 in enumerate(vectors.md5s)}
        of_sample = vectors.X[[row_of[md5] for md5 in chosen[0]]]
        row = _row(vectors.space, chosen, distances.pairwise(of_sample))
        rows.append(row | _on_all(vectors, categories, progress))
        if vectors is gray:
            rows.append(_row("cw_ssim", chosen, _cw_ssim(of_sample)))
    return pa.Table.from_pylist(rows, schema=DISTANCES.arrow)


def _shrink(batches: Iterator[pa.RecordBatch], side_px: int) -> Iterator[pa.RecordBatch]:
    schema = arrow_schema(PIXELS_SCHEMA)
    for batch in batches:
        small = [
            cv2.resize(pictures.gray(jpeg, None), (side_px, side_px), interpolation=cv2.INTER_AREA)
            for jpeg in batch["jpeg"].to_pylist()
        ]
        content = pa.array([image.tobytes() for image in small], pa.binary())
        yield pa.RecordBatch.from_arrays([batch["md5"], content], schema=schema)


def _cw_ssim(flat: NDArray[np.float32]) -> NDArray[np.float64]:
    side = round(flat.shape[1] ** 0.5)
    squares = flat.reshape(len(flat), side, side)
    return complex_wavelet.cw_ssim_distance(squares, complex_wavelet.most_scales(side, side))


def _row(space: str, chosen: Sample, matrix: NDArray[np.float64]) -> dict[str, Any]:
    """A space's row; coefficients that are not defined (all images alike) are null."""
    row: dict[str, Any] = {
        "space": space,
        "md5s": list(chosen[0]),
        "categories": list(chosen[1]),
        "matrix": matrix.astype(np.float32).ravel(),
    }
    try:
        found = distances.correlation(matrix, chosen[1])
    except ValueError as error:
        logger.warning("%s has no correlation on the sample: %s", space, error)
        return row
    return row | {"pearson": found.pearson, "spearman": found.spearman}


def _on_all(
    vectors: Vectors, categories: Mapping[str, str], progress: Progress
) -> dict[str, float | None]:
    """Both coefficients over all labelled pairs; none where they are not defined."""
    rows = [i for i, md5 in enumerate(vectors.md5s) if md5 in categories]
    names = [categories[vectors.md5s[i]] for i in rows]
    try:
        found = labelled_correlation(vectors.X[rows], names, progress)
    except ValueError as error:
        logger.warning("%s has no correlation on all labelled pairs: %s", vectors.space, error)
        return {}
    return {"pearson_all": found.pearson, "spearman_all": found.spearman}
