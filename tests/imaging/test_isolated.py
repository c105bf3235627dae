"""The child process: right pixels, and a crash, a hang and a greedy decoder cost one file each.

The faults are real ones: the child's own signal handlers and limits, set off by patching its
environment, not the class under test.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.imaging.decode import Undecodable
from sempark.imaging.decode import decode as in_process
from sempark.imaging.isolated import Decoder

Make = Callable[..., bytes]
Gray = NDArray[np.uint8]

# loaded by the child's interpreter before anything else: a tifffile that misbehaves on a word
FAULTS = """
import os, signal, sys, time
import tifffile
plain = tifffile.TiffFile
def faulty(file, **options):
    data = file.getvalue()
    if b"PLEASE CRASH" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"PLEASE HANG" in data:
        time.sleep(1000)
    if b"PLEASE EAT" in data:
        bytearray(1 << 40)
    if b"PLEASE SAY" in data:
        os.write(1, b"noise on standard output")
    if b"PLEASE EXIT" in data:
        os._exit(3)
    return plain(file, **options)
tifffile.TiffFile = faulty
"""


@pytest.fixture
def decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Decoder]:
    (tmp_path / "sitecustomize.py").write_text(FAULTS)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    decoder = Decoder(timeout_seconds=20, memory_bytes=300_000_000)
    yield decoder
    decoder.close()


def test_same_as_in_process(decoder: Decoder, tiff_bytes: Make, scene: Gray) -> None:
    for data in (tiff_bytes(scene), tiff_bytes(np.dstack([scene, scene // 2, scene]))):
        ours, theirs = decoder.decode(data), in_process(data)
        assert np.array_equal(ours.gray, theirs.gray)
        assert (ours.rgb is None) == (theirs.rgb is None)
        if ours.rgb is not None:
            assert np.array_equal(ours.rgb, theirs.rgb)
        names = "bits", "samples", "pages", "format", "compression"
        assert all(getattr(ours, name) == getattr(theirs, name) for name in names)


def test_its_own_refusals_pass_through(decoder: Decoder) -> None:
    for data, status in ((b"", "empty"), (b"nothing", "undecodable")):
        assert _status(decoder, data) == status


def test_crash_exit_greed_and_noise(decoder: Decoder, tiff_bytes: Make, scene: Gray) -> None:
    good = tiff_bytes(scene)
    assert _status(decoder, good + b"PLEASE CRASH") == "crashed"
    assert np.array_equal(decoder.decode(good).gray, scene)
    child = decoder._child
    assert _status(decoder, good + b"PLEASE EAT") == "too_large"
    assert np.array_equal(decoder.decode(good + b"PLEASE SAY").gray, scene)
    assert decoder._child is child, "one child serves until it dies"
    assert _status(decoder, good + b"PLEASE EXIT") == "crashed"
    assert np.array_equal(decoder.decode(good).gray, scene)


def test_the_reason_names_the_signal(decoder: Decoder, tiff_bytes: Make, scene: Gray) -> None:
    with pytest.raises(Undecodable, match="SIGSEGV"):
        decoder.decode(tiff_bytes(scene) + b"PLEASE CRASH")


def test_hang(decoder: Decoder, tiff_bytes: Make, scene: Gray) -> None:
    decoder.decode(tiff_bytes(scene))
    decoder._timeout_seconds = 0.5
    assert _status(decoder, tiff_bytes(scene) + b"PLEASE HANG") == "timeout"
    decoder._timeout_seconds = 20
    assert np.array_equal(decoder.decode(tiff_bytes(scene)).gray, scene)


def test_memory_is_limited_for_real(decoder: Decoder, tiff_bytes: Make) -> None:
    # within max_pixels, but its pixels and their 8-bit copies are not within the memory
    greedy = tiff_bytes(np.zeros((9000, 9000), np.float32), compression="zlib", rowsperstrip=100)
    assert _status(decoder, greedy) == "too_large"


def test_a_file_larger_than_the_limit_is_not_sent(tiff_bytes: Make, scene: Gray) -> None:
    small = Decoder(memory_bytes=10_000)
    assert _status(small, tiff_bytes(scene)) == "too_large"
    assert small._child is None


def test_closing_twice_and_starting_again(decoder: Decoder, tiff_bytes: Make, scene: Gray) -> None:
    decoder.close()
    decoder.decode(tiff_bytes(scene))
    decoder.close()
    decoder.close()
    assert np.array_equal(decoder.decode(tiff_bytes(scene)).gray, scene)


@pytest.mark.parametrize("limits", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (float("nan"), 1, 1)])
def test_bad_limits(limits: tuple[float, int, int]) -> None:
    with pytest.raises(ValueError, match="limits over 0"):
        Decoder(*limits)


def _status(decoder: Decoder, data: bytes) -> str:
    with pytest.raises(Undecodable) as caught:
        decoder.decode(data)
    return caught.value.status
