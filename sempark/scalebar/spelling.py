"""The likeliest scale text of a line of glyphs: a best path through a small grammar.

In: atoms of a line and the probabilities of every run of atoms. Out: number, unit,
columns and the probability of the weakest glyph. The grammar: one to four digits, a dot
with one or two more, then n, µ or m, then m; other words may stand before or after,
set off by a blank.
"""

from dataclasses import dataclass

import numpy as np

from sempark.scalebar.glyphs import CLASSES, Floats, Line, Where

NO_GLYPH = 0.005  # probability under which a glyph is not there
BLANK = 0.22  # of the digit's height: gaps over it set words off
BLANK_BEFORE = 0.4  # before a value: half of "38.842 mm" is none, however its digits stand apart

_LETTERS = ("0123456789", ".", "nµm", "m")
_DIGIT, _DOT, _UNIT, _METER = range(4)
_COLUMNS = [np.array([CLASSES.index(c) for c in letters]) for letters in _LETTERS]
_NEXT: dict[str, tuple[tuple[int, str], ...]] = {
    "": ((_DIGIT, "1"),),
    "1": ((_DIGIT, "2"), (_DOT, "."), (_UNIT, "u")),
    "2": ((_DIGIT, "3"), (_DOT, "."), (_UNIT, "u")),
    "3": ((_DIGIT, "4"), (_DOT, "."), (_UNIT, "u")),
    "4": ((_UNIT, "u"),),
    ".": ((_DIGIT, "f"),),
    "f": ((_DIGIT, "g"), (_UNIT, "u")),
    "g": ((_UNIT, "u"),),
    "u": ((_METER, "end"),),
    "end": (),
}


@dataclass(frozen=True)
class Spelling:
    """A text of the form "20µm", the probability of its weakest glyph, its columns."""

    text: str
    confidence: float
    x0: int
    x1: int


def spell(line: Line, odds: Floats, where: Where) -> Spelling | None:
    """Find the likeliest scale text.

    Parameters
    ----------
    line
        Atoms and their runs.
    odds
        float32 (runs, 15), probabilities of the runs' glyphs.
    where
        Whether the text is the whole line, its start or its end.

    Returns
    -------
    Spelling or None
        None when no path goes through the grammar.
    """
    n_atoms = len(line.spans)
    if odds[:, CLASSES.index("m")].max() < NO_GLYPH or odds[:, :10].max() < NO_GLYPH:
        return None
    gaps = np.append(line.spans[1:, 0] - line.spans[:-1, 1], np.inf)
    starts = [0]
    if where == "end":
        starts += [i + 1 for i in range(n_atoms - 1) if gaps[i] >= BLANK_BEFORE * line.digit_px]
    runs: dict[int, list[tuple[int, int]]] = {}
    for number, (i, j) in enumerate(line.pairs):
        runs.setdefault(i, []).append((j, number))
    logs = np.log(np.maximum(odds, 1e-9))
    # atoms left out must look like something else than glyphs of a scale
    left_out = np.array([logs[runs[i][0][1], -1] if i in runs else 0.0 for i in range(n_atoms)])
    likeliest = [logs[:, c].argmax(axis=1) for c in _COLUMNS]
    named = [[letters[k] for k in best] for letters, best in zip(_LETTERS, likeliest, strict=True)]
    factors = [logs[:, c].max(axis=1).tolist() for c in _COLUMNS]
    best: Spelling | None = None
    best_score = -np.inf
    for start in starts:
        for stop, score, text, weakest in _paths(start, n_atoms, runs, named, factors):
            blank = bool(gaps[stop - 1] >= BLANK * line.digit_px)
            if n_atoms - stop > 1 and not (where == "start" and blank):
                continue
            score += float(left_out[:start].sum() + left_out[stop : stop + 1].sum())
            if score > best_score:
                columns = line.spans[start, 0], line.spans[stop - 1, 1] + line.scale - 1
                x0, x1 = (int(x) // line.scale for x in columns)
                best, best_score = Spelling(text, float(np.exp(weakest)), x0, x1), score
    return best


def _paths(
    start: int,
    n_atoms: int,
    runs: dict[int, list[tuple[int, int]]],
    named: list[list[str]],
    factors: list[list[float]],
) -> list[tuple[int, float, str, float]]:
    """Return the best complete path to each atom: where it stops, score, text, weakest log."""
    table: list[dict[str, tuple[float, str, float]]] = [{} for _ in range(n_atoms + 1)]
    table[start][""] = (0.0, "", 0.0)
    for i in range(start, n_atoms):
        for state, (score, text, weakest) in table[i].items():
            for kind, after in _NEXT[state]:
                for j, number in runs.get(i, ()):
                    log = factors[kind][number]
                    # a glyph of several atoms replaces several factors: count it for each
                    total = score + log * (j - i + 1)
                    old = table[j + 1].get(after)
                    if old is None or total > old[0]:
                        table[j + 1][after] = total, text + named[kind][number], min(weakest, log)
    return [(i, *cells["end"]) for i, cells in enumerate(table) if "end" in cells]
