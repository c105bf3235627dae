"""The three readers of our own on the same cuts: by letters, by lines, by strips of a picture.

In: cuts of text. Out: the spelling of the surer reader, and what the others make of the same text.
The glyph reader (`glyphs`, `spelling`) finds a value at either end of a longer text, but letters
first: where they touch or lean it fails. The line reader (`lines`) reads whole words, and is asked
where the first is not sure. The strip reader (`strips`) has learned from other drawn text, with
pictures behind it, and is asked last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sempark.scalebar import glyphs, lines, spelling, strips
from sempark.scalebar import value as values
from sempark.scalebar.glyphs import Floats, Where
from sempark.scalebar.spelling import Spelling

SURE = 0.7  # from there on no other reader is asked
DENIAL = 0.95  # of the line reader: none of 2,092 drawn lines was read wrong by it from there on
DISPUTED = 0.5  # of the line reader: from there on the strip reader does not overrule it
STRONG = 0.45, 0.9  # shares of full ink: none and all of the strongest


Reader = Literal["glyphs"] | lines.Network


@dataclass(frozen=True)
class Spelled:
    """A scale text, its columns, how sure the surer reader is, and which one that is."""

    spelling: Spelling
    by: Reader


def spelled(
    cuts: list[Floats], where: list[Where], printed: bool = True, gaps: Sequence[float] = ()
) -> list[Spelled | None]:
    """Spell cuts of one place.

    Parameters
    ----------
    cuts
        float32 (h, w) each, 0 background to 1 full ink.
    where
        Where in each the value stands.
    printed
        Whether they are of a data bar. In a picture much looks like letters: there the line reader
        alone is asked, and only about what the glyph reader can spell at all.
    gaps
        How far each lies from its bar: the others are not asked about what lies no nearer than a
        text that the glyph reader surely spells. Without them all lie as near.

    Returns
    -------
    list of Spelled or None
        None where no reader makes out a scale.
    """
    by_letters = by_glyphs(cuts, where)
    scales = [s if s is not None and values.parse(s.text) is not None else None for s in by_letters]
    gaps = gaps or [0.0] * len(cuts)
    sure = [g for s, g in zip(scales, gaps, strict=True) if s is not None and s.confidence >= SURE]
    nearest = min(sure, default=np.inf)
    networks: tuple[lines.Network, ...] = ("lines", "strips") if printed else ("lines",)
    found: list[Spelled | None] = []
    for cut, place, letters, scale, gap in zip(cuts, where, by_letters, scales, gaps, strict=True):
        best = None if scale is None else Spelled(scale, "glyphs")
        asked = gap < nearest and (printed or letters is not None)
        columns = None if letters is None else (letters.x0, letters.x1)
        for network in networks if asked else ():
            whole = by_line(cut, place, network, columns)
            if whole is None or (best is not None and _disputed(best, whole)):
                continue
            if best is None or whole.confidence > best.spelling.confidence:
                best = Spelled(whole, network)
            if best is not None and best.spelling.confidence >= SURE:
                break
        found.append(best)
    return found


def _disputed(best: Spelled, whole: Spelling) -> bool:
    """Tell whether the line reader has read another scale, and is more sure than not."""
    said = best.by == "lines" and best.spelling.confidence >= DISPUTED
    return said and values.parse(best.spelling.text) != values.parse(whole.text)


def by_glyphs(cuts: list[Floats], where: list[Where]) -> list[Spelling | None]:
    """Spell all cuts with one pass of the glyph reader's network."""
    segmented = [glyphs.segment(cut, place) for cut, place in zip(cuts, where, strict=True)]
    frames = [line.frames for line in segmented if line is not None]
    if not frames:
        return [None] * len(cuts)
    odds = glyphs.probabilities(np.concatenate(frames))
    found: list[Spelling | None] = []
    at = 0
    for line, place in zip(segmented, where, strict=True):
        if line is None:
            found.append(None)
            continue
        stop = at + len(line.pairs)
        found.append(spelling.spell(line, odds[at:stop], place))
        at = stop
    return found


def by_line(
    cut: Floats,
    where: Where = "whole",
    network: lines.Network = "lines",
    columns: tuple[int, int] | None = None,
) -> Spelling | None:
    """Spell a cut with the line reader or the strip reader; None where it is no scale.

    At the start or end of a longer text its first or last words are read: one, two, all; and what
    stands in some columns, where those are given.
    """
    inked = np.flatnonzero((cut > lines.INK).any(axis=0))
    rows = np.flatnonzero((cut > lines.INK).any(axis=1))
    if not inked.size:
        return None
    gaps = np.flatnonzero(np.diff(inked) > spelling.BLANK_BEFORE * (rows[-1] - rows[0] + 1))
    spans = [(inked[0], inked[-1])]
    if where == "start":
        spans += [(inked[0], inked[gap]) for gap in gaps[:2]]
    elif where == "end":
        spans += [(inked[gap + 1], inked[-1]) for gap in gaps[-2:]]
    if columns is not None and where != "whole":
        spans.append((columns[0], columns[1] - 1))
    found = [_line(cut, int(first), int(last) + 1, network) for first, last in spans]
    return max((f for f in found if f is not None), key=lambda f: f.confidence, default=None)


def _line(cut: Floats, x0: int, x1: int, network: lines.Network) -> Spelling | None:
    """Spell some columns of a cut with a reader of lines."""
    part = cut[:, x0:x1]
    line = lines.normalized(part) if network == "lines" else strips.of_cut(part)
    if line is None:
        return None
    odds = lines.log_odds(line, network)
    text = lines.read(odds)
    if values.parse(text) is None:
        return None
    return Spelling(text, lines.probability(odds, text), x0, x1)


def otherwise(cut: Floats, made: Spelled, printed: bool = True) -> Spelled | None:
    """Return what a reader that has not spelled it surely reads as another scale.

    Over a picture, what shines through fills the gaps of letters (a 3 becomes an 8): there the line
    reader looks at the strongest ink too.
    """
    looks = [] if made.by == "lines" else [cut]
    if not printed:
        looks.append(np.clip((cut - STRONG[0]) / (STRONG[1] - STRONG[0]), 0, 1))
    by_lines = [w for w in map(by_line, looks) if w is not None and w.confidence >= DENIAL]
    scale = values.parse(made.spelling.text)
    for spelt in by_lines:
        if values.parse(spelt.text) != scale:
            return Spelled(spelt, "lines")
    # in a data bar a second reader that surely reads the same is enough
    strip = None if (printed and by_lines) or made.by == "strips" else strips.of_cut(cut)
    for word in strips.words(strip) if strip is not None else ():
        if word.confidence >= DENIAL and word.scale != scale:
            return Spelled(Spelling(word.text, word.confidence, 0, cut.shape[1]), "strips")
    return None


def line_odds(cut: Floats) -> Floats | None:
    """What the line reader sees in a cut, for `others` and `point_lost`; None where it has none."""
    line = lines.normalized(cut)
    return None if line is None else lines.log_odds(line)


def others(cut: Floats, made: Spelled, odds: Floats | None) -> tuple[float, float]:
    """How sure of the same text the two readers are that did not spell it, 0 to 1 each."""
    text = made.spelling.text
    sure = []
    if made.by != "glyphs":
        (spelt,) = by_glyphs([cut], ["whole"])
        same = spelt is not None and spelt.text == text
        sure.append(spelt.confidence if spelt is not None and same else 0.0)
    if made.by != "lines":
        sure.append(0.0 if odds is None else lines.probability(odds, text))
    if made.by != "strips":
        sure.append(strips.probability(strips.of_cut(cut), text))
    first, second = sure
    return first, second


def point_lost(odds: Floats | None, text: str) -> float:
    """How probable it is, to the line reader, that a text has a point it was not spelled with."""
    digits = len(text.rstrip("nµm"))
    if odds is None or "." in text or digits < 2:
        return 0.0
    return lines.probability(odds, f"{text[: digits - 1]}.{text[digits - 1 :]}")
