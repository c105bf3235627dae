"""From a surface to what a detector of secondary electrons makes of it.

In: heights or raw signals, float32 (h, w). Out: gray images, uint8 (h, w).

A steep place sends out more electrons than a flat one (1 / cos of the tilt), a valley fewer,
and a detector at the side sees one flank brighter than the other. The picture is then blurred by
the beam, charged, shaken line by line, set to some brightness and contrast and made noisy. What
brightness and contrast come out is drawn from the same distribution whatever the surface is: the
categories can't be told apart by them.
Source: Goldstein et al., Scanning Electron Microscopy and X-Ray Microanalysis, 4th ed., 2018,
chapters 3, 6 and 9.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sempark.synthetic.fields import Field, Shape, smooth_noise


def shade(
    height: Field, rng: np.random.Generator, relief: float = 1.0, depth: float = 0.5
) -> Field:
    """Return the signal of a surface lit by its slopes.

    Parameters
    ----------
    height : float32 (h, w), in pixels.
    rng : draws the side the detector stands on.
    relief : how much the heights are stretched.
    depth : weight of the darkening in valleys.

    Returns
    -------
    float32 (h, w), any range; `detect` sets brightness and contrast.
    """
    height = (height * relief).astype(np.float32)
    gx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    gy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    cosine = 1 / np.sqrt(1 + gx * gx + gy * gy)
    angle = rng.uniform(0, 2 * np.pi)
    side = (gx * np.float32(np.cos(angle)) + gy * np.float32(np.sin(angle))) * cosine
    signal = (1 - cosine) + np.float32(rng.uniform(0.15, 0.4)) * side
    if depth > 0:
        wide = cv2.blur(cv2.blur(height, (31, 31)), (31, 31))
        spread = float(height.std()) + 1e-3
        signal = signal + np.float32(0.35 * depth / spread) * (height - wide)
        signal = signal + np.float32(0.15 * depth / spread) * height
    return signal.astype(np.float32)


def detect(signal: Field, shape: Shape, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the gray image a microscope makes of a signal.

    Parameters
    ----------
    signal : float32, any size; enlarged to `shape` where it is smaller.
    shape : (h, w) of the image in pixels.
    rng : draws focus, charging, vibration, brightness, contrast and noise.

    Returns
    -------
    uint8 (h, w)
    """
    h, w = shape
    signal = signal.astype(np.float32)
    if signal.shape != shape:
        signal = cv2.resize(signal, (w, h), interpolation=cv2.INTER_CUBIC)
    signal = _focus(signal, rng)
    signal = _settle(signal)
    signal = signal + np.float32(rng.uniform(0, 0.25)) * smooth_noise(rng, shape, max(shape) / 2)
    if rng.random() < 0.15:
        signal = _charge(signal, rng)
    mean, deviation = rng.uniform(80, 150), rng.uniform(26, 52)
    signal = _settle(signal) * np.float32(deviation) + np.float32(mean)
    return _count(signal, rng)


def _focus(signal: Field, rng: np.random.Generator) -> Field:
    """Blur by the beam's width, at times more along one axis (astigmatism)."""
    sigma = 0.4 + 0.9 * rng.random() ** 2
    other = sigma * rng.uniform(1.0, 2.0) if rng.random() < 0.15 else sigma
    return cv2.GaussianBlur(signal, (0, 0), sigmaX=sigma, sigmaY=other)


def _settle(signal: Field) -> Field:
    """Return the signal with mean 0 and deviation 1, its tails bent in."""
    mean, deviation = cv2.meanStdDev(signal)
    centered = (signal - np.float32(mean[0, 0])) / np.float32(deviation[0, 0] + 1e-6)
    return centered / np.sqrt(1 + 0.04 * centered * centered)


def _charge(signal: Field, rng: np.random.Generator) -> Field:
    """Add the bright and dark smears that a charged spot leaves along the scan."""
    bright = np.maximum(signal - np.float32(1.2), 0)
    smear = cv2.blur(bright, (int(rng.integers(40, 120)) * 2 + 1, 1), anchor=(-1, -1))
    rows = rng.standard_normal((signal.shape[0], 1), dtype=np.float32)
    rows = cv2.GaussianBlur(rows, (1, 0), sigmaX=0.1, sigmaY=float(rng.uniform(1, 8)))
    return signal + np.float32(rng.uniform(0.5, 2)) * smear * (1 + rows) + np.float32(0.3) * rows


def _count(signal: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Add the noise of counting, at times alike along a line, and cut to 0..255."""
    h, w = signal.shape
    strength = np.float32(2 + 9 * rng.random() ** 2)
    noise = _white(rng, (h, w))
    if rng.random() < 0.2:  # slow scan, low bandwidth: the noise runs along the line
        noise = 1.4 * cv2.blur(noise, (3, 1))
    rows = rng.standard_normal((h, 1), dtype=np.float32) * np.float32(rng.uniform(0, 1.0))
    level = np.sqrt(np.maximum(signal, 8) / np.float32(128))
    noisy = signal + strength * level * noise + rows
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _white(rng: np.random.Generator, shape: Shape) -> Field:
    """Return noise of deviation 1 from one random byte a pixel, ten times faster than exact."""
    raw = np.frombuffer(rng.bytes(shape[0] * shape[1]), np.uint8).reshape(shape)
    return np.asarray(cv2.LUT(raw, _QUANTILES), np.float32)


# the normal distribution in 256 steps of equal probability
_QUANTILES = ndtri((np.arange(256) + 0.5) / 256).astype(np.float32)
