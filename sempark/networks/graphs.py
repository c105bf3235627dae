"""Frozen graphs and SavedModels: TensorFlow graphs with their weights in them.

A file or folder goes in, a function from scaled images to (features, logits) and, where one is
known, the means of a layer half way comes out, with the graph's own input size. Tensors are named
by the caller, or found: TF-Slim's names (the thesis' dropout and squeezed logits), those of the
2015 graph, or else the last matrix product before the graph's end. Operations that run Python code
or touch files are refused.

Source: thesis, sections 3.1.2 and 3.1 (tensor names); TF-Slim's export_inference_graph.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

_SLIM = {
    "features": "InceptionV3/Logits/Dropout_1b/Identity:0",
    "logits": "InceptionV3/Logits/SpatialSqueeze:0",
}
_YEAR_2015 = {"input": "Mul:0", "features": "pool_3:0", "logits": "softmax/logits:0"}
_KNOWN = (_SLIM, _YEAR_2015)
_MIDDLE = re.compile(r"(.*/)?(Mixed_6b/concat|mixed_4/join|mixed4(_\d+)?/concat)")
"""Slim's name for the first maps at a sixteenth of the input's size, the 2015 graph's, Keras'."""
# Python code and files reached from a graph.
_REFUSED = (
    *("PyFunc", "PyFuncStateless", "EagerPyFunc", "ReadFile", "WriteFile", "MatchingFiles"),
    *("SaveV2", "Save", "SaveSlices", "MergeV2Checkpoints", "PrintV2", "DebugIdentity"),
)
_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
_PASSED_THROUGH = {"Identity", "Squeeze", "Reshape", "Softmax", "BiasAdd", "Add", "AddV2", "Cast"}


@dataclass(frozen=True)
class Graph:
    """A graph's function and what it takes.

    Attributes
    ----------
    forward : callable
        float32 (n, h, w, 3), scaled -> (features, logits), any rank, and perhaps (n, m) of the
        middle.
    input_size : int or None
        Side in pixels if the graph fixes it.
    batch_size : int or None
        Rows at once if the graph fixes it.
    is_2015 : bool
        The 2015 graph, which wants (x - 128) / 128.
    """

    forward: Callable[[Any], Sequence[Any]]
    input_size: int | None
    batch_size: int | None
    is_2015: bool


def load_frozen(path: Path, layers: Mapping[str, str] | None = None) -> Graph:
    """Load a frozen graph (.pb).

    Parameters
    ----------
    path : Path
    layers : mapping, optional
        Tensor names such as "InceptionV3/Logits/SpatialSqueeze:0" for any of "input", "features",
        "logits" and "middle", maps (n, h, w, m) whose means are taken.

    Raises
    ------
    ValueError
        Not a graph, not frozen, cut short, NaN in it, tensors not found, operations that run code.
    """
    definition = tf.compat.v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise ValueError(
            f"expected a Keras file, a TF-Slim checkpoint or a frozen graph, {path} is none of "
            "them or cut short: copy it again"
        ) from error
    if not definition.node:
        raise ValueError(f"expected a frozen graph, {path} holds no operations: copy it again")
    unfrozen = [node.name for node in definition.node if node.op in _VARIABLES]
    if unfrozen:
        raise ValueError(
            f"expected a frozen graph, {path} names {len(unfrozen)} variables ({unfrozen[0]}, ...) "
            "without their values: give the checkpoint itself, or freeze the graph with it"
        )
    return _graph(definition, dict(layers or {}), path)


def load_saved_model(folder: Path, layers: Mapping[str, str] | None = None) -> Graph:
    """Load a SavedModel's serving signature; parameters and errors as for `load_frozen`."""
    try:
        saved = saved_model_pb2.SavedModel()
        saved.ParseFromString((folder / "saved_model.pb").read_bytes())
        for meta in saved.meta_graphs:
            # Saving and restoring are part of every SavedModel; the signature never calls them.
            _refuse(_nodes(meta.graph_def), folder, spare=("SaveV2", "MergeV2Checkpoints"))
        loaded = tf.saved_model.load(str(folder))
        signature = loaded.signatures["serving_default"]
        frozen = convert_variables_to_constants_v2(signature)
    except (DecodeError, OSError, KeyError, ValueError, tf.errors.OpError) as error:
        line = " ".join(str(error).split())[:300]
        raise ValueError(f"can't load the SavedModel {folder}: {line}") from error
    return _graph(frozen.graph.as_graph_def(), dict(layers or {}), folder)


def _graph(definition: Any, layers: dict[str, str], path: Path) -> Graph:
    _refuse(_nodes(definition), path)
    _check_finite(definition, path)
    names = {node.name for node in definition.node}
    found = _find(definition, names, layers)
    lost = [name for name in found.values() if name.split(":")[0] not in names]
    if lost or not {"input", "features", "logits"} <= found.keys():
        wanted = ", ".join(lost or sorted({"input", "features", "logits"} - found.keys()))
        last = ", ".join(node.name for node in definition.node[-3:])
        raise ValueError(
            f"can't find the tensors for {wanted} in {path}, whose last operations are {last}: "
            "name them in the settings, or take Slim's network"
        )
    try:
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.import_graph_def(definition, name=""), signature=[]
        )
        ends = [_tensor(wrapped.graph, found[end]) for end in ("input", "features", "logits")]
        if "middle" in found:
            ends.append(_means(wrapped.graph, found["middle"]))
        forward = wrapped.prune(ends[0], ends[1:])
    except (ValueError, KeyError, tf.errors.OpError) as error:
        line = " ".join(str(error).split())[:300]
        raise ValueError(f"can't import the graph {path}: {line}") from error
    shape = ends[0].shape.as_list() if ends[0].shape.rank == 4 else [None] * 4
    return Graph(forward, shape[1], shape[0], found["input"] == _YEAR_2015["input"])


def _find(definition: Any, names: set[str], layers: dict[str, str]) -> dict[str, str]:
    """Names of the tensors: the caller's first, then known ones, then by structure."""
    found: dict[str, str] = {}
    for known in _KNOWN:
        if all(name.split(":")[0] in names for name in known.values()):
            found = dict(known)
            break
    if "logits" not in found:
        found |= _by_structure(definition)
    inputs = [node.name for node in definition.node if node.op == "Placeholder"]
    if "input" not in found and len(inputs) == 1:
        found["input"] = inputs[0] + ":0"
    middles = [name for name in names if _MIDDLE.fullmatch(name)]
    if len(middles) == 1:
        found["middle"] = middles[0] + ":0"
    return found | {end: _with_port(name) for end, name in layers.items()}


def _by_structure(definition: Any) -> dict[str, str]:
    """Walk back from the one end of a graph to its last matrix product."""
    nodes = {node.name: node for node in definition.node}
    used = {_source(name) for node in definition.node for name in node.input}
    ends = [n for n in definition.node if n.name not in used and n.op not in ("Const", "NoOp")]
    if len(ends) != 1:
        return {}
    node, logits = ends[0], None
    while node.op in _PASSED_THROUGH and node.input:
        if node.op in ("BiasAdd", "Add", "AddV2") and logits is None:
            logits = node.name
        node = nodes[_source(node.input[0])]
    if node.op != "MatMul":
        return {}
    return {"features": _with_port(node.input[0]), "logits": f"{logits or node.name}:0"}


def _nodes(definition: Any) -> Iterator[Any]:
    yield from definition.node
    for function in definition.library.function:
        yield from function.node_def


def _refuse(nodes: Iterator[Any], path: Path, spare: tuple[str, ...] = ()) -> None:
    for node in nodes:
        if node.op in _REFUSED and node.op not in spare:
            raise ValueError(
                f"{path} holds the operation {node.op} ({node.name}), which runs code or touches "
                "files: export the network alone, for inference"
            )


def _check_finite(definition: Any, path: Path) -> None:
    for node in definition.node:
        if node.op == "Const" and tf.as_dtype(node.attr["dtype"].type).is_floating:
            values = tf.make_ndarray(node.attr["value"].tensor).astype(np.float32)
            bad = int(values.size - np.isfinite(values).sum())
            if bad:
                raise ValueError(
                    f"expected finite weights in {path}, {node.name} has {bad} of {values.size} "
                    "NaN or infinite: its training diverged; take an earlier checkpoint"
                )


def _tensor(graph: Any, name: str) -> Any:
    return graph.get_tensor_by_name(name)


def _means(graph: Any, name: str) -> Any:
    """Means over the rows and columns of maps."""
    maps = _tensor(graph, name)
    if maps.shape.rank != 4:
        raise ValueError(f"{name} gives {maps.shape}, not maps (n, h, w, m)")
    with graph.as_default():
        return tf.reduce_mean(tf.cast(maps, tf.float32), (1, 2))


def _source(name: str) -> str:
    return name.lstrip("^").split(":")[0]


def _with_port(name: str) -> str:
    return name if ":" in name else f"{name}:0"
