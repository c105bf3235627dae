"""networks.inception: every kind of checkpoint, against the very TF-Slim network."""

import numpy as np
import pytest

from sempark.networks import inception

pytestmark = pytest.mark.tf
SIZE = 75


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    shapes = [(75, 75), (120, 90), (60, 80, 3), (75, 75, 3), (40, 200)]
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]


@pytest.fixture(scope="module")
def network():
    return inception.load("random:3", input_size=SIZE)


def test_widths_and_types(network, images):
    found = network.extract(images, batch_size=2)
    assert network.widths == {"features": 2048, "logits": 1001}
    assert found["features"].shape == (5, 2048) and found["logits"].shape == (5, 1001)
    assert all(values.dtype == np.float32 for values in found.values())


def test_a_row_does_not_depend_on_its_neighbors(network, images):
    together = network.extract(images, batch_size=2)
    for row, image in enumerate(images):
        alone = network.extract([image], batch_size=2)
        for name, values in together.items():
            np.testing.assert_allclose(alone[name][0], values[row], rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["checkpoint", "frozen"])
def test_both_tensors_equal_tf_slims(slim_files, kind):
    network = inception.load(getattr(slim_files, kind), input_size=107)
    found = network.extract(slim_files.images, batch_size=3)
    assert np.abs(slim_files.logits).max() > 0.1
    np.testing.assert_allclose(found["features"], slim_files.features, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found["logits"], slim_files.logits, rtol=0, atol=1e-4)
