"""codings: each raw space brought down to a few numbers by an autoencoder, and by PCA beside it.

In: vectors of each raw space, the measured dimensions, the grid's best parameters. Out: a coding
an image, in spaces such as ``1u-2u_2048in_18`` and ``1u-2u_2048in_pca18``. How many numbers: one
more than the plateau of the 2-NN curve, rounded, at most the bound; the bound where there is no
plateau (the thesis took 10 for 9, 13 for 12, 18 for none). Source: section 3.2, table 3.3.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark import autoencoding
from sempark.config import Codings
from sempark.geometry import pca
from sempark.spaces import Vectors, vectors_column
from sempark.tables import CODINGS, PassedOver

logger = logging.getLogger(__name__)

MIN_POINTS = 10
Progress = Callable[[int, int], None]


def build(
    found: Iterable[Vectors],
    as_they_are: Iterable[Vectors],
    plateaus: Mapping[str, float | None],
    best: Mapping[str, autoencoding.Architecture],
    settings: Codings,
    progress: Progress,
) -> pa.Table:
    """Code each raw space; given vectors may stay as they are. Key: space, md5."""
    tables = [_table(vectors.space, vectors.md5s, vectors.X) for vectors in as_they_are]
    for vectors in found:
        if len(vectors.md5s) < MIN_POINTS:
            continue
        size = autoencoding.n_codings(vectors, plateaus.get(vectors.space), settings)
        X = autoencoding.standardized(vectors.X)
        architecture = best.get(vectors.space, autoencoding.default_architecture(settings))
        model = autoencoding.train(X, size, architecture, settings, settings.epochs, progress)
        if model.collapsed:
            logger.warning("%s: the training collapsed to one point", vectors.space)
        tables.append(_table(f"{vectors.space}_{size}", vectors.md5s, model.code(X)))
        if settings.pca:
            linear = pca.project(X, pca.fit(X, size)).astype(np.float32)
            tables.append(_table(f"{vectors.space}_pca{size}", vectors.md5s, linear))
    if not tables:
        raise PassedOver(f"fewer than {MIN_POINTS} images in the subset")
    return pa.concat_tables(tables)


def _table(space: str, md5s: list[str], X: NDArray[np.float32]) -> pa.Table:
    vectors = vectors_column(X).cast(CODINGS.arrow.field("vector").type)
    columns = [pa.array([space] * len(md5s)), pa.array(md5s), vectors]
    return pa.Table.from_arrays(columns, schema=CODINGS.arrow)
