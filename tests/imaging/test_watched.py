"""Watched decoding: in the process while that is safe, in the child where it may not be."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.imaging import watched
from sempark.imaging.decode import Undecodable
from sempark.imaging.watched import IN_PROCESS_PIXELS, Limits, decode_watched

Make = Callable[..., bytes]
LIMITS = Limits(100_000_000, 30.0, 1 << 30)


@pytest.fixture(autouse=True)
def children() -> Iterator[None]:
    watched._decoder.cache_clear()
    yield
    watched._decoder(LIMITS).close()


def _n_children() -> int:
    return watched._decoder.cache_info().currsize


def test_small_pictures_stay_in_the_process(tiff_bytes: Make, scene: NDArray[np.uint8]) -> None:
    assert np.array_equal(decode_watched(tiff_bytes(scene), LIMITS, retry=False).gray, scene)
    assert _n_children() == 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    with pytest.raises(Undecodable):
        decode_watched(b"nothing", LIMITS, retry=False)
    assert _n_children() == 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_after_a_death_the_child_decodes(tiff_bytes: Make, scene: NDArray[np.uint8]) -> None:
    assert np.array_equal(decode_watched(tiff_bytes(scene), LIMITS, retry=True).gray, scene)
    assert _n_children() == 1


def test_large_pictures_go_to_the_child(tiff_bytes: Make) -> None:
    side = int(IN_PROCESS_PIXELS**0.5) + 1
    large = tiff_bytes(np.zeros((side, side), np.uint8), compression="zlib", rowsperstrip=500)
    assert decode_watched(large, LIMITS, retry=False).gray.shape == (side, side)
    assert _n_children() == 1
    with pytest.raises(Undecodable) as caught:
        decode_watched(large, Limits(1_000_000, 30.0, 1 << 30), retry=False)
    assert caught.value.status == "too_large"


def test_a_hang_ends_the_process_by_its_alarm() -> None:
    code = (
        "import time\n"
        "from sempark.imaging import watched\n"
        "watched.decode = lambda data, max_pixels: time.sleep(100)\n"
        "watched.decode_watched(b'x', watched.Limits(10, 0.2, 10), False)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], timeout=90)
    assert ended.returncode == -signal.SIGALRM
