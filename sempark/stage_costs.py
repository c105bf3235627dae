"""Where the time of a run's Spark stages went, from its event log.

In: a finished event log, a file or a rolled folder, plain or zstd. Out: a `StageCost` a stage, with
the seconds of its tasks split into the work and what Spark adds to it. A task's time is that from
launch to finish on the driver's clock; what neither the executor's run nor serialization accounts
for is scheduling, as Spark's own pages reckon it. Python's share is what the workers report.
Source: spark.apache.org/docs/latest/monitoring.html, org.apache.spark.ui.jobs.TaskDetails.
"""

from __future__ import annotations

import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa

PYTHON_START = ("time to start Python workers", "time to initialize Python workers")
PYTHON_CODE = "time to execute Python code"


@dataclass(frozen=True)
class StageCost:
    """Of one stage, or of several added up; seconds are those of all its tasks together.

    Attributes
    ----------
    tasks, failed : int
        Attempts of tasks, and those of them that failed or were killed.
    wall : float
        Seconds from the first submission to the completion; of several stages the sum.
    slots : float
        Seconds from launch to finish: what the tasks held their cores.
    scheduling : float
        Sending the task and taking its result: no executor worked on it.
    serialization : float
        Unpacking the task, packing its result, fetching that.
    python_start : float
        Starting Python workers and reading the function and its broadcasts.
    python_code : float
        The function at work on its batches.
    gc : float
        The executor's JVM collecting garbage while the task ran.
    shuffle : float
        Waiting for blocks of other tasks, writing blocks for them.
    rest : float
        The JVM's own work: Parquet, Arrow, sorting, sending rows to Python and back.
    read_bytes, written_bytes, shuffled_bytes : int
        Of files, and written for a shuffle.
    """

    tasks: int = 0
    failed: int = 0
    wall: float = 0.0
    slots: float = 0.0
    scheduling: float = 0.0
    serialization: float = 0.0
    python_start: float = 0.0
    python_code: float = 0.0
    gc: float = 0.0
    shuffle: float = 0.0
    rest: float = 0.0
    read_bytes: int = 0
    written_bytes: int = 0
    shuffled_bytes: int = 0

    def __add__(self, other: StageCost) -> StageCost:
        return StageCost(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(StageCost)}
        )


@dataclass(frozen=True)
class Run:
    """One application: seconds from its start to its end, and its stages by number."""

    seconds: float
    stages: dict[int, StageCost]

    @property
    def total(self) -> StageCost:
        """All stages together."""
        return sum(self.stages.values(), StageCost())


def read(log: Path) -> Run:
    """Read one event log.

    Parameters
    ----------
    log : Path
        A file, or a folder ``eventlog_v2_...`` of rolled files.

    Raises
    ------
    ValueError
        It is not finished, holds no application, or is packed by another codec than zstd.
    """
    stages: defaultdict[int, StageCost] = defaultdict(StageCost)
    start = end = None
    for event in _events(log):
        kind = event["Event"]
        if kind == "SparkListenerApplicationStart":
            start = event["Timestamp"]
        elif kind == "SparkListenerApplicationEnd":
            end = event["Timestamp"]
        elif kind == "SparkListenerTaskEnd":
            stages[event["Stage ID"]] += of_task(event)
        elif kind == "SparkListenerStageCompleted":
            info = event["Stage Info"]
            # a stage that failed before it began has no times
            if "Submission Time" in info and "Completion Time" in info:
                wall = (info["Completion Time"] - info["Submission Time"]) / 1e3
                stages[info["Stage ID"]] += StageCost(wall=wall)
    if start is None or end is None:
        raise ValueError(f"{log}: expected the events of a whole run, its start or end is missing")
    return Run((end - start) / 1e3, dict(sorted(stages.items())))


def of_task(event: Mapping[str, Any]) -> StageCost:
    """What one attempt of a task took; ``event`` is its SparkListenerTaskEnd."""
    info, metrics = event["Task Info"], event.get("Task Metrics")
    slots = (info["Finish Time"] - info["Launch Time"]) / 1e3
    failed = int(info["Failed"] or info["Killed"])
    if not metrics:  # lost with its executor
        return StageCost(1, failed, slots=slots, rest=slots)
    fetched = info["Getting Result Time"]
    serialization = (
        metrics["Executor Deserialize Time"]
        + metrics["Result Serialization Time"]
        + (info["Finish Time"] - fetched if fetched else 0)
    ) / 1e3
    run = metrics["Executor Run Time"] / 1e3
    python = {name: 0.0 for name in (*PYTHON_START, PYTHON_CODE)}
    for one in info.get("Accumulables", ()):
        if one.get("Name") in python:  # a stage may hold several functions
            python[one["Name"]] += float(one["Update"]) / 1e3
    python_start = sum(python[name] for name in PYTHON_START)
    gc = metrics["JVM GC Time"] / 1e3
    reads, writes = metrics["Shuffle Read Metrics"], metrics["Shuffle Write Metrics"]
    shuffle = reads["Fetch Wait Time"] / 1e3 + writes["Shuffle Write Time"] / 1e9
    known = python_start + python[PYTHON_CODE] + gc + shuffle
    return StageCost(
        1,
        failed,
        slots=slots,
        # clocks of two machines, and milliseconds cut off: never below nothing
        scheduling=max(0.0, slots - run - serialization),
        serialization=serialization,
        python_start=python_start,
        python_code=python[PYTHON_CODE],
        gc=gc,
        shuffle=shuffle,
        rest=max(0.0, run - known),
        read_bytes=metrics["Input Metrics"]["Bytes Read"],
        written_bytes=metrics["Output Metrics"]["Bytes Written"],
        shuffled_bytes=writes["Shuffle Bytes Written"],
    )


def _events(log: Path) -> Iterator[dict[str, Any]]:
    for file in _files(log):
        with file.open("rb") as raw:
            plain: Any = raw
            if file.suffix == ".zstd":
                plain = pa.CompressedInputStream(raw, "zstd")
            for line in io.TextIOWrapper(io.BytesIO(plain.read()), encoding="utf-8"):
                yield json.loads(line)


def _files(log: Path) -> list[Path]:
    """The files of a log in order."""
    unfinished = [log] if log.is_file() else list(log.glob("appstatus_*"))
    if any(path.name.endswith(".inprogress") for path in unfinished):
        raise ValueError(f"{log}: expected a finished log, the run goes on or was killed")
    found = [log] if log.is_file() else list(log.glob("events_*"))
    packed = [path.name for path in found if path.suffix in (".lz4", ".lzf", ".snappy")]
    if not found or packed:
        raise ValueError(f"{log}: expected event files, plain or zstd, received {packed or 'none'}")
    return sorted(found, key=_number)


def _number(file: Path) -> int:
    rolled = re.match(r"events_(\d+)_", file.name)
    return int(rolled[1]) if rolled else 0
