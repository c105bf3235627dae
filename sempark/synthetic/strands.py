"""Nanowires and fibres: long thin things, by how they lie.

In: a generator and a shape (h, w). Out: a raw signal, float32 (h, w), for `shading.detect`.

Nanowires are straight or gently bent, thin and many; fibres are few, thick and textured along
their length. Each function is one leaf of the tree of categories.
"""

import numpy as np

from sempark.synthetic.fields import Field, Shape, fractal, lattice, smooth_noise
from sempark.synthetic.strokes import Canvas, Points, circle, fill, line, tube, turned, wander


def _ground(rng: np.random.Generator, shape: Shape, level: float, rough: float) -> Canvas:
    """Return a dull substrate to paint on."""
    ground = level + rough * fractal(rng, shape, 0.12 * min(shape), 3)
    return np.clip(ground, 0, 255).astype(np.uint8)


def _anywhere(rng: np.random.Generator, shape: Shape) -> tuple[float, float]:
    h, w = shape
    return float(rng.uniform(-0.1, 1.1) * w), float(rng.uniform(-0.1, 1.1) * h)


def random_network(rng: np.random.Generator, shape: Shape) -> Field:
    """Straight wires across one another in all directions, layer upon layer."""
    s = min(shape)
    canvas = _ground(rng, shape, 25, 6)
    width = s * rng.uniform(0.008, 0.018)
    n = int(rng.uniform(90, 200))
    for k in range(n):
        level = 60 + 110 * (k / n) + rng.uniform(-15, 15)
        path = wander(rng, _anywhere(rng, shape), rng.uniform(0, 2 * np.pi), 1.6 * s, 0.06, 4)
        tube(canvas, path, width * rng.uniform(0.7, 1.3), level, min(255, 1.5 * level))
    return canvas.astype(np.float32)


def curly_tangle(rng: np.random.Generator, shape: Shape) -> Field:
    """Thin strongly curled wires without a direction, like nanotubes."""
    s = min(shape)
    canvas = _ground(rng, shape, 35, 8)
    width = s * rng.uniform(0.005, 0.010)
    n = int(rng.uniform(150, 260))
    for k in range(n):
        level = 70 + 110 * (k / n) + rng.uniform(-20, 20)
        bend = rng.uniform(3.0, 7.0)
        path = wander(rng, _anywhere(rng, shape), rng.uniform(0, 2 * np.pi), 1.3 * s, bend, 40)
        tube(canvas, path, width * rng.uniform(0.7, 1.3), level, min(255, 1.35 * level))
    return canvas.astype(np.float32)


def vertical_forest(rng: np.random.Generator, shape: Shape) -> Field:
    """Upright wires seen from the side, with their tips in a line and the substrate below."""
    h, w = shape
    canvas = _ground(rng, shape, 22, 4)
    tips, base = h * rng.uniform(0.12, 0.35), h * rng.uniform(0.78, 1.05)
    lean, spread = rng.uniform(-0.2, 0.2), rng.uniform(0.02, 0.08)
    width = h * rng.uniform(0.010, 0.022)
    n = int(rng.uniform(110, 200))
    for k, x in enumerate(rng.permutation(np.linspace(-0.15 * w, 1.15 * w, n))):
        near = k / n
        level = 50 + 110 * near + rng.uniform(-15, 15)
        top = tips + (base - tips) * (0.25 * near + 0.12 * abs(rng.normal()))
        bottom = base + 0.1 * h * near
        tilt = lean + rng.normal(0, spread)
        middle = (x + 0.5 * tilt * (bottom - top) * rng.uniform(0.8, 1.2), (top + bottom) / 2)
        path = np.array([(x, bottom), middle, (x + tilt * (bottom - top), top)])
        thick = width * rng.uniform(0.8, 1.2)
        tube(canvas, path, thick, level, min(255, 1.5 * level))
        fill(canvas, circle(path[2, 0], path[2, 1], 0.55 * thick, 10), min(255, 1.6 * level + 20))
    if base < h:
        rows = np.arange(h)[:, None] - base - 0.1 * h
        floor = 95 + 12 * smooth_noise(rng, shape, 12)
        return np.where(rows > 0, floor, canvas).astype(np.float32)
    return canvas.astype(np.float32)


def hexagonal_rods(rng: np.random.Generator, shape: Shape) -> Field:
    """Upright rods seen from above: six-sided ends of different height and tilt, close together."""
    s = min(shape)
    canvas = _ground(rng, shape, 25, 5)
    pitch = s * rng.uniform(0.055, 0.10)
    points = lattice(shape, pitch, rng.uniform(0, np.pi))
    points = points + rng.normal(0, 0.28 * pitch, points.shape)
    tilt = rng.uniform(0.0, 0.5)
    for x, y in rng.permutation(points):
        radius = 0.5 * pitch * rng.uniform(0.6, 1.15)
        level = rng.uniform(90, 175)
        lean = rng.normal(0, 0.5, 2) * tilt * pitch + (0, 1.2 * tilt * pitch)
        hexagon = turned(circle(0, 0, radius, 6), rng.uniform(0, np.pi), (x, y))
        for k in (1.0, 0.75, 0.5, 0.25):
            fill(canvas, hexagon + lean * k, (0.45 - 0.15 * k) * level)
        fill(canvas, hexagon, level)
        line(canvas, hexagon, 1, min(255, 1.4 * level), closed=True)
    return canvas.astype(np.float32)


def aligned_bundle(rng: np.random.Generator, shape: Shape) -> Field:
    """Wires side by side in one direction, with a few strays."""
    h, w = shape
    s = min(shape)
    canvas = _ground(rng, shape, 30, 6)
    angle = rng.uniform(0, np.pi)
    width = s * rng.uniform(0.008, 0.018)
    n = int(rng.uniform(140, 240))
    for k in range(n):
        level = 60 + 110 * (k / n) + rng.uniform(-20, 20)
        turn = angle + rng.normal(0, 0.05 if rng.random() > 0.06 else 0.8)
        across = rng.uniform(-0.75, 0.75) * np.hypot(h, w)
        start = turned(np.array([(-0.8 * np.hypot(h, w), across)]), turn, (w / 2, h / 2))[0]
        path = wander(rng, (start[0], start[1]), turn, 1.7 * np.hypot(h, w), 0.15, 8)
        tube(canvas, path, width * rng.uniform(0.7, 1.4), level, min(255, 1.45 * level))
    return canvas.astype(np.float32)


def branched(rng: np.random.Generator, shape: Shape) -> Field:
    """Trees of wires: a stem with side branches at a fixed angle, scattered over the substrate."""
    s = min(shape)
    canvas = _ground(rng, shape, 40, 9)
    angle = rng.uniform(0.6, 1.2)
    for k in range(int(rng.uniform(9, 18))):
        level = 80 + 5 * k
        start, turn = _anywhere(rng, shape), rng.uniform(0, 2 * np.pi)
        stem = wander(rng, start, turn, s * rng.uniform(0.5, 0.9), 0.12, 16)
        width = s * rng.uniform(0.012, 0.02)
        for i in range(2, 15):
            size = s * 0.22 * (1 - i / 18)
            for side in (-1, 1):
                path = wander(rng, (stem[i, 0], stem[i, 1]), turn + side * angle, size, 0.1, 4)
                tube(canvas, path, 0.6 * width, 0.9 * level, min(255, 1.3 * level))
        tube(canvas, stem, width, level, min(255, 1.5 * level))
    return canvas.astype(np.float32)


def fibres(rng: np.random.Generator, shape: Shape) -> Field:
    """A few thick threads, striped along their length, loose or woven."""
    h, w = shape
    s = min(shape)
    canvas = _ground(rng, shape, 22, 5)
    woven = rng.random() < 0.35
    width = s * rng.uniform(0.07, 0.16)
    turn = rng.uniform(0, np.pi)
    for k in range(int(rng.uniform(8, 16))):
        level = 75 + 6 * k + rng.uniform(-12, 12)
        angle = turn + (k % 2) * np.pi / 2 if woven else rng.uniform(0, 2 * np.pi)
        x, y = rng.uniform(0.1, 0.9, 2) * (w, h)
        reach = 1.2 * s
        start = (x - reach * np.cos(angle), y - reach * np.sin(angle))
        path = wander(rng, start, angle, 2.4 * reach, 0.25 if woven else 0.7, 24)
        _thread(canvas, rng, path, width * rng.uniform(0.6, 1.3), level)
    return canvas.astype(np.float32) + 8 * smooth_noise(rng, shape, 3)


def _thread(
    canvas: Canvas, rng: np.random.Generator, path: Points, width: float, level: float
) -> None:
    """Paint a thick thread: a round profile in many strokes, with fine lines along it."""
    line(canvas, path, 1.18 * width, 0.2 * level)
    for share in np.linspace(1.0, 0.15, 9):
        slope = share**4
        line(canvas, path, share * width, level * (0.85 + 0.75 * slope))
    for _ in range(int(rng.uniform(4, 12))):
        offset = rng.uniform(-0.42, 0.42) * width
        tangent = np.gradient(path, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
        normal /= np.hypot(normal[:, 0], normal[:, 1])[:, None]
        first = int(rng.integers(0, len(path) // 2))
        last = int(rng.integers(first + 4, len(path) + 1)) if first + 4 < len(path) else len(path)
        part = (path + normal * offset)[first:last]
        line(canvas, part, max(1.0, 0.02 * width), level * rng.uniform(0.6, 1.35))
