"""export: a record an image for other programs and for a data repository.

In: records (`sempark.retrieval.records`). Out: the same rows as ``records.csv``, ``records.jsonl``
and ``records.parquet``, and ``dataset.jsonld``, which describes them in schema.org's words (a
Dataset of ImageObjects). Names of files come from strangers: no cell of the CSV starts a formula.
Source: chapter 5 of the thesis, a repository made searchable; schema.org 28; RFC 4180.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sempark import sources
from sempark.figures.exhibit import Cell, to_csv
from sempark.tables import PassedOver

COLUMNS = {
    "md5": "of the file's content",
    "paths": "every path with this content; none where privacy hides them",
    "width": "px",
    "height": "px",
    "scale_value": "printed length",
    "scale_unit": "nm, um or mm",
    "nm_per_px": "nanometers a pixel",
    "scale_status": "ok, or why no scale was read",
    "category": "of the ten",
    "category_by": "label: a person's; prediction: the network's, confident enough for the tree",
    "confidence": "the network's probability of its prediction",
    "node": "deepest node of the tree",
    "tree_path": "names of the nodes from the category down",
    "near_duplicates": "md5 of all but equal pictures",
    "features": "layer and checkpoint the tree was grown in",
}
"""A column and its meaning."""

MEDIA = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


def build(
    records: DataFrame, features: str, title: str, created: str
) -> Iterator[tuple[str, bytes]]:
    """Write the records.

    ``features`` names the layer the tree was grown in, ``title`` and ``created`` (an ISO time) go
    into the description.
    """
    rows = [_row(row, features) for row in _sorted(records).to_pylist()]
    if not rows:
        raise PassedOver("no image could be decoded")
    yield "records.csv", to_csv(list(COLUMNS), [[_cell(v) for v in row.values()] for row in rows])
    lines = (json.dumps(row, ensure_ascii=True, allow_nan=False) for row in rows)
    yield "records.jsonl", ("\n".join(lines) + "\n").encode("ascii")
    yield "records.parquet", _parquet(rows)
    yield "dataset.jsonld", json.dumps(described(rows, title, created), indent=1).encode()


def described(rows: Sequence[Mapping[str, Any]], title: str, created: str) -> dict[str, Any]:
    """The records as a schema.org Dataset."""
    digest = hashlib.sha256("\n".join(str(row["md5"]) for row in rows).encode()).hexdigest()
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"urn:sha256:{digest}",
        "name": title,
        "description": (
            f"{len(rows):,} scanning electron microscope images in a tree of sub-categories: "
            "scale, category, place in the tree and near duplicates of each."
        ),
        "dateCreated": created,
        "keywords": sorted({str(row["category"]) for row in rows if row["category"]}),
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, "description": meaning}
            for name, meaning in COLUMNS.items()
        ],
        "distribution": [
            {"@type": "DataDownload", "contentUrl": f"records.{kind}", "encodingFormat": media}
            for kind, media in MEDIA.items()
        ],
        "hasPart": [_image(row) for row in rows],
    }


def _sorted(records: DataFrame) -> pa.Table:
    named = records.withColumnsRenamed({"value": "scale_value", "unit": "scale_unit"})
    known = [name for name in COLUMNS if name not in ("tree_path", "features")]
    return named.select(*known, F.col("names").alias("tree_path")).toArrow().sort_by("md5")


def _row(row: Mapping[str, Any], features: str) -> dict[str, Any]:
    full = dict(row) | {"features": features, "tree_path": row["tree_path"] or []}
    return {name: full[name] for name in COLUMNS}


def _cell(value: Any) -> Cell:
    """A list is one cell of JSON: no separator is safe from names of files."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False) if value else None
    return value if isinstance(value, str | int | float | bool) else None


def _parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    texts = pa.list_(pa.string())
    types: dict[str, pa.DataType] = dict.fromkeys(COLUMNS, pa.string())
    types |= dict.fromkeys(("width", "height"), pa.int32())
    types |= dict.fromkeys(("scale_value", "nm_per_px", "confidence"), pa.float64())
    types |= dict.fromkeys(("paths", "tree_path", "near_duplicates"), texts)
    out = io.BytesIO()
    schema = pa.schema([pa.field(name, types[name]) for name in COLUMNS])
    pq.write_table(pa.Table.from_pylist(list(rows), schema), out, compression="zstd")
    return out.getvalue()


def _image(row: Mapping[str, Any]) -> dict[str, Any]:
    """One image in schema.org's words; what is not known is left out."""
    facts = {
        "scale": (row["scale_value"], row["scale_unit"]),
        "pixel size": (row["nm_per_px"], "nm"),
        "confidence of the category": (row["confidence"], None),
    }
    found: dict[str, Any] = {
        "@type": "ImageObject",
        "@id": f"urn:md5:{row['md5']}",
        "identifier": {"@type": "PropertyValue", "propertyID": "md5", "value": row["md5"]},
        "width": _pixels(row["width"]),
        "height": _pixels(row["height"]),
    }
    if row["paths"]:
        found["contentUrl"] = [f"file://{quote(sources.unescape(path))}" for path in row["paths"]]
    if row["category"]:
        found["keywords"] = row["category"]
        path = "/".join(str(name) for name in row["tree_path"]) or row["category"]
        found["about"] = {
            "@type": "DefinedTerm",
            "termCode": row["node"] or row["category"],
            "name": path,
            "inDefinedTermSet": "sempark tree of sub-categories",
        }
    measured = [
        {"@type": "PropertyValue", "name": name, "value": value}
        | ({"unitText": unit} if unit else {})
        for name, (value, unit) in facts.items()
        if value is not None
    ]
    if measured:
        found["exifData"] = measured
    if row["near_duplicates"]:
        found["mentions"] = [{"@id": f"urn:md5:{md5}"} for md5 in row["near_duplicates"]]
    return found


def _pixels(value: int) -> dict[str, Any]:
    return {"@type": "QuantitativeValue", "value": value, "unitCode": "E37"}
