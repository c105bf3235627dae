"""The command line before Spark."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from sempark import shipping, submit


def test_the_jobs_are_listed_a_line_each(capsys) -> None:
    assert submit.main([]) == 0
    out = capsys.readouterr().out
    for name, path in submit.jobs().items():
        assert f"  {name} " in out and submit.first_line(path)


def test_an_unknown_job_names_the_nearest(capsys) -> None:
    assert submit.main(["scael"]) == 2
    assert capsys.readouterr().err == "sempark: unknown job scael; did you mean scale?\n"


@pytest.mark.parametrize(
    ("rest", "arguments", "options"),
    [
        (["my.toml", "--set", "a.b=1"], ["my.toml", "--set", "a.b=1"], []),
        (["--master", "yarn", "x.toml"], ["x.toml"], ["--master", "yarn"]),
        (["--force", "--", "--executor-cores", "2"], ["--force"], ["--executor-cores", "2"]),
        (["--deploy-mode=cluster"], [], ["--deploy-mode", "cluster"]),
    ],
)
def test_arguments_and_options_are_told_apart(rest, arguments, options) -> None:
    assert submit.split(rest) == (arguments, options)


def test_a_master_without_a_value_is_named() -> None:
    with pytest.raises(ValueError, match="--master needs a value"):
        submit.split(["--master"])


def test_the_master_comes_from_option_set_file_default(tmp_path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('[spark]\nmaster = "spark://a:7077"\n')
    assert submit.configured([]).spark.master == "local[*,4]"
    assert submit.configured([str(file)]).spark.master == "spark://a:7077"
    over = submit.configured([str(file), "--set", "spark.master=yarn"])
    assert over.spark.master == "yarn"
    over = submit.configured(["--set=spark.master=yarn", "--limit", "5"])
    assert over.spark.master == "yarn"
    job = submit.jobs()["scale"]
    command = submit.build(job, [str(file)], ["--master", "local[2]"])
    assert command[command.index("--properties-file") + 1].endswith("spark-local.conf")
    assert command.count("--master") == 1 and "--py-files" not in command


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("local", "local[1,4]"),
        ("local[2]", "local[2,4]"),
        ("local[*]", "local[*,4]"),
        ("local[2,1]", "local[2,1]"),
        ("local-cluster[2,1,1024]", "local-cluster[2,1,1024]"),
        ("yarn", "yarn"),
    ],
)
def test_a_local_master_tries_a_task_again(given: str, used: str) -> None:
    job = submit.jobs()["scale"]
    for arguments, options in (
        (["--set", f"spark.master={given}"], []),
        ([], ["--master", given]),
        ([], [f"--master={given}"]),
    ):
        command = submit.build(job, arguments, options)
        assert submit._value(command, "--master") == used


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (["gone.toml"], "gone.toml: no such file"),
        (["--set", "neighbours.k=3"], "did you mean neighbors?"),
        (["--set", "spark.master"], "expected section.key=value"),
    ],
)
def test_bad_settings_end_before_java_starts(monkeypatch, capsys, rest, message) -> None:
    monkeypatch.setattr(submit, "run", lambda command: pytest.fail("spark-submit was started"))
    assert submit.main(["scale", *rest]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_a_cluster_gets_the_code(conf) -> None:
    command = submit.build(submit.jobs()["scale"], [], ["--master", "yarn"])
    assert command[command.index("--properties-file") + 1].endswith("spark-yarn.conf")
    # a driver here imports from the folder, and sends the zip file to the executors
    assert f"{shipping.CODE}={shipping.ROOT}/build/sempark.zip" in command
    assert "--py-files" not in command
    there = submit.build(submit.jobs()["pipeline"], [conf], ["--master", "yarn", *CLUSTER])
    assert values(there, "--py-files") == [f"{shipping.ROOT}/build/sempark.zip"]


CLUSTER = ["--deploy-mode", "cluster"]
JOB = submit.jobs()["scale"]


def values(command: list[str], option: str) -> list[str]:
    return [value for word, value in pairwise(command) if word == option]


@pytest.fixture
def conf(tmp_path) -> str:
    file = tmp_path / "my.toml"
    file.write_text('[input]\nsource = ["/data"]\n[store]\npath = "hdfs://a/store"\n')
    return str(file)


def test_on_yarn_all_that_the_driver_needs_travels(conf, tmp_path) -> None:
    packed = tmp_path / "env.tar.gz"
    packed.touch()
    sets = ["--set", f"spark.packed={packed}"]
    command = submit.build(JOB, [conf, *sets], ["--master", "yarn", *CLUSTER, "--files", "own.txt"])
    (files,) = values(command, "--files")
    assert files.split(",")[1:] == [conf, "own.txt"] and "log4j2" in files
    assert values(command, "--archives") == [f"{packed}#environment"]
    assert command[command.index(str(JOB)) + 1 :] == ["my.toml", *sets]
    said = values(command, "--conf")
    assert "spark.pyspark.python=./environment/bin/python" in said
    assert "spark.yarn.appMasterEnv.TESSDATA_PREFIX=environment/share/tessdata" in said
    assert not [word for word in said if "driver.python" in word]


def test_a_driver_that_stays_here_keeps_its_own_python(conf, tmp_path) -> None:
    packed = tmp_path / "env.tar.gz"
    packed.touch()
    arguments = [conf, "--set", f"spark.packed={packed}"]
    for master in ("yarn", "spark://a:7077"):
        command = submit.build(JOB, arguments, ["--master", master])
        assert f"spark.pyspark.driver.python={sys.executable}" in values(command, "--conf")
        assert "spark.executorEnv.PYTHONNOUSERSITE=1" in values(command, "--conf")
        assert command[-3:] == arguments and "--files" not in command


def test_a_standalone_cluster_starts_the_driver_by_a_class_of_spark(conf) -> None:
    command = submit.build(JOB, [conf], ["--master", "spark://a:7077", *CLUSTER])
    code = str(shipping.ROOT / "build" / "sempark.zip")
    assert values(command, "--class") == [shipping.PYTHON_RUNNER]
    jar = Path(command[-4])
    assert command[-3:] == [str(JOB), code, conf] and "--py-files" not in command
    # it takes no other name, nor a link to one
    assert jar.resolve().suffix == ".jar" and jar.read_bytes() == Path(code).read_bytes()


@pytest.mark.parametrize(
    ("sets", "named"),
    [
        (["store.path=store"], "store.path: store"),
        (["input.source=images"], "input.source: images"),
        (["input.labels={a='labels'}"], "input.labels: labels"),
        (["scale.overrides=by_hand.csv"], "scale.overrides: by_hand.csv"),
    ],
)
def test_paths_that_mean_nothing_on_another_node_are_refused(
    conf, sets, named, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "by_hand.csv").touch()
    arguments = [conf, *(word for text in sets for word in ("--set", text))]
    with pytest.raises(ValueError, match=f"{named} is relative"):
        submit.build(JOB, arguments, ["--master", "yarn", *CLUSTER])
    submit.build(JOB, arguments, ["--master", "yarn"])  # the driver stays: it finds them


def test_a_packed_python_that_is_not_there_is_told_at_once(conf) -> None:
    with pytest.raises(ValueError, match="no such file; make it by"):
        submit.build(JOB, [conf, "--set", "spark.packed=gone.tar.gz"], ["--master", "yarn"])


def test_the_code_finds_its_files_inside_the_archive(tmp_path) -> None:
    code = (
        "from sempark import config; config.load(); import jobs.scale\n"
        "from sempark.scalebar import glyphs; assert glyphs.WEIGHTS_FILE.is_file()\n"
        "from sempark.figures import page; assert dict(page.assets())\n"
        "assert '.zip' in config.__file__ and '.zip' in glyphs.__file__\n"
        "import importlib.metadata as m; d = m.distribution('sempark')\n"
        "assert d.version and '.zip' in str(d.locate_file('')), d.locate_file('')"
    )
    path = {"PYTHONPATH": str(shipping.archive())}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | path, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


def test_an_old_spark_home_is_refused(monkeypatch, tmp_path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "spark-submit").write_text("")
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "spark-core_2.12-3.5.1.jar").write_text("")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    with pytest.raises(ValueError, match=r"is Spark 3\.5: 4\.0 or later"):
        submit.spark_submit()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="has no bin/spark-submit"):
        submit.spark_submit()


@pytest.mark.parametrize(
    ("state", "code", "expected"),
    [("FINISHED", 0, 0), ("FAILED", 0, 1), ("KILLED", 0, 1), ("RUNNING", 1, 1), ("FINISHED", 1, 1)],
)
def test_cluster_mode_ends_as_the_driver_did(capsys, state, code, expected) -> None:
    """A standalone cluster's spark-submit ends with 0 whatever became of the driver."""
    lines = "INFO State of driver-2026-0 is RUNNING\n"
    lines += f"INFO State of driver driver-2026-0 is {state}, exiting"
    script = f"import sys; sys.stderr.write({lines!r}); sys.exit({code})"
    assert submit.run_remote([sys.executable, "-c", script]) == expected
    said = capsys.readouterr().err
    assert f"is {state}" in said and ("failed" if expected else "ended well") in said
