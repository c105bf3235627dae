"""Data bars that the scale reader was not tuned on: a test of what it makes of strange ones.

In: a `Sheet` whose canvas is the picture. Out: the sheet, drawn on.

They mix what the known makers do in other ways: dots for a ruler, a bar between two texts, a
stripe at the top, a box in the corner. They were drawn after the reader's last change.
"""

from sempark.synthetic.captions import date, distance, magnification, name, volts
from sempark.synthetic.lettering import Face
from sempark.synthetic.sheet import Sheet, length_text


def _text(sheet: Sheet, blank: bool) -> str:
    return length_text(sheet.scale.value, sheet.scale.unit, blank, "µ")


def _face(sheet: Sheet, low: float, high: float, reference: float) -> tuple[Face, float]:
    """Choose a face, and how much larger than at the reference width things are."""
    digit = sheet.rng.uniform(low, high)
    u = max(sheet.width / reference, 9.5 / digit)
    return sheet.pick(digit * u), u


def _words(sheet: Sheet, words: list[str], x: float, right: float, baseline: float) -> float:
    """Write words from x as far as there is room; return where they end."""
    for word in words:
        if x + sheet.measure(word) > right:
            break
        x = sheet.text(x, baseline, word)[2] + 1.6 * sheet.face.digit_px
    return x


def _captions(sheet: Sheet) -> list[str]:
    rng = sheet.rng
    times = f"x{max(10, round(magnification(sheet), -1)):.0f}"
    words = [volts(rng), f"WD {distance(rng)}", times, date(rng), name(rng), "SE", "HiVac"]
    rng.shuffle(words)
    return words


def dotted(sheet: Sheet) -> None:
    """Black stripe, a ruler of eleven square dots over its value at the right end."""
    rng = sheet.rng
    sheet.face, u = _face(sheet, 12, 16, 1024)
    high = round(max(rng.uniform(50, 64) * u, 3.6 * sheet.face.digit_px))
    y0 = sheet.height - high
    sheet.databar = (0, y0, sheet.width, sheet.height)
    sheet.rule(0, y0, sheet.width, sheet.height, int(rng.choice([0, 12, 30])))
    sheet.gray = 255
    side = max(3, round(4 * u))
    step = max(2 * side + 1, round(sheet.scale.bar_px / 10))
    length, right = sheet.scale.bar_px, sheet.width - rng.uniform(10, 40) * u
    x, y = round(right - max(length, sheet.measure(_text(sheet, True)))), y0 + 0.22 * high
    if step * 10 <= length + 10 and sheet.mark(x, x + length, y + side / 2):
        for k in range(11):
            left = x + k * length / 10 - side / 2
            sheet.rule(left, y, left + side, y + side)
    baseline = y0 + 0.86 * high
    sheet.value(x + length / 2, baseline, _text(sheet, True), "m")
    _words(sheet, _captions(sheet), 0.02 * sheet.width, x - 30 * u, y0 + 0.6 * high)


def between(sheet: Sheet) -> None:
    """White or black stripe, one row: words, value, bar with ticks, words."""
    rng = sheet.rng
    sheet.face, u = _face(sheet, 11, 15, 1024)
    high = round(max(rng.uniform(34, 44) * u, 2.6 * sheet.face.digit_px))
    y0 = sheet.height - high
    sheet.databar = (0, y0, sheet.width, sheet.height)
    paper = int(rng.choice([0, 20, 255]))
    sheet.rule(0, y0, sheet.width, sheet.height, paper)
    sheet.gray = 255 if paper < 100 else 0
    baseline = y0 + 0.5 * high + 0.5 * sheet.face.digit_px
    words = _captions(sheet)
    x = _words(sheet, words[:2], 0.02 * sheet.width, 0.45 * sheet.width, baseline) + 24 * u
    thick = max(1, round(2 * u))
    sheet.ticked(x, y0 + 0.5 * high, thick, 0.8 * sheet.face.digit_px)
    box = sheet.value(x + sheet.scale.bar_px + 8 * u, baseline, _text(sheet, False))
    _words(sheet, words[2:], box[2] + 40 * u, 0.99 * sheet.width, baseline)


def cornered(sheet: Sheet) -> None:
    """White box in the lower right corner: value over a thick bar; words at the left, no box."""
    rng = sheet.rng
    sheet.face, u = _face(sheet, 13, 18, 1024)
    text, length = _text(sheet, True), sheet.scale.bar_px
    wide = max(length, sheet.measure(text)) + 24 * u
    high = 3.2 * sheet.face.digit_px
    x0, y0 = round(sheet.width - wide), round(sheet.height - high)
    sheet.databar = (x0, y0, sheet.width, sheet.height)
    sheet.rule(x0, y0, sheet.width, sheet.height, int(rng.choice([255, 240])))
    sheet.gray = 0
    start = round(x0 + (wide - length) / 2)
    thick = round(rng.uniform(4, 8) * u)
    sheet.block(start, y0 + 0.78 * high - thick / 2, thick)
    sheet.value(start + length / 2, y0 + 0.48 * high, text, "m")


def on_top(sheet: Sheet) -> None:
    """Dark stripe in the lower part with a bracket open below, the value under its middle."""
    rng = sheet.rng
    sheet.face, u = _face(sheet, 11, 15, 1024)
    high = round(max(rng.uniform(56, 70) * u, 4 * sheet.face.digit_px))
    y0 = sheet.height - high
    sheet.databar = (0, y0, sheet.width, sheet.height)
    sheet.rule(0, y0, sheet.width, sheet.height, int(rng.choice([0, 40, 70])))
    sheet.gray = int(rng.choice([255, 230]))
    length = sheet.scale.bar_px
    x = rng.uniform(0.3, 0.55) * sheet.width
    thick = max(1, round(2 * u))
    sheet.ticked(x, y0 + 0.2 * high, thick, 0.3 * high, 0.0)
    sheet.value(x + length / 2, y0 + 0.85 * high, _text(sheet, True), "m")
    words = _captions(sheet)
    _words(sheet, words[:3], 0.02 * sheet.width, x - 40 * u, y0 + 0.45 * high)
    right = max(x + length, x + length / 2 + sheet.measure(_text(sheet, True)) / 2)
    _words(sheet, words[3:], right + 40 * u, 0.99 * sheet.width, y0 + 0.45 * high)
