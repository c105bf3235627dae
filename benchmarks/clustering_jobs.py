"""The clustering and scores jobs at full size, from tables to tables.

    python benchmarks/clustering_jobs.py [--n 52682] [--spaces 4] [--folder FOLDER]

Draws vectors with ten categories, a file a space (10 to 18 dimensions, overlapping hills), takes
them in as ``[spaces.NAME]``, and runs the jobs one by one through ./spark-submit.sh. Printed a job:
seconds from command to end, seconds of the work alone as its manifest has them, and the largest
memory of the driver's Python and of its JVM, sampled four times a second.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from sempark.tables import TABLES

ROOT = Path(__file__).resolve().parent.parent
TIMED = ("densities", "merges", "partitions", "scores")
WIDTHS = (10, 13, 18, 18)


def draw(n, d, rng, labels):
    """Ten categories of several overlapping hills each."""
    hill = labels * 4 + rng.integers(0, 4, n)
    centers = np.repeat(rng.normal(size=(10, d)) * 2, 4, axis=0) + rng.normal(size=(40, d))
    width = rng.uniform(0.4, 1.2, (40, d))
    return centers[hill] + width[hill] * rng.normal(size=(n, d))


def prepare(folder, n, n_spaces):
    """Write vectors, labels (a third unknown) and the settings; returns the settings' path."""
    rng = np.random.default_rng(2018)
    labels = rng.choice(10, n, p=rng.dirichlet(np.full(10, 3.0)))
    np.save(folder / "labels.npy", np.where(rng.random(n) < 2 / 3, labels, -1))
    text = (
        '[input]\nsource = []\n[finetune]\ncheckpoint = "random:1"\n[dimension]\nsizes = [2000]\n'
    )
    text += f'[grid]\nenabled = false\n[store]\npath = "{folder / "store"}"\n'
    for i in range(n_spaces):
        np.save(folder / f"{i}.npy", draw(n, WIDTHS[i % len(WIDTHS)], rng, labels))
        text += f'[spaces.drawn-{i}]\npath = "{folder / f"{i}.npy"}"\n'
        text += f'labels = "{folder / "labels.npy"}"\n'
    (folder / "jobs.toml").write_text(text)
    return folder / "jobs.toml"


def run(job, settings):
    """Run a job; seconds, peak GB of Python and of Java below it."""
    start, peak = time.monotonic(), {"python": 0.0, "java": 0.0}
    command = [str(ROOT / "spark-submit.sh"), job, str(settings)]
    process = subprocess.Popen(command, start_new_session=True)
    while process.poll() is None:
        for name, gb in resident(process.pid).items():
            peak[name] = max(peak[name], gb)
        time.sleep(0.25)
    if process.returncode:
        raise SystemExit(f"{job} ended with code {process.returncode}")
    return time.monotonic() - start, peak


def resident(leader):
    """GB in memory of the processes started below one, Python's and Java's each in sum."""
    parents, found = {}, {"python": 0.0, "java": 0.0}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(stat[1])
        except OSError:  # ended meanwhile
            continue
    for pid in parents:
        at = pid
        while at in parents and at != leader:
            at = parents[at]
        if at == leader:
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                name = Path(f"/proc/{pid}/exe").readlink().name
            except OSError:
                continue
            kind = "java" if "java" in name else "python" if "python" in name else ""
            if kind:
                found[kind] += pages * os.sysconf("SC_PAGE_SIZE") / 1e9
    return found


def seconds_of(folder, table):
    """Seconds of the work in the newest manifest of a table."""
    manifests = sorted((folder / "store" / table).glob("*/manifest.json"))
    return json.loads(manifests[-1].read_text())["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=52_682)
    parser.add_argument("--spaces", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="kept; else a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        folder.mkdir(exist_ok=True)
        settings = prepare(folder.resolve(), arguments.n, arguments.spaces)
        for name in list(TABLES)[: list(TABLES).index(TIMED[0])]:
            run("finetune" if name == "finetuned" else name, settings)
        print(f"{arguments.n:,} points, {arguments.spaces} spaces, {os.cpu_count()} cores, load "
              f"{os.getloadavg()[0]:.1f} (this benchmark's own jobs included)")  # fmt: skip
        print("| job | seconds | of them work | Python, GB | Java, GB |\n|---|---|---|---|---|")
        total = 0.0
        for job in TIMED:
            seconds, peak = run(job, settings)
            total += seconds
            print(f"| {job} | {seconds:.1f} | {seconds_of(folder, job):.1f} | "
                  f"{peak['python']:.2f} | {peak['java']:.2f} |", flush=True)  # fmt: skip
        print(f"| all | {total:.1f} | | | |")


if __name__ == "__main__":
    main()
