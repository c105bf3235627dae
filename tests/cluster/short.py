"""Short runs: a few drawn files through a few stages in one session, to be disturbed.

A stage is followed by a shell script of its name, if the test has laid one down: so a disk changes
between two stages and not at a moment of chance.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sempark.shipping import ROOT
from sempark.synthetic import corpus
from tests.cluster import processes, runs

N_ITEMS = 12
STAGES = ("inventory", "images_flat", "scale")
LOCAL = ("--master", "local[2,4]")
SCRIPT = """
import subprocess, sys
from importlib import import_module
from pathlib import Path
from sempark import job

def work(context):
    for name in {stages!r}:
        job.make(context, import_module(f"jobs.{{name}}").STAGE)
        step = Path({steps!r}) / name
        if step.exists():
            subprocess.run(["sh", str(step)], check=True)

sys.exit(job.run(work, job.parse(sys.argv[1:])))
"""
SUBMIT = """
import sys
from pathlib import Path
from sempark import shipping, submit
arguments, options = submit.split(sys.argv[2:])
command = submit.build(Path(sys.argv[1]), arguments, options)
sys.exit((submit.run_remote if shipping.in_cluster(options) else submit.run)(command))
"""


@dataclass(frozen=True)
class Short:
    """Files and scripts of a run below a folder."""

    root: Path

    @property
    def steps(self) -> Path:
        return self.root / "steps"

    def start(
        self,
        store: Path | str,
        mark: str,
        options: Sequence[str] = LOCAL,
        stages: Sequence[str] = STAGES,
        more: Sequence[str] = (),
        env: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """The stages in one session; its output is `log`."""
        script = self.root / "stages.py"
        script.write_text(SCRIPT.format(stages=tuple(stages), steps=str(self.steps)))
        (self.root / "tmp").mkdir(exist_ok=True)
        self.log.write_text("")
        command = [
            sys.executable, "-c", SUBMIT, str(script), str(self.root / "small.toml"),
            "--set", f"store.path={store}", *options, "--", "--driver-memory", "1g",
            "--conf", "spark.sql.shuffle.partitions=2", *more,
        ]  # fmt: skip
        # through a pipe, as by a terminal: what the JVM prints beside the job goes to a file
        piped = ["bash", "-c", 'set -o pipefail; "$@" 2>&1 | cat >"$0"', str(self.log), *command]
        own = {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.root / "tmp")}
        return processes.start(piped, mark, self.root / "pipe.log", own | (env or {}))

    def run(
        self,
        store: Path | str,
        mark: str,
        options: Sequence[str] = LOCAL,
        stages: Sequence[str] = STAGES,
        more: Sequence[str] = (),
    ) -> runs.Ended:
        """The same, waited for."""
        return self.ended(self.start(store, mark, options, stages, more))

    @property
    def log(self) -> Path:
        return self.root / "said.log"

    def ended(self, process: subprocess.Popen[bytes]) -> runs.Ended:
        return runs.Ended(process.wait(1200), self.log.read_text(errors="replace"))

    def wait_for_line(self, start: str, process: subprocess.Popen[bytes]) -> None:
        """Until the run has said a line; an error if it ends before."""

        def there() -> bool:
            if process.poll() is not None:
                raise RuntimeError(
                    f"ended with {process.returncode}: {self.log.read_text()[-3000:]}"
                )
            return any(line.startswith(start) for line in self.log.read_text().splitlines())

        processes.wait_for(f"the line {start}", there, 600)


def prepared(root: Path) -> Short:
    """A few drawn files, and settings that name them."""
    for item in corpus.plan(runs.IMAGES, runs.SEED)[:N_ITEMS]:
        for name, content in corpus.render(item):
            path = Path(os.fsdecode(os.fsencode(root / "corpus") + b"/" + os.fsencode(name)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    found = Short(root)
    found.steps.mkdir()
    runs.settings(root / "small.toml", str(root / "corpus"))
    return found


def line(ended: runs.Ended) -> str:
    """The one line of a failed run that says why; no trace of Python's or Java's beside it."""
    assert ended.code == 1, ended.said[-3000:]
    assert "Traceback" not in ended.said and "\tat " not in ended.said, ended.said[-3000:]
    return next(line for line in ended.said.splitlines() if line.startswith("sempark: "))


def content(store: Path) -> dict[str, str]:
    """Every table's manifest as text: what a failed run must leave as it was."""
    return {name: json.dumps(m, sort_keys=True) for name, m in runs.manifests(store).items()}
