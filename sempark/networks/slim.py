"""TF-Slim's training checkpoints: variables by their Slim names onto the Keras network.

In goes the path of a checkpoint of `inception_v3` (V1 single file or V2 index and data), out come
the weights of Keras' Inception V3, every variable accounted for: each one the network needs must
be there with its shape, and what is left must be known (the auxiliary head, optimizer slots,
moving averages of the weights, counters) or it is an error.

Source: thesis, section 3.1.2; Slim's inception_v3.py; Keras creates its convolutions in Slim's
order, so the names below are listed in that order.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

_ROOT = "InceptionV3/"
_LOGITS = _ROOT + "Logits/Conv2d_1c_1x1/"
_STEM = ("1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3")
_MIXED_5B = ("0/0a_1x1", "1/0a_1x1", "1/0b_5x5", "2/0a_1x1", "2/0b_3x3", "2/0c_3x3", "3/0b_1x1")
# Slim's own slip of the pen in Mixed_5c is part of every checkpoint.
_MIXED_5C = ("0/0a_1x1", "1/0b_1x1", "1/_1_0c_5x5", *_MIXED_5B[3:])
_MIXED_6A = ("0/1a_1x1", "1/0a_1x1", "1/0b_3x3", "1/1a_1x1")
_MIXED_6B = (
    *("0/0a_1x1", "1/0a_1x1", "1/0b_1x7", "1/0c_7x1", "2/0a_1x1"),
    *("2/0b_7x1", "2/0c_1x7", "2/0d_7x1", "2/0e_1x7", "3/0b_1x1"),
)
_MIXED_7A = ("0/0a_1x1", "0/1a_3x3", "1/0a_1x1", "1/0b_1x7", "1/0c_7x1", "1/1a_3x3")
_MIXED_7B = (
    *("0/0a_1x1", "1/0a_1x1", "1/0b_1x3", "1/0b_3x1"),
    *("2/0a_1x1", "2/0b_3x3", "2/0c_1x3", "2/0d_3x1", "3/0b_1x1"),
)
_MIXED_7C = tuple("1/0c_3x1" if name == "1/0b_3x1" else name for name in _MIXED_7B)
_MIXED = {
    "5b": _MIXED_5B,
    "5c": _MIXED_5C,
    "5d": _MIXED_5B,
    "6a": _MIXED_6A,
    "6b": _MIXED_6B,
    "6c": _MIXED_6B,
    "6d": _MIXED_6B,
    "6e": _MIXED_6B,
    "7a": _MIXED_7A,
    "7b": _MIXED_7B,
    "7c": _MIXED_7C,
}
# Optimizers' and averages' variables end in these; the weights themselves are what is loaded.
_SLOTS = ("RMSProp", "RMSProp_1", "Momentum", "Adam", "Adam_1", "ExponentialMovingAverage")


def scopes() -> list[str]:
    """Names of Slim's 94 convolutions, without "InceptionV3/", in the order of creation."""
    names = [f"Conv2d_{name}" for name in _STEM]
    for module, members in _MIXED.items():
        for member in members:
            branch, name = member.split("/")
            convolution = f"Conv{name}" if name.startswith("_") else f"Conv2d_{name}"
            names.append(f"Mixed_{module}/Branch_{branch}/{convolution}")
    return names


def n_classes(path: str | Path) -> int:
    """Width of the logits in a Slim checkpoint.

    Raises
    ------
    ValueError
        The checkpoint can't be read, or is of another network.
    """
    shapes = _reader(path).get_variable_to_shape_map()
    if _LOGITS + "biases" not in shapes:
        known = ", ".join(sorted(shapes)[:3])
        raise ValueError(
            f"expected a TF-Slim checkpoint of InceptionV3, {path} has no variable "
            f"{_LOGITS}biases (it begins with {known}): it is of another network"
        )
    return int(shapes[_LOGITS + "biases"][0])


def restore(model: Any, path: str | Path) -> list[str]:
    """Fill Keras' Inception V3 from a Slim checkpoint.

    Parameters
    ----------
    model : keras.Model
        `architecture.build("InceptionV3", n_classes(path), ...)`, fresh.
    path : str or Path
        The checkpoint's prefix (V2) or its one file (V1).

    Returns
    -------
    list of str
        The variables left aside: auxiliary head, optimizer slots, counters.

    Raises
    ------
    ValueError
        Unreadable; variables missing, of another shape, or unknown.
    """
    reader = _reader(path)
    shapes = reader.get_variable_to_shape_map()
    wanted = _wanted(model)
    missing = sorted(wanted.keys() - shapes.keys())
    left = sorted(shapes.keys() - wanted.keys())
    unknown = [name for name in left if not _is_training_only(name, wanted)]
    if missing or unknown:
        raise ValueError(
            f"expected InceptionV3's {len(wanted)} variables in {path}: {_some(missing)} missing, "
            f"{_some(unknown)} unknown: it is of another network or cut short"
        )
    for name, variable in wanted.items():
        # Slim's last layer is a convolution of one pixel, Keras' a matrix.
        shape = (1, 1, *variable.shape) if name == _LOGITS + "weights" else tuple(variable.shape)
        if tuple(shapes[name]) != shape:
            raise ValueError(
                f"expected shape {shape} of {name} in {path}, received {tuple(shapes[name])}: it "
                "is of another network"
            )
        values: npt.NDArray[np.float32] = _tensor(reader, name, path)
        variable.assign(values.reshape(variable.shape))
    return left


def _wanted(model: Any) -> dict[str, Any]:
    """Slim's name of each variable of a freshly built Keras Inception V3."""
    wanted: dict[str, Any] = {}
    convolutions = _in_order(model, keras.layers.Conv2D)
    norms = _in_order(model, keras.layers.BatchNormalization)
    for scope, convolution, norm in zip(scopes(), convolutions, norms, strict=True):
        wanted[f"{_ROOT}{scope}/weights"] = convolution.kernel
        wanted[f"{_ROOT}{scope}/BatchNorm/beta"] = norm.beta
        wanted[f"{_ROOT}{scope}/BatchNorm/moving_mean"] = norm.moving_mean
        wanted[f"{_ROOT}{scope}/BatchNorm/moving_variance"] = norm.moving_variance
    (dense,) = _in_order(model, keras.layers.Dense)
    wanted[_LOGITS + "weights"] = dense.kernel
    wanted[_LOGITS + "biases"] = dense.bias
    return wanted


def _in_order(model: Any, kind: type) -> list[Any]:
    """Layers of a kind in the order of creation, which Keras numbers: conv2d, conv2d_1, ..."""
    found = [layer for layer in model.layers if isinstance(layer, kind)]
    return sorted(found, key=lambda layer: _number(layer.name))


def _number(name: str) -> int:
    tail = name.rsplit("_", 1)[-1]
    return int(tail) if tail.isdigit() else 0


def _is_training_only(name: str, wanted: dict[str, Any]) -> bool:
    owner, _, slot = name.rpartition("/")
    return (
        name.startswith(_ROOT + "AuxLogits/")
        or name == "global_step"
        or (slot in _SLOTS and (owner in wanted or owner.startswith(_ROOT + "AuxLogits/")))
        or name in ("beta1_power", "beta2_power")
    )


def _some(names: list[str]) -> str:
    return f"{len(names)} ({names[0]}{', ...' if len(names) > 1 else ''})" if names else "none"


def _reader(path: str | Path) -> Any:
    try:
        return tf.train.load_checkpoint(str(path))
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise ValueError(f"can't read the checkpoint {path}: {_line(error)}") from error


def _tensor(reader: Any, name: str, path: str | Path) -> Any:
    try:
        return reader.get_tensor(name)
    except (tf.errors.OpError, RuntimeError, IndexError) as error:
        raise ValueError(f"can't read {name} in {path}, cut short? {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
