"""validate_scale: the scale table against scales read by eye, as table 2.3 of the thesis.

In: rows of a CSV file (``md5`` or ``file``, ``value`` and ``unit`` or the same with ``scale_``
before; empty: nothing to read; ``bar_px``, outer edge to outer edge, where measured), rows of
scale, the paths of images_flat. Out: lines of a table with 95 % intervals. As in the thesis a
correctly refused image is positive; right, not read and wrong are counted on their own beside.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sempark.networks.evaluation import wilson

BAR_TOLERANCE_PX = 4.0
BAR_TOLERANCE = 0.02


@dataclass(frozen=True)
class Case:
    """One image of the truth: its name there, its row of the scale table, what is printed."""

    name: str
    row: Mapping[str, Any]
    value: float | None
    unit: str
    bar_px: float | None


def cases(
    truth: Iterable[Mapping[str, str]],
    scale: Iterable[Mapping[str, Any]],
    paths: Mapping[str, Sequence[str]],
) -> tuple[list[Case], list[str]]:
    """Truth joined with the table by md5, or by the end of a path; and what was not found.

    Raises
    ------
    ValueError
        A row without a file or md5, or with a value that is no number.
    """
    rows = {row["md5"]: row for row in scale}
    of_path = {path: md5 for md5, several in paths.items() for path in several}
    found, missing = [], []
    for line, given in enumerate(truth, start=2):
        name = given.get("md5") or given.get("file")
        if not name:
            raise ValueError(f"line {line}: expected a column md5 or file, received {dict(given)}")
        md5 = given.get("md5") or _by_end(of_path, name)
        if md5 not in rows:
            missing.append(name)
            continue
        value = _number(given.get("scale_value") or given.get("value"), line)
        unit = given.get("scale_unit") or given.get("unit") or ""
        bar_px = _number(given.get("bar_px"), line)
        found.append(Case(name, rows[md5], value, unit, bar_px))
    return found, missing


def outcome(case: Case) -> str:
    """``right``, ``refused`` (rightly), ``unread`` or ``wrong``."""
    if case.row["status"] != "ok":
        return "refused" if case.value is None else "unread"
    same = case.value is not None and case.row["unit"] == case.unit
    return "right" if same and math.isclose(case.row["value"], case.value or 0.0) else "wrong"


def lines(found: Sequence[Case], missing: Sequence[str]) -> list[str]:
    """Table 2.3: positive, negative by kind, and what it does not count."""
    outcomes = [outcome(case) for case in found]
    n, counts = len(found), Counter(outcomes)
    kinds = Counter(
        case.row["status"] for case, what in zip(found, outcomes, strict=True) if what == "unread"
    )
    positive = counts["right"] + counts["refused"]
    text = [_line("positive", positive, n), _line("negative", n - positive, n)]
    text += [_line(f"  not read: {kind}", count, n) for kind, count in kinds.most_common()]
    text.append(_line("  wrong scale", counts["wrong"], n))
    text += _confusions(found, outcomes)
    printed = [c for c in found if c.value is not None]
    text.append(f"of {len(printed)} with a printed scale {counts['right']} right")
    text.append(f"of {n - len(printed)} without one {counts['refused']} refused")
    measured = [
        case
        for case, what in zip(found, outcomes, strict=True)
        if what == "right" and case.bar_px is not None
    ]
    close = sum(_bar_is_close(case) for case in measured)
    text.append(f"of {len(measured)} bars {close} within max(4 px, 2 %) of the outer edges")
    text += [
        f"{what}: {case.name}: {case.row['status']}, read {case.row['text']!r}"
        for case, what in zip(found, outcomes, strict=True)
        if what in ("unread", "wrong")
    ]
    if missing:
        text.append(f"not in the table: {', '.join(missing)}")
    return text


def _confusions(found: Sequence[Case], outcomes: Sequence[str]) -> list[str]:
    """What was read for what, wrong ones only, commonest first."""
    pairs = Counter(
        (f"{case.row['value']:g} {case.row['unit']}", _printed(case))
        for case, what in zip(found, outcomes, strict=True)
        if what == "wrong"
    )
    return [f"  read {read} for {printed}: {n:,}" for (read, printed), n in pairs.most_common()]


def _printed(case: Case) -> str:
    return "nothing" if case.value is None else f"{case.value:g} {case.unit}"


def _bar_is_close(case: Case) -> bool:
    expected = case.bar_px or 0.0
    return abs(case.row["bar_px"] - expected) <= max(BAR_TOLERANCE_PX, BAR_TOLERANCE * expected)


def _line(name: str, count: int, n: int) -> str:
    low, high = wilson(count, n) if n else (0.0, 1.0)
    share = count / n if n else 0.0
    return f"{name:<28} {share:7.1%} {count:>6,}   95 %: {low:.1%} to {high:.1%}"


def _by_end(of_path: Mapping[str, str], name: str) -> str | None:
    """The md5 of the path that ends in a name: in all of it, else in its last part."""
    for end in (name, name.rpartition("/")[2]):
        found = {md5 for path, md5 in of_path.items() if path.endswith(f"/{end}") or path == end}
        if len(found) == 1:
            return found.pop()
    return None


def _number(text: str | None, line: int) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"line {line}: expected a number, received {text!r}") from None
