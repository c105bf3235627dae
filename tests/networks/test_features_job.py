"""Every kind of checkpoint through the features job, and those that are none."""

import io
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from jobs import features
from sempark import config, job
from sempark.networks import inception, openvino_runtime
from sempark.store import Store
from sempark.tables import TABLES, Refused

pytestmark = [pytest.mark.spark, pytest.mark.tf, pytest.mark.slow]
SIZE = 107


@pytest.fixture(scope="module")
def drawn():
    """A network from a seed."""
    return inception.load("random:3", input_size=SIZE)


@pytest.fixture(scope="module")
def keras_files(drawn, tmp_path_factory):
    """The drawn network in all of Keras' formats."""
    import keras

    folder = tmp_path_factory.mktemp("keras")
    model = keras.Model(drawn.model.input, drawn.model.outputs[1])
    model.save(folder / "whole.keras")
    model.save(folder / "whole.h5")
    model.save_weights(folder / "named.weights.h5")
    model.export(folder / "saved_model", format="tf_saved_model", verbose=False)
    return folder


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(8)
    out = []
    for i in range(3):
        content = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (SIZE, SIZE), np.uint8)).save(content, "PNG")
        out.append((f"{i:02d}", content.getvalue()))
    return out


def images(pictures):
    return [np.asarray(Image.open(io.BytesIO(content))) for _, content in pictures]


@pytest.fixture(scope="module")
def of_keras(drawn, pictures):
    """What the drawn network makes of the pictures."""
    return drawn.extract(images(pictures), 2)


@pytest.fixture(scope="module")
def of_slim(slim_files, pictures):
    """What the network of Slim's files makes of the pictures."""
    return inception.load(slim_files.checkpoint, input_size=SIZE).extract(images(pictures), 2)


@pytest.fixture
def context(spark, tmp_path, pictures):
    sets = [f"features.input_size={SIZE}", f"store.path={tmp_path}", "features.batch=2"]
    made = job.Context(config.load(None, sets), Store(spark, str(tmp_path)), spark)
    names = TABLES["images_flat"].names
    rows = [tuple((dict.fromkeys(names) | {"md5": m, "jpeg": j, "status": "ok"}).values())
            for m, j in pictures]  # fmt: skip
    frame = spark.createDataFrame(rows, TABLES["images_flat"].schema)
    made.store.write("images_flat", frame, {})
    made.store.write("scale", spark.createDataFrame([], TABLES["scale"].schema), {})
    made.store.publish("finetuned", [], {})
    return made


def extracted(context, checkpoint, **settings):
    """What the job writes for one checkpoint: rows by layer, and what the manifest tells."""
    own = replace(context.config.features, checkpoint_in=str(checkpoint), **settings)
    now = replace(context, config=replace(context.config, features=own))
    manifest = job.make(now, features.STAGE, force=True).manifest
    rows = now.read("features").orderBy("md5").collect()
    found = {
        layer: np.array([row["vector"] for row in rows if row["layer"] == layer])
        for layer in sorted({row["layer"] for row in rows})
    }
    return found, manifest["checkpoint_in"]


@pytest.mark.parametrize(
    ("name", "kind", "network"),
    [
        ("checkpoint", "slim", "of_slim"),
        ("frozen", "frozen", "of_slim"),
        ("whole.keras", "keras", "of_keras"),
        ("whole.h5", "keras_h5", "of_keras"),
        ("named.weights.h5", "keras_weights", "of_keras"),
        ("saved_model", "saved_model", "of_keras"),
    ],
)
def test_every_kind_of_checkpoint(request, context, slim_files, keras_files, name, kind, network):
    found, told = extracted(context, getattr(slim_files, name, keras_files / name))
    expected = request.getfixturevalue(network)
    assert found.keys() == expected.keys() == {"features", "logits", "middle"}
    for layer, values in expected.items():
        np.testing.assert_allclose(found[layer], values, rtol=0, atol=1e-4)
    assert (told["kind"], told["input_size"]) == (kind, SIZE)
    assert told["preprocessing"] == "inception" and len(told["sha256"]) == 64
    assert told["widths"] == {layer: values.shape[1] for layer, values in found.items()}


def test_another_architecture_other_layers(context):
    found, told = extracted(
        context,
        "random:5",
        architecture="ResNet50V2",
        layers_in={"features": "post_relu", "middle": "conv4_block6_out"},
    )
    assert found["middle"].shape[1] == 1024
    assert told["architecture"] == "ResNet50V2" and told["preprocessing"] == "inception"
    assert found["features"].shape[1] == 4 * 4 * 2048  # all places of the map, not their mean


def test_a_network_without_a_layer_half_way_is_refused_until_the_tree_takes_another(context):
    with pytest.raises(Refused, match=r"features\.layers_in\.middle, or set taxonomy\.layer"):
        extracted(context, "random:5", architecture="MobileNetV2")
    taxonomy = replace(context.config.taxonomy, layer="features")
    context = replace(context, config=replace(context.config, taxonomy=taxonomy))
    found, _ = extracted(context, "random:5", architecture="MobileNetV2")
    assert found.keys() == {"features", "logits"}


@pytest.mark.skipif(
    openvino_runtime.openvino is None, reason="OpenVINO is an option: the package isn't installed"
)
def test_another_runtime_the_same_features(context, keras_files, of_keras, tmp_path):
    found, told = extracted(context, keras_files / "whole.keras", runtime="openvino")
    for layer, values in of_keras.items():
        np.testing.assert_allclose(found[layer], values, rtol=0, atol=1e-4)
    assert told["runtime"] == f"openvino {openvino_runtime.version()}"
    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None, SIZE, SIZE, 3))
        odd = tf.math.betainc(2.0, 3.0, tf.reduce_mean(tf.abs(x), axis=(1, 2)) / 300.0)
        tf.matmul(odd, tf.ones((3, 4)))
    (tmp_path / "odd.pb").write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(Refused, match="OpenVINO can't run this network"):
        extracted(context, tmp_path / "odd.pb", runtime="openvino")


def test_what_is_no_checkpoint_is_refused_in_one_line(context, keras_files, tmp_path):
    cut = tmp_path / "cut.keras"
    cut.write_bytes((keras_files / "whole.keras").read_bytes()[:100_000])
    with pytest.raises(Refused, match="cut short") as refused:
        extracted(context, cut)
    assert "\n" not in str(refused.value)
    with pytest.raises(Refused, match="expected a checkpoint"):
        extracted(context, tmp_path / "gone.keras")
