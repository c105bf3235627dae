"""The very TF-Slim Inception V3 of the thesis, built by the tf_slim package, with drawn weights."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

SLIM_SIZE = 107  # the smallest input at which Slim's auxiliary head, part of a checkpoint, fits


@dataclass(frozen=True)
class SlimFiles:
    """A checkpoint, the graph frozen from it, and what Slim's network gives on `images`."""

    checkpoint: Path
    frozen: Path
    images: list[np.ndarray]
    features: np.ndarray
    logits: np.ndarray
    middle: np.ndarray


def _slim_inception_v3():
    """tf_slim looks for layers that tf_keras has moved."""
    import tf_keras.src.legacy_tf_layers as layers
    import tf_keras.src.legacy_tf_layers.normalization as normalization

    sys.modules.setdefault("tf_keras.legacy_tf_layers", layers)
    sys.modules.setdefault("tf_keras.legacy_tf_layers.normalization", normalization)
    import tf_slim
    from tf_slim.nets import inception_v3

    return tf_slim, inception_v3


def _draw(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if name.endswith("weights"):
        return rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
    if name.endswith("moving_variance"):
        return rng.uniform(0.5, 1.5, shape)
    return rng.normal(0, 0.1, shape)


@pytest.fixture(scope="session")
def slim_files(tmp_path_factory) -> SlimFiles:
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("tf_slim")
    slim, inception_v3 = _slim_inception_v3()
    v1 = tf.compat.v1
    folder = tmp_path_factory.mktemp("slim")
    rng = np.random.default_rng(5)
    images = [rng.integers(0, 256, (SLIM_SIZE, SLIM_SIZE, 3), dtype=np.uint8) for _ in range(3)]
    names = ["InceptionV3/Logits/Dropout_1b/Identity", "InceptionV3/Logits/SpatialSqueeze"]
    maps = "InceptionV3/InceptionV3/Mixed_6b/concat"
    with tf.Graph().as_default() as graph, v1.Session() as session:
        pixels = v1.placeholder(tf.float32, (None, SLIM_SIZE, SLIM_SIZE, 3), name="input")
        with slim.arg_scope(inception_v3.inception_v3_arg_scope()):
            inception_v3.inception_v3(pixels, num_classes=1001, is_training=False)
        v1.train.get_or_create_global_step()
        drawn = {}
        for variable in v1.global_variables():
            shape = tuple(variable.shape.as_list())
            given = variable.initializer.inputs[1]
            drawn[given] = _draw(rng, variable.op.name, shape) if shape else 7
        # all in one step: a step each plans the whole graph hundreds of times
        session.run([variable.initializer for variable in v1.global_variables()], drawn)
        v1.train.Saver().save(session, str(folder / "model.ckpt-7"), write_meta_graph=False)
        definition = graph.as_graph_def()
        frozen = v1.graph_util.convert_variables_to_constants(session, definition, names)
        (folder / "frozen.pb").write_bytes(frozen.SerializeToString())
        features, logits, middle = session.run(
            [f"{name}:0" for name in (*names, maps)], {pixels: np.stack(images) / 127.5 - 1}
        )
    return SlimFiles(
        folder / "model.ckpt-7",
        folder / "frozen.pb",
        images,
        features.reshape(3, -1),
        logits,
        middle.mean(axis=(1, 2)),
    )


@pytest.fixture(scope="module")
def images():
    """Gray and colored pictures of several sizes."""
    rng = np.random.default_rng(0)
    shapes = [(75, 75), (120, 90), (60, 80, 3), (75, 75, 3), (40, 200)]
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
