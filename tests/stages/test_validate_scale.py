"""Table 2.3: how readings are counted against what was read by eye."""

import pytest

from sempark.stages.validate_scale import cases, lines, outcome


def row(md5: str, status: str = "ok", value: float | None = 2.0, bar_px: float = 100.0) -> dict:
    known = {"value": value, "unit": "um", "bar_px": bar_px, "text": "2 um"}
    return {"md5": md5, "status": status} | known


PATHS = {"a": ["/x/one.tif"], "b": ["/x/two.tif"], "c": ["/x/three.tif", "/y/3.tif"], "d": ["/x/4"]}


def test_each_outcome() -> None:
    truth = [
        {"file": "images/one.tif", "scale_value": "2", "scale_unit": "um", "bar_px": "103"},
        {"file": "two.tif", "value": "5", "unit": "um"},
        {"md5": "c", "value": "1", "unit": "um"},
        {"md5": "d", "value": "", "unit": ""},
    ]
    scale = [row("a"), row("b"), row("c", "no_text"), row("d", "no_databar")]
    found, missing = cases(truth, scale, PATHS)
    assert [outcome(case) for case in found] == ["right", "wrong", "unread", "refused"]
    assert missing == []
    text = "\n".join(lines(found, missing))
    assert "positive                       50.0%      2" in text
    assert "not read: no_text" in text and "of 1 bars 1 within" in text
    assert "wrong: two.tif" in text


def test_a_value_read_where_none_is_printed_is_wrong() -> None:
    found, _ = cases([{"md5": "a", "value": ""}], [row("a")], PATHS)
    assert outcome(found[0]) == "wrong"


def test_units_count() -> None:
    found, _ = cases([{"md5": "a", "value": "2", "unit": "nm"}], [row("a")], PATHS)
    assert outcome(found[0]) == "wrong"


def test_what_is_not_in_the_table_is_named() -> None:
    found, missing = cases([{"file": "none.tif", "value": "1", "unit": "nm"}], [row("a")], PATHS)
    assert found == [] and missing == ["none.tif"]
    assert "not in the table: none.tif" in lines(found, missing)[-1]


def test_a_bad_row_names_its_line() -> None:
    with pytest.raises(ValueError, match="line 2: expected a column"):
        cases([{"name": "x"}], [], {})
    with pytest.raises(ValueError, match="line 2: expected a number"):
        cases([{"md5": "a", "value": "two", "unit": "um"}], [row("a")], PATHS)


def test_confusions_are_counted() -> None:
    truth = [{"md5": m, "value": "20", "unit": "um"} for m in "ab"] + [{"md5": "c", "value": ""}]
    found, missing = cases(truth, [row("a"), row("b"), row("c")], PATHS)
    text = lines(found, missing)
    assert "  read 2 um for 20 um: 2" in text
    assert "  read 2 um for nothing: 1" in text
