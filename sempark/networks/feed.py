"""Labelled images as a stream, shuffled, varied and batched in bounded memory.

A stream is a callable that starts anew each time and yields (images, labels) in pieces of any
size; at most one buffer of images, already resized, is held. What comes out depends on the stream
and the generator alone, so that an epoch can be repeated. Variation suits SEM images: a sample
has no up and no left (flips and quarter turns), brightness and contrast are the operator's
choice, and there is no hue.

Source: thesis, section 3.1.1 (the training of [2] and [3]).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from sempark.networks.preprocessing import Pixels, resize

Stream = Callable[[], Iterator[tuple[Sequence[Pixels], Sequence[int]]]]
Labels = npt.NDArray[np.int32]
_T = TypeVar("_T")


def shuffled(
    stream: Stream, size: int, rng: np.random.Generator, buffer_size: int
) -> Iterator[tuple[Pixels, int]]:
    """Yield (image resized to `size`, label) in random order, through a buffer.

    Each step takes a random image of the buffer and puts the next of the stream in its place;
    streams shorter than the buffer are shuffled whole.
    """
    held: list[tuple[Pixels, int]] = []
    for item in _single(stream, size):
        if len(held) < buffer_size:
            held.append(item)
            continue
        place = int(rng.integers(buffer_size))
        yield held[place]
        held[place] = item
    for place in rng.permutation(len(held)):
        yield held[place]


def training_batches(
    stream: Stream,
    size: int,
    batch_size: int,
    rng: np.random.Generator,
    buffer_size: int = 2048,
) -> Iterator[tuple[Pixels, Labels]]:
    """Yield shuffled batches, turned and flipped at random; an incomplete last one is dropped.

    Yields
    ------
    pixels : uint8 (batch_size, size, size, 3)
    labels : int32 (batch_size,)
    """
    pixels = np.empty((batch_size, size, size, 3), dtype=np.uint8)
    labels = np.empty(batch_size, dtype=np.int32)
    filled = 0
    for image, label in shuffled(stream, size, rng, buffer_size):
        pixels[filled] = _rgb(turn(image, int(rng.integers(8))))
        labels[filled] = label
        filled += 1
        if filled == batch_size:
            yield pixels.copy(), labels.copy()
            filled = 0


def ordered_batches(
    stream: Stream, size: int, batch_size: int
) -> Iterator[tuple[Pixels, Labels, int]]:
    """Yield batches in the stream's order; the last filled up with black, labelled 0.

    Yields
    ------
    pixels : uint8 (batch_size, size, size, 3)
    labels : int32 (batch_size,)
    n : int
        How many rows are real.
    """
    pixels = np.zeros((batch_size, size, size, 3), dtype=np.uint8)
    labels = np.zeros(batch_size, dtype=np.int32)
    filled = 0
    for image, label in _single(stream, size):
        pixels[filled], labels[filled] = _rgb(image), label
        filled += 1
        if filled == batch_size:
            yield pixels.copy(), labels.copy(), filled
            pixels[:], labels[:], filled = 0, 0, 0
    if filled:
        yield pixels, labels, filled


def turn(image: Pixels, which: int) -> Pixels:
    """One of the eight flips and quarter turns of a square image; 0 leaves it."""
    turned = np.rot90(image, which % 4)
    return turned[:, ::-1] if which >= 4 else turned


def ahead(items: Iterator[_T]) -> Iterator[_T]:
    """Prepare the next item in a thread while the current one is used; same order, same errors."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = pool.submit(next, items, None)
            yield item


def _single(stream: Stream, size: int) -> Iterator[tuple[Pixels, int]]:
    for images, labels in stream():
        for image, label in zip(images, labels, strict=True):
            yield resize(image, size), int(label)


def _rgb(image: Pixels) -> Pixels:
    return image[:, :, None] if image.ndim == 2 else image
