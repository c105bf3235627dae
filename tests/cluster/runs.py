"""Runs of sempark on a small drawn corpus, and what they leave in a store.

The settings make the pipeline short, not other: a small network, one epoch of training, no grid,
every image with a scale in the subset.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sempark import growth
from sempark.shipping import ROOT
from sempark.synthetic import corpus
from sempark.tables import TABLES
from tests.cluster import processes

IMAGES, SEED = 60, 7
SETTINGS = """
[input]
source = ["{place}/{source}"]
labels = {{ SEM_Dataset = "{place}/{labels}/SEM_Dataset" }}
[subset]
by = "nm_per_px"
low_nm_per_px = 0.001
high_nm_per_px = 1000000.0
[finetune]
epochs = 1
[features]
architecture = "MobileNetV2"
input_size = 75
[dimension]
repeats = 1
[grid]
enabled = false
[codings]
epochs = 1
n_hidden = [50, 20]
[neighbors]
k = 20
[distances]
side_px = 32
sample = {{ Tips = 3, Particles = 3 }}
[taxonomy]
layer = "features"
min_size = 10
repeats = 2
"""

CONF = (ROOT / "conf" / "spark-local.conf").read_text(encoding="utf-8")
(JAVA,) = re.findall(r"^spark\.driver\.defaultJavaOptions (.+)$", CONF, re.MULTILINE)
QUICK = (
    # hundreds of plans for a few rows each: compiling them and planning them anew costs most
    "--conf", "spark.sql.codegen.wholeStage=false",
    "--conf", "spark.sql.codegen.factoryMode=NO_CODEGEN",
    "--conf", "spark.sql.adaptive.enabled=false",
    "--conf", "spark.sql.shuffle.partitions=2",
    # what a run on one machine has: no time of short runs goes into compiling
    "--conf", f"spark.driver.defaultJavaOptions={JAVA}",
    "--conf", f"spark.executor.defaultJavaOptions={JAVA}",
)  # fmt: skip
"""Options of spark-submit that make sixty images quick."""


def draw(root: Path) -> Path:
    """The corpus below a directory; returns it."""
    for item in corpus.plan(IMAGES, SEED):
        for name, content in corpus.render(item):
            path = Path(os.fsdecode(os.fsencode(root) + b"/" + os.fsencode(name)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return root


def settings(file: Path, place: str) -> Path:
    """A settings file whose sources lie at a place, a directory or URI."""
    text = SETTINGS.format(place=place, source=corpus.SOURCE, labels=corpus.LABELS)
    file.write_text(text, encoding="utf-8")
    return file


@dataclass(frozen=True)
class Ended:
    """How a run ended and what it said."""

    code: int
    said: str


def start(
    words: Sequence[str], mark: str, log: Path, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """What ./spark-submit.sh runs, with the words; its output goes to the log."""
    command = [sys.executable, "-m", "sempark.submit", *words]
    return processes.start(command, mark, log, {"PYTHONPATH": str(ROOT)} | (env or {}))


def run(
    words: Sequence[str],
    mark: str,
    log: Path,
    env: dict[str, str] | None = None,
    seconds: float = 1500,
) -> Ended:
    """The same, waited for."""
    process = start(words, mark, log, env)
    return Ended(process.wait(seconds), log.read_text(errors="replace"))


def manifests(store: Path) -> dict[str, dict[str, Any]]:
    """The manifest of each table of a local store, of the version its last whole pointer names."""
    found = {}
    for name in TABLES:
        if versions := pointed(store, name):
            found[name] = json.loads((store / name / versions[-1] / "manifest.json").read_text())
    return found


def pointed(store: Path, name: str) -> list[str]:
    """The versions that whole pointers name; one may be read while it is being written."""
    files = sorted((store / name / "pointers").glob("[0-9]*.json"))
    texts = [text for file in files if (text := file.read_text()).endswith("}")]
    return [json.loads(text)["version"] for text in texts]


def digests(store: Path) -> dict[str, str]:
    """Digest of the rows of each table, folders left out: theirs is the version's name."""
    made = manifests(store)
    return {n: str(m["digest"]) for n, m in made.items() if TABLES[n].kind == "table"}


def rows(store: Path, name: str, place: str) -> list[str]:
    """What a table's files hold, sorted, with paths below one place and without times and versions.

    A table that grew has files of rows, and of how these read now.
    """
    manifest = manifests(store)[name]
    version, parts = manifest["version"], manifest.get("parts", [manifest["version"]])
    places = [store / name / part / "rows" for part in parts] + [store / name / version / "changes"]
    found = []
    for files in filter(Path.is_dir, places):
        table = pq.read_table(files)
        left_out = {"modified_us", growth.PART} & set(table.column_names)
        for row in table.drop_columns(sorted(left_out)).to_pylist():
            if row.get("kind") == "directory":
                row["size"] = None  # of a local one its file system's own, of others unknown
            found.append(repr(row).replace(f"{place}/", "@/"))
    return sorted(found)


def clean(store: Path) -> list[str]:
    """What lies in a store that should not: staging of Spark, versions without a pointer."""
    wrong = [str(path) for path in store.rglob("_temporary")]
    wrong += [str(path) for path in (store / "runs").glob(".check-*")]
    for name in TABLES:
        present = {p.name for p in (store / name).glob("*") if p.name != "pointers"}
        wrong += [f"{name}/{version}" for version in sorted(present - {*pointed(store, name)})]
    return wrong
