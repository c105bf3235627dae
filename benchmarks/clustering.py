"""Linkages, HDBSCAN, spectral clustering and NMI at every k, beside their peers.

    python benchmarks/clustering.py [--n 52682] [--kind clustered uniform] [--repeats 1]
                                    [--only REGEX] [--matrix-gb 8]

Every run is a process of its own, ours and the peer's by turns. The first calls (compilation, on
500 points) are not counted. Peak memory is that of the whole process; the line "imports" is what it
takes without any work. fastcluster's complete linkage needs 8 n (n - 1) / 2 bytes and as much again
for a while; where --matrix-gb does not allow it, it is run on as many points as fit and its time is
scaled by n squared and marked so. DADApy's Density Peaks and DPA: benchmarks/density_peaks.py.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

SPECTRAL_K = 40
NEIGHBORS = 15
PEAKS_NEIGHBORS = 30


def drawn(n, d, kind, seed=0):
    """Draw n points: "clustered", 60 hills of many widths and sizes, or "uniform"; labels too."""
    rng = np.random.default_rng(seed)
    hill = rng.choice(60, n, p=rng.dirichlet(np.ones(60)))
    if kind == "uniform":
        return rng.random((n, d)), hill
    centers = rng.normal(size=(60, d)) * 2
    width = rng.uniform(0.3, 1.2, (60, 1))[hill] * rng.uniform(0.2, 1, (60, d))[hill]
    return centers[hill] + width * rng.normal(size=(n, d)), hill


def linkage_of(method):
    from sempark.clustering.linkage import linkage

    return lambda X, _: linkage(X, method)


def fastcluster_of(method):
    import fastcluster

    if method == "complete":
        from scipy.spatial.distance import pdist

        return lambda X, _: fastcluster.linkage(pdist(X), method, preserve_input=False)
    return lambda X, _: fastcluster.linkage_vector(X, method)


def nmi_curve():
    from sempark.clustering.linkage import linkage
    from sempark.clustering.nmi import curve

    return lambda X, labels: (linkage(X, "single"), labels), lambda made: curve(*made)


def score_curves():
    from sempark.clustering.linkage import linkage
    from sempark.clustering.scores import curves

    return lambda X, labels: (linkage(X, "single"), labels), lambda made: curves(*made)


def searched(X, _):
    from sempark.geometry.neighbors import nearest

    return nearest(X, NEIGHBORS), X


def hdbscan_ours():
    from sempark.clustering.hdbscan import hdbscan

    return searched, lambda made: hdbscan(*made, min_cluster_size=NEIGHBORS)


def hdbscan_sklearn(**settings):
    from sklearn.cluster import HDBSCAN

    return lambda X, _: HDBSCAN(min_cluster_size=NEIGHBORS, copy=True, **settings).fit(X)


def hdbscan_fast():
    from fast_hdbscan import HDBSCAN

    return lambda X, _: HDBSCAN(min_cluster_size=NEIGHBORS).fit(X)


def spectral_ours():
    from sempark.clustering.spectral import spectral

    return searched, lambda made: spectral(made[0], SPECTRAL_K, np.random.default_rng(0))


def spectral_sklearn(**settings):
    from sklearn.cluster import SpectralClustering

    graph = {"affinity": "nearest_neighbors", "n_neighbors": NEIGHBORS, "random_state": 0}
    return lambda X, _: SpectralClustering(SPECTRAL_K, **graph, **settings).fit(X)


def search_only():
    from sempark.geometry.neighbors import nearest

    return lambda X, _: nearest(X, NEIGHBORS)


def peaks_with_search():
    from sempark.clustering.density_peaks import density_peaks
    from sempark.geometry.neighbors import nearest

    return lambda X, _: density_peaks(nearest(X, PEAKS_NEIGHBORS), X)


RUNS = {
    "imports": lambda: (import_all(), lambda X, _: None)[1],
    "single / sempark": lambda: linkage_of("single"),
    "single / fastcluster": lambda: fastcluster_of("single"),
    "centroid / sempark": lambda: linkage_of("centroid"),
    "centroid / fastcluster": lambda: fastcluster_of("centroid"),
    "ward / sempark": lambda: linkage_of("ward"),
    "ward / fastcluster": lambda: fastcluster_of("ward"),
    "complete / sempark": lambda: linkage_of("complete"),
    "complete / fastcluster": lambda: fastcluster_of("complete"),
    "Density Peaks with its 30 neighbors / sempark": peaks_with_search,
    "NMI at every k / sempark": nmi_curve,
    "seven scores at every k / sempark": score_curves,
    "15 neighbors / sempark": search_only,
    "HDBSCAN from neighbors / sempark": hdbscan_ours,
    "HDBSCAN / scikit-learn": hdbscan_sklearn,
    "HDBSCAN best: ball tree, all cores / scikit-learn": lambda: hdbscan_sklearn(
        algorithm="ball_tree", n_jobs=-1
    ),
    "HDBSCAN / fast_hdbscan": hdbscan_fast,
    "spectral 40 from neighbors / sempark": spectral_ours,
    "spectral 40 / scikit-learn": spectral_sklearn,
    "spectral 40 best: lobpcg, cluster_qr / scikit-learn": lambda: spectral_sklearn(
        eigen_solver="lobpcg", assign_labels="cluster_qr"
    ),
}


def import_all():
    import sempark.clustering.hdbscan
    import sempark.clustering.linkage
    import sempark.clustering.scores  # noqa: F401 - what is measured is the import itself


def child(name, n, d, kind, matrix_gb):
    """Run one entry and print its figures as JSON."""
    made = RUNS[name]()
    prepare, call = (
        made if isinstance(made, tuple) else (lambda *data: data, lambda data: made(*data))
    )
    scaled = 1.0
    if name == "complete / fastcluster" and 8 * n * n > matrix_gb * 1e9:
        fits = int(np.sqrt(matrix_gb * 1e9 / 8))
        scaled, n = (n / fits) ** 2, fits
    call(prepare(*drawn(500, d, kind, 1)))
    data = prepare(*drawn(n, d, kind))
    start, used = time.perf_counter(), time.process_time()
    call(data)
    figures = {
        "seconds": (time.perf_counter() - start) * scaled,
        "cpu": (time.process_time() - used) * scaled,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "scaled": scaled != 1.0,
    }
    print(json.dumps(figures))


def run(name, arguments, n, kind):
    """Run one entry in a process of its own; None where it failed or took too long."""
    command = [sys.executable, __file__, "--child", name, "--n", str(n), "--kind", kind]
    command += ["--d", str(arguments.d), "--matrix-gb", str(arguments.matrix_gb)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=arguments.timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return f"over {arguments.timeout:.0f} s"
    if done.returncode:
        return "failed: " + (done.stderr.strip().splitlines() or ["killed"])[-1][:60]
    return json.loads(done.stdout.strip().splitlines()[-1])


def table(arguments, n, kind):
    """Run all chosen entries by turns and print a row each."""
    chosen = [name for name in RUNS if re.search(arguments.only, name)]
    rows = {name: [] for name in chosen}
    for _ in range(arguments.repeats):
        for name in chosen:
            rows[name].append(run(name, arguments, n, kind))
            print(f"{n} {kind}, {name}: {rows[name][-1]}", file=sys.stderr, flush=True)
    print(f"\n{n:,} x {arguments.d}, {kind}\n")
    print("| what | seconds | CPU seconds | peak GB |")
    print("|---|---|---|---|")
    for name, found in rows.items():
        good = [row for row in found if isinstance(row, dict)]
        if not good:
            print(f"| {name} | {found[0]} | | |")
            continue
        middle = {key: statistics.median(row[key] for row in good) for key in good[0]}
        mark = " (computed by n squared)" if middle["scaled"] else ""
        print(
            f"| {name} | {middle['seconds']:.2f}{mark} | {middle['cpu']:.2f} | "
            f"{middle['peak_gb']:.2f} |",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[52_682])
    parser.add_argument("--d", type=int, default=18)
    parser.add_argument("--kind", nargs="+", default=["clustered", "uniform"])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", default="", help="a pattern of what to run")
    parser.add_argument("--matrix-gb", type=float, default=8.0)
    parser.add_argument("--timeout", type=float, default=900.0)
    parser.add_argument("--child")
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.n[0], arguments.d, arguments.kind[0], arguments.matrix_gb)
        return
    names = ("numpy", "scipy", "numba", "scikit-learn", "fastcluster", "fast_hdbscan")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    print(f"Python {platform.python_version()}, {versions}")
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}; all used by "
          "sempark's complete, Ward and spectral, one by its and fastcluster's other linkages; "
          f"warm-up: a call on 500 points; {arguments.repeats} run(s), median")  # fmt: skip
    for n in arguments.n:
        for kind in arguments.kind:
            table(arguments, n, kind)


if __name__ == "__main__":
    main()
