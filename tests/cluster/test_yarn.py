"""YARN and HDFS: the packed Python, and what becomes of a run when a part of them is lost."""

import contextlib
import signal
import subprocess
from pathlib import Path

import pytest

from sempark import packing
from tests.cluster import hadoop, processes, runs, short
from tests.cluster.hadoop import Hadoop

pytestmark = [pytest.mark.cluster, pytest.mark.ocr, pytest.mark.by_hand]


def test_the_packed_python_is_what_runs(
    bench: short.Short, hadoop_cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Driver and executors work with the interpreter of the archive, on nodes that unpack it."""
    archive = tmp_path / "environment.tar.gz"
    packing.pack(archive, lambda done, total: None)
    store = f"{hadoop_cluster.uri}/store-packed"
    options = ("--master", "yarn", "--deploy-mode", "cluster", "--set", f"spark.packed={archive}")
    process = bench.start(
        store, hadoop_cluster.mark, options, more=hadoop.OPTIONS, env=hadoop_cluster.environment()
    )
    seen: set[tuple[str, str]] = set()

    def over() -> bool:
        for one, line in processes.find(hadoop_cluster.mark, "python").items():
            program, *words = line.split()
            # in a container, and not the shell or the Java that names the script too
            if str(hadoop_cluster.root) in processes.folder(one) and "python" in Path(program).name:
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
    found = hadoop_cluster.fetch(store, tmp_path / "store")
    assert runs.digests(found) == undisturbed and runs.clean(found) == []


def test_a_data_node_is_lost(
    bench: short.Short, hadoop_cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """The store's blocks stand on two nodes each; new ones on the node that is left."""
    store = f"{hadoop_cluster.uri}/store-data-node"
    rule = "spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.policy=NEVER"
    process = bench.start(store, hadoop_cluster.mark, more=("--conf", rule))
    bench.wait_for_line("inventory  ", process)
    lost = hadoop_cluster.dfs.stopDataNode(0)
    try:
        ended = bench.ended(process)
        assert ended.code == 0, ended.said[-3000:]
        found = hadoop_cluster.fetch(store, tmp_path / "store")
    finally:
        hadoop_cluster.dfs.restartDataNode(lost)
    assert runs.digests(found) == undisturbed and runs.clean(found) == []


def begun(
    bench: short.Short, hadoop_cluster: Hadoop, store: str, mode: str
) -> subprocess.Popen[bytes]:
    """A run on YARN that is at images_flat now."""
    process = bench.start(
        store, hadoop_cluster.mark, ("--master", "yarn", "--deploy-mode", mode),
        more=hadoop.OPTIONS, env=hadoop_cluster.environment(),
    )  # fmt: skip
    pointer = f"{store}/inventory/pointers/00000001.json"
    processes.wait_for(
        "the inventory", lambda: hadoop_cluster.is_there(pointer) or process.poll() is not None, 600
    )
    assert process.poll() is None, bench.log.read_text()[-3000:]
    return process


def test_the_driver_in_cluster_mode_is_killed(
    bench: short.Short, hadoop_cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """YARN starts it once more, and it goes on after the last table."""
    store = f"{hadoop_cluster.uri}/store-driver"
    process = begun(bench, hadoop_cluster, store, "cluster")
    masters = processes.find(hadoop_cluster.mark, "yarn.ApplicationMaster")
    struck = [one for one, line in masters.items() if "bash" not in line]
    assert struck
    processes.send(struck, signal.SIGKILL)
    ended = bench.ended(process)
    assert ended.code == 0, ended.said[-3000:]
    found = hadoop_cluster.fetch(store, tmp_path / "store")
    assert runs.digests(found) == undisturbed and runs.clean(found) == []


def test_a_node_dies(
    bench: short.Short, hadoop_cluster: Hadoop, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Its node manager and all that ran in its containers; the tasks go to the nodes left."""
    hadoop_cluster.add_node("third")
    store = f"{hadoop_cluster.uri}/store-node"
    process = begun(bench, hadoop_cluster, store, "client")
    place = f"{hadoop_cluster.root}/third/"
    at_work = [one for one in processes.find(hadoop_cluster.mark) if place in processes.folder(one)]
    struck = [*processes.find(hadoop_cluster.mark, "server.nodemanager.NodeManager"), *at_work]
    assert at_work and len(struck) > len(at_work)
    processes.send(struck, signal.SIGKILL)
    ended = bench.ended(process)
    assert ended.code == 0, ended.said[-3000:]
    found = hadoop_cluster.fetch(store, tmp_path / "store")
    assert runs.digests(found) == undisturbed and runs.clean(found) == []
