"""Data bars in the manner of FEI, Philips and Thermo.

In: a `Sheet` whose canvas is the picture. Out: the sheet, drawn on; `cells` makes it taller.

Newer instruments append a black strip of cells, its last one holding the bar broken by its value;
older ones draw headings over values and the value to the right of a line with end ticks.
"""

import numpy as np

from sempark.synthetic.captions import (
    INSTITUTES,
    MAKERS,
    distance,
    fei_items,
    magnification,
    name,
    volts,
)
from sempark.synthetic.lettering import Face
from sempark.synthetic.sheet import Sheet, length_text

_SANS = ("DejaVuSans.", "DejaVuSans-", "Sans", "Arial")


def cells(sheet: Sheet) -> None:
    """Strip below the picture: cells of two rows, value inside the bar of the last one."""
    rng = sheet.rng
    digit = rng.uniform(13, 16)
    u = max(sheet.width / 1024, 10 / digit)
    high = round(rng.uniform(55, 64) * u)
    y0 = sheet.height
    sheet.canvas = np.vstack([sheet.canvas, np.zeros((high, sheet.width), np.uint8)])
    y1 = sheet.height
    sheet.databar = (0, y0, sheet.width, y1)
    sheet.gray = int(rng.choice([255, 255, 230]))
    face = sheet.pick(digit * u, _SANS)
    thin = max(1, round(rng.uniform(1, 2) * u))
    if rng.random() < 0.7:
        sheet.rule(0, y0, sheet.width, y0 + thin)
        sheet.rule(0, y1 - thin, sheet.width, y1)
    text = _value(sheet)
    knob = max(1, round(1.5 * u))
    need = max(sheet.scale.bar_px + 2 * knob + 4, sheet.measure(text, face) + 8 * u)
    slack = rng.choice([0.0, 0.03, 0.1, 0.3]) * need
    right = sheet.width - rng.choice([1, 4]) - (0 if rng.random() < 0.6 else 4 * u)
    left = max(2.0, right - need - slack)
    _headings(sheet, left, y0, high, face, thin)
    middle, x0 = (left + right) / 2, (left + right - sheet.scale.bar_px) / 2
    line = y0 + high * rng.uniform(0.24, 0.3)
    if rng.random() < 0.85:
        sheet.rule(left, y0 + high * 0.53, sheet.width, y0 + high * 0.53 + thin)
    _broken(sheet, round(x0), round(line), text, middle, face, u)
    below = str(rng.choice([*MAKERS, *INSTITUTES, name(rng)]))
    if rng.random() < 0.85 and sheet.measure(below, face) < right - left - 6:
        sheet.text(middle, y0 + 0.9 * high, below, "m", face)


def _value(sheet: Sheet) -> str:
    rng = sheet.rng
    micro = str(rng.choice(["µ", "μ"]))
    if rng.random() < 0.2:  # older software: one decimal, no blank
        text = length_text(sheet.scale.value, sheet.scale.unit, False, micro)
        digits = text.rstrip("nmuµμ")
        return text if "." in digits else text.replace(digits, f"{digits}.0", 1)
    return length_text(sheet.scale.value, sheet.scale.unit, True, micro)


def _broken(sheet: Sheet, x0: int, y: int, text: str, middle: float, face: Face, u: float) -> None:
    """Draw a line with knobs at its ends that is broken by the value."""
    x1 = x0 + sheet.scale.bar_px
    thick, wide = max(1, round(sheet.rng.uniform(1.5, 3) * u)), max(1, round(2.5 * u))
    knob = sheet.rng.uniform(7, 9) * u
    room = sheet.measure(text, face) / 2 + sheet.rng.uniform(5, 9) * u
    if sheet.mark(x0, x1, y):
        top = y - thick // 2
        low, high = (middle - room, middle + room) if "value" not in sheet.omit else (x1, x1)
        sheet.rule(x0, top, max(low, x0 + 6 * u), top + thick)
        sheet.rule(min(high, x1 - 6 * u), top, x1, top + thick)
        for x in (x0, x1):
            left = x - wide // 2
            sheet.rule(left, round(y - knob / 2), left + wide, round(y + knob / 2) + 1)
    sheet.value(middle, y + face.digit_px / 2, text, "m", face)


def _headings(sheet: Sheet, right: float, y0: int, high: int, face: Face, thin: int) -> None:
    """Fill the place left of the bar's cell with headings over values, a line between cells."""
    u = high / 60
    x = sheet.rng.choice([0.0, 40.0]) * u
    if x:
        for k in range(3):  # a logo: crossing ellipses, here rings of lines
            sheet.rule(8 * u + 6 * k * u, y0 + 10 * u, 9 * u + 6 * k * u, y0 + high - 12 * u, 120)
            sheet.rule(6 * u, y0 + (16 + 9 * k) * u, 26 * u, y0 + (17 + 9 * k) * u, 120)
    for heading, value in fei_items(sheet):
        wide = max(sheet.measure(heading, face), sheet.measure(value, face)) + 12 * u
        if x + wide > right:
            break
        sheet.rule(x, y0, x + thin, y0 + high)
        sheet.text(x + wide / 2, y0 + 0.4 * high, heading, "m", face)
        sheet.text(x + wide / 2, y0 + 0.86 * high, value, "m", face)
        x += wide
    sheet.rule(right - 2 * thin, y0, right - thin, y0 + high)


def philips(sheet: Sheet) -> None:
    """Black strip over the whole width, value to the right of a ticked line in the middle."""
    rng = sheet.rng
    digit = rng.uniform(9, 11)
    u = max(sheet.width / 645, 0.9)
    high = round(rng.uniform(31, 37) * u)
    y0 = sheet.height - high
    sheet.databar = (0, y0, sheet.width, sheet.height)
    sheet.rule(0, y0, sheet.width, sheet.height, 0)
    _beside(
        sheet, 0.01 * sheet.width, float(y0), high, sheet.width * rng.uniform(0.34, 0.4), digit * u
    )


def box(sheet: Sheet) -> None:
    """Black box inside the picture, which goes on at all four sides of it."""
    rng = sheet.rng
    digit = rng.uniform(9, 11)
    u = max(sheet.width / 712, 0.9)
    high = round(rng.uniform(38, 46) * u)
    y0 = sheet.height - high - round(rng.uniform(0.02, 0.08) * sheet.height)
    x0, x1 = rng.uniform(0.02, 0.09) * sheet.width, rng.uniform(0.84, 0.98) * sheet.width
    sheet.databar = (round(x0), y0, round(x1), y0 + high)
    sheet.rule(x0, y0, x1, y0 + high, int(rng.choice([0, 0, 6])))
    _beside(sheet, x0 + 2 * u, float(y0), high, sheet.width * rng.uniform(0.36, 0.42), digit * u)


def _beside(sheet: Sheet, left: float, y0: float, high: int, start: float, digit: float) -> None:
    """Draw headings over values, then the line, its value and a label under it."""
    rng = sheet.rng
    sheet.gray = int(rng.choice([255, 255, 235]))
    face = sheet.pick(digit, _SANS)
    face = sheet.one_bit(face, 0.5)
    upper, lower = y0 + 0.44 * high, y0 + 0.9 * high
    x = left
    heads = [("E Beam", "Acc.V"), ("Spot", "Spot"), ("Magn", "Magn"), ("WD", "Det  WD")]
    values = (volts(rng), f"{rng.uniform(1, 6):.1f}", f"{magnification(sheet):.0f}x", distance(rng))
    which = int(rng.integers(0, 2))
    for head, below in zip((h[which] for h in heads), values, strict=True):
        wide = max(sheet.measure(head, face), sheet.measure(below, face))
        if x + wide > start - 6:
            break
        sheet.text(x, upper, head, face=face)
        sheet.text(x, lower, below, face=face)
        x += wide + rng.uniform(0.6, 1.2) * digit
    text = length_text(sheet.scale.value, sheet.scale.unit, True, "µ")
    edge = sheet.databar[2] if sheet.databar else sheet.width
    room = sheet.measure(text, face) + 2.6 * digit
    start = min(start, edge - sheet.scale.bar_px - room)
    thick, tick = max(1, round(0.2 * digit)), rng.uniform(1.3, 1.7) * digit
    line = upper - 0.5 * digit
    sheet.ticked(start, line, thick, min(tick, 2 * (line - y0) - 2))
    gap = rng.uniform(0.7, 2.0) * digit
    sheet.value(round(start) + sheet.scale.bar_px + gap, upper, text, face=face)
    sheet.text(start, lower, str(rng.choice([*INSTITUTES, name(rng)])), face=face)
