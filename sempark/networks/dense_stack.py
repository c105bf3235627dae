"""Six dense layers in three nested pairs, and one compiled epoch of training them.

Layer i of the encoder (0, 1, 2) is paired with layer 5 - i of the decoder; a tied pair has one
kernel, which the decoder uses transposed. `Trainer` runs whole epochs over arrays in memory
inside one TensorFlow graph, with Adam's update as one operation a variable: no Python between
the batches.

Source: thesis, sections 3.2.1 and 3.2.2; Adam: Kingma and Ba 2015, arXiv:1412.6980.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Vectors = npt.NDArray[np.float32]
Activation = Callable[[Any], Any]
N_LAYERS = 6
CHUNK = 8192  # rows at once where nothing is trained
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-7


class DenseStack:
    """Variables of the six layers and what they compute.

    Parameters
    ----------
    widths : four ints
        Inputs and the three hidden layers of the encoder.
    tied : three bools
        Of the pairs from the outermost to the innermost.
    activations : six callables on tensors
    seed : int
        Kernels are drawn from it alone: normal, variance 2 / (inputs + outputs); biases are 0.

    Attributes
    ----------
    kernels : list of tf.Variable or None, six
        float32 (inputs, outputs); None where the decoder's is the encoder's.
    biases : list of tf.Variable, six
    """

    def __init__(
        self,
        widths: Sequence[int],
        tied: Sequence[bool],
        activations: Sequence[Activation],
        seed: int,
    ) -> None:
        rng = np.random.default_rng(seed)
        sizes = [*widths, *widths[-2::-1]]
        self.activations = tuple(activations)
        self.kernels: list[Any] = []
        self.biases: list[Any] = []
        for i in range(N_LAYERS):
            shape = (sizes[i], sizes[i + 1])
            kernel = rng.standard_normal(shape, dtype=np.float32)
            kernel *= np.float32(np.sqrt(2.0 / sum(shape)))
            own = i < N_LAYERS // 2 or not tied[N_LAYERS - 1 - i]
            self.kernels.append(tf.Variable(kernel, name=f"kernel_{i + 1}") if own else None)
            self.biases.append(tf.Variable(tf.zeros(shape[1]), name=f"bias_{i + 1}"))

    def run(self, x: Any, first: int, last: int) -> Any:
        """Send a tensor (n, d) through layers `first` to `last`, both included, counted from 0."""
        for i in range(first, last + 1):
            kernel = self.kernels[i]
            if kernel is None:
                x = tf.matmul(x, self.kernels[N_LAYERS - 1 - i], transpose_b=True)
            else:
                x = tf.matmul(x, kernel)
            x = self.activations[i](tf.nn.bias_add(x, self.biases[i]))
        return x

    def apply(self, x: Vectors, first: int, last: int) -> Vectors:
        """Send an array through the layers `first` to `last`, some rows at a time."""
        parts = [
            self.run(tf.constant(x[start : start + CHUNK]), first, last).numpy()
            for start in range(0, len(x), CHUNK)
        ]
        return np.concatenate(parts)

    def reconstruct(self, x: Any, outer: int, inner: int) -> Any:
        """Encode and decode with the pairs `outer` to `inner`, counted from the outside, from 0."""
        return self.run(self.run(x, outer, inner), N_LAYERS - 1 - inner, N_LAYERS - 1 - outer)

    def layers_of(self, outer: int, inner: int) -> list[int]:
        """Layers of the pairs `outer` to `inner`."""
        encoder = list(range(outer, inner + 1))
        return encoder + [N_LAYERS - 1 - i for i in reversed(encoder)]

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Copies of all variables by name: kernel_1 .. kernel_6 (the tied left out), bias_1 .."""
        return {variable.name.split(":")[0]: variable.numpy() for variable in self._variables()}

    def assign(self, weights: dict[str, npt.NDArray[np.float32]]) -> None:
        """Set all variables; ValueError unless names and shapes are these layers' own."""
        own = {variable.name.split(":")[0]: variable for variable in self._variables()}
        wanted = {name: tuple(variable.shape) for name, variable in own.items()}
        received = {name: tuple(values.shape) for name, values in weights.items()}
        if wanted != received:
            raise ValueError(
                f"expected weights {wanted}, received {received}: build the autoencoder with the "
                "same layers and ties"
            )
        for name, variable in own.items():
            variable.assign(weights[name])

    def _variables(self) -> list[Any]:
        return [kernel for kernel in self.kernels if kernel is not None] + self.biases


class Trainer:
    """Adam on some pairs of a stack; every instance starts with fresh moments.

    Parameters
    ----------
    stack : DenseStack
    outer, inner : int
        The pairs trained, as in `DenseStack.reconstruct`; no other layer moves.
    learning_rate, l2_reg : float
        The loss is the mean squared error plus l2_reg / 2 times the squares of the kernels
        trained, a tied one counted once.
    """

    def __init__(
        self, stack: DenseStack, outer: int, inner: int, learning_rate: float, l2_reg: float
    ) -> None:
        self._stack, self._pairs = stack, (outer, inner)
        self._learning_rate, self._l2_reg = learning_rate, l2_reg
        layers = stack.layers_of(outer, inner)
        self._kernels = [stack.kernels[i] for i in layers if stack.kernels[i] is not None]
        self._trained = self._kernels + [stack.biases[i] for i in layers]
        self._means = [tf.Variable(tf.zeros_like(v)) for v in self._trained]
        self._squares = [tf.Variable(tf.zeros_like(v)) for v in self._trained]
        self._step = tf.Variable(0, dtype=tf.int64)
        self._compiled = tf.function(self._epoch, autograph=False, reduce_retracing=True)

    def epoch(self, x: Any, order: npt.NDArray[np.int64], batch_size: int) -> Any:
        """Train on the rows of `x` in `order`; gives the mean squared error of each batch."""
        n_steps = -(-len(order) // batch_size)
        losses = self._compiled(
            x, tf.constant(order), tf.constant(n_steps), tf.constant(batch_size)
        )
        return losses.numpy()

    def _epoch(self, x: Any, order: Any, n_steps: Any, batch_size: Any) -> Any:
        losses = tf.TensorArray(tf.float32, size=n_steps)

        def body(i: Any, losses: Any) -> Any:
            rows = order[i * batch_size : (i + 1) * batch_size]
            return i + 1, losses.write(i, self._train(tf.gather(x, rows)))

        _, losses = tf.while_loop(
            lambda i, _: i < n_steps, body, (tf.constant(0), losses), parallel_iterations=1
        )
        return losses.stack()

    def _train(self, batch: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._trained)
            error = tf.reduce_mean(
                tf.math.squared_difference(self._stack.reconstruct(batch, *self._pairs), batch)
            )
        gradients = tape.gradient(error, self._trained)
        step = tf.cast(self._step.assign_add(1), tf.float32)
        for i, (variable, gradient) in enumerate(zip(self._trained, gradients, strict=True)):
            if self._l2_reg and i < len(self._kernels):
                gradient += self._l2_reg * variable
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._means[i].handle,
                v=self._squares[i].handle,
                beta1_power=_BETA1**step,
                beta2_power=_BETA2**step,
                lr=self._learning_rate,
                beta1=_BETA1,
                beta2=_BETA2,
                epsilon=_EPSILON,
                grad=gradient,
            )
        return error
