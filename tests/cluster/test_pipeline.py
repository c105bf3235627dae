"""The pipeline on a standalone cluster, and on YARN and HDFS, makes the tables that local[*] makes.

Runs often wait: several are at work at a time, the one that the others are compared with first.
"""

import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sempark.synthetic import corpus
from sempark.tables import TABLES
from tests.cluster import hadoop, processes, runs, standalone
from tests.cluster.hadoop import Hadoop
from tests.cluster.standalone import Standalone

pytestmark = [pytest.mark.cluster, pytest.mark.ocr, pytest.mark.tf, pytest.mark.slow]
AT_WORK = 3
MODES = ["client", pytest.param("cluster", marks=pytest.mark.by_hand)]
YARN_MODES = [pytest.param("client", marks=pytest.mark.by_hand), "cluster"]


@dataclass
class Runs:
    """The drawn corpus, and runs on it that were begun, by name."""

    root: Path
    pool: ThreadPoolExecutor
    begun: dict[str, Future[runs.Ended]] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)

    @property
    def corpus(self) -> Path:
        return self.root / "corpus"

    def begin(
        self,
        name: str,
        settings: Path,
        store: str,
        *more: str,
        mark: str,
        env: dict[str, str] | None = None,
    ) -> None:
        """Take a place in the queue, with more options of spark-submit."""
        self.marks.add(mark)
        words = ["pipeline", str(settings), "--set", f"store.path={store}", *more, *runs.QUICK]
        log = self.root / f"{name}.log"
        self.begun[name] = self.pool.submit(runs.run, words, mark, log, env)

    def ended(self, name: str) -> None:
        """Wait for one, which must have gone well."""
        ended = self.begun[name].result()
        assert ended.code == 0, ended.said[-3000:]

    @property
    def local(self) -> Path:
        """The store of the local run."""
        self.ended("local")
        return self.root / "local"


@pytest.fixture(scope="module")
def begun(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runs]:
    """The local run, and those on clusters that the tests to come ask for."""
    root, mark = tmp_path_factory.mktemp("pipelines"), secrets.token_hex(8)
    with ThreadPoolExecutor(AT_WORK) as pool:
        found = Runs(root, pool)
        runs.draw(found.corpus)
        settings = runs.settings(root / "small.toml", str(found.corpus))
        try:
            found.begin("local", settings, str(root / "local"), "--", mark=mark)
            for cluster, mode in asked(request):
                if cluster == "standalone":
                    master = request.getfixturevalue("spark_cluster")
                    begin_standalone(found, master, settings, mode)
                else:
                    begin_yarn(found, request.getfixturevalue("hadoop_cluster"), mode)
            yield found
        finally:
            for one in found.begun.values():
                one.cancel()
            if not all(one.done() for one in found.begun.values()):
                for one in found.marks:
                    processes.end(one)


def asked(request: pytest.FixtureRequest) -> list[tuple[str, str]]:
    """Cluster and deploy mode of each test of this module that will run."""
    items = [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.path == request.path
        and not item.get_closest_marker("skip")
    ]
    return [(item.originalname.rpartition("_")[2], item.callspec.params["mode"]) for item in items]


def begin_standalone(found: Runs, cluster: Standalone, settings: Path, mode: str) -> None:
    name = f"standalone-{mode}"
    options = ["--master", cluster.url, "--deploy-mode", mode, "--", *standalone.OPTIONS]
    found.begin(name, settings, str(found.root / name), *options, mark=cluster.mark)


def begin_yarn(found: Runs, cluster: Hadoop, mode: str) -> None:
    name, place = f"yarn-{mode}", f"{cluster.uri}/corpus"
    if not cluster.is_there(place):
        for folder in (corpus.SOURCE, corpus.LABELS):
            cluster.put(found.corpus / folder, f"{place}/{folder}")
    settings = runs.settings(found.root / "hdfs.toml", place)
    options = ["--master", "yarn", "--deploy-mode", mode, "--", *hadoop.OPTIONS]
    found.begin(name, settings, f"{cluster.uri}/{name}", *options,
                mark=cluster.mark, env=cluster.environment())  # fmt: skip


@pytest.fixture(scope="module")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    root = tmp_path_factory.mktemp("standalone")
    with standalone.started(root, {"one": {}, "two": {}}) as found:
        yield found


@pytest.mark.parametrize("mode", MODES)
def test_the_tables_are_those_of_a_local_run_on_standalone(
    begun: Runs, spark_cluster: Standalone, mode: str
) -> None:
    begun.ended(f"standalone-{mode}")
    store = begun.root / f"standalone-{mode}"
    assert runs.digests(store) == runs.digests(begun.local)
    assert runs.clean(store) == [] and spark_cluster.left_over() == []


@pytest.mark.parametrize("mode", YARN_MODES)
def test_the_tables_are_those_of_a_local_run_on_yarn(
    begun: Runs, hadoop_cluster: Hadoop, tmp_path: Path, mode: str
) -> None:
    """Row by row, paths below the source apart."""
    begun.ended(f"yarn-{mode}")
    found = hadoop_cluster.fetch(f"{hadoop_cluster.uri}/yarn-{mode}", tmp_path / "store")
    assert set(runs.manifests(found)) == set(runs.manifests(begun.local))
    for name in runs.digests(begun.local):
        expected = runs.rows(begun.local, name, str(begun.corpus))
        assert runs.rows(found, name, f"{hadoop_cluster.uri}/corpus") == expected, name
    with_paths = {name for name, table in TABLES.items() if {"path", "paths"} & {*table.names}}
    for name, digest in runs.digests(begun.local).items():
        assert name in with_paths or runs.digests(found)[name] == digest, name
    assert runs.clean(found) == []
