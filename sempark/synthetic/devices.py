"""Micro-machines and electrodes: made things with straight edges, seen from above or aslant.

In: a generator and a shape (h, w). Out: a raw signal, float32 (h, w), for `shading.detect`.

Plates are painted one over the other in a frame that is turned, shifted and foreshortened. Each
function is one leaf of the tree of categories.
"""

from dataclasses import dataclass

import numpy as np

from sempark.synthetic.fields import Field, Shape, fractal, smooth_noise
from sempark.synthetic.strokes import (
    Canvas,
    Points,
    box,
    circle,
    fill,
    line,
    plate,
    ribbon,
    shifted,
    turned,
)


@dataclass(frozen=True)
class _Frame:
    """A tilted view of a chip: positions are in units of the image's short side."""

    angle: float
    squash: float
    size: float
    middle: tuple[float, float]
    lift: tuple[float, float]
    face: float

    def place(self, outline: Points) -> Points:
        """Return the outline in pixels."""
        return turned(outline * self.size, self.angle, self.middle, self.squash)

    def plate(self, canvas: Canvas, outline: Points, level: float = 1.0) -> None:
        """Paint a raised plate."""
        plate(canvas, self.place(outline), self.lift, min(250.0, self.face * level))


def _chip(rng: np.random.Generator, shape: Shape) -> tuple[_Frame, Canvas]:
    """Return a view of a bare chip and the canvas with its ground."""
    h, w = shape
    s = min(shape)
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.05)
    if rng.random() < 0.4:
        angle = rng.uniform(0, 2 * np.pi)
    squash = rng.uniform(0.6, 1.0)
    frame = _Frame(
        angle=float(angle),
        squash=float(squash),
        size=float(s * rng.uniform(0.75, 1.1)),
        middle=(w * rng.uniform(0.4, 0.6), h * rng.uniform(0.4, 0.6)),
        lift=(s * rng.normal(0, 0.004), s * (0.006 + 0.03 * (1 - squash))),
        face=rng.uniform(110, 165),
    )
    ground = rng.uniform(45, 85) + rng.uniform(1, 5) * fractal(rng, shape, 30, 4)
    return frame, np.clip(ground, 0, 255).astype(np.uint8)


def sputtered(rng: np.random.Generator, canvas: Canvas) -> Field:
    """Return the canvas as a signal, with the slight roughness of sputtered metal."""
    shape = (canvas.shape[0], canvas.shape[1])
    return canvas.astype(np.float32) + np.float32(rng.uniform(1, 4)) * smooth_noise(rng, shape, 3)


def comb_drive(rng: np.random.Generator, shape: Shape) -> Field:
    """Two combs whose fingers reach between one another."""
    frame, canvas = _chip(rng, shape)
    pitch = rng.uniform(0.05, 0.11)
    finger = pitch * rng.uniform(0.3, 0.42)
    length, gap = rng.uniform(0.35, 0.6), rng.uniform(0.04, 0.12)
    n = int(1.7 / pitch)
    for k in range(n):
        x = (k - n / 2) * pitch
        if k % 2:
            frame.plate(canvas, box(x, -length / 2 - 0.12, finger, length - gap + 0.12))
        else:
            frame.plate(canvas, box(x, -length / 2 + gap, finger, length - gap + 0.12))
    frame.plate(canvas, box(-0.9, -length / 2 - 0.32, 1.8, 0.2), 1.1)
    frame.plate(canvas, box(-0.9, length / 2 + 0.12, 1.8, 0.2), 1.1)
    return sputtered(rng, canvas)


def cantilevers(rng: np.random.Generator, shape: Shape) -> Field:
    """A row of free beams that reach from a frame over a dark pit."""
    frame, canvas = _chip(rng, shape)
    pitch = rng.uniform(0.13, 0.24)
    fill(canvas, frame.place(box(-0.8, -0.3, 1.6, 0.75)), 0.3 * frame.face)
    fill(canvas, frame.place(box(-0.8, -0.3, 1.6, 0.05)), 0.15 * frame.face)
    lengths = np.linspace(rng.uniform(0.25, 0.65), rng.uniform(0.25, 0.65), 12)
    for k, x in enumerate(np.arange(-0.75, 0.7, pitch)):
        width, length = pitch * 0.45, lengths[k % 12]
        tip = np.array([(x + width / 2, -0.3 + length + rng.choice([0.0, 0.05]))])
        beam = box(x, -0.32, width, length + 0.02)
        frame.plate(canvas, np.insert(beam, 3, tip, axis=0))
    frame.plate(canvas, box(-0.95, -0.75, 1.9, 0.45), 1.05)
    return sputtered(rng, canvas)


def coil(rng: np.random.Generator, shape: Shape) -> Field:
    """A spiral of metal, round or square, with a lead to a pad."""
    frame, canvas = _chip(rng, shape)
    turns = rng.uniform(3.5, 7)
    square = rng.random() < 0.5
    t = np.linspace(0.12, 1, int(40 * turns) if not square else int(4 * turns) + 1)
    phase = t * turns * 2 * np.pi if not square else np.arange(len(t)) * np.pi / 2 + np.pi / 4
    radius = 0.48 * t * (1.25 if square else 1.0)
    path = np.stack([radius * np.cos(phase), radius * np.sin(phase)], axis=1)
    lead = path[-1] + (0.5 * np.sign(path[-1, 0]) if path[-1, 0] else 0.5, 0)
    path = np.concatenate([path, lead[None]])
    width = 0.48 / turns * rng.uniform(0.4, 0.55)
    placed = frame.place(path)
    thick = width * frame.size
    line(canvas, shifted(placed, 1.5 * frame.lift[0], 1.5 * frame.lift[1]), thick, 0.3 * frame.face)
    line(canvas, placed, thick + 2, min(250, 1.4 * frame.face))
    line(canvas, placed, thick, frame.face)
    frame.plate(canvas, box(-0.07, -0.07, 0.14, 0.14), 1.2)
    frame.plate(canvas, box(float(lead[0]) - 0.1, float(lead[1]) - 0.1, 0.25, 0.2), 1.1)
    return sputtered(rng, canvas)


def electrodes(rng: np.random.Generator, shape: Shape) -> Field:
    """Leads that run from square contact pads to a gap in the middle."""
    frame, canvas = _chip(rng, shape)
    n = int(rng.choice([4, 6, 8]))
    inner = rng.uniform(0.03, 0.1)
    for k in range(n):
        angle = 2 * np.pi * (k + 0.5) / n
        x, y = 0.62 * np.cos(angle), 0.48 * np.sin(angle)
        knee = (0.3 * np.cos(angle) * 1.2, 0.28 * np.sin(angle))
        tip = (inner * np.cos(angle), inner * np.sin(angle))
        wide = ribbon(np.array([(x, y), knee]), rng.uniform(0.06, 0.09))
        thin = ribbon(np.array([knee, tip]), rng.uniform(0.018, 0.035))
        frame.plate(canvas, thin)
        frame.plate(canvas, wide)
        frame.plate(canvas, box(x - 0.12, y - 0.1, 0.24, 0.2), 1.1)
    if rng.random() < 0.5:
        frame.plate(canvas, circle(0, 0, 0.6 * inner, 20), 1.3)
    return sputtered(rng, canvas)


def channel(rng: np.random.Generator, shape: Shape) -> Field:
    """A groove that winds to and fro between two wells."""
    frame, canvas = _chip(rng, shape)
    canvas[:] = np.clip(canvas.astype(np.float32) + 60, 0, 255).astype(np.uint8)
    n = int(rng.integers(4, 9))
    pitch, reach = 0.9 / n, rng.uniform(0.4, 0.6)
    path: list[tuple[float, float]] = [(-reach - 0.2, -0.45)]
    for k in range(n):
        y, side = -0.45 + k * pitch, 1 if k % 2 == 0 else -1
        path.append((-side * reach, y))
        for a in np.linspace(-np.pi / 2, np.pi / 2, 8):
            path.append(
                (side * (reach + 0.5 * pitch * np.cos(a)), y + 0.5 * pitch * (1 + np.sin(a)))
            )
    placed = frame.place(np.array(path[:-7]))
    thick = pitch * rng.uniform(0.3, 0.5) * frame.size
    for radius, end in ((0.1, placed[0]), (0.1, placed[-1])):
        well = circle(end[0], end[1], radius * frame.size, 30, frame.squash)
        fill(canvas, well, 0.4 * frame.face)
        line(canvas, well, 2, min(250, 1.6 * frame.face), closed=True)
    line(canvas, placed, thick + 4, min(250, 1.6 * frame.face))
    line(canvas, placed, thick, 0.25 * frame.face)
    line(canvas, shifted(placed, 0, 0.12 * thick), 0.75 * thick, 0.5 * frame.face)
    return sputtered(rng, canvas)


def gears(rng: np.random.Generator, shape: Shape) -> Field:
    """Toothed wheels with hubs, in mesh."""
    frame, canvas = _chip(rng, shape)
    x, radius = -0.35, rng.uniform(0.22, 0.34)
    for _ in range(int(rng.integers(2, 4))):
        teeth = int(radius * rng.uniform(55, 75))
        phase = np.arange(teeth * 4) * (2 * np.pi / (teeth * 4)) + rng.uniform(0, 1)
        r = radius * (1 + 0.09 * np.repeat(np.tile([1, -1], teeth), 2))
        center = np.array((x, rng.uniform(-0.08, 0.08)))
        frame.plate(canvas, np.stack([r * np.cos(phase), r * np.sin(phase)], 1) + center)
        for k in range(int(rng.integers(3, 7))):
            hole = center + 0.58 * radius * np.array((np.cos(k * 1.1), np.sin(k * 1.1)))
            fill(canvas, frame.place(circle(hole[0], hole[1], 0.13 * radius)), 0.3 * frame.face)
        frame.plate(canvas, circle(center[0], center[1], 0.22 * radius), 1.25)
        following = radius * rng.uniform(0.6, 1.0)
        x, radius = x + 0.98 * (radius + following), following
    return sputtered(rng, canvas)


def membrane(rng: np.random.Generator, shape: Shape) -> Field:
    """A square or round plate held by folded springs over a pit, with release holes."""
    frame, canvas = _chip(rng, shape)
    half = rng.uniform(0.2, 0.3)
    fill(canvas, frame.place(box(-0.45, -0.45, 0.9, 0.9)), 0.3 * frame.face)
    for k in range(4):
        c, s = np.cos(k * np.pi / 2), np.sin(k * np.pi / 2)
        path = np.array([(half, 0.8 * half), (half + 0.08, 0.8 * half), (half + 0.08, -half)])
        path = np.concatenate([path, [(half + 0.15, -half), (half + 0.15, half), (0.5, half)]])
        spin = np.stack([c * path[:, 0] - s * path[:, 1], s * path[:, 0] + c * path[:, 1]], 1)
        placed = frame.place(spin)
        line(canvas, placed, 0.032 * frame.size, min(250, 1.4 * frame.face))
        line(canvas, placed, 0.022 * frame.size, frame.face)
    round_plate = rng.random() < 0.4
    frame.plate(
        canvas, circle(0, 0, half) if round_plate else box(-half, -half, 2 * half, 2 * half)
    )
    n = int(rng.integers(3, 7))
    for i in range(n):
        for j in range(n):
            spot = (np.array((i, j)) - (n - 1) / 2) * (1.25 * half / n)
            hole = circle(spot[0], spot[1], 0.16 * half / n * 2, 14)
            fill(canvas, frame.place(hole), 0.25 * frame.face)
    for k in range(4):
        x, y = (0.5 if k % 2 else -0.65), (0.5 if k // 2 else -0.65)
        frame.plate(canvas, box(x, y, 0.15, 0.15), 1.15)
    return sputtered(rng, canvas)
