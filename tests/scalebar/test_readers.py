"""Our own readers together: the surer one spells, the others are asked about the same text."""

import numpy as np
import pytest

from sempark.scalebar import readers
from sempark.scalebar.spelling import Spelling
from tests.scalebar.test_lines import drawn


@pytest.fixture
def by_glyphs(monkeypatch):
    """What the glyph reader is to say of every cut."""

    def says(text: str | None, confidence: float) -> None:
        found = Spelling(text, confidence, 2, 30) if text else None
        monkeypatch.setattr(readers, "by_glyphs", lambda cuts, where: [found] * len(cuts))

    return says


@pytest.mark.parametrize(
    ("text", "confidence", "by", "expected"),
    [
        (None, 0.0, "lines", "20µm"),
        ("50µm", 0.2, "lines", "20µm"),
        ("20µm", 0.05, "lines", "20µm"),
        ("50µm", 0.9, "glyphs", "50µm"),  # sure: no other is asked
    ],
)
def test_the_line_reader_helps_where_letters_are_not_sure(
    by_glyphs, text, confidence, by, expected
) -> None:
    by_glyphs(text, confidence)
    (found,) = readers.spelled([drawn("20 µm")], ["whole"])
    assert found is not None
    assert (found.by, found.spelling.text) == (by, expected)


def test_a_word_is_no_scale_to_either() -> None:
    assert readers.by_line(drawn("Mag")) is None
    assert readers.by_line(np.zeros((20, 40), np.float32)) is None
    assert readers.spelled([np.zeros((20, 40), np.float32)], ["whole"]) == [None]


@pytest.mark.parametrize("by", ("glyphs", "lines", "strips"))
def test_the_others_are_asked_about_the_same_text(by: readers.Reader) -> None:
    cut = drawn("20 µm")
    right = readers.Spelled(Spelling("20µm", 0.9, 2, 30), by)
    wrong = readers.Spelled(Spelling("50µm", 0.9, 2, 30), by)
    odds = readers.line_odds(cut)
    assert max(readers.others(cut, right, odds)) > 0.5
    assert max(readers.others(cut, wrong, odds)) < 0.05


def test_each_of_the_others_says_how_sure_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers.lines, "probability", lambda odds, text: 0.6)
    monkeypatch.setattr(readers.strips, "probability", lambda strip, text: 0.2)
    made = readers.Spelled(Spelling("20µm", 0.9, 2, 30), "glyphs")
    cut = drawn("20 µm")
    assert readers.others(cut, made, readers.line_odds(cut)) == (0.6, 0.2)


def test_the_columns_are_those_of_the_ink() -> None:
    cut = np.pad(drawn("5 nm"), ((0, 0), (7, 9)))
    found = readers.by_line(cut)
    assert found is not None
    inked = np.flatnonzero((cut > 0.4).any(axis=0))
    assert (found.x0, found.x1) == (inked[0], inked[-1] + 1)


@pytest.mark.parametrize(
    ("text", "by", "denied"),
    [
        ("20µm", "glyphs", False),
        ("20.0µm", "glyphs", False),
        ("50µm", "glyphs", True),
        ("50µm", "lines", True),  # by the strip reader
        ("50µm", "strips", True),  # by the line reader
    ],
)
def test_another_scale_that_is_surely_read_is_a_denial(text, by, denied) -> None:
    made = readers.Spelled(Spelling(text, 0.9, 2, 30), by)
    found = readers.otherwise(drawn("20 µm", 24), made)
    assert (found is not None) == denied
    if found is not None:
        assert found.spelling.text == "20µm"
        assert found.by == ("strips" if by == "lines" else "lines")


def test_in_a_picture_the_line_reader_is_not_asked_about_what_has_no_letters(by_glyphs) -> None:
    by_glyphs(None, 0.0)
    assert readers.spelled([drawn("20 µm")], ["whole"], printed=False) == [None]
    by_glyphs("50µm", 1e-6)
    (found,) = readers.spelled([drawn("20 µm")], ["whole"], printed=False)
    assert found is not None and found.spelling.text == "20µm"


def test_where_one_cut_is_surely_spelled_no_other_is_read_by_line(monkeypatch) -> None:
    said = [Spelling("20µm", 0.9, 2, 30), None]
    monkeypatch.setattr(readers, "by_glyphs", lambda cuts, where: said)
    found = readers.spelled([drawn("20 µm"), drawn("50 µm")], ["whole", "whole"])
    assert found == [readers.Spelled(said[0], "glyphs"), None]


@pytest.mark.parametrize(
    ("text", "where", "expected"),
    [
        ("20nm ABCD", "start", "20nm"),
        ("20 nm ABCD", "start", "20nm"),
        ("20nm ABCD", "whole", None),
        ("SEI 20nm", "end", "20nm"),
        ("SEI 20 nm", "end", "20nm"),
        ("SEI 20nm", "start", None),
    ],
)
def test_at_one_end_of_a_text_its_words_are_read(text, where, expected) -> None:
    cut = drawn(text, 16)
    found = readers.by_line(cut, where)
    assert (found.text if found else None) == expected
    if found:
        x = found.x1 if where == "start" else found.x0
        assert (cut[:, x : x + 3] if where == "start" else cut[:, x - 3 : x]).max() < 0.4


@pytest.mark.parametrize("printed", [True, False])
def test_a_gap_that_the_picture_fills_is_seen_in_the_strongest_ink(monkeypatch, printed) -> None:
    monkeypatch.setattr(readers.strips, "of_cut", lambda cut: None)
    cut = drawn("3 µm", 24)
    rows, columns = np.flatnonzero(cut.max(axis=1) > 0.5), np.flatnonzero(cut.max(axis=0) > 0.5)
    three = cut[rows[0] + 3 : rows[-1] - 8, columns[0] : columns[0] + 8]
    three_um = readers.Spelled(Spelling("3µm", 0.9, 2, 30), "lines")
    assert readers.otherwise(cut, three_um, printed) is None
    np.maximum(three, 0.45, out=three)  # what is behind a 3 shines through
    eight = readers.Spelled(Spelling("8µm", 0.9, 2, 30), "lines")
    assert (readers.otherwise(cut, eight, printed) is not None) == (not printed)


@pytest.mark.parametrize(("gap", "text"), [(5, "20µm"), (15, None)])
def test_what_lies_nearer_than_a_sure_text_is_read_too(monkeypatch, gap: int, text) -> None:
    monkeypatch.setattr(
        readers, "by_glyphs", lambda cuts, where: [None, Spelling("1.5mm", 0.97, 2, 30)]
    )
    first, second = readers.spelled(
        [drawn("20 µm"), drawn("1.5 mm")], ["whole", "whole"], gaps=[gap, 15]
    )
    assert (first.spelling.text if first else None) == text
    assert second is not None and second.by == "glyphs"


def test_a_spelling_that_is_no_scale_is_none(by_glyphs) -> None:
    by_glyphs("81.9µm", 0.9)
    (found,) = readers.spelled([drawn("50.0 µm")], ["whole"])
    assert found is not None and found.spelling.text == "50.0µm"


def test_the_columns_that_the_glyph_reader_chose_are_read_as_a_line() -> None:
    cut = drawn("3µmIMS", 16)
    x1 = int(np.flatnonzero((drawn("3µm", 16) > 0.4).any(axis=0))[-1]) + 1
    assert readers.by_line(cut, "start") is None
    found = readers.by_line(cut, "start", columns=(0, x1))
    assert found is not None and found.text == "3µm" and found.x1 == x1
    assert readers.by_line(cut, "whole", columns=(0, x1)) is None


@pytest.mark.parametrize(
    ("sure", "text", "by"),
    [(0.4, "20µm", "strips"), (0.6, "2.0µm", "lines"), (0.0, "20µm", "strips")],
)
def test_the_strip_reader_overrules_no_line_reader_that_is_more_sure_than_not(
    monkeypatch, by_glyphs, sure: float, text: str, by: str
) -> None:
    """A faint point is lost on it first."""
    by_glyphs(None, 0.0)
    said = {"lines": Spelling("2.0µm", sure, 2, 30) if sure else None}
    said["strips"] = Spelling("20µm", 0.98, 2, 30)
    monkeypatch.setattr(readers, "by_line", lambda cut, where, network, columns: said[network])
    (found,) = readers.spelled([drawn("2.0 µm")], ["whole"])
    assert found is not None and (found.spelling.text, found.by) == (text, by)
