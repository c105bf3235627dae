"""The float32 keys stay within their error, however the norm is added; distances to 2e-15."""

import numpy as np
import pytest

from sempark.geometry.selection import UNIT_32, distance, product_error


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("d", [1, 18, 65, 2048])
@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_keys_stay_within_their_error(d: int, inside: bool, spread: float) -> None:
    rng = np.random.default_rng(d)
    center = rng.uniform(-0.5, 0.5, d)
    A, B = (center + spread * rng.uniform(-0.5, 0.5, (60, d)) for _ in range(2))
    norms = (B**2).sum(axis=1)
    left, right = A.astype(np.float32), B.astype(np.float32)
    if inside:
        left = np.column_stack([-2 * left, np.ones(60, np.float32)])
        right = np.column_stack([right, norms.astype(np.float32)])
        keys = left @ right.T
    else:
        keys = norms.astype(np.float32)[None] - np.float32(2) * (left @ right.T)
    exact = norms[None].astype(np.longdouble) - 2 * (
        A.astype(np.longdouble) @ B.astype(np.longdouble).T
    )
    off = np.abs(keys - exact).astype(float)
    a, b = np.linalg.norm(A, axis=1), np.sqrt(norms)
    bound = np.array([[product_error(d, UNIT_32, x, y, inside) for y in b] for x in a])
    assert (off <= bound).all()
    assert off.max() > 1e-4 * bound.max()  # no bound that could not be missed


def test_the_norm_added_afterwards_is_bounded_closer() -> None:
    assert product_error(2048, UNIT_32, 1.0, 1.0, False) < 0.7 * product_error(
        2048, UNIT_32, 1.0, 1.0, True
    )


@pytest.mark.parametrize("d", [3, 64, 65, 2048])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances(d: int, dtype: type) -> None:
    rng = np.random.default_rng(d)
    x, y = (1e3 + rng.normal(size=d)).astype(dtype), (1e3 + rng.normal(size=d)).astype(dtype)
    wide = x.astype(np.longdouble) - y.astype(np.longdouble)
    exact = float(np.sqrt((wide**2).sum()))
    scratch = np.empty(d)
    assert distance(x, y, scratch) == pytest.approx(exact, rel=2e-15)
    assert distance(x, y, scratch) == distance(y, x, scratch)
    assert distance(x, x, scratch) == 0.0
