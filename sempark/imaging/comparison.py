"""Two pictures side by side: how many pixels differ, by how much, and in which manner.

In: two uint8 gray pictures. Out: the counts and a word. The words name what people do to files:
save them again as JPEG, change the brightness, shrink them, touch up a few pixels. A second shot
of the same place is another picture: its noise is its own. Recompression keeps the means of
8 x 8 blocks and most of the noise; a new shot keeps neither.

Source: footnote 1 of the thesis; the limits below were set on 36 micrographs and 180 crops.
"""

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Kind = Literal["equal", "few_pixels", "recompressed", "brightness_shifted", "rescaled", "different"]

FEW: Final = 0.01  # share of pixels
MAX_BLOCK_RMS: Final = 2.0  # gray levels, of the means of blocks
MAX_RMS: Final = 5.0  # gray levels; where the detail is stronger:
MAX_DETAIL: Final = 0.9  # share of the detail; two shots of pure noise differ by 1.41 of it
MAX_ASPECT: Final = 0.02
COARSE: Final = 3  # pictures of other sizes are judged at this part of the smaller one
_BLOCK: Final = 8


@dataclass(frozen=True)
class Comparison:
    """What sets two pictures apart.

    Attributes
    ----------
    kind : str
        ``"equal"``; ``"few_pixels"``: at most 1 % of them differ, by whatever; ``"recompressed"``:
        small differences everywhere; ``"brightness_shifted"``: the same after a gain and an
        offset; ``"rescaled"``: another size, the same after shrinking the larger (and a gain and
        an offset); ``"different"``.
    n_different : int
        Pixels that differ; on the smaller grid where the sizes differ.
    largest_difference : int
        0 to 255, likewise.
    rms : float
        Root mean square of what is left after the gain and offset, where one was needed;
        gray levels. On a third of the smaller grid where the sizes differ.
    """

    kind: Kind
    n_different: int
    largest_difference: int
    rms: float


def compare(a: NDArray[np.uint8], b: NDArray[np.uint8], max_rms: float = MAX_RMS) -> Comparison:
    """Compare two pictures on their pixels.

    Parameters
    ----------
    a, b : uint8 (h, w)
        Any sizes. Where the aspect ratios differ by over 2 % all pixels count as different.
    max_rms : float
        Gray levels that may be left, root mean square, after gain and offset; pictures with
        strong detail of their own (noise) may differ by 0.9 of it.

    Returns
    -------
    Comparison
        The same for (b, a), up to rounding of `rms`.

    Raises
    ------
    ValueError
        Another dtype or shape.
    """
    for picture in (a, b):
        if picture.dtype != np.uint8 or picture.ndim != 2 or picture.size == 0:
            raise ValueError(
                f"expected a uint8 (h, w) picture, received {picture.dtype} {picture.shape}"
            )
    same_size = a.shape == b.shape
    if not same_size:
        if not _same_aspect(a, b):
            return Comparison("different", min(a.size, b.size), 255, 255.0)
        coarse = _common_size(a, b, COARSE)
        a, b = _common_size(a, b)
    difference = cv2.absdiff(a, b)
    n_different, largest = int(np.count_nonzero(difference)), int(difference.max())
    # programs place the pixels of a rescaled picture differently, by fractions of one: the
    # judgement falls where these do not show
    kind, rms = _kind(*((a, b) if same_size else coarse), max_rms)
    if same_size and n_different == 0:
        kind = "equal"
    elif same_size and n_different <= FEW * a.size:
        kind = "few_pixels"
    elif not same_size and kind != "different":
        kind = "rescaled"
    return Comparison(kind, n_different, largest, rms)


def _kind(a: NDArray[np.uint8], b: NDArray[np.uint8], max_rms: float) -> tuple[Kind, float]:
    as_is = b.astype(np.float32) - a
    detail = max(_detail(a), _detail(b))
    if _is_small(as_is, max(max_rms, MAX_DETAIL * detail)):
        return "recompressed", _rms(as_is)
    fitted = _after_gain(a, b)
    if fitted is not None and _is_small(fitted, max(max_rms, MAX_DETAIL * detail)):
        return "brightness_shifted", _rms(fitted)
    return "different", _rms(as_is)


def _after_gain(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """What is left of b after the best gain and offset on a; clipped pixels do not count."""
    inside = (a > 0) & (a < 255) & (b > 0) & (b < 255)
    if np.count_nonzero(inside) < max(16, inside.size // 10):
        return None
    x, y = a[inside].astype(np.float64), b[inside].astype(np.float64)
    variance = x.var()
    if variance == 0:
        return None
    gain = ((x - x.mean()) * (y - y.mean())).mean() / variance
    # a weak gain would call any flat picture a copy of anything
    if not 0.25 <= gain <= 4:
        return None
    offset = y.mean() - gain * x.mean()
    predicted = np.clip(gain * a.astype(np.float32) + offset, 0, 255)
    return (b - predicted).astype(np.float32)


def _is_small(left: NDArray[np.float32], limit: float) -> bool:
    blocks = _block_means(left)
    return _rms(blocks) <= MAX_BLOCK_RMS and _rms(left) <= limit


def _detail(picture: NDArray[np.uint8]) -> float:
    values = picture.astype(np.float32)
    means = _block_means(values)
    size = (picture.shape[1], picture.shape[0])
    return _rms(values - cv2.resize(means, size, interpolation=cv2.INTER_NEAREST))


def _block_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = values.shape
    size = max(1, width // _BLOCK), max(1, height // _BLOCK)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA))


def _rms(values: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _same_aspect(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    across, down = b.shape[1] / a.shape[1], b.shape[0] / a.shape[0]
    # a rounded side is up to half a pixel off
    slack = 0.5 / min(*a.shape, *b.shape)
    return abs(across / down - 1) <= MAX_ASPECT + slack


def _common_size(
    a: NDArray[np.uint8], b: NDArray[np.uint8], reduction: int = 1
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    width, height = min(a.shape[1], b.shape[1]), min(a.shape[0], b.shape[0])
    size = max(1, width // reduction), max(1, height // reduction)
    shrunk = [
        np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)) for picture in (a, b)
    ]
    return shrunk[0], shrunk[1]
