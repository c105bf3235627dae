"""Scale texts: the lexicon, the engine's misreadings, and what is no scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sempark.scalebar.value import NM_PER_UNIT, Scale, leading_number, number, parse, repaired


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("2 µm", 2, "um"),
        ("10 μm", 10, "um"),
        ("500.0µm", 500, "um"),
        ("40.0um", 40, "um"),
        ("2.5 µm", 2.5, "um"),
        ("0.5µm", 0.5, "um"),
        ("250 nm", 250, "nm"),
        ("1mm", 1, "mm"),
        ("2 µm*", 2, "um"),
        # what the stock English model makes of a micro sign
        ("20 pm", 20, "um"),
        ("20 ym", 20, "um"),
        ("3 jm", 3, "um"),
        ("10 pum", 10, "um"),
        ("30. 0um", 30, "um"),
        # letters for digits
        ("l0 µm", 10, "um"),
        ("IOO nm", 100, "nm"),
        ("  5   nm ", 5, "nm"),
    ],
)
def test_reads_scales(text: str, value: float, unit: str) -> None:
    scale = parse(text)
    assert scale is not None
    assert (scale.value, scale.unit) == (value, unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "µm",
        "300",
        "1m",  # the micro sign was lost: nm or µm
        "31.7 µm",  # a field's width
        "7.5 µm",
        "30.00 µm",  # an aperture
        "10.5 mm",
        "74.43 nm",
        "WD = 5 mm",
        "Width = 10 µm",
        "Pa 1 = 84.2 nm",
        "00 µm",
        "0 nm",
        "0.2 nm",  # below what any such microscope resolves
        "5000 µm",
        "10 kV",
        "10 cm",
        "x500 µm 3",
    ],
)
def test_leaves_everything_else(text: str) -> None:
    assert parse(text) is None


def test_where_other_words_may_stand() -> None:
    assert parse("1µm JEOL") is None
    assert parse("1µm JEOL", "start") == Scale(1.0, "um", True)
    assert parse("X1,600 8µm", "end") == Scale(8.0, "um", False)
    assert parse("WD 8µm", "start") is None
    assert parse("18µm", "end") is None, "the end of a longer number is no number"


def test_a_lost_dot_is_not_made_up() -> None:
    assert parse("2.5 µm") == Scale(2.5, "um", True)
    assert parse("25 µm") == Scale(25.0, "um", True)
    assert parse("250 µm") == Scale(250.0, "um", True)


@pytest.mark.parametrize("text", ["6 mm", "8mm", "10 mm", "15 mm", "20mm", "2.5 mm"])
def test_a_working_distance_is_no_scale(text: str) -> None:
    assert parse(text) is None
    assert parse(text.replace("mm", "µm")) is not None


@given(st.sampled_from("12345"), st.integers(0, 2), st.sampled_from(["nm", "um", "mm"]))
def test_every_common_length_is_read_back(digit: str, zeros: int, unit: str) -> None:
    zeros = 0 if unit == "mm" else zeros
    scale = parse(f"{digit}{'0' * zeros} {unit}")
    assert scale is not None and scale.common
    assert scale.nanometers == float(digit) * 10**zeros * NM_PER_UNIT[scale.unit]


@given(st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,2})?", fullmatch=True))
def test_numbers_keep_their_value(digits: str) -> None:
    scale = number(digits, "um")
    assert scale is None or scale.value == float(digits)


def test_rare_numbers_are_marked() -> None:
    assert parse("8 µm") == Scale(8.0, "um", False)
    assert parse("7 µm") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8m", 8),
        ("500 m", 500),
        ("2.5 M", 2.5),
        ("imm", 1),
        ("sum", 8),
        ("S0ym", 80),
        ("", None),
        ("20", None),
    ],
)
def test_a_number_is_read_though_its_unit_is_not(text: str, expected: float | None) -> None:
    assert leading_number(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 rm", (10, "nm")),
        ("200nn", (200, "nm")),
        ("300 nin", (300, "nm")),
        ("tOnm", (10, "nm")),
        ("70 nm", (10, "nm")),
        ("7mm", (1, "mm")),
        ("10nm", (10, "nm")),
        ("30 im", None),  # or a micro sign
        ("300 rym", None),
        ("170 nm", None),
        ("tnm", None),
        ("", None),
    ],
)
def test_what_an_engine_often_misreads(text: str, expected: tuple[float, str] | None) -> None:
    found = repaired(text)
    assert (found and (found.value, found.unit)) == expected
