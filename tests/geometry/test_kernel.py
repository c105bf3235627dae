"""The store of compiled kernels: one stamp of all the package's files, or no store at all."""

import numpy as np
import pytest

from sempark.geometry import block_search, kernel, selection


def test_kernels_carry_the_stamp_of_every_file() -> None:
    names = [name for name, _, _ in kernel.STAMP]
    assert {"selection.py", "block_search.py", "partition.py", "symmetric_tiles.py"} <= set(names)
    for compiled in (block_search.search_blocks, block_search.rescan_blocks, selection.finish):
        assert compiled._cache._cache_file._source_stamp == kernel.STAMP


def test_without_files_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "STAMP", ())

    def double(x: float) -> float:
        return 2 * x

    compiled = kernel.kernel(double)
    assert compiled(np.float64(4.0)) == 8
    assert not compiled.stats.cache_hits
    assert compiled.stats.cache_path is None
