"""networks.openvino_runtime: the same weights by another runtime, the same features."""

import numpy as np
import pytest
import tensorflow as tf

from sempark.networks import inception, openvino_runtime

pytestmark = pytest.mark.tf
SIZE = 75

needs_openvino = pytest.mark.skipif(
    openvino_runtime.openvino is None, reason="OpenVINO is an option: the package isn't installed"
)


@pytest.fixture(scope="module")
def by_tensorflow(images):
    network = inception.load("random:3", input_size=SIZE)
    assert network.runtime_version == f"tensorflow {tf.__version__}"
    return network.extract(images, 2)


def cosines(a, b):
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


@needs_openvino
def test_the_same_features_whatever_the_neighbors(images, by_tensorflow):
    network = inception.load("random:3", input_size=SIZE, runtime="openvino")
    assert network.runtime_version.startswith("openvino 2")
    found = network.extract(images, 2)
    alone = [network.extract([image], 2) for image in images]
    for layer, values in by_tensorflow.items():
        np.testing.assert_allclose(found[layer], values, rtol=0, atol=1e-4)
        for row, single in enumerate(alone):
            np.testing.assert_allclose(single[layer][0], found[layer][row], rtol=0, atol=1e-5)


@needs_openvino
def test_bfloat16_where_it_is_asked_for_only(images, by_tensorflow):
    network = inception.load("random:3", input_size=SIZE, runtime="openvino", precision="bfloat16")
    found = network.extract(images, 2)
    for layer, values in by_tensorflow.items():
        assert cosines(found[layer], values).min() > 0.9999


@needs_openvino
def test_a_frozen_graph(slim_files):
    network = inception.load(slim_files.frozen, runtime="openvino")
    found = network.extract(slim_files.images, 3)
    np.testing.assert_allclose(found["features"], slim_files.features, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found["logits"], slim_files.logits, rtol=0, atol=1e-4)


@needs_openvino
def test_an_operation_that_openvino_does_not_know(tmp_path):
    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None, SIZE, SIZE, 3))
        features = tf.math.betainc(2.0, 3.0, tf.reduce_mean(tf.abs(x), axis=(1, 2)) / 300.0)
        tf.matmul(features, tf.ones((3, 4)))
    path = tmp_path / "odd.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    assert inception.load(path, input_size=SIZE).extract([])["logits"].shape == (0, 4)
    network = inception.load(path, input_size=SIZE, runtime="openvino")
    with pytest.raises(ValueError, match=r"OpenVINO can't run this network.*tensorflow") as caught:
        network.extract([np.zeros((SIZE, SIZE), np.uint8)])
    assert "\n" not in str(caught.value)


def test_without_the_package_one_line_says_so(monkeypatch):
    monkeypatch.setattr(openvino_runtime, "openvino", None)
    with pytest.raises(
        ValueError, match=r"openvino, found none: pip install 'sempark\[openvino\]'"
    ):
        inception.load("random:3", input_size=SIZE, runtime="openvino")
