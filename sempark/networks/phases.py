"""One training phase of the autoencoder: which layers, on which data, and whether it worked.

A stack of layers, a phase of table 3.2 and the vectors go in; epochs of training come out, with
the loss of every batch. The pairs outside a phase are not trained by it: what they make of the
data is computed once and kept, as section 3.2.2 says.

Source: thesis, sections 3.2.2 to 3.2.4.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, cast

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sempark.networks.dense_stack import CHUNK, N_LAYERS, Activation, DenseStack, Trainer, Vectors

_log = logging.getLogger(__name__)

Phase = Literal["1_a", "1_b", "1", "2", "g"]
# Table 3.2: the pairs a phase trains, from the outermost, 0, to the innermost, 2.
PHASES: dict[Phase, tuple[int, int]] = {
    "1_a": (0, 0),
    "1_b": (1, 1),
    "1": (0, 1),
    "2": (2, 2),
    "g": (0, 2),
}
Inputs = npt.ArrayLike | Callable[[], Iterator[npt.ArrayLike]]
COLLAPSED = 1e-3  # share of the variance that a training must reproduce not to be called failed


class DivergedError(ValueError):
    """A training whose loss became NaN or infinite."""


class PhaseTraining:
    """A phase under way.

    Parameters
    ----------
    stack : DenseStack
    phase : Phase
    x : float32 (n, n_inputs)
    learning_rate, l2_reg : float
    """

    def __init__(
        self, stack: DenseStack, phase: Phase, x: Vectors, learning_rate: float, l2_reg: float
    ) -> None:
        self._stack, self._pairs = stack, PHASES[phase]
        outer, inner = self._pairs
        self._data = tf.constant(stack.apply(x, 0, outer - 1) if outer else x)
        self._trainer = Trainer(stack, outer, inner, learning_rate, l2_reg)
        self._phase = phase

    def epoch(
        self, rng: np.random.Generator, batch_size: int
    ) -> tuple[float, npt.NDArray[np.float32]]:
        """Train on all rows once, in an order drawn from `rng`.

        Returns
        -------
        loss : float
            Mean squared error over the epoch, each batch as it was before its step.
        losses : float32 (n_batches,)

        Raises
        ------
        DivergedError
            The loss became NaN or infinite; a ValueError.
        """
        n = int(self._data.shape[0])
        losses = self._trainer.epoch(self._data, rng.permutation(n), batch_size)
        sizes = np.minimum(batch_size, n - np.arange(0, n, batch_size))
        loss = float(np.average(losses, weights=sizes))
        if not np.isfinite(loss):
            raise DivergedError(
                f"the loss of phase {self._phase} became {loss}: lower the learning rate or scale "
                "the data"
            )
        return loss, losses

    def collapsed(self, name: str, settings: str) -> bool:
        """Whether all codings ended at the center (section 3.2.4), which is warned of.

        `name` is the model's, `settings` names what to lower.
        """
        kept = self.kept_variance()
        if kept < COLLAPSED:
            _log.warning(
                "%s: phase %s failed, all codings are at the center (the reconstructions have "
                "%.2g of the data's variance): lower %s",
                *(name, self._phase, kept, settings),
            )
        return kept < COLLAPSED

    def kept_variance(self) -> float:
        """Share of the data's variance that the reconstructions have; 1 for data without any.

        Next to nothing where all codings lie at the center (section 3.2.4). Taken on the first
        rows.
        """
        sample = self._data[:CHUNK]
        given = float(np.var(sample.numpy(), axis=0, dtype=np.float64).sum())
        back = self._stack.reconstruct(sample, *self._pairs).numpy()
        kept = float(np.var(back, axis=0, dtype=np.float64).sum())
        return kept / given if given > 0 else 1.0


def schedule(n_epochs: Sequence[int], order: str | Sequence[str]) -> list[tuple[Phase, int]]:
    """Phases in their order, each with its epochs.

    Parameters
    ----------
    n_epochs : five ints
        Of 1_a, 1_b, 1, 2, g.
    order : one phase or a sequence of phases, repeated or not

    Raises
    ------
    ValueError
        Not five numbers from 0 up, no phase, or an unknown one.
    """
    phases = [order] if isinstance(order, str) else list(order)
    known = [phase for phase in phases if phase in PHASES]
    if len(n_epochs) != len(PHASES) or min(n_epochs) < 0 or not phases or known != phases:
        raise ValueError(
            f"expected epochs for the five phases {', '.join(PHASES)} and an order of them, "
            f"received {tuple(n_epochs)}, {tuple(phases)}"
        )
    epochs = dict(zip(PHASES, n_epochs, strict=True))
    return [(phase, int(epochs[phase])) for phase in cast(list[Phase], phases)]


def activations_of(activation: Any) -> list[Activation]:
    """Activations of the six layers from one, six, or another number (a warning, and elu)."""
    linear = keras.activations.linear
    if callable(activation) or isinstance(activation, str):
        return [_activation(activation)] * (N_LAYERS - 1) + [linear]
    given = list(activation) if isinstance(activation, Iterable) else []
    if len(given) != N_LAYERS:
        _log.warning(
            "expected one activation or %d, received %d: elu is used, the output stays linear",
            *(N_LAYERS, len(given)),
        )
        return [tf.nn.elu] * (N_LAYERS - 1) + [linear]
    return [_activation(a) for a in given]


def _activation(activation: Any) -> Activation:
    # TensorFlow's own elu is one fused operation.
    return tf.nn.elu if activation == "elu" else keras.activations.get(activation)


def checked(inputs: Inputs, width: int) -> Vectors:
    """Vectors as float32 (n, width), gathered from blocks if need be; ValueError if unfit."""
    if callable(inputs):
        blocks = [np.asarray(block, dtype=np.float32) for block in inputs()]
        x = np.concatenate(blocks) if blocks else np.empty((0, width), dtype=np.float32)
    else:
        x = np.ascontiguousarray(inputs, dtype=np.float32)
    if x.ndim != 2 or x.shape[1] != width or len(x) == 0:
        raise ValueError(f"expected vectors (n, {width}), n >= 1, received {x.shape}")
    n_bad, first = 0, -1
    for start in range(0, len(x), CHUNK):
        bad = np.flatnonzero(~np.isfinite(x[start : start + CHUNK]).all(axis=1))
        if bad.size and first < 0:
            first = start + int(bad[0])
        n_bad += bad.size
    if n_bad:
        raise ValueError(
            f"expected finite vectors, {n_bad} rows have NaN or infinity, the first is row "
            f"{first}: leave them out"
        )
    return x
