"""HDFS and YARN on loopback: Hadoop's own clusters of one process, driven from here.

A small JVM of the test's holds them (`org.apache.hadoop:hadoop-client-minicluster` from Maven
Central), reached as PySpark reaches its own; further node managers are processes that can be
killed. What the cluster's clients need lies in a folder for HADOOP_CONF_DIR.
"""

import hashlib
import logging
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspark
from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JJavaError

from tests.cluster import processes

JARS = Path(pyspark.__file__).parent / "jars"
POM = Path(__file__).parent / "pom.xml"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
OPTIONS = (
    "--conf", f"spark.yarn.jars=local:{JARS}/*",  # else every run uploads 400 MB of them
    "--conf", "spark.executor.instances=2",
    "--conf", "spark.executor.cores=1",
    "--conf", "spark.executor.memory=700m",
    "--conf", "spark.executor.memoryOverhead=1300m",
    "--conf", "spark.driver.memoryOverhead=1g",
    "--driver-memory", "1g",
    "--conf", "spark.sql.shuffle.partitions=2",
    "--conf", "spark.ui.enabled=false",
    "--conf", "spark.yarn.submit.waitAppCompletion=true",
)  # fmt: skip


def fetched(root: Path) -> Path:
    """A folder below root with the jars of pom.xml, fetched once by Maven."""
    wanted = POM.read_bytes() + hadoop_version().encode()
    folder = root / f"cluster-jars-{hashlib.md5(wanted).hexdigest()[:8]}"
    done = folder / "done"
    if not done.exists():
        command = ["mvn", "-q", "-B", "-f", str(POM), f"{PLUGIN}:copy-dependencies",
                   f"-Dhadoop.version={hadoop_version()}",
                   f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]  # fmt: skip
        subprocess.run(command, check=True)
        done.touch()
    return folder


def hadoop_version() -> str:
    """Of the Hadoop jars in pyspark."""
    (jar,) = JARS.glob("hadoop-client-api-*.jar")
    return jar.stem.removeprefix("hadoop-client-api-")


@dataclass
class Hadoop:
    """The clusters, and the folder that tells clients about them."""

    jvm: Any
    dfs: Any
    yarn: Any
    conf_dir: Path
    root: Path
    mark: str
    class_path: str

    @property
    def uri(self) -> str:
        return str(self.dfs.getURI())

    def put(self, local: Path, uri: str) -> None:
        """A local file or folder into HDFS."""
        self.dfs.getFileSystem().copyFromLocalFile(self._path(f"file://{local}"), self._path(uri))

    def fetch(self, uri: str, local: Path) -> Path:
        """A folder of HDFS as a local one."""
        target = self._path(f"file://{local}")
        self.dfs.getFileSystem().copyToLocalFile(False, self._path(uri), target, True)
        return local

    def is_there(self, uri: str) -> bool:
        return bool(self.dfs.getFileSystem().exists(self._path(uri)))

    def environment(self) -> dict[str, str]:
        """What tells a client where the clusters are."""
        return {"HADOOP_CONF_DIR": str(self.conf_dir), "YARN_CONF_DIR": str(self.conf_dir)}

    def add_node(self, name: str) -> None:
        """One more node manager, as a process of its own that can be killed."""
        place = self.root / name
        place.mkdir()
        conf = self.jvm.org.apache.hadoop.yarn.conf.YarnConfiguration(self.yarn.getConfig())
        for key in ("address", "localizer.address", "webapp.address", "collector-service.address"):
            conf.set(f"yarn.nodemanager.{key}", "127.0.0.1:0")
        for key in ("local-dirs", "log-dirs"):
            conf.set(f"yarn.nodemanager.{key}", f"{place}/{key}")
        self._write(conf, place / "conf")
        command = ["java", "-Xmx256m", "-cp", f"{place}/conf{os.pathsep}{self.class_path}",
                   "org.apache.hadoop.yarn.server.nodemanager.NodeManager"]  # fmt: skip
        before = self.nodes()
        processes.start(command, self.mark, place / "node.log")
        processes.wait_for(f"node manager {name}", lambda: self.nodes() == before + 1)

    def _write(self, conf: Any, folder: Path) -> None:
        """Configuration files for clients, without what only the small clusters' own JVM knows."""
        conf = self.jvm.org.apache.hadoop.conf.Configuration(conf)
        conf.unset("net.topology.node.switch.mapping.impl")
        folder.mkdir(exist_ok=True)
        writer = self.jvm.java.io.FileWriter(f"{folder}/core-site.xml")
        conf.writeXml(writer)
        writer.close()
        for name in ("yarn-site.xml", "hdfs-site.xml"):
            shutil.copy(folder / "core-site.xml", folder / name)

    def nodes(self) -> int:
        """Node managers that the resource manager counts on."""
        metrics = self.yarn.getResourceManager().getResourceScheduler()
        return int(metrics.getNumClusterNodes())

    def _path(self, path: str) -> Any:
        return self.jvm.org.apache.hadoop.fs.Path(path)


@contextmanager
def started(root: Path, jars: Path, n_nodes: int = 2) -> Iterator[Hadoop]:
    """HDFS with two data nodes and YARN with node managers."""
    mark = secrets.token_hex(8)
    names = ("hadoop-client-minicluster", "junit", "opentest4j", "apiguardian", "bc")
    own = [jar for jar in sorted(jars.glob("*.jar")) if jar.name.startswith(names)]
    class_path = os.pathsep.join([*map(str, own), f"{JARS}/*"])
    os.environ[processes.MARK] = mark
    root.mkdir(parents=True, exist_ok=True)
    (root / "tmp").mkdir(exist_ok=True)
    log = (root / "hadoop.log").open("a", encoding="utf-8")
    try:
        gateway = JavaGateway.launch_gateway(
            jarpath=str(next(JARS.glob("py4j-*.jar"))),
            classpath=class_path,
            javaopts=[
                "-Xmx700m",
                "-Dlog4j2.level=WARN",
                f"-Djava.io.tmpdir={root}/tmp",
                *_opened(),
            ],
            die_on_exit=True,
            redirect_stdout=log,
            redirect_stderr=log,
        )
        del os.environ[processes.MARK]
        try:
            found = _clusters(gateway.jvm, root, mark, class_path, n_nodes)
        except Py4JJavaError as error:
            raise RuntimeError(str(error)) from None  # its words come from the JVM that ends here
        yield found
    finally:
        os.environ.pop(processes.MARK, None)
        logging.getLogger("py4j").setLevel(
            logging.CRITICAL
        )  # it says of each object that it is gone
        processes.end(mark)
        log.close()


def _opened() -> Sequence[str]:
    return [
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--add-opens=java.base/java.util=ALL-UNNAMED",
    ]


def _clusters(jvm: Any, root: Path, mark: str, class_path: str, n_nodes: int) -> Hadoop:
    hadoop = jvm.org.apache.hadoop
    conf = hadoop.yarn.conf.YarnConfiguration()
    for key, value in {
        "hdfs.minidfs.basedir": f"{root}/dfs",
        "dfs.replication": "2",
        "dfs.namenode.heartbeat.recheck-interval": "2000",
        "dfs.heartbeat.interval": "1",
        "dfs.client.block.write.replace-datanode-on-failure.policy": "NEVER",
        "dfs.permissions.enabled": "false",
        "yarn.nodemanager.resource.memory-mb": "8192",
        "yarn.nodemanager.resource.cpu-vcores": "8",
        "yarn.scheduler.minimum-allocation-mb": "256",
        "yarn.nodemanager.pmem-check-enabled": "false",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.5",
        "yarn.nodemanager.delete.debug-delay-sec": "0",
        # a container gets no other variable; by the mark its processes are found and ended
        "yarn.nodemanager.env-whitelist": f"JAVA_HOME,HADOOP_CONF_DIR,PATH,LANG,{processes.MARK}",
        "yarn.nm.liveness-monitor.expiry-interval-ms": "20000",
        "yarn.scheduler.capacity.maximum-am-resource-percent": "1.0",
        "yarn.scheduler.capacity.root.queues": "default",
        "yarn.scheduler.capacity.root.default.capacity": "100",
        # containers spread over the nodes
        "yarn.scheduler.capacity.per-node-heartbeat.multiple-assignments-enabled": "false",
        "yarn.minicluster.fixed.ports": "false",
    }.items():
        conf.set(key, value)
    builder = getattr(jvm.org.apache.hadoop.hdfs, "MiniDFSCluster$Builder")
    dfs = builder(conf).numDataNodes(2).build()
    dfs.waitActive()
    conf.set("fs.defaultFS", str(dfs.getURI()))
    jvm.System.setProperty("test.build.data", f"{root}/yarn")
    yarn = hadoop.yarn.server.MiniYARNCluster("sempark", n_nodes, 1, 1)
    yarn.init(conf)
    yarn.start()
    found = Hadoop(jvm, dfs, yarn, root / "conf", root, mark, class_path)
    found._write(yarn.getConfig(), found.conf_dir)
    processes.wait_for("the node managers", lambda: found.nodes() == n_nodes)
    return found
