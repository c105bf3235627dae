"""Small tables for the report: a hundred drawn images with everything the pipeline makes of them.

The numbers are drawn, so nothing is to be read into them; what is tested is that the report shows
what the tables hold.
"""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageDraw
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from sempark.clustering import nmi, references
from sempark.clustering.density_peaks import density_peaks
from sempark.clustering.linkage import linkage
from sempark.config import Report
from sempark.geometry.neighbors import nearest
from sempark.stages import report
from sempark.tables import CATEGORIES, TABLES

NASTY = "/data/<img src=x onerror=window.hacked=1>.tif"
N = 110
KINDS = ("equal", "few_pixels", "recompressed", "brightness_shifted", "rescaled")
"""Of near duplicates, a pair each."""
SPACES = ("1u-2u_1001ft_10", "1u-2u_1001in_18", "1u-2u_2048ft_13", "1u-2u_2048in_18")
RAW = ("1u-2u_1001ft", "1u-2u_1001in", "1u-2u_2048ft", "1u-2u_2048in")


@dataclass(frozen=True)
class Run:
    """Tables, manifests, and how to read a table as a DataFrame."""

    frames: dict
    manifests: dict
    spark: SparkSession

    def read(self, name):
        return self.frames[name]


@pytest.fixture(scope="session")
def report_run(spark):
    tables = _tables()
    manifests, frames = {}, {}
    for name, rows in tables.items():
        schema = to_arrow_schema(StructType.fromDDL(TABLES[name].schema))
        frames[name] = spark.createDataFrame(pa.Table.from_pylist(rows, schema)).cache()
        counts = {}
        for row in rows:
            if "status" in row:
                counts[row["status"]] = counts.get(row["status"], 0) + 1
        manifests[name] = {
            "table": name,
            "version": "20181001T120000-abc123",
            "created": "2018-10-01T12:00:00+00:00",
            "seconds": 2.5,
            "rows": len(rows),
            "status_counts": counts,
            "settings": {"labels.primary": "SEM_Dataset"},
            "inputs": {},
            "packages": {"numpy": "2.0.0"},
            "note": "",
        }
    return Run(frames, manifests, spark)


@pytest.fixture(scope="session")
def report_folder(report_run, tmp_path_factory):
    """The report with paths shown, as files."""
    return _written(report_run, "show", tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def hidden_folder(report_run, tmp_path_factory):
    """The report with paths hidden, as files."""
    return _written(report_run, "hide", tmp_path_factory.mktemp("hidden"))


def _written(run, privacy, folder):
    settings = Report("Demo <corpus>", 80, 640, 12, 0, ["in"])
    for path, content in report.build(run.read, run.manifests, settings, privacy == "hide"):
        target = folder / path
        assert not target.exists(), f"{path} is written twice"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


def _md5(i):
    return hashlib.md5(f"image {i}".encode()).hexdigest()


def _picture(i, rng):
    image = Image.new("L", (320, 240), int(rng.integers(40, 90)))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, r = rng.integers(0, 320), rng.integers(0, 200), rng.integers(4, 30)
        shape = draw.ellipse if i % 2 else draw.rectangle
        shape([int(x - r), int(y - r), int(x + r), int(y + r)], fill=int(rng.integers(110, 250)))
    draw.rectangle([0, 210, 319, 239], fill=0)
    draw.line([20, 230, 100, 230], fill=255, width=2)
    draw.text((20, 214), "1 um  J. Doe", fill=255)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def _table(name, rows):
    return [{column: row.get(column) for column in TABLES[name].names} for row in rows]


def _tables():
    rng = np.random.default_rng(7)
    category = [CATEGORIES[i % 10] for i in range(N)]
    out = {}
    out["inventory"] = _table("inventory", _inventory())
    out["images_flat"] = _table("images_flat", _images(rng))
    out["near_duplicates"] = _table(
        "near_duplicates",
        [
            {"md5_a": _md5(2 * i + 1), "md5_b": _md5(2 * i + 2), "kind": kind, "differing_px": 33}
            for i, kind in enumerate(KINDS)
        ],
    )
    out["labels"] = _table("labels", _labels(category))
    out["scale"] = _table("scale", _scale())
    out["subset"] = _table(
        "subset",
        [
            {"name": "1u-2u", "md5": _md5(i), "category": category[i] if i < 80 else None}
            for i in range(N)
            if i % 9
        ],
    )
    out["predictions"] = _table(
        "predictions",
        [
            {"checkpoint": "ft", "md5": _md5(i), "category": category[i], "probability": 0.9}
            for i in range(N)
        ],
    )
    out["grid"] = _table(
        "grid",
        [
            {
                "space": space,
                "n_hidden1": 500,
                "n_hidden2": second,
                "n_codings": 10,
                "tied": "outer",
                "phases": "g",
                "activation": "elu",
                "learning_rate": 0.001,
                "train_mse": 0.1,
                "test_mse": 0.2 + second / 1e4,
                "seconds": 3.0,
                "status": "ok",
            }
            for space in RAW
            for second in (150, 200)
        ],
    )
    out["dimension"] = _table("dimension", _dimension())
    out |= _vectors(rng, category)
    out["taxonomy"] = _table("taxonomy", _taxonomy(category))
    return out


def _inventory():
    rows = [
        {
            "path": NASTY if i == 3 else f"/data/session {i % 4}/{i}.tif",
            "source": "/data",
            "kind": "file",
            "size": 1000,
            "format": "TIFF",
            "md5": _md5(i),
            "status": "ok",
        }
        for i in range(N)
    ]
    rows.append(
        {
            "path": "/data/notes.pdf",
            "source": "/data",
            "kind": "file",
            "format": "PDF",
            "md5": "0" * 32,
            "status": "ok",
        }
    )
    rows.append(
        {
            "path": "/data/<b>empty</b>.tif",
            "source": "/data",
            "kind": "file",
            "size": 0,
            "status": "empty",
            "reason": "0 bytes",
        }
    )
    return rows


def _images(rng):
    rows = []
    for i in range(N):
        jpeg = _picture(i, rng)
        rows.append(
            {
                "md5": _md5(i),
                "jpeg": jpeg,
                "jpeg_md5": hashlib.md5(jpeg).hexdigest(),
                "width": 320,
                "height": 240,
                "bits": 8,
                "pages": 1,
                "vendor": "Zeiss",
                "paths": [NASTY] if i == 3 else [f"/data/session {i % 4}/{i}.tif"],
                "status": "ok",
            }
        )
    rows.append(
        {
            "md5": "f" * 32,
            "paths": ["/data/broken.tif"],
            "status": "undecodable",
            "reason": "not a TIFF: <script>window.hacked=2</script>",
        }
    )
    return rows


def _labels(category):
    rows = [
        {
            "data_set": "SEM_Dataset",
            "file": f"{category[i]}/{i}.jpg",
            "category": category[i],
            "file_md5": _md5(1000 + i),
            "md5": _md5(i),
            "matched_by": "jpeg_md5",
            "conflict": False,
            "status": "ok",
        }
        for i in range(80)
    ]
    rows.append(
        {
            "data_set": "SEM_Dataset",
            "file": "Tips/lost.jpg",
            "category": "Tips",
            "file_md5": "a" * 32,
            "conflict": False,
            "status": "unmatched",
            "reason": "no image with this content",
        }
    )
    rows += [
        {
            "data_set": "Hierarchical",
            "file": f"{category[i]}/kind{i % 2}/{i}.jpg",
            "category": category[i],
            "subcategory": f"kind{i % 2}",
            "file_md5": _md5(1000 + i),
            "md5": _md5(i),
            "conflict": False,
            "status": "ok",
        }
        for i in range(40)
    ]
    return rows


def _scale():
    rows = []
    for i in range(N):
        value, unit = ((1.0, "um"), (2.0, "um"), (200.0, "nm"))[i % 3]
        rows.append(
            {
                "md5": _md5(i),
                "status": "ok",
                "value": value,
                "unit": unit,
                "nm_per_px": 12.5,
                "bar_px": 80.0,
                "text": "1 um",
                "databar": [0, 210, 320, 240],
                "confidence": 0.97,
                "source": "ocr",
                "agreement": "agreed",
            }
            if i % 11
            else {"md5": _md5(i), "status": "no_databar", "reason": "no stripe of one gray"}
        )
    return rows


def _dimension():
    return [
        {
            "space": space,
            "sample_size": size,
            "repeat": repeat,
            "fraction": fraction,
            "dimension": 8 + fraction + size / 1e3 + 0.1 * repeat,
            "n_zero": 0,
            "plateau": 9.0 if space == RAW[0] else None,
        }
        for space in RAW
        for size in (50, 100)
        for repeat in range(2)
        for fraction in (0.9, 0.5)
    ]


def _vectors(rng, category):
    """Features, codings, neighbors, distances, merges, partitions and scores of drawn blobs."""
    inside = sorted((_md5(i), category[i], i) for i in range(N) if i % 9)
    md5s = [row[0] for row in inside]
    labels = np.array([CATEGORIES.index(row[1]) if row[2] < 80 else -1 for row in inside])
    middles = rng.normal(size=(10, 12))
    truth = np.array([CATEGORIES.index(row[1]) for row in inside])
    features, codings, near, distances, merges, partitions, scores = ([] for _ in range(7))
    densities = []
    for raw, coded in zip(RAW, SPACES, strict=True):
        spread = 0.4 if "ft" in raw else 1.5
        X = middles[truth] + rng.normal(size=(len(md5s), 12)) * spread
        checkpoint, layer = raw[-2:], "features" if "2048" in raw else "logits"
        wide = np.hstack([X, rng.normal(size=(len(md5s), 20)) * 0.1]).astype(np.float32)
        features += [
            {"checkpoint": checkpoint, "layer": layer, "md5": md5, "vector": list(map(float, x))}
            for md5, x in zip(md5s, wide, strict=True)
        ]
        codings += [
            {"space": coded, "md5": md5, "vector": list(map(float, x))}
            for md5, x in zip(md5s, X, strict=True)
        ]
        found = nearest(X, 12)
        near += [
            {"space": space, "md5": md5, "indices": i.tolist(), "distances": d.tolist()}
            for space in (raw, coded)
            for md5, i, d in zip(md5s, found.indices, found.distances, strict=True)
        ]
        order = np.argsort(truth, kind="stable")[:40]
        order = order[np.argsort(truth[order], kind="stable")]
        matrix = np.linalg.norm(X[order][:, None] - X[order][None], axis=2)
        distances += [
            {
                "space": space,
                "md5s": [md5s[i] for i in order],
                "categories": [inside[i][1] for i in order],
                "matrix": matrix.ravel().tolist(),
                "pearson": 0.5,
                "spearman": 0.4,
                "pearson_all": 0.45,
            }
            for space in (raw, coded)
        ]
        peaks = density_peaks(found, X)
        densities += [
            {
                "space": coded,
                "md5": md5,
                "density": float(peaks.density[i]),
                "delta": float(peaks.delta[i]),
                "nearest_denser": int(peaks.nearest_denser[i]),
                "local_peak": i in peaks.local_peaks,
            }
            for i, md5 in enumerate(md5s)
        ]
        for method in ("single", "ward"):
            result = linkage(X, method)
            curve = nmi.curve(result, labels)
            merges += [
                {
                    "space": coded,
                    "method": method,
                    "step": t,
                    "left": int(a),
                    "right": int(b),
                    "height": float(h),
                    "size": int(s),
                }
                for t, ((a, b), h, s) in enumerate(
                    zip(result.children, result.heights, result.sizes, strict=True)
                )
            ]
            scores += [
                {"space": coded, "method": method, "k": k + 1, "nmi": float(v), "largest": int(m)}
                for k, (v, m) in enumerate(zip(curve, result.largest(), strict=True))
            ]
        partitions += [
            {"space": coded, "method": "hdbscan", "md5": md5, "label": int(t) - 1}
            for md5, t in zip(md5s, truth, strict=True)
        ]
        scores.append({"space": coded, "method": "hdbscan", "k": 9, "nmi": 0.5, "largest": 13})
    for name, curve in (
        ("reference_refined", references.refinements(labels)),
        ("reference_uniform", references.expected(labels)),
        ("reference_orthogonal", references.orthogonal(labels)),
    ):
        scores += [
            {
                "space": "1u-2u",
                "method": name,
                "k": k + 1,
                "nmi": None if np.isnan(v) else float(v),
            }
            for k, v in enumerate(curve)
        ]
    rows = {
        "features": features,
        "codings": codings,
        "neighbors": near,
        "distances": distances,
        "densities": densities,
        "merges": merges,
        "partitions": partitions,
        "scores": scores,
    }
    return {name: _table(name, each) for name, each in rows.items()}


def _taxonomy(category):
    rows = []
    for name in CATEGORIES:
        members = [i for i in range(N) if category[i] == name]
        parts = [("", members)]
        if name in CATEGORIES[:4]:
            parts += [("/0", members[::2]), ("/1", members[1::2])]
        for suffix, part in parts:
            rows.append(
                {
                    "node": name + suffix,
                    "parent": name if suffix else None,
                    "category": name,
                    "name": "round ones <b>" if suffix == "/1" else name + suffix,
                    "depth": 1 if suffix else 0,
                    "size": len(part),
                    "members": [_md5(i) for i in part],
                    "medoid": _md5(part[0]),
                    "typical": [_md5(i) for i in part[:3]],
                    "border": [_md5(i) for i in part[-2:]],
                    "labelled_share": 0.7,
                    "instrument": "Zeiss",
                    "instrument_share": 1.0,
                    "nm_per_px_low": 5.0,
                    "nm_per_px_high": 20.0,
                    "stability": 0.8,
                    "rule": "stability",
                }
            )
    return rows
