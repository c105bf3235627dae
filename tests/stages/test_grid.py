"""grid: which models, their rows, and that a killed run trains only what is missing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sempark import config
from sempark.autoencoding import Architecture
from sempark.stages import grid
from sempark.tables import GRID

pytestmark = [pytest.mark.spark, pytest.mark.tf]
ROOT = Path(__file__).parent.parent.parent
SMALL = ["grid.epochs=2", "codings.batch=50"]


def settings(*sets: str) -> config.Config:
    return config.load(None, [*SMALL, *sets])


def a_grid(n_hidden1: int, **changed: object) -> Architecture:
    values = {"n_hidden2": 4, "tied": "outer", "phases": "g", "activation": "elu"}
    return Architecture(n_hidden1, **(values | {"learning_rate": 0.01} | changed))


@pytest.fixture(scope="module")
def file(spark, tmp_path_factory) -> str:
    """A curved sheet in twelve columns, as the executors see it."""
    rng = np.random.default_rng(0)
    X = np.sin(rng.uniform(-1, 1, (300, 2)) @ rng.normal(scale=2, size=(2, 12)))
    path = tmp_path_factory.mktemp("grid") / "sheet.npy"
    np.save(path, X.astype(np.float32))
    spark.sparkContext.addFile(str(path))
    return path.name


def test_the_ranges_of_section_3_2_4() -> None:
    found = grid.architectures(config.load().grid)
    assert len(found) == len(set(found)) == 18 + 6
    assert {a.n_hidden1 for a in found} == {200, 400, 600}
    assert {a.n_hidden2 for a in found} == {50, 150, 200}
    assert {a.tied for a in found} == {"none", "outer"}
    assert {a.phases for a in found} == {"g", "1_a+1_b+2", "1_a+1_b+2+g"}
    assert {a.activation for a in found} == {"elu", "tanh", "sigmoid"}
    assert {a.learning_rate for a in found} == {0.001, 0.0003, 0.003}
    usual = ("g", "elu", 0.001)
    odd = [a for a in found if (a.phases, a.activation, a.learning_rate) != usual]
    assert {(a.n_hidden1, a.n_hidden2, a.tied) for a in odd} == {(400, 150, "outer")}


def test_every_combination_where_that_is_asked() -> None:
    found = grid.architectures(config.load(None, ["grid.vary=all"]).grid)
    assert len(found) == len(set(found)) == 9 * 2 * 3 * 3 * 3
    wide = config.load(None, ["grid.n_hidden1=[10,20]", "grid.n_hidden2=[15,30]"]).grid
    assert {(a.n_hidden1, a.n_hidden2) for a in grid.architectures(wide)} == {(20, 15)}
    none = config.load(None, ["grid.n_hidden1=[1]", "grid.n_hidden2=[2]"]).grid
    assert grid.architectures(none) == []


def test_rows_kept_out_are_a_fifth_and_the_seed_decides() -> None:
    train, test = grid.parts(100, 1)
    assert len(test) == 20 and sorted([*train, *test]) == list(range(100))
    np.testing.assert_array_equal(grid.parts(100, 1)[1], test)
    assert not np.array_equal(grid.parts(100, 2)[1], test)


def test_a_row_a_model(spark, file: str, tmp_path: Path) -> None:
    shapes = [a_grid(8), a_grid(8, tied="none"), a_grid(8, learning_rate=1e30)]
    tasks = [grid.Task("s", file, 2, shape) for shape in shapes]
    loaded = settings()
    journal = grid.Journal(tmp_path / "journal")
    table = grid.build(spark, tasks, loaded.grid, loaded.codings, journal)
    assert table.schema.equals(GRID.arrow)
    good, other, bad = table.to_pylist()
    assert good["status"] == other["status"] == "ok"
    assert 0 < good["test_mse"] < 2 and good["test_mse"] != other["test_mse"]
    assert (bad["status"], bad["train_mse"], bad["test_mse"]) == ("diverged", None, None)
    assert [row["n_hidden1"] for row in table.to_pylist()] == [8, 8, 8]
    # the same alone, and in another order
    again = grid.build(
        spark, tasks[:1], loaded.grid, loaded.codings, grid.Journal(tmp_path / "another")
    )
    assert again.to_pylist()[0]["test_mse"] == good["test_mse"]


def test_a_run_that_failed_goes_on_where_it_was(spark, file: str, tmp_path: Path) -> None:
    loaded, path = settings(), tmp_path / "journal"
    tasks = [grid.Task("s", file, 2, a_grid(n)) for n in (5, 6, 7)]
    lost = grid.Task("s", "nowhere.npy", 2, a_grid(8))
    with pytest.raises(Exception, match=r"nowhere\.npy"):
        grid.build(spark, [*tasks, lost], loaded.grid, loaded.codings, grid.Journal(path))
    kept = grid.Journal(path).rows
    assert 2 <= len(kept) <= 3 and {key[1] for key in kept} <= {5, 6, 7}
    found = grid.Task("s", file, 2, a_grid(8))
    rows = grid.build(
        spark, [found, *tasks], loaded.grid, loaded.codings, grid.Journal(path)
    ).to_pylist()
    # what a second training would not repeat is its time
    seconds = {row["n_hidden1"]: row["seconds"] for row in kept.values()}
    for row in rows:
        assert row["seconds"] == seconds.get(row["n_hidden1"], row["seconds"])
    assert [row["n_hidden1"] for row in rows] == [8, 5, 6, 7]


def test_rows_known_from_the_table_are_not_trained_again(spark, tmp_path: Path) -> None:
    loaded = settings()
    task = grid.Task("s", "nowhere.npy", 2, a_grid(5))
    row = task.row | {"train_mse": 0.5, "test_mse": 0.6, "seconds": 7.0, "status": "ok"}
    journal = grid.Journal(tmp_path / "journal", [row])
    found = grid.build(spark, [task, task], loaded.grid, loaded.codings, journal).to_pylist()
    assert len(found) == 1 and found[0]["seconds"] == 7.0


def test_a_line_cut_short_loses_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    rows = [grid.Task("s", "f", 2, a_grid(n)).row | {"seconds": 1.0} for n in (5, 6, 7)]
    journal = grid.Journal(path)
    journal.add(rows[:1])
    journal.add(rows[:1])  # known
    whole = path.read_text()
    assert whole.count("seconds") == 1
    path.write_text(whole + json.dumps(rows[1])[:40])  # killed here
    journal = grid.Journal(path)
    journal.add(rows[2:])
    assert {key[1] for key in grid.Journal(path).rows} == {5, 7}


KILLED = """
import sys
from pathlib import Path
from pyspark.sql import SparkSession
from sempark import config
from sempark.autoencoding import Architecture
from sempark.stages import grid
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.addFile(sys.argv[1])
loaded = config.load(None, sys.argv[3:])
tasks = [
    grid.Task("s", Path(sys.argv[1]).name, 2, Architecture(n, 4, "outer", "g", "elu", 0.01))
    for n in range(5, 45)
]
grid.build(spark, tasks, loaded.grid, loaded.codings, grid.Journal(Path(sys.argv[2])))
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(spark, tmp_path: Path) -> None:
    array, path = tmp_path / "killed.npy", tmp_path / "journal"
    np.save(array, np.random.default_rng(0).normal(size=(300, 12)).astype(np.float32))
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(array), str(path), *SMALL],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for _ in range(2400):
        if (path.exists() and path.read_text().count("seconds") > 3) or run.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    kept = grid.Journal(path).rows
    assert 3 < len(kept) < 40
    spark.sparkContext.addFile(str(array))
    loaded = settings()
    tasks = [grid.Task("s", array.name, 2, a_grid(n)) for n in range(5, 45)]
    rows = grid.build(spark, tasks, loaded.grid, loaded.codings, grid.Journal(path)).to_pylist()
    assert len(rows) == 40
    seconds = {row["n_hidden1"]: row["seconds"] for row in kept.values()}
    for row in rows:
        assert row["seconds"] == seconds.get(row["n_hidden1"], row["seconds"])
