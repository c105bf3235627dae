"""Tesseract by the program and in process: the same lines, and one clear error without it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import ocr, reading
from sempark.synthetic.databars import draw_databar
from sempark.synthetic.lettering import Face, ink, wheel_fonts

pytestmark = pytest.mark.ocr
Gray = NDArray[np.uint8]

try:
    IN_PROCESS = bool(ocr.available("tesserocr"))
    REASON = ""
except ocr.EngineError as error:
    IN_PROCESS, REASON = False, str(error)
needs_tesserocr = pytest.mark.skipif(not IN_PROCESS, reason=REASON)


def crop(text: str) -> Gray:
    drawn = ink(text, Face(wheel_fonts()[0], 30)).coverage
    return np.pad(255 - drawn, 20, constant_values=255)


CROPS = [crop("500 nm"), crop("WD"), crop("20 mm")]


@pytest.mark.parametrize("engine", ["tesseract", pytest.param("tesserocr", marks=needs_tesserocr)])
def test_a_line_for_each_crop_in_order(engine: ocr.Engine) -> None:
    assert ocr.read_lines(CROPS, 7, engine) == ["500 nm", "WD", "20 mm"]
    assert ocr.read_lines([], 7, engine) == []


@needs_tesserocr
def test_whole_readings_in_process() -> None:
    gray = np.random.default_rng(0).integers(60, 180, (768, 1024)).astype(np.uint8)
    drawn, truth = draw_databar(gray, "jeol_it", 20, "um", 200.0, np.random.default_rng(1))
    only = reading.read(drawn, "tesserocr")
    assert (only.status, only.value, only.unit) == ("ok", 20.0, "um")
    assert only.bar_px == pytest.approx(truth.bar_px, abs=1)


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ocr, "tesserocr", None)
    ocr._api.cache_clear()
    with pytest.raises(ocr.EngineError, match="package tesserocr"):
        ocr.read_lines(CROPS, 7, "tesserocr")
    ocr._api.cache_clear()
    with pytest.raises(ocr.EngineError, match="package tesserocr"):
        ocr.available("tesserocr")


@needs_tesserocr
def test_without_a_model_the_error_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "MODEL_FOLDERS", ())
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    ocr._api.cache_clear()
    with pytest.raises(ocr.EngineError, match="TESSDATA_PREFIX"):
        ocr.available("tesserocr")


def test_more_crops_than_one_process_takes_are_read_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ocr, "MOST_CROPS", 2)
    calls: list[int] = []

    def by_program(crops: list[Gray], _: int) -> list[str]:
        calls.append(len(crops))
        return [str(len(crop)) for crop in crops]

    monkeypatch.setattr(ocr, "_by_program", by_program)
    crops = [np.zeros((height, 9), np.uint8) for height in (3, 1, 2, 5, 4)]
    assert ocr.read_lines(crops) == ["3", "1", "2", "5", "4"]
    assert calls == [2, 2, 1]
