"""A network's graph run by OpenVINO instead of TensorFlow: the same weights, the same features.

A concrete function of TensorFlow goes in, a callable on arrays comes out. The graph is frozen,
handed over as a file and compiled for the processor, with as many threads as TensorFlow is given.
The package is an option (`sempark[openvino]`); its converter for Python models, which can send
statistics of use, is not called.

Source: OpenVINO's TensorFlow frontend (`Core.read_model`), inference precision hint.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

try:
    import openvino
except ImportError:  # an option
    openvino = None


def version() -> str:
    """Version of OpenVINO.

    Raises
    ------
    ValueError
        The package isn't there.
    """
    if openvino is None:
        raise ValueError(
            "expected the package openvino for the runtime openvino, found none: "
            "pip install 'sempark[openvino]', or take the runtime tensorflow"
        )
    return str(openvino.get_version()).split("-", 1)[0]


def compiled(
    function: Any, precision: str
) -> Callable[[npt.NDArray[np.uint8]], list[npt.NDArray[np.float32]]]:
    """Compile a concrete function for OpenVINO.

    Parameters
    ----------
    function : tf.types.experimental.ConcreteFunction
        One uint8 input of fixed shape.
    precision : {"float32", "bfloat16"}
        Said always: left alone, OpenVINO takes bfloat16 wherever the processor has it.

    Returns
    -------
    callable
        Array in, the outputs in the function's order.

    Raises
    ------
    ValueError
        No OpenVINO, or an operation it does not know.
    """
    version()
    frozen = convert_variables_to_constants_v2(function)
    core = openvino.Core()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "graph.pb"
            path.write_bytes(frozen.graph.as_graph_def().SerializeToString())
            model = core.compile_model(
                core.read_model(path),
                "CPU",
                {
                    "INFERENCE_NUM_THREADS": tf.config.threading.get_intra_op_parallelism_threads(),
                    "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
                    "PERFORMANCE_HINT": "LATENCY",
                    # Workers side by side would all be pinned to the first cores.
                    "ENABLE_CPU_PINNING": False,
                },
            )
    except RuntimeError as error:
        line = " ".join(str(error).split())[:300]
        raise ValueError(
            f"OpenVINO can't run this network ({line}): take the runtime tensorflow"
        ) from error
    outputs = [model.output(tensor.name) for tensor in frozen.outputs]

    def run(batch: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
        found = model([batch])
        return [np.array(found[output], dtype=np.float32) for output in outputs]

    return run
