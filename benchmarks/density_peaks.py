"""Density Peaks and DPA beside DADApy: seconds, peak memory and how far they agree.

    python benchmarks/density_peaks.py --n 52682 146916 [--dadapy PYTHON] [--k 100] [--repeats 3]

Every run is a process of its own, ours and the peer's by turns; the first calls (compilation) are
not counted. Both get the same neighbor lists for the density and the clustering; the searches are
timed apart. DADApy 0.3.4 needs numpy below 2: give the interpreter of an environment that has it.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

Z = 1.0


def drawn(n, d, kind, seed=0):
    """Draw n points: "clustered", 60 hills of many widths and sizes, or "uniform"."""
    rng = np.random.default_rng(seed)
    if kind == "uniform":
        return rng.random((n, d))
    centers = rng.normal(size=(60, d)) * 2
    size = rng.dirichlet(np.ones(60))
    hill = rng.choice(60, n, p=size)
    width = rng.uniform(0.3, 1.2, (60, 1))[hill] * rng.uniform(0.2, 1, (60, d))[hill]
    return centers[hill] + width * rng.normal(size=(n, d))


def timed(call):
    """Run a call; give its result and the seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def ours(folder):
    """Time this package on the points of a folder; keep its lists there."""
    from sempark.clustering.density_peaks import density_peaks
    from sempark.clustering.dpa import dpa, pak
    from sempark.geometry.neighbors import Neighbors, nearest
    from sempark.geometry.two_nn import estimate

    X, k = np.load(folder / "X.npy"), int((folder / "k").read_text())
    small = np.random.default_rng(1).normal(size=(500, X.shape[1]))
    warm = nearest(small, 20)
    dpa(warm, 5.0), density_peaks(warm, small)
    lists, neighbors_s = timed(lambda: load_or_search(folder, X, k, nearest, Neighbors))
    dimension = estimate(*lists.distances[:, :2].T).dimension
    np.savez(folder / "lists.npz", i=lists.indices, r=lists.distances, dimension=dimension)
    near = Neighbors(lists.indices[:, :30].copy(), lists.distances[:, :30].copy())
    peaks, peaks_s = timed(lambda: density_peaks(near, X))
    _, pak_s = timed(lambda: pak(lists, dimension))
    result, dpa_s = timed(lambda: dpa(lists, dimension, Z, "dadapy"))
    np.save(folder / "ours.npy", result.labels)
    return {
        "neighbors": neighbors_s, "density peaks": peaks_s, "PAk": pak_s, "PAk + DPA": dpa_s,
        "clusters": len(result.centers), "local peaks": len(peaks.local_peaks),
        "left": peaks.n_left, "dimension": dimension,
    }  # fmt: skip


def load_or_search(folder, X, k, nearest, Neighbors):
    """Search once a data set; later repeats take the stored lists and time the reading."""
    if (folder / "lists.npz").exists():
        stored = np.load(folder / "lists.npz")
        return Neighbors(stored["i"], stored["r"])
    return nearest(X, k)


def dadapy(folder):
    """Time DADApy on the same lists, and its own search."""
    from dadapy import Data

    X, k = np.load(folder / "X.npy"), int((folder / "k").read_text())
    stored = np.load(folder / "lists.npz")
    n = len(X)
    lists = (np.c_[np.zeros(n), stored["r"]], np.c_[np.arange(n), stored["i"]])
    peer = Data(distances=lists, maxk=k, n_jobs=os.cpu_count())
    peer.set_id(float(stored["dimension"]))
    _, pak_s = timed(peer.compute_density_PAk)
    _, adp_s = timed(lambda: peer.compute_clustering_ADP(Z=Z))
    np.save(folder / "dadapy.npy", peer.cluster_assignment)
    figures = {"PAk": pak_s, "PAk + DPA": pak_s + adp_s, "clusters": peer.N_clusters}
    if (folder / "search").exists():
        own = Data(coordinates=X, maxk=k, n_jobs=os.cpu_count())
        _, figures["neighbors"] = timed(lambda: own.compute_distances(maxk=k))
    return figures


def child(python, who, folder):
    """Run one measurement in a process of its own."""
    command = [python, __file__, "--child", who, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{who} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def agreement(folder):
    """Share of points in clusters of equal members, ours against the peer's."""
    a, b = np.load(folder / "ours.npy"), np.load(folder / "dadapy.npy")
    pairs, counts = np.unique(np.column_stack([a, b]), axis=0, return_counts=True)
    whole = (counts == np.bincount(a)[pairs[:, 0]]) & (counts == np.bincount(b)[pairs[:, 1]])
    return counts[whole].sum() / len(a)


def compare(n, kind, arguments):
    """Measure one data set and print its table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "X.npy", drawn(n, arguments.d, kind))
        (folder / "k").write_text(str(arguments.k))
        if not arguments.lists_only:
            (folder / "search").touch()
        runs = {"sempark": [], "dadapy": []}
        for _ in range(arguments.repeats):
            runs["sempark"].append(child(sys.executable, "ours", folder))
            if arguments.dadapy:
                runs["dadapy"].append(child(arguments.dadapy, "dadapy", folder))
        print(f"\n{kind}, {n:,} x {arguments.d}, k = {arguments.k}, Z = {Z}")
        for who, rows in runs.items():
            for key in rows[0] if rows else ():
                values = [row[key] for row in rows]
                if key == "neighbors" and who == "sempark":
                    values = values[:1]  # later repeats read the stored lists
                print(f"{who:10} {key:14} {statistics.median(values):12,.3f}")
        if arguments.dadapy:
            print(f"in clusters of equal members: {agreement(folder):.4f} of the points")


def main():
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[52682, 146916])
    parser.add_argument("--d", type=int, default=18)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--kind", nargs="+", default=["clustered", "uniform"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--dadapy", help="a Python that can import dadapy")
    parser.add_argument("--lists-only", action="store_true", help="skip DADApy's own search")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        who, folder = arguments.child
        result = {"ours": ours, "dadapy": dadapy}[who](Path(folder))
        result["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({key: float(value) for key, value in result.items()}))
        return
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores")
    for n in arguments.n:
        for kind in arguments.kind:
            compare(n, kind, arguments)


if __name__ == "__main__":
    main()
