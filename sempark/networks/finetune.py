"""Fine-tuning: a checkpoint and labelled images in, a checkpoint that knows the categories out.

Either the last layer alone is trained, as in the thesis' [2], or all of them, as in [3]; the
1001 outputs are kept with the first ones used, or replaced by a layer of the right width. Every
epoch ends in a state on disk; a killed training goes on from there, and with deterministic
operations ends in the same bits. Images come as streams, never all at once.

Source: thesis, section 3.1.1.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from sempark.networks import records
from sempark.networks import training_state as states
from sempark.networks.feed import ahead, ordered_batches, training_batches
from sempark.networks.network import Network, computing_in
from sempark.networks.preprocessing import scale
from sempark.networks.split import class_weights
from sempark.networks.training import (
    Data,
    Settings,
    Trained,
    learning_rate,
    prepare,
    with_auxiliary,
    with_head,
)

__all__ = ["Data", "Settings", "Trained", "train"]

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


def train(
    network: Network,
    data: Data,
    directory: Path,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a network on labelled images, or go on where a killed training stopped.

    Parameters
    ----------
    network : Network
        From `inception.load`, of any kind that holds a Keras model. Its weights change.
    data : Data
    directory : Path
        Local; gets `state.npz`, `best.npz`, `history.json`, `tensorboard/`, `checkpoint.keras`.
    settings : Settings, optional
    progress : callable, optional
        Called with (steps done, all steps).

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        A network that can't be trained, labels out of range, an empty stream, a directory with
        the state of another training, or a loss that became NaN.
    """
    settings = settings or Settings()
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    run = _Run(network, data, settings)
    directory.mkdir(parents=True, exist_ok=True)
    identity = {
        "network": network.digest,
        "counts": [int(count) for count in data.class_counts],
        "input_size": network.input_size,
        **asdict(settings),
    }
    history = states.resume(directory / "state.npz", identity, run.variables())
    with records.writing(directory / "tensorboard") as writer, computing_in(run.precision):
        for epoch in range(len(history), settings.n_epochs):
            if _stopped(history, settings.patience):
                break
            row = run.epoch(epoch, progress)
            history.append(row)
            records.write_scalars(writer, row, epoch + 1)
            _log.info("epoch %d of %d: %s", epoch + 1, settings.n_epochs, row)
            if _best(history) == epoch + 1:
                states.write(directory / "best.npz", identity, run.model.weights, history)
            states.write(directory / "state.npz", identity, run.variables(), history)
            states.write_history(directory / "history.json", identity, history)
    states.resume(directory / "best.npz", identity, run.model.weights)
    for layer in run.model.layers:
        # What is saved computes in float32, whatever this machine trained in.
        layer.dtype_policy = keras.dtype_policies.get("float32")
    path = directory / "checkpoint.keras"
    states.save_model(keras.Model(run.model.input, run.model.outputs[1]), path)
    return Trained(path, history, _best(history))


class _Run:
    """The model, the optimizer and the two compiled steps of one training."""

    def __init__(self, network: Network, data: Data, settings: Settings) -> None:
        self.network, self.data, self.settings = network, data, settings
        self.n_categories = len(data.class_counts)
        self.batch_size = min(settings.batch_size, sum(data.class_counts))
        self.n_steps = sum(data.class_counts) // self.batch_size
        model, self.head = with_head(network, self.n_categories, settings)
        self.precision = prepare(model, self.head, settings)
        self.model = with_auxiliary(model, self.n_categories, settings)
        features, _, *auxiliary = self.model.outputs
        self.backbone = keras.Model(self.model.input, [features, *auxiliary])
        everything = settings.scope == "all"
        owner = self.model if everything else self.head
        self.trainable = list(owner.trainable_variables)
        self.optimizer = keras.optimizers.Adam(settings.learning_rate, epsilon=1e-7)
        self.optimizer.build(self.trainable)
        self.weights = class_weights(data.class_counts, settings.class_weight_power)
        self.train_step = tf.function(self._train_step, autograph=False)
        self.test_step = tf.function(self._test_step, autograph=False)

    def variables(self) -> list[Any]:
        """All that an epoch changes, in a fixed order."""
        return [*self.model.weights, *self.optimizer.variables]

    def epoch(self, epoch: int, progress: Progress | None) -> dict[str, float]:
        """Train one epoch and measure it; its randomness comes from the seed and its number."""
        s, rng = self.settings, np.random.default_rng([self.settings.seed, epoch])
        feed = training_batches(self.data.train, self.network.input_size, self.batch_size, rng)
        # The feed runs in a thread with its own generator; this one is for the steps.
        rng = np.random.default_rng([self.settings.seed, epoch, 1])
        total, right, step = 0.0, 0, -1
        for step, (pixels, labels) in enumerate(ahead(feed)):
            self._check(labels)
            done = epoch * self.n_steps + step
            self.optimizer.learning_rate.assign(
                learning_rate(done / (s.n_epochs * self.n_steps), s.learning_rate, s.warm_up)
            )
            light = rng.uniform(-s.brightness, s.brightness, (2, self.batch_size, 1, 1, 1))
            seed = rng.integers(2**31, size=2).astype(np.int32)
            weights = self.weights[labels].astype(np.float32)
            loss, hits = self.train_step(pixels, labels, weights, light.astype(np.float32), seed)
            total, right = total + float(loss), right + int(hits)
            if not np.isfinite(total):
                raise ValueError(
                    f"the loss became {float(loss)} in epoch {epoch + 1}, step {step + 1}: lower "
                    f"the learning rate ({s.learning_rate})"
                )
            if progress is not None:
                progress(min(done + 1, s.n_epochs * self.n_steps), s.n_epochs * self.n_steps)
        if step < 0:
            raise ValueError("expected training images, the stream gave none: check the labels")
        validation_loss, validation_accuracy = self._validate()
        return {
            "loss": total / (step + 1),
            "accuracy": right / ((step + 1) * self.batch_size),
            "validation_loss": validation_loss,
            "validation_accuracy": validation_accuracy,
            "learning_rate": float(self.optimizer.learning_rate.numpy()),
        }

    def _validate(self) -> tuple[float, float]:
        size, total, right, n = self.network.input_size, 0.0, 0, 0
        for pixels, labels, real in ahead(
            ordered_batches(self.data.validation, size, self.batch_size)
        ):
            self._check(labels)
            losses, hits = self.test_step(pixels, labels)
            total += float(losses.numpy()[:real].sum())
            right += int(hits.numpy()[:real].sum())
            n += real
        if n == 0:
            raise ValueError("expected validation images, the stream gave none: check the split")
        return total / n, right / n

    def _check(self, labels: Any) -> None:
        if labels.min() < 0 or labels.max() >= self.n_categories:
            raise ValueError(
                f"expected labels 0..{self.n_categories - 1}, received {labels.min()}.."
                f"{labels.max()}: class_counts must cover all categories"
            )

    def _train_step(self, pixels: Any, labels: Any, weights: Any, light: Any, seed: Any) -> Any:
        s = self.settings
        x = tf.cast(pixels, tf.float32)
        x = tf.clip_by_value((x - 127.5) * (1 + light[0]) + 127.5 * (1 + light[1]), 0.0, 255.0)
        x = scale(x, self.network.preprocessing)
        with tf.GradientTape() as tape:
            # of a single output Keras gives no list
            features, *auxiliary = keras.tree.flatten(self.backbone(x, training=s.scope == "all"))
            features = tf.cast(features, tf.float32)
            features = tf.nn.experimental.stateless_dropout(features, s.dropout, seed)
            logits = self.head(features)
            wanted = tf.one_hot(labels, self.n_categories) * (1 - s.label_smoothing)
            wanted += s.label_smoothing / self.n_categories
            # of 1001 outputs the first are used: the others would take the first epochs to go down
            losses = _cross_entropy(wanted, logits[:, : self.n_categories])
            others = sum(_cross_entropy(wanted, other) for other in auxiliary)
            taught = tf.reduce_mean((losses + s.auxiliary_weight * others) * weights)
        gradients = tape.gradient(taught, self.trainable)
        gradients, _ = tf.clip_by_global_norm(gradients, 5.0)
        self.optimizer.apply_gradients(zip(gradients, self.trainable, strict=True))
        hits = tf.reduce_sum(tf.cast(self._hits(logits, labels), tf.int32))
        return tf.reduce_mean(losses * weights), hits

    def _test_step(self, pixels: Any, labels: Any) -> Any:
        _, logits, *_ = self.model(scale(pixels, self.network.preprocessing), training=False)
        used = tf.cast(logits[:, : self.n_categories], tf.float32)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, used)
        return losses, self._hits(logits, labels)

    def _hits(self, logits: Any, labels: Any) -> Any:
        used = logits[:, : self.n_categories]
        return tf.equal(tf.argmax(used, axis=1, output_type=tf.int32), labels)


def _cross_entropy(wanted: Any, logits: Any) -> Any:
    return tf.nn.softmax_cross_entropy_with_logits(wanted, tf.cast(logits, tf.float32))


def _best(history: list[dict[str, float]]) -> int:
    """Number of the epoch with the lowest validation loss, the first of equals; 0 for none."""
    losses = [row["validation_loss"] for row in history]
    return 1 + int(np.argmin(losses)) if losses else 0


def _stopped(history: list[dict[str, float]], patience: int | None) -> bool:
    return patience is not None and len(history) - _best(history) >= patience > 0
