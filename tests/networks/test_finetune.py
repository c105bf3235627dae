"""networks.finetune and feed: what learns, what stays, going on after a kill, bounded memory."""

import json
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config as tf_config

from sempark.networks import feed, finetune, inception
from sempark.networks.evaluation import evaluate, probabilities
from sempark.networks.training import learning_rate

pytestmark = pytest.mark.tf
SIZE = 16
COUNTS = (40, 20, 20)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A small network of the same parts: convolution, batch norm, pooling, a wider last layer."""
    x = inputs = keras.Input((SIZE, SIZE, 3))
    for width, name in ((8, "first_maps"), (16, "second_maps")):
        x = keras.layers.Conv2D(width, 3, strides=2, use_bias=False)(x)
        x = keras.layers.ReLU(name=name)(keras.layers.BatchNormalization(scale=False)(x))
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    outputs = keras.layers.Dense(12, activation="softmax")(x)
    path = tmp_path_factory.mktemp("small") / "small.keras"
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(0)
    model.set_weights(
        [rng.normal(0, 0.3, w.shape) ** (1 + (w.ndim == 1)) for w in model.get_weights()]
    )
    model.save(path)
    return path


def draw(label, rng):
    """Stripes, checks or noise; turning and brightness leave them what they are."""
    y, x = np.mgrid[:SIZE, :SIZE]
    shape = [(x // 2) % 2 + 0 * y, (x // 2 + y // 2) % 2, rng.integers(0, 2, (SIZE, SIZE))][label]
    return (shape * 150 + rng.integers(0, 60, (SIZE, SIZE))).astype(np.uint8)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)

    def stream(counts):
        labels = rng.permutation(np.repeat([0, 1, 2], counts))
        images = [draw(label, rng) for label in labels]
        return lambda: ((images[i : i + 7], labels[i : i + 7]) for i in range(0, len(images), 7))

    return finetune.Data(stream(COUNTS), stream((8, 8, 8)), COUNTS)


def settings(**changed):
    return finetune.Settings(**({"n_epochs": 3, "batch_size": 8, "learning_rate": 0.01} | changed))


def load(checkpoint):
    return inception.load(checkpoint)


def test_it_learns_and_the_checkpoint_gives_what_was_trained(checkpoint, data, tmp_path):
    seen = []
    trained = finetune.train(
        load(checkpoint), data, tmp_path, settings(n_epochs=12), lambda *p: seen.append(p)
    )
    images, labels = zip(
        *[(i, y) for xs, ys in data.validation() for i, y in zip(xs, ys, strict=True)], strict=True
    )
    network = inception.load(trained.checkpoint)
    assert network.widths["logits"] == 3
    found = evaluate(probabilities(network.extract(images)["logits"], 3), np.array(labels))
    best = trained.history[trained.best_epoch - 1]
    assert found.accuracy == pytest.approx(best["validation_accuracy"]) and found.accuracy > 0.6
    assert seen[-1] == (120, 120) and [n for n, _ in seen] == list(range(1, 121))
    stored = json.loads((tmp_path / "history.json").read_text())
    assert stored["epochs"] == trained.history and len(trained.history) == 12
    tags = {
        v.tag
        for f in (tmp_path / "tensorboard").iterdir()
        for e in tf.compat.v1.train.summary_iterator(str(f))
        for v in e.summary.value
    }
    assert {"loss", "validation_loss", "validation_accuracy", "learning_rate"} <= tags


@pytest.mark.parametrize("head", ["categories", "1001"])
def test_last_layer_alone_moves_where_asked(checkpoint, data, tmp_path, head):
    network = load(checkpoint)
    before = [w.numpy() for w in network.model.weights]
    trained = finetune.train(
        network, data, tmp_path, settings(scope="last_layer", head=head, n_epochs=1)
    )
    after = inception.load(trained.checkpoint)
    assert after.widths["logits"] == (12 if head == "1001" else 3)
    for old, new in zip(before[:-2], [w.numpy() for w in after.model.weights][:-2], strict=True):
        np.testing.assert_array_equal(old, new)
    if head == "1001":
        assert not np.array_equal(before[-2], after.model.weights[-2].numpy())


def test_all_layers_move_where_asked(checkpoint, data, tmp_path):
    network = load(checkpoint)
    before = [w.numpy() for w in network.model.weights]
    finetune.train(network, data, tmp_path, settings(head="1001", n_epochs=1))
    for old, new in zip(before, network.model.weights, strict=True):
        assert not np.array_equal(old, new.numpy())


def test_auxiliary_layers_teach_and_are_not_saved(checkpoint, data, tmp_path, deterministic):
    """A loss of its own at the first maps moves them; without weight it changes nothing."""
    found = {}
    for name, layers, weight in (("none", (), 0.4), ("no weight", ("first_maps",), 0.0),
                                 ("weight", ("first_maps",), 1.0)):  # fmt: skip
        chosen = settings(
            n_epochs=1, deterministic=True, auxiliary_layers=layers, auxiliary_weight=weight
        )
        trained = finetune.train(load(checkpoint), data, tmp_path / name, chosen)
        model = inception.load(trained.checkpoint).model
        found[name] = [layer.name for layer in model.layers], model.get_weights()
    assert found["none"][0] == found["no weight"][0] == found["weight"][0]
    for none, unweighted in zip(found["none"][1], found["no weight"][1], strict=True):
        np.testing.assert_allclose(none, unweighted, rtol=1e-5, atol=1e-6)
    assert np.abs(found["none"][1][0] - found["weight"][1][0]).max() > 1e-3


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"auxiliary_layers": ("mixed2",)}, "auxiliary_layers: expected .* received 'mixed2'"),
     ({"auxiliary_layers": ("pool",)}, "expected a layer that gives maps"),
     ({"auxiliary_layers": ("first_maps",), "scope": "last_layer"}, "the last layer alone")],
)  # fmt: skip
def test_auxiliary_layers_that_can_not_be(checkpoint, data, tmp_path, changed, message):
    with pytest.raises(ValueError, match=message):
        finetune.train(load(checkpoint), data, tmp_path, settings(**changed))


@pytest.fixture
def deterministic():
    yield
    tf_config.disable_op_determinism()


@pytest.mark.parametrize("auxiliary", [(), ("first_maps",)])
def test_a_resumed_training_equals_the_undisturbed_one_bit_for_bit(
    checkpoint, data, tmp_path, deterministic, auxiliary
):
    chosen = settings(n_epochs=4, deterministic=True, auxiliary_layers=auxiliary)
    whole = finetune.train(load(checkpoint), data, tmp_path / "whole", chosen)

    def kill(done, total):
        if done == 27:  # in the third of four epochs of ten steps
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finetune.train(load(checkpoint), data, tmp_path / "killed", chosen, kill)
    steps = []
    resumed = finetune.train(
        load(checkpoint), data, tmp_path / "killed", chosen, lambda *p: steps.append(p[0])
    )
    assert steps[0] == 21
    assert resumed.history == whole.history
    with np.load(tmp_path / "whole/state.npz") as a, np.load(tmp_path / "killed/state.npz") as b:
        assert sorted(a.files) == sorted(b.files)
        assert all(a[name].tobytes() == b[name].tobytes() for name in a.files)
    weights = [inception.load(t.checkpoint).model.get_weights() for t in (whole, resumed)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_the_state_of_another_training_is_refused(checkpoint, data, tmp_path):
    finetune.train(load(checkpoint), data, tmp_path, settings(n_epochs=1))
    with pytest.raises(ValueError, match="n_epochs, seed differ"):
        finetune.train(load(checkpoint), data, tmp_path, settings(n_epochs=2, seed=3))
    (tmp_path / "state.npz").write_bytes(b"PK cut short")
    with pytest.raises(ValueError, match="can't go on"):
        finetune.train(load(checkpoint), data, tmp_path, settings(n_epochs=1))


def test_early_stopping_keeps_the_best_epoch(checkpoint, data, tmp_path):
    chosen = settings(n_epochs=30, patience=2, learning_rate=0.5, label_smoothing=0.0)
    trained = finetune.train(load(checkpoint), data, tmp_path, chosen)
    losses = [row["validation_loss"] for row in trained.history]
    assert len(losses) < 30 and trained.best_epoch == int(np.argmin(losses)) + 1
    assert len(losses) - trained.best_epoch == 2


def test_learning_rate_rises_and_falls():
    values = [learning_rate(share, 0.1, 0.2) for share in (0, 0.1, 0.2, 0.6, 1)]
    np.testing.assert_allclose(values, [0.002, 0.05, 0.1, 0.05, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"class_counts": (60, 20)}, "expected labels 0..1"), ({"train": lambda: iter([])}, "none"),
     ({"validation": lambda: iter([])}, "validation images")],
)  # fmt: skip
def test_bad_data(checkpoint, data, tmp_path, changed, message):
    with pytest.raises(ValueError, match=message):
        finetune.train(
            load(checkpoint), finetune.Data(**(vars(data) | changed)), tmp_path, settings()
        )


def test_a_diverged_training_says_so(checkpoint, data, tmp_path):
    with pytest.raises(ValueError, match="lower the learning rate"):
        finetune.train(load(checkpoint), data, tmp_path, settings(learning_rate=1e38))


def test_errors_of_a_stream_are_its_own(checkpoint, data, tmp_path):
    def broken():
        yield [np.zeros((SIZE, SIZE), np.uint8)], [0]
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        finetune.train(
            load(checkpoint), finetune.Data(broken, data.validation, COUNTS), tmp_path, settings()
        )


def numbered(n, alive=None):
    def start():
        for i in range(n):
            image = np.full((SIZE, SIZE), i % 251, dtype=np.uint8)
            if alive is not None:
                alive.add(i)
                weakref.finalize(image, alive.discard, i)
            yield [image], [i]

    return start


@pytest.mark.parametrize("buffer_size", [1, 5, 100])
def test_shuffling_loses_nothing_and_repeats_itself(buffer_size):
    def order(seed):
        rng = np.random.default_rng(seed)
        return [y for _, y in feed.shuffled(numbered(30), SIZE, rng, buffer_size)]

    assert sorted(order(0)) == list(range(30)) and order(0) == order(0)
    assert buffer_size == 1 or order(0) != list(range(30))


def test_memory_is_bounded_by_the_buffer():
    alive, most = set(), 0
    for _ in feed.shuffled(numbered(500, alive), SIZE, np.random.default_rng(0), 20):
        most = max(most, len(alive))
    assert most <= 23


def test_training_batches_are_turned_images():
    image = np.arange(SIZE * SIZE).reshape(SIZE, SIZE).astype(np.uint8)
    turned = {feed.turn(image, k).tobytes() for k in range(8)}
    assert len(turned) == 8 and np.array_equal(feed.turn(image, 0), image)

    def stream():
        return iter([([image] * 50, [1] * 50)])

    rng = np.random.default_rng(0)
    found = list(feed.training_batches(stream, SIZE, 16, rng))
    assert [x.shape for x, _ in found] == [(16, SIZE, SIZE, 3)] * 3  # the last two are dropped
    assert {row[..., 0].tobytes() for x, _ in found for row in x} == turned


def test_ordered_batches_are_filled_up():
    found = list(feed.ordered_batches(numbered(10), SIZE, 4))
    assert [n for _, _, n in found] == [4, 4, 2]
    assert [int(y) for _, ys, n in found for y in ys[:n]] == list(range(10))
    assert not found[-1][0][2:].any()
