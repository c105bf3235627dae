"""CW-SSIM: how alike images are in the local structure of their complex wavelets.

In: gray images of one size. Out: the index of every pair, 1 for equal images, or 1 - index.
A small shift turns the phases of neighboring coefficients alike, so that the modulus of their
correlation does not see it. The wavelets are the oriented bands of a complex steerable pyramid
(one-sided in frequency, after Portilla and Simoncelli), cut in the Fourier domain; as in the
authors' program the index is the mean over the orientations of the coarsest scale, over windows
of 7 x 7 under a Gaussian of a quarter of the band's side.
Source: Sampat, Wang, Gupta, Bovik, Markey, IEEE TIP 18, 2385 (2009),
doi:10.1109/TIP.2009.2025923; Portilla, Simoncelli, IJCV 40, 49 (2000); thesis, chapter 3.
"""

from math import factorial, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

WINDOW = 7
# K of the paper: keeps windows without structure from dividing 0 by 0; gray values run to 255
STABILIZER = 0.01


def cw_ssim_distance(
    images: ArrayLike, n_scales: int = 4, n_orientations: int = 16
) -> NDArray[np.float64]:
    """Give 1 - CW-SSIM for every pair of images.

    Parameters
    ----------
    images : array-like of shape (n, h, w)
        Gray values 0..255; h and w divisible by 2^(n_scales - 1), the coarsest band at least
        7 x 7.
    n_scales : int
        Scales of the pyramid; the index is taken on the coarsest.
    n_orientations : int
        Orientations, 2 or more.

    Returns
    -------
    ndarray of float64, shape (n, n)
        Symmetric, in [0, 1], 0 on the diagonal.

    Raises
    ------
    ValueError
        Another shape, NaN or infinity, sizes that do not fit the scales.
    """
    bands = subbands(images, n_scales, n_orientations)
    n, orientations, height, width = bands.shape
    rows, columns = height - WINDOW + 1, width - WINDOW + 1
    weights = _gaussian(rows, rows / 4)[:, None] * _gaussian(columns, rows / 4)[None, :]
    index = np.zeros((n, n))
    for band in range(orientations):
        for top in range(rows):
            for left in range(columns):
                part = bands[:, band, top : top + WINDOW, left : left + WINDOW].reshape(n, -1)
                energy = (part.real**2 + part.imag**2).sum(axis=1)
                correlation = np.abs(part @ part.conj().T)
                index += (
                    weights[top, left]
                    * (2 * correlation + STABILIZER)
                    / (energy[:, None] + energy[None, :] + STABILIZER)
                )
    distances = np.clip(1 - index / orientations, 0, 1)
    np.fill_diagonal(distances, 0)
    return (distances + distances.T) / 2


def most_scales(height: int, width: int, at_most: int = 4) -> int:
    """Count the scales, up to `at_most`, whose coarsest band still holds a window.

    Raises
    ------
    ValueError
        A side below 7 px.
    """
    fitting = [
        n
        for n in range(1, at_most + 1)
        if height % 2 ** (n - 1) == 0 == width % 2 ** (n - 1)
        and min(height, width) // 2 ** (n - 1) >= WINDOW
    ]
    if not fitting:
        raise ValueError(
            f"CW-SSIM needs sides of at least {WINDOW} px, received {height} x {width}; resize"
        )
    return fitting[-1]


def subbands(
    images: ArrayLike, n_scales: int = 4, n_orientations: int = 16
) -> NDArray[np.complex128]:
    """Cut the coarsest oriented bands of a complex steerable pyramid.

    Parameters
    ----------
    images, n_scales, n_orientations
        As in `cw_ssim_distance`.

    Returns
    -------
    ndarray of complex128, shape (n, n_orientations, h / 2^(n_scales-1), w / 2^(n_scales-1))
        Coefficients; band b looks along the angle pi b / n_orientations.

    Raises
    ------
    ValueError
        As in `cw_ssim_distance`.
    """
    stack = _checked(images)
    n, height, width = stack.shape
    step = 2 ** (n_scales - 1)
    if n_scales < 1 or height % step or width % step or min(height, width) // step < WINDOW:
        raise ValueError(
            f"{n_scales} scales need sides divisible by {step} and at least {WINDOW * step}, "
            f"received {height} x {width}; resize the images or take fewer scales"
        )
    if n_orientations < 2:
        raise ValueError(f"n_orientations must be at least 2, received {n_orientations}")
    radius, angle = _polar(height, width)
    spectrum: NDArray[Any] = np.fft.fftshift(np.fft.fft2(stack), axes=(1, 2)) * _low(radius)
    for scale in range(1, n_scales):
        radius, angle = _middle_half(radius), _middle_half(angle)
        spectrum = _middle_half(spectrum) * _low(radius + scale)
    spectrum = spectrum * _high(radius + n_scales)
    order = n_orientations - 1
    gain = 2**order * factorial(order) / sqrt(n_orientations * factorial(2 * order))
    bands = np.empty((n, n_orientations, height // step, width // step), np.complex128)
    for band in range(n_orientations):
        turned = np.angle(np.exp(1j * (angle - np.pi * band / n_orientations)))
        lobe = 2 * gain * np.cos(turned) ** order * (np.abs(turned) < np.pi / 2)
        shifted = np.fft.ifftshift((-1j) ** order * spectrum * lobe, axes=(1, 2))
        bands[:, band] = np.fft.ifft2(shifted)
    return bands


def _polar(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log2 of the radius (1 at the Nyquist frequency: 0) and the angle, zero frequency centered."""
    y = (np.arange(height) - height // 2) / (height / 2)
    x = (np.arange(width) - width // 2) / (width / 2)
    radius = np.hypot(y[:, None], x[None, :])
    radius[height // 2, width // 2] = radius[height // 2, width // 2 - 1]
    return np.log2(radius), np.arctan2(y[:, None], x[None, :])


def _high(log_radius: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cos(np.pi / 2 * np.clip(log_radius, -1, 0))


def _low(log_radius: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(np.sin(np.pi / 2 * np.clip(log_radius, -1, 0)))


def _middle_half(values: NDArray[Any]) -> NDArray[Any]:
    height, width = values.shape[-2:]
    top, left = height // 2 - height // 4, width // 2 - width // 4
    return values[..., top : top + height // 2, left : left + width // 2]


def _gaussian(length: int, sigma: float) -> NDArray[np.float64]:
    away = np.arange(length) - (length - 1) / 2
    weights = np.exp(-(away**2) / (2 * sigma**2))
    return np.asarray(weights / weights.sum())


def _checked(images: ArrayLike) -> NDArray[np.float64]:
    stack = np.asarray(images, np.float64)
    if stack.ndim != 3 or 0 in stack.shape:
        raise ValueError(f"images must be (n, h, w) of one size, received shape {stack.shape}")
    if not np.isfinite(stack).all():
        raise ValueError("images must be finite, received NaN or infinity")
    return stack
