"""Measure the Spark stages on a standalone cluster of one machine, or print a model of larger ones.

    python benchmarks/scaling.py [--images 200] [--corpus DIR] [--size 299]
    python benchmarks/scaling.py --model [--driver-gb 64] [--cores 16]

The first draws N pictures, starts a master and two workers of one core each on loopback, and runs
inventory, images_flat, scale and features through spark-submit with one executor and with two. It
prints images a second (of the stage, without the start of its session), and from the event logs
where the seconds of the tasks went. The driver and the daemons share the machine's cores with the
executors. The second computes what `benchmarks/scaling_model.py` says.
"""

import argparse
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import cv2
import scaling_model

from sempark import stage_costs, submit
from sempark.synthetic import corpus

JOBS = ("inventory", "images_flat", "scale", "features")
PARTS = ("python_code", "python_start", "scheduling", "serialization", "gc", "shuffle", "rest")
START_SECONDS = 120


def draw(root: Path, n_images: int) -> None:
    """Write the pictures, one TIFF each; nothing where they are already."""
    if root.exists():
        return
    items = [item for item in corpus.plan(n_images, 1) if item.kind in ("picture", "illegible")]
    (root / "part").mkdir(parents=True)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), cv2.setNumThreads, (1,)) as pool:
        pool.starmap(write, [(root / "part", item) for item in items[:n_images]])


def write(folder: Path, item: corpus.Item) -> None:
    (folder / f"{item.index:06}.tif").write_bytes(corpus.render(item)[0][1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def daemon(root: Path, name: str, *arguments: str) -> Iterator[None]:
    """A daemon of Spark while the block runs."""
    command = [str(Path(sys.executable).parent / "spark-class"), *arguments]
    with (root / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=submit.environment(), start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@contextmanager
def cluster(root: Path) -> Iterator[str]:
    """A master and two workers of one core; gives the master's address."""
    port, page, package = free_port(), free_port(), "org.apache.spark.deploy"
    master, local = f"spark://127.0.0.1:{port}", ("--host", "127.0.0.1")
    ports = ("--port", str(port), "--webui-port", str(page))
    worker = (f"{package}.worker.Worker", *local, "--cores", "1", "--memory", "3g")
    with (
        daemon(root, "master", f"{package}.master.Master", *local, *ports),
        daemon(root, "one", *worker, "--work-dir", str(root / "one"), master),
        daemon(root, "two", *worker, "--work-dir", str(root / "two"), master),
    ):
        wait_for(f"http://127.0.0.1:{page}/json/")
        yield master


def wait_for(page: str) -> None:
    """Until both workers have reported."""
    for _ in range(START_SECONDS):
        time.sleep(1)
        try:
            with urlopen(page) as answer:
                if json.load(answer)["aliveworkers"] == 2:
                    return
        except OSError:
            continue  # the master is not up yet
    raise SystemExit(f"no two workers after {START_SECONDS} s: see the logs")


def run(name: str, store: Path, source: Path, size: int, options: list[str]) -> float:
    """One job through spark-submit; seconds from command to end."""
    sets = [f"input.source={source}", f"store.path={store}", "features.checkpoint_ft=random:2"]
    sets += [f"features.input_size={size}"]
    command = [sys.executable, "-m", "sempark.submit", name]
    command += [word for one in sets for word in ("--set", one)] + ["--", *options]
    start = time.perf_counter()
    done = subprocess.run(command, env=submit.environment(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name} ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


def manifest(store: Path, name: str) -> dict:
    (found,) = (store / name).glob("*/manifest.json")
    return json.loads(found.read_text())


def measured(root: Path, source: Path, size: int, n_images: int) -> None:
    """Run the jobs with one executor, then with two, and print a line each."""
    print(f"{'stage':<12}{'executors':>10}{'command':>9}{'stage s':>9}{'images/s':>10}   ", end="")
    print("task seconds: " + ", ".join(PARTS))
    with cluster(root) as master:
        for n in (1, 2):
            store, known = root / f"store-{n}", set()
            options = ["--master", master, "--conf", f"spark.cores.max={n}"]
            options += ["--conf", "spark.executor.cores=1", "--conf", "spark.driver.host=127.0.0.1"]
            for name in JOBS:
                seconds = run(name, store, source, size, options)
                (log,) = set((store / "events").glob("eventlog_v2_*")) - known
                known.add(log)
                of_stage = manifest(store, name)["seconds"]
                line(name, n, seconds, of_stage, n_images, stage_costs.read(log))


def line(
    name: str, n: int, seconds: float, of_stage: float, n_images: int, found: stage_costs.Run
) -> None:
    cost = found.total
    parts = [getattr(cost, part) for part in PARTS]
    print(
        f"{name:<12}{n:>10}{seconds:>8.1f}s{of_stage:>9.1f}{n_images / of_stage:>10.1f}   "
        f"{cost.slots:.1f}: " + ", ".join(f"{part:.2f}" for part in parts)
    )
    print(
        f"{'':<12}{cost.tasks} tasks, {cost.failed} failed; bytes an image read "
        f"{cost.read_bytes / n_images:,.0f}, written {cost.written_bytes / n_images:,.0f}, "
        f"shuffled {cost.shuffled_bytes / n_images:,.0f}; core seconds an image "
        f"{cost.slots / n_images:.4f}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--corpus", type=Path, help="where the pictures are drawn and kept")
    parser.add_argument("--size", type=int, default=299, help="pixels of a network's input")
    parser.add_argument("--model", action="store_true", help="print the model, measure nothing")
    parser.add_argument("--driver-gb", type=float, default=64)
    parser.add_argument("--cores", type=int, default=16, help="of a node, and of the driver")
    arguments = parser.parse_args()
    if arguments.model:
        for text in scaling_model.lines(arguments.cores, arguments.driver_gb * 1e9):
            print(text)
        return 0
    with tempfile.TemporaryDirectory(prefix="scaling-") as scratch:
        source = arguments.corpus or Path(scratch) / "corpus"
        draw(source, arguments.images)
        n_images = sum(1 for path in source.rglob("*.tif"))
        n_mb = sum(path.stat().st_size for path in source.rglob("*.tif")) / 1e6
        print(f"{n_images} images, {n_mb:.0f} MB; networks at {arguments.size} px, two checkpoints")
        measured(Path(scratch), source, arguments.size, n_images)
    return 0


if __name__ == "__main__":
    sys.exit(main())
