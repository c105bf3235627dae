"""How the pipeline trains one autoencoder: the width of its codings, its inputs, what it leaves."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from sempark import autoencoding, config
from sempark.spaces import Vectors

pytestmark = pytest.mark.tf
ROOT = Path(__file__).parent.parent


def vectors(n: int = 100, d: int = 40) -> Vectors:
    X = np.random.default_rng(0).normal(3.0, 5.0, (n, d)).astype(np.float32)
    return Vectors("1u-2u_40in", [f"{i:03x}" for i in range(n)], X)


@pytest.mark.parametrize(
    ("plateau", "expected"), [(9.0, 10), (12.2, 13), (None, 18), (30.0, 18), (0.2, 1)]
)
def test_the_width_is_one_more_than_the_plateau_and_at_most_the_bound(plateau, expected) -> None:
    assert autoencoding.n_codings(vectors(), plateau, config.load().codings) == expected


def test_few_points_bound_the_width_and_settings_go_over_the_rule() -> None:
    assert autoencoding.n_codings(vectors(n=7), None, config.load().codings) == 6
    chosen = config.load(None, ['codings.dimensions={"1u-2u_40in"=5}']).codings
    assert autoencoding.n_codings(vectors(), 9.0, chosen) == 5


def test_the_choice_is_said() -> None:
    settings = config.load().codings
    assert autoencoding.choice(vectors(), 9.04, settings) == (
        "1u-2u_40in: intrinsic dimension 9.0, bound 18, codings 10"
    )
    assert autoencoding.choice(vectors(), None, settings) == (
        "1u-2u_40in: no plateau, bound 18, codings 18"
    )
    chosen = config.load(None, ['codings.dimensions={"1u-2u_40in"=5}']).codings
    assert autoencoding.choice(vectors(), None, chosen).endswith("codings 5, set")


def test_table_3_3_is_the_thesis_own_settings() -> None:
    settings = config.load(ROOT / "conf" / "thesis.toml").codings
    rows = {
        "1u-2u_1001ft": (500, 150, "outer", 10),
        "1u-2u_2048ft": (500, 200, "outer", 13),
        "1u-2u_1001in": (500, 200, "none", 18),
        "1u-2u_2048in": (400, 150, "outer", 18),
    }
    for space, (first, second, tied, size) in rows.items():
        found = autoencoding.default_architecture(space, settings)
        assert (found.n_hidden1, found.n_hidden2, found.tied) == (first, second, tied)
        assert (found.phases, found.activation, found.learning_rate) == ("g", "elu", 0.001)
        assert settings.dimensions[space] == size


@pytest.mark.parametrize("text", ['tied_of={"s"="inner"}', 'n_hidden_of={"s"=[5]}'])
def test_settings_of_a_space_that_cannot_be(text: str) -> None:
    settings = config.load(None, [f"codings.{text}"]).codings
    with pytest.raises(ValueError, match=r"s: expected two numbers .* \[codings\]"):
        autoencoding.default_architecture("s", settings)


def test_six_activations_are_one_each() -> None:
    settings = config.load(None, ["codings.batch=50"]).codings
    six = "elu+tanh+sigmoid+relu+elu+linear"
    shape = autoencoding.Architecture(8, 4, "none", "1_a+1_b+2", six, 0.001)
    model = autoencoding.train(autoencoding.standardized(vectors().X), 3, shape, settings, 1, None)
    assert [f.__name__ for f in model._stack.activations] == six.split("+")
    assert [row["phase"] for row in model.history] == ["1_a", "1_b", "2"]


def test_inputs_are_centered_and_scaled_by_one_number() -> None:
    X = vectors().X
    Y = autoencoding.standardized(X)
    np.testing.assert_allclose(Y.mean(axis=0), 0, atol=1e-5)
    assert np.mean(Y.astype(np.float64) ** 2) == pytest.approx(1.0, rel=1e-5)
    ratio = (X - X.mean(axis=0)) / Y
    assert ratio.std() / ratio.mean() < 1e-2
    assert not autoencoding.standardized(np.ones((5, 3), np.float32)).any()


def test_training_leaves_no_files_and_its_seed_decides(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings = config.load(None, ["codings.batch=50", "codings.n_hidden=[20,10]"]).codings
    X = autoencoding.standardized(vectors().X)
    shape = autoencoding.default_architecture("s", settings)
    first, second = (autoencoding.train(X, 3, shape, settings, 2, None).code(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (100, 3) and list(tmp_path.iterdir()) == []
