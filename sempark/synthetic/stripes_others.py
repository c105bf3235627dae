"""Data bars in the manner of Hitachi, TESCAN, Phenom and of analysis software.

In: a `Sheet` whose canvas is the picture. Out: the sheet, drawn on; `bracket`, `phenom` and
`oxford` may make it taller.
"""

import numpy as np

from sempark.synthetic.captions import (
    DETECTORS,
    MAKERS,
    clock,
    date,
    distance,
    field_width,
    magnification,
    name,
    volts,
)
from sempark.synthetic.lettering import Face
from sempark.synthetic.sheet import Sheet, length_text


def _below(sheet: Sheet, high: int, ground: int) -> int:
    """Append a strip below the picture; returns its first row."""
    y0 = sheet.height
    strip = np.full((high, sheet.width), ground, np.uint8)
    sheet.canvas = np.vstack([sheet.canvas, strip])
    sheet.databar = (0, y0, sheet.width, y0 + high)
    return y0


def hitachi(sheet: Sheet) -> None:
    """Black stripe with eleven ticks hanging from its top edge, the value below the last ones."""
    rng = sheet.rng
    digit = rng.uniform(22, 26)
    u = max(sheet.width / 1280, 10 / digit)
    face = sheet.pick(digit * u, ("Sans",))
    high = max(round(rng.uniform(56, 66) * u), round(2.5 * face.digit_px))
    y0 = sheet.height - high
    sheet.databar = (0, y0, sheet.width, sheet.height)
    sheet.rule(0, y0, sheet.width, sheet.height, 0)
    sheet.gray = 255
    last = round(sheet.width * rng.uniform(0.965, 0.982))
    first = last - sheet.scale.bar_px
    wide = max(1, min(round(rng.uniform(3, 4.5) * u), sheet.scale.bar_px // 30))
    long = max(4, round(rng.uniform(10, 14) * u))
    if sheet.mark(first, last, y0 + long / 2):
        for k in range(11):
            left = round(first + k * sheet.scale.bar_px / 10) - wide // 2
            sheet.rule(left, y0, left + wide, y0 + long)
    value = sheet.scale.value
    figure = f"{value:.1f}" if value < 100 else f"{value:g}"
    baseline = y0 + high - max(rng.uniform(6, 10) * u, 0.35 * face.digit_px)
    text = figure + sheet.scale.unit.replace("u", "µ")
    box = sheet.value(last + rng.uniform(-4, 10) * u, baseline, text, "r", face)
    times = magnification(sheet)
    parts = [
        str(rng.choice(["TM4000", "TM3030", "S-4800", "SU8010", "SU3500"])),
        volts(rng, False).replace(" ", ""),
        distance(rng, False),
        f"x{times / 1e3:.2f}k" if times > 1e3 else f"x{times:.0f}",
        str(rng.choice(["BSE M", "SE", "SE(M)", "SE(U)"])),
        f"{date(rng)} {clock(rng)[:5]}",
    ]
    x = 0.012 * sheet.width
    for text in parts:
        if x + sheet.measure(text, face) > min(first, box[0]) - 16 * u:
            return
        x = sheet.text(x, baseline, text, face=face)[2] + 14 * u


def bracket(sheet: Sheet) -> None:
    """Dark gray strip of cells; a bracket open at the top holds the value."""
    rng = sheet.rng
    digit = rng.uniform(18, 24)
    u = max(sheet.width / 1536, 10 / digit)
    face = sheet.pick(digit * u, ("Bold", "Bol"))
    high = round(rng.uniform(150, 180) * u)
    ground = int(rng.choice([53, 53, 40, 66]))
    y0 = _below(sheet, high, ground)
    lines = ground + int(rng.integers(20, 50))
    thin = max(1, round(1.5 * u))
    sheet.rule(0, y0 + high / 2, sheet.width, y0 + high / 2 + thin, lines)
    right = sheet.width - (rng.choice([2, 10, 40]) * u)
    start = round(right - sheet.scale.bar_px)
    cell = start - rng.uniform(8, 40) * u
    sheet.rule(cell, y0, cell + thin, y0 + high, lines)
    sheet.gray = 255
    floor, tall = max(2, round(rng.uniform(3, 4.5) * u)), max(8.0, rng.uniform(36, 48) * u)
    wall = max(1, round(rng.choice([1, 1, 2]) * u))
    row = rng.choice([0.0, 0.5]) * high
    base = round(y0 + row + 0.42 * high)
    if sheet.mark(start, start + sheet.scale.bar_px, base):
        sheet.rule(start - wall // 2, base - floor, start + sheet.scale.bar_px + wall // 2, base)
        for x in (start, start + sheet.scale.bar_px):
            sheet.rule(x - wall // 2, base - tall, x - wall // 2 + wall, base)
    text = length_text(sheet.scale.value, sheet.scale.unit, True, "µ")
    baseline = base - floor - rng.uniform(3, 7) * u - 1 - sheet.tail(text, face)
    sheet.value(start + sheet.scale.bar_px / 2, baseline, text, "m", face)
    small = sheet.pick(0.8 * face.digit_px, ("DejaVuSans.", "Sans"))
    items = [
        ("WD", distance(rng)),
        ("Det", str(rng.choice(DETECTORS))),
        ("Energy", volts(rng)),
        ("Mag", f"{magnification(sheet):,.0f} x"),
        ("View field", field_width(sheet)),
        ("Date", date(rng)),
    ]
    x = 0.012 * sheet.width
    for k in range(0, 6, 2):
        wide = max(sheet.measure(v, face) for _, v in items[k : k + 2]) + 20 * u
        if x + wide > cell:
            return
        for j, (head, value) in enumerate(items[k : k + 2]):
            top = y0 + j * high / 2
            sheet.gray = min(255, ground + 50)
            sheet.text(x, top + 0.18 * high, head, face=small)
            sheet.gray = 255
            sheet.text(x, top + 0.4 * high, value, face=face)
        x += wide
        sheet.rule(x - 10 * u, y0, x - 10 * u + thin, y0 + high, lines)


def ruler(sheet: Sheet) -> None:
    """White strip with three rows; a ruler box with inner ticks, the value below its left end."""
    rng = sheet.rng
    digit = rng.uniform(13, 18)
    u = max(sheet.width / 1280, 10 / digit)
    face = sheet.pick(digit * u, ("Sans", "Serif"))
    high = max(round(rng.uniform(112, 128) * u), 6 * face.digit_px)
    y0 = _below(sheet, high, 255) if rng.random() < 0.7 else sheet.height - high
    sheet.rule(0, y0, sheet.width, y0 + high, 255)
    sheet.databar = (0, y0, sheet.width, y0 + high)
    sheet.gray = int(rng.choice([0, 0, 40]))
    start = round(
        min(sheet.width * rng.uniform(0.45, 0.5), 0.84 * sheet.width - sheet.scale.bar_px)
    )
    end = start + sheet.scale.bar_px
    wall = max(1, round(2 * u))
    tall, inner = max(9.0, 30 * u), max(4.0, 16 * u)
    base = round(y0 + 0.1 * high + tall)
    if sheet.mark(start, end, base):
        sheet.rule(start - wall // 2, base - wall, end - wall // 2 + wall, base)
        for edge in (start, end):
            sheet.rule(edge - wall // 2, base - tall, edge - wall // 2 + wall, base)
        for k in range(1, 10):
            spot = round(start + k * sheet.scale.bar_px / 10)
            sheet.rule(spot, base - inner, spot + max(1, round(u)), base)
    text = length_text(sheet.scale.value, sheet.scale.unit, True, "µ")
    at = rng.choice([0.0, 0.0, 0.5])
    where, anchor = (start, "l") if at == 0 else ((start + end) / 2, "m")
    sheet.value(where, base + 1.6 * face.digit_px, text, anchor, face)
    rows = [y0 + high * f for f in (0.28, 0.58, 0.88)]
    column = [
        f"SEM HV: {volts(rng)}",
        f"View field: {field_width(sheet)}",
        f"SEM MAG: {magnification(sheet):,.0f} x",
    ]
    second = [
        f"WD: {distance(rng)}",
        f"Det: {rng.choice(['SE', 'BSE'])}",
        f"Date(m/d/y): {date(rng)}",
    ]
    x = 0.01 * sheet.width
    for texts in (column, second):
        if x + max(sheet.measure(t, face) for t in texts) < start - 10 * u:
            x = (
                max(sheet.text(x, y, t, face=face)[2] for y, t in zip(rows, texts, strict=True))
                + 20 * u
            )
    maker = str(rng.choice(MAKERS[2:4]))
    if end + sheet.measure(maker, face) + 30 * u < sheet.width:
        sheet.text(sheet.width - 10 * u, rows[0], maker, "r", face)


def phenom(sheet: Sheet) -> None:
    """Black strip below the picture: a ticked line at the left, the value centered under it."""
    rng = sheet.rng
    digit = rng.uniform(14, 16)
    u = max(sheet.width / 1000, 10 / digit)
    face = sheet.pick(digit * u, ("DejaVuSans.", "Sans"))
    high = max(round(rng.uniform(58, 68) * u), round(4 * face.digit_px))
    y0 = _below(sheet, high, 0)
    sheet.gray = int(rng.choice([255, 230]))
    start = round(sheet.width * rng.uniform(0.008, 0.03)) + 2
    line = round(y0 + rng.uniform(0.24, 0.32) * high)
    thick, tick = max(1, round(2.5 * u)), min(24 * u, 0.42 * high)
    sheet.ticked(start, line, thick, tick)
    if sheet.bar:
        for k in range(1, 4):
            spot = round(start + k * sheet.scale.bar_px / 4)
            sheet.rule(spot, line - 7 * u, spot + max(1, thick // 2), line)
    text = length_text(sheet.scale.value, sheet.scale.unit, True, "µ")
    baseline = line + 0.5 * tick + face.digit_px + rng.uniform(1, 4) * u
    box = sheet.value(start + sheet.scale.bar_px / 2, baseline, text, "m", face)
    rows = (y0 + 0.38 * high, y0 + 0.85 * high)
    x = max(start + sheet.scale.bar_px, box[2]) + 40 * u
    columns = [
        (f"{magnification(sheet):.0f}x", field_width(sheet, digits=1)),
        ("10kV - Low", str(rng.choice(["BSD Full", "SED"]))),
        (name(rng), date(rng)),
    ]
    for upper, lower in columns:
        wide = max(sheet.measure(upper, face), sheet.measure(lower, face))
        if x + wide + 24 * u > sheet.width:
            return
        sheet.rule(x - 18 * u, rows[0] - 9 * u, x - 8 * u, rows[0] - 2 * u, 140)
        sheet.text(x, rows[0], upper, face=face)
        sheet.text(x, rows[1], lower, face=face)
        x += wide + 60 * u


def oxford(sheet: Sheet) -> None:
    """White band below the picture with a bracket open below and the value under its middle."""
    rng = sheet.rng
    digit = rng.uniform(9, 12)
    u = max(1.0, sheet.width / 900)
    face: Face = sheet.pick(digit * u, ("Sans", "Serif"))
    high = round(2.6 * face.digit_px + 8 * u)
    y0 = _below(sheet, high, 255)
    sheet.gray = 0
    start = round(sheet.width * rng.uniform(0.01, 0.06)) + 2
    line, wall = round(y0 + 5 * u), max(1, round(rng.choice([2, 2.5]) * u))
    drop = rng.uniform(0.4, 0.7) * face.digit_px
    sheet.ticked(start, line, wall, drop, 0.0)
    text = length_text(sheet.scale.value, sheet.scale.unit, rng.random() < 0.2, "µ")
    middle = start + sheet.scale.bar_px / 2
    sheet.value(middle, line + drop + 1.35 * face.digit_px, text, "m", face)
    if rng.random() < 0.5:
        sheet.text(sheet.width - 8 * u, line + 2 * face.digit_px, "Electron Image 1", "r", face)
    if rng.random() < 0.5:
        x, y = rng.uniform(0.2, 0.7) * sheet.width, rng.uniform(0.2, 0.7) * y0
        side = rng.uniform(0.06, 0.2) * sheet.width
        canvas = sheet.canvas
        x0, x1, ya, yb = round(x), round(x + side), round(y), round(y + 0.7 * side)
        canvas[ya:yb, [x0, min(x1, sheet.width - 1)]] = 255
        canvas[[ya, min(yb, y0 - 1)], x0:x1] = 255
        sheet.gray = 255
        sheet.text(x0 + 4, ya + 1.4 * face.digit_px, "Spectrum 1", face=face)
