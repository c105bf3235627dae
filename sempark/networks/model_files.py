"""Files of a trained autoencoder: weights.npz and model.json, each written whole or not at all.

Weights by name and a record (what the model is, its history) go in and come back; nothing is
pickled. `describe` makes the record readable.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[np.float32]]


def write(directory: Path, weights: Weights, record: dict[str, Any]) -> None:
    """Write the weights by name, then the record (what the model is, its history)."""
    beside = directory / "weights.npz.part"
    arrays: dict[str, Any] = dict(weights)
    with beside.open("wb") as file:
        np.savez(file, **arrays)
    beside.replace(directory / "weights.npz")
    text = directory / "model.json.part"
    text.write_text(json.dumps(record, indent=1), encoding="utf-8")
    text.replace(directory / "model.json")


def read(directory: Path) -> tuple[Weights, dict[str, Any]]:
    """Read both; ValueError where they are not there or can't be read."""
    try:
        record = json.loads((directory / "model.json").read_text(encoding="utf-8"))
        with np.load(directory / "weights.npz", allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}, record
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"expected the records of a trained autoencoder in {directory} ({error}): give the "
            "directory named after the model and its time"
        ) from error


def describe(record: dict[str, Any]) -> str:
    """A model's record as text: its parameters, then its history, a line an epoch."""
    widths = record["widths"]
    lines = [
        record["name"],
        f"layers: {widths[0]} -> {' -> '.join(map(str, widths[1:]))} and back",
        f"tied (innermost, second and fifth, outermost): {record['tie_weights']}",
        f"activations: {', '.join(record['activations'])}",
        f"learning rate {record['learning_rate']}, l2 {record['l2_reg']}, seed {record['seed']}",
        f"records: {record['directory']}",
        f"epochs trained: {len(record['history'])}",
    ]
    for row in record["history"]:
        failed = "  collapsed: all codings at the center" if row.get("collapsed") else ""
        lines.append(
            f"  {row['epoch']:4d}  phase {row['phase']:3s}  loss {row['loss']:.6g}{failed}"
        )
    return "\n".join(lines)
