"""Keras files: whole models (.keras, .h5) and weights alone (.weights.h5, .h5).

A path goes in, a Keras model or a filled one comes out. Nothing in a file is ever run: layers
that hold code (Lambda and the like) or classes from outside Keras are refused before Keras sees
them, and Keras' own safe mode stays on. Weights are counted against the network by their shapes
first, so that a file of another network is told in one line.
"""

import contextlib
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

_CODE = {"Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer"}


def load_model(path: Path) -> Any:
    """Load a whole model from a .keras or .h5 file.

    Raises
    ------
    ValueError
        Unreadable or cut short; holds code; not one Keras 3 can build.
    """
    try:
        _refuse_code(json.loads(_config(path)), path)
        suffix = ".keras" if zipfile.is_zipfile(path) else ".h5"
        with _named(path, suffix) as named:
            return keras.models.load_model(named, compile=False, safe_mode=True)
    except (OSError, KeyError, TypeError, zipfile.BadZipFile, json.JSONDecodeError) as error:
        raise ValueError(f"can't read the Keras model {path}: {_line(error)}") from error
    except ValueError as error:
        raise ValueError(f"can't load the Keras model {path}: {_line(error)}") from error


def n_classes(path: Path) -> int:
    """Width of the last layer in a file of Inception V3's weights: the (2048, n) matrix."""
    widths = [shape[1] for shape in _shapes(path) if len(shape) == 2]
    if len(widths) != 1:
        raise ValueError(
            f"expected weights of InceptionV3 with one dense layer in {path}, received "
            f"{len(widths)}: it is of another network, or without its top"
        )
    return widths[0]


def load_weights(model: Any, path: Path) -> None:
    """Fill a fresh model from a file of weights.

    Raises
    ------
    ValueError
        Unreadable or cut short; variables missing, extra or of other shapes.
    """
    found = Counter(_shapes(path))
    wanted = Counter(tuple(variable.shape) for variable in model.weights)
    if found != wanted:
        raise ValueError(
            f"expected the {wanted.total()} variables of {model.name} in {path}, received "
            f"{found.total()}: {_some(wanted - found)} missing, {_some(found - wanted)} extra; "
            "it is of another network"
        )
    try:
        with h5py.File(path, "r") as file:
            suffix = ".h5" if "layer_names" in file.attrs else ".weights.h5"
        with _named(path, suffix) as named:
            model.load_weights(named)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"can't load the weights {path}: {_line(error)}") from error


def check_finite(model: Any, path: str | Path) -> None:
    """Raise ValueError naming the first variable that holds NaN or infinity."""
    for variable in model.weights:
        values = np.asarray(variable)
        bad = int(values.size - np.isfinite(values).sum())
        if bad:
            raise ValueError(
                f"expected finite weights in {path}, {variable.path} has {bad} of {values.size} "
                "NaN or infinite: its training diverged; take an earlier checkpoint"
            )


def _config(path: Path) -> str:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return archive.read("config.json").decode()
    with h5py.File(path, "r") as file:
        config = file.attrs["model_config"]
        return config.decode() if isinstance(config, bytes) else str(config)


def _refuse_code(config: Any, path: Path) -> None:
    if isinstance(config, list):
        for item in config:
            _refuse_code(item, path)
    if not isinstance(config, dict):
        return
    name, module = config.get("class_name"), config.get("module")
    outside = isinstance(module, str) and module != "builtins" and module.split(".")[0] != "keras"
    if name in _CODE or outside:
        raise ValueError(
            f"it holds {name!r}{f' of {module}' if outside else ''}, which runs code from the "
            "file: save it with Keras' own layers only"
        )
    for item in config.values():
        _refuse_code(item, path)


def _shapes(path: Path) -> list[tuple[int, ...]]:
    """Shapes of a file's variables, an optimizer's left out."""
    shapes: list[tuple[int, ...]] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            shapes.append(tuple(item.shape))

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"can't read the weights {path}, cut short? {_line(error)}") from error
    return shapes


@contextlib.contextmanager
def _named(path: Path, suffix: str) -> Iterator[str]:
    """Give a file a name that ends as Keras, which goes by names, expects of its content."""
    if path.name.endswith(suffix):
        yield str(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / f"checkpoint{suffix}"
        link.symlink_to(path.resolve())
        yield str(link)


def _some(shapes: Counter[tuple[int, ...]]) -> str:
    if not shapes:
        return "none"
    return f"{shapes.total()} (the first of shape {sorted(shapes)[-1]})"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
