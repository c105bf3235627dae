"""networks.autoencoder: phases, ties, PCA's subspace, l2, failures, records."""

import json

import numpy as np
import pytest
import tensorflow as tf

from sempark.networks.autoencoder import Autoencoder3MLP
from sempark.networks.phases import PHASES, DivergedError

pytestmark = pytest.mark.tf


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(200, 4)) @ rng.normal(size=(4, 12))).astype(np.float32)


def build(tmp_path, tie=(False, False, False), **changed):
    options = {"n_hidden": (8, 6, 3), "l2_reg": 0.0, "learning_rate": 0.01, "seed": 4} | changed
    return Autoencoder3MLP(12, tie_weights=tie, logdir=tmp_path, **options)


def weights(model):
    return model._stack.weights()


def test_shapes_and_names(tmp_path, data):
    model = build(tmp_path, tie=(False, True, True))
    assert model.name == "12_T8_T6_3"
    assert model.code(data).shape == (200, 3) and model.code(data).dtype == np.float32
    np.testing.assert_allclose(
        model.reconstruct(data), model.decode(model.code(data)), rtol=1e-5, atol=1e-6
    )


def test_ties_are_given_from_the_innermost_outwards(tmp_path):
    model = build(tmp_path, tie=(True, False, False))
    assert [kernel is None for kernel in model._stack.kernels] == [*[False] * 3, True, False, False]
    assert build(tmp_path, tie=(False, False, True))._stack.kernels[5] is None


def test_forward_against_numpy(tmp_path, data):
    model = build(tmp_path, tie=(False, False, True))
    model.train(data, n_epochs=(0, 0, 0, 0, 1))
    w = weights(model) | {"kernel_6": weights(model)["kernel_1"].T}
    x = data
    for i in range(1, 7):
        x = x @ w[f"kernel_{i}"] + w[f"bias_{i}"]
        x = x if i == 6 else np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
    np.testing.assert_allclose(model.reconstruct(data), x, rtol=1e-4, atol=1e-5)


def test_tied_weights_are_one_variable_and_stay_transposed(tmp_path, data):
    model = build(tmp_path, tie=(True, True, True), activation=tf.identity)
    model.train(data, n_epochs=(1, 1, 1, 1, 2), order=("1_a", "1_b", "2", "g"))
    w = weights(model)
    assert sorted(w) == [*(f"bias_{i}" for i in range(1, 7)), *(f"kernel_{i}" for i in (1, 2, 3))]
    x = data
    for kernel, bias in zip("123", "123", strict=True):
        x = x @ w[f"kernel_{kernel}"] + w[f"bias_{bias}"]
    for kernel, bias in zip("321", "456", strict=True):
        x = x @ w[f"kernel_{kernel}"].T + w[f"bias_{bias}"]
    np.testing.assert_allclose(model.reconstruct(data), x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("phase", list(PHASES))
def test_a_phase_moves_only_its_layers(tmp_path, data, phase):
    of_phase = {"1_a": "16", "1_b": "25", "1": "1256", "2": "34", "g": "123456"}[phase]  # table 3.2
    model = build(tmp_path)
    before = weights(model)
    model.train(data, n_epochs=(1, 1, 1, 1, 1), order=(phase,))
    after = weights(model)
    moved = {name[-1] for name in before if not np.array_equal(before[name], after[name])}
    assert moved == set(of_phase)


def test_a_later_phase_is_fed_by_the_codings_of_the_pairs_outside(tmp_path, data):
    model = build(tmp_path)
    model.train(data, n_epochs=(1, 0, 0, 0, 0), order=("1_a",))
    w = weights(model)
    codings = data @ w["kernel_1"] + w["bias_1"]
    codings = np.where(codings > 0, codings, np.expm1(np.minimum(codings, 0)))
    inner = Autoencoder3MLP(
        8, (6, 3, 2), logdir=tmp_path, l2_reg=0.0, learning_rate=0.01, seed=4,
        activation=["elu", "linear", "linear", "linear", "linear", "elu"],
    )  # fmt: skip
    inner._stack.kernels[0].assign(w["kernel_2"])
    inner._stack.kernels[5].assign(w["kernel_5"])
    inner.history = list(model.history)  # so that both draw the same order of rows
    inner.train(codings, n_epochs=(1, 0, 0, 0, 0), order=("1_a",))
    model.train(data, n_epochs=(0, 1, 0, 0, 0), order=("1_b",))
    np.testing.assert_allclose(
        weights(model)["kernel_2"], weights(inner)["kernel_1"], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("tied", [False, True])
def test_a_single_linear_layer_spans_pcas_subspace(tmp_path, tied):
    """Thesis, section 3.2: with one linear layer the best autoencoder is a PCA."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, 12)) * np.array([5, 4, 3, *[0.3] * 9]) + 2.0
    x = x @ np.linalg.qr(rng.normal(size=(12, 12)))[0]
    model = build(
        tmp_path, tie=(False, False, tied), n_hidden=(3, 2, 1), activation=tf.identity,
        learning_rate=0.02,
    )  # fmt: skip
    for learning_rate in (0.05, 0.005):
        model.learning_rate = learning_rate
        model.train(x, n_epochs=(250, 0, 0, 0, 0), order=("1_a",), batch_size=250)
    # The decoder spans what is reconstructed; an untied encoder may lag where variance is small.
    w = weights(model)
    learned = np.linalg.qr(w["kernel_1"] if tied else w["kernel_6"].T)[0]
    components = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2]
    cosines = np.linalg.svd(learned.T @ components[:3].T, compute_uv=False)
    assert cosines.min() > 0.999
    left = np.mean(((x - x.mean(axis=0)) @ components[3:].T) ** 2) * 9 / 12
    assert left <= model.history[-1]["loss"] < 1.05 * left


def test_codings_keep_more_of_a_curved_sheet_than_pca(tmp_path):
    """What the thesis expects of a nonlinear reduction; rows kept out, as many numbers for both."""
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (1500, 2))
    x = np.sin(u @ rng.normal(scale=2.5, size=(2, 40)) + rng.uniform(0, 6, 40))
    x = (x / x.std()).astype(np.float32)
    train, test = x[:1200], x[1200:]
    mean = train.mean(axis=0)
    axes = np.linalg.svd(train - mean, full_matrices=False)[2][:2]
    pca = np.mean(((test - mean) - (test - mean) @ axes.T @ axes) ** 2)
    model = Autoencoder3MLP(40, (80, 40, 2), l2_reg=1e-6, logdir=tmp_path, seed=1)
    model.train(train, n_epochs=(0, 0, 0, 0, 40), batch_size=50)
    assert np.mean((model.reconstruct(test) - test) ** 2) < 0.5 * pca


def test_l2_shrinks_the_weights(tmp_path, data):
    sizes = []
    for l2_reg in (0.0, 0.1):
        model = build(tmp_path, l2_reg=l2_reg)
        model.train(data, n_epochs=(0, 0, 0, 0, 20))
        sizes.append(sum(float((v**2).sum()) for n, v in weights(model).items() if "kernel" in n))
    assert sizes[1] < 0.8 * sizes[0]


def test_one_adam_step_with_l2_against_numpy(tmp_path):
    """Adam's first step is the learning rate times the sign of the gradient, l2's included."""
    x = np.zeros((4, 12), dtype=np.float32)
    model = build(tmp_path, l2_reg=0.5)
    before = weights(model)
    model.train(x, n_epochs=(0, 0, 0, 0, 1), batch_size=4)
    after = weights(model)
    for i in range(1, 7):  # zero inputs, zero biases: only l2 pulls, towards zero
        name = f"kernel_{i}"
        np.testing.assert_allclose(
            after[name] - before[name], -0.01 * np.sign(before[name]), atol=1e-4
        )


def test_same_seed_same_weights_and_training_goes_on_alike(tmp_path, data):
    a, b, c = build(tmp_path), build(tmp_path), build(tmp_path, seed=5)
    for model in (a, b, c):
        model.train(data, n_epochs=(1, 1, 0, 1, 2), order=("1_a", "1_b", "2", "g"))
    assert all(np.array_equal(weights(a)[name], weights(b)[name]) for name in weights(a))
    assert not np.array_equal(weights(a)["kernel_1"], weights(c)["kernel_1"])


def test_a_collapsed_training_is_noticed_and_said(tmp_path, data, caplog):
    model = build(tmp_path, l2_reg=50.0)
    model.train(data, n_epochs=(0, 0, 0, 0, 60))
    assert model.collapsed
    assert "all codings are at the center" in caplog.text
    assert "collapsed" in model.info(verbose=True)
    fine = build(tmp_path)
    fine.train(data, n_epochs=(0, 0, 0, 0, 5))
    assert not fine.collapsed


def test_identical_points_are_no_failure(tmp_path):
    model = build(tmp_path)
    model.train(np.ones((20, 12)), n_epochs=(0, 0, 0, 0, 1))
    assert not model.collapsed and np.isfinite(model.code(np.ones((2, 12)))).all()


def test_training_lowers_the_error_and_the_order_repeats_phases(tmp_path, data):
    model = build(tmp_path)
    seen = []
    model.train(
        data, n_epochs=(2, 1, 0, 1, 3), order=("g", "1_a", "g"), batch_size=64,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert [row["phase"] for row in model.history] == ["g"] * 3 + ["1_a"] * 2 + ["g"] * 3
    assert [row["epoch"] for row in model.history] == list(range(1, 9))
    assert seen == [(i, 8) for i in range(1, 9)]
    assert model.history[-1]["loss"] < 0.9 * model.history[0]["loss"]


def test_a_stream_of_blocks_is_an_array(tmp_path, data):
    a, b = build(tmp_path), build(tmp_path)
    a.train(data, n_epochs=(0, 0, 0, 0, 1))
    b.train(lambda: iter([data[:70], data[70:]]), n_epochs=(0, 0, 0, 0, 1))
    assert np.array_equal(weights(a)["kernel_3"], weights(b)["kernel_3"])


def test_records_are_written_and_loaded(tmp_path, data):
    model = build(tmp_path / "a", tie=(False, False, True))
    model.train(data, n_epochs=(0, 0, 0, 0, 2), summary_step=1)
    events = list(model.directory.glob("events.out.tfevents.*"))
    values = [
        (v.tag, e.step) for f in events for e in tf.compat.v1.train.summary_iterator(str(f))
        for v in e.summary.value
    ]  # fmt: skip
    assert ("loss_g", 2) in values and ("batch_loss_g", 4) in values
    copied = build(tmp_path / "b", tie=(False, False, True), seed=9)
    copied.load_weights(model.directory)
    assert np.array_equal(copied.code(data), model.code(data))
    assert copied.history == model.history and copied.directory != model.directory
    shared = build(tmp_path / "c", tie=(False, False, True))
    shared.load_weights(model.directory, deepcopy=False)
    shared.train(data, n_epochs=(0, 0, 0, 0, 1))
    stored = json.loads((model.directory / "model.json").read_text())
    assert shared.directory == model.directory and len(stored["history"]) == 3
    assert len(json.loads((copied.directory / "model.json").read_text())["history"]) == 2


def test_weights_of_another_model_are_refused(tmp_path, data):
    model = build(tmp_path)
    model.train(data, n_epochs=(0, 0, 0, 0, 1))
    with pytest.raises(ValueError, match="same layers and ties"):
        build(tmp_path, tie=(True, False, False)).load_weights(model.directory)
    with pytest.raises(ValueError, match="expected the records"):
        build(tmp_path).load_weights(tmp_path / "nowhere")


def test_activations(tmp_path, caplog):
    one = build(tmp_path, activation=tf.tanh)._stack.activations
    assert [f.__name__ for f in one] == ["tanh"] * 5 + ["linear"]
    six = build(tmp_path, activation=["relu"] * 6)._stack.activations
    assert [f.__name__ for f in six] == ["relu"] * 6
    assert not caplog.records
    other = build(tmp_path, activation=[tf.tanh] * 4)._stack.activations
    assert [f.__name__ for f in other] == ["elu"] * 5 + ["linear"]
    assert "received 4" in caplog.text


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((3, 11)), r"expected vectors \(n, 12\)"),
        (np.zeros((0, 12)), "n >= 1"),
        (np.where(np.arange(36).reshape(3, 12) == 30, np.nan, 0), "the first is row 2"),
        (np.where(np.arange(36).reshape(3, 12) == 13, np.inf, 0), "the first is row 1"),
    ],
)
def test_bad_vectors(tmp_path, x, message):
    with pytest.raises(ValueError, match=message):
        build(tmp_path).train(x)


def test_bad_arguments(tmp_path, data):
    model = build(tmp_path)
    for kwargs in ({"order": ("3",)}, {"order": ()}, {"n_epochs": (1, 2)}, {"batch_size": 0}):
        with pytest.raises(ValueError, match="expected"):
            model.train(data, **kwargs)
    for kwargs in ({"n_hidden": (3, 2)}, {"learning_rate": 0.0}, {"l2_reg": -1.0}):
        with pytest.raises(ValueError, match="expected"):
            build(tmp_path, **kwargs)


def test_a_diverging_training_says_so(tmp_path, data):
    with pytest.raises(DivergedError, match="lower the learning rate"):
        build(tmp_path, learning_rate=1e30).train(data * 1e10, n_epochs=(0, 0, 0, 0, 5))


def test_info(tmp_path, data, capsys):
    model = build(tmp_path)
    model.train(data, n_epochs=(0, 0, 0, 0, 2))
    assert model.info() == "12_8_6_3"
    text = model.info(verbose=True)
    assert "12 -> 8 -> 6 -> 3 and back" in text and text.count("phase g") == 2
    assert capsys.readouterr().out == ""
