"""How often categories, scales, layouts and sizes occur.

In: nothing. Out: names with weights that sum to 1.

The counts are the thesis' own (table 2.4). The demo is a hundred times
smaller than the thesis' corpus, so that categories with one image in a hundred would have none
left in a subset: counts are mixed with equal shares, and a category's scales with the corpus'.
"""

import numpy as np

from sempark.synthetic.micrographs import CATEGORIES

# (value, unit): labelled images by category, then all images of images_flat (table 2.4)
_SCALES: dict[tuple[float, str], tuple[tuple[int, ...], int]] = {
    (1, "mm"): ((0, 6, 0, 0, 0, 0, 0, 0, 17, 0), 163),
    (300, "um"): ((0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 8),
    (200, "um"): ((2, 128, 5, 0, 11, 34, 11, 0, 332, 7), 3265),
    (100, "um"): ((57, 298, 31, 1, 32, 33, 92, 30, 187, 29), 5941),
    (30, "um"): ((0, 5, 0, 0, 0, 0, 1, 0, 4, 2), 60),
    (20, "um"): ((14, 271, 36, 22, 44, 164, 55, 63, 595, 52), 9475),
    (10, "um"): ((25, 698, 170, 24, 136, 211, 278, 224, 1032, 42), 14729),
    (3, "um"): ((0, 0, 0, 0, 0, 0, 2, 0, 0, 2), 69),
    (2, "um"): ((34, 722, 311, 64, 22, 359, 744, 467, 862, 13), 22575),
    (1, "um"): ((21, 681, 622, 83, 214, 354, 1147, 121, 710, 6), 30107),
    (300, "nm"): ((0, 0, 0, 1, 0, 0, 5, 0, 2, 0), 187),
    (200, "nm"): ((10, 338, 1396, 84, 148, 279, 910, 45, 216, 0), 37052),
    (100, "nm"): ((5, 39, 548, 19, 224, 70, 269, 0, 23, 0), 16531),
    (30, "nm"): ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 20),
    (20, "nm"): ((1, 3, 122, 0, 1, 6, 39, 0, 0, 0), 2423),
    (10, "nm"): ((0, 0, 1, 0, 0, 0, 0, 0, 0, 0), 62),
    (4, "nm"): ((0, 4, 0, 0, 0, 0, 0, 0, 0, 0), 6),
    (2, "nm"): ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 6),
    (1, "nm"): ((0, 24, 0, 0, 0, 0, 0, 0, 1, 0), 69),
}
SCALES: tuple[tuple[float, str], ...] = tuple(_SCALES)

LAYOUT_SHARES: dict[str, float] = {
    "zeiss_white": 0.30,
    "zeiss_white_inside": 0.06,
    "zeiss_black_framed": 0.08,
    "zeiss_black_rows": 0.06,
    "zeiss_black_right": 0.06,
    "fei_cells": 0.13,
    "fei_xl": 0.03,
    "fei_box": 0.02,
    "jeol_it": 0.05,
    "jeol_classic": 0.03,
    "jeol_overlay": 0.01,
    "hitachi": 0.04,
    "tescan_bracket": 0.035,
    "tescan_ruler": 0.025,
    "phenom": 0.02,
    "oxford": 0.01,
    "author": 0.015,
    "empty": 0.025,
}

# heights and widths in pixels of the picture, without rows that a data bar appends
SIZE_SHARES: dict[tuple[int, int], float] = {
    (480, 640): 0.56,
    (484, 712): 0.12,
    (516, 645): 0.12,
    (600, 800): 0.12,
    (768, 1024): 0.06,
    (960, 1280): 0.02,
}


def category_shares() -> dict[str, float]:
    """Return the share of each category: three quarters as in table 2.4, a quarter equal."""
    counts = np.array([labelled for labelled, _ in _SCALES.values()]).sum(axis=0)
    shares = 0.75 * counts / counts.sum() + 0.25 / len(CATEGORIES)
    return {category: float(share) for category, share in zip(CATEGORIES, shares, strict=True)}


def scale_shares(category: str) -> list[float]:
    """Return the share of each of `SCALES` in a category: half its own, half all images'."""
    column = CATEGORIES.index(category)
    own = sum(counts[column] for counts, _ in _SCALES.values())
    everything = sum(total for _, total in _SCALES.values())
    shares = [
        0.5 * counts[column] / own + 0.5 * total / everything for counts, total in _SCALES.values()
    ]
    return [share / sum(shares) for share in shares]
