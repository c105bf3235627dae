"""assign: new images placed in the tree that is there, without training or clustering again.

In: images and scales of new files, their features and logits, the folder `search`. Out: a row an
image: its scale, where it belongs and how sure that is, its coding; a broken one keeps its reason.
What fits nowhere is said to. The drift figure says how much farther the new images lie from the
tree's than those from each other: above its limit the whole should be run again.
Source: chapter 5 of the thesis; `sempark.tree.placing` has the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark.networks import evaluation
from sempark.retrieval.searching import Index, Space
from sempark.tables import ASSIGN, PassedOver
from sempark.tree import placing

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Arrivals:
    """What the tree's checkpoint made of the new images: vectors of each layer, row by row."""

    md5s: Sequence[str]
    layers: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Drift:
    """The drift figure of some images.

    Attributes
    ----------
    n, n_far, n_unsure, n_known : int
        Images that are new and placed by their distances, of these far, without a probable
        category, in the collection already.
    figure, limit : float
        As from `sempark.tree.placing.drift`; 0 and 1 where there is no new image to judge by.
    """

    n: int
    n_far: int
    n_unsure: int
    n_known: int
    figure: float
    limit: float

    @property
    def again(self) -> bool:
        """Whether the whole should be run again."""
        return self.figure > self.limit


def build(
    images: Sequence[Mapping[str, Any]],
    arrivals: Arrivals,
    index: Index,
    coded: Space | None,
    progress: Progress,
) -> pa.Table:
    """Place the images. Key: md5.

    ``images`` are rows of images_flat beside those of scale, without the JPEG; ``coded`` is the
    space their codings belong to, with its encoder.
    """
    if not images:
        raise PassedOver("no new image: assign.source names none")
    row_of = {md5: i for i, md5 in enumerate(arrivals.md5s)}
    categories = index.about["categories"]
    chance = np.zeros((0, 1), np.float32)
    if len(row_of) and categories:
        chance = evaluation.probabilities(arrivals.layers["logits"], len(categories))
    codings = None
    if coded and coded.encoder and len(row_of):
        codings = coded.encoder.code(arrivals.layers[coded.layer])
    home = index.layers[index.about["default"]].layer
    rows = []
    for done, image in enumerate(sorted(images, key=lambda one: str(one["md5"])), start=1):
        row = {name: image.get(name) for name in ASSIGN.names}
        at = row_of.get(image["md5"])
        if image["status"] == "ok" and at is not None:
            best = int(chance[at].argmax()) if len(chance) else -1
            category = categories[best] if best >= 0 else ""
            probability = float(chance[at, best]) if best >= 0 else 0.0
            known = index.known(image["md5"], image["jpeg_md5"], image["pixel_hash"])
            place = index.place(category, probability, arrivals.layers[home][at], known)
            row |= _placed(place, index)
            if codings is not None and coded is not None:
                row |= {"coding_space": coded.name, "coding": codings[at]}
        rows.append(row)
        progress(done, len(images))
    return pa.Table.from_pylist(rows, schema=ASSIGN.arrow)


def drift(table: pa.Table) -> Drift:
    """The drift figure of a table of assigned images."""
    status = table["status"].to_pylist()
    pairs = zip(status, table["p_value"].to_pylist(), strict=True)
    p_values = np.array([p for word, p in pairs if word in ("ok", "far")], np.float64)
    figure, limit = placing.drift(p_values) if len(p_values) else (0.0, 1.0)
    far, unsure, known = (status.count(word) for word in ("far", "unsure", "known"))
    return Drift(len(p_values), far, unsure, known, figure, limit)


def words(found: Drift) -> list[str]:
    """The drift figure in two lines."""
    n_new = found.n + found.n_unsure
    line = (
        f"{n_new:,} new images: {found.n - found.n_far:,} placed, {found.n_far:,} fit nowhere, "
        f"{found.n_unsure:,} in no probable category; {found.n_known:,} known already"
    )
    advice = (
        "run the pipeline again with them"
        if found.again
        else "the tree fits them"
        if found.n
        else "no new image to judge by"
    )
    return [line, f"drift {found.figure:.3f}, limit {found.limit:.3f}: {advice}"]


def _placed(place: placing.Place, index: Index) -> dict[str, Any]:
    return {
        "status": place.status,
        "category": place.category or None,
        "node": place.node or None,
        "names": index.names(place.node),
        "probability": place.probability,
        "confidence": place.confidence,
        "p_value": place.p_value,
    }
