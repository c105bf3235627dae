"""Scores of clusterings by their number of clusters, and which of them is best.

In: arrays of k and NMI. Out: the best clustering of a space, and the references beside it.

NMI rises with k even for labels given out at random (figure 4.3 of the thesis), so the best
clustering is the one farthest above that, not the one with the highest score.

Source: sections 4.3 and 4.4 of the thesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REFERENCES = {
    "reference_refined": ("best refinement", (0, (6, 2))),
    "reference_uniform": ("expected of uniform labels", (0, (2, 2))),
    "reference_orthogonal": ("orthogonal labels", (0, (6, 2, 1, 2))),
}
"""Name and dashes of each reference curve."""


@dataclass(frozen=True)
class Curve:
    """NMI of one method in one space.

    Attributes
    ----------
    space, method : str
    k : float64 (m,)
        Ascending numbers of clusters; a single one for a flat partition.
    nmi : float64 (m,)
        May hold NaN where a reference is not defined.
    """

    space: str
    method: str
    k: Floats
    nmi: Floats


@dataclass(frozen=True)
class Best:
    """The clustering farthest above what uniform labels would score at its k.

    Attributes
    ----------
    space, method : str
    k : int
        Number of clusters, at least 2.
    nmi, expected : float
        Its score; that of uniform labels (0 where no such reference was given).
    """

    space: str
    method: str
    k: int
    nmi: float
    expected: float


def best(curves: Sequence[Curve], space: str) -> Best | None:
    """Give the best clustering of a space: NMI rises with k by chance, so not the highest.

    Parameters
    ----------
    curves : sequence of Curve
        Of any spaces; references stand under the space or the subset that its name begins with.
    space : str
        Whose clusterings to compare.

    Returns
    -------
    Best or None
        None if nothing was scored above one cluster. Ties: the smaller k, then the method's name.
    """
    found: list[tuple[float, int, str, float]] = []
    uniform = [c for c in behind(curves, space) if c.method == "reference_uniform"]
    for curve in curves:
        if curve.space == space and curve.method not in REFERENCES:
            known = (curve.k > 1) & np.isfinite(curve.nmi)
            k, scores = curve.k[known], curve.nmi[known]
            chance = np.interp(k, uniform[0].k, uniform[0].nmi) if uniform else np.zeros(len(k))
            if len(k):
                at = int(np.argmax(scores - chance))
                margin = float(scores[at] - chance[at])
                found.append((-margin, int(k[at]), curve.method, float(scores[at])))
    if not found:
        return None
    margin, number, method, score = min(found)
    return Best(space, method, number, score, score + margin)


def behind(curves: Sequence[Curve], space: str) -> list[Curve]:
    """Give the reference curves that belong to a space."""
    known = [curve for curve in curves if curve.method in REFERENCES]
    own = [curve for curve in known if curve.space == space]
    return own or [curve for curve in known if space.startswith(f"{curve.space}_")]
