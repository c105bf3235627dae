"""State of a training on disk, so that a killed one goes on from its last epoch.

Arrays and a history go in after each epoch and come back bit for bit. One file holds both, and it
appears whole: it is written beside its place and then moved. Nothing is pickled.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

History = list[dict[str, float]]


def write(path: Path, identity: dict[str, Any], variables: list[Any], history: History) -> None:
    """Write variables in their order, what they belong to, and the history so far (.npz)."""
    arrays: dict[str, Any] = {
        f"v{i:05d}": np.asarray(variable) for i, variable in enumerate(variables)
    }
    record = json.dumps({"training": identity, "epochs": history})
    arrays["record"] = np.frombuffer(record.encode(), dtype=np.uint8)
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        np.savez(file, **arrays)
    beside.replace(path)


def resume(path: Path, identity: dict[str, Any], variables: list[Any]) -> History:
    """Bring variables back to the end of the last whole epoch.

    Returns
    -------
    list of dict
        The history so far; empty, and the variables untouched, where nothing was stored.

    Raises
    ------
    ValueError
        The file holds another training's state, or can't be read.
    """
    if not path.is_file():
        return []
    try:
        with np.load(path, allow_pickle=False) as stored:
            record = json.loads(stored["record"].tobytes())
            _same(record["training"], identity, path)
            if len(stored.files) != len(variables) + 1:
                raise ValueError(f"{len(stored.files) - 1} arrays for {len(variables)} variables")
            for i, variable in enumerate(variables):
                variable.assign(stored[f"v{i:05d}"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"can't go on from {path} ({error}): choose another directory or remove this one"
        ) from error
    history: History = record["epochs"]
    return history


def write_history(path: Path, identity: dict[str, Any], history: History) -> None:
    """Write the same record as JSON, for reading."""
    beside = path.with_name(path.name + ".part")
    record = {"training": identity, "epochs": history}
    beside.write_text(json.dumps(record, indent=1), encoding="utf-8")
    beside.replace(path)


def save_model(model: Any, path: Path) -> None:
    """Write a .keras file, whole or not at all."""
    beside = path.with_name("part-" + path.name)
    model.save(beside)
    beside.replace(path)


def _same(stored: dict[str, Any], identity: dict[str, Any], path: Path) -> None:
    # Through JSON and back, so that tuples and lists are alike.
    wanted = json.loads(json.dumps(identity))
    other = [key for key in wanted if stored.get(key) != wanted[key]]
    if other:
        raise ValueError(f"it is of another training: {', '.join(other)} differ")
