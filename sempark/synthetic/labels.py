"""The four labelled data sets of the demo corpus.

In: the plan's items. Out: the items with label files: JPEGs in folders named after categories,
under names that say nothing.

As in the thesis (section 2.2, table 2.2): SEM_Dataset labels most pictures, Hierarchical few with
their leaf, 100% and Majority overlap, have many duplicates and name a fifth of their contents
both Patterned_surface and MEMS_devices_and_electrodes. A few files were made by other encoders,
or from pictures that have no TIFF.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_CONFUSED = ("Patterned_surface", "MEMS_devices_and_electrodes")
_SETS = ("SEM_Dataset", "Hierarchical", "100%", "Majority")


def progressive(gray: NDArray[np.uint8], quality: int) -> bytes:
    """Write a JPEG as another converter would: progressive."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    done, data = cv2.imencode(".jpg", gray, flags)
    if not done:
        raise ValueError(f"the JPEG encoder refused a picture of shape {gray.shape}")
    return bytes(data.tobytes())


def add(
    rng: np.random.Generator, items: list[Any], folder: str, make: Callable[..., Any]
) -> list[Any]:
    """Return the items with their label files.

    Parameters
    ----------
    rng : draws who is labelled, how often and by which encoder.
    items : corpus items; pictures and "jpeg_only" ones can be labelled.
    folder : where the sets lie.
    make : makes a file from path, form, data_set, category, subcategory, match.

    Returns
    -------
    list of the same length and order
    """
    seen: dict[str, int] = {}
    return [
        replace(item, files=item.files + tuple(_labels(rng, item, folder, make, seen)))
        if item.kind in ("picture", "illegible", "jpeg_only")
        else item
        for item in items
    ]


def _labels(
    rng: np.random.Generator,
    item: Any,
    folder: str,
    make: Callable[..., Any],
    seen: dict[str, int],
) -> list[Any]:
    """Choose the label files of one picture."""
    chances = {"SEM_Dataset": 0.75, "100%": 0.30, "Majority": 0.30}
    if item.kind == "jpeg_only":  # once part of the labelled data, their TIFFs are lost
        chances = {"SEM_Dataset": 0.8, "100%": 0.5, "Majority": 0.7}
    files = []
    form, match = _encoding(rng, item)
    n_of_leaf = seen.get(item.leaf, 0)
    if item.kind != "jpeg_only" and n_of_leaf < 8 and rng.random() < 0.6:
        seen[item.leaf] = n_of_leaf + 1
        chances["Hierarchical"] = 1.0
    for data_set in _SETS:
        if rng.random() >= chances.get(data_set, 0.0):
            continue
        categories = [item.category]
        if data_set in ("100%", "Majority"):
            if item.category in _CONFUSED and rng.random() < 0.4:
                categories = list(_CONFUSED)
            elif rng.random() < 0.03:
                categories = categories * 2
        elif rng.random() < 0.013:
            categories = categories * 2
        made, found = (f"jpeg:{item.quality}", "jpeg_md5")
        if item.kind == "jpeg_only":
            found = ""
        elif data_set in ("SEM_Dataset", "Majority"):
            made, found = form, match
        sub = item.leaf if data_set == "Hierarchical" else ""
        for category in categories:
            below = f"{category}/{sub}" if sub else category
            path = f"{folder}/{data_set}/{below}/L{rng.integers(0, 10)}_{_hex(rng)}.jpg"
            files.append(make(path, made, data_set, category, sub, found))
    return files


def _encoding(rng: np.random.Generator, item: Any) -> tuple[str, str]:
    """Return how a label's JPEG was made and how it can be matched: mostly by its md5."""
    chance = float(rng.random())
    if chance < 0.006:
        return f"jpeg:{int(rng.choice([75, 85, 90]))}", "reencoded"
    if chance < 0.009:
        return f"progressive:{int(rng.choice([80, 92]))}", "reencoded"
    if chance < 0.011:
        return f"tagged:{item.quality}", "pixels"
    return f"jpeg:{item.quality}", "jpeg_md5"


def _hex(rng: np.random.Generator) -> str:
    return bytes(rng.integers(0, 256, 16, dtype=np.uint8)).hex()
