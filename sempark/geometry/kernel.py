"""Compile a function with numba and keep it on disk until any source of this package changes.

In: a function. Out: the compiled one. numba stamps what it stores with the function's own file
alone; ours call each other across files, and a stored search that still holds yesterday's error
bound would give wrong neighbors. So all files of the package make the stamp.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

Stamp = tuple[tuple[str, int, int], ...]


def _stamp() -> Stamp:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(
        (source.name, source.stat().st_mtime_ns, source.stat().st_size) for source in sources
    )


STAMP = _stamp()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile without the interpreter's lock, stored on disk under the stamp of the package.

    Parameters
    ----------
    function : callable
        What numba's nopython mode takes.

    Returns
    -------
    callable
        Compiled at its first call for each set of types; not stored where the package lies in an
        archive or where this numba keeps its stamp elsewhere.
    """
    stored = njit(nogil=True, cache=True)(function)
    file: Any = getattr(getattr(stored, "_cache", None), "_cache_file", None)
    if not STAMP or not hasattr(file, "_source_stamp"):
        return njit(nogil=True)(function)
    file._source_stamp = STAMP
    return stored
