"""Records of a training for TensorBoard, written without TensorBoard being installed.

Named numbers and a step go in, event files that TensorBoard shows as curves come out.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework import summary_pb2


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
