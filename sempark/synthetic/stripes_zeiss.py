"""Data bars in the manner of Zeiss SmartSEM: white or black, framed or not.

In: a `Sheet` whose canvas is the picture. Out: the sheet, drawn on.

The value stands above a line with end ticks, at the left or at the right end; keys and values
stand beside it in two to four rows, a logo at one end. Sizes follow the pictures they are known
from, measured at 1024 pixels' width.
"""

from sempark.synthetic.captions import INSTITUTES, zeiss_items
from sempark.synthetic.lettering import Face
from sempark.synthetic.sheet import Sheet, length_text

_SANS = ("DejaVuSans", "Sans", "Arial")


def _unit(sheet: Sheet, digit: float, reference: float = 1024) -> float:
    """Return how much larger than at the reference width things are: digits stay over 9 px."""
    return max(sheet.width / reference, 9.5 / digit)


def _value_text(sheet: Sheet) -> str:
    micro = str(sheet.rng.choice(["µ", "μ"]))
    return length_text(sheet.scale.value, sheet.scale.unit, True, micro)


def _columns(sheet: Sheet, left: float, right: float, rows: list[float], face: Face) -> None:
    """Fill the place between left and right with columns of keys and values."""
    items, x = zeiss_items(sheet), left
    gap = face.digit_px * sheet.rng.uniform(1.2, 3)
    while items:
        column, items = items[: len(rows)], items[len(rows) :]
        width = max(sheet.measure(text, face) for text in column)
        if x + width > right:
            return
        for y, text in zip(rows, column, strict=False):
            sheet.text(x, y, text, face=face)
        x += width + gap


def _logo(sheet: Sheet, x: float, y: float, high: float, paper: int) -> None:
    """Draw an institute's mark."""
    rng = sheet.rng
    kind = int(rng.integers(0, 3))
    if kind == 0:
        face = sheet.pick(0.6 * high, ("Bold", "Bol"))
        sheet.text(x, y + 0.8 * high, str(rng.choice(INSTITUTES[:5])), face=face)
    elif kind == 1:
        sheet.rule(x, y, x + 1.6 * high, y + high, 90)
        sheet.rule(x + 0.15 * high, y + 0.2 * high, x + 1.1 * high, y + 0.5 * high, paper)
    else:
        for k in range(4):
            left = x + 0.3 * k * high
            sheet.rule(left, y, left + 0.2 * high, y + high * (1 - 0.2 * k))


def white(sheet: Sheet) -> None:
    """White box with a thin dark frame at the bottom, bar at the left."""
    _white(sheet, bottom=sheet.rng.uniform(2, 4))


def white_inside(sheet: Sheet) -> None:
    """White box that ends above the bottom edge, with picture rows below it."""
    _white(sheet, bottom=sheet.rng.uniform(15, 60) * sheet.height / 768)


def _white(sheet: Sheet, bottom: float) -> None:
    """Draw the box `bottom` pixels above the image's edge: bar, columns, logo."""
    rng = sheet.rng
    digit = rng.uniform(10, 14)
    u = _unit(sheet, digit)
    face = sheet.pick(digit * u, _SANS)
    high, side = rng.uniform(66, 84) * u, rng.uniform(0, 4)
    y1 = sheet.height - round(bottom)
    y0 = y1 - round(high)
    sheet.databar = (0, y0, sheet.width, y1)
    paper = int(rng.choice([255, 255, 250, 243]))
    sheet.rule(side, y0, sheet.width - side, y1, paper)
    if rng.random() < 0.8:
        for box in _frame(side, y0, sheet.width - side, y1, max(1, round(u))):
            sheet.rule(*box, 40)
    right = _bar_at_left(sheet, side, y0, y1, face, u)
    sheet.gray = int(rng.choice([0, 0, 30]))
    small = sheet.pick(face.digit_px * rng.uniform(0.7, 1.0), _SANS)
    rows = min(int(rng.integers(2, 5)), int(high / (1.5 * small.digit_px)))
    ys = [y0 + high * (k + 0.8) / (rows + 0.3) for k in range(rows)]
    _logo(sheet, sheet.width - 1.9 * high, y0 + 0.2 * high, 0.6 * high, paper)
    _columns(sheet, right + rng.uniform(16, 50) * u, sheet.width - 2.1 * high, ys, small)
    if bottom > 20 * u and rng.random() < 0.5:
        sheet.gray = int(rng.choice([150, 255]))
        text = f"Stage at X = {rng.uniform(1, 99):.3f} mm  Stage at Y = {rng.uniform(1, 99):.3f} mm"
        sheet.text(sheet.width * 0.03, y1 + 0.7 * bottom, text, face=small)


def _bar_at_left(sheet: Sheet, side: float, y0: int, y1: int, face: Face, u: float) -> float:
    """Draw the bar and the value above it; returns where the wider of them ends."""
    rng = sheet.rng
    ink = int(rng.choice([0, 0, 0, 30, 76, 150]))  # green and red are gray here
    high, thick = y1 - y0, max(1, round(2 * u))
    x = sheet.width * rng.uniform(0.008, 0.03) + side
    line = y0 + high * rng.uniform(0.66, 0.78)
    tick = min(rng.uniform(16, 28) * u, 1.7 * (y1 - line))
    up = float(0.5 if rng.random() < 0.8 else rng.choice([0.0, 1.0]))
    text = _value_text(sheet) + ("*" if rng.random() < 0.06 else "")
    inset = rng.uniform(0, 6) * u + thick + 2
    between = sheet.measure(text, face) + inset + thick + 2 < sheet.scale.bar_px
    if up == 1 and not between:
        up = 0.5
    sheet.gray = ink
    sheet.ticked(x, line, thick, tick, up)
    sheet.gray = int(rng.choice([ink, 0, 76]))
    base = line - thick - 3 * u - sheet.tail(text, face)
    # the ticks stand up beside the value where it is shorter, else it stands over them
    base -= rng.uniform(0, 0.1) * high if between else tick * up
    box = sheet.value(x + inset, base, text, face=face)
    return float(max(x + sheet.scale.bar_px, box[2]))


def _frame(
    x0: float, y0: float, x1: float, y1: float, thick: int
) -> list[tuple[float, float, float, float]]:
    """Return the four sides of a frame as rectangles."""
    return [
        (x0, y0, x1, y0 + thick),
        (x0, y1 - thick, x1, y1),
        (x0, y0, x0 + thick, y1),
        (x1 - thick, y0, x1, y1),
    ]


def black_framed(sheet: Sheet) -> None:
    """Black box in a white frame: logo, then the bar with a bold value above it."""
    rng = sheet.rng
    digit = rng.uniform(10.5, 12.5)
    u = _unit(sheet, digit)
    face = sheet.pick(digit * u, ("DejaVuSans-Bold.", "SerifB", "Bol.", "Bold"))
    high = rng.uniform(72, 84) * u
    y1 = sheet.height - round(rng.uniform(0, 4))
    y0 = y1 - round(high)
    sheet.databar = (0, y0, sheet.width, y1)
    ground = int(rng.choice([0, 0, 8]))
    sheet.rule(0, y0, sheet.width, y1, ground)
    sheet.gray = 255
    for box in _frame(0, y0, sheet.width, y1, max(1, round(rng.uniform(1, 2) * u))):
        sheet.rule(*box, int(rng.choice([255, 200])))
    x = 0.015 * sheet.width
    logo = sheet.pick(0.34 * high, ("Sans",))
    x = sheet.text(x, y0 + 0.52 * high, str(rng.choice(INSTITUTES[:4])), face=logo)[2] + 18 * u
    small = sheet.pick(face.digit_px * 0.95, ("Bold", "Bol", "Sans"))
    sheet.text(0.015 * sheet.width, y0 + 0.87 * high, "www.lab.example", face=small)
    thick, tick = max(1, round(2 * u)), rng.uniform(19, 24) * u
    line = y0 + high * rng.uniform(0.46, 0.52)
    sheet.ticked(x, line, thick, tick)
    text = _value_text(sheet)
    base = line - 0.5 * tick - 2 * u - 1 - sheet.tail(text, face)
    box = sheet.value(x + rng.uniform(0, 4) * u, base, text, face=face)
    left = max(x + sheet.scale.bar_px, box[2]) + 40 * u
    _columns(sheet, left, sheet.width - 10 * u, [y0 + 0.4 * high, y0 + 0.82 * high], small)


def black_rows(sheet: Sheet) -> None:
    """Black box in a gray frame with three rows: value, bar, and another text under the bar."""
    rng = sheet.rng
    digit = rng.uniform(10, 12)
    u = _unit(sheet, digit)
    face = sheet.pick(digit * u, ("Bold", "Bol"))
    high = max(rng.uniform(62, 70) * u, 5.2 * face.digit_px)
    y1 = sheet.height
    y0 = y1 - round(high)
    sheet.databar = (0, y0, sheet.width, y1)
    sheet.rule(0, y0, sheet.width, y1, 0)
    for box in _frame(0, y0, sheet.width, y1, max(1, round(u))):
        sheet.rule(*box, 180)
    sheet.gray = 255
    left = sheet.width * rng.uniform(0.13, 0.16)
    key = sheet.pick(face.digit_px, ("Sans",))
    rows = [y0 + 0.3 * high, y0 + 0.6 * high, y0 + 0.9 * high]
    items = zeiss_items(sheet)
    for y, text in zip(rows, ("Mag", f"{rng.uniform(1, 90):.2f} KX", items[0][:9]), strict=True):
        box = sheet.text(0.012 * sheet.width, y, text, face=key)
        left = max(left, box[2] + 12 * u)
    thick, tick = max(1, round(2 * u)), min(15 * u, 0.26 * high)
    line = y0 + 0.51 * high
    sheet.ticked(left, line, thick, tick)
    box = sheet.value(left + rng.uniform(0, 6) * u, rows[0], _value_text(sheet), face=face)
    under = sheet.text(left, rows[2], f"Photo No. = {int(rng.integers(1, 9999))}", face=key)
    right = max(left + sheet.scale.bar_px, box[2], under[2]) + 20 * u
    logo = sheet.pick(0.36 * high, ("Bold", "Bol"))
    mark = str(rng.choice(INSTITUTES))
    edge = sheet.width - sheet.measure(mark, logo) - 12 * u
    if edge > right:
        sheet.text(edge, y0 + 0.65 * high, mark, face=logo)
    _columns(sheet, right, edge - 10 * u, rows, key)


def black_right(sheet: Sheet) -> None:
    """Black stripe without a frame, short bar at the right end with the value above it."""
    rng = sheet.rng
    digit = rng.uniform(11, 13)
    u = _unit(sheet, digit)
    face = sheet.pick(digit * u, _SANS)
    high = max(rng.uniform(54, 72) * u, 4.4 * face.digit_px)
    y0 = sheet.height - round(high)
    sheet.databar = (0, y0, sheet.width, sheet.height)
    sheet.rule(0, y0, sheet.width, sheet.height, int(rng.choice([0, 0, 5])))
    sheet.gray = 255
    text = _value_text(sheet)
    room = max(sheet.scale.bar_px, sheet.measure(text, face)) + 14 * u
    x = min(sheet.width * rng.uniform(0.85, 0.9), sheet.width - room)
    thick, tick = max(1, round(2 * u)), min(20 * u, 0.36 * high)
    line = y0 + 0.74 * high
    sheet.ticked(x, line, thick, tick)
    shift = rng.uniform(-6, 2) * u
    base = line - 0.5 * tick - 3 * u - sheet.tail(text, face)
    box = sheet.value(x + shift, base, text, face=face)
    ys = [y0 + 0.42 * high, y0 + 0.85 * high]
    small = sheet.pick(face.digit_px, _SANS)
    start = sheet.width * rng.uniform(0.01, 0.05)
    _columns(sheet, start, min(x, box[0]) - 14 * u, ys, small)
    if rng.random() < 0.2:
        sheet.gray = 150
        sheet.text(
            0.02 * sheet.width, y0 - 8 * u, f"Depth = {rng.uniform(1, 9):.2f} µm", face=small
        )


def bar_range(width: int) -> tuple[float, float]:
    """Return the shortest and the longest bar in pixels that a stripe of this width takes."""
    return max(26.0, 0.03 * width), 0.16 * width
