"""What every job shares: arguments, session, logging, progress, closing lines, exit codes.

In: a `Stage` (a table's name and the function that builds it) or several in order. Out: the
tables in the store, a line each, and a log file. The only place that configures any of this.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.sql import DataFrame, SparkSession

from sempark import event_logs, hadoop_files, progress, shipping, terminal
from sempark.config import Config, ConfigError, load
from sempark.freshness import Verdict, judge
from sempark.growth import Grown
from sempark.store import Manifest, Store
from sempark.tables import TABLES, PassedOver, Refused

logger = logging.getLogger("sempark")

PACKAGES = (
    "sempark",
    "pyspark",
    "numpy",
    "scikit-learn",
    "tensorflow",
    "opencv-python-headless",
    "pytesseract",
    "pyarrow",
    "faiss-cpu",
    "imagecodecs",
    "tifffile",
    "fastcluster",
    "numba",
)
"""Whose versions stand in every manifest."""


@dataclass(frozen=True)
class Context:
    """What a stage's build function works with."""

    config: Config
    store: Store
    spark: SparkSession
    retry_failed: bool = False
    rehash: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    """What the stage at work adds to its manifest."""

    def read(self, name: str) -> DataFrame:
        """A table that is there."""
        return self.store.read(name)

    def previous(self, name: str) -> DataFrame | None:
        """The table's own rows where they were made with today's settings and code, else None."""
        manifest = self.store.manifest(name)
        verdict = judge(TABLES[name], manifest, self.settings(name), {})
        return None if manifest is None or verdict.needs_force else self.store.read(name)

    def settings(self, name: str) -> dict[str, Any]:
        """The settings that matter to a table."""
        return self.config.subset_of(TABLES[name].settings)

    def digest(self, name: str) -> str:
        """Digest of a table's rows or folder's version."""
        manifest = self.store.manifest(name)
        return str(manifest["digest"]) if manifest else "absent"

    def ship(self, path: str, digest: str) -> str:
        """Send a file or directory to the executors once; returns its name there.

        Names of networks that are no files (``random:1``, ``imagenet``) stay as they are.
        """
        local = Path(path)
        if not local.exists():
            return path
        name = f"{digest[:16]}-{local.name}"
        link = Path(scratch()) / name
        if link.exists():  # sent before
            return name
        if local.is_dir():
            shutil.copytree(local, link)
        else:
            shutil.copy(local, link)
        self.spark.sparkContext.addFile(str(link), recursive=local.is_dir())
        return name

    def partitions(self, name: str, rows: int = 500) -> int:
        """Tasks for work on a table's rows."""
        manifest = self.store.manifest(name) or {"rows": 0}
        return tasks_for(manifest["rows"], self.spark.sparkContext.defaultParallelism, rows)

    def bar(self, label: str) -> AbstractContextManager[Callable[[int, int], None]]:
        """A progress callable for work on the driver."""
        return progress.bar(label)


def tasks_for(n_rows: int, cores: int, rows: int = 500) -> int:
    """Tasks of some `rows` rows each, and at least two a core."""
    return max(2 * cores, n_rows // rows)


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="sempark-", ignore_cleanup_errors=True)


def scratch() -> str:
    """A local directory of this run, removed when it ends."""
    return _scratch().name


Build = Callable[[Context], Any]


def _no_extra(_: Context) -> dict[str, str]:
    return {}


def _never(_: Context, __: Manifest) -> bool:
    return False


def retried(*fine: str) -> Callable[[Context, Manifest], bool]:
    """Whether --retry-failed asks for a table that is up to date: it has rows of other statuses."""
    return lambda context, manifest: (
        context.retry_failed and bool(set(manifest["status_counts"]) - set(fine))
    )


@dataclass(frozen=True)
class Stage:
    """A table and how it is built.

    Attributes
    ----------
    name : str
        Of the table.
    build : callable
        Context to rows (DataFrame, Arrow table, `Grown`) or, for a folder, to its files.
    extra : callable
        Context to digests of inputs that are no tables (a directory's listing, a checkpoint).
    again : callable
        Context and manifest to whether a table that is up to date is made all the same.
    """

    name: str
    build: Build
    extra: Callable[[Context], dict[str, str]] = _no_extra
    again: Callable[[Context, Manifest], bool] = _never


@dataclass(frozen=True)
class Outcome:
    """One stage's closing line: what was made, or that nothing had to be."""

    name: str
    made: bool
    manifest: Manifest
    rows_in: int | None


def main(*stages: Stage, argv: Sequence[str] | None = None) -> int:
    """Run the stages in order and return the exit code: 0, or 1 with one line of reason, or 2."""
    arguments = parse(argv)
    return run(lambda context: [make(context, s, arguments.force) for s in stages], arguments, True)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line that all jobs share."""
    parser = argparse.ArgumentParser(prog="./spark-submit.sh JOB", description=None)
    parser.add_argument("conf", nargs="?", help="TOML file with what differs from the defaults")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--force", action="store_true", help="remake what settings or code changed")
    parser.add_argument("--limit", type=int, metavar="N", help="a seeded sample of N images")
    parser.add_argument("--retry-failed", action="store_true", help="try failed rows again")
    parser.add_argument("--rehash", action="store_true", help="read every source file again")
    return parser.parse_args(argv)


def run(
    work: Callable[[Context], Any], arguments: argparse.Namespace, makes_tables: bool = False
) -> int:
    """Settings, session, log file around the work; every expected failure is one line.

    Spark's event log is that of runs that make tables: a question is not worth one.
    """
    terminal.find()
    sets = list(arguments.set) + ([f"run.limit={arguments.limit}"] if arguments.limit else [])
    try:
        config = load(arguments.conf, sets)
    except ConfigError as error:
        return terminal.fail(str(error), 2)
    log = terminal.start_log()
    events, no_events = event_logs.prepare(
        config.store.path, config.spark.event_logs if makes_tables else 0
    )
    try:
        spark = session(config, events)
    except (Py4JError, RuntimeError) as error:
        logger.exception("no session")
        reason = terminal.first_line(error)
        return terminal.fail(f"Spark did not start: {reason} (traceback in the log: {log})", 1)
    store = None
    try:
        store = Store(spark, config.store.path)
        if no_events:
            logger.warning("%s", no_events)
        work(Context(config, store, spark, arguments.retry_failed, arguments.rehash))
        return 0
    except Refused as refused:
        logger.info("refused: %s", refused)
        return terminal.fail(str(refused), 1)
    except KeyboardInterrupt:
        return terminal.fail("stopped; what was finished is kept, run it again to go on", 130)
    except Exception as error:  # the traceback goes to the log, one line to the user
        logger.exception("failed")
        reason, kept = _reason(store, error), _keep_log(store, log)
        return terminal.fail(f"{reason} (traceback in the log: {kept})", 1)
    finally:
        if log.exists() and _keep_log(store, log) == str(log) and store is not None:
            sys.stderr.write(f"sempark: the store can't take the log of this run: it is {log}\n")
        with suppress(Py4JError, OSError):  # gone already, as was told above
            spark.stop()


def _reason(store: Store | None, error: Exception) -> str:
    """What ended the run: a store that became read-only says so, else the error does."""
    try:
        if store is not None:
            store.check_writable()
    except Refused as refused:
        return str(refused)
    except (Py4JError, OSError):
        logger.info("the session is gone too")
    return terminal.first_line(error)


def _keep_log(store: Store | None, log: Path) -> str:
    """Move the log into the store; where it lies then, still here if the store is full or gone."""
    logging.shutdown()
    try:
        return store.save_log(log) if store is not None else str(log)
    except (Py4JError, OSError):
        return str(log)


def session(config: Config, events: Mapping[str, str] | None = None) -> SparkSession:
    """The Spark session; the master of spark-submit goes over the settings'.

    ``events`` are the settings of its event log, if there is one.
    """
    # Workers must not grab every core a task: one OpenCV and one Tesseract thread each.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    name = Path(sys.argv[0]).stem  # the job's: a list of event logs is told apart by it
    builder = SparkSession.builder.appName(f"sempark {name}".strip())
    given: Callable[[str], bool] = {}.__contains__
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        SparkContext._ensure_initialized()  # joins spark-submit's JVM, which has its properties
        given = SparkConf().contains
    else:
        builder = builder.master(config.spark.master).config("spark.ui.enabled", "false")
    for key, value in (SPARK_SETTINGS | dict(events or {})).items():
        if not given(key):
            builder = builder.config(key, value)
    spark = builder.getOrCreate()
    send_code(spark)
    if any(map(hadoop_files.is_uri, [*config.input.source, *config.input.labels.values()])):
        hadoop_files.share_settings(spark)
    spark.sparkContext.setLogLevel("OFF")  # failures are told in one line; the log has them whole
    return spark


def send_code(spark: SparkSession) -> None:
    """Send the code to the executors, where spark-submit names its zip file and did not itself."""
    if code := spark.conf.get(shipping.CODE, None):
        spark.sparkContext.addPyFile(code)


SPARK_SETTINGS = {
    "spark.sql.parquet.columnarReaderBatchSize": "64",  # rows of images_flat are fat
    "spark.sql.execution.arrow.maxRecordsPerBatch": "64",  # likewise
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.files.maxPartitionBytes": "16m",
    # what is held in memory after a shuffle has few partitions too, not Spark's 200
    "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",  # progress.watch draws the bars
    "spark.sql.ansi.enabled": "true",
    "spark.executorEnv.OMP_THREAD_LIMIT": "1",  # Tesseract's
    "spark.executorEnv.TF_CPP_MIN_LOG_LEVEL": "3",
}
"""Settings the code relies on where conf/spark-*.conf or the command line say nothing."""


def inspect(context: Context, stage: Stage) -> tuple[Verdict, dict[str, str], int | None]:
    """The verdict on a stage's table, its inputs' digests, and rows of its first input."""
    table = TABLES[stage.name]
    manifests = {name: context.store.manifest(name) for name in table.inputs}
    inputs = {name: m["digest"] if m else "absent" for name, m in manifests.items()}
    inputs |= stage.extra(context)
    first = next(iter(manifests.values()), None)
    verdict = judge(table, context.store.manifest(stage.name), context.settings(stage.name), inputs)
    return verdict, inputs, first["rows"] if first else None


def digest_of(context: Context, name: str) -> str:
    """Fingerprint of all that a table is made from now: names a scratch directory to go on in."""
    inputs = {source: context.digest(source) for source in TABLES[name].inputs}
    text = json.dumps([context.settings(name), inputs], sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]


def make(context: Context, stage: Stage, force: bool = False) -> Outcome:
    """Bring one table up to date.

    Raises
    ------
    Refused
        It was made with other settings or older code and ``force`` is not given.
    """
    start = time.monotonic()
    verdict, inputs, rows_in = inspect(context, stage)
    manifest = context.store.manifest(stage.name)
    if verdict.state == "current" and manifest and not stage.again(context, manifest):
        terminal.say(f"{stage.name:<16} up to date ({manifest['rows']:,} rows)")
        return Outcome(stage.name, False, manifest, rows_in)
    if verdict.needs_force and not force:
        raise Refused(
            f"{stage.name} is there with other settings: {verdict.reason}. "
            "Add --force to make it and what follows again, or name another store.path"
        )
    about = {
        "settings": context.settings(stage.name),
        "inputs": inputs,
        "packages": versions(),
        "why": verdict.reason,
    }
    with progress.watch(context.spark.sparkContext, stage.name):
        manifest = _build(context, stage, about, start)
    context.spark.catalog.clearCache()  # what a stage kept of its rows may fill a disk
    terminal.say(closing_line(stage.name, rows_in, manifest))
    return Outcome(stage.name, True, manifest, rows_in)


def _build(context: Context, stage: Stage, about: Mapping[str, Any], start: float) -> Manifest:
    """Build and write; a stage that is passed over leaves an empty table with a note."""
    context.facts.clear()
    try:
        _need_rows(context, stage.name)
        return _write(context, stage.name, stage.build(context), about, start)
    except PassedOver as passed:
        table = TABLES[stage.name]
        folder = table.kind == "folder"
        empty: Any = [] if folder else context.spark.createDataFrame([], table.schema)
        return _write(context, stage.name, empty, dict(about) | {"note": str(passed)}, start)


def _need_rows(context: Context, name: str) -> None:
    """Pass over a stage all of whose inputs are empty, with the note of the first."""
    inputs = [context.store.manifest(source) for source in TABLES[name].inputs]
    if inputs and all(manifest is not None and not manifest["rows"] for manifest in inputs):
        raise PassedOver(next((m["note"] for m in inputs if m and "note" in m), "no rows"))


def _write(
    context: Context, name: str, made: Any, about: Mapping[str, Any], start: float
) -> Manifest:
    built = dict(about) | context.facts | {"started": start}
    if TABLES[name].kind == "folder":
        return context.store.publish(name, made, built)
    if isinstance(made, Grown):
        return context.store.grow(name, made, built)
    return context.store.write(name, made, built)


def closing_line(name: str, rows_in: int | None, manifest: Manifest) -> str:
    """Rows in, rows out, counts by status, seconds, rows a second."""
    seconds = manifest["seconds"]
    words = [f"{name:<16}"]
    if rows_in is not None:
        words.append(f"{rows_in:,} in,")
    words.append(f"{manifest['rows']:,} out, {seconds:.1f} s, {manifest['rows'] / seconds:,.0f}/s")
    counts = sorted(manifest["status_counts"].items(), key=lambda item: -item[1])
    words += [f" {status} {count:,}" for status, count in counts]
    if "note" in manifest:
        words.append(f" passed over: {manifest['note']}")
    return " ".join(words)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that make the numbers."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
