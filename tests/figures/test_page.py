"""Pages: what they show, that they escape what strangers wrote, that they fetch nothing."""

import re

import pytest

from sempark.figures import page
from sempark.figures.exhibit import Exhibit, missing

NASTY = "<img src=x onerror=alert(1)>\"'&"


def index(exhibits=(), strips=(), untrained=(), title="Demo"):
    section = page.Section("clustering", "Clustering", "Words.", exhibits)
    return page.index(
        title, "2018-10-01T12:00:00+00:00", [("5", "files")], [section], strips, untrained
    ).decode()


def test_everything_foreign_is_escaped():
    exhibit = Exhibit("a", NASTY, (NASTY,), [(NASTY,)], caption=NASTY)
    strip = page.Strip(NASTY, NASTY, 0, 3, NASTY, "sheets/node-0000.jpg", 5)
    text = index([exhibit, missing("b", NASTY, NASTY)], [strip], [NASTY], NASTY)
    assert "<img src=x" not in text and "onerror=alert(1)>" not in text.replace("&gt;", "")
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") >= 8
    assert "<img src=x" not in page.browse(NASTY).decode()


def test_links_and_sources_are_relative():
    text = (
        index([Exhibit("figure-4.5", "t", ("a",), [(1,)], svg=b"<svg/>", alt="A curve.")])
        + page.browse("x").decode()
    )
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert links and not [
        link for link in links if re.match(r"[a-z]+:|//|/", link) and link != "data:,"
    ]
    for _, content in page.assets():
        assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)", content)


def test_figure_with_alt_and_files_beside():
    exhibit = Exhibit("figure-4.5", "NMI", ("k", "nmi"), [(1, 0.5)], svg=b"<svg/>", alt="A curve.")
    text = index([exhibit])
    assert '<img src="figures/figure-4.5.svg" alt="A curve."' in text and "Figure 4.5" in text
    assert dict(page.files([exhibit])) == {
        "figures/figure-4.5.csv": b"k,nmi\r\n1,0.5\r\n",
        "figures/figure-4.5.svg": b"<svg/>",
    }


def test_what_is_missing_says_why_and_has_no_files():
    exhibit = missing("table-2.2", "Label sets", "no labels were given.")
    assert "Not here: no labels were given." in index([exhibit])
    assert list(page.files([exhibit])) == []


def test_untrained_is_said_at_the_top_and_at_the_exhibit():
    text = index([Exhibit("a", "t", ("x",), [(1,)], untrained=("in",))], untrained=["in"])
    assert "untrained network: in" in text and "<code>in</code> is" in text
    assert "ntrained" not in index([Exhibit("a", "t", ("x",), [(1,)])])


def test_long_tables_are_cut_on_the_page_and_whole_in_the_data():
    exhibit = Exhibit("a", "t", ("x",), [(i,) for i in range(100)])
    assert "40 more rows in the data" in index([exhibit])
    assert dict(page.files([exhibit]))["figures/a.csv"].count(b"\r\n") == 101


def test_one_exhibit_an_id():
    with pytest.raises(ValueError, match="received a twice"):
        list(page.files([Exhibit("a", "t"), Exhibit("a", "u")]))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "yes"),
        (1234567, "1,234,567"),
        (0.123456, "0.1235"),
        (12345.6, "12,346"),
        ("a", "a"),
    ],
)
def test_cells(cell, text):
    assert page._cell(cell) == text


def test_time_is_spoken():
    assert "1 October 2018, 12:00" in index()
    assert page._spoken("soon") == "soon"
