"""Any Inception V3 checkpoint, one call: images in, tables of features out.

`load` takes a path or a word, tells the kinds of checkpoint apart by their content and gives a
`Network`, whose `extract` turns images of any size into the 2048 numbers before the last layer,
that layer's logits and the means of a layer half way. What it can't take it refuses in one line.

Source: thesis, section 3.1; Szegedy et al. 2015, arXiv:1512.00567.
"""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from sempark.networks import architecture as architectures
from sempark.networks import content, graphs, keras_files, openvino_runtime, slim
from sempark.networks.network import Network, Precision, Runtime
from sempark.networks.preprocessing import Preprocessing

_log = logging.getLogger(__name__)

OUTPUTS = ("features", "logits", "middle")
"""In their order; the last only where a layer half way is known."""
_N_SLIM_CLASSES = 1001
_IMAGENET_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
_IMAGENET_MD5 = "9a0d58056eeedaa3f26cb7ebd46da564"


def load(
    checkpoint: str | Path,
    *,
    input_size: int | None = None,
    layers: Mapping[str, str] | None = None,
    preprocessing: Preprocessing | None = None,
    architecture: str = "InceptionV3",
    precision: Precision = "float32",
    runtime: Runtime = "tensorflow",
) -> Network:
    """Load a checkpoint of any kind.

    Parameters
    ----------
    checkpoint : str or Path
        "random:SEED", "imagenet", or a path: .keras, .h5, .weights.h5, a SavedModel folder, a
        frozen .pb, a TF-Slim .ckpt (its prefix, index, or V1 file). The content decides.
    input_size : int, optional
        Side in pixels of the network's input, 75 or more for Inception V3; None: what the file
        fixes, else 299 (the architecture's own).
    layers : mapping, optional
        Names for "features", "logits", "middle" (and "input" in graphs): tensors in a graph,
        layers in a Keras model; None: found as `graphs` and `architecture.cut` say.
    preprocessing : str, optional
        None: the architecture's own, "inception" for Inception V3.
    architecture : str
        A network of `keras.applications`, used where the file doesn't hold the network itself.
    precision : {"float32", "bfloat16"}
    runtime : {"tensorflow", "openvino"}
        See `Network`.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        One line: what was expected, what the file is (truncated, of another network, variables
        missing or extra, NaN, holding code), what to do.
    """
    if runtime == "openvino":
        openvino_runtime.version()
    kind = content.kind_of(checkpoint)
    path = Path(checkpoint)
    scaling = preprocessing or architectures.default_preprocessing(architecture)
    if kind in ("frozen", "saved_model"):
        folder = path if path.is_dir() else path.parent
        graph = (
            graphs.load_frozen(path, layers)
            if kind == "frozen"
            else graphs.load_saved_model(folder, layers)
        )
        if graph.is_2015 and preprocessing is None:
            scaling = "inception2015"
        size = _graph_size(graph.input_size, input_size, path, architecture)
        model, forward, fixed = None, graph.forward, graph.batch_size
    else:
        model = architectures.cut(_keras_model(kind, checkpoint, input_size, architecture), layers)
        keras_files.check_finite(model, checkpoint)
        size, forward, fixed = int(model.input_shape[1]), model, None
    if model is None:
        widths = _widths(forward, size, fixed or 1, path)
    else:
        columns = [output.shape[1] for output in model.outputs]
        widths = dict(zip(OUTPUTS, columns, strict=False))
    extra = architecture if kind == "random" else f"{_IMAGENET_MD5} {architecture}"
    sha = content.digest(checkpoint, extra)
    _log.info("%s: %s, %d pixels, %s", checkpoint, kind, size, widths)
    return Network(
        kind,
        sha,
        architecture,
        scaling,
        size,
        widths,
        model,
        precision,
        runtime,
        forward,
        fixed,
    )


def _keras_model(
    kind: content.Kind, checkpoint: str | Path, input_size: int | None, architecture: str
) -> Any:
    """Classifier with its weights, before it is cut."""
    path = Path(checkpoint)
    size = input_size or architectures.default_input_size(architecture)
    if kind in ("keras", "keras_h5"):
        return _resized(keras_files.load_model(path), input_size, size, path)
    if kind == "random":
        model = architectures.build(architecture, _N_SLIM_CLASSES, size)
        architectures.initialise(model, content.seed_of(str(checkpoint)))
    elif kind == "slim":
        prefix = content.slim_prefix(path)
        if architecture != "InceptionV3":
            raise ValueError(f"expected InceptionV3 for a TF-Slim checkpoint, not {architecture}")
        model = architectures.build(architecture, slim.n_classes(prefix), size)
        left = slim.restore(model, prefix)
        _log.info("%s: %d variables of training left aside", prefix, len(left))
    elif kind == "keras_weights":
        model = architectures.build(architecture, keras_files.n_classes(path), size)
        keras_files.load_weights(model, path)
    else:
        return _imagenet(architecture, size)
    return model


def _imagenet(architecture: str, size: int) -> Any:
    """Keras' own download; for Inception V3 a file put in its place by hand will do."""
    maker = getattr(keras.applications, architecture, None)
    if maker is None:
        return architectures.build(architecture, 1000, size)
    try:
        return maker(weights="imagenet", classifier_activation=None, input_shape=(size, size, 3))
    except Exception as error:
        # Keras raises a bare Exception when a download fails.
        place = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
        named = (
            f"put {_IMAGENET_FILE} (MD5 {_IMAGENET_MD5}) into {place}"
            if architecture == "InceptionV3"
            else f"put the file named there into {place}"
        )
        line = " ".join(str(error).split())[:300]
        raise ValueError(
            f"can't fetch the ImageNet weights of {architecture} ({line}): without a network, "
            f"{named}"
        ) from error


def _resized(model: Any, wanted: int | None, default: int, path: Path) -> Any:
    """Rebuild a loaded model on another input size where one is asked for or left open."""
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] != 3:
        raise ValueError(
            f"expected a network that takes images (n, h, w, 3), {path} takes {shape}: it is of "
            "another kind"
        )
    size = wanted or shape[1] or default
    if shape[1:3] == (size, size):
        return model
    try:
        clone = keras.models.clone_model(model, input_tensors=keras.Input((size, size, 3)))
        clone.set_weights(model.get_weights())
    except ValueError as error:
        line = " ".join(str(error).split())[:300]
        raise ValueError(f"{path} can't take {size} x {size} pixels: {line}") from error
    return clone


def _graph_size(fixed: int | None, wanted: int | None, path: Path, architecture: str) -> int:
    if fixed and wanted and fixed != wanted:
        raise ValueError(
            f"expected input_size {fixed}, which the graph {path} fixes, received {wanted}"
        )
    return fixed or wanted or architectures.default_input_size(architecture)


def _widths(forward: Callable[[Any], Any], size: int, n: int, path: Path) -> dict[str, int]:
    """Columns of the outputs, traced without running the network."""
    signature = [tf.TensorSpec((n, size, size, 3), tf.float32)]
    try:
        traced = tf.function(forward, input_signature=signature, autograph=False)
        outputs = traced.get_concrete_function().outputs
    except (ValueError, tf.errors.OpError) as error:
        line = " ".join(str(error).split())[:300]
        raise ValueError(f"{path} can't take {size} x {size} pixels: {line}") from error
    widths = [int(np.prod(output.shape[1:])) for output in outputs]
    return dict(zip(OUTPUTS, widths, strict=False))
