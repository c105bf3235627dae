"""networks.inception: every kind of checkpoint, against the very TF-Slim network."""

import hashlib
import json
import pickle
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from sempark.networks import architecture, content, inception, slim
from sempark.networks.preprocessing import batches, resize, scale

pytestmark = pytest.mark.tf
SIZE = 75


@pytest.fixture(scope="module")
def network():
    return inception.load("random:3", input_size=SIZE)


def test_widths_and_types(network, images):
    found = network.extract(images, batch_size=2)
    assert list(network.widths.items()) == [("features", 2048), ("logits", 1001), ("middle", 768)]
    assert {name: values.shape for name, values in found.items()} == {
        name: (5, width) for name, width in network.widths.items()
    }
    assert all(values.dtype == np.float32 for values in found.values())


def test_a_row_does_not_depend_on_its_neighbors(network, images):
    together = network.extract(images, batch_size=2)
    for row, image in enumerate(images):
        alone = network.extract([image], batch_size=2)
        for name, values in together.items():
            np.testing.assert_allclose(alone[name][0], values[row], rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["checkpoint", "frozen"])
def test_the_tensors_equal_tf_slims(slim_files, kind):
    network = inception.load(getattr(slim_files, kind), input_size=107)
    found = network.extract(slim_files.images, batch_size=3)
    assert np.abs(slim_files.logits).max() > 0.1
    np.testing.assert_allclose(found["features"], slim_files.features, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found["logits"], slim_files.logits, rtol=0, atol=1e-4)
    assert slim_files.middle.shape == (3, 768) and slim_files.middle.std() > 0.01
    np.testing.assert_allclose(found["middle"], slim_files.middle, rtol=0, atol=1e-4)


def test_a_seed_gives_weights_whatever_tensorflows_own_seed_is(network, images):
    tf.random.set_seed(99)
    again = inception.load("random:3", input_size=SIZE)
    for a, b in zip(network.model.weights, again.model.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    other = inception.load("random:4", input_size=SIZE)
    assert not np.array_equal(network.model.weights[0].numpy(), other.model.weights[0].numpy())
    assert network.digest == again.digest != other.digest
    # He's initialisation: rectified activations keep their size through 48 layers.
    assert 0.01 < network.extract(images)["features"].std() < 10


@pytest.fixture(scope="module")
def saved(network, tmp_path_factory):
    """One network in all of Keras' formats."""
    folder = tmp_path_factory.mktemp("saved")
    model = keras.Model(network.model.input, network.model.outputs[1])
    model.save(folder / "whole.keras")
    model.save_weights(folder / "named_as_you_like.weights.h5")
    shutil.copy(folder / "named_as_you_like.weights.h5", folder / "weights.bin")
    model.save(folder / "whole.h5")
    model.export(folder / "saved_model", format="tf_saved_model", verbose=False)
    return folder


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("whole.keras", "keras"),
        ("whole.h5", "keras_h5"),
        ("weights.bin", "keras_weights"),
        ("saved_model", "saved_model"),
    ],
)
def test_every_kind_is_told_by_content_and_gives_the_same(saved, network, images, name, kind):
    loaded = inception.load(saved / name, input_size=SIZE)
    assert loaded.kind == kind and loaded.input_size == SIZE
    wanted, found = network.extract(images), loaded.extract(images)
    assert list(found) == list(wanted) == ["features", "logits", "middle"]
    for layer, values in wanted.items():
        np.testing.assert_allclose(found[layer], values, rtol=0, atol=1e-4)


def test_the_digest_is_the_files_own(saved):
    expected = hashlib.sha256((saved / "whole.keras").read_bytes()).hexdigest()
    assert content.digest(saved / "whole.keras") == expected
    assert len(content.digest(saved / "saved_model")) == 64


def test_another_input_size_keeps_the_weights(saved):
    loaded = inception.load(saved / "whole.keras", input_size=90)
    assert loaded.input_size == 90
    assert loaded.extract([np.zeros((50, 50), np.uint8)])["logits"].shape == (1, 1001)


def test_slim_names_cover_the_checkpoint(slim_files):
    shapes = tf.train.load_checkpoint(str(slim_files.checkpoint)).get_variable_to_shape_map()
    assert len(slim.scopes()) == len(set(slim.scopes())) == 94
    assert {f"InceptionV3/{scope}/weights" for scope in slim.scopes()} <= shapes.keys()
    model = architecture.build("InceptionV3", slim.n_classes(slim_files.checkpoint), SIZE)
    left = slim.restore(model, slim_files.checkpoint)
    assert "global_step" in left and all("AuxLogits" in n for n in left if n != "global_step")


def rewritten(slim_files, folder, change):
    """A checkpoint like Slim's with some variables changed."""
    reader = tf.train.load_checkpoint(str(slim_files.checkpoint))
    values = {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}
    change(values)
    prefix = str(folder / "changed.ckpt")
    tensors = [tf.constant(value) for value in values.values()]
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(values),
        shape_and_slices=[""] * len(values),
        tensors=tensors,
    )
    return prefix


def refused(checkpoint, message, **options):
    with pytest.raises(ValueError, match=message) as caught:
        inception.load(checkpoint, input_size=SIZE, **options)
    assert "\n" not in str(caught.value)


BETA = "InceptionV3/Conv2d_1a_3x3/BatchNorm/beta"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.pop(BETA), "1 .*beta.* missing, none unknown"),
        (lambda v: v.update({"Resnet/weights": np.zeros(3, "f")}), "none missing, 1 .*Resnet"),
        (lambda v: v.update({BETA: np.zeros(7, "f")}), r"expected shape \(32,\)"),
        (lambda v: v.update({BETA: np.full(32, np.nan, "f")}), "32 of 32 NaN or infinite"),
    ],
)
def test_slim_checkpoints_that_are_not(slim_files, tmp_path, change, message):
    refused(rewritten(slim_files, tmp_path, change), message)


def test_a_slim_checkpoint_cut_short(slim_files, tmp_path):
    for file in content.files_of(slim_files.checkpoint):
        shutil.copy(file, tmp_path)
    data = next(tmp_path.glob("*.data-*"))
    data.write_bytes(data.read_bytes()[:1000])
    refused(tmp_path / slim_files.checkpoint.name, "can't read|cut short")


def test_a_frozen_graph_cut_short_or_of_another_network(slim_files, tmp_path):
    whole = slim_files.frozen.read_bytes()
    (tmp_path / "cut.pb").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.pb", "none of them or cut short")
    graph = tf.Graph()
    with graph.as_default():
        tf.add(tf.compat.v1.placeholder(tf.float32, (None, 75, 75, 3)), 1.0)
    (tmp_path / "other.pb").write_bytes(graph.as_graph_def().SerializeToString())
    refused(tmp_path / "other.pb", "can't find the tensors")
    refused(slim_files.frozen, "fixes")  # its size is another one


def graph_file(path, weights):
    """A frozen graph of one matrix product after the mean over all places."""
    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None, SIZE, SIZE, 3))
        tf.matmul(tf.cast(tf.reduce_mean(x, (1, 2)), tf.float16), weights())
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def test_graphs_without_their_values_or_with_nan(tmp_path):
    values = np.ones((3, 4), np.float16)
    whole = inception.load(graph_file(tmp_path / "whole.pb", lambda: values), input_size=SIZE)
    assert whole.widths == {"features": 3, "logits": 4}
    values[1, 2] = np.nan
    refused(graph_file(tmp_path / "nan.pb", lambda: values), "1 of 12 NaN or infinite")

    def variable():
        return tf.compat.v1.get_variable("w", (3, 4), tf.float16, use_resource=False)

    refused(
        graph_file(tmp_path / "unfrozen.pb", variable),
        r"expected a frozen graph.* 1 variables \(w,",
    )


def test_parts_of_a_checkpoint_and_files_of_another_kind(slim_files, saved, tmp_path):
    index = slim_files.checkpoint.with_name(slim_files.checkpoint.name + ".index")
    shutil.copy(index, tmp_path)
    refused(tmp_path / slim_files.checkpoint.name, "can't read")
    shutil.copytree(saved / "saved_model", tmp_path / "saved")
    shutil.rmtree(tmp_path / "saved" / "variables")
    refused(tmp_path / "saved", "can't load the SavedModel")
    (tmp_path / "pickle.h5").write_bytes(pickle.dumps({"weights": np.ones(3)}))
    refused(tmp_path / "pickle.h5", "none of them or cut short")
    (tmp_path / "graph.pb").write_text('node { name: "x" op: "Placeholder" }')
    refused(tmp_path / "graph.pb", "none of them or cut short")
    for word in ("random:", "random:-1", "random:1.5"):
        refused(word, "whole number")


def test_tensors_can_be_named(slim_files):
    name = "InceptionV3/Predictions/Reshape_1:0"
    with pytest.raises(ValueError, match="can't find the tensors for InceptionV3/Predictions"):
        inception.load(slim_files.frozen, layers={"logits": name})
    linear = "InceptionV3/Logits/Conv2d_1c_1x1/BiasAdd:0"
    network = inception.load(slim_files.frozen, layers={"logits": linear})
    assert network.widths == {"features": 2048, "logits": 1001, "middle": 768}
    assert network.model is None
    earlier = "InceptionV3/InceptionV3/Mixed_5d/concat:0"
    found = inception.load(slim_files.frozen, layers={"middle": earlier})
    assert found.widths["middle"] == 288
    with pytest.raises(ValueError, match=r"SpatialSqueeze:0 gives .*not maps"):
        inception.load(slim_files.frozen, layers={"middle": "InceptionV3/Logits/SpatialSqueeze:0"})


def test_a_graph_that_runs_python_is_refused(tmp_path):
    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None, 75, 75, 3))
        tf.compat.v1.py_func(lambda a: a, [x], tf.float32)
    (tmp_path / "python.pb").write_bytes(graph.as_graph_def().SerializeToString())
    refused(tmp_path / "python.pb", "PyFunc.* runs code")


def test_keras_files_that_run_code_are_refused(tmp_path):
    inputs = keras.Input((SIZE, SIZE, 3))
    outputs = keras.layers.Dense(2)(keras.layers.Lambda(lambda x: x[:, 0, 0])(inputs))
    model = keras.Model(inputs, outputs)
    for name in ("code.keras", "code.h5"):
        model.save(tmp_path / name)
        refused(tmp_path / name, "runs code from the file")
    with zipfile.ZipFile(tmp_path / "code.keras") as archive:
        config = json.loads(archive.read("config.json"))
        weights = archive.read("model.weights.h5")
    config["module"] = "os.path"
    with zipfile.ZipFile(tmp_path / "outside.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights)
    refused(tmp_path / "outside.keras", "runs code from the file")


def test_keras_files_cut_short_or_of_another_network(saved, tmp_path):
    for name in ("whole.keras", "whole.h5", "weights.bin"):
        whole = (saved / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 3])
        refused(tmp_path / name, "can't read|can't load")
    small = keras.Sequential(
        [keras.Input((75, 75, 3)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    small.save_weights(tmp_path / "small.weights.h5")
    refused(tmp_path / "small.weights.h5", "another network")
    shutil.copy(saved / "weights.bin", tmp_path / "extra.h5")
    with h5py.File(tmp_path / "extra.h5", "a") as file:
        file["layers/more/vars/0"] = np.zeros((3, 4, 5))
    refused(tmp_path / "extra.h5", "none missing, 1 .*extra")


def test_nan_in_a_keras_file(saved, tmp_path):
    shutil.copy(saved / "weights.bin", tmp_path / "nan.weights.h5")
    with h5py.File(tmp_path / "nan.weights.h5", "a") as file:
        paths = []
        file.visititems(lambda n, x: paths.append(n) if isinstance(x, h5py.Dataset) else None)
        file[paths[0]][(0,) * file[paths[0]].ndim] = np.nan
    refused(tmp_path / "nan.weights.h5", "1 of .* NaN or infinite")


def test_what_is_no_checkpoint(tmp_path):
    refused(tmp_path / "nowhere.ckpt", "isn't there")
    (tmp_path / "empty.pb").write_bytes(b"")
    refused(tmp_path / "empty.pb", "empty file")
    (tmp_path / "text.pb").write_text("hello, this is no network at all")
    refused(tmp_path / "text.pb", "none of them or cut short|holds no operations")
    refused("random:x", "whole number")
    refused(tmp_path, "SavedModel")
    with pytest.raises(ValueError, match="larger input_size"):
        inception.load("random:0", input_size=40)
    refused("random:0", "keras.applications", architecture="Inception4")


def test_imagenet_without_a_network_names_the_file_its_place_and_its_hash(monkeypatch):
    def fail(**_):
        raise Exception("URL fetch failure\non https://...: None")

    monkeypatch.setattr(keras.applications, "InceptionV3", fail)
    message = "tf_dim_ordering_tf_kernels.h5 .MD5 9a0d58056eeedaa3f26cb7ebd46da564.*models"
    refused("imagenet", message)


def test_other_architectures_by_name_and_layers_by_name():
    network = inception.load("random:1", input_size=64, architecture="MobileNetV2")
    assert network.preprocessing == "inception"
    assert network.widths == {"features": 1280, "logits": 1001}  # none half way is known
    network = inception.load(
        "random:1",
        input_size=64,
        architecture="MobileNetV2",
        layers={"features": "Conv_1", "middle": "block_8_add"},
    )
    assert network.widths == {"features": 2 * 2 * 1280, "logits": 1001, "middle": 64}
    with pytest.raises(ValueError, match="expected the name of a layer"):
        inception.load("random:1", architecture="MobileNetV2", layers={"features": "no such"})


def test_bad_images(network):
    for image in (np.zeros((9, 9)), np.zeros((9, 9, 4), np.uint8), np.zeros((0, 9), np.uint8)):
        with pytest.raises(ValueError, match="expected an image uint8"):
            network.extract([image])
    with pytest.raises(ValueError, match="batch_size"):
        network.extract([], batch_size=0)
    assert network.extract([])["features"].shape == (0, 2048)


def test_preprocessing():
    x = np.array([[[[0, 127, 255]]]], dtype=np.uint8)
    np.testing.assert_allclose(scale(x, "inception")[0, 0, 0], [-1, -1 / 255, 1], atol=1e-6)
    np.testing.assert_allclose(scale(x, "inception2015")[0, 0, 0], [-1, -1 / 128, 127 / 128])
    for name in ("caffe", "torch"):
        wanted = keras.applications.imagenet_utils.preprocess_input(x.astype("f"), mode=name)
        np.testing.assert_allclose(scale(x, name), wanted, rtol=1e-5, atol=1e-4)
    with pytest.raises(ValueError, match="expected a preprocessing"):
        scale(x, "other")


def test_resizing_by_areas_and_padding():
    image = np.arange(16, dtype=np.uint8).reshape(4, 4) * 10
    np.testing.assert_array_equal(resize(image, 2), [[25, 45], [105, 125]])
    (batch, n), *rest = batches([image] * 3, 4, 8)
    assert n == 3 and not rest and batch.shape == (8, 4, 4, 3) and not batch[3:].any()
    np.testing.assert_array_equal(batch[0, :, :, 0], image)
