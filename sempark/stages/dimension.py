"""dimension: the intrinsic dimension of each raw space by 2-NN, over sample sizes.

In: vectors of each raw space, with the distances to the two nearest where they are known. Out: a
row a space, sample size, repeat and share of the points in the fit. A space has a plateau where the
estimate stays the same while the sample grows; one whose points are all alike has no rows.
Source: section 3.3 of the thesis, figures 3.6 and 3.7; Facco et al. 2017, doi:10.1038/s41598-017-
11873-y.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark.config import Dimension
from sempark.geometry import dimension_curve
from sempark.spaces import Vectors
from sempark.tables import DIMENSION, PassedOver

logger = logging.getLogger(__name__)

SMALLEST_SAMPLE = 100
FEWEST_POINTS = 10
PLATEAU_FRACTION = 0.7
Progress = Callable[[int, int], None]


def build(
    found: Iterable[tuple[Vectors, NDArray[np.float64] | None]],
    settings: Dimension,
    progress: Progress,
) -> pa.Table:
    """Estimate each space. Key: space, sample_size, repeat, fraction.

    With each space: distances (n, 2) to the two nearest of all its points, or None.
    """
    rows: list[dict[str, Any]] = []
    why = f"fewer than {FEWEST_POINTS} images in the subset"
    for vectors, two_nearest in found:
        if len(vectors.md5s) < FEWEST_POINTS:
            continue
        try:
            rows += _rows(vectors, two_nearest, settings, progress)
        except ValueError as error:
            why = f"{vectors.space} has no dimension: {error}"
            logger.warning("%s", why)
    if not rows:
        raise PassedOver(why)
    return pa.Table.from_pylist(rows, schema=DIMENSION.arrow)


def sizes(n: int, chosen: list[int]) -> list[int]:
    """Sample sizes, ascending: the settings' that n allows, else halved from n down to some 100."""
    if chosen:
        return sorted({min(size, n) for size in chosen})
    found = [n]
    while found[-1] // 2 >= SMALLEST_SAMPLE:
        found.append(found[-1] // 2)
    return found[::-1]


def _rows(
    vectors: Vectors,
    two_nearest: NDArray[np.float64] | None,
    settings: Dimension,
    progress: Progress,
) -> Iterator[dict[str, Any]]:
    plan = dimension_curve.Plan(
        sizes(len(vectors.md5s), settings.sizes),
        settings.repeats,
        [1.0 - fraction for fraction in settings.fractions],
    )
    rng = np.random.default_rng(settings.seed)
    curve = dimension_curve.curve(vectors.X, plan, rng, two_nearest, progress)
    middle = int(np.argmin(np.abs(np.array(settings.fractions) - PLATEAU_FRACTION)))
    plateau = dimension_curve.plateau(curve.sizes, curve.mean[:, middle])
    return (
        {
            "space": vectors.space,
            "sample_size": sample.size,
            "repeat": sample.repeat,
            "fraction": fraction,
            "dimension": one.dimension,
            "maximum_likelihood": one.maximum_likelihood,
            "standard_error": one.standard_error,
            "residual": one.residual,
            "n_zero": one.n_zero,
            "plateau": plateau,
        }
        for sample in curve.samples
        for fraction, one in zip(settings.fractions, sample.estimates, strict=True)
    )
