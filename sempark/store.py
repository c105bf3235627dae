"""Tables and folders of one run of sempark, on any Hadoop file system.

In: DataFrames, Arrow tables or files, with what they were made from. Out: the same, by name.
A table appears whole or not at all (`versions`).

    <store>/<table>/<version>/       part files, or the folder's own, and manifest.json
                                     (a version that grew reads earlier ones' too: `growth`)
    <store>/<table>/pointers/<number>.json
    <store>/runs/                    a log file a run; events/ holds Spark's
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from sempark import growth
from sempark.tables import TABLES, Refused, Table
from sempark.versions import STAMP, Versions, new_version

Manifest = dict[str, Any]
RESERVED: Final = ("runs", "events")
ARROW_ROWS = 10_000
"""Of an Arrow table brought to Spark at a time; none of them holds pictures."""
FILE_BYTES = 128 << 20
CHECK: Final = ".check-"


class Store:
    """The tables under one path.

    Parameters
    ----------
    spark : SparkSession
        Its Hadoop configuration reaches the path.
    path : str
        Directory or URI; made if it is not there.

    Raises
    ------
    Refused
        The path can't be written.
    """

    def __init__(self, spark: SparkSession, path: str) -> None:
        self.spark = spark
        self.versions = Versions(spark, path)
        self.root = self.versions.root
        self._fetched = tempfile.TemporaryDirectory(prefix="sempark-", ignore_cleanup_errors=True)
        self.check_writable()

    def check_writable(self) -> None:
        """Write an empty file.

        Raises
        ------
        Refused
            It can't be written, with Java's reason.
        """
        try:
            self.versions.put(f"{self.root}/runs/.writable", b"")
        except Py4JJavaError as error:
            first = str(error.java_exception).splitlines()[0]
            raise Refused(f"the store {self.root} can't be written: {first}") from None

    # reading

    def manifest(self, name: str) -> Manifest | None:
        """The manifest of the current version, or None."""
        version = self.versions.current(name)
        return None if version is None else self._manifest(name, version)

    def read(self, name: str) -> DataFrame:
        """The current version of a table.

        Raises
        ------
        Refused
            There is none yet.
        """
        return self._rows(TABLES[name], self._manifest(name, self._version(name)))

    def location(self, name: str) -> str:
        """URI of the current version's directory."""
        return f"{self.root}/{name}/{self._version(name)}"

    def folder(self, name: str) -> Path:
        """A published folder as a local path, fetched once a run when the store is not local."""
        location = self.location(name)
        if self.versions.is_local:
            return self.versions.local(location)
        local = Path(self._fetched.name) / name / location.rpartition("/")[2]
        if not local.exists():
            self.versions.fetch(location, local)
        return local

    # writing

    def write(self, name: str, rows: DataFrame | pa.Table, about: Mapping[str, Any]) -> Manifest:
        """Make rows the current version of a table: all of them, or none.

        Parameters
        ----------
        name : str
            Of a table in `TABLES`.
        rows : DataFrame or pyarrow.Table
            Cast to the table's columns; extra or missing ones are an error.
        about : mapping
            Goes into the manifest as it is (settings, inputs, note, ...).

        Returns
        -------
        manifest : dict
            With rows, status_counts, digest and seconds filled in.
        """
        table = TABLES[name]
        start = time.monotonic()
        version = new_version()
        target = f"{self.root}/{name}/{version}"
        frame = self._frame(rows, table)
        self.versions.sweep(name)
        _writer(frame, table).parquet(f"{target}/rows")
        written = self.spark.read.schema(table.schema).parquet(f"{target}/rows")
        manifest = dict(about) | _content(written, table)
        manifest["seconds"] = time.monotonic() - manifest.pop("started", start)
        return self._switch(table, version, manifest)

    def grow(self, name: str, grown: growth.Grown, about: Mapping[str, Any]) -> Manifest:
        """Make fresh rows, and earlier ones that stay where they are, the current version.

        Parameters
        ----------
        name : str
            Of a table in `TABLES`.
        grown : Grown
            The fresh rows, and the rule that settles all.
        about : mapping
            As in `write`.

        Returns
        -------
        manifest : dict
            As of `write`; ``parts`` names the versions whose files are read, ``changes`` counts
            the rows that read otherwise than they were written.
        """
        table = TABLES[name]
        start = time.monotonic()
        version = new_version()
        self.versions.sweep(name)
        before = self.manifest(name) if grown.keep else None
        fresh = self._frame(grown.fresh, table).withColumn(growth.PART, F.lit(version))
        _writer(fresh, table).parquet(f"{self.root}/{name}/{version}/rows")
        parts = [*_parts(before), version]
        fat = growth.stored(self.spark, table, self._locations(name, parts))
        raw = growth.held(fat, table)
        fat, live = (self._live(rows, table, before, version) for rows in (fat, raw))
        light = growth.light(table)
        settled = grown.settle(live.select(*light), fat.select(*table.names))
        settled = _cast(settled, table, light).persist()
        changes = growth.changes(raw, live, settled, table).persist()
        n_changes = changes.count()
        if n_changes:
            changes.coalesce(1).write.parquet(f"{self.root}/{name}/{version}/changes")
        manifest = dict(about) | _content(settled, table)
        manifest |= {"parts": parts, "changes": n_changes}
        manifest["seconds"] = time.monotonic() - manifest.pop("started", start)
        return self._switch(table, version, manifest)

    def compact(self) -> list[str]:
        """Write tables of many parts or changes as one; returns their names.

        Rows that older code made are left as they are: written again they would pass for today's.
        """
        done = []
        for name, table in TABLES.items():
            manifest = self.manifest(name)
            if (
                manifest is not None
                and manifest["code"] == table.version
                and growth.is_scattered(manifest)
            ):
                about = {k: v for k, v in manifest.items() if k not in growth.FACTS}
                self.write(name, self._rows(table, manifest), about)
                done.append(name)
        return done

    def publish(
        self, name: str, files: Iterable[tuple[str, bytes]] | Path, about: Mapping[str, Any]
    ) -> Manifest:
        """Make files (relative path, content) or a local directory the current folder."""
        start = time.monotonic()
        version = new_version()
        self.versions.sweep(name)
        with tempfile.TemporaryDirectory(prefix="sempark-") as scratch:
            local = files if isinstance(files, Path) else Path(scratch) / name
            if not isinstance(files, Path):
                local.mkdir()
                for relative, content in files:
                    path = local / relative
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
            n_files = sum(path.is_file() for path in local.rglob("*"))
            self.versions.copy_here(local, f"{self.root}/{name}/{version}")
        manifest = dict(about) | {"rows": n_files, "status_counts": {}, "digest": version}
        manifest["seconds"] = time.monotonic() - manifest.pop("started", start)
        return self._switch(TABLES[name], version, manifest)

    def collect_garbage(self) -> list[str]:
        """Remove versions that no pointer names any more; returns their paths."""
        removed = []
        for name in TABLES:
            needed = _parts(self.manifest(name))
            for version in self.versions.present(name):
                if version not in needed:
                    path = f"{self.root}/{name}/{version}"
                    self.versions.remove(path)
                    removed.append(path)
        return removed

    def size(self, name: str) -> int:
        """Bytes of the current version, with what it shares with earlier ones."""
        parts = _parts(self._manifest(name, self._version(name)))
        return sum(self.versions.size(f"{self.root}/{name}/{part}") for part in parts)

    def save_log(self, local: Path) -> str:
        """Move a run's log file into the store; returns where it lies."""
        target = f"{self.root}/runs/{local.name}"
        self.versions.copy_here(local, target)
        local.unlink()
        return target

    def check_from_executors(self) -> None:
        """Write and remove a few rows as tasks do.

        Raises
        ------
        Refused
            The executors can't write where the driver can.
        """
        self._sweep_checks()
        path = f"{self.root}/runs/{CHECK}{new_version()}"
        n = self.spark.sparkContext.defaultParallelism
        try:
            self.spark.range(n).repartition(n).write.parquet(path)
            if self.spark.read.parquet(path).count() != n:
                raise Refused(
                    f"{self.root}: what executors write is not there for the driver: name a "
                    "store.path that all nodes share"
                )
        except PySparkException as error:
            first = str(error).splitlines()[0]
            raise Refused(f"the executors can't write to the store {self.root}: {first}") from None
        finally:
            self.versions.remove(path)

    # the file system

    def _version(self, name: str) -> str:
        version = self.versions.current(name)
        if version is None:
            raise Refused(f"{name} is not there yet: run ./spark-submit.sh {name}")
        return version

    def _manifest(self, name: str, version: str) -> Manifest:
        return dict(json.loads(self.versions.get(f"{self.root}/{name}/{version}/manifest.json")))

    def _rows(self, table: Table, manifest: Manifest) -> DataFrame:
        """The rows that a manifest speaks of."""
        raw = growth.stored(self.spark, table, self._locations(table.name, _parts(manifest)))
        return growth.applied(raw, table, self._changes(table, manifest)).select(*table.names)

    def _live(
        self, raw: DataFrame, table: Table, before: Manifest | None, version: str
    ) -> DataFrame:
        """Stored rows as they were before, and those of a new version in their place."""
        rows = growth.applied(raw, table, self._changes(table, before))
        return rows if before is None else growth.without_superseded(rows, table, version)

    def _locations(self, name: str, parts: Iterable[str]) -> list[str]:
        return [f"{self.root}/{name}/{part}/rows" for part in parts]

    def _changes(self, table: Table, manifest: Manifest | None) -> DataFrame | None:
        if manifest is None or not manifest.get("changes"):
            return None
        place = f"{self.root}/{table.name}/{manifest['version']}/changes"
        return self.spark.read.schema(growth.changes_schema(table)).parquet(place)

    def _sweep_checks(self) -> None:
        """Remove the rows of checks that were killed: those begun over an hour ago."""
        limit = f"{CHECK}{datetime.now(UTC) - timedelta(hours=1):{STAMP}}"
        for name in self.versions.names(f"{self.root}/runs"):
            if name.startswith(CHECK) and name < limit:
                self.versions.remove(f"{self.root}/runs/{name}")

    def _frame(self, rows: DataFrame | pa.Table, table: Table) -> DataFrame:
        if isinstance(rows, pa.Table):
            rows = self._parallelized(rows)
        return _cast(rows, table, table.names)

    def _parallelized(self, rows: pa.Table) -> DataFrame:
        """An Arrow table in few large parts: Spark makes a task and a file of each batch."""
        setting = "spark.sql.execution.arrow.maxRecordsPerBatch"
        before = self.spark.conf.get(setting)
        self.spark.conf.set(setting, ARROW_ROWS)
        try:
            frame = self.spark.createDataFrame(rows)
        finally:
            self.spark.conf.set(setting, str(before))
        files = 1 + rows.nbytes // FILE_BYTES
        return frame.coalesce(max(files, self.spark.sparkContext.defaultParallelism))

    def _switch(self, table: Table, version: str, manifest: Manifest) -> Manifest:
        """Complete the manifest and make the version the current one."""
        manifest |= {
            "table": table.name,
            "version": version,
            "code": table.version,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(manifest, indent=1, default=str)
        self.versions.switch(table.name, version, text.encode())
        return manifest


def _parts(manifest: Manifest | None) -> list[str]:
    """The versions whose files a manifest's rows are in."""
    return [] if manifest is None else list(manifest.get("parts", [manifest["version"]]))


def _cast(rows: DataFrame, table: Table, names: list[str]) -> DataFrame:
    """The named columns in the table's order and types."""
    if set(rows.columns) != set(names):
        raise ValueError(
            f"{table.name}: expected columns {names}, received {rows.columns}: "
            "end the stage in a select of the table's columns"
        )
    columns = [column for column in table.columns if column.name in names]
    return rows.select(*(F.col(c.name).cast(c.type).alias(c.name) for c in columns))


def _writer(frame: DataFrame, table: Table) -> DataFrameWriter:
    """Parquet as it suits the table's columns."""
    writer = frame.write.mode("error")
    if not growth.is_fat(table):
        return writer
    # Fat rows: small row groups, no second compression of JPEG bytes.
    return (
        writer.option("parquet.block.size", 32 << 20)
        .option("parquet.block.row.check.min", 10)
        .option("parquet.enable.dictionary", "false")
        .option("compression", "none")
    )


def _content(rows: DataFrame, table: Table) -> Manifest:
    """Rows, counts by status and a digest that doesn't depend on the order of the rows."""
    # a JPEG's md5 stands beside it: nothing is gained by reading them all again
    hashed = F.xxhash64(*growth.light(table)).cast("decimal(38,0)")
    grouping = ["status"] if "status" in table.names else []
    counts = rows.groupBy(*grouping).agg(F.count(F.lit(1)).alias("n"), F.sum(hashed).alias("sum"))
    found = counts.collect()
    return {
        "rows": sum(row["n"] for row in found),
        "status_counts": {row["status"]: row["n"] for row in found} if grouping else {},
        "digest": f"{sum(int(row['sum'] or 0) for row in found) & ((1 << 128) - 1):032x}",
    }


def free_bytes(path: Path) -> int:
    """Free space of the disk that holds a local path."""
    return shutil.disk_usage(path).free
