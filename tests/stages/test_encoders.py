"""Encoders are trained once, kept as files, and code later vectors as they did the first."""

import json
from itertools import pairwise

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from sempark import autoencoding, config
from sempark.geometry import pca
from sempark.networks import encoder
from sempark.spaces import Vectors
from sempark.stages import encoders
from sempark.tables import PassedOver

pytestmark = pytest.mark.tf
SETTINGS = config.load(None, ["codings.n_hidden=[20,10]", "codings.epochs=3"]).codings


def vectors(n: int = 80, d: int = 30) -> Vectors:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, 4)) @ rng.normal(size=(4, d)) + 7
    return Vectors("1u-2u_30in", [f"{i:03}" for i in range(n)], X.astype(np.float32))


def made(given: Vectors, settings: config.Codings = SETTINGS) -> dict[str, bytes]:
    plateau = {given.space: 3.2}
    return dict(encoders.build([given], plateau, {}, settings, lambda *_: None))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return made(vectors())


def of_files(files: dict[str, bytes]) -> dict[str, encoder.Encoder]:
    listed = json.loads(files["encoders.json"])
    return {one["space"]: encoder.from_bytes(files[one["file"]]) for one in listed}


def test_spaces_are_named_after_the_plateau_and_one_more(files: dict[str, bytes]) -> None:
    assert sorted(of_files(files)) == ["1u-2u_30in_4", "1u-2u_30in_pca4"]


def test_codings_are_those_of_the_trained_network(files: dict[str, bytes]) -> None:
    given = vectors()
    X = autoencoding.standardized(given.X)
    architecture = autoencoding.default_architecture(given.space, SETTINGS)
    model = autoencoding.train(X, 4, architecture, SETTINGS, SETTINGS.epochs, None)
    found = of_files(files)["1u-2u_30in_4"].code(given.X)
    assert found == pytest.approx(model.code(X), abs=2e-5)


def test_the_linear_one_is_a_principal_component_analysis(files: dict[str, bytes]) -> None:
    X = autoencoding.standardized(vectors().X)
    found = of_files(files)["1u-2u_30in_pca4"].code(vectors().X)
    assert found == pytest.approx(pca.project(X, pca.fit(X, 4)), abs=1e-4)


def test_too_few_images_are_passed_over() -> None:
    with pytest.raises(PassedOver, match="fewer than 10"):
        made(vectors(9))


@pytest.mark.parametrize("name", sorted(encoder.ACTIVATIONS))
def test_activations_are_those_of_keras(name: str) -> None:
    import keras

    x = np.linspace(-5, 5, 41, dtype=np.float32)
    expected = np.asarray(getattr(keras.activations, name)(x))
    assert encoder.ACTIVATIONS[name](x) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_row_is_coded_as_if_it_were_alone(threads: int) -> None:
    rng = np.random.default_rng(5)
    widths = (1001, 500, 90, 18)  # shapes that two threads share out unevenly
    sizes = list(pairwise(widths))
    kernels = [rng.normal(size=size).astype(np.float32) / 30 for size in sizes]
    biases = [rng.normal(size=size[1]).astype(np.float32) for size in sizes]
    mean = rng.normal(size=1001).astype(np.float32)
    one = encoder.Encoder(mean, 1.3, kernels, biases, ["elu", "tanh", "sigmoid"])
    X = rng.normal(size=(150, 1001)).astype(np.float32)
    whole, order = one.code(X), rng.permutation(150)
    with threadpool_limits(threads):
        np.testing.assert_array_equal(one.code(X[order]), whole[order])
        parts = [one.code(X[i : i + 7]) for i in range(0, 150, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    plain = (X.astype(np.float64) - mean) / 1.3
    for kernel, bias, name in zip(kernels, biases, one.activations, strict=True):
        plain = encoder.ACTIVATIONS[name](plain @ kernel + bias)
    assert whole == pytest.approx(plain, abs=1e-6)


def test_another_width_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="30 columns"):
        of_files(files)["1u-2u_30in_4"].code(np.ones((2, 29), np.float32))


def test_what_each_loses_stands_beside_it_and_a_curved_sheet_loses_less() -> None:
    rng = np.random.default_rng(0)
    X = np.sin(rng.uniform(-1, 1, (400, 2)) @ rng.normal(scale=2.5, size=(2, 20)))
    sheet = Vectors("1u-2u_20in", [f"{i:03x}" for i in range(400)], X.astype(np.float32))
    settings = config.load(None, ["codings.epochs=60", "codings.batch=50", "codings.l2_reg=0"])
    shape = autoencoding.Architecture(40, 20, "none", "g", "elu", 0.003)
    found = dict(
        encoders.build(
            [sheet], {sheet.space: 1.2}, {sheet.space: shape}, settings.codings, lambda *_: None
        )
    )
    lost = {one["space"]: one["error"] for one in json.loads(found["encoders.json"])}
    Y = autoencoding.standardized(sheet.X)
    fitted = pca.fit(Y, 2)
    left = Y - (pca.project(Y, fitted) @ fitted.components + fitted.mean)
    linear = np.mean(left**2) / np.mean(Y**2)
    assert lost["1u-2u_20in_pca2"] == pytest.approx(linear, rel=1e-4)
    assert 0 < lost["1u-2u_20in_2"] < 0.7 * linear


@pytest.mark.parametrize("columns", [0, 3])
def test_images_all_alike_and_constant_columns_give_no_nan(columns: int) -> None:
    given = vectors(30, 5)
    given.X[:, columns:] = 0.1
    files = made(given)
    listed = json.loads(files["encoders.json"])
    assert all(np.isfinite(one["error"]) for one in listed)
    assert columns or {one["error"] for one in listed} == {0.0}
    assert all(np.isfinite(one.code(given.X)).all() for one in of_files(files).values())
