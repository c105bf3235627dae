"""Data bars in the manner of JEOL: filled blocks, or text straight over the picture.

In: a `Sheet` whose canvas is the picture. Out: the sheet, drawn on.
"""

from sempark.synthetic.captions import DETECTORS, clock, date, distance, magnification, name, volts
from sempark.synthetic.lettering import Face
from sempark.synthetic.sheet import Sheet, length_text

_TYPEWRITER = (
    "SansMono.",
    "Serif.",
    "STIXGeneral.",
    "SansMono-Bold.",
    "Mono-Regular",
    "Serif-Bold.",
)


def _times(sheet: Sheet, sign: str) -> str:
    """Return a magnification such as "X 25,000"."""
    return f"{sign}{max(10, round(magnification(sheet), -2)):,.0f}"


def it_series(sheet: Sheet) -> None:
    """Black stripe with two rows, a filled block near the right end and the value beside it."""
    rng = sheet.rng
    digit = rng.uniform(32, 36)
    u = max(sheet.width / 2560, 10 / digit)
    high = round(rng.uniform(120, 135) * u)
    y0 = sheet.height - high
    sheet.databar = (0, y0, sheet.width, sheet.height)
    sheet.rule(0, y0, sheet.width, sheet.height, 0)
    sheet.gray = 255
    face = sheet.pick(digit * u, ("DejaVuSans.", "Sans-Regular", "Sans"))
    text = length_text(sheet.scale.value, sheet.scale.unit, True, "µ")
    block = rng.uniform(22, 30) * u
    gap = rng.uniform(36, 70) * u
    end = min(
        sheet.width * rng.uniform(0.8, 0.88),
        sheet.width - sheet.measure(text, face) - gap - rng.choice([8, 120]) * u,
    )
    upper, lower = y0 + 0.45 * high, y0 + 0.9 * high
    start = round(end - sheet.scale.bar_px)
    sheet.block(start, upper - 0.5 * face.digit_px - block / 2, round(block))
    box = sheet.value(start + sheet.scale.bar_px + gap, upper, text, face=face)
    if box[2] + 115 * u < sheet.width:
        sheet.rule(sheet.width - 110 * u, y0 + 6 * u, sheet.width - 2 * u, y0 + 116 * u)
        sheet.rule(sheet.width - 85 * u, y0 + 20 * u, sheet.width - 30 * u, y0 + 70 * u, 60)
    tops = [
        str(rng.choice(DETECTORS)),
        volts(rng),
        f"WD {distance(rng)}",
        "Std.-PC 40.0",
        "HighVac.",
    ]
    _row(sheet, [*tops, _times(sheet, "x").replace(",", "")], upper, start - 20 * u, face, 45 * u)
    row = ["NOR", f"{int(rng.integers(1, 9999)):04}", date(rng), name(rng)]
    _row(sheet, row, lower, sheet.width * 0.8, face, 45 * u)


def _row(
    sheet: Sheet, texts: list[str], baseline: float, right: float, face: Face, gap: float
) -> None:
    """Write texts one after another as far as there is room."""
    x = 0.018 * sheet.width
    for text in texts:
        if x + sheet.measure(text, face) > right:
            return
        x = sheet.text(x, baseline, text, face=face)[2] + gap


def classic(sheet: Sheet) -> None:
    """Black stripe in one or two rows of a typewriter's font, a small block before the value."""
    rng = sheet.rng
    digit = rng.uniform(14, 18)
    u = max(sheet.width / 1280, 10 / digit)
    face = sheet.pick(digit * u, (*_TYPEWRITER, "Mono") if rng.random() < 0.4 else _TYPEWRITER)
    face = Face(face.path, face.digit_px, face.stretch * rng.uniform(0.8, 1))
    face = sheet.one_bit(face, 0.4)
    high = max(round(rng.uniform(60, 70) * u), round(3.2 * face.digit_px))
    y0 = sheet.height - high
    sheet.databar = (0, y0, sheet.width, sheet.height)
    sheet.rule(0, y0, sheet.width, sheet.height, int(rng.choice([0, 0, 10])))
    sheet.gray = int(rng.choice([255, 240]))
    upper, lower = y0 + 0.46 * high, y0 + 0.92 * high
    text = length_text(sheet.scale.value, sheet.scale.unit, False, "µ")
    texts = [
        str(rng.choice(["SEI", "LEI", "COMPO"])),
        volts(rng, False),
        _times(sheet, "X "),
        distance(rng),
    ]
    rest = [name(rng), f"WD {distance(rng, False)}", clock(rng)]
    block = round(max(4.0, rng.uniform(6, 15) * u))
    if rng.random() < 0.2:  # the bar over its value at the far right
        wide = max(sheet.scale.bar_px, sheet.measure(text, face))
        left = sheet.width - wide - rng.uniform(10, 40) * u
        start = round(left + (wide - sheet.scale.bar_px) / 2)
        sheet.block(start, upper - face.digit_px / 2 - block / 2, block)
        sheet.value(left + wide / 2, lower, text, "m", face)
        _row(sheet, texts, upper, left - 12 * u, face, 24 * u)
        _row(sheet, rest, lower, left - 12 * u, face, 30 * u)
        return
    glued = str(rng.choice(["", "", " JEOL", " ABCD", "  IMS"]))
    gap = rng.uniform(8, 16) * u
    tail = sheet.measure(text + glued, face)
    start = round(
        min(
            sheet.width * rng.uniform(0.5, 0.66),
            sheet.width - tail - gap - sheet.scale.bar_px - 8 * u,
        )
    )
    centered = rng.random() < 0.5
    top = upper - face.digit_px / 2 - block / 2 if centered else y0 + 2 * u
    sheet.block(start, top, block)
    box = sheet.value(start + sheet.scale.bar_px + gap, upper, text, face=face)
    if glued and "value" not in sheet.omit:
        sheet.text(box[2] + 0.3 * face.digit_px, upper, glued.strip(), face=face)
    if rng.random() < 0.7:
        _row(sheet, texts, upper, start - 12 * u, face, 24 * u)
        _row(sheet, rest, lower, sheet.width, face, 30 * u)
    else:
        _row(sheet, rest[:1], upper, start - 12 * u, face, 24 * u)
        _row(sheet, [*texts, rest[2]], lower, sheet.width, face, 40 * u)


def overlay(sheet: Sheet) -> None:
    """No stripe: a line of white text over the picture, with the bar in it or above it."""
    rng = sheet.rng
    digit = rng.uniform(15, 20)
    u = max(sheet.width / 1280, 10 / digit)
    face = sheet.pick(digit * u, ("Sans", "Serif."))
    baseline = sheet.height - rng.uniform(12, 30) * u
    sheet.gray = 255
    rows = slice(round(baseline - 2.4 * face.digit_px), sheet.height)
    part = sheet.canvas[rows].astype(float)
    bright = part.mean() + 2 * part.std()
    if bright > 170 or rng.random() < 0.4:  # the text is keyed over a darkened picture
        dark = min(rng.uniform(0.3, 0.7), 150 / bright)
        sheet.canvas[rows] = (part * dark).astype("uint8")
    text = length_text(sheet.scale.value, sheet.scale.unit, False, "µ")
    left = [volts(rng, False), _times(sheet, "X").replace(",", "")]
    x = 0.03 * sheet.width
    for item in left:
        x = sheet.text(x, baseline, item, face=face)[2] + 24 * u
    thick = max(2.0, rng.choice([2, 3, 7]) * u)
    above = rng.random() < 0.5
    if above:
        x += rng.uniform(0, 20) * u
        wide = sheet.measure(text, face)
        start = round(x + max(0.0, (wide - sheet.scale.bar_px) / 2))
        sheet.block(start, baseline - 1.5 * face.digit_px - thick, round(thick))
        box = sheet.value(start + sheet.scale.bar_px / 2, baseline, text, "m", face)
        x = max(box[2], start + sheet.scale.bar_px) + 24 * u
    else:
        box = sheet.value(x, baseline, text, face=face)
        start = round(box[2] + 14 * u)
        sheet.block(start, baseline - face.digit_px / 2 - thick / 2, round(thick))
        x = start + sheet.scale.bar_px + 24 * u
    for item in ("11 40 SEI", f"WD{distance(rng, False)}", "P.C.50", "HV"):
        if x + sheet.measure(item, face) > sheet.width - 10:
            return
        x = sheet.text(x, baseline, item, face=face)[2] + 24 * u
