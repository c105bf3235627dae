"""What tests on clusters share: short runs, Hadoop's jars and clusters, processes that end."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sempark.shipping import ROOT
from tests.cluster import hadoop, processes, runs, short
from tests.cluster.hadoop import Hadoop


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> short.Short:
    return short.prepared(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def undisturbed(bench: short.Short) -> dict[str, str]:
    """Digests of a local run that nobody disturbs."""
    own = secrets.token_hex(8)
    try:
        ended = bench.run(bench.root / "undisturbed", own)
    finally:
        processes.end(own)
    assert ended.code == 0, ended.said[-3000:]
    return runs.digests(bench.root / "undisturbed")


@pytest.fixture
def mark() -> Iterator[str]:
    """Of processes that a test starts itself; all of them end with it."""
    own = secrets.token_hex(8)
    yield own
    processes.end(own)


@pytest.fixture(scope="session")
def jars() -> Path:
    """What Maven fetches for the clusters, kept in the folder build."""
    if shutil.which("mvn") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Maven (apt-get install maven) for the tests on YARN, HDFS and S3")
        pytest.skip("needs Maven: apt-get install maven")
    return hadoop.fetched(ROOT / "build")


@pytest.fixture(scope="module")
def hadoop_cluster(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hadoop]:
    with hadoop.started(tmp_path_factory.mktemp("hadoop"), jars) as found:
        yield found
