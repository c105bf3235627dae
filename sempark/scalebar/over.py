"""Proposals over a picture: the texts beside one stroke of it, cut out or read through it.

In: a stroke with the ink around it, seen in several ways. Out: proposals, first of the texts that
can be cut out in one look or another; where none is clear, of the rows around it as the strip
reader reads them (`rows`). What a stroke that may be a part of the picture must show is here.
"""

import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import beside, overlay, readers, rows, strips
from sempark.scalebar import rest as without
from sempark.scalebar import text as texts
from sempark.scalebar.beside import Proposal
from sempark.scalebar.overlay_ink import Seen
from sempark.scalebar.spelling import Spelling

MAX_TEXTS = 3  # of the rows around a stroke
NEAR = 4  # px: so near two looks see the same text
CLEAR = 0.9  # of a text: from there on no other look at the same place
SURELY = 0.3  # and from there on a narrower part of it is none
BEYOND = 20.0, 0.2  # gray levels, or of a stroke's contrast: so far may its text's ink be beyond it
THIN_BEYOND = 0.6, 0.45  # of a thin stroke's, and of one that is just not too high for one
AROUND = 0.6  # of a text's height: so much room beside it is looked at once more
DENIAL = 0.9  # of 214 drawn texts' own scales none was denied by 0.5 or more, three wrong by 0.98
MOST_BEYOND = 0.004  # of a text's box; of 182 drawn ones beside their own bars 0.0005 at most


def proposals(seen: Seen) -> list[Proposal]:
    """Spell the texts beside one stroke of the picture, in one look after another."""
    drawn = overlay.bar(seen)
    if drawn is None:
        return []
    (x, y), bar = drawn
    found: list[Proposal] = []
    lost: list[Proposal] = []
    for marks, others in seen.for_texts():
        own = bar.moved(x - marks.origin[0], y - marks.origin[1])
        if min(own.x0, own.y0) >= 0:
            made = beside.proposals([(marks, own)], None) or ()
            whole = [beside.whole(p, others.mask, others.origin) for p in made]
            lost += [p for p, w in zip(made, whole, strict=True) if not w]
            held = [p for p, w in zip(made, whole, strict=True) if w and _of_one_color(p, seen)]
            found += [p for p in held if not _otherwise(p, seen)]
        # what one look shows before a text, another must see clearly to leave it out
        found = [p for p in found if _clear(p) or not any(_same(p, q) for q in lost)]
        if any(map(_clear, found)):
            break
    # what is seen less well may be a part of the same text
    found = [p for p in found if not any(_part(p, q) for q in found)]
    if not any(map(_clear, found)):
        found += _in_rows(seen, bar.moved(x - seen.full.origin[0], y - seen.full.origin[1]))
    return found


def _in_rows(seen: Seen, bar: bars.Bar) -> list[Proposal]:
    """Read the rows around a bar in a picture whose texts cannot be cut out."""
    if min(bar.x0, bar.y0) < 0:
        return []
    looks = [without.erase(ink, bar) for ink in (seen.lifted, seen.full, seen.faint, seen.strict)]
    found = []
    for text in rows.texts(seen.full.contrast, bar, looks, seen.full.picture_width)[:MAX_TEXTS]:
        piece, word = text.piece, text.word
        near = seen.full.contrast[max(0, piece.y0) : piece.y1, max(0, piece.x0) : piece.x1]
        clean = np.pad(near.astype(np.float32) * np.float32(1 / 255), texts.ROOM)
        spelt = Spelling(word.text, word.confidence, 0, clean.shape[1])
        spelled = readers.Spelled(spelt, "strips")
        made = Proposal(seen.full.origin, bar, piece, word.scale, spelled, clean, None, piece.x0)
        if beside.possible(made, seen.full.picture_width) and _of_one_color(made, seen):
            found.append(made)
    return found


def _otherwise(proposal: Proposal, seen: Seen) -> bool:
    """Tell whether the picture itself, nothing cut out, surely shows another scale there.

    What is cut out may lack the faint strokes of a letter: a 4 without its oblique is a 1.
    """
    piece, near = proposal.piece, seen.full.contrast
    dx, dy = (a - b for a, b in zip(proposal.origin, seen.full.origin, strict=True))
    room = round(AROUND * (piece.y1 - piece.y0))
    columns = max(0, piece.x0 + dx - room), min(near.shape[1], piece.x1 + dx + room)
    strip = strips.cut(near, columns[0], piece.y0 + dy, columns[1], piece.y1 + dy)
    words = strips.words(strip) if strip is not None else []
    return any(w.confidence >= DENIAL and w.scale != proposal.scale for w in words)


def _of_one_color(proposal: Proposal, seen: Seen) -> bool:
    """Tell whether a text is no brighter, or no darker, than the stroke that may be its bar."""
    x0 = max(0, proposal.first + proposal.origin[0])
    y0 = max(0, proposal.piece.y0 - texts.ROOM + proposal.origin[1])
    part = seen.picture[y0:, x0:][: proposal.clean.shape[0], : proposal.clean.shape[1]]
    beyond = (part.astype(np.int16) - seen.stroke.level) * (1 if seen.stroke.bright else -1)
    least, share = BEYOND
    rows = seen.stroke.y1 - seen.stroke.y0
    if rows <= overlay.THIN:  # blur takes more of it than of letters
        share = THIN_BEYOND[rows == overlay.THIN]
    return float(np.mean(beyond > max(least, share * seen.stroke.contrast))) <= MOST_BEYOND


def _clear(proposal: Proposal) -> bool:
    """Tell whether a text is spelled so clearly that no other look is needed."""
    return proposal.spelling.confidence >= CLEAR


def _same(a: Proposal, b: Proposal) -> bool:
    """Tell whether two looks spell the same text at the same place."""
    starts = [(p.first + p.origin[0], p.piece.y1 + p.origin[1]) for p in (a, b)]
    near = all(abs(u - v) <= NEAR for u, v in zip(*starts, strict=True))
    return near and a.spelling.text == b.spelling.text


def _part(a: Proposal, b: Proposal) -> bool:
    """Tell whether a proposal's text is a narrower part of another's, surely spelled one."""
    left, right = (p.origin[0] + p.piece.x0 for p in (a, b))
    wide_a, wide_b = a.piece.x1 - a.piece.x0, b.piece.x1 - b.piece.x0
    tall = b.piece.y1 - b.piece.y0
    rows = abs(a.piece.y1 + a.origin[1] - b.piece.y1 - b.origin[1]) < 0.5 * tall
    inside = left >= right - 2 and left + wide_a <= right + wide_b + 2
    return rows and inside and wide_a < wide_b - 0.2 * tall and b.spelling.confidence >= SURELY
