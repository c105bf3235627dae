"""Bars on a terminal, plain lines elsewhere; Spark's tasks are counted while they run."""

import io
import sys
import threading
import time

import pytest

from sempark import progress


class Terminal(io.StringIO):
    """Standard error of somebody who looks."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_bar_a_total(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress.bar("hashing") as report:
        report(1, 4)
        report(4, 4)
        report(2, 9)  # the next search counts anew
    shown = terminal.getvalue()
    assert "hashing" in shown and "/4 [" in shown and "/9 [" in shown


def test_elsewhere_a_line_comes_now_and_then(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stderr", plain := io.StringIO())
    with progress.bar("hashing") as report:
        report(1, 2000)
        monkeypatch.setattr(progress, "LINE_SECONDS", -1.0)
        report(1500, 2000)
    assert plain.getvalue() == "  hashing: 1,500 of 2,000\n"


@pytest.mark.spark
def test_spark_tasks_are_counted_while_a_block_runs(spark, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(progress, "POLL_SECONDS", 0.01)

    def slow(rows):
        time.sleep(0.3)
        return rows

    with progress.watch(spark.sparkContext, "scale"):
        spark.sparkContext.parallelize(range(6), 6).mapPartitions(slow).count()
    assert "scale" in terminal.getvalue() and "/6" in terminal.getvalue()


@pytest.mark.spark
def test_a_failing_block_ends_the_watch_and_is_not_hidden(spark) -> None:
    with pytest.raises(ZeroDivisionError), progress.watch(spark.sparkContext, "scale"):
        raise ZeroDivisionError


def test_a_session_that_is_gone_ends_the_bar_in_silence(monkeypatch, capsys) -> None:
    class Gone:
        def statusTracker(self):  # noqa: N802 (Spark's name)
            return self

        def getActiveStageIds(self):  # noqa: N802
            asked.set()
            raise ConnectionRefusedError("no JVM")

    asked, raised = threading.Event(), []
    monkeypatch.setattr(progress, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(threading, "excepthook", raised.append)
    with progress.watch(Gone(), "scale"):
        assert asked.wait(10)
    assert raised == [] and capsys.readouterr().err == ""
