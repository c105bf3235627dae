"""Hashes: equal for equal pixels, near for near pictures, and buckets that miss no near pair."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sempark.imaging import hashes, jpeg

Gray = NDArray[np.uint8]
HASH = st.integers(-(2**63), 2**63 - 1)


def test_pixel_hash_sees_every_pixel_and_the_shape(scene: Gray) -> None:
    first = hashes.pixel_hash(scene)
    assert len(first) == 32 and first == hashes.pixel_hash(np.asfortranarray(scene))
    other = scene.copy()
    other[-1, -1] ^= 1
    assert hashes.pixel_hash(other) != first
    assert hashes.pixel_hash(scene.reshape(320, 240)) != first
    # stored in tables: it may not change from version to version
    assert hashes.pixel_hash(np.zeros((2, 3), np.uint8)) == "88a51f133e62f8ee1b993c698fffab3a"


def test_perceptual_hash_by_the_definition(scene: Gray) -> None:
    # an independent cosine transform, in float64
    small = cv2.resize(scene.astype(np.float32), (32, 32), interpolation=cv2.INTER_AREA)
    waves = np.cos(np.pi * np.outer(np.arange(9), 2 * np.arange(32) + 1) / 64)
    spectrum = waves @ small.astype(np.float64) @ waves.T
    signs = (spectrum.ravel()[1:65] > 0).astype(int)
    expected = int("".join(map(str, signs)), 2)
    assert hashes.perceptual_hash(scene) & (2**64 - 1) == expected


def test_flat_pictures_have_no_structure() -> None:
    for value in (0, 77, 255):
        assert hashes.perceptual_hash(np.full((50, 70), value, np.uint8)) == 0
    assert hashes.perceptual_hash(np.full((1, 1), 9, np.uint8)) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda g: jpeg.decode(jpeg.encode(g, 30)),
        lambda g: cv2.resize(g, (160, 120), interpolation=cv2.INTER_AREA),
        lambda g: cv2.resize(g, (640, 480), interpolation=cv2.INTER_LINEAR),
        lambda g: cv2.add(g, 20),
        lambda g: (g * 0.7).astype(np.uint8),
    ],
    ids=["recompressed", "halved", "doubled", "brighter", "darker"],
)
def test_near_pictures_have_near_hashes(scene: Gray, change: object) -> None:
    changed = change(scene)
    distance = hashes.n_bits(hashes.perceptual_hash(scene), hashes.perceptual_hash(changed))
    assert distance <= hashes.MAX_BITS
    assert hashes.n_bits(hashes.perceptual_hash(scene), hashes.perceptual_hash(changed[::-1])) > 15


@settings(max_examples=200, deadline=None)
@given(first=HASH, flips=st.sets(st.integers(0, 63), max_size=hashes.MAX_BITS))
def test_hashes_within_six_bits_meet(first: int, flips: set[int]) -> None:
    mask = sum(1 << bit for bit in flips)
    second = first ^ (mask - (1 << 64) if mask >= 1 << 63 else mask)
    assert hashes.n_bits(first, second) == len(flips)
    keys = hashes.buckets(np.array([first, second]))
    assert keys.shape == (2, hashes.N_BUCKETS)
    assert np.any(keys[0] == keys[1])


def test_seven_bits_in_seven_bytes_do_not_meet() -> None:
    second = sum(1 << (8 * byte) for byte in range(7))
    keys = hashes.buckets(np.array([0, second]))
    assert not np.any(keys[0] == keys[1])


def test_unrelated_hashes_rarely_meet() -> None:
    values = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, 2000, dtype=np.int64)
    keys = hashes.buckets(values)
    assert len(np.unique(keys >> 16)) == hashes.N_BUCKETS
    _, counts = np.unique(keys, return_counts=True)
    pairs = int((counts * (counts - 1) // 2).sum())
    expected = hashes.N_BUCKETS * (2000 * 1999 / 2) / 65536
    assert 0.8 * expected < pairs < 1.2 * expected
    assert hashes.buckets(np.empty(0, np.int64)).shape == (0, hashes.N_BUCKETS)


def test_bad_calls() -> None:
    with pytest.raises(ValueError, match="uint8"):
        hashes.pixel_hash(np.zeros((2, 2), np.float32))
    with pytest.raises(ValueError, match="gray picture"):
        hashes.perceptual_hash(np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="gray picture"):
        hashes.perceptual_hash(np.zeros((0, 2), np.uint8))
