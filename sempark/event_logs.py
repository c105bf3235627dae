"""Spark's event logs below the store: a directory that is there before the session starts.

In: the path of the store, how many runs' logs are kept. Out: the settings of the session to come,
or why there are none. Spark wants the directory first, on whatever file system the store lies, so
the JVM makes it before there is a Spark context. A log is compressed and rolled, that of a day's
work some megabytes; a store keeps those of the newest runs, and what is older goes when the next
one starts. Source: spark.apache.org/docs/latest/monitoring.html.
"""

from __future__ import annotations

from typing import Any, Final

from py4j.protocol import Py4JJavaError
from pyspark import SparkContext

FOLDER: Final = "events"
"""Of the store."""
ROLL: Final = "32m"
"""Largest file of a log that is rolled, compressed."""


def prepare(store: str, keep: int) -> tuple[dict[str, str], str]:
    """Make the directory, sweep old logs, and say how Spark is to write the next one.

    Parameters
    ----------
    store : str
        Directory or URI.
    keep : int
        Logs that are kept, that of this run included; 0: none is written.

    Returns
    -------
    settings : dict of str to str
        For the session; empty where the user's own settings decide, or a session is there already.
    why_not : str
        Why no log can be written there; empty else.
    """
    if keep <= 0 or SparkContext._active_spark_context is not None:
        return {}, ""
    SparkContext._ensure_initialized()  # the JVM without a context
    jvm: Any = SparkContext._jvm
    given = jvm.org.apache.spark.SparkConf(True)
    if given.contains("spark.eventLog.enabled"):
        return {}, ""
    try:
        hadoop = jvm.org.apache.spark.deploy.SparkHadoopUtil.get().newConfiguration(given)
        path = jvm.org.apache.hadoop.fs.Path(f"{store.rstrip('/')}/{FOLDER}")
        files = path.getFileSystem(hadoop)
        folder = files.makeQualified(path)
        files.mkdirs(folder)
        # a directory that is there and can't be written would end the session, not the log
        files.create(jvm.org.apache.hadoop.fs.Path(folder, ".writable"), True).close()
        _sweep(files, folder, keep - 1)
    except Py4JJavaError as error:
        first = str(error.java_exception).splitlines()[0]
        return {}, f"Spark's event log is off for this run: {store}/{FOLDER}: {first}"
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": str(folder),
        "spark.eventLog.compress": "true",
        "spark.eventLog.rolling.enabled": "true",
        "spark.eventLog.rolling.maxFileSize": ROLL,
    }, ""


def _sweep(files: Any, folder: Any, keep: int) -> None:
    """Remove the logs of all but the newest runs, by the time of their newest file."""
    logs = [log for log in files.listStatus(folder) if log.getPath().getName()[0] != "."]
    if len(logs) <= keep:
        return
    times = []
    for log in logs:  # object stores make up the time of a directory
        parts = list(files.listStatus(log.getPath())) or [log]
        newest = max(part.getModificationTime() for part in parts)
        times.append((newest, log.getPath().getName(), log.getPath()))
    times.sort(key=lambda one: one[:2], reverse=True)
    for _, _, path in times[keep:]:
        files.delete(path, True)
