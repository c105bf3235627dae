"""The demo corpus: a jumble of files drawn from a seed, with the truth of each of them.

In: a number of images and a seed. Out: a plan (what each file is), the bytes of the files an item
of the plan stands for, and the truth as rows.

Items depend on nothing but their own fields, so they can be drawn in any order, anywhere, with
the same bytes. `truth` is that of `sempark.synthetic.items`.
Source: sections 2.1 and 2.2 of the thesis.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sempark.imaging import jpeg
from sempark.imaging.decode import decode
from sempark.synthetic import labels, mess, tiffs, wear
from sempark.synthetic.databars import bar_range, draw_databar
from sempark.synthetic.frequencies import (
    LAYOUT_SHARES,
    SCALES,
    SIZE_SHARES,
    category_shares,
    scale_shares,
)
from sempark.synthetic.items import File, Item, truth
from sempark.synthetic.micrographs import LEAVES, draw
from sempark.synthetic.sheet import NM, Scale

__all__ = ["LABELS", "SOURCE", "File", "Item", "pixels", "plan", "render", "truth"]

SOURCE = "source"
LABELS = "labels"


def plan(n_images: int, seed: int, quality: int = jpeg.DEFAULT_QUALITY) -> list[Item]:
    """Say what each file of a corpus is.

    Parameters
    ----------
    n_images : number of pictures, each with a TIFF of its own; at least 40, so that each leaf
        has one. About a hundred further files lie around 1,600 of them.
    seed : non-negative.
    quality : of the JPEGs that match by md5: that of `images_flat`.

    Returns
    -------
    list of Item
        The same for the same arguments.
    """
    if n_images < 40:
        raise ValueError(f"expected at least 40 images, received {n_images}; ask for more")
    rng = np.random.default_rng([seed, 0])
    items = [
        _picture(rng, index, seed, quality, category, leaf)
        for index, (category, leaf) in enumerate(_leaves(rng, n_images))
    ]
    items = [replace(item, files=_files(rng, item)) for item in items]
    items += _strays(rng, n_images, seed, quality)
    return labels.add(rng, items, LABELS)


def _leaves(rng: np.random.Generator, n: int) -> list[tuple[str, str]]:
    """Share n pictures out among the leaves, at least one each, in random order."""
    names, shares = [], []
    for category, share in category_shares().items():
        for leaf in LEAVES[category]:
            names.append((category, leaf))
            shares.append(share / len(LEAVES[category]))
    exact = np.array(shares) * n
    counts = np.maximum(1, np.floor(exact)).astype(int)
    for k in np.argsort(counts - exact, kind="stable"):
        if counts.sum() < n:
            counts[k] += 1
    while counts.sum() > n:
        counts[np.argmax(counts)] -= 1
    while counts.sum() < n:
        counts[np.argmax(exact - counts)] += 1
    listed = [name for name, count in zip(names, counts, strict=True) for _ in range(count)]
    return [listed[int(k)] for k in rng.permutation(n)]


def _pick(rng: np.random.Generator, shares: Mapping[Any, float]) -> Any:
    """Draw a key by its share."""
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _picture(
    rng: np.random.Generator, index: int, seed: int, quality: int, category: str, leaf: str
) -> Item:
    """Choose what a picture shows, without its files."""
    layout, shape = _pick(rng, LAYOUT_SHARES), _pick(rng, SIZE_SHARES)
    value, unit = SCALES[int(rng.choice(len(SCALES), p=scale_shares(category)))]
    low, high = bar_range("zeiss_white" if layout == "empty" else layout, shape[1])
    nm_per_px = value * NM[unit] / float(np.exp(rng.uniform(np.log(low), np.log(high))))
    vendor, factor = _vendor(rng, layout)
    kind = "picture" if layout == "empty" or rng.random() > 0.006 else "illegible"
    item = Item(
        index,
        seed,
        kind,
        category,
        leaf,
        layout,
        value,
        unit,
        nm_per_px,
        shape,
        _pick(rng, tiffs.FORMS),
        vendor,
        nm_per_px * factor if vendor else 0.0,
        quality,
    )
    return replace(item, form="plain") if vendor and item.form == "pages" else item


_MAKERS = {"zeiss": "Zeiss", "fei": "FEI", "jeol": "JEOL", "hitachi": "Hitachi"}


def _vendor(rng: np.random.Generator, layout: str) -> tuple[str, float]:
    """Return who wrote the pixel size, if anybody, and the factor by which it is off."""
    maker = layout.split("_")[0]
    vendor = (_MAKERS | {"tescan": "TESCAN", "phenom": "Phenom"}).get(maker, "")
    if not vendor or rng.random() > 0.6:
        return "", 1.0
    return vendor, 2.0 if rng.random() < 0.03 else 1.0  # 2: the picture was enlarged since


def _files(rng: np.random.Generator, item: Item) -> tuple[File, ...]:
    """Choose the files of a picture."""
    place, name = mess.folder(rng), mess.file_name(rng, item.index)
    base = f"{SOURCE}/{place}/{name}"
    ending = mess.suffix(rng)
    files = [File(base + ending, "main")]
    if item.vendor in ("JEOL", "Hitachi"):
        files.append(File(base + ".txt", "sidecar"))
    elif item.vendor == "TESCAN" and rng.random() < 0.4:
        files.append(File(base + ".hdr", "sidecar"))
    if rng.random() < 0.40:  # beside the TIFF or elsewhere, in somebody's favorite quality
        quality = int(rng.choice([item.quality, 95, 92, 90, 85, 75, 60]))
        kind = str(rng.choice(["jpeg", "jpeg", "jpeg", "progressive", "tagged"]))
        at = base if rng.random() < 0.6 else f"{SOURCE}/{mess.folder(rng)}/{name}"
        files.append(File(at + str(rng.choice([".jpg", ".JPG", ".jpeg"])), f"{kind}:{quality}"))
    if rng.random() < 0.045:
        for copy in range(1 + int(rng.random() < 0.2)):
            other = f"{SOURCE}/{mess.folder(rng)}/copy{copy} of {name}{ending}"
            files.append(File(other, "main"))
    if rng.random() < 0.025:
        files.append(File(f"{SOURCE}/{mess.folder(rng)}/{name} bis.tif", "metadata"))
    if rng.random() < 0.02:
        kind = str(rng.choice(["pixels", "brightness", "rescaled", "recompressed"]))
        files.append(File(f"{SOURCE}/{mess.folder(rng)}/{name}_2.tif", f"near:{kind}"))
    return tuple(files)


# what lies about besides: form, name's end, how many in 1,600 images
_STRAYS: tuple[tuple[str, str, float], ...] = (
    ("pdf", ".pdf", 6),
    ("bmp", ".bmp", 6),
    ("dm3", ".dm3", 2),
    ("djvu", ".djvu", 1),
    ("text", ".txt", 3),
    ("thumbs", ".db", 2),
    ("broken:empty", ".tif", 3),
    ("broken:truncated", ".tif", 8),
    ("broken:header", ".tif", 2),
    ("broken:garbage", ".tif", 4),
    ("broken:huge", ".tif", 1),
    ("lying", ".tif", 3),
    ("jpeg_only", ".jpg", 9),
)


def _strays(rng: np.random.Generator, n_images: int, seed: int, quality: int) -> list[Item]:
    """Choose the items that have no sound TIFF."""
    items: list[Item] = []
    leaves = _leaves(rng, max(40, n_images // 10))
    for form, ending, often in _STRAYS:
        for _ in range(max(1, round(often * n_images / 1600))):
            index = n_images + len(items)
            category, leaf = leaves[len(items) % len(leaves)]
            name = f"{SOURCE}/{mess.folder(rng)}/{mess.file_name(rng, index)}{ending}"
            made = f"jpeg:{quality}" if form in ("jpeg_only", "lying") else form
            kind = "jpeg_only" if form == "jpeg_only" else "stray"
            items.append(
                Item(
                    index,
                    seed,
                    kind,
                    category,
                    leaf,
                    "zeiss_white",
                    1.0,
                    "um",
                    20.0,
                    (480, 640),
                    "plain",
                    quality=quality,
                    files=(File(name, made),),
                )
            )
    return items


def pixels(item: Item) -> NDArray[np.uint8]:
    """Draw the picture of an item, with its data bar."""
    rng = np.random.default_rng([item.seed, 1, item.index])
    gray = draw(item.category, item.leaf, rng, item.shape)
    if item.layout == "empty":
        return wear.without(gray, rng)
    image, truth = draw_databar(gray, item.layout, item.value, item.unit, item.nm_per_px, rng)
    return wear.wash_out(image, truth.value_box, rng) if item.kind == "illegible" else image


def render(item: Item) -> list[tuple[bytes, bytes]]:
    """Make the files of an item.

    Returns
    -------
    list of (path, content)
        Paths below the corpus as bytes, with "/"; as many and in the order of `item.files`.
    """
    image = pixels(item)
    rng = np.random.default_rng([item.seed, 2, item.index])
    tags = tiffs.vendor_tags(item.vendor, item.vendor_nm_per_px, (image.shape[0], image.shape[1]))
    if any(file.path.endswith(".hdr") for file in item.files):
        tags = []
    main = tiffs.tiff(image, item.form, rng, tags)
    gray = decode(main).gray if item.form == "deep" else image
    return [
        (os.fsencode(file.path), _content(item, file.form, main, gray, rng)) for file in item.files
    ]


def _content(
    item: Item, form: str, main: bytes, gray: NDArray[np.uint8], rng: np.random.Generator
) -> bytes:
    """Make the bytes of one file."""
    kind, _, how = form.partition(":")
    if kind == "main":
        return main
    if kind == "metadata":  # the same pixels; what is said about them differs
        return tiffs.tiff(gray, "lzw" if item.form == "plain" else "plain", rng)
    if kind == "near":
        return tiffs.tiff(mess.near(gray, how, rng), "plain", rng)
    if kind in ("jpeg", "progressive", "tagged", "shrunk"):
        return _jpeg(gray, kind, int(how), rng)
    if kind == "broken":
        return mess.broken(how, main, rng)
    if kind == "sidecar":
        return _sidecar(item, rng)
    foreign: dict[str, Callable[[], bytes]] = {
        "bmp": lambda: mess.bmp(gray),
        "dm3": lambda: mess.dm3(gray),
        "djvu": lambda: mess.djvu(item.shape),
        "pdf": lambda: mess.pdf(jpeg.encode(gray), (gray.shape[0], gray.shape[1])),
        "text": lambda: b"Lista dei campioni\r\n",
        "thumbs": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    }
    return foreign[kind]()


def _jpeg(gray: NDArray[np.uint8], kind: str, quality: int, rng: np.random.Generator) -> bytes:
    """Write a JPEG: by the encoder of images_flat, another setting, with a comment, or smaller."""
    if kind == "tagged":
        return mess.tagged_jpeg(jpeg.encode(gray, quality))
    if kind == "progressive":
        return labels.progressive(gray, quality)
    if kind == "shrunk":
        return jpeg.encode(mess.near(gray, "rescaled", rng), quality)
    return jpeg.encode(gray, quality)


def _sidecar(item: Item, rng: np.random.Generator) -> bytes:
    """Write what the instrument's software puts beside a picture."""
    if item.vendor == "JEOL":
        bar_px = Scale(item.value, item.unit, item.vendor_nm_per_px).bar_px
        return tiffs.jeol_text(item.value, item.unit, bar_px)
    if item.vendor == "Hitachi":
        return tiffs.hitachi_text(item.vendor_nm_per_px, bool(rng.random() < 0.3))
    return tiffs.hdr(item.vendor_nm_per_px)
