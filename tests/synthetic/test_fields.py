"""Random fields: shape, spacing, and cells against a tree search."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from sempark.synthetic import fields


@pytest.mark.parametrize("cell", [1.5, 7.0, 16.0, 90.0, 1000.0])
def test_smooth_noise_has_its_shape_and_its_length(cell: float) -> None:
    noise = fields.smooth_noise(np.random.default_rng(1), (120, 200), cell)
    assert noise.shape == (120, 200)
    assert noise.dtype == np.float32
    assert np.isfinite(noise).all()
    if cell == 7.0:  # neighbors are alike, points two cells apart are not
        values = noise - noise.mean()
        near = (values[:, 1:] * values[:, :-1]).mean() / values.var()
        far = (values[:, 14:] * values[:, :-14]).mean() / values.var()
        assert near > 0.9
        assert abs(far) < 0.3


def test_smooth_noise_on_average_is_zero_with_the_promised_deviation() -> None:
    rng = np.random.default_rng(2)
    noise = np.stack([fields.smooth_noise(rng, (64, 64), 9.0) for _ in range(60)])
    assert abs(noise.mean()) < 0.05
    assert 0.55 < noise.std() < 0.9


def test_coordinates_turn_about_their_middle() -> None:
    x, y = fields.coordinates((5, 7), 0.0, (3, 2))
    assert (x[0, 3], y[2, 0]) == (0.0, 0.0)
    x, y = fields.coordinates((5, 7), np.pi / 2, (3, 2))
    x, y = np.broadcast_to(x, (5, 7)), np.broadcast_to(y, (5, 7))
    assert x[4, 3] == pytest.approx(2.0)  # down becomes along
    assert y[2, 6] == pytest.approx(-3.0, abs=1e-5)


def test_step_is_half_at_zero_and_saturates() -> None:
    out = fields.step(np.array([-3.0, -1.0, 0.0, 1.0, 3.0], np.float32), 2.0)
    np.testing.assert_allclose(out, [0, 0, 0.5, 1, 1])


@pytest.mark.parametrize("hexagonal", [True, False])
def test_lattice_points_are_a_pitch_apart_and_cover_the_shape(hexagonal: bool) -> None:
    points = fields.lattice((200, 300), 20.0, 0.3, hexagonal)
    tree = cKDTree(points)
    touching = 6 if hexagonal else 4
    distance, _ = tree.query(points, k=touching + 2)
    inner = np.all((points > 30) & (points < (270, 170)), axis=1)
    np.testing.assert_allclose(distance[inner, 1 : touching + 1], 20.0, rtol=1e-9)
    assert distance[inner, touching + 1].min() > 25
    corners = np.array([(0, 0), (299, 0), (0, 199), (299, 199)], float)
    assert tree.query(corners)[0].max() < 20.0


def test_cells_are_those_of_the_nearest_point() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 1, (40, 2)) * (120, 90)
    divided = fields.cells(points, (90, 120))
    ys, xs = np.mgrid[:90, :120]
    tree = cKDTree(np.round(points))
    best, _ = tree.query(np.stack([xs, ys], -1).reshape(-1, 2))
    own = divided.seeds[divided.labels]
    found = np.hypot(own[..., 0] - xs, own[..., 1] - ys)
    # the transform's distances are approximate: no pixel may be off by more than its error
    assert (found - best.reshape(90, 120)).max() < 1.0
    assert divided.inside.min() == 0.0


def test_cells_without_a_point_inside_are_one_cell() -> None:
    divided = fields.cells(np.array([(-5.0, -5.0)]), (20, 30))
    assert set(np.unique(divided.labels)) == {1}
    assert divided.inside.max() <= 50  # finite although there is no border


def test_dome_is_a_half_sphere() -> None:
    bump = fields.dome(10.0)
    middle = bump.shape[0] // 2
    assert bump[middle, middle] == pytest.approx(10.0)
    assert bump[middle, middle + 6] == pytest.approx(8.0, rel=1e-5)
    assert bump[0, 0] < -100


def test_stamp_hides_and_is_hidden() -> None:
    height = np.zeros((20, 20), np.float32)
    height[:, 10:] = 7.0
    fields.stamp_maximum(height, np.full((5, 5), 3.0, np.float32), 10, 10)
    assert height[10, 9] == 3.0
    assert height[10, 11] == 7.0


@pytest.mark.parametrize("place", [(-50.0, 5.0), (0.0, 0.0), (19.0, 19.0), (5.0, 90.0)])
def test_stamps_may_reach_over_the_edge(place: tuple[float, float]) -> None:
    height = np.zeros((20, 20), np.float32)
    fields.stamp_maximum(height, fields.dome(4.0), *place)
    assert height.min() == 0.0
    inside = 0 <= place[0] < 20 and 0 <= place[1] < 20
    assert (height.max() > 0) == inside


def test_bent_keeps_a_constant_and_the_range() -> None:
    rng = np.random.default_rng(4)
    ramp = np.tile(np.arange(60, dtype=np.float32), (40, 1))
    pulled = fields.bent(rng, ramp, 5.0, 12.0)
    assert pulled.shape == ramp.shape
    assert pulled.min() >= 0
    assert pulled.max() <= 59
    assert not np.array_equal(pulled, ramp)
    flat = np.full((40, 60), 3.0, np.float32)
    np.testing.assert_array_equal(fields.bent(rng, flat, 5.0, 12.0), flat)
