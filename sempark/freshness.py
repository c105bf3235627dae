"""Whether a table is up to date: its manifest against what it would be made from now.

In: the table, its manifest, the settings and input digests of today. Out: a `Verdict`.
Changed input updates a table; changed settings or older code never do without ``--force``, since
somebody may still want the rows that are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sempark.tables import Table

State = Literal["current", "absent", "input", "settings", "code"]


@dataclass(frozen=True)
class Verdict:
    """What a job would do with a table, and why.

    Attributes
    ----------
    state : State
        ``current``: nothing; ``absent``, ``input``: make it; ``settings``, ``code``: stop, or make
        it when forced.
    reason : str
        What changed, in words; empty when current.
    """

    state: State
    reason: str

    @property
    def needs_force(self) -> bool:
        """Made with other settings or older code."""
        return self.state in ("settings", "code")


def judge(
    table: Table,
    manifest: Mapping[str, Any] | None,
    settings: Mapping[str, Any],
    inputs: Mapping[str, str],
) -> Verdict:
    """Compare a manifest with today.

    Parameters
    ----------
    table : Table
        Whose code version counts.
    manifest : mapping or None
        Of the current version; None: there is none.
    settings : mapping
        Of today, as `Config.subset_of` gives them.
    inputs : mapping
        Digest of each input today.

    Returns
    -------
    verdict : Verdict
        The first of absent, code, settings, input that holds, else current.
    """
    if manifest is None:
        return Verdict("absent", "not made yet")
    if manifest["code"] != table.version:
        return Verdict("code", f"made by version {manifest['code']}, now {table.version}")
    changes = _changes(manifest["settings"], settings)
    if changes:
        return Verdict("settings", "; ".join(changes))
    changed = [name for name, digest in inputs.items() if manifest["inputs"].get(name) != digest]
    gone = [name for name in manifest["inputs"] if name not in inputs]
    if changed or gone:
        return Verdict("input", f"changed input: {', '.join(changed + gone)}")
    return Verdict("current", "")


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = sorted(set(before) | set(now))
    return [
        f"{name} was {before.get(name)!r}, is {now.get(name)!r}"
        for name in names
        if before.get(name) != now.get(name)
    ]
