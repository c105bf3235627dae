"""Part of report: the tables it is made from, and what every part asks of them.

In: tables and manifests by name. Out: counts, the labelled images, the order of the categories.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sempark.figures.exhibit import Cell
from sempark.tables import CATEGORIES


@dataclass(frozen=True)
class Source:
    """What the report is made from.

    Attributes
    ----------
    read : callable
        Name to table.
    manifests : mapping
        Name to manifest.
    untrained : sequence of str
        Checkpoints that are untrained networks.
    """

    read: Callable[[str], DataFrame]
    manifests: Mapping[str, Mapping[str, object]]
    untrained: Sequence[str]

    def lacks(self, *names: str) -> str:
        """Say why the first table without rows has none; empty where all have some."""
        for name in names:
            manifest = self.manifests.get(name)
            if manifest is None:
                return f"the table {name} has not been made."
            if not manifest.get("rows"):
                return f"{manifest.get('note') or f'the table {name} has no rows'}."
        return ""

    def setting(self, table: str, key: str) -> object:
        """Give a setting that a table was made with, or None."""
        settings = self.manifests.get(table, {}).get("settings")
        return settings.get(key) if isinstance(settings, Mapping) else None

    def counts(self, rows: DataFrame, *by: str | Column) -> list[tuple[Cell, ...]]:
        """Count rows by columns; sorted."""
        found = rows.groupBy(*by).agg(F.count(F.lit(1)).alias("n")).toArrow()
        return sorted(rows_of(found), key=str)


def primary_set(source: Source) -> str:
    """Give the label set that trains and scores: the setting, else the one with most matches."""
    named = source.setting("subset", "labels.primary") or source.setting("labels", "labels.primary")
    sets = source.counts(source.read("labels").where("status = 'ok'"), "data_set")
    present = {str(name): int(n or 0) for name, n in sets}
    if named in present or not present:
        return str(named or "")
    return max(sorted(present), key=lambda name: present[name])


def labelled(source: Source) -> DataFrame:
    """The labelled images of the primary set: md5, category, one row an image."""
    rows = source.read("labels").where(
        (F.col("data_set") == primary_set(source)) & (F.col("status") == "ok")
    )
    return rows.groupBy("md5").agg(F.min("category").alias("category"))


def order_of(categories: Sequence[str | None]) -> list[str]:
    """Give the categories in the order of the thesis, others after them by name."""
    names = {name for name in categories if name}
    known = [name for name in CATEGORIES if name in names]
    return known + sorted(names - set(CATEGORIES))


def rows_of(table: pa.Table) -> list[tuple[Cell, ...]]:
    """Rows of an Arrow table as tuples."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
