"""Whole readings: drawn stripes of every layout, batches, refusals, real files where given."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.imaging.decode import decode
from sempark.scalebar import bar as bars
from sempark.scalebar import (
    beside,
    databar,
    debug,
    ocr,
    proposal,
    readers,
    reading,
    spelling,
    thesis,
    value,
)
from sempark.scalebar import text as texts
from sempark.synthetic.databars import bar_range, draw_databar

pytestmark = pytest.mark.ocr
Gray = NDArray[np.uint8]

STRIPES = (
    "zeiss_white",
    "zeiss_black_framed",
    "fei_cells",
    "fei_xl",
    "fei_box",
    "jeol_it",
    "hitachi",
    "tescan_bracket",
    "tescan_ruler",
    "phenom",
    "oxford",
)


def specimen(seed: int) -> Gray:
    rng = np.random.default_rng(seed)
    return rng.integers(50, 200, (768, 1024)).astype(np.uint8)


def drawn(layout: str, omit: frozenset[str] = frozenset(), seed: int = 4) -> tuple[Gray, float]:
    """Draw 20 µm in a layout; return the picture and the bar's nominal length."""
    low, high = bar_range(layout, 1024)
    nm_per_px = 20_000 / round(0.6 * low + 0.4 * high)
    rng = np.random.default_rng(seed)
    gray, truth = draw_databar(specimen(seed), layout, 20, "um", nm_per_px, rng, omit=omit)
    return gray, truth.bar_px or 0.0


def test_reads_every_layout_in_one_batch() -> None:
    cases = [drawn(layout) for layout in STRIPES]
    readings = reading.read_many([gray for gray, _ in cases])
    said = {k: (r.status, r.value, r.unit) for k, r in zip(STRIPES, readings, strict=True)}
    assert said == dict.fromkeys(STRIPES, ("ok", 20.0, "um"))
    for (_, bar_px), r in zip(cases, readings, strict=True):
        assert r.bar_px == pytest.approx(bar_px, abs=max(1, 0.01 * bar_px))
        assert r.nm_per_px == pytest.approx(20_000 / r.bar_px)
        assert r.databar is not None and r.bar is not None


def test_rows_do_not_depend_on_the_batch() -> None:
    grays = [drawn(layout)[0] for layout in STRIPES[:4]] + [specimen(1)]
    together = reading.read_many(grays)
    assert [reading.read(gray) for gray in grays] == together
    assert reading.read_many(grays[::-1]) == together[::-1]


@pytest.mark.parametrize("omit", [{"bar"}, {"value"}, {"bar", "value"}])
def test_nothing_is_made_up_without_bar_or_value(omit: set[str]) -> None:
    grays = [drawn(layout, frozenset(omit))[0] for layout in STRIPES]
    assert [r.status for r in reading.read_many(grays) if r.status == "ok"] == []


def test_refusals_have_their_status() -> None:
    blank = np.zeros((768, 1024), np.uint8)
    wrong = np.zeros((10, 10, 3), np.uint8)
    statuses = [r.status for r in reading.read_many([specimen(0), blank, wrong, blank[:1, :1]])]
    assert statuses == ["no_databar", "no_databar", "error", "no_databar"]
    assert reading.read_many([]) == []


def test_a_fault_in_the_search_costs_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = reading.propose

    def faulty(gray: Gray) -> object:
        if gray.shape == (100, 100):
            raise IndexError("beyond")
        return inner(gray)

    monkeypatch.setattr(reading, "propose", faulty)
    good = drawn("jeol_it")[0]
    statuses = [r.status for r in reading.read_many([good[:100, :100], good])]
    assert statuses == ["error", "ok"]


def test_a_hung_engine_is_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "SECONDS_FOR_START", 0.001)
    monkeypatch.setattr(ocr, "SECONDS_PER_CROP", 0.0)
    (only,) = reading.read_many([drawn("jeol_it")[0]])
    assert only.status == "error"


def test_a_missing_engine_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr.pytesseract.pytesseract, "tesseract_cmd", "no-such-program")
    with pytest.raises(ocr.EngineError, match="tesseract"):
        reading.read_many([drawn("jeol_it")[0]])


def test_overlaid_bar_is_read() -> None:
    gray = np.full((768, 1024), 60, np.uint8)
    gray[:] = np.random.default_rng(2).integers(40, 80, gray.shape)
    gray, bar_px = (
        draw_databar(gray, "jeol_overlay", 20, "um", 200.0, np.random.default_rng(3))[0],
        100.0,
    )
    only = reading.read(gray)
    assert (only.status, only.value, only.unit) == ("ok", 20.0, "um")
    assert only.bar_px == pytest.approx(bar_px, abs=1)


def test_debug_draws_what_was_read() -> None:
    gray, _ = drawn("fei_xl")
    picture = debug.draw(gray, reading.read(gray))
    assert picture.shape == (*gray.shape, 3)
    assert (picture == debug.BAR_COLOR).all(axis=2).sum() > 100


def test_thesis_reads_its_own_layout_only() -> None:
    gray = np.random.default_rng(0).integers(60, 180, (768, 1024)).astype(np.uint8)
    statuses = [r.status for r in thesis.read_many([gray, drawn("fei_cells")[0]])]
    assert statuses[0] == "no_databar"
    assert statuses[1] != "ok"


@pytest.mark.skipif(
    not os.environ.get("SEMPARK_MICROGRAPHS"),
    reason="SEMPARK_MICROGRAPHS names no folder of labelled micrographs",
)
def test_real_micrographs_are_never_read_wrong() -> None:
    folder = Path(os.environ["SEMPARK_MICROGRAPHS"])
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    grays = [decode((folder / row["file"]).read_bytes()).gray for row in rows]
    for row, r in zip(rows, reading.read_many(grays), strict=True):
        if r.status == "ok":
            assert (r.value, r.unit) == (float(row["scale_value"]), row["scale_unit"]), row["file"]
            edges = float(row["bar_px"])
            assert abs(r.bar_px - edges) <= max(4, 0.02 * edges), row["file"]
        if row["stripe_present"] == "1":
            assert r.status == "ok", row["file"]


@pytest.mark.parametrize(("box", "status"), [(True, "ok"), (False, "many_bars")])
def test_over_a_picture_the_nearer_of_two_bars_may_be_a_grain(box: bool, status: str) -> None:
    data_bar = databar.DataBar(0, 0, 300, 90, 0, np.ones((1, 1), np.uint8)) if box else None
    piece = texts.Piece("below", 100, 40, 160, 54, (1, 2))
    spelt = readers.Spelled(spelling.Spelling("5nm", 0.99, 2, 42), "glyphs")
    scale = value.Scale(5, "nm", True)
    made = [
        beside.Proposal(
            (0, 0), bars.Bar("block", x0, x1, x0, y, x1, y + 4, y, y + 4), piece, scale, spelt,
            np.ones((16, 44), np.float32), data_bar, 98,
        )
        for x0, x1, y in ((120, 150, 57), (50, 210, 20))
    ]  # fmt: skip
    found = proposal.Found("no_value", data_bar, tuple(made))
    assert reading._decide(found, [(p, 0.99) for p in made]).status == status


@pytest.mark.parametrize(
    ("kind", "y", "read"),
    [("ticked", 15, "ok"), ("ticked", 5, "many_bars"), ("block", 15, "many_bars")],
)
def test_of_two_bars_as_near_over_a_picture_the_printed_one_has_ticks(
    kind: bars.Kind, y: int, read: str
) -> None:
    piece = texts.Piece("below", 100, 40, 160, 54, (1, 2))
    spelt = readers.Spelled(spelling.Spelling("5nm", 0.99, 2, 42), "glyphs")
    scale = value.Scale(5, "nm", True)
    made = [
        beside.Proposal(
            (0, 0), bars.Bar(k, x0, x1, x0, row, x1, row + 4, row, row + 4), piece, scale, spelt,
            np.ones((16, 44), np.float32), None, 98,
        )
        for k, x0, x1, row in (("line", 100, 150, 71), (kind, 50, 210, y))
    ]  # fmt: skip
    found = proposal.Found("no_value", None, tuple(made))
    out = reading._decide(found, [(p, 0.99) for p in made])
    assert (out.status, out.bar_px) == (read, 160 if read == "ok" else None)
