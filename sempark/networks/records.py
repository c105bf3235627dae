"""Records of a training for TensorBoard, written without TensorBoard being installed.

Named numbers and a step go in, event files that TensorBoard shows as curves come out.
"""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.framework import summary_pb2


def new_directory(logdir: Path, name: str) -> Path:
    """Make a directory named after a model and the time; a number tells those of one second."""
    stamp = f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    names = [stamp, *(f"{stamp}-{i}" for i in range(2, 10_000))]
    directory = next(p for n in names if not (p := logdir / n).exists())
    directory.mkdir(parents=True)
    return directory


@contextlib.contextmanager
def writing(directory: Path) -> Iterator[Any]:
    """Open a writer of event files in a directory, which is made; closed at the end."""
    writer = tf.summary.create_file_writer(str(directory))
    try:
        yield writer
    finally:
        writer.close()


def write_scalars(to: Any, values: Mapping[str, float], step: int) -> None:
    """Write one point of each curve and flush."""
    metadata = summary_pb2.SummaryMetadata(
        data_class=summary_pb2.DATA_CLASS_SCALAR,
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars"),
    )
    with to.as_default():
        for name, value in values.items():
            tensor = tf.constant(value, tf.float32)
            tf.summary.write(name, tensor, step=step, metadata=metadata)
    to.flush()


def write_epoch(
    to: Any,
    phase: str,
    number: int,
    loss: float,
    losses: npt.NDArray[np.float32],
    summary_step: int,
) -> None:
    """Write the loss of epoch `number`, and of every `summary_step`-th batch (0: of none)."""
    write_scalars(to, {f"loss_{phase}": loss}, number)
    for step in range(summary_step - 1, len(losses), summary_step) if summary_step else ():
        value = {f"batch_loss_{phase}": float(losses[step])}
        write_scalars(to, value, (number - 1) * len(losses) + step + 1)
