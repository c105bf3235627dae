"""What bars and texts are printed on: a data bar's background, or the picture."""

import numpy as np
import pytest

from sempark.scalebar import bar as bars
from sempark.scalebar import ground
from sempark.scalebar.databar import DataBar


@pytest.mark.parametrize(("x1", "printed"), [(196, True), (260, False)])
def test_a_bar_that_goes_on_over_an_edge_of_its_data_bar_is_not_in_it(
    x1: int, printed: bool
) -> None:
    gray = np.full((60, 300), 100, np.uint8)
    gray[:, :200] = 0
    gray[30:33, 20:x1] = 255
    box = DataBar(0, 0, 200, 60, 0, np.ones((1, 1), np.uint8))
    end = min(x1, 200)
    bar = bars.Bar("ticked", 20, end, 20, 25, end, 38, 30, 33)
    assert ground.holds(gray, box, bar) == printed


@pytest.mark.parametrize(("y", "apart"), [(20, True), (70, False)])
def test_a_ticked_bar_above_its_data_bar_is_of_the_picture(y: int, apart: bool) -> None:
    gray = np.full((100, 200), 120, np.uint8)
    gray[50:] = 0
    box = DataBar(0, 50, 200, 100, 0, np.ones((1, 1), np.uint8))
    bar = bars.Bar("ticked", 40, 90, 40, y - 6, 90, y + 8, y, y + 2)
    assert ground.parts(gray, bar, (110, 60, 150, 76), [box]) == apart
