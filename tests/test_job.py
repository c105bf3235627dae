"""How a run ends: what it says is the cause, and where its log is."""

import importlib
import logging
from pathlib import Path
from zipfile import ZipFile

import pytest
from py4j.protocol import Py4JNetworkError

from sempark import job, shipping
from sempark.tables import Refused


class Disk:
    """A store that says, and takes of a log, what a test wants."""

    def __init__(self, wrong: Exception | None) -> None:
        self.wrong = wrong

    def check_writable(self) -> None:
        if self.wrong is not None:
            raise self.wrong

    def save_log(self, local: Path) -> str:
        self.check_writable()
        local.unlink()
        return "store/runs/log"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "ValueError: the error itself"),
        (Refused("the store a can't be written: Read-only"), "the store a can't be written"),
        (Py4JNetworkError("the session is gone"), "ValueError: the error itself"),
        (ConnectionRefusedError(), "ValueError: the error itself"),
    ],
)
def test_the_cause_is_the_store_where_it_can_no_longer_be_written(wrong, said) -> None:
    assert said in job._reason(Disk(wrong), ValueError("the error itself"))
    assert job._reason(None, ValueError("the error itself")) == "ValueError: the error itself"


@pytest.mark.parametrize("wrong", [Py4JNetworkError("full"), OSError("gone")])
def test_a_log_the_store_cannot_take_stays_where_it_is(monkeypatch, tmp_path, wrong) -> None:
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    log = tmp_path / "log"
    log.touch()
    assert job._keep_log(Disk(wrong), log) == str(log) and log.exists()
    assert job._keep_log(None, log) == str(log)
    assert job._keep_log(Disk(None), log) == "store/runs/log" and not log.exists()


def test_a_session_that_does_not_start_is_one_line(monkeypatch, tmp_path, capsys) -> None:
    def broken(config, events):
        raise RuntimeError("java.net.ConnectException: no master there")

    monkeypatch.setattr(job, "session", broken)
    arguments = job.parse(["--set", f"store.path={tmp_path}/store"])
    assert job.run(lambda context: None, arguments) == 1
    said = capsys.readouterr().err
    assert "Spark did not start" in said and "no master there" in said and "Traceback" not in said


def test_what_is_held_in_memory_after_a_shuffle_has_few_partitions(spark) -> None:
    settings = job.SPARK_SETTINGS | {
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.shuffle.partitions": "50",
    }
    name = "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning"
    session = spark.newSession()  # the settings of the others stay
    for key in (name, "spark.sql.adaptive.enabled", "spark.sql.shuffle.partitions"):
        session.conf.set(key, settings[key])
    held = session.range(100).groupBy("id").count().persist()
    try:
        assert held.count() == 100
        assert held.rdd.getNumPartitions() < 5
    finally:
        held.unpersist()


def test_a_session_sends_the_code_that_spark_submit_names(spark, tmp_path) -> None:
    """A module that is in the zip file only is found by the workers."""
    code = tmp_path / "code.zip"
    with ZipFile(code, "w") as zipped:
        zipped.writestr("sent_to_workers.py", "WORD = 'arrived'")

    def word(_: int) -> str:
        return str(importlib.import_module("sent_to_workers").WORD)

    spark.conf.set(shipping.CODE, str(code))
    try:
        job.send_code(spark)
    finally:
        spark.conf.unset(shipping.CODE)
    assert spark.sparkContext.parallelize([0]).map(word).collect() == ["arrived"]
