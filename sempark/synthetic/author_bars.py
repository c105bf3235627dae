"""Scale bars drawn into the picture by authors, as papers and reports show them.

In: a `Sheet` whose canvas is the picture. Out: the sheet, drawn on.

Place, shape, color, font and the side of the text are drawn at random with the shares counted in
published figures: most stand at the bottom right, are filled, white, with a centered text.
"""

from sempark.synthetic.lettering import Face
from sempark.synthetic.sheet import Box, Sheet, length_text

_PLACES = (("right", "bottom", 0.6), ("left", "bottom", 0.25), ("middle", "bottom", 0.05))
_OTHERS = (("left", "top"), ("right", "top"))


def author(sheet: Sheet) -> None:
    """Bar and value burned into the picture, with or without a box behind them."""
    rng = sheet.rng
    low = max(9.0, 0.02 * sheet.height)
    face = sheet.pick(rng.uniform(low, max(low + 4, 0.05 * sheet.height)))
    face = Face(face.path, face.digit_px, 1.0, True)
    micro = str(rng.choice(["µ", "μ", "µ", "u"], p=[0.5, 0.3, 0.16, 0.04]))
    text = length_text(sheet.scale.value, sheet.scale.unit, bool(rng.random() > 0.15), micro)
    shape = str(rng.choice(["block", "block", "block", "line", "ticked", "dimension"]))
    thick = int(max(2, rng.lognormal(1.6, 0.5))) if shape == "block" else int(rng.integers(2, 4))
    side = "above" if rng.random() < 0.55 else "below"
    if shape == "dimension":
        side = "above"
    gap = rng.uniform(0.3, 0.7) * face.digit_px + 1
    tall = face.digit_px * 1.3 + gap + max(thick, _tick(shape, face))
    wide = max(sheet.scale.bar_px, sheet.measure(text, face))
    x, y = _corner(sheet, wide, tall)
    _paper(sheet, (round(x), round(y), round(x + wide), round(y + tall)), face)
    shift = rng.choice([0.5, 0.5, 0.5, 0.0, 1.0])
    start = round(x + shift * (wide - sheet.scale.bar_px))
    tick = _tick(shape, face)
    if side == "above":
        baseline, line = y + 1.05 * face.digit_px, y + 1.3 * face.digit_px + gap + tick / 2
    else:
        baseline, line = y + tall - 0.25 * face.digit_px, y + max(thick, tick) / 2
    _bar(sheet, shape, start, line, thick, tick)
    anchor = {0.0: "l", 0.5: "m", 1.0: "r"}[float(shift)]
    at = start + shift * sheet.scale.bar_px
    sheet.value(at, baseline, text, anchor, face)


def _tick(shape: str, face: Face) -> float:
    """Return the height of the end ticks in pixels."""
    return 0.8 * face.digit_px if shape in ("ticked", "dimension") else 0.0


def _bar(sheet: Sheet, shape: str, start: int, line: float, thick: int, tick: float) -> None:
    if shape in ("ticked", "dimension"):
        sheet.ticked(start, line, thick, tick)
    else:
        sheet.block(start, line - thick / 2, thick)


def _corner(sheet: Sheet, wide: float, tall: float) -> tuple[float, float]:
    """Choose where the bar's box begins."""
    rng = sheet.rng
    sides = [p[:2] for p in _PLACES] + list(_OTHERS)
    column, row = sides[int(rng.choice(5, p=[0.6, 0.25, 0.05, 0.05, 0.05]))]
    pad = 0.01 * sheet.width + rng.uniform(0, 0.07) * sheet.width
    edge = 0.01 * sheet.height + rng.uniform(0, 0.07) * sheet.height
    x = {"left": pad, "right": sheet.width - wide - pad, "middle": (sheet.width - wide) / 2}[column]
    y = {"bottom": sheet.height - tall - edge, "top": edge}[row]
    return max(2.0, x), max(2.0, y)


def _paper(sheet: Sheet, box: Box, face: Face) -> None:
    """Choose ink and paper; without paper the ink is the one that stands out there."""
    rng = sheet.rng
    pad = round(rng.uniform(0.4, 1.0) * face.digit_px)
    x0, y0, x1, y1 = box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad
    kind = str(rng.choice(["none", "black", "white", "gray"], p=[0.6, 0.2, 0.14, 0.06]))
    if kind == "none":
        part = sheet.canvas[max(0, y0) : y1, max(0, x0) : x1]
        level = float(part.mean()) if part.size else 128.0
        sheet.gray = 0 if level > 150 else 255
        if (level > 100 and sheet.gray == 255) or (level < 190 and sheet.gray == 0):
            # too little contrast for a reader: authors then darken or lighten what is behind
            target = 0.45 if sheet.gray == 255 else 1.0
            shade = part.astype(float) * target + (0 if sheet.gray == 255 else 60)
            sheet.canvas[max(0, y0) : y1, max(0, x0) : x1] = shade.clip(0, 255).astype("uint8")
        return
    paper = {"black": 0, "white": 255, "gray": 90}[kind]
    # red on white and yellow on black are gray here, as a decoder makes them
    sheet.gray = int(rng.choice([0, 0, 0, 76] if kind == "white" else [255, 255, 255, 226]))
    if rng.random() < 0.1:
        sheet.rule(x0 - 2, y0 - 2, x1 + 2, y1 + 2, sheet.gray)
    sheet.rule(x0, y0, x1, y1, paper)
    sheet.databar = (max(0, x0), max(0, y0), min(x1, sheet.width), min(y1, sheet.height))
