"""Pixels as a network wants them: images of any size in, batches of one size out.

Every image is resized whole to the network's square (by pixel areas where it shrinks, bilinear
where it grows), gray becomes three equal channels, and the last batch is filled up with black
images so that a network always sees the same batch size: results change in the last digits with
it. The numbers are then scaled as the checkpoint was trained; "inception" is TF-Slim's.

Source: thesis, section 3.1; TF-Slim's inception_preprocessing (x / 127.5 - 1).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt
import tensorflow as tf

Preprocessing = Literal["inception", "inception2015", "caffe", "torch", "unit", "raw"]
Pixels = npt.NDArray[np.uint8]

# ImageNet's channel means and deviations: caffe's in BGR on 0..255, torch's in RGB on 0..1.
_CAFFE_MEAN = (103.939, 116.779, 123.68)
_TORCH_MEAN = (0.485, 0.456, 0.406)
_TORCH_DEVIATION = (0.229, 0.224, 0.225)


def resize(image: Pixels, size: int) -> Pixels:
    """Resize one image to a square, keeping gray gray.

    Parameters
    ----------
    image : uint8 (h, w) gray, (h, w, 1) gray or (h, w, 3) RGB
    size : int
        Side of the square in pixels.

    Returns
    -------
    uint8 (size, size) or (size, size, 3)

    Raises
    ------
    ValueError
        Not uint8, not of these shapes, or empty.
    """
    check_image(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.shape[:2] == (size, size):
        return image
    shrinks = image.shape[0] >= size and image.shape[1] >= size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=how), dtype=np.uint8)


def check_image(image: Pixels) -> None:
    """Raise ValueError unless `image` is a non-empty uint8 (h, w), (h, w, 1) or (h, w, 3)."""
    shaped = isinstance(image, np.ndarray) and (
        image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3))
    )
    if not shaped or image.dtype != np.uint8 or image.size == 0:
        received = f"{getattr(image, 'dtype', type(image).__name__)} {np.shape(image)}"
        raise ValueError(
            f"expected an image uint8 (h, w) gray or (h, w, 3) RGB, received {received}: "
            "decode it to 8 bits first"
        )


def batches(images: Sequence[Pixels], size: int, batch_size: int) -> Iterator[tuple[Pixels, int]]:
    """Cut images into batches of one shape.

    Yields
    ------
    batch : uint8 (batch_size, size, size, 3)
        The last one filled up with zeros.
    n : int
        How many of its images are real.
    """
    for start in range(0, len(images), batch_size):
        part = images[start : start + batch_size]
        batch = np.zeros((batch_size, size, size, 3), dtype=np.uint8)
        for row, image in zip(batch, part, strict=False):
            resized = resize(image, size)
            row[:] = resized[:, :, None] if resized.ndim == 2 else resized
        yield batch, len(part)


def scale(batch: Any, preprocessing: Preprocessing) -> Any:
    """Scale a tensor (n, h, w, 3) of 0..255 RGB, any dtype, to the float32 a checkpoint wants.

    "inception": x / 127.5 - 1. "inception2015": (x - 128) / 128. "caffe": BGR less ImageNet's
    means. "torch": x / 255, ImageNet's means and deviations. "unit": x / 255. "raw": as it is,
    for networks that scale inside.
    """
    x = tf.cast(batch, tf.float32)
    if preprocessing == "inception":
        return x / 127.5 - 1.0
    if preprocessing == "inception2015":
        return (x - 128.0) / 128.0
    if preprocessing == "caffe":
        return x[..., ::-1] - tf.constant(_CAFFE_MEAN)
    if preprocessing == "torch":
        return (x / 255.0 - tf.constant(_TORCH_MEAN)) / tf.constant(_TORCH_DEVIATION)
    if preprocessing == "unit":
        return x / 255.0
    if preprocessing == "raw":
        return x
    raise ValueError(
        f"expected a preprocessing of {', '.join(get_args(Preprocessing))}, "
        f"received {preprocessing!r}"
    )
