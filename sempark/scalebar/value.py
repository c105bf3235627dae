"""Scale texts: what an engine read -> a value and a unit, or nothing.

A printed scale is a number of a short lexicon followed by nm, µm or mm. The stock
Tesseract model knows no micro sign and reads "um", "pm", "ym" for it: these are
repaired, nothing else is. A text that is not wholly of that form is no scale.

Source: section 2.3 of the thesis, step 4; the lexicon from the data bars met in practice.
"""

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["nm", "um", "mm"]

NM_PER_UNIT: dict[Unit, float] = {"nm": 1.0, "um": 1e3, "mm": 1e6}
COMMON_DIGITS = ("1", "2", "3", "4", "5", "25")
RARE_DIGITS = ("6", "8", "15")
MAX_VALUE = 1000.0
MIN_VALUE = 0.1
MAX_MM, MAX_DECIMAL_MM = 5.0, 2.0

_MICRO = r"(?:[µμuypjw]|[µμuypj][µμupj]|\(u|[jJ]u)"
_NUMBER = r"(?P<number>[0-9OoIl|]{1,4}(?:[.,][0-9Oo]{1,2})?)"
_UNIT = rf"(?:(?P<nm>n)|(?P<um>{_MICRO})|(?P<mm>m))m"
_SCALE = re.compile(rf"{_NUMBER}\s?{_UNIT}")
_LETTERS = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1", ",": "."})


@dataclass(frozen=True)
class Scale:
    """A printed length: value, unit, and whether the number is of the common lexicon."""

    value: float
    unit: Unit
    common: bool

    @property
    def nanometers(self) -> float:
        """Return the length in nm."""
        return self.value * NM_PER_UNIT[self.unit]


def parse(text: str, where: Literal["whole", "start", "end"] = "whole") -> Scale | None:
    """Read a scale from a text.

    Parameters
    ----------
    text
        What an engine read in one line.
    where
        "whole": nothing but a star or dot may follow; "start", "end": other words may
        follow, or come before, after a blank.

    Returns
    -------
    Scale or None
        None when the text is not a scale: another form, a number outside the lexicon,
        a unit that could be more than one.
    """
    cleaned = " ".join(text.split()).strip("*'`‘’\"-_—~ ")
    cleaned = re.sub(r"(?<=[0-9Oo][.,])\s(?=[0-9Oo])", "", cleaned)
    cleaned = re.sub(r"(?<=m)\s?[*.,:;'°]+$", "", cleaned)
    if "=" in cleaned:
        return None
    if where == "whole":
        match = _SCALE.fullmatch(cleaned)
    elif where == "start":
        match = re.match(rf"{_SCALE.pattern}(?=\s|$)", cleaned)
    else:
        match = re.search(rf"(?:^|(?<=\s)){_SCALE.pattern}$", cleaned)
    if match is None:
        return None
    unit: Unit = "nm" if match["nm"] else "um" if match["um"] else "mm"
    return number(match["number"].translate(_LETTERS), unit)


def repaired(text: str) -> Scale | None:
    """Read a scale from an engine's text that is none as it stands, by what it likely misread.

    A 1 is read as 7, which begins no number of the lexicon, as t before a 0, or as i; nm as nn, rm
    or nin, and never µm so. Only where our own readers say the same is it a second look.

    Parameters
    ----------
    text
        What an engine read in one line.

    Returns
    -------
    Scale or None
        As of `parse`.
    """
    cleaned = " ".join(text.split())
    cleaned = re.sub("^(?:7|i|t(?=[0Oo]))", "1", cleaned)
    cleaned = re.sub("(?<=[0-9Oo ])(?:nn|rm|nin)$", "nm", cleaned)
    return parse(cleaned)


def leading_number(text: str) -> float | None:
    """Read the number a text begins with, whatever its unit was read as: "8m" for 8 µm.

    Parameters
    ----------
    text
        What an engine read in one line.

    Returns
    -------
    float or None
        None where it does not begin with a number, or nothing but a number is there.
    """
    # 8 and 1 are often read as letters; at the place of a number that is what they tell
    cleaned = re.sub("^[sSB](?=[0O]{0,2}[^0-9]{0,2}m)", "8", "".join(text.split()))
    cleaned = re.sub("^i(?=[0O]{0,2}[^0-9]{0,2}m)", "1", cleaned)
    match = re.match(rf"{_NUMBER}(?=[^0-9.,])", cleaned)
    return float(match["number"].translate(_LETTERS)) if match else None


def number(digits: str, unit: Unit) -> Scale | None:
    """Look a number up in the lexicon.

    Parameters
    ----------
    digits
        Digits with at most one decimal point, such as "500.0".
    unit
        "nm", "um" or "mm".

    Returns
    -------
    Scale or None
        None for numbers that no scale bar carries (a leading zero, two decimals as
        in an aperture's 30.00 µm, 31.7, 0, over 1000).
    """
    whole, _, fraction = digits.partition(".")
    if not whole or (len(whole) > 1 and whole.startswith("0")) or len(fraction) > 1:
        return None
    value = float(digits)
    if not MIN_VALUE <= value <= MAX_VALUE:
        return None
    significant = (whole + fraction).strip("0")
    if value < 1 and unit == "nm":
        return None
    if significant not in COMMON_DIGITS + RARE_DIGITS:
        return None
    if unit == "mm" and value > (MAX_DECIMAL_MM if fraction else MAX_MM):  # a working distance
        return None
    return Scale(value, unit, significant in COMMON_DIGITS)
