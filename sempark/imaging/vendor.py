"""The pixel size that an instrument wrote into or beside its file.

In: the bytes of a TIFF and, where there is one, of the text file beside it. Out: nanometers per
pixel, who said so and under which key; None if nobody did. Each maker has a place of its own:
FEI/Thermo an INI text in tag 34680 or 34682 or XML in 34683, Zeiss lines in tag 34118, TESCAN an
INI text in tag 50431 or a `.hdr`, Phenom XML, JEOL and Hitachi a `.txt`. The resolution tags say
72 dpi and mean nothing. Hostile input costs a cut slice, never an exception.

Source: the files themselves; section 2.3 of the thesis ("where present, not always stored in the
same way").
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from sempark.imaging import tiff

Vendor = Literal["FEI", "Zeiss", "TESCAN", "Phenom", "JEOL", "Hitachi"]

# a pixel of a scanning electron microscope: from under an atom to over a millimeter
MIN_NM_PER_PX: Final = 1e-3
MAX_NM_PER_PX: Final = 1e7
_MAX_TEXT: Final = 1_000_000
_NUMBER: Final = r"([-+]?[0-9]{1,20}(?:[.,][0-9]{0,20})?(?:[eE][-+]?[0-9]{1,3})?)"
_NM: Final = {
    **{"pm": 1e-3, "nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3},
    **{"mm": 1e6, "cm": 1e7, "m": 1e9},
}


@dataclass(frozen=True)
class VendorScale:
    """Pixel size by the instrument: `nm_per_px` > 0, the maker, and the key it stands under."""

    nm_per_px: float
    vendor: Vendor
    key: str


def pixel_size(data: bytes, sidecar: bytes | None = None) -> VendorScale | None:
    """Find the pixel size in a file's own tags, then in the text beside it.

    Parameters
    ----------
    data : bytes
        The picture file. Only a TIFF has vendor tags; of the others, Phenom's JPEG has XML.
    sidecar : bytes or None
        The instrument's `.txt` or `.hdr` with the picture's name; latin-1, UTF-8 or UTF-16.

    Returns
    -------
    VendorScale or None
        None where no known key holds a number from 0.001 nm to 10 mm. Where pixels are not
        square the horizontal size counts: the scale bar lies flat.
    """
    tags = tiff.first_tags(data)
    for number, reader in _TAG_READERS:
        if number in tags:
            found = reader(_text(tags[number].data), _width(tags))
            if found is not None:
                return found
    embedded = data[-_MAX_TEXT:].find(b"<pixelWidth")  # Phenom appends its XML to a JPEG
    if embedded >= 0:
        found = _phenom(_text(data[-_MAX_TEXT:][embedded : embedded + 256]), None)
        if found is not None:
            return found
    if sidecar:
        text = _text(sidecar)
        for reader in (_jeol, _hitachi, _tescan, _phenom):
            found = reader(text, _width(tags))
            if found is not None:
                return found
    return None


def _width(tags: dict[int, tiff.Tag]) -> int | None:
    return tags[256].integer() if 256 in tags else None


def _text(data: bytes) -> str:
    data = data[:_MAX_TEXT]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    # UTF-16 without its mark: every second byte of plain text is zero
    if len(data) >= 8 and not any(data[1:64:2]) and all(data[0:8:2]):
        return data.decode("utf-16-le", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _fei_ini(text: str, width: int | None) -> VendorScale | None:
    metres = _ini(text, "Scan", "PixelWidth")
    if metres is None:  # older files have the field's width only
        field = _ini(text, "Scan", "HorFieldsize")
        metres = field / width if field is not None and width else None
        return _scale(metres, 1e9, "FEI", "[Scan] HorFieldsize")
    return _scale(metres, 1e9, "FEI", "[Scan] PixelWidth")


def _fei_xml(text: str, width: int | None) -> VendorScale | None:
    found = re.search(
        rf"<PixelSize>\s*<X\s*(?:unit=\"([^\"]{{1,4}})\")?[^>]{{0,80}}>\s*{_NUMBER}", text
    )
    if found is None:
        return None
    return _scale(_float(found[2]), _NM.get(found[1] or "m"), "FEI", "PixelSize/X")


def _zeiss(text: str, width: int | None) -> VendorScale | None:
    # AP_PIXEL_SIZE belongs to a picture 1024 px wide and is left alone
    for name, parts in (("AP_IMAGE_PIXEL_SIZE", 1), ("AP_WIDTH", width)):
        found = re.search(
            rf"^{name}\s*\r?\n[^=\r\n]{{0,80}}=\s*{_NUMBER}\s*(\S{{1,2}})", text, re.M
        )
        if found is not None and parts:
            value = _float(found[1])
            size = _scale(value and value / parts, _NM.get(found[2]), "Zeiss", name)
            if size is not None:
                return size
    return None


def _tescan(text: str, width: int | None) -> VendorScale | None:
    # the tag begins with some bytes of its own, so that the section's head may be cut
    metres = _ini(text, "MAIN", "PixelSizeX")
    if metres is None:
        found = re.search(rf"\bPixelSizeX\s*=\s*{_NUMBER}", text)
        metres = _float(found[1]) if found else None
    return _scale(metres, 1e9, "TESCAN", "[MAIN] PixelSizeX")


def _phenom(text: str, width: int | None) -> VendorScale | None:
    found = re.search(rf"<pixelWidth(?:\s+unit=\"([^\"]{{1,4}})\")?[^>]{{0,80}}>\s*{_NUMBER}", text)
    if found is None:
        return None
    return _scale(_float(found[2]), _NM.get(found[1] or "nm"), "Phenom", "pixelWidth")


def _jeol(text: str, width: int | None) -> VendorScale | None:
    length = re.search(rf"\$\$?SM_MICRON_MARKER\s+{_NUMBER}\s*([a-zµμ]{{1,2}})", text)
    bar_px = re.search(rf"\$\$?SM_MICRON_BAR\s+{_NUMBER}", text)
    if length is None or bar_px is None:
        return None
    value, pixels = _float(length[1]), _float(bar_px[1])
    if not value or not pixels:
        return None
    return _scale(value / pixels, _NM.get(length[2]), "JEOL", "$$SM_MICRON_MARKER")


def _hitachi(text: str, width: int | None) -> VendorScale | None:
    found = re.search(rf"^PixelSize\s*=\s*{_NUMBER}\s*$", text, re.M)
    return _scale(_float(found[1]) if found else None, 1.0, "Hitachi", "PixelSize")


_Reader = Callable[[str, int | None], VendorScale | None]
_TAG_READERS: Final[tuple[tuple[int, _Reader], ...]] = (
    (34680, _fei_ini),
    (34682, _fei_ini),
    (34683, _fei_xml),
    (34118, _zeiss),
    (50431, _tescan),
    # Phenom puts its XML where others put a description
    (34683, _phenom),
    (270, _phenom),
)


def _ini(text: str, section: str, key: str) -> float | None:
    """Find `key=` inside `[section]`, the next line that begins with a bracket ends it."""
    inside = False
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and line.startswith(key):
            found = re.fullmatch(rf"{key}\s*=\s*{_NUMBER}\s*", line)
            if found:
                return _float(found[1])
    return None


def _float(text: str) -> float | None:
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


def _scale(value: float | None, nm: float | None, vendor: Vendor, key: str) -> VendorScale | None:
    if value is None or nm is None or not MIN_NM_PER_PX <= value * nm <= MAX_NM_PER_PX:
        return None
    return VendorScale(value * nm, vendor, key)
