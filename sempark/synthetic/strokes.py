"""Tubes and raised plates painted one over the other, as wires and micro-machines are.

In: a canvas uint8 (h, w), changed in place, and outlines in pixels. Out: nothing.

A tube is a dark stroke (its shadow), a bright one (its steep flanks) and darker ones within (its
flat top); a plate is its shadow, its wall, its face and a bright rim. What is painted later lies
on top, which gives the overlaps that a sum of profiles would not.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.uint8]
Points = NDArray[np.float64]
_SHIFT = 4  # cv2 takes points in sixteenths of a pixel


def _fixed(points: Points) -> NDArray[np.int32]:
    return np.round(np.clip(points, -4e3, 8e3) * 2**_SHIFT).astype(np.int32).reshape(-1, 1, 2)


def line(canvas: Canvas, points: Points, width: float, level: float, closed: bool = False) -> None:
    """Draw a polyline of a gray level; widths under one pixel are drawn fainter by `level`."""
    thickness = max(1, round(width))
    cv2.polylines(
        canvas, [_fixed(points)], closed, float(level), thickness, cv2.LINE_AA, shift=_SHIFT
    )


def fill(canvas: Canvas, points: Points, level: float) -> None:
    """Fill a polygon (n, 2) with a gray level."""
    cv2.fillPoly(canvas, [_fixed(points)], float(level), cv2.LINE_AA, shift=_SHIFT)


def shifted(points: Points, dx: float, dy: float) -> Points:
    """Return points moved by (dx, dy)."""
    return points + np.array((dx, dy))


def tube(canvas: Canvas, points: Points, width: float, top: float, edge: float) -> None:
    """Paint a round wire along points (n, 2): gray `top` in the middle, `edge` at its flanks."""
    line(canvas, points, width + max(2.0, 0.3 * width), 0.25 * top)
    line(canvas, points, width, edge)
    if width >= 3:
        line(canvas, points, 0.72 * width, 0.45 * edge + 0.55 * top)
    if width >= 5:
        line(canvas, points, 0.45 * width, top)


def plate(canvas: Canvas, outline: Points, lift: tuple[float, float], face: float) -> None:
    """Paint a raised plate: `lift` is where its wall shows, (dx, dy) in pixels, `face` its gray."""
    dx, dy = lift
    steps = max(1, int(np.ceil(max(abs(dx), abs(dy)) / 2)))
    shadow = shifted(outline, 1.6 * dx, 1.6 * dy)
    fill(canvas, shadow, 0.35 * face)
    for k in range(steps, 0, -1):
        fill(canvas, shifted(outline, dx * k / steps, dy * k / steps), 0.55 * face)
    fill(canvas, outline, face)
    line(canvas, outline, 1.0, min(255.0, 1.45 * face + 20), closed=True)


def box(x: float, y: float, width: float, height: float) -> Points:
    """Return the outline (4, 2) of a rectangle with its corner at (x, y)."""
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], float)


def circle(x: float, y: float, radius: float, n: int = 40, squash: float = 1.0) -> Points:
    """Return a regular polygon (n, 2) around (x, y), flattened by `squash` along y."""
    t = np.arange(n) * (2 * np.pi / n)
    return np.stack([x + radius * np.cos(t), y + squash * radius * np.sin(t)], axis=1)


def ribbon(points: Points, width: float) -> Points:
    """Return the outline of a band of the given width along points (n, 2)."""
    tangent = np.gradient(points, axis=0)
    length = np.hypot(tangent[:, 0], tangent[:, 1])[:, None] + 1e-9
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / length * (width / 2)
    return np.concatenate([points + normal, (points - normal)[::-1]])


def turned(
    points: Points, angle: float, center: tuple[float, float], squash: float = 1.0
) -> Points:
    """Return points turned by `angle` radians and flattened along y, moved to `center`."""
    c, s = np.cos(angle), np.sin(angle)
    x, y = points[:, 0], points[:, 1]
    return np.stack([c * x - s * y + center[0], (s * x + c * y) * squash + center[1]], axis=1)


def wander(
    rng: np.random.Generator,
    start: tuple[float, float],
    angle: float,
    length: float,
    bend: float,
    n: int = 14,
) -> Points:
    """Return a path (n, 2) from `start` that turns by about `bend` radians on its way."""
    turns = (
        angle
        + np.cumsum(rng.normal(0, bend / np.sqrt(n), n))
        + bend * rng.normal(0, 0.5) * (np.linspace(-0.5, 0.5, n))
    )
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * (length / n)
    return np.cumsum(steps, axis=0) + start
