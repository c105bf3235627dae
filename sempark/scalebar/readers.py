"""The two readers of our own on the same cuts: letter by letter, and line by line.

In: cuts of text. Out: the spelling of the surer reader, and what the other makes of the same text.
The glyph reader (`glyphs`, `spelling`) finds a value at either end of a longer text, but letters
first: where they touch or lean it fails. The line reader (`lines`) reads whole words, and is asked
where the first is not sure.
"""

from dataclasses import dataclass

import numpy as np

from sempark.scalebar import glyphs, lines, spelling
from sempark.scalebar import value as values
from sempark.scalebar.glyphs import Floats, Where
from sempark.scalebar.spelling import Spelling

SURE = 0.7  # of the glyph reader: from there on the line reader is not asked about this place
DENIAL = 0.95  # of the line reader: none of 2,092 drawn lines was read wrong by it from there on
STRONG = 0.45, 0.9  # shares of full ink: none and all of the strongest


@dataclass(frozen=True)
class Spelled:
    """A scale text, its columns, how sure the surer reader is, and which one that is."""

    spelling: Spelling
    by_line: bool


def spelled(cuts: list[Floats], where: list[Where], printed: bool = True) -> list[Spelled | None]:
    """Spell cuts of one place.

    Parameters
    ----------
    cuts
        float32 (h, w) each, 0 background to 1 full ink.
    where
        Where in each the value stands.
    printed
        Whether they are of a data bar. In a picture much looks like letters: there the line reader
        is asked only about what the glyph reader can spell at all.

    Returns
    -------
    list of Spelled or None
        None where neither reader makes out a scale.
    """
    by_letters = by_glyphs(cuts, where)
    sure = any(spelt is not None and spelt.confidence >= SURE for spelt in by_letters)
    found: list[Spelled | None] = []
    for cut, place, spelt in zip(cuts, where, by_letters, strict=True):
        asked = not sure and (printed or spelt is not None)
        whole = by_line(cut, place) if asked else None
        if whole is not None and (spelt is None or whole.confidence > spelt.confidence):
            found.append(Spelled(whole, True))
        else:
            found.append(None if spelt is None else Spelled(spelt, False))
    return found


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


def by_line(cut: Floats, where: Where = "whole") -> Spelling | None:
    """Spell a cut with the line reader; None where it is no scale.

    At the start or end of a longer text its first or last words are read: one, two, all.
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
    found = [_line(cut, int(first), int(last) + 1) for first, last in spans]
    return max((f for f in found if f is not None), key=lambda f: f.confidence, default=None)


def _line(cut: Floats, x0: int, x1: int) -> Spelling | None:
    """Spell some columns of a cut with the line reader."""
    line = lines.normalized(cut[:, x0:x1])
    if line is None:
        return None
    odds = lines.log_odds(line)
    text = lines.read(odds)
    if values.parse(text) is None:
        return None
    return Spelling(text, lines.probability(odds, text), x0, x1)


def denied(cut: Floats, made: Spelled, printed: bool = True) -> bool:
    """Tell whether the line reader surely reads another scale.

    Over a picture, what shines through fills the gaps of letters (a 3 becomes an 8): there it looks
    at the strongest ink too.
    """
    looks = [] if made.by_line else [cut]
    if not printed:
        looks.append(np.clip((cut - STRONG[0]) / (STRONG[1] - STRONG[0]), 0, 1))
    scale = values.parse(made.spelling.text)
    for look in looks:
        whole = by_line(look)
        if whole and whole.confidence >= DENIAL and values.parse(whole.text) != scale:
            return True
    return False


def other(cut: Floats, made: Spelled) -> float:
    """How sure the reader is of the same text that did not spell it, 0 to 1."""
    if made.by_line:
        (spelt,) = by_glyphs([cut], ["whole"])
        same = spelt is not None and spelt.text == made.spelling.text
        return spelt.confidence if spelt is not None and same else 0.0
    line = lines.normalized(cut)
    return 0.0 if line is None else lines.probability(lines.log_odds(line), made.spelling.text)
