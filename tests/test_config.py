"""Settings: defaults complete and typed, changes checked, errors in one line."""

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from sempark import config

ROOT = Path(__file__).parent.parent


def test_defaults_fill_every_key_of_every_section() -> None:
    written = tomllib.loads(config.DEFAULT.read_text(encoding="utf-8"))
    loaded = asdict(config.load())
    assert {s: set(keys) for s, keys in loaded.items()} == {
        s: set(keys) for s, keys in written.items()
    }


def test_every_key_has_a_comment_or_follows_one() -> None:
    lines = config.DEFAULT.read_text(encoding="utf-8").splitlines()
    keys = [line for line in lines if "=" in line and not line.startswith("#")]
    told = [line for line in keys if "#" in line]
    assert len(told) > 0.6 * len(keys)


@pytest.mark.parametrize("name", ["demo.toml", "thesis.toml"])
def test_files_of_conf_load(name: str) -> None:
    config.load(ROOT / "conf" / name)


def test_set_goes_over_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('[store]\npath = "here"\n[neighbors]\nk = 7\n')
    found = config.load(file, ["neighbors.k=9", "input.source=pictures"])
    assert (found.store.path, found.neighbors.k) == ("here", 9)
    assert found.input.source == ["pictures"]
    assert found.scale.batch == config.load().scale.batch


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("neighbours.k=3", "unknown section [neighbours]; did you mean neighbors?"),
        ("neighbors.kk=3", "unknown key neighbors.kk; did you mean k?"),
        ("neighbors.k=many", "neighbors.k must be int, received 'many'"),
        ("grid.enabled=1", "grid.enabled must be bool, received 1"),
        ("scale.method=best", "scale.method must be one of sempark, thesis, received 'best'"),
        ("neighbors.k", "expected section.key=value"),
        ("neighbors.index=flat", "neighbors.index must be one of exact, hnsw, ivf"),
        ("merges.methods=wards", "merges.methods must be one of"),
    ],
)
def test_a_bad_set_is_named(text: str, message: str) -> None:
    with pytest.raises(config.ConfigError) as error:
        config.load(None, [text])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_names_its_neighbor(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("")
    with pytest.raises(config.ConfigError, match=r"did you mean mine\.toml"):
        config.load(tmp_path / "mien.toml")


def test_broken_toml_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[store\n")
    with pytest.raises(config.ConfigError) as error:
        config.load(tmp_path / "my.toml")
    assert "\n" not in str(error.value) and "my.toml" in str(error.value)


def test_an_integer_stands_for_a_float() -> None:
    found = config.load(None, ["subset.values_nm=[500]"]).subset.values_nm
    assert found == [500.0] and isinstance(found[0], float)


def test_only_named_settings_reach_a_manifest() -> None:
    found = config.load().subset_of(["neighbors", "labels.primary"])
    assert found == {
        "neighbors.k": 100,
        "neighbors.backend": "driver",
        "neighbors.index": "exact",
        "neighbors.sample": 300_000,
        "neighbors.seed": 1,
        "labels.primary": "SEM_Dataset",
    }
