"""How many printed scales are read right, by layout: drawn images and a folder of real ones.

python benchmarks/scale_accuracy.py [--legible 60] [--none 20] [--illegible 5] [--seed 1]
    [--layouts L ...] [--held-out] [--fonts FOLDER ...] [--minutes M]
    [--folder DIR [--makers NAME ...]] [--thesis] [--misses]

Drawn images come from `sempark.synthetic.cases`, so many of each layout, all layouts in turn, so
that what is done when the minutes are over is a sample of the whole. A folder holds
images and a `labels.csv` with the columns file, scale_value, scale_unit, bar_px and
metadata_pixel_size_m. Counted twice: legible ones only, and the thesis' way, where a
correctly refused image is right (section 2.3, table 2.3).
"""

import argparse
import collections
import csv
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont

from sempark.imaging.decode import decode
from sempark.scalebar import reading, thesis
from sempark.synthetic import cases, databars, lettering

BATCH = 64
SKIPPED = ("Thin", "Hairline", "ExtraLight", "Z003", "D050000L", "Math", "Symbol")


@dataclass
class Case:
    """An image with its truth: all true lengths as (value, unit, bar_px); none: refuse it."""

    name: str
    group: str
    gray: np.ndarray
    lengths: list[tuple[float, str, float]]
    must_read: bool
    metadata_nm: float | None = None
    font: str = ""


@dataclass
class Tally:
    """Counts of one layout."""

    n: int = 0
    right: int = 0
    wrong: int = 0
    off_length: int = 0
    statuses: collections.Counter = field(default_factory=collections.Counter)


def fonts(folders: list[str]) -> tuple[str, ...] | None:
    """Return the font files with digits and both micro signs, the wheel's too; None: its alone."""
    if not folders:
        return None
    found = [p for f in folders for p in Path(f).rglob("*") if p.suffix in (".ttf", ".otf")]
    names = {p.name: p for p in sorted(found) if not any(s in p.name for s in SKIPPED)}
    whole = [str(p) for p in names.values() if {0xB5, 0x3BC} <= set(TTFont(p).getBestCmap())]
    return tuple(sorted({*whole, *lettering.wheel_fonts()}))


def drawn(args: argparse.Namespace):
    counts = {"legible": args.legible, "none": args.none, "illegible": args.illegible}
    names = [*databars.LAYOUTS, *databars.HELD_OUT]
    layouts = args.layouts or (databars.HELD_OUT if args.held_out else databars.LAYOUTS)
    files = fonts(args.fonts)
    # a kind with fewer images is spread over the whole run
    turns = [(i / n, kind, i) for kind, n in counts.items() for i in range(n)]
    for _, kind, i in sorted(turns):
        for layout in layouts:
            key = [args.seed, names.index(layout), cases.KINDS.index(kind), i]
            gray, truth = cases.draw_case(kind, layout, np.random.default_rng(key), files)
            lengths = list(truth.also)
            if truth.value is not None and truth.bar_px is not None:
                lengths.append((truth.value, truth.unit, truth.bar_px))
            group = layout if kind == "legible" else f"({kind})"
            name = f"{layout}/{kind}/{i}"
            yield Case(name, group, gray, lengths, kind == "legible", font=truth.font)


def real(args: argparse.Namespace):
    folder = Path(args.folder)
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            maker = row["vendor"].split(" ")[0] or "none named"
            if args.makers and not any(maker.startswith(m) for m in args.makers):
                continue
            gray = decode((folder / row["file"]).read_bytes()).gray
            lengths = []
            if row["scale_value"]:
                lengths = [(float(row["scale_value"]), row["scale_unit"], float(row["bar_px"]))]
            meters = row["metadata_pixel_size_m"]
            nm = float(meters) * 1e9 if meters else None
            yield Case(row["file"], maker, gray, lengths, bool(lengths), nm)


def judge(case: Case, out: reading.Reading, tally: Tally, edges: bool) -> str:
    """Count one reading; return what to say of it, or nothing."""
    tally.n += 1
    if out.status != "ok":
        tally.statuses[out.status] += 1
        tally.right += not case.must_read
        return f"not read: {out.status} {out.text!r}" if case.must_read else ""
    bars = [px for value, unit, px in case.lengths if (value, unit) == (out.value, out.unit)]
    if not bars:
        tally.wrong += 1
        return f"WRONG: {out.value:g} {out.unit} for {case.lengths}, {out.confidence:.2f}"
    tally.right += 1
    # labels measured from outer edge to outer edge are up to 4 px longer than nominal
    slack, share = (4.0, 0.02) if edges else (1.0, 0.01)
    said = ""
    if min(abs(out.bar_px - px) - max(slack, share * px) for px in bars) > 0:
        tally.off_length += 1
        said = f"length {out.bar_px:.2f} for {bars[0]:.2f}"
    if case.metadata_nm and abs(out.nm_per_px / case.metadata_nm - 1) > 0.03:
        said += f" nm per px {out.nm_per_px:.4g}, metadata {case.metadata_nm:.4g}"
    return said


def measure(
    cases, method, edges: bool, misses: bool, minutes: float
) -> tuple[dict[str, Tally], dict[str, Tally]]:
    """Read all cases, or as many as the minutes allow; tallies by layout and by font."""
    tallies: dict[str, Tally] = collections.defaultdict(Tally)
    by_font: dict[str, Tally] = collections.defaultdict(Tally)
    batch: list[Case] = []
    stop = time.monotonic() + 60 * minutes

    def flush() -> None:
        for case, out in zip(batch, method([c.gray for c in batch]), strict=True):
            said = judge(case, out, tallies[case.group], edges)
            if case.must_read and case.font:
                judge(case, out, by_font[case.font], edges)
            if said and (misses or not said.startswith("not read")):
                print(f"  {case.name}: {said}", flush=True)
        batch.clear()

    for case in cases:
        batch.append(case)
        if len(batch) == BATCH:
            flush()
            if time.monotonic() > stop:
                print(f"stopped after {minutes:g} minutes")
                break
    if batch:
        flush()
    return tallies, by_font


def table(tallies: dict[str, Tally]) -> None:
    print(f"{'':22}{'n':>6}{'right':>9}{'wrong':>7}{'length':>8}  not read")
    for group, t in sorted(tallies.items()):
        statuses = ", ".join(f"{s} {n}" for s, n in t.statuses.most_common())
        print(f"{group:22}{t.n:6}{t.right / t.n:9.2%}{t.wrong:7}{t.off_length:8}  {statuses}")
    legible = [t for g, t in tallies.items() if not g.startswith("(")]
    for name, some in (("legible or labelled", legible), ("all, thesis' count", tallies.values())):
        some = list(some)
        n, right, wrong = (sum(getattr(t, k) for t in some) for k in ("n", "right", "wrong"))
        off = sum(t.off_length for t in some)
        print(f"{name:22}{n:6}{right / max(1, n):9.2%}{wrong:7}{off:8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legible", type=int, default=60, help="drawn images a layout")
    parser.add_argument("--none", type=int, default=20)
    parser.add_argument("--illegible", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layouts", nargs="+", choices=[*databars.LAYOUTS, *databars.HELD_OUT])
    parser.add_argument("--held-out", action="store_true", help="layouts no reader was tuned on")
    parser.add_argument("--fonts", nargs="+", default=[], metavar="FOLDER", help="more fonts")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long")
    parser.add_argument("--folder", help="real images instead of drawn ones")
    parser.add_argument("--makers", nargs="+", help="only these, by the first word of the vendor")
    parser.add_argument("--thesis", action="store_true", help="the thesis' five steps")
    parser.add_argument("--misses", action="store_true", help="name every image not read")
    args = parser.parse_args()
    method = thesis.read_many if args.thesis else reading.read_many
    cases = real(args) if args.folder else drawn(args)
    tallies, by_font = measure(cases, method, bool(args.folder), args.misses, args.minutes)
    table(tallies)
    for font, t in sorted(by_font.items()):
        print(f"{font:36}{t.n:6}{t.right / t.n:9.2%}{t.wrong:4}")


if __name__ == "__main__":
    main()
