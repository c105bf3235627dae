"""Exhibits: labels, marks of untrained networks, CSV."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sempark.figures.exhibit import Exhibit, checkpoint, mark, missing, titled, to_csv


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ("1u-2u_2048in", "in"),
        ("1u-2u_1001ft_10", "ft"),
        ("1u-2u_2048in_pca18", "in"),
        ("all_2048mine_9", "mine"),
        ("pixels", ""),
        ("cw_ssim", ""),
        ("", ""),
    ],
)
def test_checkpoint_in_the_name_of_a_space(space, expected):
    assert checkpoint(space) == expected


def test_label_as_the_thesis_prints_it():
    assert Exhibit("figure-4.5", "x").label == "Figure 4.5"
    assert Exhibit("table-2.1", "x").label == "Table 2.1"
    assert Exhibit("scale-histogram", "x").label == ""


def test_mark_names_each_untrained_checkpoint_once_in_order():
    spaces = ["1u-2u_2048ft", "1u-2u_2048in", "1u-2u_1001in_18", "pixels"]
    assert mark(Exhibit("a", "b"), spaces, ["in"]).untrained == ("in",)
    assert mark(Exhibit("a", "b"), spaces, ["in", "ft"]).untrained == ("ft", "in")
    assert mark(Exhibit("a", "b"), spaces, []).untrained == ()
    assert titled("1u-2u_2048in", ["in"]) == "1u-2u_2048in (untrained)"
    assert titled("pixels", ["in"]) == "pixels"


def test_missing_must_say_why():
    assert missing("table-2.1", "Formats", "no labels").reason == "no labels"
    with pytest.raises(ValueError, match=r"table-2\.1"):
        missing("table-2.1", "Formats", "")


def test_csv_keeps_values_and_leaves_none_empty():
    data = to_csv(("a", "b"), [('x,"y"\nz', 0.1), (None, 3)])
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert rows == [["a", "b"], ['x,"y"\nz', "0.1"], ["", "3"]]


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x", "\tx"])
def test_csv_holds_no_formulas(text):
    assert list(csv.reader(io.StringIO(to_csv(("a",), [(text,)]).decode())))[1] == ["'" + text]


def test_csv_keeps_negative_numbers():
    assert to_csv(("a",), [(-1.5,)]) == b"a\r\n-1.5\r\n"


@given(st.lists(st.floats(allow_nan=False), max_size=5))
def test_csv_floats_survive(values):
    data = to_csv(("v",), [(value,) for value in values])
    assert [float(row[0]) for row in list(csv.reader(io.StringIO(data.decode())))[1:]] == values


def test_csv_names_the_row_of_another_width():
    with pytest.raises(ValueError, match=r"row 1: expected 2 cells \(a, b\), received 1"):
        to_csv(("a", "b"), [(1, 2), (3,)])
