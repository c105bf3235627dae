"""What a fine-tuning is: its data, its settings, its learning rate, the layers that learn.

Plain records and a Keras model prepared for them; `finetune` does the training.

Source: thesis, section 3.1.1 (last layer [2], all layers [3]); one-cycle learning rate: Smith and
Topin 2017, arXiv:1708.07120; label smoothing and auxiliary classifiers: Szegedy et al. 2015,
arXiv:1512.00567, sections 7 and 4; the latter at several depths: Lee et al. 2015, arXiv:1409.5185.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from sempark.networks.architecture import pooled
from sempark.networks.feed import Stream
from sempark.networks.network import Network, Precision


@dataclass(frozen=True)
class Data:
    """What is trained on.

    Attributes
    ----------
    train, validation : Stream
        Callables that start a new iterator of (images uint8, labels 0..n_categories - 1), in the
        same order each time.
    class_counts : tuple of int
        Training images in each category; its length is the number of categories.
    """

    train: Stream
    validation: Stream
    class_counts: tuple[int, ...]


@dataclass(frozen=True)
class Settings:
    """How it is trained.

    Attributes
    ----------
    scope : {"all", "last_layer"}
        Layers that learn; with "last_layer" batch norm keeps its statistics too.
    head : {"categories", "1001"}
        A new last layer as wide as there are categories, or the checkpoint's own with its first
        outputs used.
    n_epochs, batch_size : int
    learning_rate : float
        The highest of the one-cycle schedule: a linear rise over `warm_up` of the steps, then a
        cosine down to zero.
    label_smoothing, dropout, brightness : float
        Shares from 0 up; brightness 0.2 varies gain and offset by a fifth either way.
    class_weight_power : float
        See `split.class_weights`.
    auxiliary_layers : tuple of str
        Layers that get a classifier of their own while training, on the means of their maps: the
        loss reaches the first layers of a network with random weights that way. The checkpoint
        doesn't hold them.
    auxiliary_weight : float
        Of each one's loss beside the last layer's.
    patience : int or None
        Epochs without a lower validation loss before training stops; None: never.
    batch_norm_momentum : float
        Low where steps are few: at 0.99 the statistics lag hundreds of steps behind.
    precision : {"auto", "float32", "bfloat16"}
        "auto": mixed bfloat16 where the GPU (compute capability 8) or, without one, the processor
        (AVX512-BF16, AMX) computes with it, else float32.
    deterministic : bool
        TensorFlow's deterministic operations, for the whole process.
    seed : int
    """

    scope: Literal["all", "last_layer"] = "all"
    head: Literal["categories", "1001"] = "categories"
    n_epochs: int = 12
    batch_size: int = 16
    learning_rate: float = 3e-4
    warm_up: float = 0.1
    label_smoothing: float = 0.05
    dropout: float = 0.0
    brightness: float = 0.2
    class_weight_power: float = 0.5
    auxiliary_layers: tuple[str, ...] = ()
    auxiliary_weight: float = 0.4
    patience: int | None = None
    batch_norm_momentum: float = 0.95
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    deterministic: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """Result of a training.

    Attributes
    ----------
    checkpoint : Path
        The .keras file with the weights of the best epoch (lowest validation loss).
    history : list of dict
        A row an epoch: loss and accuracy of the last layer, validation_loss, validation_accuracy,
        learning_rate.
    best_epoch : int
        Counted from 1.
    """

    checkpoint: Path
    history: list[dict[str, float]]
    best_epoch: int


def learning_rate(share: float, highest: float, warm_up: float) -> float:
    """One-cycle learning rate at a share 0..1 of the training: a linear rise, a cosine down."""
    if share < warm_up:
        return highest * max(share / warm_up, 0.02)
    return highest * 0.5 * (1 + float(np.cos(np.pi * (share - warm_up) / (1 - warm_up))))


def with_head(network: Network, n_categories: int, settings: Settings) -> tuple[Any, Any]:
    """Model (features, logits) to train and its last layer."""
    if network.model is None:
        raise ValueError(
            f"expected a network with Keras layers, a {network.kind} checkpoint can't be trained: "
            "take the TF-Slim checkpoint or a Keras file of it"
        )
    dense = [layer for layer in network.model.layers if isinstance(layer, keras.layers.Dense)]
    features = network.model.outputs[0]
    if settings.head == "1001":
        if not dense or network.widths["logits"] < n_categories:
            raise ValueError(
                f"expected a last layer of {n_categories} or more outputs, the checkpoint has "
                f"{network.widths['logits']}: use head 'categories'"
            )
        return keras.Model(network.model.input, network.model.outputs[:2]), dense[-1]
    head = _classifier(features, n_categories, settings.seed, "categories")
    return keras.Model(network.model.input, [features, head(features)]), head


def with_auxiliary(model: Any, n_categories: int, settings: Settings) -> Any:
    """Model (features, logits, auxiliary logits...) from one (features, logits)."""
    if not settings.auxiliary_layers:
        return model
    if settings.scope != "all":
        raise ValueError(
            f"expected no auxiliary_layers where the last layer alone learns, received "
            f"{', '.join(settings.auxiliary_layers)}: leave them out, or let all layers learn"
        )
    try:
        maps = pooled(model, settings.auxiliary_layers)
    except ValueError as error:
        raise ValueError(f"auxiliary_layers: {error} ([] for none)") from error
    logits = [
        _classifier(x, n_categories, settings.seed, f"auxiliary_{name}")(x)
        for x, name in zip(maps, settings.auxiliary_layers, strict=True)
    ]
    return keras.Model(model.input, [*model.outputs, *logits])


def _classifier(features: Any, n_categories: int, seed: int, name: str) -> Any:
    """A Dense layer for these features, drawn from the seed."""
    width = features.shape[-1]
    layer = keras.layers.Dense(n_categories, name=name)
    layer.build((None, width))
    rng = np.random.default_rng([seed, width])
    kernel = rng.standard_normal((width, n_categories)) * np.sqrt(1.0 / width)
    layer.set_weights([kernel.astype(np.float32), np.zeros(n_categories, np.float32)])
    return layer


def prepare(model: Any, head: Any, settings: Settings) -> Precision:
    """Set batch norm's momentum and the precision; the last layer stays float32.

    Returns
    -------
    {"float32", "bfloat16"}
        What `network.computing_in` is to be given while the model trains: on a GPU its layers
        are told themselves to compute in bfloat16, on a processor TensorFlow is.
    """
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    reduced = settings.precision == "bfloat16" or (
        settings.precision == "auto" and (_has_bfloat16_gpu() if on_gpu else _has_bfloat16_cpu())
    )
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = settings.batch_norm_momentum
        if reduced and on_gpu and layer is not head:
            layer.dtype_policy = keras.dtype_policies.get("mixed_bfloat16")
    return "bfloat16" if reduced and not on_gpu else "float32"


def _has_bfloat16_gpu() -> bool:
    for gpu in tf.config.list_physical_devices("GPU"):
        capability = tf.config.experimental.get_device_details(gpu).get("compute_capability")
        if capability is not None and capability[0] >= 8:
            return True
    return False


def _has_bfloat16_cpu() -> bool:
    # Linux names the instructions; elsewhere the answer is no.
    described = Path("/proc/cpuinfo")
    if not described.is_file():
        return False
    flags = described.read_text(encoding="utf-8", errors="replace").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags
