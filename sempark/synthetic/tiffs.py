"""TIFF files as microscopes and people write them, and what instruments write beside them.

In: gray pixels and a form. Out: the bytes of a file.

Forms differ in compression, depth, color, byte order, palette and pages; the vendors' tags hold
the pixel size where their software puts it. Nothing depends on the time or the machine.
Source: section 2.1 of the thesis; the TIFF 6.0 specification.
"""

import io
from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

FORMS: Final[dict[str, float]] = {
    "plain": 0.44,
    "lzw": 0.12,
    "deflate": 0.06,
    "packbits": 0.06,
    "palette": 0.10,
    "rgb": 0.07,
    "deep": 0.06,
    "pages": 0.04,
    "big_endian": 0.03,
    "inverted": 0.02,
}
"""Forms of a TIFF and how often they occur."""


def tiff(
    gray: Gray, form: str, rng: np.random.Generator, tags: list[tuple[Any, ...]] | None = None
) -> bytes:
    """Write a picture as TIFF.

    Parameters
    ----------
    gray : uint8 (h, w)
    form : one of `FORMS`.
    rng : draws the palette and the lower bits of deep pictures.
    tags : further tags as tifffile takes them: code, type, count, value, first page only.

    Returns
    -------
    bytes
    """
    if form not in FORMS:
        raise ValueError(f"expected a form of {tuple(FORMS)}, received {form!r}")
    pixels, options = _pixels(gray, form, rng)
    file = io.BytesIO()
    order = ">" if form == "big_endian" else "<"
    with tifffile.TiffWriter(file, byteorder=order) as writer:
        writer.write(pixels, metadata=None, extratags=tags or (), **options)
        if form == "pages":
            writer.write(np.ascontiguousarray(gray[::4, ::4]), metadata=None)
    return file.getvalue()


def _pixels(gray: Gray, form: str, rng: np.random.Generator) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return samples and tifffile's options for a form."""
    options: dict[str, Any] = {"photometric": "minisblack", "software": False}
    if form in ("lzw", "deflate", "packbits"):
        return gray, options | {"compression": form, "rowsperstrip": 64}
    if form == "palette":
        return _palette(gray, options, rng)
    if form == "rgb":
        return np.repeat(gray[:, :, None], 3, axis=2), options | {"photometric": "rgb"}
    if form == "deep":  # 12 bits in 16, as detectors store them
        noise = rng.integers(0, 16, gray.shape, dtype=np.uint16)
        return gray.astype(np.uint16) * np.uint16(16) + noise, options
    if form == "inverted":
        return 255 - gray, options | {"photometric": "miniswhite"}
    return gray, options


def _palette(
    gray: Gray, options: dict[str, Any], rng: np.random.Generator
) -> tuple[Gray, dict[str, Any]]:
    """Return indices into a palette that is not the identity: the raw indices are no grays."""
    order = np.arange(256, dtype=np.uint8)
    if rng.random() < 0.5:  # the first entries are kept for colored text
        order = np.roll(order, 13)
    else:
        rng.shuffle(order)
    colors = np.zeros((3, 256), np.uint16)
    colors[:, order] = np.arange(256, dtype=np.uint16) * np.uint16(257)
    return order[gray], options | {"photometric": "palette", "colormap": colors}


def vendor_tags(vendor: str, nm_per_px: float, shape: tuple[int, int]) -> list[tuple[Any, ...]]:
    """Return the tags in which a vendor stores the pixel size; none for other vendors."""
    if vendor == "FEI":
        text = (
            "[User]\r\nUser=supervisor\r\n[Scan]\r\nInternalScan=true\r\n"
            f"PixelWidth={nm_per_px * 1e-9:.9g}\r\nPixelHeight={nm_per_px * 1e-9:.9g}\r\n"
            f"HorFieldsize={nm_per_px * 1e-9 * shape[1]:.9g}\r\n"
            "[PrivateFei]\r\nDatabarHeight=59\r\nBitShift=0\r\n"
        )
        return [(34682, "s", 0, text.encode(), True)]
    if vendor == "Zeiss":
        size, wide = _zeiss(nm_per_px), _zeiss(nm_per_px * shape[1])
        text = (
            "\r\n".join(
                [
                    "0",
                    f"AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {size}",
                    f"AP_PIXEL_SIZE\r\nPixel Size = {_zeiss(nm_per_px * shape[1] / 1024)}",
                    f"AP_WIDTH\r\nWidth = {wide}",
                    "AP_WD\r\nWD =  4.6 mm",
                    "DP_DETECTOR_CHANNEL\r\nSignal A = InLens",
                ]
            )
            + "\r\n"
        )
        return [(34118, "s", 0, text.encode("latin-1"), True)]
    if vendor == "TESCAN":
        return [(50431, "B", 0, hdr(nm_per_px), True)]
    if vendor == "Phenom":
        text = f'<FeiImage><pixelWidth unit="nm">{nm_per_px:.7g}</pixelWidth></FeiImage>'
        return [(34683, "s", 0, text.encode(), True)]
    return []


def _zeiss(nm: float) -> str:
    """Return a length as SmartSEM writes it."""
    for size, unit in ((1e6, "mm"), (1e3, "µm"), (1.0, "nm")):
        if nm >= size:
            return f"{nm / size:.4g} {unit}"
    return f"{nm * 1e3:.4g} pm"


def hdr(nm_per_px: float) -> bytes:
    """Return TESCAN's description, which also lies beside files as `.hdr`."""
    size = f"{nm_per_px * 1e-9:.6e}"
    return f"[MAIN]\r\nDevice=MIRA3\r\nPixelSizeX={size}\r\nPixelSizeY={size}\r\n".encode()


def jeol_text(value: float, unit: str, bar_px: int) -> bytes:
    """Return the text file JEOL's software writes beside an image."""
    lines = [
        "$CM_FORMAT JEOL/SEM",
        "$$SM_MICRON_BAR " + str(bar_px),
        f"$$SM_MICRON_MARKER {value:g}{unit}",
        "$CM_ACCEL_VOLT 5.0",
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n"


def hitachi_text(nm_per_px: float, wide: bool) -> bytes:
    """Return the text file Hitachi's software writes beside an image, at times in UTF-16."""
    text = f"[SemImageFile]\r\nInstructName=SU8010\r\nPixelSize={nm_per_px:.6f}\r\n"
    return text.encode("utf-16") if wide else text.encode("ascii")
