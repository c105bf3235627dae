"""Intrinsic dimension over sample sizes: where it stays the same, it is the data's.

In: points. Out: 2-NN estimates of random samples of several sizes, and the plateau of the curve.
Noise thickens a manifold at small distances and the large ones are few, so that only a range of
scales tells its dimension. Source: section 3.3 of the thesis, figures 3.5 and 3.7; Facco et al.
2017, doi:10.1038/s41598-017-11873-y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sempark.geometry import two_nn
from sempark.geometry.neighbors import nearest

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """What to estimate.

    Attributes
    ----------
    sizes : sequence of int
        Of the samples, each 3 to n; a sample of all n points is drawn once.
    repeats : int
        Samples a size.
    discards : sequence of float
        As in `two_nn.estimate`.
    """

    sizes: Sequence[int]
    repeats: int
    discards: Sequence[float]


@dataclass(frozen=True)
class Sample:
    """One random sample: its size, its number among those, an estimate a discarded share."""

    size: int
    repeat: int
    estimates: tuple[two_nn.TwoNN, ...]


@dataclass(frozen=True)
class Curve:
    """Estimates over sample sizes.

    Attributes
    ----------
    sizes : list of int
    mean, spread : float64 (sizes, discards)
        Mean and standard deviation over the repeats.
    samples : list of Sample
    """

    sizes: list[int]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    samples: list[Sample]


def curve(
    X: ArrayLike,
    plan: Plan,
    rng: np.random.Generator,
    whole: ArrayLike | None = None,
    progress: Progress | None = None,
) -> Curve:
    """Estimate samples of each size, each by a neighbor search of its own.

    Parameters
    ----------
    X : (n, d)
    plan : Plan
    rng : numpy.random.Generator
    whole : (n, k >= 2), optional
        Distances to the nearest neighbors among all points, where they are known; else they are
        searched when the plan asks for a sample of all points.
    progress : callable, optional
        Called with (points done, points in all).

    Raises
    ------
    ValueError
        A size out of range, `whole` of other points, or what `nearest` and `two_nn.estimates`
        refuse.
    """
    points = np.asarray(X)
    n, sizes = len(points), list(plan.sizes)
    if not sizes or min(sizes) < 3 or max(sizes) > n or plan.repeats < 1:
        raise ValueError(f"expected sizes of 3 to n = {n} and repeats >= 1, received {sizes}")
    known = None if whole is None else np.asarray(whole, np.float64)
    if known is not None and (known.ndim != 2 or len(known) != n or known.shape[1] < 2):
        raise ValueError(f"whole must be ({n}, k >= 2), received shape {known.shape}")
    turns = [(size, i) for size in sizes for i in range(1 if size == n else plan.repeats)]
    total, done, samples = sum(size for size, _ in turns), 0, []
    for size, repeat in turns:
        if size == n:
            r = nearest(points, 2).distances if known is None else known
        else:
            r = nearest(points[np.sort(rng.choice(n, size, replace=False))], 2).distances
        samples.append(Sample(size, repeat, two_nn.estimates(r[:, 0], r[:, 1], plan.discards)))
        done += size
        if progress is not None:
            progress(done, total)
    table = [
        np.array([[e.dimension for e in s.estimates] for s in samples if s.size == size])
        for size in sizes
    ]
    mean = np.array([values.mean(axis=0) for values in table])
    spread = np.array([values.std(axis=0) for values in table])
    return Curve(sizes, mean, spread, samples)


def plateau(sizes: Sequence[int], dimension: ArrayLike, tolerance: float = 0.05) -> float | None:
    """The dimension where the curve is flat, or None.

    Parameters
    ----------
    sizes : sequence of int
        Ascending.
    dimension : (len(sizes),)
        Of one discarded share.
    tolerance : float
        Largest relative change from one size to the next.

    Returns
    -------
    float or None
        Mean over the longest run of at least three sizes whose steps all stay within the
        tolerance; of runs of one length the one of the larger sizes. None: there is no such run.
    """
    values = np.asarray(dimension, np.float64)
    if values.shape != (len(sizes),):
        raise ValueError(f"expected {len(sizes)} values, received shape {values.shape}")
    best: tuple[int, int] = (0, 0)
    start = 0
    for end in range(1, len(values) + 1):
        flat = end < len(values) and abs(values[end] / values[end - 1] - 1.0) <= tolerance
        if not flat:
            if end - start >= max(3, best[1] - best[0]):
                best = (start, end)
            start = end
    return float(values[best[0] : best[1]].mean()) if best[1] else None
