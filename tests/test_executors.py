"""Executors are asked at once, and what is wrong with one is said in plain words."""

import platform
import sys
from dataclasses import replace

import pytest

from jobs import check
from sempark import config, executors, job
from sempark.store import Store
from sempark.tables import Refused

NEEDS = executors.Needs("3.11.7", {"numpy": "2.4.6"}, "tesseract", "5.3.0", ["/data"])
WELL = {
    "python": "3.11.7",
    "versions": {"numpy": "2.4.6"},
    "opencv": True,
    "tesseract": "5.3.0",
    "no_tesseract": "",
    "memory_gb": 8.0,
    "disk_gb": 50.0,
    "scratch": "/tmp",
    "unreadable": [],
    "time": 1000.0,
}


def found(cores: int = 2, **changed: object) -> list[str]:
    return list(executors.problems(WELL | changed, NEEDS, cores, (999.0, 1001.0)))


def test_an_executor_that_has_all_has_no_problem() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"python": "3.12.1"}, "Python 3.12.1, the driver has 3.11.7"),
        ({"versions": {"numpy": "1.26.4"}}, "numpy 1.26.4, the driver has 2.4.6"),
        ({"versions": {}}, "numpy not installed"),
        ({"opencv": False}, "OpenCV does not give back"),
        ({"no_tesseract": "found no tesseract"}, 'found no tesseract; or set scale.engine = "tess'),
        ({"tesseract": "4.1.1"}, "Tesseract 4.1.1, the driver has 5.3.0"),
        ({"memory_gb": 2.9}, "2.9 GB of memory free, 2 tasks at once need some 3.0"),
        ({"disk_gb": 0.5}, "0.5 GB free in /tmp"),
        ({"unreadable": ["/data"]}, "can't list /data: mount it there"),
        ({"unreadable": ["data"]}, "can't list data: it is relative"),
        ({"time": 990.0}, "its clock is 9 s off"),
        ({"time": 1100.0}, "its clock is 99 s off"),
    ],
)
def test_each_problem_is_named_with_its_remedy(changed, words) -> None:
    (said,) = found(**changed)
    assert words in said


def test_a_clock_is_given_the_time_the_question_took() -> None:
    assert found(time=998.0) == [] and found(time=1005.9) == []


@pytest.fixture
def context(spark, tmp_path) -> job.Context:
    (tmp_path / "source").mkdir()
    sets = [f"input.source={tmp_path / 'source'}", f"store.path={tmp_path / 'store'}"]
    return job.Context(config.load(None, sets), Store(spark, str(tmp_path / "store")), spark)


@pytest.mark.spark
@pytest.mark.ocr
def test_every_core_of_every_executor_answers(spark, context) -> None:
    (node,) = executors.survey(spark, check.needs(context))
    assert node.cores == spark.sparkContext.defaultParallelism
    assert (node.host, node.python) == (platform.node(), platform.python_version())
    assert node.problems == () and node.memory_gb > 0 and node.tesseract


@pytest.mark.spark
@pytest.mark.ocr
def test_the_job_prints_a_line_an_executor_and_leaves_nothing(context, capsys, tmp_path) -> None:
    check.check(context)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3 and said[1].endswith("ok") and "can be written" in said[2]
    assert [
        path.name for path in (tmp_path / "store" / "runs").iterdir() if "check" in path.name
    ] == []


@pytest.mark.spark
def test_a_broken_executor_ends_the_job(context, capsys, monkeypatch, tmp_path) -> None:
    gone = str(tmp_path / "gone")
    own = replace(context.config, input=replace(context.config.input, source=[gone]))
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.1")
    with pytest.raises(Refused, match="1 of 1 executors can't work yet"):
        check.check(replace(context, config=own))
    said = capsys.readouterr().out
    assert f"can't list {gone}" in said
    assert f"Python {'.'.join(map(str, sys.version_info[:3]))}, the driver has 3.9.1" in said


@pytest.mark.spark
def test_a_store_that_executors_do_not_share_is_refused(context) -> None:
    store = context.store
    real = store.spark.read.parquet

    class Elsewhere:
        """A reader that sees nothing of what was written."""

        def parquet(self, path):
            return real(path).limit(0)

    class Session:
        """The session, with that reader."""

        read = Elsewhere()
        sparkContext = store.spark.sparkContext  # noqa: N815 - pyspark's name
        range = staticmethod(store.spark.range)

    store.spark = Session()
    with pytest.raises(Refused, match="not there for the driver"):
        store.check_from_executors()
