"""Runs that are killed by SIGKILL and run again end as one that nobody disturbed.

A small corpus goes through the stages in ten runs, each of them killed: the driver with its JVM at
a moment drawn from a seed, a Python worker, or the driver inside the switch of a table. Half-way
the corpus grows, so that later kills meet tables that are there already.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sempark import submit
from sempark.synthetic import corpus
from tests.cluster.runs import QUICK

pytestmark = [pytest.mark.spark, pytest.mark.ocr, pytest.mark.tf, pytest.mark.slow]
STAGES = ("inventory", "images_flat", "near_duplicates", "labels", "scale", "subset", "features")
SEED = 20180101
CONF = Path(__file__).parent.parent / "conf" / "spark-local.conf"

# what each run hits: the stage, and a worker, the switch (before, in the middle of, after its
# pointer) or, at a moment of the stage drawn from the seed, the driver
PLAN_BEFORE = (("inventory", "driver"), ("images_flat", "worker"), ("near_duplicates", "half"),
               ("labels", "driver"), ("scale", "worker"))  # fmt: skip
PLAN_AFTER = (("inventory", "before"), ("images_flat", "driver"), ("near_duplicates", "driver"),
              ("scale", "after"), ("features", "worker"))  # fmt: skip

RUNNER = """
import hashlib, sys, time
from importlib import import_module
from sempark import job
from sempark.versions import Versions

until, hit, *arguments = sys.argv[1:]

def work(context):
    for name in STAGES:
        plain = Versions.put
        def put(self, path, content, overwrite=True):
            switching = name == until and f"/{name}/pointers/" in path
            if switching and hit == "before":
                wait()
            plain(self, path, content[: len(content) // 2] if switching and hit == "half"
                  else content, overwrite)
            if switching and hit in ("half", "after"):
                wait()
        Versions.put = put
        say("begin", name)
        job.make(context, import_module(f"jobs.{name}").STAGE)
        Versions.put = plain
        say("end", name)
        if name == until and hit == "driver":
            time.sleep(300)  # a quick stage is over before its moment has come
        if name == until:
            break
    if hit == "none":
        for name in STAGES:
            table = context.read(name)
            rows = sorted(repr(row) for row in table.collect())
            digest = hashlib.sha256("\\n".join(rows).encode()).hexdigest()
            say("digest", name, len(rows), digest, context.digest(name))

def wait():
    say("switch")
    time.sleep(300)

def say(*words):
    sys.__stdout__.write(" ".join(map(str, ("#", *words))) + "\\n")
    sys.__stdout__.flush()

sys.exit(job.run(work, job.parse(arguments)))
"""


def _draw(root: Path, items: slice) -> None:
    for item in corpus.plan(40, 7)[items]:
        for name, content in corpus.render(item):
            path = Path(os.fsdecode(os.fsencode(root) + b"/" + os.fsencode(name)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


class Run:
    """A run of the stages in a session of its own, whose processes are found by it."""

    def __init__(self, root: Path, store: str, until: str, hit: str) -> None:
        source, labels = root / corpus.SOURCE, root / corpus.LABELS / "SEM_Dataset"
        (root / "tmp").mkdir(exist_ok=True)
        sets = [
            f"input.source={source}",
            f'input.labels={{ SEM_Dataset = "{labels}" }}',
            f"store.path={root / store}",
            "subset.by=nm_per_px",
            "subset.low_nm_per_px=0.001",
            "subset.high_nm_per_px=1000000.0",
            "features.checkpoint_ft=random:2",
            "features.architecture=MobileNetV2",  # opened faster
            "taxonomy.layer=features",
            "features.input_size=75",
            "spark.master=local[2,4]",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"STAGES = {STAGES!r}\n{RUNNER}", until, hit]
            + [word for text in sets for word in ("--set", text)],
            stdout=subprocess.PIPE,
            stderr=(root / "stderr.txt").open("ab"),
            text=True,
            start_new_session=True,
            env=os.environ
            | {
                "TMPDIR": str(root / "tmp"),
                "SPARK_LOCAL_DIRS": str(root / "tmp"),
                "PYSPARK_SUBMIT_ARGS": f"--properties-file {CONF} {shlex.join(QUICK)} "
                f"--driver-java-options '{submit.archived()}' pyspark-shell",
            },
        )

    def lines(self) -> Iterator[list[str]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("#"):
                yield line.split()[1:]

    def processes(self) -> dict[int, tuple[int, str]]:
        """Parent and command line of every process of the session."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                stat = (place / "stat").read_text().rpartition(")")[2].split()
                words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if int(stat[3]) == self.process.pid and stat[0] != "Z":
                found[int(place.name)] = (int(stat[1]), words)
        return found

    def kill_driver(self) -> None:
        """Everything at once: Python, its JVM, the workers."""
        while there := self.processes():
            for process in there:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.poll()
            time.sleep(0.05)
        self.process.wait()

    def kill_worker(self, patience: float = 60.0) -> bool:
        """One worker that the daemon forked; False where none came up."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            there = self.processes()
            daemons = {p for p, (_, words) in there.items() if "pyspark.daemon" in words}
            workers = [p for p in daemons if there[p][0] in daemons]
            if workers:
                os.kill(min(workers), signal.SIGKILL)
                return True
            time.sleep(0.01)
        return False


def _undisturbed(root: Path, store: str) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Rows and digests of each table, seconds of each stage."""
    run = Run(root, store, STAGES[-1], "none")
    found, began, seconds = {}, {}, {}
    for words in run.lines():
        if words[0] == "begin":
            began[words[1]] = time.monotonic()
        elif words[0] == "end":
            seconds[words[1]] = time.monotonic() - began[words[1]]
        elif words[0] == "digest":
            found[words[1]] = words[2:]
    assert run.process.wait() == 0, (root / "stderr.txt").read_text()[-3000:]
    assert set(found) == set(STAGES)
    return found, seconds


def _disturbed(root: Path, stage: str, hit: str, seconds: float) -> None:
    """One run into the store "killed" that ends by a kill, or survives that of a worker."""
    run = Run(root, "killed", stage, hit)
    struck = False
    for words in run.lines():
        if words == ["begin", stage] and hit == "worker":
            struck = run.kill_worker()
        elif words == ["begin", stage] and hit == "driver":
            time.sleep(seconds)
            run.kill_driver()
            struck = True
        elif words == ["switch"]:
            run.kill_driver()
            struck = True
    assert struck, (stage, hit, (root / "stderr.txt").read_text()[-3000:])
    code = run.process.wait()
    assert code == (0 if hit == "worker" else -signal.SIGKILL), (stage, hit, code)


def test_ten_killed_runs_end_as_an_undisturbed_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(SEED)
    _draw(tmp_path, slice(0, 16))
    _, seconds = _undisturbed(tmp_path, "first")
    for stage, hit in PLAN_BEFORE:
        _disturbed(tmp_path, stage, hit, float(rng.uniform(0, seconds[stage])))
    _draw(tmp_path, slice(16, 20))
    for stage, hit in PLAN_AFTER:
        _disturbed(tmp_path, stage, hit, float(rng.uniform(0, seconds[stage])))
    found, _ = _undisturbed(tmp_path, "killed")
    expected, _ = _undisturbed(tmp_path, "scratch")
    assert found == expected
    assert all(int(rows) > 0 for name, (rows, *_) in expected.items() if name != "near_duplicates")
