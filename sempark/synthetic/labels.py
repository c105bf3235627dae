"""The four labelled data sets of the demo corpus.

In: the plan's items. Out: the items with label files: JPEGs in folders named after categories,
under names that say nothing.

As in the thesis (section 2.2, table 2.2): SEM_Dataset labels most pictures, Hierarchical few with
their leaf, 100% and Majority overlap, have many duplicates and name a fifth of their contents
both Patterned_surface and MEMS_devices_and_electrodes. A few files were made by other encoders,
or from pictures that have no TIFF.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.synthetic.items import File, Item

_CONFUSED = ("Patterned_surface", "MEMS_devices_and_electrodes")
_SETS = ("SEM_Dataset", "Hierarchical", "100%", "Majority")


def progressive(gray: NDArray[np.uint8], quality: int) -> bytes:
    """Write a JPEG as another converter would: progressive."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    done, data = cv2.imencode(".jpg", gray, flags)
    if not done:
        raise ValueError(f"the JPEG encoder refused a picture of shape {gray.shape}")
    return bytes(data.tobytes())


def add(rng: np.random.Generator, items: list[Item], folder: str) -> list[Item]:
    """Return the items with their label files.

    Parameters
    ----------
    rng : draws who is labelled, how often and by which encoder.
    items : corpus items; pictures and "jpeg_only" ones can be labelled.
    folder : where the sets lie.

    Returns
    -------
    list of the same length and order
    """
    seen: dict[str, int] = {}
    return [
        replace(item, files=item.files + tuple(_labels(rng, item, folder, seen)))
        if item.kind in ("picture", "illegible", "jpeg_only")
        else item
        for item in items
    ]


def _labels(rng: np.random.Generator, item: Item, folder: str, seen: dict[str, int]) -> list[File]:
    """Choose the label files of one picture."""
    chances = {"SEM_Dataset": 0.75, "100%": 0.30, "Majority": 0.30}
    if item.kind == "jpeg_only":  # once part of the labelled data, their TIFFs are lost
        chances = {"SEM_Dataset": 0.8, "100%": 0.5, "Majority": 0.7}
    files: list[File] = []
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
            files.append(File(path, made, data_set, category, sub, found))
    return files


def _encoding(rng: np.random.Generator, item: Item) -> tuple[str, str]:
    """Return how a label's JPEG was made and how it can be matched: mostly by its md5."""
    chance = float(rng.random())
    if chance < 0.006:
        return f"jpeg:{int(rng.choice([75, 85, 90]))}", "reencoded"
    if chance < 0.009:
        return f"progressive:{int(rng.choice([80, 92]))}", "reencoded"
    if chance < 0.011:
        return f"tagged:{item.quality}", "pixels"
    if chance < 0.0125:
        return "shrunk:85", "perceptual"
    return f"jpeg:{item.quality}", "jpeg_md5"


def _hex(rng: np.random.Generator) -> str:
    return bytes(rng.integers(0, 256, 16, dtype=np.uint8)).hex()
