"""Searching and assigning at the size of the thesis' collection, without Spark and networks.

In: nothing; drawn vectors that look like the 2048 features (non-negative, some thirty directions,
200 groups, noise), ten categories of twenty nodes. Out: seconds to lay out and to open the folder
`search`, and per query: search (k = 10, over all images), placing (vote of the category's nearest),
share of vectors read in full; all queries are compared with an exhaustive search in float64. Then
the same queries as new images through the stage `assign`.

    python benchmarks/search.py [--images 150000] [--width 2048] [--queries 50] [--keep FOLDER]
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark.geometry import lookup
from sempark.retrieval import folder as search_folder
from sempark.retrieval import searching
from sempark.retrieval.records import COLUMNS
from sempark.stages import assign
from sempark.tables import CATEGORIES

GROUPS, LATENT = 200, 30
BLOCK = 10_000


def draw(n: int, d: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors and their group."""
    middles = 2.0 * rng.normal(size=(GROUPS, LATENT))
    mixing = rng.normal(size=(LATENT, d)).astype(np.float32) / np.sqrt(LATENT)
    group = rng.integers(0, GROUPS, n)
    X = np.empty((n, d), np.float32)
    for start in range(0, n, BLOCK):
        part = group[start : start + BLOCK]
        z = middles[part] + rng.normal(size=(len(part), LATENT))
        noise = 0.1 * rng.standard_normal((len(part), d), dtype=np.float32)
        X[start : start + BLOCK] = np.maximum(z.astype(np.float32) @ mixing + noise, 0)
    return X, group


def records(n: int, group: NDArray[np.int64]) -> pa.Table:
    """A record an image, as wide as the real ones."""
    md5 = [f"{i:032x}" for i in range(n)]
    category = [CATEGORIES[g % 10] for g in group]
    columns: dict[str, object] = {name: [None] * n for name in COLUMNS}
    columns |= {
        "md5": md5,
        "jpeg_md5": md5,
        "pixel_hash": md5,
        "width": [1024] * n,
        "height": [768] * n,
        "paths": [[f"/data/some user/session {i % 900}/image {i}.tif"] for i in range(n)],
        "scale_status": ["ok"] * n,
        "value": [1.0] * n,
        "unit": ["um"] * n,
        "nm_per_px": [9.765] * n,
        "category": category,
        "category_by": ["prediction"] * n,
        "confidence": [0.9] * n,
        "node": [f"{c}/{g // 10}" for c, g in zip(category, group, strict=True)],
        "names": [[c, str(g // 10)] for c, g in zip(category, group, strict=True)],
        "near_duplicates": [[]] * n,
    }
    return pa.table(columns)


def exhaustive(X: NDArray[np.float32], q: NDArray[np.float32], k: int) -> NDArray[np.float64]:
    """Distances of the k nearest, block by block in float64."""
    parts = [
        np.linalg.norm(X[start : start + BLOCK].astype(np.float64) - q, axis=1)
        for start in range(0, len(X), BLOCK)
    ]
    return np.sort(np.concatenate(parts))[:k]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=150_000)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    rng = np.random.default_rng(2018)
    X, group = draw(given.images, given.width, rng)
    new, of = draw(given.queries, given.width, np.random.default_rng(2018))
    new = np.maximum(new + 0.05 * rng.standard_normal(new.shape, dtype=np.float32), 0)
    rows = np.arange(given.images)
    layer = searching.Layer("2048ft", "ft", "features", rows, X)
    about = {"default": "2048ft", "categories": list(CATEGORIES), "min_probability": 0.5,
             "far_below": 0.01}  # fmt: skip
    space = searching.Space("2048ft", "ft", "features", rows, "2048ft")
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        start = time.perf_counter()
        for name, content in search_folder.files(
            about, records(given.images, group), [layer], [space]
        ):
            (folder / name).write_bytes(content)
        print(f"{given.images:,} x {given.width}: laid out in {time.perf_counter() - start:.1f} s, "
              f"{sum(p.stat().st_size for p in folder.iterdir()) / 1e9:.2f} GB")  # fmt: skip
        start = time.perf_counter()
        index = search_folder.opened(folder)
        print(f"opened in {time.perf_counter() - start:.2f} s")
        measure(index, X, new, of)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def measure(
    index: searching.Index, X: NDArray[np.float32], new: NDArray[np.float32], of: NDArray[np.int64]
) -> None:
    found, placed, known, wrong, right = [], [], [], 0, 0
    for q, group in zip(new, of, strict=True):
        start = time.perf_counter()
        hits = index.find("", q, 10)
        found.append(time.perf_counter() - start)
        expected = exhaustive(X, q, 10)
        wrong += not np.allclose([hit.distance for hit in hits], expected, rtol=1e-9)
        start = time.perf_counter()
        place = index.place(CATEGORIES[group % 10], 0.9, q, None)
        placed.append(time.perf_counter() - start)
        right += place.node == f"{CATEGORIES[group % 10]}/{group // 10}"
    for row in range(0, len(X), len(X) // len(new)):
        start = time.perf_counter()
        index.known(f"{row:032x}")
        known.append(time.perf_counter() - start)
    for what, seconds in (("search", found), ("place", placed), ("known?", known)):
        ms = 1e3 * np.array(seconds)
        print(f"{what:8} {np.median(ms):8.1f} ms median, {ms.max():8.1f} ms at most, n = {len(ms)}")
    print(
        f"lists that differ from the exhaustive search: {wrong}; placed in their own node: {right}"
    )
    logits = np.zeros((len(new), len(CATEGORIES)), np.float32)
    logits[np.arange(len(new)), of % 10] = 9.0
    md5s = [f"new {i}" for i in range(len(new))]
    images = [{"md5": m, "jpeg_md5": m, "pixel_hash": m, "status": "ok", "paths": []} for m in md5s]
    start = time.perf_counter()
    given = assign.Arrivals(md5s, {"features": new, "logits": logits})
    table = assign.build(images, given, index, None, lambda *_: None)
    each = 1e3 * (time.perf_counter() - start) / len(new)
    ok = table["status"].to_pylist().count("ok")
    print(f"assign   {each:8.1f} ms an image, {ok} of {len(new)} placed")
    read = [_read(X, index, q) for q in new[:10]]
    print(f"vectors read in full: {np.mean(read):.2%} of all, at most {max(read):.2%}")


def _read(X: NDArray[np.float32], index: searching.Index, q: NDArray[np.float32]) -> float:
    """Share of the vectors that one search looks at."""

    class Counted(np.ndarray):
        rows = 0

        def __getitem__(self, at):
            Counted.rows += len(at)
            return np.asarray(self)[at]

    lookup.nearest_to(X.view(Counted), index.lookups["2048ft"], q, 10)
    return Counted.rows / len(X)


if __name__ == "__main__":
    main()
