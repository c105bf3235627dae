"""The arrows of the house: who may import whom, read from the code's own imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = ("imaging", "scalebar", "networks", "geometry", "clustering", "figures")
ALLOWED = {("clustering", "geometry")}
"""Arrows between pure packages."""
HEAVY = {"tensorflow": "networks", "keras": "networks", "faiss": "geometry", "openvino": "networks"}
"""A heavy library and the room that holds it."""
FILES = sorted(ROOT.glob("sempark/**/*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    """The package of a file below sempark, or its own name."""
    relative = path.relative_to(ROOT / "sempark")
    return relative.parts[0].removesuffix(".py")


def own(names: Iterator[str]) -> set[str]:
    """Rooms of sempark among imported modules."""
    return {name.split(".")[1] for name in names if name.startswith("sempark.")}


@pytest.mark.parametrize("path", [p for p in FILES if room(p) in PURE], ids=str)
def test_pure_packages_know_nothing_above_them(path: Path) -> None:
    here = room(path)
    others = own(imports(path)) - {here}
    wrong = {other for other in others if (here, other) not in ALLOWED}
    assert not wrong, f"{path} imports {wrong}"
    assert not [name for name in imports(path) if name.split(".")[0] in ("pyspark", "jobs")]


@pytest.mark.parametrize("path", [p for p in FILES if room(p) == "stages"], ids=str)
def test_stages_do_not_import_each_other(path: Path) -> None:
    parts = {name for name in imports(path) if name.startswith("sempark.stages.")}
    family = path.stem.partition("_")[0] if path.stem.startswith("report") else path.stem
    wrong = {name for name in parts if not name.split(".")[2].startswith(family)}
    assert not wrong
    assert not own(imports(path)) & {"job", "store", "demo", "submit"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_heavy_libraries_keep_to_their_rooms(path: Path) -> None:
    for name in imports(path):
        home = HEAVY.get(name.split(".")[0])
        # A stage may set a worker's threads before it loads a network.
        assert home is None or room(path) in (home, "stages"), f"{path} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_nothing_below_imports_jobs(path: Path) -> None:
    assert not [name for name in imports(path) if name.split(".")[0] == "jobs"]


def test_every_table_has_a_stage_and_a_job() -> None:
    from sempark.tables import TABLES

    jobs = {path.stem for path in (ROOT / "jobs").glob("*.py")}
    stages = {path.stem for path in (ROOT / "sempark" / "stages").glob("*.py")}
    assert {name for name in TABLES if name not in stages} == set()
    assert {name for name in TABLES if name not in jobs} == {"finetuned"}  # made by finetune


def test_init_files_hold_a_docstring_only() -> None:
    for path in ROOT.glob("sempark/**/__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert len(body) == 1 and isinstance(body[0], ast.Expr), path


def test_plan_estimates_every_table() -> None:
    from jobs.plan import COSTS
    from sempark.tables import TABLES

    assert set(COSTS) == set(TABLES)
