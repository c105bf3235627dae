"""Thumbnails, pictures and contact sheets."""

import io

import numpy as np
import pytest
from PIL import Image

from sempark.figures import sheets


def jpeg(pixels):
    out = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(out, "JPEG", quality=95)
    return out.getvalue()


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


def micrograph(width=640, height=480, bar=60):
    image = np.full((height, width), 80, np.uint8)
    image[:, width // 2 :] = 160
    image[height - bar :] = 255
    return jpeg(image), (0, height - bar, width, height)


def test_thumbnail_shows_the_middle_and_no_data_bar():
    data, box = micrograph()
    tile = pixels(sheets.thumbnail(data, 64, box))
    assert tile.shape == (64, 64)
    assert abs(tile[:, :28] - 80).max() < 8 and abs(tile[:, 36:] - 160).max() < 8


def test_without_the_box_the_bar_is_seen():
    data, _ = micrograph()
    assert pixels(sheets.thumbnail(data, 64))[-3:].min() > 200


def test_bar_on_top_is_cut_off_too():
    image = np.full((400, 400), 90, np.uint8)
    image[:50] = 255
    assert pixels(sheets.thumbnail(jpeg(image), 40, (0, 0, 400, 50))).max() < 110


@pytest.mark.parametrize("box", [(0, 0, 640, 480), (0, 30, 640, 470), (-5, -5, 700, 500)])
def test_a_false_box_that_covers_all_is_not_believed(box):
    data, _ = micrograph()
    assert pixels(sheets.thumbnail(data, 32, box)).shape == (32, 32)


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (5, 7), (2048, 1)])
def test_any_size_gives_a_square(size):
    data = jpeg(np.full(size, 100))
    assert pixels(sheets.thumbnail(data, 48)).shape == (48, 48)
    assert max(pixels(sheets.picture(data, 64)).shape) <= 64


def test_shrinking_in_the_decoder_gives_the_same_tile_as_shrinking_after():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 255, (12, 16)).astype(np.uint8)
    big = np.kron(base, np.ones((100, 100), np.uint8))
    tile = pixels(sheets.thumbnail(jpeg(big), 60))
    middle = np.asarray(Image.fromarray(big[:, 200:1400]).resize((60, 60), Image.Resampling.BOX))
    assert np.corrcoef(tile.ravel(), middle.ravel())[0, 1] > 0.97


def test_picture_keeps_the_aspect_and_hides_the_bar_on_demand():
    data, box = micrograph()
    shown = pixels(sheets.picture(data, 320, box))
    hidden = pixels(sheets.picture(data, 320, box, hide=True))
    assert shown.shape == (240, 320) and shown[-15:].min() > 240
    assert abs(hidden[-28:] - sheets.BLANK).max() < 12
    assert abs(hidden[:200] - shown[:200]).max() < 12


def test_small_pictures_are_not_enlarged():
    assert pixels(sheets.picture(jpeg(np.full((30, 40), 9)), 640)).shape == (30, 40)


def test_sheet_places_tiles_row_by_row_and_leaves_gaps_gray():
    tiles = [sheets.thumbnail(jpeg(np.full((20, 20), value)), 16) for value in (10, 60, 200)]
    laid = pixels(sheets.sheet([*tiles[:2], None, tiles[2]], 2, 16))
    assert laid.shape == (32, 32)
    quarters = [laid[:16, :16], laid[:16, 16:], laid[16:, :16], laid[16:, 16:]]
    assert [round(float(q[3:13, 3:13].mean())) for q in quarters] == pytest.approx(
        [10, 60, 128, 200], abs=3
    )


def test_sheet_refuses_nothing_and_other_sizes():
    with pytest.raises(ValueError, match="at least one column"):
        sheets.sheet([], 2, 16)
    with pytest.raises(ValueError, match="received"):
        sheets.sheet([sheets.thumbnail(jpeg(np.zeros((9, 9))), 8)], 1, 16)


def test_bytes_that_are_no_picture():
    with pytest.raises(ValueError, match="expected a JPEG"):
        sheets.thumbnail(b"garbage", 16)
    with pytest.raises(ValueError, match="at least 1 px"):
        sheets.thumbnail(jpeg(np.zeros((9, 9))), 0)


def test_color_pictures_become_gray():
    out = io.BytesIO()
    Image.new("RGB", (20, 20), (255, 0, 0)).save(out, "JPEG")
    assert pixels(sheets.thumbnail(out.getvalue(), 8)).ndim == 2


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (12, 4), (48, 8), (108, 12)])
def test_sheets_are_about_four_by_three(n, columns):
    assert sheets.columns_of(n) == columns
