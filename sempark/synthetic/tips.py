"""Tips: needles, probes on their beams, fields of cones.

In: a generator and a shape (h, w). Out: a raw signal, float32 (h, w), for `shading.detect`.

A needle is a silhouette with the bright flanks of a cone; probes and cones are painted from back
to front. Each function is one leaf of the tree of categories.
"""

import numpy as np

from sempark.synthetic.devices import sputtered
from sempark.synthetic.fields import Field, Shape, coordinates, fractal, smooth_noise, step
from sempark.synthetic.shading import shade
from sempark.synthetic.strokes import box, circle, fill, line, plate, shifted, turned


def needle(rng: np.random.Generator, shape: Shape) -> Field:
    """One sharp cone against an empty background, at times with a ring of steps."""
    h, w = shape
    angle = rng.normal(0, 0.5)
    apex = (w * rng.uniform(0.35, 0.65), h * rng.uniform(0.12, 0.45))
    x, y = coordinates(shape, angle, apex)
    opening = np.float32(rng.uniform(0.08, 0.45))
    bluntness = np.float32(min(shape) * rng.uniform(0.004, 0.02))
    shank = np.float32(min(shape) * rng.uniform(0.12, 0.35))
    half = np.minimum(np.sqrt(bluntness**2 + (opening * np.maximum(y, 0)) ** 2), shank)
    half = half + np.float32(0.02) * half * smooth_noise(rng, shape, 14)
    across = x / np.maximum(half, 0.5)
    inside = step(half - np.abs(x), 1.5) * step(y + bluntness, 1.5)
    profile = 0.8 + 1.4 * np.clip(np.abs(across), 0, 1) ** 4 + 0.35 * across
    grooves = 0.15 * smooth_noise(rng, (h, 1), 8) * np.ones((1, w), np.float32)
    body = profile + grooves + 0.12 * fractal(rng, shape, 20, 4)
    back = -0.8 + 0.25 * smooth_noise(rng, shape, 0.8 * min(shape)) - 0.0005 * y
    return (inside * body + (1 - inside) * back).astype(np.float32)


def probe(rng: np.random.Generator, shape: Shape) -> Field:
    """A pyramid at the end of a beam, seen aslant."""
    h, w = shape
    s = min(shape)
    side = rng.choice([-1, 1])
    end = (w * (0.5 + 0.15 * side), h * rng.uniform(0.5, 0.7))
    tilt, width = rng.normal(0, 0.12), s * rng.uniform(0.22, 0.4)
    canvas = np.clip(20 + 5 * fractal(rng, shape, 0.4 * s, 2), 0, 255).astype(np.uint8)
    squash = rng.uniform(0.45, 0.8)
    nose = s * rng.uniform(0.1, 0.3)
    beam = np.array(
        [(nose, 0), (0, width / 2), (-1.6 * w, width / 2), (-1.6 * w, -width / 2), (0, -width / 2)]
    )
    level = rng.uniform(90, 130)
    placed = turned(beam * (side, 1), tilt, end, squash)
    plate(canvas, placed, (0, s * rng.uniform(0.02, 0.06)), level)
    base = turned(
        box(-0.62 * width, -0.28 * width, 0.56 * width, 0.56 * width) * (side, 1), tilt, end, squash
    )
    apex = base.mean(axis=0) - (rng.normal(0, 0.03) * s, s * rng.uniform(0.25, 0.42))
    order = np.argsort(base[:, 1])
    for k, shadow in zip(range(4), rng.permutation([0.75, 1.0, 1.25, 1.5]), strict=True):
        i, j = order[k], (order[k] + 1) % 4
        face = np.array([base[i], base[j], apex])
        fill(canvas, face, level * shadow)
        line(canvas, face, 1, min(250, 1.9 * level), closed=True)
    fill(canvas, circle(apex[0], apex[1], 0.008 * s, 12), 235)
    signal = canvas.astype(np.float32) + 5 * fractal(rng, shape, 12, 3)
    return signal


def tip_array(rng: np.random.Generator, shape: Shape) -> Field:
    """Cones in rows, seen aslant, near ones larger and in front."""
    h, w = shape
    s = min(shape)
    pitch = s * rng.uniform(0.13, 0.26)
    squash, tall = rng.uniform(0.4, 0.75), rng.uniform(0.8, 1.7)
    canvas = np.clip(60 + 5 * fractal(rng, shape, 24, 4), 0, 255).astype(np.uint8)
    level, foot = rng.uniform(90, 130), rng.uniform(0.28, 0.42)
    shift = rng.choice([0.0, 0.5])
    y, row = -0.2 * h, 0
    while y < 1.5 * h:
        near = 0.75 + 0.35 * y / h
        size = pitch * near
        for k in range(-1, int(w / size) + 3):
            x = (k + shift * (row % 2)) * size + rng.normal(0, 0.01) * size + (w % size) / 2
            base = circle(x, y, foot * size, 24, squash)
            apex = np.array([(x + rng.normal(0, 0.01) * size, y - 0.75 * tall * size)])
            fill(canvas, shifted(base, 0.1 * size, 0.05 * size), 0.4 * level)
            for share, shadow in ((1.0, 1.45), (0.8, 1.1), (0.5, 0.85), (0.2, 1.0)):
                left, right = base[12] * share + (1 - share) * np.array((x, y)), base[0]
                right = right * share + (1 - share) * np.array((x, y))
                front = turned(circle(0, 0, foot * size * share, 24)[:13], 0.0, (x, y), squash)
                cone = np.concatenate([apex, right[None], front, left[None]])
                fill(canvas, cone, level * shadow)
            fill(canvas, circle(apex[0, 0], apex[0, 1], max(1.0, 0.02 * size), 10), 240)
        y, row = y + size * squash, row + 1
    return sputtered(rng, canvas) + shade(smooth_noise(rng, shape, 5), rng)
