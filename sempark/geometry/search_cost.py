"""What an exact neighbor search will need, before it starts.

In: numbers of points, columns, neighbors. Out: bytes and seconds, or a refusal.
Memory is counted from the arrays the search makes; time from a short matrix product of the same
width on this machine, once a call.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FEW_COLUMNS = 64
PROBE_ROWS = 512
# beside a product of one pair: the scan of its key, both ways
SCAN_SECONDS = 6e-10


@dataclass(frozen=True)
class Cost:
    """Needs of a search.

    Attributes
    ----------
    bytes : int
        Memory beyond the points themselves: working copies, candidates, result.
    seconds : float
        Time where every pair is looked at, on this machine as busy as it was during the probe;
        data in clusters of few columns take less.
    """

    bytes: int
    seconds: float


def n_candidates(n: int, d: int, k: int) -> int:
    """Candidates kept a row by the float32 search, of n points that may be neighbors.

    Their surplus over k must reach beyond the error bound, which grows with the columns: on
    clusters in 2,048 columns 12 more than 100 proved a fifth of the rows, half as many again all.
    """
    surplus = max(8, k // 8) if d <= FEW_COLUMNS else 32 + k // 2
    return min(n, k + surplus)


def estimate_cost(n: int, d: int, k: int, n_queries: int | None = None) -> Cost:
    """Estimate memory and time of `nearest` for n points of d columns.

    Parameters
    ----------
    n, d, k : int
        Points, columns, neighbors.
    n_queries : int, optional
        Queries that are no members of X; None: the points themselves.

    Returns
    -------
    Cost
    """
    threads = len(os.sched_getaffinity(0))
    rows = np.ones((PROBE_ROWS, d), np.float32)
    start = time.perf_counter()
    rows @ rows.T
    pair = (time.perf_counter() - start) / PROBE_ROWS**2
    m = n if n_queries is None else n_queries
    halved = n_queries is None and d > FEW_COLUMNS
    seconds = m * n * (pair / (2 if halved else 1) + SCAN_SECONDS / threads)
    return Cost(_bytes(n, d, k, n_queries), float(seconds))


def check_memory(n: int, d: int, k: int, n_queries: int | None = None) -> None:
    """Refuse a search that this machine's free memory cannot hold.

    Raises
    ------
    ValueError
        With the memory needed and free, and what to do.
    """
    needed, free = _bytes(n, d, k, n_queries), _free_bytes()
    if needed > free:
        raise ValueError(
            f"{k} neighbors of {n} points in {d} columns need {needed / 1e9:.1f} GB of memory "
            f"beside the points, {free / 1e9:.1f} GB are free; ask for fewer neighbors, search "
            "blocks of queries, or reduce the dimension first"
        )


def _bytes(n: int, d: int, k: int, n_queries: int | None) -> int:
    m = n if n_queries is None else n_queries
    n_keep = n_candidates(n, d, k)
    threads = len(os.sched_getaffinity(0))
    result = m * k * 16 + m * 9
    if n_queries is None and d > FEW_COLUMNS:
        tiles = threads * 2048 * 2048 * 4
        return result + n * (d * 4 + 2 * n_keep * 8 + 28) + tiles
    copies = (n + m) * (d * 8 + 16) if d <= FEW_COLUMNS else (n + m) * 16
    return result + copies + threads * 256 * (2 * n_keep * 12 + 12 * d + 2048)


def _free_bytes() -> int:
    """Memory the process may still take: what the system has, or its container's limit less use."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.exists() and used.exists():
        most = limit.read_text(encoding="ascii").strip()
        if most != "max":
            free = min(free, int(most) - int(used.read_text(encoding="ascii")))
    return free
