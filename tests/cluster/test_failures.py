"""What clusters do to a run: processes that are killed or stand still, nodes that lack something.

Each run ends as the undisturbed one did, or stops with one clear line and leaves the store as it
was.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import processes, runs, short, standalone
from tests.cluster.standalone import Standalone

pytestmark = [pytest.mark.cluster, pytest.mark.ocr, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    root = tmp_path_factory.mktemp("failures")
    with standalone.started(root, {"one": {}, "two": {}}) as found:
        yield found


def begun(
    bench: short.Short, cluster: Standalone, store: Path, *more: str, mode: str = "client"
) -> subprocess.Popen[bytes]:
    """A run on the cluster that is at images_flat now, with Python at work on both executors."""
    options = ("--master", cluster.url, "--deploy-mode", mode)
    process = bench.start(store, cluster.mark, options, more=(*standalone.OPTIONS, *more))
    processes.wait_for(
        "the inventory", lambda: "inventory" in runs.manifests(store) or process.poll(), 600
    )
    assert process.poll() is None, bench.log.read_text()[-3000:]
    return process


def workers(cluster: Standalone) -> list[int]:
    """Python workers of executors: forked by a daemon."""
    daemons = processes.find(cluster.mark, "pyspark.daemon")
    return [one for one in daemons if processes.parent(one) in daemons]


def daemons(cluster: Standalone) -> list[int]:
    found = processes.find(cluster.mark, "pyspark.daemon")
    return [one for one in found if processes.parent(one) not in found]


def test_an_executor_is_killed(
    bench: short.Short, cluster: Standalone, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    process = begun(bench, cluster, tmp_path)
    processes.send([min(cluster.executors())], signal.SIGKILL)
    ended = bench.ended(process)
    assert ended.code == 0, ended.said[-3000:]
    assert runs.digests(tmp_path) == undisturbed
    assert runs.clean(tmp_path) == [] and cluster.left_over() == []


@pytest.mark.by_hand
def test_the_daemon_of_the_python_workers_is_killed(
    bench: short.Short, cluster: Standalone, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    process = begun(bench, cluster, tmp_path)
    processes.send([min(daemons(cluster))], signal.SIGKILL)
    ended = bench.ended(process)
    assert ended.code == 0, ended.said[-3000:]
    assert runs.digests(tmp_path) == undisturbed
    assert runs.clean(tmp_path) == [] and cluster.left_over() == []


@pytest.mark.by_hand
def test_a_node_that_stands_still_is_overtaken(
    bench: short.Short, cluster: Standalone, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Its Python stops; with speculation on, the other node does its tasks."""
    eager = {"quantile": "0.5", "multiplier": "1.2", "minTaskRuntime": "2s", "interval": "500ms",
             "task.duration.threshold": "5s"}  # fmt: skip
    more = [word for k, v in eager.items() for word in ("--conf", f"spark.speculation.{k}={v}")]
    process = begun(bench, cluster, tmp_path, *more)
    still = processes.wait_for("Python workers", lambda: workers(cluster))[:1]
    processes.send(still, signal.SIGSTOP)
    try:
        ended = bench.ended(process)
    finally:
        processes.send(still, signal.SIGCONT)
    assert ended.code == 0, ended.said[-3000:]
    assert runs.digests(tmp_path) == undisturbed
    assert runs.clean(tmp_path) == [] and cluster.left_over() == []


@pytest.mark.by_hand
def test_the_driver_in_cluster_mode_is_killed(
    bench: short.Short, cluster: Standalone, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    process = begun(bench, cluster, tmp_path, mode="cluster")
    drivers = processes.find(cluster.mark, "DriverWrapper")
    processes.send(list(drivers), signal.SIGKILL)
    ended = bench.ended(process)
    assert ended.code == 1 and "the driver ran on the cluster and failed" in ended.said
    processes.wait_for("its executors' end", lambda: not cluster.executors())
    left = runs.digests(tmp_path)
    assert "inventory" in left and left.items() <= undisturbed.items()
    options = ("--master", cluster.url)
    again = bench.run(tmp_path, cluster.mark, options, more=standalone.OPTIONS)
    assert again.code == 0, again.said[-3000:]
    assert runs.digests(tmp_path) == undisturbed and runs.clean(tmp_path) == []
    # the killed driver could not move its log into the store
    assert [path.partition(".")[2] for path in cluster.left_over()] == ["log"]


@pytest.mark.by_hand
def test_a_node_without_tesseract(bench: short.Short, tmp_path: Path) -> None:
    """The pipeline begins with the check, which names the node's lack and stops."""
    without = tmp_path / "bin"
    without.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*"):
            link = without / program.name
            if program.name != "tesseract" and not link.is_symlink():
                link.symlink_to(program)
    store = tmp_path / "store"
    with standalone.started(tmp_path, {"one": {}, "two": {"PATH": str(without)}}) as cluster:
        words = ["pipeline", str(bench.root / "small.toml"), "--set", f"store.path={store}",
                 "--master", cluster.url, "--", *standalone.OPTIONS]  # fmt: skip
        ended = runs.run(words, cluster.mark, tmp_path / "log")
    assert ended.code == 1, ended.said[-3000:]
    assert "1 of 2 executors can't work yet" in short.line(ended)
    assert "install tesseract-ocr" in ended.said
    assert runs.manifests(store) == {} and runs.clean(store) == []
