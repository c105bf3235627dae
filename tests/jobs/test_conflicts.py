"""conflicts: the lines, most pictures first."""

import pytest
from pyspark.sql import SparkSession

from jobs import conflicts
from sempark import job
from sempark.config import load
from sempark.store import Store
from sempark.tables import LABELS

pytestmark = pytest.mark.spark


def test_pairs_in_pictures_and_files(spark: SparkSession, tmp_path, monkeypatch) -> None:
    files = [("A", "Tips", "1"), ("A", "Tips", "1"), ("A", "Powder", "1"), ("B", "Fibres", "1"),
             ("A", "Tips", "2"), ("A", "Powder", "2"), ("A", "Tips", "3")]  # fmt: skip
    rows = [
        dict.fromkeys(LABELS.names)
        | {"data_set": name, "file": str(n), "category": category, "file_md5": md5, "md5": md5,
           "conflict": False, "status": "ok"}
        for n, (name, category, md5) in enumerate(files)
    ]  # fmt: skip
    store = Store(spark, str(tmp_path / "store"))
    store.write("labels", spark.createDataFrame(rows, LABELS.schema), {})
    said: list[str] = []
    monkeypatch.setattr(conflicts, "say", said.append)
    conflicts.count(job.Context(load(), store, spark))
    assert [" ".join(line.split()) for line in said] == [
        "pictures files in two categories: 3 pairs of categories",
        "2 5 A/Powder and A/Tips",
        "1 2 A/Powder and B/Fibres",
        "1 3 A/Tips and B/Fibres",
    ]
