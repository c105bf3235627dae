"""An answer to a query: what the picture is, where it belongs, what is most like it.

In: the bytes of any picture, an opened `Index`, networks. Out: an `Answer`, as lines for a terminal
or as plain data for JSON. The same picture gives the same answer here as in the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sempark import pictures
from sempark.config import Config
from sempark.imaging import jpeg
from sempark.networks import evaluation
from sempark.retrieval import queries
from sempark.retrieval.queries import Query
from sempark.retrieval.searching import Hit, Index
from sempark.tree.placing import Place

Extract = Callable[[str, NDArray[np.uint8]], Mapping[str, NDArray[np.float32]]]
"""Checkpoint and gray pixels to the outputs of its layers by name."""


@dataclass(frozen=True)
class Answer:
    """What was found.

    Attributes
    ----------
    name : str
        Of the query, as given; empty where privacy hides names.
    query : Query
    space : str
        Searched in.
    known : dict or None
        The record of the very same picture, where the collection has it.
    place : Place or None
        None where the query can't be compared, or there is no tree.
    hits : sequence of Hit
        Most similar first; empty where the query can't be compared.
    names : sequence of str
        What the nodes down to its place are called.
    """

    name: str
    query: Query
    space: str
    known: dict[str, Any] | None
    place: Place | None
    hits: Sequence[Hit]
    names: Sequence[str]


def search(
    data: bytes,
    index: Index,
    extract: Extract,
    config: Config,
    space: str = "",
    k: int = 10,
    name: str = "",
) -> Answer:
    """Find the images most like a picture.

    Parameters
    ----------
    data : bytes
        The picture's file: TIFF, JPEG, PNG, BMP or GIF; broken ones get an answer too.
    index : Index
        As from `sempark.retrieval.folder.opened`.
    extract : callable
        Runs the network of a checkpoint.
    config : Config
        The settings the tables were made with.
    space : str
        Where to search; empty: the layer the tree was grown in, over all images.
    k : int
        Images wanted, at least 1.
    name : str
        Of the query, for the answer.

    Returns
    -------
    Answer

    Raises
    ------
    Refused
        There is no such space.
    """
    chosen = index.space(space)
    query = queries.read(data, config)
    row = index.known(query.md5, query.jpeg_md5, query.pixel_hash)
    known = None if row is None else index.record(row)
    if query.gray is None or (query.status != "ok" and known is None):
        return Answer(name, query, chosen.name, known, None, [], [])
    outputs = extract(chosen.checkpoint, query.gray)
    hits = index.find(chosen.name, outputs[chosen.layer], k)
    place = _placed(query, index, extract, row, chosen.checkpoint, outputs)
    return Answer(name, query, chosen.name, known, place, hits, index.names(place.node))


def _placed(
    query: Query,
    index: Index,
    extract: Extract,
    row: int | None,
    checkpoint: str,
    outputs: Mapping[str, NDArray[np.float32]],
) -> Place:
    """Where it belongs, by the outputs of the tree's own checkpoint."""
    home = index.layers[str(index.about["default"])]
    if row is not None:
        return index.place("", 0.0, outputs["features"], row)
    if home.checkpoint != "ft":  # without a trained network nothing is predicted
        return Place("unsure")
    if home.checkpoint != checkpoint and query.gray is not None:
        outputs = extract(home.checkpoint, query.gray)
    categories = index.about["categories"]
    probability = evaluation.probabilities(outputs["logits"][None], len(categories))[0]
    best = int(probability.argmax())
    return index.place(categories[best], float(probability[best]), outputs[home.layer], row)


def plain(answer: Answer) -> dict[str, Any]:
    """The answer as what JSON holds."""
    query = answer.query
    reading = query.reading
    about: dict[str, Any] = {
        "file": answer.name or None,
        "md5": query.md5,
        "status": query.status,
        "reason": query.reason or None,
        "width": query.width or None,
        "height": query.height or None,
    }
    if reading is not None:
        about["scale"] = {
            "status": reading.status,
            "value": reading.value,
            "unit": reading.unit,
            "nm_per_px": reading.nm_per_px,
        }
    about["in_collection"] = answer.known["md5"] if answer.known else None
    if answer.place is not None:
        place = answer.place
        about["place"] = {
            "status": place.status,
            "category": place.category or None,
            "node": place.node or None,
            "names": list(answer.names),
            "probability": place.probability,
            "confidence": place.confidence,
            "p_value": place.p_value,
        }
    hits = [{"rank": hit.rank, "distance": hit.distance} | _shown(hit.record)
            for hit in answer.hits]  # fmt: skip
    return {"query": about, "space": answer.space, "hits": hits}


def lines(answer: Answer) -> list[str]:
    """The answer for a terminal."""
    query, place = answer.query, answer.place
    out = [f"{answer.name or query.md5}: {told(query)}"]
    if place is not None:
        out.append(f"  {where(place, answer.names)}")
    if answer.hits:
        out.append(f"  nearest in {answer.space}:")
        out.append(f"  {'':>3} {'distance':>9}  {'scale':<8} {'category':<28} sub-category")
    for hit in answer.hits:
        record = hit.record
        below = " / ".join(record["names"][1:]) if record["names"] else "-"
        out.append(
            f"  {hit.rank:>3} {hit.distance:>9.4g}  {length(record):<8} "
            f"{record['category'] or '-':<28} {below:<12} {_file(record)}"
        )
    return out


def words(answer: Answer) -> tuple[str, str]:
    """What the query is, and where it belongs."""
    place = answer.place
    return told(answer.query), "" if place is None else where(place, answer.names)


def picture(query: Query, hide: bool) -> bytes:
    """The query's JPEG, without its data bar where names are hidden; empty where there is none."""
    if not hide or query.gray is None:
        return query.jpeg
    box = query.reading.databar if query.reading is not None else None
    return jpeg.encode(pictures.gray(query.jpeg, box)) if box is not None else b""


def told(query: Query) -> str:
    """Size and scale of a query, or why it can't be compared."""
    if query.status != "ok":
        return f"{query.status.replace('_', ' ')}: {query.reason}"
    scale = query.reading
    size = f"{query.width} x {query.height} px"
    if scale is None or scale.status != "ok" or scale.value is None:
        why = scale.status.replace("_", " ") if scale else "not read"
        return f"{size}, no scale ({why})"
    return f"{size}, {scale.value:g} {scale.unit}, {scale.nm_per_px:.4g} nm a pixel"


def where(place: Place, names: Sequence[str]) -> str:
    """Where it belongs, in words."""
    below = " / ".join(names[1:])
    node = f"{place.category} / {below}" if below else place.category
    if place.status == "known":
        return f"in the collection: {node or 'in no category'}"
    if place.status == "unsure":
        best = "" if place.probability is None else f" (the best reaches {place.probability:.0%})"
        return f"new, and no category is probable enough{best}"
    if place.status == "far":
        return (
            f"new, and fits nowhere: called {place.category} ({place.probability:.0%}), but "
            f"farther from its nearest than all but {place.p_value:.1%} of that category"
        )
    return f"new: {node} ({place.probability:.0%}; {place.confidence:.0%} of the vote)"


def length(record: Mapping[str, Any]) -> str:
    """The printed scale of a record, empty where none was read."""
    return f"{record['value']:g} {record['unit']}" if record.get("value") else ""


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    scale = {name: record[name] for name in ("value", "unit", "nm_per_px")}
    kept = ("md5", "category", "category_by", "confidence", "node", "names", "paths")
    return {name: record[name] for name in kept} | {"scale": scale}


def _file(record: Mapping[str, Any]) -> str:
    paths = record["paths"]
    more = f" (+{len(paths) - 1})" if paths and len(paths) > 1 else ""
    return f"{paths[0]}{more}" if paths else str(record["md5"])
