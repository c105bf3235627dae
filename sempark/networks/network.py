"""A loaded network, whatever file it came from: images in, tables of features out.

`extract` runs images of any size through it in one pass, in batches of one fixed size so that a
row does not depend on its neighbors. A GPU is used where TensorFlow finds one; OpenVINO runs the
same weights on processors.

Source: thesis, section 3.1.2 and table 3.1.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sempark.networks import content, openvino_runtime
from sempark.networks.preprocessing import Pixels, Preprocessing, batches, scale

Precision = Literal["float32", "bfloat16"]
Runtime = Literal["tensorflow", "openvino"]

# oneDNN's: convolutions and products in bfloat16, sums and everything else in float32.
_BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"


@dataclass(frozen=True, eq=False)
class Network:
    """A loaded network.

    Attributes
    ----------
    kind : str
        What the checkpoint was, see `content.Kind`.
    digest : str
        SHA-256 of its files, 64 hex digits.
    architecture : str
        Its name in `keras.applications`; for graphs and whole Keras models a stated default.
    preprocessing : str
        How pixels are scaled, see `preprocessing.scale`.
    input_size : int
        Side of its square input in pixels.
    widths : dict
        Columns of each output in their order: "features", "logits" and, where one is known,
        "middle"; 2048, 1001 and 768 for the thesis' network.
    model : keras.Model or None
        (n, h, w, 3) scaled -> these outputs; None for graphs, which can't be trained.
    precision : {"float32", "bfloat16"}
        "bfloat16" is for processors that compute with it (AVX512-BF16, AMX), half as long again
        in speed with features at a cosine of 0.9999 or better; slower on others.
    runtime : {"tensorflow", "openvino"}
        What `extract` runs on; training is TensorFlow's.
    """

    kind: content.Kind
    digest: str
    architecture: str
    preprocessing: Preprocessing
    input_size: int
    widths: dict[str, int]
    model: Any
    precision: Precision
    runtime: Runtime
    _forward: Callable[[Any], Sequence[Any]] = field(repr=False)
    _fixed_batch: int | None = field(default=None, repr=False)
    _compiled: dict[int, Callable[[Any], Any]] = field(default_factory=dict, repr=False)

    @property
    def runtime_version(self) -> str:
        """Name and version of the runtime, as a manifest tells it."""
        found = openvino_runtime.version() if self.runtime == "openvino" else tf.__version__
        return f"{self.runtime} {found}"

    def extract(
        self,
        images: Sequence[Pixels],
        batch_size: int = 16,
        progress: Callable[[int, int], None] | None = None,
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Run images through the network.

        Parameters
        ----------
        images : sequence of uint8 (h, w) gray or (h, w, 3) RGB, any size
        batch_size : int
            Images at once; the last batch is filled up with black ones.
        progress : callable, optional
            Called with (done, total).

        Returns
        -------
        dict
            "features": float32 (n, 2048), "logits": float32 (n, 1001), "middle": float32 (n, 768),
            or the network's own widths; rows in the order of `images`.

        Raises
        ------
        ValueError
            `batch_size` under 1, or an image that isn't one.
        """
        if batch_size < 1:
            raise ValueError(f"expected batch_size >= 1, received {batch_size}")
        batch_size = self._fixed_batch or batch_size
        n = len(images)
        found = {
            name: np.empty((n, width), dtype=np.float32) for name, width in self.widths.items()
        }
        run = self.compiled(batch_size)
        start = 0
        with computing_in(self.precision):
            for batch, size in batches(images, self.input_size, batch_size):
                outputs = run(batch)
                for name, output in zip(self.widths, outputs, strict=True):
                    found[name][start : start + size] = output[:size]
                start += size
                if progress is not None:
                    progress(start, n)
        return found

    def compiled(self, batch_size: int) -> Callable[[Pixels], list[npt.NDArray[np.float32]]]:
        """The outputs of one batch size: uint8 (batch_size, s, s, 3) -> an array each."""
        if batch_size not in self._compiled:
            function = self._function(batch_size)
            self._compiled[batch_size] = (
                openvino_runtime.compiled(function, self.precision)
                if self.runtime == "openvino"
                else lambda batch: [output.numpy() for output in function(tf.constant(batch))]
            )
        return self._compiled[batch_size]

    def _function(self, batch_size: int) -> Any:
        size = self.input_size
        signature = [tf.TensorSpec((batch_size, size, size, 3), tf.uint8)]

        def forward(pixels: Any) -> list[Any]:
            outputs = self._forward(scale(pixels, self.preprocessing))
            return [tf.reshape(tf.cast(x, tf.float32), (batch_size, -1)) for x in outputs]

        function = tf.function(forward, input_signature=signature, autograph=False)
        return function.get_concrete_function()


@contextlib.contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Run TensorFlow's functions in a precision; what was set before is set again at the end."""
    before = bool(tf.config.optimizer.get_experimental_options().get(_BFLOAT16, False))
    tf.config.optimizer.set_experimental_options({_BFLOAT16: precision == "bfloat16"})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({_BFLOAT16: before})
