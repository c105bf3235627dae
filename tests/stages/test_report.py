"""The report as files: tables and figures, sizes, privacy, what is said of missing data."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sempark import spaces
from sempark.config import Report
from sempark.stages import report, report_clusterings, report_data, report_growth
from sempark.stages.report_source import Source
from sempark.tables import TABLES

pytestmark = pytest.mark.spark

THESIS = Path(__file__).parents[2] / "docs" / "thesis.md"
CHAPTERS = {
    "table": ["2.1", "2.2", "2.3", "2.4", "2.5", "3.1", "3.2", "3.3", "3.4"],
    "figure": [
        *(f"2.{i}" for i in range(1, 5)),
        *(f"3.{i}" for i in range(1, 11)),
        *(f"4.{i}" for i in range(1, 6)),
    ],
}
IDS = [f"{kind}-{number}" for kind, numbers in CHAPTERS.items() for number in numbers]


def rows_of(folder, id):
    with (folder / "figures" / f"{id}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def chunk(folder, name):
    text = (folder / "data" / f"{name}.js").read_text(encoding="ascii")
    return json.loads(text.partition(",")[2].rstrip().removesuffix(");"))


def test_docs_list_every_table_and_figure():
    listed = re.findall(r"^\| ((?:table|figure)-\d\.\d+) \|", THESIS.read_text("utf-8"), re.M)
    assert sorted(listed) == sorted(IDS)


@pytest.mark.parametrize("id", IDS)
def test_every_table_and_figure_has_data_or_a_reason(report_folder, id):
    page = (report_folder / "index.html").read_text("utf-8")
    (found,) = re.findall(rf'<figure class="exhibit( missing)?" id="{re.escape(id)}">', page)
    assert found == ""
    assert len(rows_of(report_folder, id)) > 1
    number = id.replace("-", " ").capitalize()
    assert f'<span class="number">{number}</span>' in page


def test_numbers_are_those_of_the_tables(report_folder):
    assert rows_of(report_folder, "table-2.1")[1:] == [["TIFF", "110"], ["PDF", "1"]]
    sets = {row[0]: row[1:] for row in rows_of(report_folder, "table-2.2")[1:]}
    assert sets == {
        "SEM_Dataset": ["10", "81", "81", "1", "0"],
        "Hierarchical": ["10", "40", "40", "0", "0"],
    }
    assert ["Tips", "8", "1"] in rows_of(report_folder, "figure-2.3")
    assert rows_of(report_folder, "table-2.4")[-1][-2:] == ["72", "100"]
    assert rows_of(report_folder, "table-2.5")[-1] == ["all images", "97"]
    assert ["how the reading ended", "data bar not detected", "10", "9.1"] in rows_of(
        report_folder, "table-2.3"
    )
    best = next(row for row in rows_of(report_folder, "table-3.3") if row[0] == "1u-2u_2048in")
    assert best[2] == "150" and best[-2:] == ["2", "0"]


def test_near_duplicates_are_counted_by_kind(report_folder):
    rows = rows_of(report_folder, "near-duplicates")[1:]
    kinds = ["brightness_shifted", "equal", "few_pixels", "recompressed", "rescaled"]
    assert rows == [[kind, "1"] for kind in kinds]


def test_a_list_of_scales_fills_table_2_3(report_run):
    counts = {"right": 7, "refused": 2, "unread": 1}
    told = {"rows": 10, "status_counts": counts}
    source = Source(report_run.read, report_run.manifests | {"validate_scale": told}, [])
    table = next(e for e in report_data.data(source) if e.id == "table-2.3")
    first = [row for row in table.rows if row[0] == "against hand-read scales"]
    assert {row[1]: row[2] for row in first} == counts


def test_the_networks_test_and_the_trees_scores_are_shown(report_run):
    told = {
        "categories": ["Tips", "Powder"], "n": 8, "accuracy": 0.875, "interval": [0.5, 0.97],
        "majority": 0.5, "confusion": [[3, 1], [0, 4]], "bin_confidence": [0.9],
        "bin_accuracy": [0.875], "bin_count": [8], "calibration_error": 0.025,
    }  # fmt: skip
    manifests = report_run.manifests | {"finetuned": {"rows": 3, "evaluation": told}}
    source = Source(report_run.read, manifests, [])
    shown = {exhibit.id: exhibit for exhibit in report_growth.network(source)}
    assert list(shown) == ["finetuned-confusion", "finetuned-accuracy", "finetuned-reliability"]
    assert shown["finetuned-accuracy"].rows[0][:3] == ("Tips", 4, 0.75)
    assert "87.5% of 8 test images" in shown["finetuned-confusion"].caption
    missing = {exhibit.id: exhibit.reason for exhibit in report_growth.tree(source)}
    assert missing["tree-scores"] == "the table tree_scores has not been made."
    assert missing["drift"] == "the table assign has not been made."


def test_curves_are_those_of_the_scores(report_run, report_folder):
    table = report_run.read("scores").where("method = 'ward' and k = 10")
    expected = {row["space"]: row["nmi"] for row in table.collect()}
    found = {
        row[0]: float(row[3])
        for row in rows_of(report_folder, "figure-4.5")
        if row[1:3] == ["ward", "10"]
    }
    assert found == pytest.approx(expected) and len(found) == 4


def test_thinning_keeps_small_k_ends_and_flat_partitions(report_run, monkeypatch):
    monkeypatch.setattr(report_clusterings, "K_DENSE", 5)
    table = report_clusterings._thinned(report_run.read("scores"))
    kept = [r["k"] for r in table.where("space = '1u-2u_1001in_18' and method = 'ward'").collect()]
    assert set(range(1, 6)) <= set(kept) and max(kept) == 97 and len(kept) < 12
    flat = table.where("method = 'hdbscan'").collect()
    assert len(flat) == 4 and {row["k"] for row in flat} == {9}


def test_no_file_is_large_and_every_svg_has_its_data(report_folder):
    files = [path for path in report_folder.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 5_000_000
    for path in (report_folder / "figures").glob("*.svg"):
        assert path.with_suffix(".csv").exists()


def test_sheets_hold_every_image(report_folder):
    sheets = sorted((report_folder / "sheets").glob("[0-9]*.jpg"))
    assert [path.name for path in sheets] == [f"{i:04d}.jpg" for i in range(10)]
    assert Image.open(sheets[0]).size == (320, 240)
    assert Image.open(sheets[-1]).size == (320, 80)
    assert len(list((report_folder / "pictures").rglob("*.jpg"))) == 110


def test_neighbors_point_to_the_right_images(report_run, report_folder):
    run, details = chunk(report_folder, "run"), chunk(report_folder, "detail-0")
    number = [space["name"] for space in run["spaces"]].index("1u-2u_2048ft_13")
    table = report_run.read("neighbors").where("space = '1u-2u_2048ft_13'").collect()
    md5s = sorted(row["md5"] for row in table)
    by_md5 = {row["md5"]: row for row in table}
    for image in details:
        shown = [details[row]["md5"] for row, _ in image["near"][number]]
        row = by_md5.get(image["md5"])
        assert shown == ([md5s[i] for i in row["indices"][:8]] if row else [])


def test_untrained_spaces_are_marked(report_folder):
    page = (report_folder / "index.html").read_text("utf-8")
    marked = re.findall(
        r'id="([^"]+)">\s*<figcaption>(?:(?!</figcaption>).)*class="mark"', page, re.S
    )
    assert {
        "table-3.1",
        "figure-3.2",
        "figure-3.6",
        "figure-3.7",
        "figure-3.10",
        "figure-4.5",
    } <= set(marked)
    assert "figure-3.9" not in marked and "figure-2.3" not in marked
    untrained = [s["name"] for s in chunk(report_folder, "run")["spaces"] if s["untrained"]]
    assert len(untrained) == 4 and all("in" in name for name in untrained)


def test_hidden_report_holds_no_path_and_no_name(hidden_folder):
    secret = (b"session", b"onerror", b".tif", b"lost.jpg", b"notes.pdf", b"/data/")
    for path in hidden_folder.rglob("*"):
        if path.suffix in (".js", ".csv", ".html", ".svg") and "assets" not in path.parts:
            content = path.read_bytes()
            assert not [word for word in secret if word in content], path
    assert not list((hidden_folder / "data").glob("paths-*"))


def test_hidden_report_shows_no_data_bar(report_folder, hidden_folder):
    shown = chunk(hidden_folder, "detail-0")
    pictures = {int(path.stem) for path in (hidden_folder / "pictures").rglob("*.jpg")}
    assert pictures == {i for i, image in enumerate(shown) if image["scale_status"] == "ok"}
    for row in sorted(pictures)[:5]:
        image = np.asarray(Image.open(hidden_folder / "pictures" / "000" / f"{row:06d}.jpg"))
        assert image[212:].std() < 12
    tiles = np.asarray(Image.open(hidden_folder / "sheets" / "0000.jpg"))
    first = next(i for i in range(12) if shown[i]["scale_status"] != "ok")
    y, x = divmod(first, 4)
    assert tiles[80 * y + 8 : 80 * y + 72, 80 * x + 8 : 80 * x + 72].std() < 3


def test_empty_tables_are_replaced_by_their_note(report_run, monkeypatch):
    gone = ("labels", "predictions", "subset", "features", "grid", "codings", "neighbors",
            "dimension", "distances", "merges", "partitions", "scores", "taxonomy",
            "near_duplicates")  # fmt: skip
    frames, manifests = dict(report_run.frames), dict(report_run.manifests)
    for name in gone:
        frames[name] = report_run.frames[name].limit(0)
        manifests[name] = manifests[name] | {"rows": 0, "note": f"no {name} were given"}
    run = replace(report_run, frames=frames)
    files = dict(report.build(run.read, manifests, Report("x", 40, 64, 48, 0, ["in"])))
    page = files["index.html"].decode()
    reasons = dict(re.findall(r'id="([^"]+)">.*?(?:Not here: ([^<]*)</p>)', page, re.S))
    for id in ("table-2.2", "figure-2.3", "figure-2.4", "table-3.4", "figure-3.7", "figure-4.5"):
        assert id in page
    assert page.count("Not here: no ") >= 14
    assert (
        "no labels were given." in reasons.values() and "no scores were given." in reasons.values()
    )
    assert files["figures/table-2.1.csv"] and files["figures/figure-4.1.svg"]
    assert len(files["figures/table-2.4.csv"].splitlines()) == 5
    assert b'"clusterings":[]' in files["data/run.js"]


def test_a_run_without_images_still_gives_pages(report_run):
    frames = {name: frame.limit(0) for name, frame in report_run.frames.items()}
    manifests = {name: {"rows": 0, "note": "an empty source"} for name in TABLES}
    run = replace(report_run, frames=frames)
    files = dict(report.build(run.read, manifests, Report("x", 40, 64, 48, 0, [])))
    assert files["index.html"].count(b"Not here: an empty source.") > 15
    assert b'"n":0' in files["data/run.js"]


def test_run_lists_tables_and_versions(report_folder):
    rows = rows_of(report_folder, "run-tables")
    assert ["images_flat", "111", "2.5", "44.4"] in [row[:4] for row in rows]
    assert rows_of(report_folder, "run-versions")[1][:2] == ["numpy", "2.0.0"]


def test_of_very_many_images_a_sample_is_shown(report_run):
    """And each image that stands for a node; the counts of nodes stay those of all."""
    nodes = report_run.read("taxonomy").collect()
    standing = {m for node in nodes for m in (node.medoid, *node.typical, *node.border) if m}
    images = report_run.read("images_flat").where("status = 'ok'")
    sample, n = spaces.sampled(images, spaces.Sample(20, 0))
    expected = standing | {row.md5 for row in sample.select("md5").collect()}
    assert 20 < len(expected) < n == 110
    settings = Report("x", 40, 64, 48, 20, ["in"])
    files = dict(report.build(report_run.read, report_run.manifests, settings))
    run = files["data/run.js"].decode("ascii")
    assert f'"n":{len(expected)},"sampleOf":110' in run
    assert sum(name.startswith("pictures/") for name in files) == len(expected)
    page = files["index.html"].decode()
    assert "of 110 images shown: a sample" in page
    for node in nodes:
        shown = re.search(rf'#/node/{re.escape(node.node)}".*?<span class="n">(\d+)<', page, re.S)
        assert shown and int(shown[1]) == len(node.members)


def test_what_is_not_sampled_says_nothing_of_it(report_folder):
    assert '"sampleOf":0' in (report_folder / "data" / "run.js").read_text(encoding="ascii")
    assert "images shown: a sample" not in (report_folder / "index.html").read_text(
        encoding="utf-8"
    )
