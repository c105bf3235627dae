"""Files and pictures that the tests make."""

import io
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray


@pytest.fixture
def tiff_bytes() -> Callable[..., bytes]:
    def make(pixels: NDArray[Any], **options: Any) -> bytes:
        file = io.BytesIO()
        tifffile.imwrite(file, pixels, metadata=None, **options)
        return file.getvalue()

    return make


@pytest.fixture(scope="session")
def scene() -> NDArray[np.uint8]:
    """A smooth picture with objects and some noise, 240 x 320."""
    rng = np.random.default_rng(7)
    picture = np.full((240, 320), 60, np.uint8)
    for _ in range(25):
        center = int(rng.integers(0, 320)), int(rng.integers(0, 240))
        cv2.circle(picture, center, int(rng.integers(5, 40)), int(rng.integers(80, 240)), -1)
    soft = cv2.GaussianBlur(picture, (0, 0), 2).astype(float)
    return np.clip(soft + rng.normal(0, 5, soft.shape), 1, 254).astype(np.uint8)
