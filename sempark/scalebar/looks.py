"""Second looks at proposed values: how sure each one is once all readers have looked.

In: proposals. Out: 0 to 1 each. Beside the reader that spelled a value Tesseract looks, at up to
three enlargements; where it does not agree, another of our own readers must, and the more so where
Tesseract makes out another scale. What is unsure is not read: a wrong scale is far worse than
none.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from sempark.scalebar import ocr, readers
from sempark.scalebar import text as texts
from sempark.scalebar import value as values
from sempark.scalebar.beside import Proposal

MIN_SURE = 0.3
MIN_SURE_RARE = 0.7  # for numbers rare on scale bars: 6, 7, 8, 9, 15
MIN_SURE_OVER = 0.7  # for texts over a picture
SIZES_PX = (40, 28, 54)  # heights of the text for the engine: first look, second looks
SECOND_LOOK = 0.8  # what agreement of the second call counts against the first's
HALF_LOOK = 0.75  # what agreement of two of our own readers counts, and the engine's number
OWN_LOOK = 0.71  # what the first alone counts
MIN_BOTH = 0.5  # how sure both must be where the engine makes out no scale
AGAINST = 0.9  # and where it makes out another, or the text stands over a picture
MIN_EACH = 0.85  # how sure each must be where all three read the same over a picture
MIN_LINE, MIN_STRIP = 0.96, 0.98  # how sure that reader must be where it is the only one
POINT_LOST = 0.05  # how probable a point must not be that was not spelled
_CROSSED = re.compile("[0-9][hkmnruvwx][0-9]")  # a letter that no digit is read as, in a number


def judged(
    proposals: Sequence[Proposal], engine: ocr.Engine = "tesseract"
) -> list[tuple[Proposal, float]]:
    """Take a second look at every proposal.

    One engine call reads all; a second one, at other sizes, only those where the first
    does not agree. Where it does not agree then either, our own other readers are asked.

    Parameters
    ----------
    proposals
        Of any number of pictures.
    engine
        Which Tesseract.

    Returns
    -------
    list of (Proposal, float)
        Each, with what the line reader reads in place of the glyph reader's where that is surely
        another scale, and how sure it is: 0 to 1, 0 where no second look agrees.

    Raises
    ------
    EngineError
        When Tesseract is missing, fails or hangs.
    """
    # what is spelled too weakly, or otherwise by another reader, no look makes sure
    taken = [_undenied(p) if p.spelling.confidence >= least(p) else None for p in proposals]
    asked = {i: p for i, p in enumerate(taken) if p is not None}
    crops = [texts.enlarge(p.clean, SIZES_PX[0]) for p in asked.values()]
    seen = {i: [t] for i, t in zip(asked, ocr.read_lines(crops, 7, engine), strict=True)}
    still_open = [i for i, p in asked.items() if not _agreed(p, seen[i][0])]
    crops = [texts.enlarge(asked[i].clean, px) for px in SIZES_PX[1:] for i in still_open]
    for k, t in enumerate(ocr.read_lines(crops, 7, engine)):
        seen[still_open[k % len(still_open)]].append(t)
    found = []
    for i, proposal in enumerate(proposals):
        sure = asked[i].spelling.confidence if i in asked else 0.0
        if i in asked and len(seen[i]) > 1:
            sure = _after_more_looks(asked[i], seen[i])
        found.append((asked.get(i, proposal), sure))
    return found


def _undenied(proposal: Proposal) -> Proposal | None:
    """Return a proposal that no reader denies: it, or what the line reader surely reads there."""
    printed = proposal.box is not None
    found = readers.otherwise(proposal.clean, proposal.spelled, printed)
    if found is None:
        return proposal
    if proposal.spelled.by != "glyphs" or found.by != "lines" or not printed:
        return None
    scale = values.parse(found.spelling.text)  # the glyph reader has lost a narrow point
    denied = readers.otherwise(proposal.clean, found, printed) is not None
    return None if scale is None or denied else replace(proposal, scale=scale, spelled=found)


def least(proposal: Proposal) -> float:
    """Return how sure a proposal must at least be to count."""
    return MIN_SURE if proposal.scale.common else MIN_SURE_RARE


def _agreed(proposal: Proposal, said: str) -> bool:
    """Tell whether the engine's first look is enough; over a picture not for what is unsure."""
    enough = proposal.box is not None or proposal.spelling.confidence >= MIN_SURE_OVER
    return enough and values.parse(said) == proposal.scale


def _after_more_looks(proposal: Proposal, seen: list[str]) -> float:
    """Weigh the readers where the engine's first look does not agree."""
    scales = [values.parse(text) for text in seen]
    against = any(scale not in (None, proposal.scale) for scale in scales)
    if _firmly_another(proposal, scales) or any(map(_CROSSED.search, seen)):
        return 0.0
    odds = readers.line_odds(proposal.clean)
    if readers.point_lost(odds, proposal.spelling.text) >= POINT_LOST:
        return 0.0
    others = readers.others(proposal.clean, proposal.spelled, odds)
    sure = max(proposal.spelling.confidence, *others)
    both = sorted((proposal.spelling.confidence, *others))[1]  # two at least are as sure
    all_three = min(proposal.spelling.confidence, *others) >= MIN_EACH
    all_three &= proposal.box is None and not against  # all may lose a printed text's faint point
    if proposal.scale in scales:  # a faint point may be lost on the engine and one reader
        needed = AGAINST if proposal.spelled.by != "glyphs" else 0.0
        sure = 0.0 if sure < needed or (against and both < needed) else SECOND_LOOK * sure
    else:  # a micro sign is often lost on the engine
        number = proposal.scale.value in [values.leading_number(text) for text in seen]
        repaired = proposal.scale in [values.repaired(text) for text in seen]
        # where the engine sees a gap between digits there may be a faint point; a digit before the
        # last m is a micro sign
        gap = "[0-9] [0-9]" if both < MIN_STRIP else "[0-9] [0-9](?!m)"
        if any(re.search(gap, text) for text in seen):
            return 0.0
        if repaired and sure >= AGAINST and not against:
            sure *= SECOND_LOOK
        elif all_three or _own_readers_suffice(
            proposal, both, number, against, any(_other_unit(proposal, text) for text in seen)
        ):
            sure *= HALF_LOOK if number or all_three or both >= AGAINST else OWN_LOOK
        else:
            return 0.0
    return sure if proposal.box is not None or sure >= MIN_SURE_OVER else 0.0


def _firmly_another(proposal: Proposal, scales: list[values.Scale | None]) -> bool:
    """Tell whether the engine reads one other number at two sizes or more, but for a lost point.

    Our own readers have learned from the same fonts: of a digit unlike any of theirs all may be
    wrong, as of a 3 with a flat top.
    """
    point_lost = float(re.sub("[^0-9]", "", proposal.spelling.text))
    same = proposal.scale.value, point_lost
    others = [s.value for s in scales if s is not None and s.value not in same]
    return any(others.count(value) > 1 for value in others)


def _other_unit(proposal: Proposal, said: str) -> bool:
    """Tell whether what the engine reads after a number begins as another unit does."""
    match = re.match(r"\s*[0-9.,OoIl|]+[^a-z]*([a-z])", said)
    # a micro sign may be lost
    return match is not None and match[1] == {"nm": "m", "um": "n", "mm": "n"}[proposal.scale.unit]


def _own_readers_suffice(
    proposal: Proposal, both: float, number: bool, against: bool, other_unit: bool
) -> bool:
    """Tell whether they are sure enough where the engine makes out the number at most.

    More is wanted against another scale of its, and over a picture, where all readers see the same
    gaps of letters filled.
    """
    by, own = proposal.spelled.by, proposal.spelling.confidence
    line, strip = by == "lines" and own >= MIN_LINE, by == "strips" and own >= MIN_STRIP
    if against:
        return both >= AGAINST
    if proposal.box is None:  # the strip reader has learned what a picture looks like
        if by == "strips" and number and not other_unit:
            return True  # its unit alone is not confirmed, of which it must be sure
        return both >= AGAINST or strip or (line and number)
    # who fails on letters that touch says nothing against the line reader, but the two readers of
    # lines may both lose a faint foot of a micro sign, or a point
    return both >= (MIN_BOTH if by == "glyphs" else MIN_STRIP) or line
