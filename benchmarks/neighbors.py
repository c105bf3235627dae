"""Exact neighbors beside their peers: 18 and 2048 columns, one process a measurement.

    python benchmarks/neighbors.py            # everything, minutes to tens of minutes
    python benchmarks/neighbors.py --quick    # a tenth of the points
    python benchmarks/neighbors.py --only 18 --k 3 --peers other/bin/python

`--peers` is another Python for peers that this one lacks (DADApy wants an older numpy).

Each line is a fresh process: it draws the data from seed 0, warms up on 1,000 points (compilation,
thread pools, calibration), then measures `--repeats` times and reports the fastest run, its CPU
seconds and the peak memory of the process beyond what it held before the search. Ways of one
comparison follow each other, round by round, so that a busy machine is busy for all of them.
Distances are compared with ours: "differs" counts rows whose k-th distance is off by over 1e-9
of it.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata, util

import numpy as np

SIZE, LARGE = 52_682, 146_916
EXACT64 = ("scipy cKDTree", "scikit-learn kd_tree", "DADApy")


def uniform(n, d, rng):
    return rng.random((n, d), dtype=np.float32)


def clustered(n, d, rng):
    """40 Gaussian clusters of deviation 0.05 about points of the unit cube."""
    centers = rng.random((40, d), dtype=np.float32)
    points = rng.standard_normal((n, d), dtype=np.float32)
    points *= np.float32(0.05)
    points += centers[rng.integers(0, 40, n)]
    return points


DATA = {"uniform": uniform, "clustered": clustered}


def sempark(X, k):
    from sempark.geometry.neighbors import nearest

    return nearest(X, k).distances


def faiss_flat(X, k):
    import faiss

    index = faiss.IndexFlatL2(X.shape[1])
    index.add(X)
    return np.sqrt(np.maximum(index.search(X, k + 1)[0][:, 1:], 0))


def scipy_tree(workers, leafsize=16):
    def search(X, k):
        from scipy.spatial import cKDTree

        X = X.astype(np.float64)
        return cKDTree(X, leafsize=leafsize).query(X, k + 1, workers=workers)[0][:, 1:]

    return search


def sklearn(n_jobs, algorithm="kd_tree"):
    def search(X, k):
        from sklearn.neighbors import NearestNeighbors

        X = X.astype(np.float64)
        model = NearestNeighbors(n_neighbors=k, algorithm=algorithm, n_jobs=n_jobs).fit(X)
        return model.kneighbors()[0]

    return search


def dadapy(n_jobs):
    def search(X, k):
        from dadapy import Data

        data = Data(X.astype(np.float64), maxk=k, n_jobs=n_jobs)
        data.compute_distances(maxk=k)
        return data.distances[:, 1:]

    return search


def skdim(X, k):
    """Its 2-NN dimension: the search of two neighbors inside is all but its whole time."""
    from skdim.id import TwoNN

    TwoNN().fit(X.astype(np.float64))


WAYS: dict[str, tuple[str, Callable]] = {
    "sempark": ("", sempark),
    "FAISS flat, all threads": ("faiss", faiss_flat),
    "scipy cKDTree, default": ("scipy", scipy_tree(1)),
    "scipy cKDTree, all workers": ("scipy", scipy_tree(-1)),
    "scipy cKDTree, all workers, leaf 64": ("scipy", scipy_tree(-1, 64)),
    "scikit-learn kd_tree, default": ("sklearn", sklearn(None)),
    "scikit-learn kd_tree, all jobs": ("sklearn", sklearn(-1)),
    "scikit-learn brute, all jobs": ("sklearn", sklearn(-1, "brute")),
    "DADApy, default": ("dadapy", dadapy(1)),
    "DADApy, all jobs": ("dadapy", dadapy(-1)),
    "scikit-dimension TwoNN (k = 2)": ("skdim", skdim),
}


def measure(way, kind, n, d, k, repeats):
    """Run in a process of its own: warm up, measure, print one JSON line."""
    X = DATA[kind](n, d, np.random.default_rng(0))
    search = WAYS[way][1]
    search(X[:1000], k)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best, cpu, distances = np.inf, np.inf, None
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        distances = search(X, k)
        best = min(best, time.perf_counter() - start)
        cpu = min(cpu, time.process_time() - start_cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    last = [] if distances is None else np.asarray(distances, np.float64)[:: max(1, n // 500), -1]
    print(
        json.dumps(
            {
                "seconds": best,
                "cpu": cpu,
                "peak": peak * 1024,
                "more": (peak - before) * 1024,
                "last": list(last),
            }
        )
    )


def compare(kind, n, d, k, ways, arguments):
    print(f"\n{kind}, {n:,} x {d}, k = {k}")
    print(
        f"  {'way':38s} {'seconds':>8s} {'CPU s':>8s} {'peak GB':>8s} {'search GB':>10s}  differs"
    )
    best: dict[str, dict] = {}
    for _ in range(arguments.rounds):
        for way in ways:
            here = not WAYS[way][0] or util.find_spec(WAYS[way][0])
            python = sys.executable if here else arguments.peers
            command = [python, __file__, "--measure", way, kind, str(n), str(d), str(k)]
            command += ["--repeats", str(arguments.repeats)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"  {way:38s} failed: {done.stderr.strip().splitlines()[-1:]}")
                continue
            run = json.loads(done.stdout.strip().splitlines()[-1])
            if way not in best or run["seconds"] < best[way]["seconds"]:
                best[way] = run
    ours = np.array(best["sempark"]["last"])
    for way, run in sorted(best.items(), key=lambda item: item[1]["seconds"]):
        last = np.array(run["last"])
        off = "-" if len(last) == 0 else f"{(np.abs(last - ours) > 1e-9 * ours).sum()}/{len(ours)}"
        print(
            f"  {way:38s} {run['seconds']:8.2f} {run['cpu']:8.2f} {run['peak'] / 1e9:8.2f} "
            f"{run['more'] / 1e9:10.2f}  {off}",
            flush=True,
        )
    verdicts(best)


def verdicts(best):
    ours = best["sempark"]
    faiss = best.get("FAISS flat, all threads")
    if faiss:
        ratio, cpu = ours["seconds"] / faiss["seconds"], ours["cpu"] / faiss["cpu"]
        print(f"  -> {ratio:.2f} of FAISS flat's seconds, {cpu:.2f} of its CPU seconds")
    exact = {way: run for way, run in best.items() if way.startswith(EXACT64)}
    if exact:
        way, run = min(exact.items(), key=lambda item: item[1]["seconds"])
        print(f"  -> {ours['seconds'] / run['seconds']:.2f} of the best exact peer, {way}")


def versions():
    names = ("sempark", "numpy", "scipy", "numba", "faiss-cpu", "scikit-learn")
    names += ("scikit-dimension", "dadapy")
    for name in names:
        try:
            print(f"  {name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            print(f"  {name} not installed")


def lacking_here(peers):
    """Modules of the ways that only the other Python has, with its versions printed."""
    names = {"numpy"} | {
        module for module, _ in WAYS.values() if module and not util.find_spec(module)
    }
    code = (
        "import sys\nfrom importlib import metadata, util\n"
        "for m in sys.argv[1:]:\n    if util.find_spec(m): print(m, metadata.version(m))"
    )
    told = subprocess.run(
        [peers, "-c", code, *names], capture_output=True, text=True, check=True
    ).stdout
    print("  in the other Python: " + ", ".join(told.splitlines()))
    return {line.split()[0] for line in told.splitlines()} - {"numpy"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", nargs=5, metavar=("WAY", "DATA", "N", "D", "K"))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="18, 2048 or large: one part of the run")
    parser.add_argument("--k", type=int, nargs="+", default=[3, 100], help="of 18 and 2048")
    parser.add_argument("--data", nargs="+", default=["clustered", "uniform"], choices=DATA)
    parser.add_argument("--columns", type=int, nargs="+", default=[18, 2048], help="of large")
    parser.add_argument("--peers", help="another Python, for peers that this one lacks")
    arguments = parser.parse_args()
    if arguments.measure:
        way, kind, n, d, k = arguments.measure
        measure(way, kind, int(n), int(d), int(k), arguments.repeats)
        return
    threads = len(os.sched_getaffinity(0))
    print(
        f"{platform.processor() or platform.machine()}, {threads} threads, load {os.getloadavg()}"
    )
    print(f"Python {platform.python_version()}, seed 0, float32 data, {arguments.rounds} rounds of")
    print(f"{arguments.repeats} runs after a warm-up on 1,000 points; the fastest run counts")
    versions()
    n, large = (SIZE // 10, LARGE // 10) if arguments.quick else (SIZE, LARGE)
    there = lacking_here(arguments.peers) if arguments.peers else set()
    here = [
        way
        for way, (module, _) in WAYS.items()
        if not module or util.find_spec(module) or module in there
    ]
    trees = [way for way in here if "brute" not in way and "scikit-dimension" not in way]
    # on uniform data kd-trees look at nearly every point: their default setting, once, is enough
    few = [way for way in trees if "default" not in way and "leaf 64" not in way]
    flat = [way for way in here if way in ("sempark", "FAISS flat, all threads")]
    of_18 = {"clustered": trees, "uniform": flat if arguments.only else few}
    brute = [way for way in here if "brute" in way and not arguments.only]
    of_2048 = {"clustered": flat + brute, "uniform": flat}
    for k in arguments.k:
        for kind in arguments.data:
            if arguments.only in ("", "18"):
                compare(kind, n, 18, k, of_18[kind], arguments)
            if arguments.only in ("", "2048"):
                compare(kind, n, 2048, k, of_2048[kind], arguments)
    if arguments.only in ("", "18") and "clustered" in arguments.data:
        twice = [way for way in here if way == "sempark" or "scikit-dimension" in way]
        compare("clustered", n, 18, 2, twice, arguments)
    if arguments.only in ("", "large"):
        for d in arguments.columns:
            compare("clustered", large, d, 100, ["sempark"], arguments)


if __name__ == "__main__":
    main()
