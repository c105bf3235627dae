"""The README is true: its commands run, on a corpus of 60 images, and its Python prints.

With SEMPARK_DEMO, a folder where `tests/run` has run the whole demo, that one is looked at.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sempark.synthetic import corpus
from tests.cluster import runs

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = (
    "demo.images=60",
    "features.architecture=MobileNetV2",
    "finetune.auxiliary_layers=block_6_expand_relu",
    "taxonomy.layer=features",
    "features.input_size=75",
    "finetune.epochs=1",
    "grid.enabled=false",
    "codings.epochs=3",
    "codings.n_hidden=[40,20]",
    "dimension.repeats=1",
    "taxonomy.min_size=8",
    "taxonomy.repeats=3",
)
"""What makes sixty images quick; the README's own words stay as they are."""
NO_WEIGHTS = "features.checkpoint_in=random:1"

N_STAGES = len(
    re.findall(r"\w+\.STAGE", (ROOT / "jobs" / "pipeline.py").read_text(encoding="utf-8"))
)

pytestmark = [pytest.mark.spark, pytest.mark.tf, pytest.mark.ocr]


def blocks(language: str) -> list[str]:
    """Fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    """Every ./spark-submit.sh line of the README's shell blocks."""
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    return [line for line in lines if line.startswith("./spark-submit.sh")]


def run(command: str, folder: Path, *sets: str) -> subprocess.CompletedProcess[str]:
    """Run one of the README's commands in a folder, with settings after it."""
    words = command.split()
    words[0] = str(ROOT / "spark-submit.sh")
    extra = [word for text in sets for word in ("--set", text)]
    env = dict(os.environ, SEMPARK_EXTRAS="pipeline")
    return subprocess.run(
        [*words, *extra, "--", *runs.QUICK],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


@dataclass(frozen=True)
class Demo:
    """A folder where the demo ran, with which settings, and what it printed."""

    folder: Path
    sets: tuple[str, ...]
    said: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    if whole := os.environ.get("SEMPARK_DEMO"):
        said = Path(whole, "said.txt").read_text(encoding="utf-8")
        return Demo(Path(whole), tuple(os.environ["SEMPARK_DEMO_SETS"].split()), said)
    folder = tmp_path_factory.mktemp("readme")
    done = run("./spark-submit.sh demo", folder, *SMALL)
    assert done.returncode == 0, done.stderr + done.stdout
    return Demo(folder, SMALL, done.stdout)


def test_under_200_lines() -> None:
    assert len(README.splitlines()) < 200


def test_the_commands_are_those_that_are_run_here() -> None:
    assert commands() == [
        "./spark-submit.sh demo",
        "./spark-submit.sh plan my.toml",
        "./spark-submit.sh pipeline my.toml",
        "./spark-submit.sh status my.toml",
        "./spark-submit.sh search QUERY.tif my.toml --page found.html",
        "./spark-submit.sh assign my.toml --set assign.source=new_images",
        "./spark-submit.sh export my.toml",
    ]


def test_links_and_jobs_exist() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
    jobs = {path.stem for path in (ROOT / "jobs").glob("*.py")}
    table = re.findall(r"^\| (\w+) \| .* \| .* \|$", README, re.MULTILINE)
    assert set(table) - {"job", "here"} <= jobs | {"codings", "merges", "space"}


def test_the_demo_finds_its_truth(demo: Demo) -> None:
    told = {line.partition(":")[0]: line for line in demo.said.splitlines() if ": " in line}
    for name in ("duplicates", "undecodable", "labels"):
        found = re.findall(r"([\d,]+) of ([\d,]+)", told[name])
        assert found and all(a == b for a, b in found), told[name]
    assert re.search(r" 0 wrong;", told["scale"]), told["scale"]
    report = Path(told["report"].partition(": ")[2])
    assert report.name == "index.html" and report.stat().st_size > 1000


def test_again_everything_is_up_to_date(demo: Demo) -> None:
    done = run("./spark-submit.sh demo", demo.folder, *demo.sets)
    assert done.returncode == 0
    stages = re.findall(r"^(\w+) +(up to date|[\d,]+ in|[\d,]+ out)", done.stdout, re.MULTILINE)
    assert len(stages) == N_STAGES and {state for _, state in stages} == {"up to date"}


def test_changed_settings_stop_until_forced(demo: Demo) -> None:
    others = [text for text in demo.sets if not text.startswith("taxonomy.min_size")]
    done = run("./spark-submit.sh demo", demo.folder, *others, "taxonomy.min_size=9")
    assert done.returncode == 1
    assert re.search(r"taxonomy\.min_size was \d+, is 9", done.stderr) and "--force" in done.stderr
    assert "Traceback" not in done.stderr


def test_ones_own_images(tmp_path: Path) -> None:
    folder = tmp_path
    drawn = runs.draw(folder / "drawn")
    (folder / "images").symlink_to(drawn / corpus.SOURCE)
    (folder / "labels").symlink_to(drawn / corpus.LABELS)
    (folder / "my.toml").write_text(blocks("toml")[0], encoding="utf-8")
    plan, pipeline, status, search, assign, export = commands()[1:]
    small = [text for text in SMALL if not text.startswith("demo.")]
    done = run(plan, folder, *small, NO_WEIGHTS)
    assert done.returncode == 0 and "inventory        would run: not made yet" in done.stdout
    done = run(pipeline, folder, *small, NO_WEIGHTS)
    assert done.returncode == 0, done.stderr + done.stdout
    done = run(status, folder, *small, NO_WEIGHTS)
    assert done.returncode == 0
    assert len(re.findall(r"up to date$", done.stdout, re.MULTILINE)) == N_STAGES, done.stdout
    using(folder, search, assign, export, [*small, NO_WEIGHTS])


def using(folder: Path, search: str, assign: str, export: str, sets: list[str]) -> None:
    """What the README does with the tree once it is there."""
    pictures = sorted((folder / "drawn" / corpus.SOURCE).rglob("*.tif"))[:4]
    (folder / "QUERY.tif").write_bytes(pictures[0].read_bytes())
    (folder / "new_images").mkdir()
    for number, path in enumerate(pictures):
        (folder / "new_images" / f"{number}.tif").write_bytes(path.read_bytes())
    done = run(search, folder, *sets)
    assert "in the collection" in done.stdout or "can't be compared" in done.stderr, done.stderr
    page = (folder / "found.html").read_text(encoding="utf-8")
    assert "<script" not in page and 'class="answer"' in page
    (folder / "broken.tif").write_bytes(b"II*\0no picture")
    done = run("./spark-submit.sh search broken.tif my.toml --json", folder, *sets)
    assert done.returncode == 1 and json.loads(done.stdout)["query"]["status"] == "undecodable"
    assert "can't be compared" in done.stderr and "Traceback" not in done.stderr
    done = run(assign, folder, *sets)
    assert done.returncode == 0, done.stderr
    assert "0 new images" in done.stdout and "drift" in done.stdout
    done = run(export, folder, *sets)
    assert done.returncode == 0, done.stderr
    exported = Path(done.stdout.strip().splitlines()[-1].partition(": ")[2])
    names = {"records.csv", "records.jsonl", "records.parquet", "dataset.jsonld"}
    assert names <= {path.name for path in exported.iterdir()}


def test_missing_weights_are_one_line(demo: Demo) -> None:
    done = run("./spark-submit.sh features", demo.folder, "features.checkpoint_in=nowhere.pb")
    assert done.returncode == 1
    assert "nowhere.pb" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("block", blocks("python"))
def test_python_blocks_run(block: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, check=True, cwd=ROOT
    )
    numbers = done.stdout.split()
    assert 4.0 < float(numbers[0]) < 6.5
    assert float(numbers[-1]) > 0.9
