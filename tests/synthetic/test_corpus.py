"""The corpus: repeatable in any order, and its truth held against the decoder and the reader."""

import hashlib
import os
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from sempark.imaging import jpeg, vendor
from sempark.imaging.comparison import compare
from sempark.imaging.decode import decode
from sempark.imaging.formats import sniff
from sempark.imaging.reasons import Undecodable
from sempark.synthetic.corpus import Item, plan, render, truth
from sempark.synthetic.items import printable
from sempark.synthetic.micrographs import CATEGORIES, LEAVES

_CONFUSED = {"Patterned_surface", "MEMS_devices_and_electrodes"}


@pytest.fixture(scope="module")
def demo() -> list[Item]:
    """The plan of the demo's size: nothing is drawn."""
    return plan(1600, 1)


@pytest.fixture(scope="module")
def small() -> tuple[list[Item], dict[str, bytes], list[dict[str, Any]]]:
    """A small corpus with all its bytes."""
    items = plan(70, 3)
    contents = {os.fsdecode(path): data for item in items for path, data in render(item)}
    md5s = {path: hashlib.md5(data).hexdigest() for path, data in contents.items()}
    return items, contents, truth(items, md5s)


def test_the_plan_is_repeatable_and_depends_on_the_seed(demo: list[Item]) -> None:
    assert plan(1600, 1) == demo
    assert plan(1600, 2) != demo
    assert plan(60, 1, quality=90)[0].quality == 90
    with pytest.raises(ValueError, match="at least 40"):
        plan(39, 1)


def test_paths_are_unique_and_below_the_corpus(demo: list[Item]) -> None:
    paths = [file.path for item in demo for file in item.files]
    assert len(set(paths)) == len(paths)
    assert len({p.lower() for p in paths}) == len(paths)  # also where case does not count
    assert all(p.startswith(("source/", "labels/")) for p in paths)
    assert not any(".." in p.split("/") for p in paths)
    # no file lies where another one needs a folder
    folders = {"/".join(p.split("/")[:k]) for p in paths for k in range(1, p.count("/") + 1)}
    assert not folders & set(paths)


def test_pictures_are_shared_out_as_in_the_thesis(demo: list[Item]) -> None:
    pictures = [i for i in demo if i.kind in ("picture", "illegible")]
    assert len(pictures) == 1600
    leaves = Counter((i.category, i.leaf) for i in pictures)
    assert set(leaves) == {(c, leaf) for c in CATEGORIES for leaf in LEAVES[c]}
    assert min(leaves.values()) >= 15
    per_category = Counter(i.category for i in pictures)
    largest = {c for c, _ in per_category.most_common(4)}
    assert largest == _CONFUSED | {"Nanowires", "Particles"}
    scaled = [i for i in pictures if i.kind == "picture" and i.layout != "empty"]
    share = sum(i.unit == "um" and i.value in (1, 2) for i in scaled) / len(scaled)
    assert 0.31 < share < 0.45


def test_even_the_smallest_corpus_has_every_leaf() -> None:
    pictures = [i for i in plan(40, 5) if i.kind in ("picture", "illegible")]
    assert len(pictures) == 40
    assert len({i.leaf for i in pictures}) == 36


def test_the_mess_is_that_of_section_2_1(demo: list[Item]) -> None:
    rows = truth(demo)
    source = [r for r in rows if r["path"].startswith("source/")]
    formats = Counter(r["format"] for r in source)
    assert formats["TIFF"] > 1600
    assert formats["JPEG"] > 500
    assert min(formats[f] for f in ("PDF", "BMP", "DM3", "DJVU", "EMPTY")) >= 1
    assert Counter(r["status"] for r in source if r["status"])["undecodable"] >= 10
    assert {"empty", "too_large"} <= {r["status"] for r in source}
    groups = Counter(r["content_group"] for r in source if r["form"] == "main")
    assert 40 < sum(n - 1 for n in groups.values()) < 150
    metadata = [r for r in source if r["form"] == "metadata"]
    assert len(metadata) > 15
    assert {r["form"] for r in source if r["near_duplicate_of"]} == {
        "near:pixels", "near:brightness", "near:rescaled", "near:recompressed",
    }  # fmt: skip
    assert len({r["form"] for r in source if r["format"] == "JPEG"}) > 10
    assert {i.layout for i in demo} >= {"empty", "author", "phenom"}


def test_labels_are_like_those_of_table_2_2(demo: list[Item]) -> None:
    labels = [r for r in truth(demo) if r["data_set"]]
    sets = defaultdict(list)
    for row in labels:
        sets[row["data_set"]].append(row)
    assert set(sets) == {"SEM_Dataset", "Hierarchical", "100%", "Majority"}
    labelled = {r["item"] for r in sets["SEM_Dataset"] if r["match"]}
    assert len(labelled) > 0.6 * 1600
    for name, rows in sets.items():
        files_of = defaultdict(list)
        for row in rows:
            files_of[row["item"], row["form"]].append(row["label"])
        conflicts = [set(v) for v in files_of.values() if len(set(v)) > 1]
        assert all(c == _CONFUSED for c in conflicts)
        assert bool(conflicts) == (name in ("100%", "Majority"))
        assert sum(r["conflict"] for r in rows) == sum(
            len(v) for v in files_of.values() if len(set(v)) > 1
        )
        if conflicts:
            assert 0.1 < len(conflicts) / len(files_of) < 0.3
        if name != "Hierarchical":
            assert len(rows) > len(files_of)  # duplicates
            assert any(not r["match"] for r in rows)
    kinds = {r["match"] for name in ("SEM_Dataset", "Majority") for r in sets[name]}
    assert kinds == {"jpeg_md5", "reencoded", "pixels", "perceptual", ""}
    assert {r["sublabel"] for r in sets["Hierarchical"]} == {
        leaf for leaves in LEAVES.values() for leaf in leaves
    }
    # names say nothing: no category, no leaf
    names = [r["path"].rsplit("/", 1)[-1].lower() for r in labels]
    assert not any(c.lower() in n for n in names for c in CATEGORIES)


def test_any_order_gives_the_same_bytes(
    small: tuple[list[Item], dict[str, bytes], list[dict[str, Any]]],
) -> None:
    items, contents, _ = small
    for item in reversed(plan(70, 3)[::7]):
        assert item == items[item.index]
        for path, data in render(item):
            assert contents[os.fsdecode(path)] == data


def test_formats_and_states_are_as_the_truth_says(
    small: tuple[list[Item], dict[str, bytes], list[dict[str, Any]]],
) -> None:
    items, contents, rows = small
    files = [file for item in items for file in item.files]
    assert len(files) == len(rows) == len(contents)
    for file, row in zip(files, rows, strict=True):
        data = contents[file.path]
        if row["format"]:
            assert sniff(data[:512]) == row["format"]
        if row["status"]:
            try:
                decode(data)
                assert row["status"] == "ok"
            except Undecodable as refused:
                assert row["status"] == refused.status


def test_groups_are_those_of_the_bytes(
    small: tuple[list[Item], dict[str, bytes], list[dict[str, Any]]],
) -> None:
    _, _, rows = small
    by_md5, by_group = defaultdict(set), defaultdict(set)
    for row in rows:
        by_md5[row["md5"]].add(row["content_group"])
        by_group[row["content_group"]].add(row["md5"])
    assert max(map(len, by_md5.values())) == 1
    assert max(map(len, by_group.values())) == 1


def test_equal_pictures_make_equal_jpegs_and_near_ones_do_not(
    small: tuple[list[Item], dict[str, bytes], list[dict[str, Any]]],
) -> None:
    items, contents, rows = small
    files = [file for item in items for file in item.files]
    jpegs = defaultdict(set)
    for file, row in zip(files, rows, strict=True):
        if row["status"] == "ok":
            jpegs[row["jpeg_group"]].add(jpeg.encode(decode(contents[file.path]).gray))
    assert max(map(len, jpegs.values())) == 1
    assert len({next(iter(j)) for j in jpegs.values()}) == len(jpegs)


def test_labels_match_as_the_truth_says(
    small: tuple[list[Item], dict[str, bytes], list[dict[str, Any]]],
) -> None:
    items, contents, _ = small
    seen = Counter()
    for item in items:
        main = [contents[f.path] for f in item.files if f.form == "main"]
        for file in (f for f in item.files if f.data_set):
            seen[file.match] += 1
            if not file.match:
                assert not main
                continue
            picture = decode(main[0]).gray
            same = jpeg.encode(picture, item.quality) == contents[file.path]
            assert same == (file.match == "jpeg_md5")
    assert seen["jpeg_md5"] > 100


def test_other_encoders_are_matched_as_the_truth_says(demo: list[Item]) -> None:
    wanted = {"reencoded": 3, "pixels": 2, "perceptual": 1}
    for item in demo:
        for number, file in enumerate(item.files):
            if wanted.get(file.match, 0) > 0:
                wanted[file.match] -= 1
                files = render(item)
                picture = decode(files[0][1]).gray
                data = files[number][1]
                own = jpeg.encode(picture, item.quality)
                assert data != own
                if file.match == "perceptual":
                    assert compare(jpeg.decode(data), picture).kind == "rescaled"
                elif file.match == "pixels":
                    np.testing.assert_array_equal(jpeg.decode(data), jpeg.decode(own))
                else:
                    assert any(data == made for _, made in jpeg.encodings(picture))
    assert sum(wanted.values()) == 0


def test_vendors_pixel_sizes_are_in_the_files(
    small: tuple[list[Item], dict[str, bytes], list[dict[str, Any]]],
) -> None:
    items, contents, _ = small
    found = set()
    for item in items:
        if not item.vendor:
            continue
        main = next(contents[f.path] for f in item.files if f.form == "main")
        beside = next((contents[f.path] for f in item.files if f.form == "sidecar"), None)
        scale = vendor.pixel_size(main, beside)
        assert scale is not None
        assert scale.vendor == item.vendor
        assert scale.nm_per_px == pytest.approx(item.vendor_nm_per_px, rel=0.02)
        found.add(item.vendor)
    assert {"Zeiss", "FEI"} <= found


def test_paths_are_printed_as_text() -> None:
    assert printable("a/\udcb5m 100%") == "a/%B5m 100%25"
    assert printable("é/µ") == "é/µ"
