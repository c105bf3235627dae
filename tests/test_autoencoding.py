"""How the pipeline trains one autoencoder: the width of its codings, its inputs, what it leaves."""

import tempfile

import numpy as np
import pytest

from sempark import autoencoding, config
from sempark.spaces import Vectors

pytestmark = pytest.mark.tf


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
    shape = autoencoding.default_architecture(settings)
    first, second = (autoencoding.train(X, 3, shape, settings, 2, None).code(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (100, 3) and list(tmp_path.iterdir()) == []
