"""The pipeline on a standalone cluster makes the tables that local[*] makes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import runs, standalone
from tests.cluster.conftest import Reference
from tests.cluster.standalone import Standalone

pytestmark = [pytest.mark.cluster, pytest.mark.ocr, pytest.mark.tf, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    root = tmp_path_factory.mktemp("standalone")
    with standalone.started(root, {"one": {}, "two": {}}) as found:
        yield found


@pytest.mark.parametrize("mode", ["client", pytest.param("cluster", marks=pytest.mark.by_hand)])
def test_the_tables_are_those_of_a_local_run(
    cluster: Standalone, reference: Reference, tmp_path: Path, mode: str
) -> None:
    store = tmp_path / "store"
    words = ["pipeline", str(reference.settings), "--set", f"store.path={store}",
             "--master", cluster.url, "--deploy-mode", mode,
             "--", *standalone.OPTIONS, *runs.QUICK]  # fmt: skip
    ended = runs.run(words, cluster.mark, tmp_path / "log")
    assert ended.code == 0, ended.said[-3000:]
    assert runs.digests(store) == runs.digests(reference.store)
    assert runs.clean(store) == [] and cluster.left_over() == []
