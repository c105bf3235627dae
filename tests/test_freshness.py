"""What is up to date, and what must never be remade without being asked."""

import pytest

from sempark.freshness import judge
from sempark.tables import SCALE

MADE = {"code": SCALE.version, "settings": {"scale.batch": 32}, "inputs": {"images_flat": "a"}}


def test_nothing_changed() -> None:
    verdict = judge(SCALE, MADE, {"scale.batch": 32}, {"images_flat": "a"})
    assert (verdict.state, verdict.reason, verdict.needs_force) == ("current", "", False)


@pytest.mark.parametrize(
    ("manifest", "settings", "inputs", "state", "force"),
    [
        (None, {"scale.batch": 32}, {"images_flat": "a"}, "absent", False),
        (MADE, {"scale.batch": 32}, {"images_flat": "b"}, "input", False),
        (MADE, {"scale.batch": 32}, {}, "input", False),
        (MADE, {"scale.batch": 16}, {"images_flat": "a"}, "settings", True),
        (
            MADE | {"code": SCALE.version - 1},
            {"scale.batch": 32},
            {"images_flat": "a"},
            "code",
            True,
        ),
        (MADE | {"code": 0}, {"scale.batch": 16}, {"images_flat": "b"}, "code", True),
    ],
)
def test_states(manifest, settings, inputs, state, force) -> None:
    verdict = judge(SCALE, manifest, settings, inputs)
    assert (verdict.state, verdict.needs_force) == (state, force)


def test_a_changed_setting_is_named_with_both_values() -> None:
    reason = judge(SCALE, MADE, {"scale.batch": 16}, {"images_flat": "a"}).reason
    assert reason == "scale.batch was 32, is 16"


def test_a_new_setting_counts_as_changed() -> None:
    verdict = judge(SCALE, MADE, {"scale.batch": 32, "scale.new": 1}, {"images_flat": "a"})
    assert verdict.state == "settings"
