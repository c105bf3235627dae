"""Random fields and coordinates that the textures are made of.

In: a generator and a shape (h, w). Out: float32 arrays of that shape.

Noise is a small random grid enlarged by cubic interpolation, cells are the labels of a distance
transform, bumps are stamped with the maximum of what lies there: all of it costs a few
milliseconds for 640 x 480 pixels, whatever the number of cells.
Source: value noise and fractal sums (Ebert et al., Texturing and Modeling, 3rd ed., 2003).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Shape = tuple[int, int]


def smooth_noise(rng: np.random.Generator, shape: Shape, cell: float) -> Field:
    """Draw noise that varies over about `cell` pixels, mean 0, deviation about 0.7.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (h, w) in pixels.
    cell : distance of the random grid's points in pixels, at least 1.

    Returns
    -------
    float32 (h, w)
    """
    h, w = shape
    rows, columns = int(np.ceil(h / cell)) + 2, int(np.ceil(w / cell)) + 2
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    if cell >= 16:  # what varies this slowly is as good from a quarter of the pixels
        size = (max(w // 4 + 1, round(columns * cell / 4)), max(h // 4 + 1, round(rows * cell / 4)))
        small = cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
        part = small[: h // 4 + 1, : w // 4 + 1]
        return cv2.resize(part, (w, h), interpolation=cv2.INTER_LINEAR)
    size = (max(w, round(columns * cell)), max(h, round(rows * cell)))
    return cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)[:h, :w]


def fractal(
    rng: np.random.Generator, shape: Shape, cell: float, octaves: int = 4, gain: float = 0.5
) -> Field:
    """Sum octaves of `smooth_noise`, each half as wide and `gain` times as strong."""
    total = smooth_noise(rng, shape, cell)
    for octave in range(1, octaves):
        step = cell / 2**octave
        if step < 1.5:
            break
        total = total + np.float32(gain**octave) * smooth_noise(rng, shape, step)
    return total


def coordinates(
    shape: Shape, angle: float = 0.0, center: tuple[float, float] | None = None
) -> tuple[Field, Field]:
    """Return x and y in pixels from `center` (x, y), turned by `angle` radians."""
    h, w = shape
    cx, cy = center if center is not None else (w / 2, h / 2)
    x = (np.arange(w, dtype=np.float32) - np.float32(cx))[None, :]
    y = (np.arange(h, dtype=np.float32) - np.float32(cy))[:, None]
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return c * x + s * y, c * y - s * x


def tilted(
    rng: np.random.Generator, shape: Shape, tilt: float = 0.35, turn: float = np.pi
) -> tuple[Field, Field]:
    """Return the coordinates of a plane seen under a random angle.

    The plane is turned by up to `turn` radians and foreshortened to at least 1 - `tilt` of its
    height, with a slight perspective.
    """
    h, w = shape
    x, y = coordinates(shape)
    squeeze = np.float32(1 - tilt * rng.random() ** 2)
    depth = 1 + np.float32(0.25 * tilt * rng.uniform(-1, 1) / h) * y
    x, y = x / depth, y / (squeeze * depth)
    angle = rng.uniform(-turn, turn)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    dx, dy = rng.uniform(-0.5, 0.5, 2) * (w, h)
    return c * x + s * y + np.float32(dx), c * y - s * x + np.float32(dy)


def step(value: Field, width: float) -> Field:
    """Return a smooth step from 0 to 1 of the given width around value 0."""
    t = np.clip(value / np.float32(width) + np.float32(0.5), 0, 1).astype(np.float32)
    return t * t * (3 - 2 * t)


def scattered(rng: np.random.Generator, shape: Shape, distance: float) -> NDArray[np.float64]:
    """Return points (n, 2) as x, y on a jittered grid `distance` apart, a margin around it."""
    h, w = shape
    xs = np.arange(-distance, w + distance, distance)
    ys = np.arange(-distance, h + distance, distance)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    return grid + rng.uniform(-0.5, 0.5, grid.shape) * distance


def lattice(
    shape: Shape, pitch: float, angle: float = 0.0, hexagonal: bool = True
) -> NDArray[np.float64]:
    """Return the points (n, 2) of a hexagonal or square lattice that cover the shape."""
    h, w = shape
    reach = 0.5 * np.hypot(h, w) + 2 * pitch
    row = pitch * (np.sqrt(3) / 2 if hexagonal else 1.0)
    i = np.arange(-np.ceil(reach / pitch), np.ceil(reach / pitch) + 1)
    j = np.arange(-np.ceil(reach / row), np.ceil(reach / row) + 1)
    ii, jj = np.meshgrid(i, j)
    x = (ii + (0.5 * (jj % 2) if hexagonal else 0)) * pitch
    y = jj * row
    c, s = np.cos(angle), np.sin(angle)
    points = np.stack([c * x - s * y + w / 2, s * x + c * y + h / 2], axis=-1).reshape(-1, 2)
    inside = np.all((points > -pitch) & (points < (w + pitch, h + pitch)), axis=1)
    return points[inside]


@dataclass(frozen=True)
class Cells:
    """Cells around points: labels (h, w), distance to the border (h, w), seeds (n, 2) as x, y.

    `seeds[labels]` is each pixel's own point; label 0 does not occur.
    """

    labels: NDArray[np.int32]
    inside: Field
    seeds: NDArray[np.float32]


def cells(points: NDArray[np.float64], shape: Shape) -> Cells:
    """Divide the shape among the points inside it, each pixel to the nearest; ties either way."""
    h, w = shape
    free = np.ones(shape, np.uint8)
    xy = np.round(points).astype(int)
    xy = xy[(xy[:, 0] >= 0) & (xy[:, 0] < w) & (xy[:, 1] >= 0) & (xy[:, 1] < h)]
    if len(xy) == 0:
        xy = np.array([(w // 2, h // 2)])
    free[xy[:, 1], xy[:, 0]] = 0
    _, labels = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    seeds = np.zeros((int(labels.max()) + 1, 2), np.float32)
    seeds[labels[xy[:, 1], xy[:, 0]]] = xy
    border = np.ones(shape, np.uint8)
    border[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
    border[1:][labels[1:] != labels[:-1]] = 0
    inside = cv2.distanceTransform(border, cv2.DIST_L2, 3)
    return Cells(labels, np.minimum(inside, np.float32(h + w)), seeds)  # one cell: no border


def bent(rng: np.random.Generator, field: Field, reach: float, cell: float) -> Field:
    """Return a field pulled about by `reach` pixels, in bends about `cell` pixels long."""
    shape = (field.shape[0], field.shape[1])
    xs = np.arange(shape[1], dtype=np.float32) + np.float32(reach) * smooth_noise(rng, shape, cell)
    ys = np.arange(shape[0], dtype=np.float32)[:, None] + np.float32(reach) * smooth_noise(
        rng, shape, cell
    )
    return cv2.remap(field, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def stamp_maximum(height: Field, bump: Field, x: float, y: float) -> None:
    """Raise `height` in place to `bump`, whose middle lies at (x, y); cut at the edges."""
    window = _window(height.shape, bump.shape, x, y)
    if window is not None:
        target, source = window
        np.maximum(height[target], bump[source], out=height[target])


def _window(
    shape: tuple[int, ...], patch: tuple[int, ...], x: float, y: float
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    """Return where a patch centered at (x, y) meets the image, in the image and in the patch."""
    h, w = shape[:2]
    ph, pw = patch[:2]
    top, left = round(y - ph / 2), round(x - pw / 2)
    y0, y1, x0, x1 = max(top, 0), min(top + ph, h), max(left, 0), min(left + pw, w)
    if y0 >= y1 or x0 >= x1:
        return None
    return (slice(y0, y1), slice(x0, x1)), (
        slice(y0 - top, y1 - top),
        slice(x0 - left, x1 - left),
    )


def dome(radius: float, squash: float = 1.0, power: float = 2.0, angle: float = 0.0) -> Field:
    """Return a bump of height `radius`: a half sphere for squash 1 and power 2.

    `squash` narrows it across `angle`; a larger `power` makes it boxier. Outside it is -1e3, so
    that it never hides what lies there.
    """
    reach = int(np.ceil(radius)) + 1
    x, y = coordinates((2 * reach + 1, 2 * reach + 1), angle, (reach, reach))
    r = (np.abs(x / radius) ** power + np.abs(y / (radius * squash)) ** power).astype(np.float32)
    bump = radius * np.maximum(1 - r, 0) ** np.float32(1 / power)
    return np.where(r < 1, bump, np.float32(-1e3)).astype(np.float32)


def cone(radius: float, height: float) -> Field:
    """Return a round cone; outside it is -1e3."""
    reach = int(np.ceil(radius)) + 1
    x, y = coordinates((2 * reach + 1, 2 * reach + 1), 0.0, (reach, reach))
    r = np.hypot(x, y) / np.float32(radius)
    return np.where(r < 1, np.float32(height) * (1 - r), np.float32(-1e3)).astype(np.float32)
