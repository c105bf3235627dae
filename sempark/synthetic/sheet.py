"""The sheet a data bar is drawn on: it keeps the pixels and remembers the truth.

In: a gray image, a scale and a generator. Out: after the layout's strokes, the image with its
data bar and where bar, value and data bar lie.

A layout draws with `rule`, `text`, `value` and the bars below; what a case leaves out (the bar,
the value) is left out here, so that a layout without bar differs in nothing else.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sempark.synthetic.lettering import Face, ink

Box = tuple[int, int, int, int]  # x0, y0, x1, y1; the last two are outside
NM = {"nm": 1.0, "um": 1e3, "mm": 1e6}


@dataclass(frozen=True)
class Scale:
    """What a bar says: the printed length and its pixels."""

    value: float
    unit: str
    nm_per_px: float

    @property
    def bar_px(self) -> int:
        """Length of the bar in whole pixels."""
        return max(1, round(self.value * NM[self.unit] / self.nm_per_px))


@dataclass
class Sheet:
    """An image in the making, with what has been printed on it so far."""

    canvas: NDArray[np.uint8]
    scale: Scale
    rng: np.random.Generator
    fonts: tuple[str, ...]
    omit: frozenset[str] = frozenset()
    bar: tuple[float, float, float] | None = None
    value_box: Box | None = None
    databar: Box | None = None
    printed: str = ""
    digit_px: int = 0
    font: str = ""
    face: Face = field(init=False)
    gray: int = 255

    def __post_init__(self) -> None:
        self.face = self.pick(12)

    @property
    def width(self) -> int:
        """Width of the sheet in pixels."""
        return int(self.canvas.shape[1])

    @property
    def height(self) -> int:
        """Height of the sheet in pixels."""
        return int(self.canvas.shape[0])

    def pick(self, digit_px: float, kinds: tuple[str, ...] = ()) -> Face:
        """Choose a face whose file name holds one of `kinds`, any if none does.

        Fixed-width fonts, whose zeros often have a dot, only come where asked for, or where the
        fonts given are of no other sort.
        """
        names = {f: f.rsplit("/", 1)[-1] for f in self.fonts}
        wanted = [f for f in self.fonts if any(k in names[f] for k in kinds)] or list(self.fonts)
        if "Mono" not in kinds:
            wanted = [f for f in wanted if "Mono" not in names[f]] or wanted
        stretch = float(self.rng.choice([1.0, 1.0, 1.0, 0.85, 0.92, 1.1]))
        return Face(str(self.rng.choice(wanted)), max(3, round(digit_px)), stretch)

    def one_bit(self, face: Face, share: float) -> Face:
        """Return the face without smoothing in a share of the cases; slanted ones keep theirs."""
        slanted = any(k in face.path for k in ("Obli", "Ital"))
        smooth = bool(self.rng.random() >= share) or slanted
        return Face(face.path, face.digit_px, face.stretch, smooth)

    def rule(self, x0: float, y0: float, x1: float, y1: float, gray: int | None = None) -> None:
        """Fill a rectangle; it may reach over the edges."""
        left, top = max(0, round(x0)), max(0, round(y0))
        right, bottom = max(0, round(x1)), max(0, round(y1))
        self.canvas[top:bottom, left:right] = self.gray if gray is None else gray

    def text(
        self, x: float, baseline: float, text: str, anchor: str = "l", face: Face | None = None
    ) -> Box:
        """Write text from ("l"), around ("m") or up to ("r") x; returns the box of its ink."""
        drawn = ink(text, face or self.face)
        h, w = drawn.coverage.shape
        left = round(x) - {"l": 0, "m": w // 2, "r": w}[anchor]
        top = round(baseline) - drawn.baseline
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self.width, left + w), min(self.height, top + h)
        if x0 < x1 and y0 < y1:
            part = self.canvas[y0:y1, x0:x1].astype(np.float32)
            cover = drawn.coverage[y0 - top : y1 - top, x0 - left : x1 - left] / np.float32(255)
            blend = part + cover * (self.gray - part)
            self.canvas[y0:y1, x0:x1] = np.round(blend).astype(np.uint8)
        return left, top, left + w, top + h

    def measure(self, text: str, face: Face | None = None) -> int:
        """Return the width of text in pixels."""
        return int(ink(text, face or self.face).coverage.shape[1])

    def tail(self, text: str, face: Face | None = None) -> int:
        """Return how many rows of a text lie below its baseline."""
        drawn = ink(text, face or self.face)
        return max(0, int(drawn.coverage.shape[0]) - drawn.baseline)

    def value(
        self, x: float, baseline: float, text: str, anchor: str = "l", face: Face | None = None
    ) -> Box:
        """Write the bar's value and remember it; left out if the case says so."""
        face = face or self.face
        if "value" in self.omit:
            w = self.measure(text, face)
            left = round(x) - {"l": 0, "m": w // 2, "r": w}[anchor]
            return left, round(baseline) - face.digit_px, left + w, round(baseline)
        self.value_box = self.text(x, baseline, text, anchor, face)
        self.printed, self.digit_px, self.font = text, face.digit_px, face.path
        return self.value_box

    def mark(self, x0: float, x1: float, y: float) -> bool:
        """Remember a bar between the nominal ends x0 and x1; False if it is to be left out."""
        if "bar" in self.omit:
            return False
        self.bar = (float(x0), float(x1), float(y))
        return True

    def ticked(self, x0: float, y: float, thick: int, tick: float, up: float = 0.5) -> None:
        """Draw a line with end ticks of height `tick`, of which the share `up` is above y."""
        x0, x1 = round(x0), round(x0) + self.scale.bar_px
        if not self.mark(x0, x1, y):
            return
        top = round(y) - thick // 2
        self.rule(x0 - thick // 2, top, x1 - thick // 2 + thick, top + thick)
        for x in (x0, x1):
            left = x - thick // 2
            self.rule(left, round(y - up * tick), left + thick, round(y + (1 - up) * tick))

    def block(self, x0: float, y0: float, high: float) -> None:
        """Draw a filled bar: its nominal length is its whole width."""
        x0 = round(x0)
        if self.mark(x0, x0 + self.scale.bar_px, y0 + high / 2):
            self.rule(x0, y0, x0 + self.scale.bar_px, y0 + max(1, high))


def length_text(value: float, unit: str, blank: bool = True, micro: str = "µ") -> str:
    """Return a printed length such as "2 µm", "0.5µm" or "500 nm"."""
    return f"{value:g}{' ' if blank else ''}{unit.replace('u', micro)}"
