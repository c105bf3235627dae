"""Tables and figures of the thesis from hand-sized input: what they say, and that they can be read.

Numbers of tables 2.1, 2.2 and 2.5 are those printed in the thesis.
"""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from sempark.figures import (
    clusterings,
    dataset,
    dimension,
    features,
    gallery,
    heatmaps,
    nmi_curves,
    noise,
    scales,
    schematics,
    scored,
    sheets,
)
from sempark.figures.style import GRID, INK, new_figure, to_png, to_svg

SVG = "{http://www.w3.org/2000/svg}"
ORDER = ["Porous_Sponge", "Tips", "Fibres"]


def texts(exhibit):
    root = ET.fromstring(exhibit.svg)
    return ["".join(node.itertext()).strip() for node in root.iter(f"{SVG}text")]


def title(exhibit):
    return "".join(
        ET.fromstring(exhibit.svg).find(".//{http://purl.org/dc/elements/1.1/}title").itertext()
    )


def test_svg_is_the_same_twice_has_words_and_a_dark_style():
    def drawn():
        figure = new_figure(2, 1)
        figure.add_subplot().plot([0, 1], [0, 1], color=INK)
        return to_svg(figure, "A rising line.")

    first = drawn()
    assert first == drawn()
    assert b"A rising line." in first
    assert b"prefers-color-scheme: dark" in first and b"<date>" not in first.lower()
    assert INK.encode() in first
    with pytest.raises(ValueError, match="in words"):
        to_svg(new_figure(1, 1), "")


def test_dark_style_turns_over_the_ink_that_is_drawn():
    figure = new_figure(2, 1)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=GRID)
    text = to_svg(figure, "x").decode()
    assert (
        f'[style*="stroke: {GRID}"]' in text and f"stroke: {GRID}" in text.split("</style>", 1)[1]
    )


def test_png_is_a_png():
    assert to_png(new_figure(1, 1)).startswith(b"\x89PNG")


def test_formats_are_those_of_the_thesis_most_frequent_first():
    counts = {"JPG": 150_937, "DJVU": 1, "TIFF": 151_312, "PDF": 125, "DM3": 2, "BMP": 111}
    rows = dataset.formats(counts).rows
    assert [row[0] for row in rows] == ["TIFF", "JPG", "PDF", "BMP", "DM3", "DJVU"]
    assert rows[0] == ("TIFF", 151_312)
    assert dataset.formats({"b": 1, "a": 1}).rows == [("a", 1), ("b", 1)]


def test_label_sets_keep_the_numbers_of_the_thesis():
    row = ("SEM_Dataset", 10, 18_577, 18_343, 85, 0)
    exhibit = dataset.label_sets([row])
    assert exhibit.rows == [row] and len(exhibit.columns) == 6


def test_label_bars_share_is_of_those_found():
    exhibit = dataset.label_bars({"Tips": 3, "Fibres": 1}, {"Tips": 2}, ORDER, "SEM_Dataset")
    assert exhibit.rows == [("Porous_Sponge", 0, 0), ("Tips", 3, 2), ("Fibres", 1, 0)]
    assert "3 (75.0%)" in texts(exhibit)
    assert title(exhibit) == exhibit.alt and "4 labelled images" in exhibit.alt


def test_label_bars_of_nothing():
    assert "none" in dataset.label_bars({}, {}, ORDER, "x").alt


def test_subclass_bars_follow_the_order_of_the_categories():
    rows = [("Tips", "b", 2), ("Porous_Sponge", "", 5), ("Tips", "a", 1)]
    exhibit = dataset.subclass_bars(rows, ORDER, "Hierarchical")
    assert exhibit.rows == [("Porous_Sponge", "", 5), ("Tips", "a", 1), ("Tips", "b", 2)]
    assert {"Porous Sponge", "Tips · a", "Tips · b"} <= set(texts(exhibit))


def test_subset_labels_are_those_of_table_2_5():
    counts = dict(
        zip("0123456789", (55, 1403, 933, 147, 236, 713, 1891, 588, 1572, 19), strict=True)
    )
    exhibit = dataset.subset_labels(counts, 52_682, list("0123456789"), "1u-2u")
    assert exhibit.rows[-2:] == [("labelled", 7557), ("all images", 52_682)]
    assert exhibit.caption.startswith("14.3%")


def test_scales_add_up_from_the_longest():
    rows = [
        (1.0, "um", "Tips", 3),
        (1.0, "um", None, 4),
        (200.0, "nm", "Fibres", 1),
        (1.0, "mm", None, 2),
        (1000.0, "nm", None, 5),
    ]
    table = scales.by_category(rows, ORDER, 20)
    names = ["1 mm", "1000 nm", "1 µm", "200 nm", "all scales"]
    assert [row[0] for row in table.rows] == names
    assert table.rows[-1] == ("all scales", 0, 3, 1, 4, 15)
    assert "75.0% of 20 images" in table.caption
    bars = scales.histogram(table)
    assert bars.rows[0] == ("200 nm", 1, 1)
    assert "µm" in " ".join(texts(bars))


def test_unknown_unit_is_an_error():
    with pytest.raises(ValueError, match="received 'pm'"):
        dataset.nanometers(1, "pm")


def test_reading_says_what_it_compares_with():
    without = scales.reading({"ok": 90, "no_databar": 10}, {"agreed": 5})
    assert ("how the reading ended", "scale read", 90, 90.0) in without.rows
    assert "No hand-read sample" in without.caption
    with_sample = scales.reading({"ok": 1}, {}, {"right": 989, "wrong": 1, "not read": 10})
    assert with_sample.rows[0] == ("against hand-read scales", "right", 989, 98.9)
    assert "No hand-read" not in with_sample.caption


def test_spaces_are_named_and_marked():
    counts = {
        ("ft", "logits"): ("1u-2u_1001ft", 1001, 9),
        ("in", "features"): ("1u-2u_2048in", 2048, 9),
    }
    exhibit = features.spaces(counts, ["in"])
    assert exhibit.rows[0][:3] == ("1u-2u_1001ft", "Fine tuning on the labels", "Fully connected")
    assert exhibit.rows[1][1] == "untrained network"
    assert exhibit.untrained == ("in",)


def test_phases_are_those_of_table_3_2():
    crosses = {
        row[0]: "".join("X" if cell else "." for cell in row[1:]) for row in features.phases().rows
    }
    assert crosses == {
        "1_a": "X....X",
        "1_b": ".X..X.",
        "1": "XX..XX",
        "2": "..XX..",
        "g": "XXXXXX",
    }


def grid_row(space, error, status="ok", **more):
    return {
        "space": space,
        "n_hidden1": 500,
        "n_hidden2": 150,
        "n_codings": 10,
        "tied": "outer",
        "phases": "g",
        "activation": "elu",
        "learning_rate": 0.001,
        "train_mse": 0.1,
        "test_mse": error,
        "status": status,
    } | more


def test_grid_takes_the_least_error_and_never_a_collapsed_one():
    rows = [
        grid_row("a_9in", 0.3),
        grid_row("a_9in", 0.1, "collapsed"),
        grid_row("a_9in", 0.2, n_hidden2=50),
        grid_row("b_9ft", float("nan"), "collapsed"),
        grid_row("a_9in", None),
    ]
    exhibit = features.grid(rows, ["in"])
    assert len(exhibit.rows) == 1
    assert exhibit.rows[0][2] == 50 and exhibit.rows[0][-2:] == (4, 1)
    assert exhibit.untrained == ("in",)


def test_sample_counts_and_adds_up():
    assert features.sample(["Tips", "Tips", "Fibres"], ORDER).rows == [
        ("Porous_Sponge", 0),
        ("Tips", 2),
        ("Fibres", 1),
        ("Total", 3),
    ]


def test_scree_rings_the_elbows():
    exhibit = noise.scree({"s_2048in": (np.array([0.6, 0.3, 0.1]), (2,))}, ["in"])
    assert exhibit.rows == [
        ("s_2048in", 1, 0.6, False),
        ("s_2048in", 2, 0.3, True),
        ("s_2048in", 3, 0.1, False),
    ]
    assert "elbows at s_2048in: 2" in exhibit.alt and exhibit.untrained == ("in",)


def test_thick_line_gives_both_estimates():
    rng = np.random.default_rng(1)
    exhibit = noise.thick_line(rng.random((4000, 2)), rng.random((10, 2)), (1.9, 1.04))
    assert exhibit.rows == [(4000, 1.9), (10, 1.04)]
    assert "1.90" in texts(exhibit)
    assert len(exhibit.svg) < 600_000


def test_plateau_keeps_means_and_deviations():
    exhibit = noise.plateau(np.array([10.0, 20]), np.array([1.0, 1.5]), np.array([0.1, 0.2]))
    assert exhibit.rows == [(10.0, 1.0, 0.1), (20.0, 1.5, 0.2)]
    assert "1.00 to 1.50" in exhibit.alt


def test_fits_give_a_slope_a_share_and_mark_the_frame():
    mu = np.exp(np.arange(5) / 10)
    fit = dimension.Fit("s_9in", mu, np.arange(5) / 5, {1.0: 2.0, 0.5: 3.0})
    exhibit = dimension.fits([fit, replace(fit, space="s_9ft")], ["in"])
    slopes = [row for row in exhibit.rows if row[1] == "slope"]
    assert slopes == [
        ("s_9in", "slope", 0.5, 3.0),
        ("s_9in", "slope", 1.0, 2.0),
        ("s_9ft", "slope", 0.5, 3.0),
        ("s_9ft", "slope", 1.0, 2.0),
    ]
    x, y = exhibit.rows[3][2:]
    assert (x, y) == (pytest.approx(0.1), pytest.approx(-np.log(0.8)))
    assert {"s_9in (untrained)", "s_9ft", "50%: 3.0"} <= set(texts(exhibit))


def test_dimension_by_size_keeps_every_point():
    curve = dimension.Estimates(
        "s_9ft", 0.9, np.array([10.0, 20]), np.array([5.0, 6]), np.array([0.1, 0]), 5.5
    )
    exhibit = dimension.by_size([curve], ["in"])
    assert exhibit.rows[0] == ("s_9ft", 0.9, 10, 5.0, 0.1, 5.5)
    assert "s_9ft 5.5" in exhibit.caption and exhibit.untrained == ()


def test_dimension_by_scale_keeps_every_rank():
    scales = dimension.Scales(
        "s_9in", np.array([1, 2]), np.array([5.0, 4]), np.array([0.1, 0.2]), np.array([0.5, 0.7])
    )
    exhibit = dimension.by_scale([scales, replace(scales, space="s_9ft")], ["in"])
    assert exhibit.rows[:2] == [("s_9in", 1, 5.0, 0.1, 0.5), ("s_9in", 2, 4.0, 0.2, 0.7)]
    assert len(exhibit.rows) == 4 and exhibit.untrained == ("in",)
    assert "s_9ft 5.0 to 4.0" in exhibit.alt
    assert {"s_9in (untrained)", "s_9ft"} <= set(texts(exhibit))


def test_heatmaps_average_pairs_without_the_diagonal():
    matrix = np.array([[0, 2, 4], [2, 0, 6], [4, 6, 0]], np.float32)
    space = heatmaps.Distances("s_9in", matrix, 0.5, 0.4, float("nan"), 0.3)
    exhibit = heatmaps.heatmaps("figure-3.10", "t", [space], ["a", "a", "b"], ["in"])
    means = {row[1:3]: row[3] for row in exhibit.rows if row[1] in "ab"}
    assert means == {("a", "a"): 2.0, ("a", "b"): 5.0, ("b", "b"): None}
    assert ("s_9in", "spearman, all labelled pairs", "", 0.3) in exhibit.rows
    assert "s_9in 0.50" in exhibit.alt and exhibit.untrained == ("in",)


def test_discrete_distance_counts_its_squares():
    exhibit = heatmaps.discrete(["a", "a", "b"])
    assert exhibit.rows == [("a", 2), ("b", 1)] and "2 dark squares" in exhibit.alt


def curve(space, method, k, nmi):
    return scored.Curve(space, method, np.array(k, float), np.array(nmi, float))


def test_scores_name_the_best_above_one_cluster_and_no_reference():
    curves = [
        curve("s_9in", "ward", [1, 2, 3], [1.0, 0.2, 0.4]),
        curve("s_9in", "reference_refined", [2, 3], [np.nan, 0.9]),
        curve("s_9in", "hdbscan", [7], [0.3]),
        curve("only", "reference_uniform", [2], [0.1]),
    ]
    exhibit = nmi_curves.scores(curves, ["in"])
    assert "s_9in Ward linkage, k = 3: 0.40 (0.00)" in exhibit.caption
    assert "only" not in exhibit.caption
    assert ("s_9in", "reference_refined", 2, None) in exhibit.rows
    assert len(exhibit.rows) == 7
    assert {"s_9in (untrained)", "Ward linkage", "HDBSCAN", "best refinement"} <= set(
        texts(exhibit)
    )


def test_best_is_above_chance_and_not_the_highest():
    curves = [
        curve("s", "reference_uniform", [1, 10, 100], [0, 0.1, 0.9]),
        curve("s_9ft", "ward", [1, 10, 100], [0, 0.5, 0.95]),
        curve("s_9ft", "single", [1, 10, 100], [0, 0.5, 0.9]),
        curve("t_9ft", "single", [2], [0.3]),
        curve("u_9ft", "single", [1], [0.0]),
    ]
    found = scored.best(curves, "s_9ft")
    assert (found.method, found.k, found.nmi) == ("single", 10, 0.5)
    assert found.expected == pytest.approx(0.1)
    assert scored.best(curves, "t_9ft") == scored.Best("t_9ft", "single", 2, 0.3, 0.0)
    assert scored.best(curves, "u_9ft") is None
    assert [c.method for c in scored.behind(curves, "s_9ft")] == ["reference_uniform"]
    assert scored.behind(curves, "sx_9ft") == []


@pytest.mark.parametrize(
    ("nm", "text"), [(0.861, "0.861 nm"), (1340.4, "1.34 µm"), (2e6, "2 mm"), (0.0, "0 nm")]
)
def test_lengths_have_fitting_units(nm, text):
    assert dataset.length(nm) == text


def test_references_and_example_draw_what_they_are_given():
    exhibit = nmi_curves.references([curve("s", "reference_uniform", [1, 2], [0, 0.1])])
    assert exhibit.rows == [("s", "reference_uniform", 1, 0.0), ("s", "reference_uniform", 2, 0.1)]
    k = np.arange(1.0, 4)
    example = nmi_curves.example(k, np.array([0, 1, 0.5]), np.array([np.nan, 1, 0.9]), k / 10)
    assert example.rows[0] == (1.0, 0.0, None, 0.1) and "k = 2" in example.alt


def test_compared_keeps_times_and_agreement():
    X = np.random.default_rng(0).random((30, 2))
    labels, centers = np.arange(30) % 3, np.array([1, 2], np.int64)
    panels = [
        clusterings.Panel(
            name, method, X, labels, centers, 0.25, float("nan") if name == "b" else 0.5
        )
        for name in "ab"
        for method in ("ward", "density_peaks")
    ]
    exhibit = clusterings.compared(panels)
    assert exhibit.rows[0] == ("a", "ward", 30, 3, 0.25, 0.5)
    assert exhibit.rows[3][-1] is None
    assert texts(exhibit).count("0.25 s") == 4 and "Density Peaks" in texts(exhibit)


def test_squares_gather_columns_for_the_eye_but_not_in_the_data():
    five = np.arange(100) % 5
    exhibit = clusterings.squares([("(B) C5", five, 0.84)])
    assert [row[3] for row in exhibit.rows] == five.tolist()
    gathered = clusterings._gathered(five.reshape(10, 10))
    assert (gathered == np.repeat(np.arange(5), 2)).all()
    twenty = clusterings._gathered((np.arange(100) % 20).reshape(10, 10))
    assert (twenty[:5] == np.arange(10)).all() and (twenty[5:] == np.arange(10, 20)).all()


def test_schematics_name_their_layers():
    assert ("1 × 1 × 2048" in texts(schematics.inception())) and len(
        schematics.inception().rows
    ) == 16
    units = schematics.autoencoder([2048, 400, 150, 18], "s_2048in").rows
    assert [row[1] for row in units] == [2048, 400, 150, 18, 150, 400, 2048]
    assert units[3][0] == "codings" and units[-1][0] == "output"


def test_gallery_names_each_category():
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("L", (40, 30), 90).save(out, "JPEG")
    tile = sheets.thumbnail(out.getvalue(), 16)
    exhibit = gallery.representatives(
        [("MEMS_devices", "a" * 32, tile), ("Tips", "b" * 32, None)], "r"
    )
    assert {"MEMS devices", "Tips"} <= set(texts(exhibit))
    one = gallery.one(
        out.getvalue(), [("md5", "x"), ("category", "Tips"), ("scale", "")], "Chosen."
    )
    assert one.image == out.getvalue() and one.caption == "Category Tips. Chosen."


def test_label_conflicts_most_pictures_first():
    rows = [("A", "Tips", "B", "Fibres", 1, 2), ("A", "Powder", "A", "Tips", 4109, 8370),
            ("A", "Films", "B", "Tips", 1, 9)]  # fmt: skip
    exhibit = dataset.label_conflicts(rows)
    assert exhibit.rows == [rows[1], rows[2], rows[0]]
    assert "no picture" in dataset.label_conflicts([]).reason
