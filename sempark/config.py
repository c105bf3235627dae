"""Settings: defaults under a user's TOML file under ``--set``, as typed frozen dataclasses.

In: paths and ``section.key=value`` strings. Out: a `Config`. `default.toml` beside this module
holds every key with its meaning; a key that is not there, or a value of another type, stops the
job in one line that names the file and the nearest right key.
"""

from __future__ import annotations

import difflib
import importlib.resources
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

DEFAULT = importlib.resources.files("sempark") / "default.toml"


class ConfigError(ValueError):
    """A setting that can't be used; the message is one line for the user."""


@dataclass(frozen=True)
class Input:
    """Where images and labels lie."""

    source: list[str]
    formats: list[str]
    labels: dict[str, str]


@dataclass(frozen=True)
class Store:
    """Where tables are kept."""

    path: str


@dataclass(frozen=True)
class Spark:
    """The session."""

    master: str
    packed: str
    event_logs: int


@dataclass(frozen=True)
class Images:
    """images_flat."""

    jpeg_quality: int
    max_pixels: int
    timeout_seconds: float
    memory_mb: int
    partition_mb: int
    drop_near_duplicates: list[str]


@dataclass(frozen=True)
class NearDuplicates:
    """near_duplicates."""

    max_bits: int
    max_mean_difference: float


@dataclass(frozen=True)
class Labels:
    """Labels: which set, which matches, what of conflicts."""

    primary: str
    matched_by: list[str]
    conflicts: str


@dataclass(frozen=True)
class Scale:
    """The scale reader."""

    method: str
    engine: str
    batch: int
    overrides: str


@dataclass(frozen=True)
class Validate:
    """Scales read by eye, to compare with."""

    truth: str


@dataclass(frozen=True)
class Subset:
    """The images of one scale range."""

    name: str
    by: str
    values_nm: list[float]
    low_nm_per_px: float
    high_nm_per_px: float


@dataclass(frozen=True)
class Finetune:
    """Training of the ft checkpoint."""

    checkpoint: str
    scope: str
    head: str
    epochs: int
    batch: int
    learning_rate: float
    auxiliary_layers: list[str]
    auxiliary_weight: float
    patience: int
    seed: int


@dataclass(frozen=True)
class Features:
    """Feature extraction."""

    checkpoint_in: str
    checkpoint_ft: str
    architecture: str
    layers_in: dict[str, str]
    layers_ft: dict[str, str]
    preprocessing: str
    input_size: int
    batch: int
    runtime: str
    precision: str
    crop_databar: bool


@dataclass(frozen=True)
class Space:
    """One space of somebody's own vectors."""

    path: str = ""
    labels: str = ""
    reduce: bool = False


@dataclass(frozen=True)
class Dimension:
    """2-NN over sample sizes."""

    sizes: list[int]
    repeats: int
    fractions: list[float]
    sample: int
    seed: int


@dataclass(frozen=True)
class Grid:
    """The autoencoders' grid search."""

    enabled: bool
    n_hidden1: list[int]
    n_hidden2: list[int]
    tied: list[str]
    phases: list[str]
    activations: list[str]
    learning_rates: list[float]
    vary: str
    epochs: int
    seed: int


@dataclass(frozen=True)
class Codings:
    """The autoencoder that makes the coded spaces."""

    dimensions: dict[str, int]
    bound: int
    n_hidden: list[int]
    n_hidden_of: dict[str, list[int]]
    tied: str
    tied_of: dict[str, str]
    epochs: int
    batch: int
    learning_rate: float
    l2_reg: float
    pca: bool
    sample: int
    seed: int


@dataclass(frozen=True)
class Neighbors:
    """The shared neighbors tables."""

    k: int
    backend: str
    index: str
    sample: int
    seed: int


@dataclass(frozen=True)
class Distances:
    """The balanced sample and its distances."""

    sample: dict[str, int]
    side_px: int
    seed: int


@dataclass(frozen=True)
class Densities:
    """Density Peaks."""

    method: str
    k: int


@dataclass(frozen=True)
class Merges:
    """Hierarchies."""

    methods: list[str]


@dataclass(frozen=True)
class Partitions:
    """Flat partitions."""

    methods: list[str]
    z: float
    spectral_clusters: int
    min_cluster_size: int
    seed: int


@dataclass(frozen=True)
class Scores:
    """Scores of merges and partitions."""

    ami_k: list[int]


@dataclass(frozen=True)
class Taxonomy:
    """The tree of sub-categories."""

    layer: str
    min_probability: float
    min_size: int
    max_children: int
    depth: int
    method: str
    repeats: int
    names: str
    truth: str
    seed: int


@dataclass(frozen=True)
class Search:
    """What is laid out for searching."""

    layers: list[str]
    k: int


@dataclass(frozen=True)
class Assign:
    """New images placed in the tree that is there."""

    source: list[str]
    far_below: float


@dataclass(frozen=True)
class Privacy:
    """What must not leave the laboratory."""

    paths: str


@dataclass(frozen=True)
class Report:
    """The report's pages."""

    title: str
    thumbnails_px: int
    picture_px: int
    sheet_images: int
    images: int
    untrained: list[str]


@dataclass(frozen=True)
class Demo:
    """The drawn corpus."""

    images: int
    seed: int
    path: str


@dataclass(frozen=True)
class Run:
    """One run."""

    limit: int
    limit_seed: int


@dataclass(frozen=True)
class Config:
    """All settings, a section each."""

    input: Input
    store: Store
    spark: Spark
    images: Images
    near_duplicates: NearDuplicates
    labels: Labels
    scale: Scale
    validate: Validate
    subset: Subset
    finetune: Finetune
    features: Features
    spaces: dict[str, Space]
    dimension: Dimension
    grid: Grid
    codings: Codings
    neighbors: Neighbors
    distances: Distances
    densities: Densities
    merges: Merges
    partitions: Partitions
    scores: Scores
    taxonomy: Taxonomy
    search: Search
    assign: Assign
    privacy: Privacy
    report: Report
    demo: Demo
    run: Run

    def subset_of(self, names: Sequence[str]) -> dict[str, Any]:
        """Values of sections or ``section.key`` by name, as stored in a manifest."""
        values: dict[str, Any] = {}
        for name in names:
            section, _, key = name.partition(".")
            for field, value in asdict(self)[section].items():
                if not key or key == field:
                    values[f"{section}.{field}"] = value
        return values


CHOICES: dict[str, tuple[str, ...]] = {
    "input.formats": ("TIFF", "JPEG", "PNG", "BMP", "GIF", "DM3", "DM4"),
    "images.drop_near_duplicates": (
        "equal",
        "few_pixels",
        "recompressed",
        "brightness_shifted",
        "rescaled",
    ),
    "labels.conflicts": ("drop", "first"),
    "scale.engine": ("tesseract", "tesserocr"),
    "scale.method": ("sempark", "thesis"),
    "subset.by": ("printed", "nm_per_px"),
    "finetune.scope": ("all", "last_layer"),
    "finetune.head": ("1001", "categories"),
    "features.preprocessing": ("", "inception", "inception2015", "caffe", "torch", "unit", "raw"),
    "features.runtime": ("tensorflow", "openvino"),
    "features.precision": ("float32", "bfloat16"),
    "codings.tied": ("none", "outer"),
    "densities.method": ("knn", "gaussian", "cutoff", "pak"),
    "neighbors.backend": ("driver", "spark"),
    "neighbors.index": ("exact", "hnsw", "ivf"),
    "merges.methods": (
        "single",
        "complete",
        "centroid",
        "ward",
        "density_peaks",
        "hdbscan_tree",
    ),
    "partitions.methods": ("advanced_density_peaks", "hdbscan", "spectral"),
    "grid.tied": ("none", "outer"),
    "grid.vary": ("each", "all"),
    "labels.matched_by": ("jpeg_md5", "reencoded", "pixels", "perceptual"),
    "taxonomy.layer": ("middle", "features", "logits"),
    "taxonomy.method": ("single", "complete", "centroid", "ward"),
    "privacy.paths": ("show", "hide"),
}
"""Settings whose value comes from a closed list."""


def load(path: str | Path | None = None, sets: Sequence[str] = ()) -> Config:
    """Read the defaults, then the user's file, then ``section.key=value`` strings.

    Parameters
    ----------
    path : str or Path, optional
        A TOML file with what differs from the defaults.
    sets : sequence of str
        ``section.key=value``; the value is TOML, or plain text where the setting is text; a list
        of text may be given as one text.

    Raises
    ------
    ConfigError
        Unknown section or key, wrong type, unreadable file: one line.
    """
    values = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    if path is not None:
        _merge(values, _read(Path(path)), str(path))
    for text in sets:
        _merge(values, _parse_set(text, values), f"--set {text}")
    hints = get_type_hints(Config)
    return Config(**{name: _section(hints[name], values[name]) for name in hints})


def _section(hint: Any, values: Mapping[str, Any]) -> Any:
    """A section as its dataclass; ``[section.NAME]`` as a mapping of them."""
    if get_origin(hint) is dict:
        return {name: get_args(hint)[1](**keys) for name, keys in values.items()}
    return hint(**values)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = _nearest(path.name, [p.name for p in path.parent.glob("*.toml")])
        raise ConfigError(f"{path}: no such file{near}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _parse_set(text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """One ``section.key=value`` as a nested mapping."""
    name, equals, raw = text.partition("=")
    section, dot, key = name.strip().partition(".")
    if not equals or not dot:
        raise ConfigError(f"--set {text}: expected section.key=value")
    try:
        value: Any = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw.strip()
    if get_origin(get_type_hints(Config).get(section)) is dict:
        name, _, key = key.rpartition(".")
        return {section: {name: {key: value}}}
    default = values.get(section, {}).get(key)
    if isinstance(default, str) and not isinstance(value, str):
        value = raw.strip()
    if isinstance(default, list) and not isinstance(value, list):
        value = [value]
    return {section: {key: value}}


def _merge(values: dict[str, Any], changes: Mapping[str, Any], origin: str) -> None:
    """Put changes over values in place, each key and type checked."""
    sections = get_type_hints(Config)
    for section, keys in changes.items():
        if section not in sections:
            raise ConfigError(
                f"{origin}: unknown section [{section}]{_nearest(section, list(sections))}"
            )
        if not isinstance(keys, Mapping):
            raise ConfigError(f"{origin}: {section} is a section, expected [{section}]")
        if get_origin(sections[section]) is dict:
            of_name = get_args(sections[section])[1]
            for name, of_one in keys.items():
                if not isinstance(of_one, Mapping):
                    raise ConfigError(f"{origin}: expected [{section}.NAME], received {name}")
                one = values[section].setdefault(name, {})
                _merge_keys(one, of_one, of_name, f"{section}.{name}", origin)
        else:
            _merge_keys(values[section], keys, sections[section], section, origin)


def _merge_keys(
    values: dict[str, Any], changes: Mapping[str, Any], kind: type, section: str, origin: str
) -> None:
    """Put the keys of one section over its values in place."""
    hints = get_type_hints(kind)
    for key, value in changes.items():
        name = f"{section}.{key}"
        if key not in hints:
            raise ConfigError(f"{origin}: unknown key {name}{_nearest(key, list(hints))}")
        values[key] = _checked(value, hints[key], name, origin)


def _checked(value: Any, hint: Any, name: str, origin: str) -> Any:
    """The value if it is of the type, an integer standing for a float too."""
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if get_origin(hint) is list and isinstance(value, list):
        return [_checked(item, get_args(hint)[0], name, origin) for item in value]
    if get_origin(hint) is dict and isinstance(value, dict):
        return {k: _checked(v, get_args(hint)[1], f"{name}.{k}", origin) for k, v in value.items()}
    plain = get_origin(hint) or hint
    if not isinstance(value, plain) or (plain is int and isinstance(value, bool)):
        expected = getattr(hint, "__name__", str(hint)) if get_origin(hint) is None else str(hint)
        raise ConfigError(f"{origin}: {name} must be {expected}, received {value!r}")
    if name in CHOICES and value not in CHOICES[name]:
        raise ConfigError(
            f"{origin}: {name} must be one of {', '.join(CHOICES[name])}, received {value!r}"
        )
    return value


def _nearest(word: str, known: Sequence[str]) -> str:
    """A hint that names the nearest known word."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""
