"""Particles, powders and living things: bodies that lie on or against one another.

In: a generator and a shape (h, w). Out: a raw signal, float32 (h, w), for `shading.detect`.

Bodies are bumps on a height map, the higher one hiding the lower; the signal follows from the
slopes. Each function is one leaf of the tree of categories.
"""

import numpy as np

from sempark.synthetic.fields import (
    Field,
    Shape,
    bent,
    cells,
    cone,
    coordinates,
    dome,
    fractal,
    lattice,
    scattered,
    smooth_noise,
    stamp_maximum,
    step,
)
from sempark.synthetic.shading import shade
from sempark.synthetic.strokes import circle, fill, line, shifted, turned


def _flat(rng: np.random.Generator, shape: Shape, rough: float) -> Field:
    """Return an almost flat substrate."""
    return np.float32(rough) * fractal(rng, shape, 24, 4)


def _lit(rng: np.random.Generator, height: Field, rough: float, depth: float = 0.6) -> Field:
    """Shade bodies whose skin is rough."""
    shape = (height.shape[0], height.shape[1])
    return shade(height + np.float32(rough) * fractal(rng, shape, 10, 3), rng, 1.0, depth)


def sparse_spheres(rng: np.random.Generator, shape: Shape) -> Field:
    """Single spheres far apart on a flat substrate."""
    s = min(shape)
    radius = s * rng.uniform(0.025, 0.06)
    height = _flat(rng, shape, 0.4)
    points = scattered(rng, shape, radius * rng.uniform(5.0, 8.0))
    spread = rng.uniform(0.03, 0.25)
    for x, y in points:
        stamp_maximum(height, dome(radius * np.exp(rng.normal(0, spread))), x, y)
    return _lit(rng, height, 0.15, rng.uniform(0.1, 0.5))


def packed_spheres(rng: np.random.Generator, shape: Shape) -> Field:
    """Spheres of unlike sizes heaped without order."""
    s = min(shape)
    radius = s * rng.uniform(0.04, 0.08)
    height = np.full(shape, -0.5 * radius, np.float32)
    for layer in (-0.8, 0.0, 0.7):
        for x, y in scattered(rng, shape, radius * rng.uniform(2.0, 2.4)):
            size = radius * np.exp(rng.normal(0, 0.28))
            lift = np.float32((layer + rng.normal(0, 0.3)) * radius)
            stamp_maximum(height, dome(size) + lift, x, y)
    return _lit(rng, height, rng.uniform(0.05, 0.5))


def colloidal_crystal(rng: np.random.Generator, shape: Shape) -> Field:
    """Equal spheres in close-packed rows, with steps and vacancies."""
    s = min(shape)
    radius = s * rng.uniform(0.028, 0.055)
    height = np.full(shape, -0.7 * radius, np.float32)
    angle = rng.uniform(0, np.pi)
    bump = dome(radius)
    lower = lattice(shape, 2 * radius, angle)
    upper = lower + np.array((np.cos(angle + 0.52), np.sin(angle + 0.52))) * radius * 1.155
    terrace = smooth_noise(rng, shape, 0.6 * s)
    h, w = shape
    for points, lift in ((lower, 0.0), (upper, 1.63 * radius)):
        points = points + rng.normal(0, 0.04 * radius, points.shape)
        keep = rng.random(len(points)) > 0.025
        for x, y in points[keep]:
            high = terrace[int(np.clip(y, 0, h - 1)), int(np.clip(x, 0, w - 1))]
            if lift == 0.0 or high > 0.35:
                stamp_maximum(height, bump + np.float32(lift), x, y)
    return _lit(rng, height, 0.08)


def cubes(rng: np.random.Generator, shape: Shape) -> Field:
    """Crystals with flat faces: cubes seen from a corner, each turned its own way."""
    s = min(shape)
    size = s * rng.uniform(0.05, 0.10)
    canvas = np.clip(40 + 6 * fractal(rng, shape, 30, 4), 0, 255).astype(np.uint8)
    points = scattered(rng, shape, size * rng.uniform(1.25, 2.2))
    for x, y in rng.permutation(points):
        edge = size * np.exp(rng.normal(0, 0.2))
        turn, lean = rng.uniform(0, np.pi / 2), rng.uniform(0.35, 0.8)
        top = turned(circle(0, 0, 0.72 * edge, 4), turn, (x, y), lean)
        drop = np.array((0.0, edge * np.sqrt(1 - lean**2)))
        fill(canvas, shifted(top + drop, 0.12 * edge, 0.1 * edge), 12)
        low = int(np.argmax(top[:, 1]))
        tone = rng.uniform(0.85, 1.15)
        for k, level in ((low - 1, 75), (low, 110)):
            side = top[[k % 4, (k + 1) % 4]]
            wall = np.concatenate([side, side[::-1] + drop])
            fill(canvas, wall, level * tone)
            line(canvas, wall, 1, 205, closed=True)
        fill(canvas, top, 150 * tone)
        line(canvas, top, 1, 225, closed=True)
    return canvas.astype(np.float32) + 4 * smooth_noise(rng, shape, 4)


def aggregates(rng: np.random.Generator, shape: Shape) -> Field:
    """Clusters grown from many small grains, with bare substrate between them."""
    h, w = shape
    s = min(shape)
    radius = s * rng.uniform(0.010, 0.018)
    height = _flat(rng, shape, 0.5)
    bumps = [dome(radius * f) for f in (0.7, 0.85, 1.0, 1.2, 1.4)]
    for _ in range(int(rng.integers(5, 10))):
        x, y = rng.uniform(0, 1, 2) * (w, h)
        extent = s * rng.uniform(0.06, 0.15)
        branches = rng.normal(0, extent, (int(rng.integers(3, 7)), 2))
        n = int(rng.uniform(60, 110) * (extent / s) / 0.1)
        along = rng.random(n)[:, None] * branches[rng.integers(0, len(branches), n)]
        spots = along + rng.normal(0, 0.28 * extent, (n, 2))
        for dx, dy in spots:
            lift = np.float32(1.6 * radius * np.exp(-(dx * dx + dy * dy) / extent**2))
            bump = bumps[int(rng.integers(0, 5))]
            stamp_maximum(height, bump + lift * np.float32(rng.uniform(0.2, 1.6)), x + dx, y + dy)
    return _lit(rng, height, 0.3, 0.4)


def platelets(rng: np.random.Generator, shape: Shape) -> Field:
    """Thin flat plates, six-sided or round, lying over one another."""
    s = min(shape)
    size = s * rng.uniform(0.06, 0.14)
    sides = int(rng.choice([6, 6, 30]))
    canvas = np.clip(35 + 6 * fractal(rng, shape, 30, 4), 0, 255).astype(np.uint8)
    for x, y in rng.permutation(scattered(rng, shape, 0.8 * size)):
        squash, turn = rng.uniform(0.25, 1.0), rng.uniform(0, np.pi)
        flake = circle(0, 0, size * np.exp(rng.normal(0, 0.3)), sides)
        flake[:, 1] *= squash
        flake = turned(flake, turn, (x, y))
        level = rng.uniform(85, 150)
        fill(canvas, shifted(flake, 0.05 * size, 0.08 * size), 0.3 * level)
        fill(canvas, shifted(flake, 0, 0.035 * size), 1.5 * level)
        fill(canvas, flake, level)
        line(canvas, flake, 1, min(255, 1.6 * level), closed=True)
    return canvas.astype(np.float32) + 5 * fractal(rng, shape, 16, 3)


def powder(rng: np.random.Generator, shape: Shape) -> Field:
    """Broken grains of all sizes with flat facets, heaped."""
    s = min(shape)
    height = np.full(shape, -10, np.float32)
    coarse = s * rng.uniform(0.07, 0.16)
    xs = np.arange(shape[1], dtype=np.float32)
    ys = np.arange(shape[0], dtype=np.float32)[:, None]
    for size, lift in ((coarse, 0.0), (0.45 * coarse, 0.4), (0.2 * coarse, 0.7)):
        crumbs = cells(scattered(rng, shape, size), shape)
        n = len(crumbs.seeds)
        slopes = (0.45 * rng.standard_normal((n, 2))).astype(np.float32)
        base = (0.4 * size * rng.standard_normal(n)).astype(np.float32) + np.float32(lift * coarse)
        base = base - (slopes * crumbs.seeds).sum(axis=1)
        base[rng.random(n) > (1.0 if lift == 0 else 0.3)] = -1e3
        plane = slopes[crumbs.labels, 0] * xs + slopes[crumbs.labels, 1] * ys
        grain = base[crumbs.labels] + plane + np.minimum(1.6 * crumbs.inside, 0.45 * size)
        np.maximum(height, np.where(crumbs.inside > 1, grain, -1e3), out=height, casting="unsafe")
    return _lit(rng, height, rng.uniform(0.3, 0.9), 0.9)


def blood_cells(rng: np.random.Generator, shape: Shape) -> Field:
    """Round discs with a dent in the middle, seen from all sides, on a fine net."""
    s = min(shape)
    radius = s * rng.uniform(0.08, 0.15)
    height = 2 * _flat(rng, shape, 1.0)
    for x, y in rng.permutation(scattered(rng, shape, radius * rng.uniform(1.7, 2.6))):
        size, squash = radius * np.exp(rng.normal(0, 0.1)), rng.uniform(0.35, 1.0)
        angle = rng.uniform(0, np.pi)
        reach = int(np.ceil(size)) + 1
        u, v = coordinates((2 * reach + 1, 2 * reach + 1), angle, (reach, reach))
        r = np.hypot(u / np.float32(size), v / np.float32(size * squash))
        rim = np.exp(-(((r - 0.68) / 0.26) ** 2)) + 0.35 * np.sqrt(np.maximum(1 - r * r, 0))
        bump = np.where(r < 1, np.float32(0.5 * size) * rim, np.float32(-1e3))
        lift = np.float32(rng.uniform(0, 0.5) * size)
        stamp_maximum(height, (bump + lift).astype(np.float32), x, y)
    return _lit(rng, height, 0.1, 0.8)


def pollen(rng: np.random.Generator, shape: Shape) -> Field:
    """One to a few large round grains covered with spines."""
    h, w = shape
    s = min(shape)
    height = 3 * _flat(rng, shape, 1.0) - 20
    spines, thick, long = int(rng.uniform(60, 150)), rng.uniform(0.08, 0.14), rng.uniform(0.2, 0.5)
    n = int(rng.integers(1, 5))
    radius = s * rng.uniform(0.2, 0.34) / n**0.4
    middles = rng.permutation(scattered(rng, shape, 2.1 * radius))
    inside = np.all((middles > 0.1 * s) & (middles < (w - 0.1 * s, h - 0.1 * s)), axis=1)
    for x, y in middles[inside][:n]:
        stamp_maximum(height, dome(radius), x, y)
        golden = np.pi * (3 - np.sqrt(5))
        turn = rng.uniform(0, 2 * np.pi)
        for k in range(spines // 2):
            z = 1 - 2 * (k + 0.5) / spines
            ring = radius * np.sqrt(1 - z * z) * 1.08
            px, py = x + ring * np.cos(k * golden + turn), y + ring * np.sin(k * golden + turn)
            lean = 1 + 0.5 * (1 - z)  # spines at the rim are seen from the side
            spine = cone(radius * thick * lean, radius * long)
            stamp_maximum(height, spine + np.float32(radius * z), px, py)
    return _lit(rng, height, 0.3, 0.7)


def leaf_tissue(rng: np.random.Generator, shape: Shape) -> Field:
    """Rounded cells side by side as in a leaf's skin, with slit openings between some."""
    s = min(shape)
    size = s * rng.uniform(0.12, 0.24)
    points = scattered(rng, shape, size)
    inside = bent(rng, cells(points, shape).inside, rng.uniform(0.02, 0.12) * size, 0.22 * size)
    bulge = np.sqrt(np.clip(inside / np.float32(0.4 * size), 0, 1))
    folds = np.float32(0.02 * size) * fractal(rng, shape, 0.3 * size, 4)
    height = np.float32(0.28 * size) * bulge + folds
    mouth = np.zeros(shape, np.float32)
    for x, y in points[rng.random(len(points)) < rng.choice([0.0, 0.3])] + (0.5 * size, 0):
        reach = int(0.5 * size)
        u, v = coordinates((2 * reach + 1, 2 * reach + 1), rng.uniform(0, np.pi), (reach, reach))
        rim = np.hypot(u / np.float32(0.34 * size), v / np.float32(0.22 * size))
        slit = np.hypot(u / np.float32(0.22 * size), v / np.float32(0.05 * size))
        lip = np.exp(-(((rim - 0.7) / 0.25) ** 2)) + 3 * step(1 - slit, 0.5)
        stamp_maximum(mouth, lip, x, y)
    lips = np.float32(0.16 * size) * np.minimum(mouth, 1)
    signal = _lit(rng, height * (1 - 0.8 * np.minimum(mouth, 1)) + lips, rng.uniform(0.3, 0.8), 0.5)
    return signal - np.float32(3 * signal.std()) * np.clip(mouth - 1, 0, 1)
