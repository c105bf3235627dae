"""The command line before Spark: finds the job, builds the spark-submit command, runs it.

In: ``JOB [CONF.toml] [--set section.key=value ...] [--force] [-- options of spark-submit]``. Out:
the exit code of spark-submit; 2 and one line for what can't be understood. Only the standard
library is behind it, so that the list of jobs and its errors come at once.
"""

from __future__ import annotations

import ast
import difflib
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from sempark import shipping
from sempark.config import Config, load

ROOT = shipping.ROOT
USAGE = """usage: ./spark-submit.sh JOB [CONF.toml] [--set section.key=value ...] [--force]
                         [--master M] [--deploy-mode client|cluster] [-- options of spark-submit]
"""
SPARK_OPTIONS = ("--master", "--deploy-mode")
WITHOUT_SPARK = ("pack",)
MINIMUM_SPARK = (4, 0)
CLASS_ARCHIVE = Path(sys.prefix) / "sempark-classes.jsa"
"""What `class_archive` makes."""
FAILED_STATES = {"FAILED", "ERROR", "KILLED"}


def main(argv: Sequence[str]) -> int:
    """Run one job; without arguments, list them."""
    known = jobs()
    if not argv or argv[0] in ("-h", "--help"):
        sys.stdout.write(USAGE + "\n" + listing(known))
        return 0
    name, *rest = argv
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "./spark-submit.sh lists them"
        return fail(f"unknown job {name}; {hint}")
    if name in WITHOUT_SPARK:
        return subprocess.call([sys.executable, str(known[name]), *rest], env=environment())
    try:
        arguments, options = split(rest)
        command = build(known[name], arguments, options)
    except ValueError as error:
        return fail(str(error))
    return run_remote(command) if shipping.in_cluster(options) else run(command)


def run_remote(command: Sequence[str]) -> int:
    """Run spark-submit in cluster mode: it reports here, the job writes on the cluster.

    A standalone cluster's spark-submit ends with code 0 whatever became of the driver, so the last
    state that it tells counts too.
    """
    process = subprocess.Popen(
        command, env=environment(), start_new_session=True, stderr=subprocess.PIPE
    )
    states: list[str] = []
    listening = threading.Thread(target=_pass_on, args=(process, states))
    listening.start()
    code = wait(process)
    listening.join()
    failed = code != 0 or bool(FAILED_STATES.intersection(states[-1:]))
    sys.stderr.write(
        f"sempark: the driver ran on the cluster and {'failed' if failed else 'ended well'}; what "
        "it said stands in the cluster's logs of it, and in the folder runs of the store\n"
    )
    return 1 if failed else 0


def _pass_on(process: subprocess.Popen[bytes], states: list[str]) -> None:
    """Hand spark-submit's lines on and keep the states of the driver that they tell."""
    for line in process.stderr or ():
        text = line.decode(errors="replace")
        sys.stderr.write(text)
        states += re.findall(r"State of (?:driver )?driver-\S+ is ([A-Z]+)", text)


def run(command: Sequence[str]) -> int:
    """Run spark-submit; what the JVM and native libraries print goes to a file.

    The job itself writes to the terminal, which SEMPARK_STDOUT and SEMPARK_STDERR name.
    """
    env, own = environment(), Path(f"/proc/{os.getpid()}/fd")
    # A regular file has one offset a writer: opened twice, its lines would overwrite each other.
    files = [stat.S_ISREG(os.fstat(stream).st_mode) for stream in (1, 2)]
    if not own.exists() or any(files):
        return wait(subprocess.Popen(command, env=env, start_new_session=True))
    env |= {"SEMPARK_STDOUT": str(own / "1"), "SEMPARK_STDERR": str(own / "2")}
    with tempfile.NamedTemporaryFile("w+", prefix="sempark-native-", delete=False) as noise:
        code = wait(
            subprocess.Popen(command, env=env, stdout=noise, stderr=noise, start_new_session=True)
        )
        if code in (0, 1, 2, 130):
            Path(noise.name).unlink()  # the job has said all there is to say
        else:
            noise.seek(0)
            last = "\n".join(noise.read().strip().splitlines()[-5:])
            sys.stderr.write(f"sempark: ended with code {code}; {noise.name} ends:\n{last}\n")
    return code


def wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code of spark-submit; Ctrl-C ends it and its Python, and says what is kept."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        sys.stderr.write("\nsempark: stopped; what was finished is kept, run it again to go on\n")
        return 130


def jobs() -> dict[str, Path]:
    """Each job's name and file."""
    return {path.stem: path for path in sorted((ROOT / "jobs").glob("[a-z]*.py"))}


def listing(known: dict[str, Path]) -> str:
    """A line a job: the first line of its docstring."""
    width = max(len(name) for name in known)
    return "".join(f"  {name:<{width}}  {first_line(path)}\n" for name, path in known.items())


def first_line(path: Path) -> str:
    """The first line of a file's docstring, read without running it."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    return (doc or "").partition("\n")[0]


def split(rest: Sequence[str]) -> tuple[list[str], list[str]]:
    """Arguments of the job, and options of spark-submit (after ``--``, or a known one anywhere)."""
    own = list(rest)
    options: list[str] = []
    if "--" in own:
        at = own.index("--")
        own, options = own[:at], own[at + 1 :]
    arguments: list[str] = []
    while own:
        word = own.pop(0)
        option, equals, value = word.partition("=")
        if option not in SPARK_OPTIONS:
            arguments.append(word)
        elif equals:
            options += [option, value]
        elif own:
            options += [option, own.pop(0)]
        else:
            raise ValueError(f"{word} needs a value")
    return arguments, options


def build(job: Path, arguments: Sequence[str], options: Sequence[str]) -> list[str]:
    """The spark-submit command of a job."""
    config = configured(arguments)
    options = [tried(word) for word in options]
    master = _value(options, "--master") or tried(config.spark.master)
    kind = "yarn" if master == "yarn" else "local" if master.startswith("local") else "standalone"
    command = [str(spark_submit()), "--properties-file", str(ROOT / "conf" / f"spark-{kind}.conf")]
    if _value(options, "--master") is None:
        command += ["--master", master]
    if kind != "local":
        return command + shipping.command(config, kind, job, arguments, options)
    java = f"-Dlog4j2.configurationFile={shipping.LOG4J.as_uri()} {archived()}".strip()
    return [*command, "--driver-java-options", java, *options, str(job), *arguments]


def archived() -> str:
    """Java's options to start from the archive of classes; it goes without one that doesn't fit."""
    there = CLASS_ARCHIVE.exists()
    return f'"-XX:SharedArchiveFile={CLASS_ARCHIVE}" -Xlog:disable' if there else ""


def tried(word: str) -> str:
    """A local master with four tries a task, as clusters have: a bad file must not end the job."""
    found = re.fullmatch(r"((?:--master=)?local)(?:\[(\d+|\*)\])?", word)
    return f"{found[1]}[{found[2] or 1},4]" if found else word


def configured(arguments: Sequence[str]) -> Config:
    """The settings; a mistake in them is told before Java starts."""
    conf = next((word for word in arguments if word.endswith(".toml")), None)
    sets = [value for word, value in pairwise(arguments) if word == "--set"]
    sets += [word.removeprefix("--set=") for word in arguments if word.startswith("--set=")]
    return load(conf, sets)


def spark_submit() -> Path:
    """spark-submit of SPARK_HOME where it is set and new enough, else of pip's pyspark."""
    home = os.environ.get("SPARK_HOME")
    if not home:
        return Path(sys.executable).parent / "spark-submit"
    path = Path(home) / "bin" / "spark-submit"
    if not path.exists():
        raise ValueError(f"SPARK_HOME={home} has no bin/spark-submit: unset it or mend it")
    jars = [re.search(r"spark-core_[\d.]+-(\d+)\.(\d+)", p.name) for p in Path(home).glob("jars/*")]
    found = [(int(m[1]), int(m[2])) for m in jars if m]
    if found and found[0] < MINIMUM_SPARK:
        raise ValueError(
            f"SPARK_HOME={home} is Spark {found[0][0]}.{found[0][1]}: 4.0 or later is needed; "
            "unset it to use pip's"
        )
    return path


def environment() -> dict[str, str]:
    """The environment of spark-submit: this interpreter, and the project on its path."""
    env = dict(os.environ)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH")]))
    env.setdefault("PYSPARK_PYTHON", sys.executable)
    env.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    env.setdefault("OMP_THREAD_LIMIT", "1")
    return env


def fail(line: str) -> int:
    """Say one line and return the exit code of a bad call."""
    sys.stderr.write(f"sempark: {line}\n")
    return 2


def _value(options: Sequence[str], name: str) -> str | None:
    for at, word in enumerate(options):
        if word == name:
            return next(iter(options[at + 1 :]), None)
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
