"""Keras networks by name: built empty, filled from a seed, cut where vectors are taken.

In comes the name of a network of `keras.applications` (InceptionV3 unless said otherwise), out
comes a Keras model whose last layer gives logits. `cut` takes the input of the last fully connected
layer (what dropout hands on, 2048 numbers in Inception V3), that layer's output before any softmax,
and means over the maps of a layer half way, which still tell apart what the last ones count as one
category.

Source: thesis, section 3.1.1; Szegedy et al. 2015, arXiv:1512.00567; means over the maps of an
earlier layer as descriptors: Babenko and Lempitsky, ICCV 2015, arXiv:1510.07493.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from sempark.networks.preprocessing import Preprocessing

# What keras.applications' own weights were trained with, by the start of the network's name;
# the networks left out (EfficientNet, ConvNeXt, MobileNetV3) scale inside or are not listed.
_PREPROCESSING: dict[str, Preprocessing] = {
    "InceptionV3": "inception",
    "InceptionResNetV2": "inception",
    "Xception": "inception",
    "MobileNet": "inception",
    "MobileNetV2": "inception",
    "NASNetLarge": "inception",
    "NASNetMobile": "inception",
    "ResNet50V2": "inception",
    "ResNet101V2": "inception",
    "ResNet152V2": "inception",
    "ResNet50": "caffe",
    "ResNet101": "caffe",
    "ResNet152": "caffe",
    "VGG16": "caffe",
    "VGG19": "caffe",
    "DenseNet121": "torch",
    "DenseNet169": "torch",
    "DenseNet201": "torch",
}
_MIDDLE = "mixed4"
"""Of Inception V3 (Slim's Mixed_6b): the first module at a sixteenth of the input's size."""
_INPUT_SIZES = {"InceptionV3": 299, "InceptionResNetV2": 299, "Xception": 299, "NASNetLarge": 331}


def default_preprocessing(architecture: str) -> Preprocessing:
    """What the weights of a network of `keras.applications` want; "raw" if it scales inside."""
    return _PREPROCESSING.get(architecture, "raw")


def default_input_size(architecture: str) -> int:
    """Side in pixels a network was designed for: 299 for Inception V3, mostly 224 elsewhere."""
    return _INPUT_SIZES.get(architecture, 224)


def build(architecture: str, n_classes: int, input_size: int) -> Any:
    """Build a network of `keras.applications` without its weights, ending in logits.

    Parameters
    ----------
    architecture : str
        Its name there, "InceptionV3" for instance.
    n_classes : int
        Width of the last layer.
    input_size : int
        Side of the square input in pixels; Inception V3 takes 75 or more.

    Returns
    -------
    keras.Model
        uint8-free: takes float32 (n, input_size, input_size, 3), gives logits (n, n_classes).

    Raises
    ------
    ValueError
        No such network, or an input too small for it.
    """
    maker = getattr(keras.applications, architecture, None)
    if not (callable(maker) and architecture[:1].isupper()):
        raise ValueError(
            f"expected a network of keras.applications such as InceptionV3, received "
            f"{architecture!r}: take a name listed there, or give a .keras file"
        )
    try:
        return maker(
            weights=None,
            include_top=True,
            classes=n_classes,
            classifier_activation=None,
            input_shape=(input_size, input_size, 3),
        )
    except ValueError as error:
        raise ValueError(
            f"{architecture} can't be built for {input_size} x {input_size} pixels "
            f"({' '.join(str(error).split())}): choose a larger input_size (75 or more for "
            "InceptionV3)"
        ) from error


def initialise(model: Any, seed: int) -> None:
    """Fill a network from a seed alone; TensorFlow's global seed plays no part.

    Convolutions: He's normal, variance 2 / fan-in, which keeps the size of rectified activations
    through the layers. Dense layers: Glorot's normal. Everything else keeps Keras' constants
    (batch norm: mean 0, variance 1). Layers are filled in the order of `model.layers`.
    """
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        for variable in layer.weights:
            shape = tuple(variable.shape)
            if len(shape) == 4:
                depthwise = "depthwise" in type(layer).__name__.lower()
                fan_in = shape[0] * shape[1] * (1 if depthwise else shape[2])
                deviation = np.sqrt(2.0 / fan_in)
            elif len(shape) == 2:
                deviation = np.sqrt(2.0 / (shape[0] + shape[1]))
            else:
                continue
            values = rng.standard_normal(shape, dtype=np.float32)
            variable.assign(values * np.float32(deviation))


def cut(model: Any, layers: Mapping[str, str] | None = None) -> Any:
    """Cut a classifier into a model with the outputs features, logits and, if known, middle.

    Parameters
    ----------
    model : keras.Model
        One image input. Its last Dense layer is made linear (its softmax, if any, is left off).
    layers : mapping, optional
        Layer names for "features" and "logits": their outputs are taken as they are, and
        flattened over the rows; for "middle": means over the rows and columns of its maps. Any may
        be left out; the middle is then mixed4, where the model has it.

    Returns
    -------
    keras.Model
        (n, h, w, 3) -> [features (n, d), logits (n, c)] or [features, logits, middle (n, m)]

    Raises
    ------
    ValueError
        No Dense layer, or a name the model doesn't have.
    """
    named = dict(layers or {})
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    if not dense and not {"features", "logits"} <= named.keys():
        raise ValueError(
            f"expected a network with a Dense layer at its end, {model.name!r} has none: name "
            "the layers for features and logits"
        )
    features = _output(model, named["features"]) if "features" in named else dense[-1].input
    if "logits" in named:
        logits = _output(model, named["logits"])
    else:
        dense[-1].activation = keras.activations.linear
        logits = dense[-1](dense[-1].input)
    flatten = keras.layers.Flatten
    outputs = [x if len(x.shape) == 2 else flatten()(x) for x in (features, logits)]
    if "middle" in named or any(layer.name == _MIDDLE for layer in model.layers):
        outputs += pooled(model, [named.get("middle", _MIDDLE)])
    return keras.Model(model.input, outputs)


def pooled(model: Any, layers: Sequence[str]) -> list[Any]:
    """Means over the rows and columns of what the named layers give, a vector an image each.

    Raises
    ------
    ValueError
        A name the model doesn't have, or a layer that gives no maps (n, h, w, c).
    """
    found = []
    for name in layers:
        maps = _output(model, name)
        if len(maps.shape) != 4:
            raise ValueError(
                f"expected a layer that gives maps (n, h, w, c), {name!r} gives "
                f"{tuple(maps.shape)}: name an earlier one, such as mixed7 of InceptionV3"
            )
        found.append(keras.layers.GlobalAveragePooling2D()(maps))
    return found


def _output(model: Any, name: str) -> Any:
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise ValueError(
            f"expected the name of a layer of {model.name!r}, received {name!r}: its last layers "
            f"are {', '.join(names[-5:])}"
        )
    return model.get_layer(name).output
