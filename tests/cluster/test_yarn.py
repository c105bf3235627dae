"""The pipeline on YARN, source and store on HDFS, makes the tables that local[*] makes."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sempark import packing
from sempark.synthetic import corpus
from sempark.tables import TABLES
from tests.cluster import hadoop, processes, runs, short
from tests.cluster.conftest import Reference
from tests.cluster.hadoop import Hadoop

pytestmark = [pytest.mark.cluster, pytest.mark.ocr, pytest.mark.tf, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hadoop]:
    with hadoop.started(tmp_path_factory.mktemp("hadoop"), jars) as found:
        yield found


@pytest.fixture(scope="module")
def settings(
    cluster: Hadoop, reference: Reference, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Settings that name the corpus on HDFS."""
    for folder in (corpus.SOURCE, corpus.LABELS):
        cluster.put(reference.corpus / folder, f"{cluster.uri}/corpus/{folder}")
    place = f"{cluster.uri}/corpus"
    return runs.settings(tmp_path_factory.mktemp("settings") / "hdfs.toml", place)


@pytest.mark.parametrize("mode", [pytest.param("client", marks=pytest.mark.by_hand), "cluster"])
def test_the_tables_are_those_of_a_local_run(
    cluster: Hadoop, reference: Reference, settings: Path, tmp_path: Path, mode: str
) -> None:
    store = f"{cluster.uri}/store-{mode}"
    words = ["pipeline", str(settings), "--set", f"store.path={store}", "--master", "yarn",
             "--deploy-mode", mode, "--", *hadoop.OPTIONS, *runs.QUICK]  # fmt: skip
    ended = runs.run(words, cluster.mark, tmp_path / "log", cluster.environment())
    assert ended.code == 0, ended.said[-3000:]
    found = cluster.fetch(store, tmp_path / "store")
    assert set(runs.manifests(found)) == set(runs.manifests(reference.store))
    for name in runs.digests(reference.store):
        expected = runs.rows(reference.store, name, str(reference.corpus))
        assert runs.rows(found, name, f"{cluster.uri}/corpus") == expected, name
    with_paths = {name for name, table in TABLES.items() if {"path", "paths"} & {*table.names}}
    for name, digest in runs.digests(reference.store).items():
        assert name in with_paths or runs.digests(found)[name] == digest, name
    assert runs.clean(found) == []


@pytest.mark.by_hand
def test_the_packed_python_is_what_runs(
    bench: short.Short, cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Driver and executors work with the interpreter of the archive, on nodes that unpack it."""
    archive = tmp_path / "environment.tar.gz"
    packing.pack(archive, lambda done, total: None)
    store = f"{cluster.uri}/store-packed"
    options = ("--master", "yarn", "--deploy-mode", "cluster", "--set", f"spark.packed={archive}")
    process = bench.start(
        store, cluster.mark, options, more=hadoop.OPTIONS, env=cluster.environment()
    )
    seen: set[tuple[str, str]] = set()

    def over() -> bool:
        for one, line in processes.find(cluster.mark, "python").items():
            program, *words = line.split()
            # in a container, and not the shell or the Java that names the script too
            if str(cluster.root) in processes.folder(one) and "python" in Path(program).name:
                names = {Path(word).name for word in words} & {"pyspark.daemon", "stages.py"}
                with contextlib.suppress(OSError):
                    found_at = str(Path(f"/proc/{one}/exe").readlink())
                    seen.update((name, found_at) for name in names)
        return process.poll() is not None

    processes.wait_for("the end of the run", over, 1200)
    ended = bench.ended(process)
    assert ended.code == 0, ended.said[-3000:]
    assert {word for word, _ in seen} == {"pyspark.daemon", "stages.py"}
    assert all("environment" in program for _, program in seen), seen
    found = cluster.fetch(store, tmp_path / "store")
    assert runs.digests(found) == undisturbed and runs.clean(found) == []


@pytest.mark.by_hand
def test_a_data_node_is_lost(
    bench: short.Short, cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """The store's blocks stand on two nodes each; new ones on the node that is left."""
    store = f"{cluster.uri}/store-data-node"
    rule = "spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.policy=NEVER"
    process = bench.start(store, cluster.mark, more=("--conf", rule))
    bench.wait_for_line("inventory  ", process)
    lost = cluster.dfs.stopDataNode(0)
    try:
        ended = bench.ended(process)
        assert ended.code == 0, ended.said[-3000:]
        found = cluster.fetch(store, tmp_path / "store")
    finally:
        cluster.dfs.restartDataNode(lost)
    assert runs.digests(found) == undisturbed and runs.clean(found) == []


def begun(bench: short.Short, cluster: Hadoop, store: str, mode: str) -> subprocess.Popen[bytes]:
    """A run on YARN that is at images_flat now."""
    process = bench.start(
        store, cluster.mark, ("--master", "yarn", "--deploy-mode", mode),
        more=hadoop.OPTIONS, env=cluster.environment(),
    )  # fmt: skip
    pointer = f"{store}/inventory/pointers/00000001.json"
    processes.wait_for(
        "the inventory", lambda: cluster.is_there(pointer) or process.poll() is not None, 600
    )
    assert process.poll() is None, bench.log.read_text()[-3000:]
    return process


@pytest.mark.by_hand
def test_the_driver_in_cluster_mode_is_killed(
    bench: short.Short, cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """YARN starts it once more, and it goes on after the last table."""
    store = f"{cluster.uri}/store-driver"
    process = begun(bench, cluster, store, "cluster")
    masters = processes.find(cluster.mark, "yarn.ApplicationMaster")
    struck = [one for one, line in masters.items() if "bash" not in line]
    assert struck
    processes.send(struck, signal.SIGKILL)
    ended = bench.ended(process)
    assert ended.code == 0, ended.said[-3000:]
    found = cluster.fetch(store, tmp_path / "store")
    assert runs.digests(found) == undisturbed and runs.clean(found) == []


@pytest.mark.by_hand
def test_a_node_dies(
    bench: short.Short, cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Its node manager and all that ran in its containers; the tasks go to the nodes left."""
    cluster.add_node("third")
    store = f"{cluster.uri}/store-node"
    process = begun(bench, cluster, store, "client")
    place = f"{cluster.root}/third/"
    at_work = [one for one in processes.find(cluster.mark) if place in processes.folder(one)]
    struck = [*processes.find(cluster.mark, "server.nodemanager.NodeManager"), *at_work]
    assert at_work and len(struck) > len(at_work)
    processes.send(struck, signal.SIGKILL)
    ended = bench.ended(process)
    assert ended.code == 0, ended.said[-3000:]
    found = cluster.fetch(store, tmp_path / "store")
    assert runs.digests(found) == undisturbed and runs.clean(found) == []
