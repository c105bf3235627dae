"""JPEG: the same bytes as other libjpeg writers, round trips, the list of encodings."""

import hashlib
import io

import cv2
import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sempark.imaging import jpeg

Gray = NDArray[np.uint8]


@pytest.mark.parametrize("quality", [50, 90, 95, 100])
def test_bytes_are_those_of_other_writers(scene: Gray, quality: int) -> None:
    ours = jpeg.encode(scene, quality)
    assert ours == imagecodecs.jpeg8_encode(scene, level=quality)
    file = io.BytesIO()
    Image.fromarray(scene).save(file, "JPEG", quality=quality)
    assert ours == file.getvalue()


def test_same_bytes_each_time_and_for_views(scene: Gray) -> None:
    assert jpeg.encode(scene) == jpeg.encode(scene.copy())
    assert jpeg.encode(scene[::2, ::2]) == jpeg.encode(np.ascontiguousarray(scene[::2, ::2]))


def test_round_trip(scene: Gray) -> None:
    again = jpeg.decode(jpeg.encode(scene, 100))
    assert again.shape == scene.shape
    assert np.abs(again.astype(int) - scene).max() <= 3
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    assert abs(int(jpeg.decode(jpeg.encode(red))[8, 8]) - 76) <= 2


def test_encoder_names_library_and_version() -> None:
    assert cv2.__version__ in jpeg.ENCODER and "jpeg" in jpeg.ENCODER.lower()


@pytest.mark.parametrize(
    ("pixels", "quality", "message"),
    [
        (np.zeros((4, 4), np.uint16), 95, "uint8"),
        (np.zeros((4, 4, 4), np.uint8), 95, "uint8"),
        (np.zeros((0, 4), np.uint8), 95, "65500"),
        (np.zeros((1, 65501), np.uint8), 95, "65500"),
        (np.zeros((4, 4), np.uint8), 0, "quality"),
        (np.zeros((4, 4), np.uint8), 101, "quality"),
    ],
)
def test_bad_calls(pixels: Gray, quality: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jpeg.encode(pixels, quality)


@pytest.mark.parametrize("data", [b"", b"no JPEG at all"])
def test_decoding_something_else(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected a JPEG"):
        jpeg.decode(data)


def test_encodings_are_sound_and_all_different(scene: Gray) -> None:
    small = scene[:32, :40]
    names, digests = set(), set()
    for name, data in jpeg.encodings(small):
        names.add(name)
        digests.add(hashlib.md5(data).hexdigest())
    assert len(names) == 51 * 4 * 3 * 3
    # 4:4:4 and the like of a gray picture differ in their headers at least
    assert len(digests) == len(names)
    for name in ("gray q95 baseline", "gray q75 optimized 72 dpi", "color 4:2:0 q90 progressive"):
        assert name in names


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"quality": 75}, "gray q75 baseline"),
        ({"quality": 92, "optimize": True}, "gray q92 optimized"),
        ({"quality": 90, "optimize": True, "dpi": (72, 72)}, "gray q90 optimized 72 dpi"),
        ({"quality": 85, "progressive": True, "dpi": (96, 96)}, "gray q85 progressive 96 dpi"),
    ],
)
def test_a_foreign_file_is_found(scene: Gray, options: dict[str, object], expected: str) -> None:
    file = io.BytesIO()
    small = scene[:50, :70]
    Image.fromarray(small).save(file, "JPEG", **options)
    assert expected in [name for name, data in jpeg.encodings(small) if data == file.getvalue()]


@pytest.mark.parametrize(("subsampling", "name"), [(2, "4:2:0"), (1, "4:2:2"), (0, "4:4:4")])
def test_a_foreign_color_file_is_found(scene: Gray, subsampling: int, name: str) -> None:
    color = np.dstack([scene, scene[::-1], scene // 2])[:50, :70]
    file = io.BytesIO()
    Image.fromarray(color).save(file, "JPEG", quality=75, subsampling=subsampling)
    found = [name for name, data in jpeg.encodings(color) if data == file.getvalue()]
    assert found == [f"color {name} q75 baseline"]
