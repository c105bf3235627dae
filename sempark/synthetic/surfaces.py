"""Patterned surfaces, coated films and porous sponges: height maps of extended surfaces.

In: a generator and a shape (h, w). Out: a raw signal, float32 (h, w), for `shading.detect`.

A pattern is a periodic function of tilted coordinates, with defects and a rough ground; a film is
grains and cracks; a sponge is the level set of a random field at several depths. Each function is
one leaf of the tree of categories.
"""

import numpy as np

from sempark.synthetic.fields import (
    Field,
    Shape,
    bent,
    cells,
    fractal,
    scattered,
    smooth_noise,
    step,
    tilted,
)
from sempark.synthetic.shading import shade


def _pitch(rng: np.random.Generator, shape: Shape, low: float = 0.05, high: float = 0.14) -> float:
    return float(min(shape) * np.exp(rng.uniform(np.log(low), np.log(high))))


def _finish(rng: np.random.Generator, height: Field, contrast: Field | None = None) -> Field:
    """Shade a pattern with some roughness of its own and an optional second material."""
    rough = fractal(rng, (height.shape[0], height.shape[1]), 16, 4, 0.6)
    signal = shade(height + np.float32(rng.uniform(0.05, 0.35)) * rough, rng)
    spread = float(signal.std()) + 1e-6
    if contrast is not None:
        signal = signal + np.float32(spread * rng.uniform(-1.2, 1.2)) * contrast
    return signal + np.float32(0.12 * spread) * rough


def grating(rng: np.random.Generator, shape: Shape) -> Field:
    """Parallel ridges and grooves."""
    x, _ = tilted(rng, shape)
    pitch = _pitch(rng, shape, 0.04, 0.13)
    x = x + np.float32(rng.uniform(0, 0.04) * pitch) * smooth_noise(rng, shape, 10)
    wave = np.cos(x * np.float32(2 * np.pi / pitch)) - np.float32(rng.uniform(-0.4, 0.4))
    ridge = step(wave, rng.uniform(0.2, 0.8))
    return _finish(rng, np.float32(0.25 * pitch) * ridge, ridge)


def pillars(rng: np.random.Generator, shape: Shape) -> Field:
    """Round or square posts on a square lattice, some of them missing."""
    x, y = tilted(rng, shape)
    pitch = _pitch(rng, shape, 0.06, 0.16)
    u, v = x / np.float32(pitch), y / np.float32(pitch)
    i, j = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    u, v = np.abs(u - i - 0.5), np.abs(v - j - 0.5)
    radius = rng.uniform(0.2, 0.34)
    distance = np.hypot(u, v) if rng.random() < 0.6 else np.maximum(u, v)
    post = step(np.float32(radius) - distance, rng.uniform(0.05, 0.15))
    present = rng.random((64, 64)) > rng.choice([0.0, 0.02, 0.08])
    post = post * present[i % 64, j % 64]
    return _finish(rng, np.float32(0.35 * pitch) * post, post)


def holes(rng: np.random.Generator, shape: Shape) -> Field:
    """Dark round holes on a hexagonal lattice."""
    x, y = tilted(rng, shape)
    pitch = _pitch(rng, shape, 0.06, 0.16)
    distance = _hexagonal_distance(x / np.float32(pitch), y / np.float32(pitch))
    radius = rng.uniform(0.26, 0.42)
    hole = step(np.float32(radius) - distance, rng.uniform(0.06, 0.15))
    signal = _finish(rng, np.float32(-0.4 * pitch) * hole)
    return signal - np.float32(1.5 * signal.std()) * step(np.float32(0.85 * radius) - distance, 0.2)


def _hexagonal_distance(u: Field, v: Field) -> Field:
    """Return the distance to the nearest point of a hexagonal lattice of pitch 1."""
    root = np.float32(np.sqrt(3))
    best: Field | None = None
    for shift in (0.0, 0.5):
        a = u - shift
        b = v / root - np.float32(shift)
        d = np.hypot(a - np.round(a), (b - np.round(b)) * root)
        best = d if best is None else np.minimum(best, d)
    return np.asarray(best, np.float32)


def mesh(rng: np.random.Generator, shape: Shape) -> Field:
    """Crossing bars with open squares between them."""
    x, y = tilted(rng, shape)
    pitch = _pitch(rng, shape, 0.09, 0.2)
    half = np.float32(rng.uniform(0.10, 0.2))
    u = np.abs(x / np.float32(pitch) - np.round(x / np.float32(pitch)))
    v = np.abs(y / np.float32(pitch) - np.round(y / np.float32(pitch)))
    bar = np.maximum(step(half - u, 0.06), step(half - v, 0.06))
    weave = np.where(step(half - u, 0.06) > step(half - v, 0.06), 1.0, 0.8).astype(np.float32)
    return _finish(rng, np.float32(0.25 * pitch) * bar * weave, bar)


def rings(rng: np.random.Generator, shape: Shape) -> Field:
    """Rings around one or a few middles, like zone plates and bull's eyes."""
    x, y = tilted(rng, shape)
    s = np.float32(min(shape))
    period = np.float32(s * rng.choice([0.55, 0.8, 1.0]))
    u, v = x - period * np.round(x / period), y - period * np.round(y / period)
    r = np.hypot(u, v)
    if rng.random() < 0.5:
        phase = r * np.float32(2 * np.pi / (s * rng.uniform(0.03, 0.07)))
    else:
        phase = r * r * np.float32(2 * np.pi / (s * s * rng.uniform(0.012, 0.03)))
    inside = step(np.float32(0.47) * period - r, 2.0)
    ridge = step(np.cos(phase), 0.7) * inside
    return _finish(rng, np.float32(0.012) * s * ridge, ridge)


def chevrons(rng: np.random.Generator, shape: Shape) -> Field:
    """Zigzag lines side by side."""
    x, y = tilted(rng, shape)
    pitch = _pitch(rng, shape, 0.06, 0.13)
    period = np.float32(pitch * rng.uniform(2.2, 4.5))
    zig = np.abs(y / period - np.round(y / period)) * period * np.float32(rng.uniform(1.0, 2.0))
    wave = np.cos((x + zig) * np.float32(2 * np.pi / pitch))
    ridge = step(wave - np.float32(rng.uniform(-0.3, 0.3)), 0.5)
    return _finish(rng, np.float32(0.25 * pitch) * ridge, ridge)


def wrinkles(rng: np.random.Generator, shape: Shape) -> Field:
    """A labyrinth of folds of one width, as a buckled skin has."""
    pitch = _pitch(rng, shape, 0.04, 0.08)
    field = np.zeros(shape, np.float32)
    x, y = tilted(rng, shape, 0.2)
    turn = rng.uniform(0, np.pi)
    spread = rng.uniform(0.5, 1.5)
    bend = np.float32(pitch) * smooth_noise(rng, shape, 3 * pitch)
    for _ in range(9):
        angle = turn + rng.normal(0, spread)
        k = 2 * np.pi / pitch * rng.uniform(0.92, 1.08)
        phase = np.float32(k * np.cos(angle)) * (x + bend) + np.float32(k * np.sin(angle)) * (
            y - bend
        )
        field += np.cos(phase + np.float32(rng.uniform(0, 2 * np.pi)))
    ridge = np.tanh(0.9 * field)
    return _finish(rng, np.float32(0.16 * pitch) * ridge)


def coated_film(rng: np.random.Generator, shape: Shape) -> Field:
    """Fine close grains, with cracks that divide the film into flakes."""
    s = min(shape)
    grain = s * rng.uniform(0.02, 0.045)
    grains = cells(scattered(rng, shape, grain), shape)
    tone = rng.standard_normal(len(grains.seeds), dtype=np.float32)[grains.labels]
    height = np.minimum(grains.inside, np.float32(0.3 * grain)) + np.float32(0.06 * grain) * tone
    signal = shade(height + 0.5 * fractal(rng, shape, 24, 4), rng, 0.8, 0.4)
    signal = signal / np.float32(signal.std() + 1e-6) + np.float32(0.25) * tone
    if rng.random() < 0.85:
        flakes = cells(scattered(rng, shape, s * rng.uniform(0.3, 0.7)), shape)
        gap = bent(rng, flakes.inside, 0.05 * s, 0.15 * s)
        width = s * rng.uniform(0.004, 0.012)
        signal = signal - np.float32(4.5) * step(np.float32(width) - gap, width)
        signal = signal + np.float32(1.2) * np.exp(-((gap / np.float32(width) - 2.2) ** 2))
    return signal.astype(np.float32)


def porous_sponge(rng: np.random.Generator, shape: Shape) -> Field:
    """Struts around open pores, with further struts deeper down."""
    s = min(shape)
    pore = s * rng.uniform(0.10, 0.22)
    signal = np.full(shape, -1.6, np.float32)
    for depth in (0.45, 0.7, 1.0):
        size = pore * (0.7 + 0.3 * depth)
        points = scattered(rng, shape, size)
        border = cells(points, shape).inside
        wobble = np.float32(0.12 * size) * fractal(rng, shape, 0.5 * size, 3)
        wall = np.float32(size * rng.uniform(0.10, 0.2)) - border + wobble
        inside = step(wall, 2.0)
        round_top = np.sqrt(np.clip(wall / np.float32(0.35 * size), 0, 1))
        lit = shade(np.float32(0.4 * size) * round_top, rng, 1.0, 0.2)
        lit = lit / np.float32(lit.std() + 1e-6)
        rim = np.exp(-((wall / np.float32(2.0)) ** 2))
        strut = np.float32(2.6 * depth - 1.6) + 0.5 * lit + 0.3 * fractal(rng, shape, 8, 3)
        below = np.where(inside > 0.02, inside * strut + (1 - inside) * signal, signal)
        signal = (below + 0.9 * depth * rim).astype(np.float32)
    return signal
