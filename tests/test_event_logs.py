"""A run leaves its event log in the store, old ones go, and what it cost is read from it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from sempark import event_logs, stage_costs, submit
from sempark.stage_costs import StageCost

SCRIPT = """
import json, os, sys
from pathlib import Path
from sempark import event_logs

root = Path(sys.argv[1])
for number in range(3):
    log = root / "events" / f"eventlog_v2_local-{number}"
    log.mkdir(parents=True)
    (log / "events_1_local.zstd").write_bytes(b"")
    # the newest by name is the oldest by time
    os.utime(log / "events_1_local.zstd", (2000 - number, 2000 - number))
(root / "blocked").mkdir()
(root / "blocked" / "events").write_text("no directory")
said = {
    "none": event_logs.prepare(str(root), 0),
    "blocked": event_logs.prepare(str(root / "blocked"), 50),
    "kept": event_logs.prepare(str(root), 2),
}
sys.stdout.write(json.dumps(said))
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """A store that one job has run on."""
    root = tmp_path_factory.mktemp("logged")
    (root / "source").mkdir()
    for value in (50, 100, 150):
        pixels = np.full((60, 80), value, np.uint8)
        tifffile.imwrite(root / "source" / f"{value}.tif", pixels)
    run("inventory", root)
    return root / "store"


def run(job: str, root: Path) -> None:
    sets = [f"input.source={root / 'source'}", f"store.path={root / 'store'}"]
    arguments = [word for one in (*sets, "spark.master=local[2]") for word in ("--set", one)]
    done = subprocess.run(
        [sys.executable, "-m", "sempark.submit", job, *arguments],
        capture_output=True,
        env=submit.environment(),
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.spark
def test_a_run_leaves_a_finished_log_that_tells_its_stages(store) -> None:
    (log,) = (store / event_logs.FOLDER).glob("eventlog_v2_*")
    assert {path.suffix for path in log.glob("events_*")} == {".zstd"}
    run = stage_costs.read(log)
    total = run.total
    assert total.tasks >= 2 and total.failed == 0
    assert total.python_code > 0 and total.python_start > 0 and total.rest > 0
    written = sum(p.stat().st_size for p in (store / "inventory").glob("*/rows/*.parquet"))
    assert total.written_bytes == written
    parts = ("scheduling", "serialization", "python_start", "python_code", "gc", "shuffle", "rest")
    assert sum(getattr(total, name) for name in parts) == pytest.approx(total.slots, rel=0.05)
    assert 0 < max(stage.wall for stage in run.stages.values()) < run.seconds


@pytest.mark.spark
def test_a_question_leaves_no_log(store) -> None:
    before = sorted((store / event_logs.FOLDER).iterdir())
    run("status", store.parent)
    assert sorted((store / event_logs.FOLDER).iterdir()) == before


@pytest.mark.spark
def test_the_directory_is_there_before_the_session_and_old_logs_are_gone(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, env=submit.environment()
    )
    assert done.returncode == 0, done.stderr.decode()
    said = json.loads(done.stdout)
    assert said["none"] == [{}, ""]
    settings, why = said["blocked"]
    assert settings == {} and "event log is off" in why and f"{tmp_path}/blocked/events" in why
    settings, why = said["kept"]
    assert why == "" and settings["spark.eventLog.enabled"] == "true"
    assert settings["spark.eventLog.dir"] == f"file:{tmp_path}/events"
    # of two logs that are kept, one is that of the run to come
    left = [path.name for path in (tmp_path / "events").glob("eventlog_v2_*")]
    assert left == ["eventlog_v2_local-0"]


@pytest.mark.spark
def test_a_session_that_is_there_keeps_its_settings(spark, tmp_path) -> None:
    assert event_logs.prepare(str(tmp_path), 50) == ({}, "")
    assert not list(tmp_path.iterdir())


def task(**changed: object) -> dict:
    """The end of a task of 10 s, as Spark writes it."""
    update = {
        "time to start Python workers": "1000",
        "time to initialize Python workers": "500",
        "time to run Python workers": "6000",
        "time to execute Python code": "4000",
        "data sent to Python workers": "123456",
    }
    info = {
        "Launch Time": 1_000_000,
        "Finish Time": 1_010_000,
        "Getting Result Time": 0,
        "Failed": False,
        "Killed": False,
        "Accumulables": [{"Name": name, "Update": value} for name, value in update.items()],
    }
    metrics = {
        "Executor Deserialize Time": 300,
        "Executor Run Time": 9000,
        "Result Serialization Time": 200,
        "JVM GC Time": 700,
        "Input Metrics": {"Bytes Read": 11},
        "Output Metrics": {"Bytes Written": 22},
        "Shuffle Read Metrics": {"Fetch Wait Time": 600},
        "Shuffle Write Metrics": {"Shuffle Write Time": 400_000_000, "Shuffle Bytes Written": 33},
    }
    event = {"Event": "SparkListenerTaskEnd", "Stage ID": 4, "Task Info": info | changed}
    return event | {"Task Metrics": metrics}


def test_the_time_of_a_task_is_split() -> None:
    cost = stage_costs.of_task(task())
    assert cost.tasks == 1 and cost.failed == 0 and cost.slots == 10.0
    assert cost.scheduling == pytest.approx(0.5)
    assert cost.serialization == pytest.approx(0.5)
    assert cost.python_start == pytest.approx(1.5) and cost.python_code == pytest.approx(4.0)
    assert cost.gc == pytest.approx(0.7) and cost.shuffle == pytest.approx(1.0)
    assert cost.rest == pytest.approx(9.0 - 1.5 - 4.0 - 0.7 - 1.0)
    assert (cost.read_bytes, cost.written_bytes, cost.shuffled_bytes) == (11, 22, 33)


def test_fetching_a_result_is_serialization_and_a_killed_task_counts() -> None:
    cost = stage_costs.of_task(task(**{"Getting Result Time": 1_009_700, "Killed": True}))
    assert cost.failed == 1
    assert cost.serialization == pytest.approx(0.8) and cost.scheduling == pytest.approx(0.2)


def test_a_task_lost_with_its_executor_has_no_metrics() -> None:
    cost = stage_costs.of_task(task(Failed=True) | {"Task Metrics": None})
    assert cost == StageCost(tasks=1, failed=1, slots=10.0, rest=10.0)


def write(path: Path, events: list[dict]) -> None:
    path.write_text("".join(json.dumps(event) + "\n" for event in events))


def test_rolled_files_are_read_in_order_and_stages_added(tmp_path) -> None:
    start = {"Event": "SparkListenerApplicationStart", "Timestamp": 1_000}
    end = {"Event": "SparkListenerApplicationEnd", "Timestamp": 31_000}
    stage = {"Stage ID": 4, "Submission Time": 2_000, "Completion Time": 14_000}
    done = {"Event": "SparkListenerStageCompleted", "Stage Info": stage}
    skipped = {"Event": "SparkListenerStageCompleted", "Stage Info": {"Stage ID": 5}}
    for number, events in {2: [task(), done], 1: [start, task()], 10: [skipped, end]}.items():
        write(tmp_path / f"events_{number}_local-1", events)
    (tmp_path / "appstatus_local-1").touch()
    run = stage_costs.read(tmp_path)
    assert run.seconds == 30.0 and list(run.stages) == [4]
    assert run.total.tasks == 2 and run.total.slots == 20.0 and run.total.wall == 12.0


def test_a_log_that_is_not_finished_is_refused(tmp_path) -> None:
    write(tmp_path / "events_1_local-1", [task()])
    with pytest.raises(ValueError, match="start or end is missing"):
        stage_costs.read(tmp_path)
    (tmp_path / "appstatus_local-1.inprogress").touch()
    with pytest.raises(ValueError, match="goes on or was killed"):
        stage_costs.read(tmp_path)
    with pytest.raises(ValueError, match="received none"):
        stage_costs.read(tmp_path / "nowhere")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "events_1_a.lz4").touch()
    with pytest.raises(ValueError, match=r"received \['events_1_a.lz4'\]"):
        stage_costs.read(tmp_path / "packed")
