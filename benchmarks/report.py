"""Size and speed of the report's browser at the size of the thesis' subset.

In: nothing; 52,682 drawn thumbnails, random neighbors and real merge lists of random points. Out:
a table: files and bytes by kind, the largest file, seconds to write them, milliseconds until
Chromium shows the first view (its own clock, from opening to all elements placed), and thumbnails
a second on one core. Nothing here needs Spark: it is what the stage calls that is measured.

    python benchmarks/report.py [--images 52682] [--keep FOLDER]
"""

import argparse
import io
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from sempark.clustering.linkage import linkage
from sempark.figures import browser_data, page, sheets
from sempark.figures.style import METHOD_NAMES
from sempark.figures.tree_order import Node, Order, ordered
from sempark.tables import CATEGORIES

SPACES = [f"1u-2u_{name}" for name in ("1001ft", "1001in", "2048ft", "2048in")]
CODED = [f"{name}_{d}" for name, d in zip(SPACES, (10, 18, 13, 18), strict=True)]
METHODS = ("single", "ward")
PX, PER_SHEET, SUBCATEGORIES, N_NEAR = 160, 48, 20, 8


def picture(rng: np.random.Generator, width: int = 1024, height: int = 768) -> bytes:
    """A JPEG with the texture of a micrograph."""
    coarse = Image.fromarray(rng.integers(40, 220, (24, 32)).astype(np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float64)
    noisy = smooth + rng.normal(0, 12, smooth.shape)
    out = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=95)
    return out.getvalue()


def tree(n: int) -> Order:
    """Ten categories of twenty sub-categories."""
    md5s = [f"{i * 2654435761 % (1 << 128):032x}" for i in range(n)]
    nodes = []
    for c, category in enumerate(CATEGORIES):
        inside = md5s[c :: len(CATEGORIES)]
        nodes.append(Node(category, "", category, category, 0, inside, {}, inside[0], inside[:9]))
        for s in range(SUBCATEGORIES):
            part = inside[s::SUBCATEGORIES]
            id = f"{category}/{s}"
            nodes.append(Node(id, category, category, id, 1, part, {}, part[0], part[:9]))
    return ordered(nodes, md5s)


def files(order: Order, rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Everything the browser reads, pictures apart."""
    n = len(order.md5s)
    words = {
        "category": list(CATEGORIES),
        "by": ["label", "prediction"],
        "scale": ["1 µm", "2 µm"],
        "scale_status": ["ok"],
    }
    columns = {
        "md5": order.md5s,
        "category": [CATEGORIES[i * 10 // n] for i in range(n)],
        "by": ["label" if i % 7 == 0 else "prediction" for i in range(n)],
        "scale": [f"{1 + i % 2} µm" for i in range(n)],
        "scale_status": ["ok"] * n,
        "width": [1024] * n,
        "height": [768] * n,
        "nm_per_px": [9.765 + i % 5 for i in range(n)],
        "databar": [[0, 700, 1024, 768]] * n,
        "text": ["1 um"] * n,
        "confidence": [0.97] * n,
        "paths": [[f"/data/some user/session {i % 900}/image {i}.tif"] for i in range(n)],
    }
    near = [(rng.integers(0, n, (n, N_NEAR)), rng.random((n, N_NEAR))) for _ in SPACES + CODED]
    clusterings = []
    points = rng.normal(size=(n, 10)) + 4 * rng.normal(size=(40, 10))[rng.integers(0, 40, n)]
    hierarchies = {method: linkage(points, method) for method in METHODS}
    for space, name in enumerate(CODED):
        yield browser_data.script(f"space-{space}", list(range(n)))
        for method, merges in hierarchies.items():
            number = len(clusterings)
            yield from browser_data.merges(number, merges.children, merges.heights)
            clusterings.append(
                {"space": name, "method": method, "points": space, "n": n, "file": number,
                 "parts": browser_data.n_parts(n), "nmi": [[1, n], [0.0, 0.5]]}
            )  # fmt: skip
    yield browser_data.tree(order)
    yield from browser_data.index(columns, words)
    yield from browser_data.details(columns, near)
    yield from browser_data.paths(columns["paths"])
    yield browser_data.script(
        "run",
        {
            "title": "Benchmark", "n": n, "words": words, "statusNames": {}, "failed": 0,
            "methodNames": METHOD_NAMES, "clusterings": clusterings, "paths": True,
            "spaces": [{"name": name, "untrained": False} for name in SPACES + CODED],
            "sheet": {"px": PX, "images": PER_SHEET, "columns": sheets.columns_of(PER_SHEET)},
            "chunks": {"index": browser_data.INDEX_ROWS, "detail": browser_data.DETAIL_ROWS,
                       "paths": browser_data.PATH_ROWS, "failed": browser_data.FAILED_ROWS},
        },
    )  # fmt: skip


def sheet_files(
    n: int, tiles: list[bytes], rng: np.random.Generator
) -> Iterator[tuple[str, bytes]]:
    """Contact sheets of n thumbnails, from a few hundred drawn ones in changing order."""
    columns = sheets.columns_of(PER_SHEET)
    for number, start in enumerate(range(0, n, PER_SHEET)):
        chosen = rng.integers(0, len(tiles), min(PER_SHEET, n - start))
        yield f"sheets/{number:04d}.jpg", sheets.sheet([tiles[i] for i in chosen], columns, PX)


def write(folder: Path, made: Iterator[tuple[str, bytes]]) -> float:
    """Write files; seconds."""
    start = time.perf_counter()
    for path, content in made:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return time.perf_counter() - start


def first_view(folder: Path) -> list[int]:
    """Milliseconds until the first view, three times; empty without Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return []
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--timeout=60000",
               "--dump-dom", (folder / "browse.html").as_uri()]  # fmt: skip
    times = []
    for _ in range(3):
        dom = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        found = re.search(r'data-ready="(\d+)"', dom)
        times.append(int(found.group(1)) if found else -1)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=52_682)
    parser.add_argument("--keep", type=Path, default=None, help="folder to write to and leave")
    given = parser.parse_args()
    rng = np.random.default_rng(2018)
    jpegs = [picture(rng) for _ in range(200)]
    start = time.perf_counter()
    tiles = [sheets.thumbnail(jpeg, PX, (0, 700, 1024, 768)) for jpeg in jpegs]
    per_thumbnail = (time.perf_counter() - start) / len(jpegs)
    start = time.perf_counter()
    sizes = [len(sheets.picture(jpeg, 640)) for jpeg in jpegs]
    per_picture = (time.perf_counter() - start) / len(jpegs)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        data_seconds = write(folder, files(tree(given.images), rng))
        sheet_seconds = write(folder, sheet_files(given.images, tiles, rng))
        write(folder, page.assets())
        write(folder, iter([("browse.html", page.browse("Benchmark"))]))
        print(f"{given.images:,} images, {len(SPACES + CODED)} spaces, "
              f"{len(CODED) * len(METHODS)} merge lists")  # fmt: skip
        for kind, seconds in (("data", data_seconds), ("sheets", sheet_seconds)):
            each = [path.stat().st_size for path in (folder / kind).iterdir()]
            print(f"{kind:8} {len(each):6,} files {sum(each) / 1e6:8.1f} MB  largest "
                  f"{max(each) / 1e6:5.2f} MB  {seconds:6.1f} s")  # fmt: skip
        print(f"pictures {given.images:6,} files {np.mean(sizes) * given.images / 1e6:8.1f} MB  "
              "(estimated from 200)")  # fmt: skip
        first = ["run", "tree"] + [f"index-{i}" for i in range(-(-given.images // 40_000))]
        read = sum((folder / "data" / f"{name}.js").stat().st_size for name in first)
        print(f"first view reads {read / 1e6:.2f} MB of data; ms until shown: {first_view(folder)}")
        print(f"one core: {1 / per_thumbnail:.0f} thumbnails/s, {1 / per_picture:.0f} pictures/s")


if __name__ == "__main__":
    main()
