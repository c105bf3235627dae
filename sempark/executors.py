"""What every executor of a session has to work with, and what is wrong with it.

In: a Spark session and what the settings need. Out: a `Node` an executor, with its problems in
plain words. One task a core is started at once (barrier mode), so that no executor is left out.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from py4j.protocol import Py4JJavaError
from pyspark import BarrierTaskContext
from pyspark.sql import SparkSession

from sempark import hadoop_files, sources
from sempark.scalebar import ocr
from sempark.tables import Refused

LEAST_MEMORY_GB = 1.5
"""Of a task: TensorFlow, OpenCV and Tesseract together take about that much."""
LEAST_DISK_GB = 2.0
MOST_SKEW_SECONDS = 5.0
SETTLED_SECONDS = 2.0
START_SECONDS = 180.0
"""A standalone cluster gives executors one after the other, and says not how many will come."""
NUMBERS = (
    "sempark",
    "numpy",
    "tensorflow",
    "opencv-python-headless",
    "imagecodecs",
    "tifffile",
    "pyarrow",
    "faiss-cpu",
)
"""Packages whose versions must be equal everywhere: they make the numbers."""


@dataclass(frozen=True)
class Needs:
    """What the executors are held against.

    Attributes
    ----------
    python : str
        Version of the driver's Python.
    versions : mapping
        The driver's packages.
    engine : str
        Of the scale reader, ``tesseract`` or ``tesserocr``.
    tesseract : str
        Its version on the driver.
    directories : sequence of str
        Sources and label sets that tasks read.
    """

    python: str
    versions: Mapping[str, str]
    engine: ocr.Engine
    tesseract: str
    directories: Sequence[str]


@dataclass(frozen=True)
class Node:
    """One executor.

    Attributes
    ----------
    host, executor : str
        Name of the machine; the directory it works in, its own on a cluster.
    cores : int
        Tasks that ran there at once.
    python, tesseract : str
        Versions; of Tesseract also why there is none.
    memory_gb, disk_gb : float
        Free at the moment of asking.
    problems : tuple of str
        What must be mended, each with a remedy; empty when all is well.
    """

    host: str
    executor: str
    cores: int
    python: str
    tesseract: str
    memory_gb: float
    disk_gb: float
    problems: tuple[str, ...]


def survey(spark: SparkSession, needs: Needs) -> list[Node]:
    """Ask every executor; sorted by host.

    Parameters
    ----------
    spark : SparkSession
    needs : Needs

    Returns
    -------
    list of Node

    Raises
    ------
    Refused
        No executor came, or their Python does not start.
    """
    context = spark.sparkContext
    n = _slots(spark)
    start = time.time()
    tasks = context.parallelize(range(n), n).barrier().mapPartitions(lambda _: _asked(needs))
    try:
        answers: list[dict[str, Any]] = tasks.collect()
    except Py4JJavaError as error:
        raise Refused(_unasked(str(error.java_exception))) from error
    end = time.time()
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for answer in answers:
        groups.setdefault((answer["host"], answer["executor"]), []).append(answer)
    return [
        Node(
            host,
            executor,
            len(group),
            group[0]["python"],
            group[0]["tesseract"],
            group[0]["memory_gb"],
            group[0]["disk_gb"],
            tuple(problems(group[0], needs, len(group), (start, end))),
        )
        for (host, executor), group in sorted(groups.items())
    ]


def _slots(spark: SparkSession) -> int:
    """Tasks that all executors run at once, when no more executors come; Refused where none does.

    Not the default parallelism, which is two at least: so many tasks may never run at once.
    """
    jvm_context: Any = spark.sparkContext._jsc.sc()
    profile = jvm_context.resourceProfileManager().defaultResourceProfile()
    start = time.monotonic()
    seen, since = 0, start
    while not seen or time.monotonic() - since < SETTLED_SECONDS:
        found = int(jvm_context.maxNumConcurrentTasks(profile))
        if found != seen:
            seen, since = found, time.monotonic()
        if seen and str(spark.sparkContext.master).startswith("local"):
            break  # the driver is the executor
        if not seen and time.monotonic() - start > START_SECONDS:
            raise Refused(
                f"{spark.sparkContext.master} gave no executor in {START_SECONDS:.0f} s: are there "
                "workers, with as many cores and as much memory free as an executor asks for?"
            )
        time.sleep(0.2)
    return seen


def _unasked(said: str) -> str:
    """Why executors could not answer, by what Spark says of the task that failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named = [line for line in lines if re.search("Error|Exception|Cannot run", line)]
    last = re.sub(r"^(Caused by: )?([\w.$]+: )+", "", (named or lines or ["no message"])[-1])
    return (
        f"the executors' Python can't be asked: {last}; install the driver's Python there at the "
        "same path, or ship it: ./spark-submit.sh pack, then spark.packed"
    )


def problems(
    answer: Mapping[str, Any], needs: Needs, cores: int, asked: tuple[float, float]
) -> Iterator[str]:
    """Compare one executor's answer with what is needed.

    Parameters
    ----------
    answer : mapping
        As `ask` gives it.
    needs : Needs
    cores : int
        Tasks at once on that executor.
    asked : (float, float)
        Seconds since the epoch on the driver, before and after the question.
    """
    if answer["python"] != needs.python:
        yield (
            f"Python {answer['python']}, the driver has {needs.python}: set PYSPARK_PYTHON to the "
            "same, or ship it by ./spark-submit.sh pack"
        )
    for name, version in needs.versions.items():
        found = answer["versions"].get(name, "not installed")
        if found != version:
            yield f"{name} {found}, the driver has {version}: install the same there"
    if not answer["opencv"]:
        yield "OpenCV does not give back a picture it has written: install its headless wheel anew"
    if answer["no_tesseract"]:
        yield answer["no_tesseract"] + (
            '; or set scale.engine = "tesserocr", which the archive of ./spark-submit.sh pack has'
            if needs.engine == "tesseract"
            else ""
        )
    elif answer["tesseract"] != needs.tesseract:
        yield (
            f"Tesseract {answer['tesseract']}, the driver has {needs.tesseract}: it may read "
            "otherwise; install the same there"
        )
    wanted = cores * LEAST_MEMORY_GB
    if answer["memory_gb"] < wanted:
        yield (
            f"{answer['memory_gb']:.1f} GB of memory free, {cores} tasks at once need some "
            f"{wanted:.1f}: fewer cores an executor, or more memory"
        )
    if answer["disk_gb"] < LEAST_DISK_GB:
        yield f"{answer['disk_gb']:.1f} GB free in {answer['scratch']}: make room, or set TMPDIR"
    for directory in answer["unreadable"]:
        relative = not (hadoop_files.is_uri(directory) or Path(directory).is_absolute())
        yield f"can't list {directory}: " + (
            "it is relative, and executors work in directories of their own: write it from /"
            if relative
            else "mount it there, or copy it to a file system all nodes see"
        )
    start, end = asked
    skew = max(start - answer["time"], answer["time"] - end, 0.0)
    if skew > MOST_SKEW_SECONDS:
        yield f"its clock is {skew:.0f} s off the driver's: set it by NTP"


def ask(needs: Needs) -> dict[str, Any]:
    """What this process has; runs on an executor."""
    scratch = tempfile.gettempdir()
    memory = Path("/proc/meminfo")
    kb = [line.split()[1] for line in memory.read_text().splitlines() if "MemAvailable" in line]
    try:
        tesseract, no_tesseract = ocr.available(needs.engine), ""
    except ocr.EngineError as error:
        tesseract, no_tesseract = "none", str(error)
    return {
        "host": platform.node(),
        "executor": str(Path.cwd()),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in needs.versions},
        "opencv": _opencv_works(),
        "tesseract": tesseract,
        "no_tesseract": no_tesseract,
        "memory_gb": int(kb[0]) / 1e6,
        "disk_gb": shutil.disk_usage(scratch).free / 1e9,
        "scratch": scratch,
        "unreadable": [path for path in needs.directories if not _listable(path)],
        "time": time.time(),
    }


def _asked(needs: Needs) -> Iterator[dict[str, Any]]:
    BarrierTaskContext.get().barrier()  # all are asked at once: a slow start is no slow clock
    yield ask(needs)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _opencv_works() -> bool:
    gray = np.arange(64, dtype=np.uint8).reshape(8, 8)
    made, content = cv2.imencode(".png", gray)
    back = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    return made and back is not None and np.array_equal(back, gray)


def _listable(path: str) -> bool:
    there = sources.is_directory(path)
    return there and (hadoop_files.is_uri(path) or os.access(path, os.R_OK | os.X_OK))
