"""The origin of foreign JPEGs: written by Pillow in many ways, from this picture or another."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sempark.imaging.origin import Origin, origin

Gray = NDArray[np.uint8]


def _jpeg(pixels: Gray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("options", "encoding"),
    [
        ({"quality": 75}, "gray q75 baseline"),
        ({"quality": 92, "optimize": True, "dpi": (72, 72)}, "gray q92 optimized 72 dpi"),
        ({"quality": 51, "progressive": True}, "gray q51 progressive"),
        ({"quality": 100}, "gray q100 baseline"),
    ],
)
def test_bytes(scene: Gray, options: dict[str, object], encoding: str) -> None:
    assert origin(_jpeg(scene, **options), scene, None) == Origin("bytes", encoding)


@pytest.mark.parametrize(
    "options",
    [
        {"quality": 80, "dpi": (300, 300)},
        {"quality": 80, "comment": b"made by somebody"},
        {"quality": 80, "restart_marker_blocks": 4},
    ],
)
def test_another_header_has_equal_pixels(scene: Gray, options: dict[str, object]) -> None:
    assert origin(_jpeg(scene, **options), scene, None) == Origin("pixels", "gray q80 baseline")


def test_color_and_gray_of_a_color_picture(scene: Gray) -> None:
    rgb = np.dstack([scene, scene[::-1], scene // 2])
    data = _jpeg(rgb, quality=90, subsampling=0)
    assert origin(data, scene, rgb) == Origin("bytes", "color 4:4:4 q90 baseline")
    # somebody made it gray first
    assert origin(_jpeg(scene, quality=90), scene, rgb) == Origin("bytes", "gray q90 baseline")
    # a gray picture written as color
    as_color = np.dstack([scene] * 3)
    data = _jpeg(as_color, quality=85, subsampling=2)
    assert origin(data, scene, None) == Origin("bytes", "color 4:2:0 q85 baseline")


def test_another_picture_has_no_origin_here(scene: Gray) -> None:
    other = scene.copy()
    other[100:120, 100:120] += 9
    assert origin(_jpeg(other, quality=75), scene, None) is None
    assert origin(_jpeg(scene[:100], quality=75), scene, None) is None
    assert origin(_jpeg(scene, quality=30), scene, None) is None  # under the list's qualities
    assert origin(_jpeg(scene, qtables=[[7] * 64]), scene, None) is None


def test_noise_behind_the_marker(scene: Gray) -> None:
    rng = np.random.default_rng(0)
    for length in range(0, 200, 7):
        assert origin(b"\xff\xd8\xff\xdb" + rng.bytes(length), scene, None) is None
