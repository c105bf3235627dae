"""What spark-submit carries to a cluster: the code, the settings, and Python where it is packed.

In: settings, kind of cluster, where the driver runs. Out: options of spark-submit. In cluster mode
the driver starts on a node, in a directory of its own: on YARN everything it needs travels; a
standalone cluster starts the driver before anything is unpacked, so there the project's directory
must be the same on all nodes (a shared disk), and only the executors use the packed Python.

Source: Spark's documentation, "Running Spark on YARN", "Python Package Management".
"""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from zipfile import ZipFile

from sempark.config import Config

ROOT = Path(__file__).resolve().parent.parent
LOG4J = ROOT / "conf" / "log4j2.properties"
CODE = "spark.sempark.code"
"""Setting that names the zip file which a session sends to its executors."""
UNPACKED = "environment"
"""Where Spark unpacks the packed Python, in the directory an executor works in."""
PYTHON_ENVIRONMENT = {
    "PYTHONNOUSERSITE": "1",  # packages in a node's home directory are not ours
    "TESSDATA_PREFIX": f"{UNPACKED}/share/tessdata",
}
DRIVER_ENVIRONMENT = {"OMP_THREAD_LIMIT": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
ARROW_JAVA = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
)
"""Without them Arrow finds no memory outside of Java's heap."""
PYTHON_RUNNER = "org.apache.spark.deploy.PythonRunner"
"""Spark's own class that starts a Python driver; spark-submit names it everywhere but here."""


def command(
    config: Config, kind: str, job: Path, arguments: Sequence[str], options: Sequence[str]
) -> list[str]:
    """What follows spark-submit's own settings: options, the job's file, its arguments.

    Parameters
    ----------
    config : Config
    kind : str
        ``standalone`` or ``yarn``.
    job : Path
        The job's file.
    arguments, options : sequence of str
        Of the job; of spark-submit.

    Raises
    ------
    ValueError
        What can't be found on the cluster, with the remedy.
    """
    code, own = str(archive()), list(options)
    remote = in_cluster(options)
    lists = {"--py-files": [code] * remote, "--files": [], "--archives": packed(config)}
    log4j, words = LOG4J.as_uri(), list(arguments)
    if remote:
        _check_paths(config)
        words = [str(Path(w).resolve()) if w.endswith(".toml") else w for w in arguments]
    if remote and kind == "yarn":
        log4j = LOG4J.name
        lists["--files"] = [str(LOG4J), *(w for w in words if w.endswith(".toml"))]
        words = [Path(w).name if w.endswith(".toml") else w for w in words]
    if remote and kind == "standalone":
        lists["--files"] = lists.pop("--py-files")
    java = [f"-Dlog4j2.configurationFile={log4j}"]
    if remote and kind == "standalone":
        java += ARROW_JAVA  # Spark adds them for drivers that it starts elsewhere
    found = ["--driver-java-options", " ".join(java)]
    for name, paths in lists.items():
        joined = ",".join([*paths, *_taken(own, name)])
        found += [name, joined] if joined else []
    settings = [*python_settings(config, kind, remote)]
    if not remote:  # a driver here takes the folder's modules, which numba has compiled before
        settings.append(f"{CODE}={code}")
    found += [word for setting in settings for word in ("--conf", setting)]
    if remote and kind == "standalone":
        found += ["--conf", f"spark.submit.pyFiles={code}", "--class", PYTHON_RUNNER]
        # spark-submit asks for a jar here (no link to a zip file), though the class stands in one
        # of Spark's own
        jar = Path(code).with_suffix(".jar")
        jar.unlink(missing_ok=True)
        shutil.copy(code, jar)
        return [*found, *own, str(jar), str(job), code, *words]
    return [*found, *own, str(job), *words]


def in_cluster(options: Sequence[str]) -> bool:
    """Whether the driver runs on the cluster."""
    joined = " ".join(options)
    return any(
        f"{name}{sign}cluster" in joined
        for name, sign in (
            ("--deploy-mode", " "),
            ("--deploy-mode", "="),
            ("spark.submit.deployMode", "="),
        )
    )


def packed(config: Config) -> list[str]:
    """The packed Python as Spark's --archives names it."""
    path = config.spark.packed
    if not path:
        return []
    if "://" not in path:
        if not Path(path).is_file():
            raise ValueError(
                f"spark.packed: {path}: no such file; make it by ./spark-submit.sh pack --to {path}"
            )
        path = str(Path(path).resolve())
    return [f"{path}#{UNPACKED}"]


def python_settings(config: Config, kind: str, remote: bool) -> Iterator[str]:
    """Which Python runs where, and its environment."""
    driver = dict(DRIVER_ENVIRONMENT)
    if config.spark.packed:
        driver |= PYTHON_ENVIRONMENT
        yield f"spark.pyspark.python=./{UNPACKED}/bin/python"
        yield from (f"spark.executorEnv.{key}={word}" for key, word in PYTHON_ENVIRONMENT.items())
    if not (remote and kind == "yarn"):
        yield f"spark.pyspark.driver.python={sys.executable}"
    if kind == "yarn":
        yield from (f"spark.yarn.appMasterEnv.{key}={word}" for key, word in driver.items())


def archive() -> Path:
    """The jobs and the package as one zip file, for executors and for drivers on the cluster."""
    target = ROOT / "build" / "sempark.zip"
    target.parent.mkdir(exist_ok=True)
    partial = target.with_suffix(".new")
    with ZipFile(partial, "w") as zipped:
        for folder in ("jobs", "sempark"):
            zipped.mkdir(folder)  # a namespace package is found by its directory only
            for path in sorted((ROOT / folder).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    zipped.write(path, str(path.relative_to(ROOT)))
        # Tells the version, where sempark is not installed.
        version = importlib.metadata.version("sempark")
        about = f"Metadata-Version: 2.1\nName: sempark\nVersion: {version}\n"
        zipped.writestr(f"sempark-{version}.dist-info/METADATA", about)
    partial.replace(target)  # another run may be reading it
    return target


def _taken(options: list[str], name: str) -> list[str]:
    """The user's own values of an option that spark-submit takes once; removed from the options."""
    found = []
    for at in reversed(range(len(options))):
        if options[at] == name:
            found += options[at + 1 : at + 2]
            del options[at : at + 2]
        elif options[at].startswith(f"{name}="):
            found.append(options.pop(at).partition("=")[2])
    return found[::-1]


def _check_paths(config: Config) -> None:
    """Refuse paths that mean something only where spark-submit was typed."""
    for name, text in _texts(config):
        relative = "://" not in text and not text.startswith("/")
        if relative and (name == "store.path" or name in SOURCES or Path(text).is_file()):
            raise ValueError(
                f"{name}: {text} is relative, and the driver runs in another directory: write it "
                "from / on a disk that all nodes share, or as a URI"
            )


SOURCES = ("input.source", "input.labels", "assign.source")


def _texts(config: Config) -> Iterator[tuple[str, str]]:
    """Every text of the settings but those for this machine, with its name."""
    for section, keys in asdict(config).items():
        for key, value in keys.items():
            name = f"{section}.{key}"
            listed = [*value.values()] if isinstance(value, dict) else value
            for text in listed if isinstance(listed, list) else [listed]:
                if isinstance(text, str) and text and section not in ("spark", "demo"):
                    yield name, text
