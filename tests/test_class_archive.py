"""The archive of Java's classes is made, used, and not needed."""

import subprocess
from pathlib import Path

import pytest

from sempark import class_archive, submit


def mapped(archive: Path, log: Path) -> list[bool]:
    """Of each class of Spark that it takes to say its version, whether it came from an archive."""
    java = f'"-XX:SharedArchiveFile={archive}" -Xlog:disable "-Xlog:class+load:file={log}"'
    command = [str(submit.spark_submit()), "--driver-java-options", java, "--version"]
    subprocess.run(command, env=submit.environment(), capture_output=True, check=True)
    lines = [line for line in log.read_text().splitlines() if " org.apache.spark." in line]
    return ["shared objects file" in line for line in lines]


@pytest.mark.slow
@pytest.mark.spark
def test_spark_starts_from_the_archive(tmp_path: Path) -> None:
    folder = tmp_path / "a place"
    folder.mkdir()
    class_archive.make(folder / "classes.jsa")
    assert [path.name for path in folder.iterdir()] == ["classes.jsa"]
    found = mapped(folder / "classes.jsa", tmp_path / "log")
    assert sum(found) > 50  # hidden classes of lambdas are not among them
    (folder / "classes.jsa").chmod(0o600)
    (folder / "classes.jsa").write_bytes(b"of another Java")
    found = mapped(folder / "classes.jsa", tmp_path / "other")
    assert len(found) > 10 and not any(found)


def test_java_is_told_of_an_archive_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit, "CLASS_ARCHIVE", tmp_path / "classes.jsa")
    assert submit.archived() == ""
    (tmp_path / "classes.jsa").touch()
    command = submit.build(Path("job.py"), [], ["--master", "local[2]"])
    java = command[command.index("--driver-java-options") + 1]
    assert f'"-XX:SharedArchiveFile={tmp_path / "classes.jsa"}"' in java
    assert "log4j2.configurationFile" in java


def test_java_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit, "spark_submit", lambda: Path("/bin/false"))
    with pytest.raises(RuntimeError, match="spark-submit ended with 1, no archive"):
        class_archive.make(tmp_path / "classes.jsa")
    assert list(tmp_path.iterdir()) == []
