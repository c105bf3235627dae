"""A standalone cluster on loopback: a master and workers, each a process that can be killed."""

import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

from tests.cluster import processes

SPARK = Path(pyspark.__file__).parent
OPTIONS = (
    # two executors of one core, small enough for a machine of two cores
    "--conf", "spark.executor.cores=1",
    "--conf", "spark.cores.max=2",
    "--conf", "spark.executor.memory=700m",
    "--driver-memory", "1g",
    "--conf", "spark.sql.shuffle.partitions=2",
    "--conf", "spark.ui.enabled=false",
    "--conf", "spark.driver.host=127.0.0.1",
)  # fmt: skip


@dataclass
class Standalone:
    """Where it is, and the environment each worker was given."""

    url: str
    mark: str
    root: Path
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def add_worker(self, name: str, env: dict[str, str] | None = None) -> None:
        """A worker with folders of its own for scratch, shuffles and temporary files."""
        place = self.root / name
        # a host of its own: Spark starts no copy of a slow task on the host where that runs
        host = f"127.0.0.{len(self.workers) + 2}"
        for folder in ("local", "tmp", "work"):
            (place / folder).mkdir(parents=True, exist_ok=True)
        own = {
            "SPARK_LOCAL_DIRS": str(place / "local"),
            "TMPDIR": str(place / "tmp"),
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_LOCAL_IP": host,
        }
        command = [
            str(SPARK / "bin" / "spark-class"), "org.apache.spark.deploy.worker.Worker",
            "--host", host, "--cores", "2", "--memory", "6g", "--webui-port", "0",
            "--work-dir", str(place / "work"), self.url,
        ]  # fmt: skip
        log = place / "worker.log"
        self.workers[name] = processes.start(command, self.mark, log, own | (env or {}))
        processes.wait_for(
            f"worker {name}", lambda: "Successfully registered" in log.read_text(errors="replace")
        )

    def executors(self) -> dict[int, str]:
        """Processes of executors, by number."""
        return processes.find(self.mark, "CoarseGrainedExecutorBackend")

    def left_over(self) -> list[str]:
        """Temporary files of ours that no run should leave on a node."""
        return [
            str(path.relative_to(self.root))
            for path in self.root.glob("*/tmp/*")
            if re.match(r"scalebar-|tess_|sempark-", path.name)
        ]


@contextmanager
def started(root: Path, workers: dict[str, dict[str, str]]) -> Iterator[Standalone]:
    """A master and workers by name, with what differs in the environment of each."""
    mark, port = secrets.token_hex(8), processes.free_port()
    cluster = Standalone(f"spark://127.0.0.1:{port}", mark, root)
    command = [
        str(SPARK / "bin" / "spark-class"), "org.apache.spark.deploy.master.Master",
        "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0",
    ]  # fmt: skip
    try:
        log = root / "master.log"
        processes.start(command, mark, log, {"SPARK_DAEMON_MEMORY": "256m"})
        processes.wait_for("the master", lambda: "I have been elected" in log.read_text())
        for name, env in workers.items():
            cluster.add_worker(name, env)
        yield cluster
    finally:
        processes.end(mark)
