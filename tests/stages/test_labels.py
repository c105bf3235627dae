"""labels: each kind of match, conflicts and their rules, lists instead of folders."""

import csv
import hashlib
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from pyspark.sql import Row, SparkSession

from sempark import conflicts, label_lists, sources
from sempark.config import load
from sempark.imaging import formats, hashes, jpeg
from sempark.stages import labels
from sempark.tables import IMAGES_FLAT, INVENTORY, LABELS, Refused

pytestmark = pytest.mark.spark
CONFIG = load()


def _scene(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picture = np.full((96, 128), 70, np.uint8)
    for _ in range(20):
        center = int(rng.integers(0, 128)), int(rng.integers(0, 96))
        cv2.circle(picture, center, int(rng.integers(4, 25)), int(rng.integers(90, 230)), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


def _md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def _pillow(gray: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(gray).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.fixture
def world(tmp_path: Path) -> dict:
    """Eight TIFFs, and a set of labels that were made from them in different ways."""
    scenes = [_scene(seed) for seed in range(8)]
    images = []
    for number, gray in enumerate(scenes):
        place = tmp_path / "source" / f"{number}.tif"
        place.parent.mkdir(exist_ok=True)
        tifffile.imwrite(place, gray)
        content = jpeg.encode(gray)
        images.append(
            dict.fromkeys(IMAGES_FLAT.names)
            | {
                "md5": _md5(place.read_bytes()),
                "jpeg": content,
                "jpeg_md5": _md5(content),
                "perceptual_hash": hashes.perceptual_hash(gray),
                "paths": [str(place)],
                "status": "ok",
            }
        )
    small = cv2.resize(scenes[4], (64, 48), interpolation=cv2.INTER_AREA)
    files = {
        "Tips/a.jpg": jpeg.encode(scenes[0]),
        "Tips/sharp/b.jpg": _pillow(scenes[1], quality=75, optimize=True),
        "Powder/c.jpg": _pillow(scenes[2], quality=85, comment=b"by hand"),
        "Powder/d.png": cv2.imencode(".png", scenes[3])[1].tobytes(),
        "Powder/e.jpg": jpeg.encode(small),
        "Powder/unknown.jpg": jpeg.encode(_scene(99)),
        "Powder/broken.jpg": jpeg.encode(scenes[5])[:900],
        "Powder/notes.txt": b"not a picture",
        "loose.jpg": jpeg.encode(scenes[6]),
        "Fibres/f.jpg": jpeg.encode(scenes[7]),
        "Films/again.jpg": jpeg.encode(scenes[7]),
    }
    return {"root": tmp_path, "images": images, "files": files}


def _inventory(root: Path, files: dict[str, bytes]) -> list[dict]:
    rows = []
    for name, data in files.items():
        place = root / "set" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        rows.append(
            dict.fromkeys(INVENTORY.names)
            | {
                "path": str(place),
                "source": "labels:Set",
                "kind": "file",
                "format": formats.sniff(data),
                "md5": _md5(data),
                "status": "ok",
            }
        )
    return rows


def _run(
    spark: SparkSession, world: dict, matched_by: list[str], conflicts: str = "drop"
) -> dict[str, Row]:
    settings = load(
        None, [f"labels.matched_by={matched_by}", f"labels.conflicts={conflicts}"]
    ).labels
    rows = _inventory(world["root"], world["files"])
    inventory = spark.createDataFrame(rows, INVENTORY.schema)
    images = spark.createDataFrame(world["images"], IMAGES_FLAT.schema)
    labelled = labels.from_folders(inventory, {"Set": str(world["root"] / "set")})
    found = labels.build(inventory, images, labelled, settings, CONFIG.images)
    assert found.columns == LABELS.names
    return {row.file: row for row in found.collect()}


ALL = ["jpeg_md5", "reencoded", "pixels", "perceptual"]


def test_each_kind_of_match(spark: SparkSession, world: dict) -> None:
    found = _run(spark, world, ALL)
    assert set(found) == set(world["files"]) - {"Powder/notes.txt"}
    md5s = [image["md5"] for image in world["images"]]
    expected = {
        "Tips/a.jpg": (md5s[0], "jpeg_md5", None),
        "Tips/sharp/b.jpg": (md5s[1], "reencoded", "gray q75 optimized"),
        "Powder/c.jpg": (md5s[2], "pixels", "gray q85 baseline"),
        "Powder/d.png": (md5s[3], "pixels", None),
        "Powder/e.jpg": (md5s[4], "perceptual", None),
        "Fibres/f.jpg": (md5s[7], "jpeg_md5", None),
    }
    for file, facts in expected.items():
        row = found[file]
        assert (row.md5, row.matched_by, row.encoder) == facts, file
    assert found["Tips/a.jpg"].status == "ok"
    assert (found["Tips/sharp/b.jpg"].category, found["Tips/sharp/b.jpg"].subcategory) == (
        "Tips",
        "sharp",
    )
    assert found["Powder/unknown.jpg"].status == "unmatched"
    assert found["Powder/unknown.jpg"].md5 is None
    assert found["Powder/broken.jpg"].status == "unreadable"
    assert "undecodable" in found["Powder/broken.jpg"].reason
    assert found["loose.jpg"].status == "unmatched"
    assert "category" in found["loose.jpg"].reason


def test_only_the_kinds_that_count(spark: SparkSession, world: dict) -> None:
    found = _run(spark, world, ["jpeg_md5", "pixels"])
    kinds = {row.matched_by for row in found.values()}
    assert kinds == {"jpeg_md5", "pixels", None}
    assert found["Tips/sharp/b.jpg"].status == "unmatched"
    only = _run(spark, world, ["jpeg_md5"])
    assert {row.matched_by for row in only.values()} == {"jpeg_md5", None}


def test_conflicts_and_their_rules(spark: SparkSession, world: dict) -> None:
    found = _run(spark, world, ALL)
    for file in ("Fibres/f.jpg", "Films/again.jpg"):
        assert found[file].conflict and found[file].status == "conflict"
    assert not found["Tips/a.jpg"].conflict
    # the same picture by another encoder is the same picture
    world["files"]["Biological/of_a.jpg"] = _pillow(_scene(0), quality=60)
    found = _run(spark, world, ALL, "first")
    assert found["Tips/a.jpg"].conflict and found["Tips/a.jpg"].status == "conflict"
    assert found["Biological/of_a.jpg"].status == "ok"
    assert found["Fibres/f.jpg"].status == "ok" and found["Films/again.jpg"].status == "conflict"


def test_conflicts_by_pair_of_categories(spark: SparkSession) -> None:
    files = [
        ("A", "Tips", "1"), ("A", "Tips", "1"), ("A", "Powder", "1"), ("B", "Tips", "1"),
        ("A", "Fibres", "2"), ("B", "Fibres", "2"), ("B", "Powder", "3"), ("B", "Tips", "3"),
    ]  # fmt: skip
    rows = [
        dict.fromkeys(LABELS.names)
        | {"data_set": name, "file": str(n), "category": category, "file_md5": md5, "md5": md5}
        for n, (name, category, md5) in enumerate(files)
    ]
    found = conflicts.by_pair(spark.createDataFrame(rows, LABELS.schema)).collect()
    assert {tuple(row) for row in found} == {
        ("A", "Powder", "A", "Tips", 1, 3),
        ("A", "Powder", "B", "Tips", 1, 2),
        ("B", "Powder", "B", "Tips", 1, 2),
    }


def test_a_list_of_paths(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    lines = (
        "path,category,subcategory\na.jpg,Tips,sharp\nsub/b.jpg,Powder,\n" + 2 * "a.jpg,Fibres,\n"
    )
    (tmp_path / "list.csv").write_text(lines)
    path = str(tmp_path / "list.csv")
    assert label_lists.is_list(path) and not label_lists.is_list(str(tmp_path))
    rows = label_lists.rows("Set", path)
    assert [(row["file"], row["category"], row["subcategory"]) for row in rows] == [
        ("a.jpg", "Tips", "sharp"),
        ("sub/b.jpg", "Powder", None),
        ("a.jpg", "Fibres", None),
    ]
    assert rows[0]["path"] == str(tmp_path / "a.jpg")
    assert [entry.status for entry in label_lists.entries(path)] == ["ok", "vanished"]
    assert sources.read(str(rows[0]["path"])) == b"x"
    (tmp_path / "bad.csv").write_text("file;category\n")
    with pytest.raises(Refused, match=r"expected columns path,category"):
        label_lists.rows("Set", str(tmp_path / "bad.csv"))
    with pytest.raises(Refused, match=r"set input.labels"):
        label_lists.rows("Set", str(tmp_path / "none.csv"))
    (tmp_path / "bad.csv").write_text("category,path\nTips,a.jpg\nTips\n")
    with pytest.raises(Refused, match=r"line 3: expected a path"):
        label_lists.rows("Set", str(tmp_path / "bad.csv"))


def test_a_list_with_quotes_and_odd_names(tmp_path: Path) -> None:
    names = ['a, "b".jpg', "new\nline.jpg", " spaces .jpg", "100%41.jpg", "µ😀.jpg"]
    with (tmp_path / "list.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([["category", "path"], *(["Tips", name] for name in names)])
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    found = label_lists.rows("Set", str(tmp_path / "list.csv"))
    assert [row["file"] for row in found] == names
    assert {entry.status for entry in label_lists.entries(str(tmp_path / "list.csv"))} == {"ok"}
    assert found[3]["path"] == str(tmp_path / "100%2541.jpg")


def test_a_list_may_file_one_picture_twice(spark: SparkSession, world: dict) -> None:
    rows = _inventory(world["root"], {"a.jpg": world["files"]["Tips/a.jpg"]})
    (world["root"] / "list.csv").write_text("path,category\nset/a.jpg,Tips\nset/a.jpg,Powder\n")
    listed = label_lists.rows("List", str(world["root"] / "list.csv"))
    found = labels.build(
        spark.createDataFrame(rows, INVENTORY.schema),
        spark.createDataFrame(world["images"], IMAGES_FLAT.schema),
        spark.createDataFrame(
            listed, "data_set string, file string, category string, subcategory string, path string"
        ),
        CONFIG.labels,
        CONFIG.images,
    )
    assert {(row.category, row.status, row.matched_by) for row in found.collect()} == {
        ("Tips", "conflict", "jpeg_md5"), ("Powder", "conflict", "jpeg_md5"),
    }  # fmt: skip
    pairs = [tuple(row) for row in conflicts.by_pair(found).collect()]
    assert pairs == [("List", "Powder", "List", "Tips", 1, 2)]
