"""Fingerprints of pictures: of the very pixels, and of what they look like.

In: uint8 gray pixels. Out: a hash that is equal where all pixels are; a 64-bit hash that stays
within 6 bits under recompression, rescaling and a shift of brightness, with 28 bucket keys of
which two such hashes share at least one, so that candidates meet in buckets and not in all pairs;
and the comparison on pixels that decides.

The perceptual hash holds the signs of the 64 lowest frequencies after the mean of a 32 x 32
cosine transform. Two hashes that differ in at most 6 bits have at least 2 of their 8 bytes in
common: the keys are the 28 pairs of bytes. On 36 micrographs and 180 crops of them, JPEG of
quality 30 to 90, scales of 1/4 to 3/4 and brightness times 0.8 to 1.2 moved at most 6 bits, and
two unrelated pictures differed in at least 8.

Source: footnote 1 of the thesis (33 pixels that differ by 1); C. Zauner, Implementation and
benchmarking of perceptual image hash functions, 2010 (the cosine hash); M. Norouzi et al., Fast
search in Hamming space with multi-index hashing, CVPR 2012 (the buckets).
"""

import hashlib
from itertools import combinations
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_BITS: Final = 6
N_BUCKETS: Final = 28
_SIDE: Final = 32
_PAIRS: Final = tuple(combinations(range(8), 2))


def pixel_hash(gray: NDArray[np.uint8]) -> str:
    """Hash the pixels and the shape, whatever file they came from.

    Parameters
    ----------
    gray : uint8 (h, w) or (h, w, 3)

    Returns
    -------
    str
        32 hexadecimal digits (BLAKE2b, 128 bits).

    Raises
    ------
    ValueError
        Another dtype.
    """
    _check_uint8(gray)
    digest = hashlib.blake2b(repr(gray.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(gray).data)
    return digest.hexdigest()


def perceptual_hash(gray: NDArray[np.uint8]) -> int:
    """Hash what a picture looks like.

    Parameters
    ----------
    gray : uint8 (h, w)
        At least 1 x 1 px. Without any structure the hash is 0.

    Returns
    -------
    int
        Signed 64-bit, the type of a Spark bigint; compare two by the bits of their exclusive or.

    Raises
    ------
    ValueError
        Another dtype or shape.
    """
    _check_uint8(gray)
    if gray.ndim != 2 or gray.size == 0:
        raise ValueError(f"expected a gray picture (h, w), received shape {gray.shape}")
    small = cv2.resize(gray.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(small)[:9, :9].ravel()[1:65]
    # rounding noise of a flat picture is no structure
    bits = np.packbits(waves > 1e-3)
    return int.from_bytes(bits.tobytes(), "big", signed=True)


def buckets(hashes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the keys under which hashes meet.

    Parameters
    ----------
    hashes : int64 (n,)
        From `perceptual_hash`.

    Returns
    -------
    int64 (n, 28)
        Key = pair of bytes x 65536 + their values. Hashes within 6 bits share a key, most
        others do not: of n random ones, a key holds n / 65536 each.
    """
    values = np.asarray(hashes, np.int64).astype(">i8").view(np.uint8).reshape(-1, 8)
    keys = np.empty((len(values), N_BUCKETS), np.int64)
    for column, (first, second) in enumerate(_PAIRS):
        keys[:, column] = (
            (column << 16)
            | (values[:, first].astype(np.int64) << 8)
            | values[:, second].astype(np.int64)
        )
    return keys


def n_bits(a: int, b: int) -> int:
    """Count the bits in which two perceptual hashes differ.

    Parameters
    ----------
    a, b : int
        From `perceptual_hash`.

    Returns
    -------
    int
        0 to 64.
    """
    return ((a ^ b) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def _check_uint8(pixels: NDArray[np.uint8]) -> None:
    if pixels.dtype != np.uint8:
        raise ValueError(f"expected uint8 pixels, received {pixels.dtype}")
