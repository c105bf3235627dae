"""Time inventory beside md5sum and images_flat beside a plain multiprocessing loop.

    python benchmarks/ingest.py [--images 3000] [--cores 2] [--seed 1] [--slope]

Draws N TIFFs of 1024 x 768 (noise of a few kinds: the pixels matter little to the time), then, in
one run and by turns: the job inventory and `md5sum` with as many processes; the job images_flat and
a multiprocessing loop of the same reading, hashing, decoding and JPEG encoding, that keeps the
JPEGs nowhere, and one that writes them to files; a second run with 1 % new files, and how many
files it opened. A job's time is all of it: listing, table, digest of the table. The session's and
the workers' start are shown apart. --slope adds ten times as many files for the inventory (hard
links to the same bytes under other names).
"""

import argparse
import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from pyspark.sql import DataFrame, SparkSession

from jobs import images_flat, inventory
from sempark import job
from sempark.config import load
from sempark.imaging import hashes, jpeg
from sempark.imaging.decode import decode
from sempark.stages import images_flat as stages_images_flat
from sempark.store import Store


def draw(folder: Path, n_images: int, seed: int) -> None:
    """Pictures of different contents; a note keeps equal pixels from being equal files."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 12, (768 + 64, 1024 + 64))
    for number in range(n_images):
        y, x = rng.integers(0, 64, 2)
        coarse = cv2.resize(
            rng.normal(120, 50, (12, 16)), (1024, 768), interpolation=cv2.INTER_CUBIC
        )
        gray = np.clip(coarse + noise[y : y + 768, x : x + 1024], 0, 255).astype(np.uint8)
        tifffile.imwrite(folder / f"{number:06}.tif", gray, description=f"{seed} {number}")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def md5sum(folder: Path, cores: int) -> None:
    command = f"find {folder} -type f -print0 | xargs -0 -P {cores} -n 100 md5sum"
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


def loop_row(path: str, folder: Path | None = None) -> tuple[str, int]:
    """The work of images_flat on one file without Spark; the JPEG goes to the folder, if any."""
    data = Path(path).read_bytes()
    md5 = hashlib.md5(data).hexdigest()
    gray = decode(data).gray
    content = jpeg.encode(gray)
    hashlib.md5(content).hexdigest()
    hashes.pixel_hash(gray)
    hashes.perceptual_hash(gray)
    if folder is not None:
        (folder / f"{md5}.jpg").write_bytes(content)
    return md5, len(content)


def loop(folder: Path, cores: int, target: Path | None = None) -> float:
    """Seconds of the loop, its processes started and warm before."""
    if target is not None:
        target.mkdir()
    paths = list(map(str, sorted(folder.iterdir())))
    # spawned: OpenCV has run in this process, and hangs in a fork of it
    with multiprocessing.get_context("spawn").Pool(cores, cv2.setNumThreads, (1,)) as pool:
        pool.map(loop_row, paths[: 4 * cores], 1)
        work = partial(loop_row, folder=target)
        return timed(lambda: list(pool.imap_unordered(work, paths, 16)))[0]


def context(spark: SparkSession, source: Path, store: Path) -> job.Context:
    config = load(None, [f"input.source={source}", f"store.path={store}"])
    return job.Context(config, Store(spark, str(store)), spark)


def make(context: job.Context, stage: job.Stage) -> None:
    inventory.listing.cache_clear()
    job.make(context, stage)


def opened(context: job.Context) -> int:
    """Contents that the job images_flat would decode now."""
    settings = context.config
    chosen = stages_images_flat.contents(
        context.read("inventory"), settings.input.source, settings.input.formats, settings.run
    )
    return stages_images_flat.fresh(chosen, context.previous("images_flat")).count()


def warm(spark: SparkSession) -> None:
    """Start the Python workers and load what they need."""

    def work(batches: Any) -> Any:
        stages_images_flat.cv2.setNumThreads(1)
        yield from batches

    frame: DataFrame = spark.range(1000).repartition(8)
    frame.mapInArrow(work, "id long").count()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slope", action="store_true")
    arguments = parser.parse_args()
    n, cores = arguments.images, arguments.cores
    with tempfile.TemporaryDirectory(prefix="ingest-") as scratch:
        root = Path(scratch)
        folder = root / "images"
        seconds, _ = timed(lambda: draw(folder, n, arguments.seed))
        n_mb = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        print(f"{n} images, {n_mb:.0f} MB, drawn in {seconds:.1f} s; {cores} cores")
        settings = load(None, [f"spark.master=local[{cores},4]"])
        # as ./spark-submit.sh starts it: memory, partitions
        conf = Path(__file__).parent.parent / "conf" / "spark-local.conf"
        os.environ["PYSPARK_SUBMIT_ARGS"] = f"--properties-file {conf} pyspark-shell"
        start, spark = timed(lambda: job.session(settings))
        workers, _ = timed(lambda: warm(spark))
        print(f"session {start:.1f} s, workers {workers:.1f} s")
        report(folder, root, spark, (n, n_mb, cores))
        if arguments.slope:
            slope(folder, root, spark, (n, n_mb, cores))
        spark.stop()
    return 0


def report(folder: Path, root: Path, spark: SparkSession, size: tuple[int, float, int]) -> None:
    n, n_mb, cores = size
    ours = context(spark, folder, root / "store")
    first, _ = timed(lambda: md5sum(folder, cores))
    listed, _ = timed(lambda: make(ours, inventory.STAGE))
    second, _ = timed(lambda: md5sum(folder, cores))
    line("md5sum", min(first, second), n, n_mb)
    line("inventory", listed, n, n_mb, min(first, second))
    first = loop(folder, cores)
    whole, _ = timed(lambda: make(ours, images_flat.STAGE))
    second = loop(folder, cores)
    written = loop(folder, cores, root / "jpegs")
    line("plain loop", min(first, second), n, n_mb)
    line("plain loop, to files", written, n, n_mb, min(first, second))
    line("images_flat", whole, n, n_mb, min(first, second))
    shutil.rmtree(root / "jpegs")
    draw(root / "new", max(1, n // 100), 12345)
    for path in (root / "new").iterdir():
        path.rename(folder / f"new-{path.name}")
    again, _ = timed(lambda: make(ours, inventory.STAGE))
    line("inventory, 1 % new", again, n, n_mb, listed)
    print(f"{opened(ours)} contents to be decoded")
    again, _ = timed(lambda: make(ours, images_flat.STAGE))
    line("images_flat, 1 % new", again, n, n_mb, whole)


def slope(folder: Path, root: Path, spark: SparkSession, size: tuple[int, float, int]) -> None:
    """Ten times as many names for the same bytes: the seconds that each further file costs."""
    n, _, cores = size
    many = root / "many"
    for copy in range(10):
        (many / str(copy)).mkdir(parents=True)
        for path in folder.iterdir():
            os.link(path, many / str(copy) / path.name)
    n_many = sum(1 for path in many.rglob("*") if path.is_file())
    rows = []
    for name, work in (
        ("md5sum", lambda place, _: md5sum(place, cores)),
        ("inventory", lambda place, run: make(context(spark, place, root / run), inventory.STAGE)),
    ):
        small, _ = timed(lambda work=work: work(folder, "few"))
        large, _ = timed(lambda work=work: work(many, "many-listed"))
        rows.append((name, (large - small) / (n_many - n)))
    for name, each in rows:
        print(
            f"{name + ', slope':<22} {each * 1000:8.2f} ms a further file  {each / rows[0][1]:.2f}"
        )
    shutil.rmtree(many)


def line(name: str, seconds: float, n: int, n_mb: float, beside: float | None = None) -> None:
    ratio = f"  {seconds / beside:5.2f} times" if beside else ""
    print(
        f"{name:<22} {seconds:8.1f} s {n / seconds:9.0f} files/s {n_mb / seconds:8.0f} MB/s{ratio}"
    )


if __name__ == "__main__":
    sys.exit(main())
