"""What else is printed in a data bar: voltages, distances, dates, names.

In: the sheet. Out: strings. Lengths among them are decoys; the field's width and the pixel size
are those that follow from the scale.
"""

import numpy as np

from sempark.synthetic.sheet import Sheet, length_text

DETECTORS = ("InLens", "SE2", "SE1", "ETD", "TLD", "BSED", "SED", "SEI", "LEI", "In-Beam SE", "BSE")
INSTITUTES = (
    "IMS",
    "NFL",
    "LMN",
    "CNR",
    "ISTM",
    "NanoLab",
    "Dept. of Physics",
    "Univ. Surface Lab",
)
MAKERS = ("Quanta 3D FEG", "Nova NanoSEM", "VEGA3", "MIRA3", "JEOL", "SU8000", "Sigma 300")


def volts(rng: np.random.Generator, blank: bool = True) -> str:
    """Return an acceleration voltage such as "5.00 kV"."""
    value = rng.choice([1, 2, 3, 5, 10, 15, 20, 30])
    return f"{value:.{int(rng.integers(0, 3))}f}{' ' if blank else ''}kV"


def distance(rng: np.random.Generator, blank: bool = True) -> str:
    """Return a working distance such as "7.9 mm"."""
    return f"{rng.uniform(1.5, 30):.1f}{' ' if blank else ''}mm"


def magnification(sheet: Sheet) -> float:
    """Return the magnification that a print 127 mm wide would have."""
    return 127e6 / (sheet.width * sheet.scale.nm_per_px)


def field_width(sheet: Sheet, blank: bool = True, digits: int = 2) -> str:
    """Return the width of the field of view as printed."""
    return _length(sheet.width * sheet.scale.nm_per_px, blank, digits)


def pixel_size(sheet: Sheet, blank: bool = True) -> str:
    """Return the pixel size as printed."""
    return _length(sheet.scale.nm_per_px, blank, 2)


def _length(nm: float, blank: bool, digits: int) -> str:
    unit, size = ("mm", 1e6) if nm >= 1e6 else ("um", 1e3) if nm >= 1e3 else ("nm", 1.0)
    text = length_text(1, unit, blank)[1:]
    return f"{nm / size:.{digits}f}{text}"


def date(rng: np.random.Generator) -> str:
    """Return a date in one of the usual forms."""
    y, m, d = int(rng.integers(2003, 2024)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    forms = (f"{d} {month[m - 1]} {y}", f"{m}/{d}/{y}", f"{y}-{m:02}-{d:02}", f"{d:02}/{m:02}/{y}")
    return str(rng.choice(forms))


def clock(rng: np.random.Generator) -> str:
    """Return a time of day."""
    h, m, s = int(rng.integers(8, 20)), int(rng.integers(0, 60)), int(rng.integers(0, 60))
    return f"{h}:{m:02}:{s:02}"


def name(rng: np.random.Generator) -> str:
    """Return a sample or file name."""
    stem = rng.choice(["sample", "img", "ZnO", "TiO2", "wafer", "PS", "film", "A", "CNT", "test"])
    return f"{stem}{rng.choice(['_', '-', ' '])}{int(rng.integers(1, 400)):03}"


def zeiss_items(sheet: Sheet) -> list[str]:
    """Return keys and values in the manner of SmartSEM, in random order."""
    rng = sheet.rng
    times = magnification(sheet)
    mag = f"{times / 1e3:.2f} K X" if times >= 1e3 else f"{times:.0f} X"
    items = [
        f"EHT = {volts(rng)}",
        f"WD = {distance(rng)}",
        f"Signal A = {rng.choice(DETECTORS)}",
        f"Mag = {mag}",
        f"Pixel Size = {pixel_size(sheet)}",
        f"Width = {field_width(sheet)}",
        f"Aperture Size = {rng.choice([7.5, 10, 20, 30, 60, 120]):.2f} µm",
        f"Stage at T = {rng.uniform(0, 54):.1f} °",
        f"Stage at Z = {rng.uniform(5, 45):.3f} mm",
        f"Date :{date(rng)}",
        f"Time :{clock(rng)}",
        f"Photo No. = {int(rng.integers(1, 9999))}",
        f"User = {rng.choice(['MM', 'guest', 'lab1'])}",
        f"Noise Reduction = {rng.choice(['Line Avg', 'Pixel Avg.'])}",
        f"File Name = {name(rng)}.tif",
    ]
    head, tail = items[:5], items[5:]
    rng.shuffle(head)
    rng.shuffle(tail)
    return head + tail


def fei_items(sheet: Sheet) -> list[tuple[str, str]]:
    """Return headings over values in the manner of xT."""
    rng = sheet.rng
    items = [
        ("HV", volts(rng)),
        ("WD", distance(rng)),
        ("mag", f"{magnification(sheet):,.0f} x".replace(",", " ")),
        ("det", str(rng.choice(["ETD", "TLD", "LFD", "vCD", "BSED"]))),
        ("spot", f"{rng.uniform(1, 6):.1f}"),
        ("HFW", field_width(sheet, digits=int(rng.integers(0, 3)))),
        ("pressure", f"{rng.uniform(1, 9):.2f}e-{int(rng.integers(2, 5))} Pa"),
        ("tilt", f"{rng.uniform(0, 52):.0f} °"),
        ("mode", str(rng.choice(["SE", "BSE", "A+B"]))),
        (date(rng), clock(rng)),
    ]
    rng.shuffle(items)
    return items
