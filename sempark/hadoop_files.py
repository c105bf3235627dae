"""Files of any Hadoop file system, seen from the driver and from a worker.

In: URIs such as ``hdfs://host/data`` or ``s3a://bucket/data``. Out: entries and bytes, as
`sempark.sources` gives them of local directories; what a scheme can't say is null.

Spark's own readers leave out names that begin with a dot or an underscore and empty files, and
give no file over 2 GiB. So the directories are listed by Hadoop's `FileSystem`, through the
driver's JVM; and a worker, which has no way into its executor's JVM, starts a small one of its own
on that one's class path when it first meets a URI. Bytes come by a scratch file and not through
the connection, digests are made over there. The settings (`spark.hadoop.*`, the cluster's XML
files) travel with the tasks.

Source: Hadoop's filesystem specification, hadoop.apache.org.
"""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JJavaError
from pyspark import SparkFiles, TaskContext
from pyspark.sql import SparkSession

PROPERTY: Final = "sempark.hadoop"
"""Local property of the Spark context that carries the settings to the tasks."""
_ERRORS: Final = {
    "FileNotFoundException": errno.ENOENT,
    "AccessControlException": errno.EACCES,
    "AccessDeniedException": errno.EACCES,
}


def is_uri(path: str) -> bool:
    """Whether a path names a file system by its scheme."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) is not None


def share_settings(spark: SparkSession) -> None:
    """Give the tasks that this thread starts from now on the driver's Hadoop settings."""
    jvm: Any = spark._jvm
    text = jvm.java.io.StringWriter()
    # not dumpConfiguration: it blacks out the keys of an object store
    spark.sparkContext._jsc.hadoopConfiguration().writeXml(text)
    named = {
        str(one.findtext("name")): str(one.findtext("value") or "")
        for one in ElementTree.fromstring(str(text.toString()))
        # the defaults are the same everywhere: some dozens of settings are left of a thousand
        if not str(one.findtext("source")).endswith("-default.xml")
    }
    spark.sparkContext.setLocalProperty(PROPERTY, json.dumps(named))


@contextmanager
def translated() -> Iterator[None]:
    """What Java throws, as an OSError with the first line of its message."""
    try:
        yield
    except Py4JJavaError as error:
        name = str(error.java_exception.getClass().getSimpleName())
        said = str(error.java_exception.getMessage() or name).splitlines()[0]
        raise OSError(_ERRORS.get(name, errno.EIO), said) from None


@dataclass(frozen=True)
class Status:
    """A name in a directory; of a directory no size and time, which object stores make up."""

    name: str
    is_directory: bool
    size: int | None
    modified_us: int | None


def list_directory(uri: str) -> list[Status]:
    """What a directory holds, by name.

    Raises
    ------
    OSError
        No such directory, or it may not be read.
    """
    jvm, configuration = _own()
    with translated():
        place, system = _at(jvm, configuration, uri)
        if not system.getFileStatus(place).isDirectory():
            raise OSError(errno.ENOTDIR, "no directory")
        found = [_status(status) for status in system.listStatus(place)]
    return sorted(found, key=lambda status: status.name.encode())


def status(uri: str) -> Status:
    """What is said of one path; FileNotFoundError where there is nothing."""
    jvm, configuration = _own()
    with translated():
        place, system = _at(jvm, configuration, uri)
        return _status(system.getFileStatus(place))


def _status(found: Any) -> Status:
    name = str(found.getPath().getName())
    if found.isDirectory():
        return Status(name, True, None, None)
    # 0: a scheme without times
    modified_us = int(found.getModificationTime()) * 1000 or None
    return Status(name, False, int(found.getLen()), modified_us)


def md5_and_head(uri: str, head_bytes: int) -> tuple[str, bytes]:
    """MD5 of a file's content, read in blocks by the JVM, and its first bytes."""
    jvm, configuration = _own()
    with translated():
        place, system = _at(jvm, configuration, uri)
        stream = system.open(place)
        try:
            md5 = str(jvm.org.apache.commons.codec.digest.DigestUtils.md5Hex(stream))
            stream.seek(0)
            size = min(head_bytes, int(system.getFileStatus(place).getLen()))
            head = bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(stream, size))
        finally:
            stream.close()
        return md5, head


def read(uri: str) -> bytes:
    """A file's content."""
    jvm, configuration = _own()
    with tempfile.TemporaryDirectory(prefix="sempark-") as scratch, translated():
        place, system = _at(jvm, configuration, uri)
        copy = Path(scratch) / "copy"
        # raw: without a checksum file beside the copy
        system.copyToLocalFile(False, place, jvm.org.apache.hadoop.fs.Path(f"file://{copy}"), True)
        return copy.read_bytes()


def _at(jvm: Any, configuration: Any, uri: str) -> tuple[Any, Any]:
    place = jvm.org.apache.hadoop.fs.Path(uri)
    return place, place.getFileSystem(configuration)


def _own() -> tuple[Any, Any]:
    """The way of this process into a JVM, and the settings there."""
    context = TaskContext.get()
    if context is None:  # the driver has one already
        spark = SparkSession.getActiveSession()
        if spark is None:
            raise RuntimeError("expected a Spark session or task, found neither: start one")
        return spark._jvm, spark.sparkContext._jsc.hadoopConfiguration()
    return _worker_jvm(context.getLocalProperty(PROPERTY) or "{}")


@cache
def _worker_jvm(settings: str) -> tuple[Any, Any]:
    """A small JVM of this worker's own; it ends with the worker."""
    java, class_path = _executor()
    jars = [*class_path, *map(str, Path(SparkFiles.getRootDirectory()).glob("*.jar"))]
    gateway = JavaGateway.launch_gateway(
        jarpath=next((jar for jar in jars if Path(jar).name.startswith("py4j-")), ""),
        classpath=os.pathsep.join(jars),
        javaopts=["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
        java_path=java,
        die_on_exit=True,
        enable_auth=True,
    )
    jvm: Any = gateway.jvm
    configuration = jvm.org.apache.hadoop.conf.Configuration()
    for key, value in json.loads(settings).items():
        configuration.set(key, value)
    return jvm, configuration


def _executor() -> tuple[str | None, list[str]]:
    """The Java program and the class path of the executor that this worker belongs to."""
    java, listed = None, os.environ.get("CLASSPATH", "")  # YARN hands it on by its environment
    process = os.getppid()
    while java is None and process > 1:
        words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
        if Path(words[0]).name == "java":
            java = str(Path(f"/proc/{process}/exe").readlink())
            for option, value in pairwise(words):
                if option in ("-cp", "-classpath"):
                    listed = os.pathsep.join([value, listed])
        # the name in parentheses may hold anything: state and parent follow it
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    found = []
    for entry in filter(None, listed.split(os.pathsep)):
        jars = sorted(map(str, Path(entry[:-1]).glob("*.jar"))) if entry.endswith("*") else [entry]
        found += jars
    return java, found
