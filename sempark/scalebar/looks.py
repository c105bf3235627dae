"""Second looks at proposed values: how sure each one is once all readers have looked.

In: proposals. Out: 0 to 1 each. Two readers look: the glyph reader, and Tesseract at up to three
enlargements; where Tesseract makes out nothing, or a number alone, the glyph reader looks again at
another size, and where it makes out other scales only nothing helps. What is unsure is not read: a
wrong scale is far worse than none.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from sempark.scalebar import glyphs, ocr, spelling
from sempark.scalebar import text as texts
from sempark.scalebar import value as values
from sempark.scalebar.proposal import Proposal

MIN_SURE = 0.3
MIN_SURE_RARE = 0.7  # for numbers rare on scale bars: 6, 7, 8, 9, 15
MIN_SURE_OVER = 0.7  # for texts over a picture where the engine's first look does not agree
SIZES_PX = (40, 28, 54)  # heights of the text for the engine: first look, second looks
SECOND_LOOK = 0.8  # what agreement of the second call counts against the first's
HALF_LOOK = 0.75  # what the glyph reader's agreement with itself counts, and the engine's number
OWN_LOOK = 0.7  # what the first alone counts
MIN_ALONE = 0.7  # weakest glyph of both its spellings where the engine reads nothing
SECOND_INK = 0.58


def sureness(proposals: Sequence[Proposal], engine: ocr.Engine = "tesseract") -> list[float]:
    """Take a second look at every proposal.

    One engine call reads all; a second one, at other sizes, only those where the first
    does not agree. Where the engine makes out no scale at all, the glyph reader looks again.

    Parameters
    ----------
    proposals
        Of any number of pictures.
    engine
        Which Tesseract.

    Returns
    -------
    list of float
        0 to 1 each, 0 where no second look agrees.

    Raises
    ------
    EngineError
        When Tesseract is missing, fails or hangs.
    """
    # what is spelled too weakly no look makes sure
    asked = [i for i, p in enumerate(proposals) if p.spelling.confidence >= least(p)]
    crops = [texts.enlarge(proposals[i].clean, SIZES_PX[0]) for i in asked]
    seen: list[list[str]] = [[] for _ in proposals]
    for i, t in zip(asked, ocr.read_lines(crops, 7, engine), strict=True):
        seen[i].append(t)
    still_open = [i for i in asked if values.parse(seen[i][0]) != proposals[i].scale]
    crops = [texts.enlarge(proposals[i].clean, px) for px in SIZES_PX[1:] for i in still_open]
    for k, t in enumerate(ocr.read_lines(crops, 7, engine)):
        seen[still_open[k % len(still_open)]].append(t)
    sure = [0.0] * len(proposals)
    for i in asked:
        sure[i] = proposals[i].spelling.confidence
    for i in still_open:
        sure[i] = _after_more_looks(proposals[i], seen[i])
    return sure


def least(proposal: Proposal) -> float:
    """Return how sure a proposal must at least be to count."""
    return MIN_SURE if proposal.scale.common else MIN_SURE_RARE


def _after_more_looks(proposal: Proposal, seen: list[str]) -> float:
    """Weigh the readers where the engine's first look does not agree."""
    scales = [values.parse(text) for text in seen]
    if proposal.scale in scales:
        share = SECOND_LOOK
    elif any(scales) or _spelled_again(proposal) < MIN_ALONE:
        return 0.0
    else:  # a micro sign is often lost on the engine
        numbers = [values.leading_number(text) for text in seen]
        share = HALF_LOOK if proposal.scale.value in numbers else OWN_LOOK
    sure = share * proposal.spelling.confidence
    return sure if proposal.box is not None or sure >= MIN_SURE_OVER else 0.0


def _spelled_again(proposal: Proposal) -> float:
    """Spell a text at another size and binarization; return how sure both spellings are."""
    size = (round(1.6 * proposal.clean.shape[1]), round(1.6 * proposal.clean.shape[0]))
    larger = np.clip(cv2.resize(proposal.clean, size, interpolation=cv2.INTER_CUBIC), 0, 1)
    line = glyphs.segment(larger, threshold=SECOND_INK)
    if line is None:
        return 0.0
    spelt = spelling.spell(line, glyphs.probabilities(line.frames), "whole")
    if spelt is None or spelt.text != proposal.spelling.text:
        return 0.0
    return min(spelt.confidence, proposal.spelling.confidence)
