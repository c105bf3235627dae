"""What else lies about: other formats, broken files, odd names.

In: pixels or the bytes of a sound file, and a generator. Out: the bytes of another file, or a
path. The foreign formats carry right magic numbers; the broken ones break in different places.
Source: section 2.1 of the thesis, table 2.1.
"""

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.imaging import jpeg

Gray = NDArray[np.uint8]

RESCALED = 0.8  # sides of a rescaled near copy

_FOLDERS = (
    "misure 2014",
    "SEM",
    "tesi_laurea",
    "nuovi campioni",
    "2009-11-03",
    "Backup di PC-SEM",
    "old",
    "ZnO #4",
    "user+guest",
    "da rinominare!",
    "100%",
    "été",
    "µ-fluidics",
    "___",
    "(copy)",
    "Prof. R.",
    "x",
    ".hidden",
    "_tmp",
    "a b  c",
)
_STEMS = ("img", "sample", "A", "prova", "SE_", "Image", "ZnO", "s", "pos", "film 3", "n°", "@")


def folder(rng: np.random.Generator) -> str:
    """Return a path of one to five nested folders with puzzling names."""
    depth = int(rng.integers(1, 6))
    return "/".join(_FOLDERS[int(k)] for k in rng.integers(0, len(_FOLDERS), depth))


def file_name(rng: np.random.Generator, number: int) -> str:
    """Return a name without suffix; `number` keeps it unique."""
    stem = _STEMS[int(rng.integers(0, len(_STEMS)))]
    blank = ("", "_", " ", "-", ".")[int(rng.integers(0, 5))]
    name = f"{stem}{blank}{number:05d}"
    odd = float(rng.random())
    if odd < 0.004:
        return "\udcb5m " + name  # a latin-1 micro sign: no UTF-8
    if odd < 0.008:
        return name + " " + "long " * 30
    return "." + name if odd < 0.012 else name


def suffix(rng: np.random.Generator) -> str:
    """Return one of the ways people end the name of a TIFF."""
    return str(rng.choice([".tif", ".TIF", ".tiff", ".Tif", ""], p=[0.7, 0.2, 0.07, 0.02, 0.01]))


def bmp(gray: Gray) -> bytes:
    """Write a picture as Windows bitmap."""
    return bytes(cv2.imencode(".bmp", gray)[1].tobytes())


def pdf(picture: bytes, shape: tuple[int, int]) -> bytes:
    """Write a one-page PDF that shows a gray JPEG of shape (h, w)."""
    h, w = shape
    draw = b"q %d 0 0 %d 0 0 cm /I Do Q" % (w, h)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R"
        b"/Resources<</XObject<</I 5 0 R>>>>>>" % (w, h),
        b"<</Length %d>>stream\n%s\nendstream" % (len(draw), draw),
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray"
        b"/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n%s\nendstream"
        % (w, h, len(picture), picture),
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count, start = len(objects) + 1, len(body)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, start)
    )


def dm3(gray: Gray) -> bytes:
    """Write a Digital Micrograph file: version 3, one group with the pixels as one array."""
    name = b"Data"
    # tag: 21 = data; name; "%%%%"; 3 numbers of description: array (20) of bytes (10), length
    info = struct.pack(">I", 3) + struct.pack(">III", 20, 10, gray.size)
    tag = b"\x15" + struct.pack(">H", len(name)) + name + b"%%%%" + info + gray.tobytes()
    root = b"\x01\x00" + struct.pack(">I", 1) + tag
    return struct.pack(">III", 3, len(root), 1) + root + b"\x00" * 8


def djvu(shape: tuple[int, int]) -> bytes:
    """Write a DjVu document of one empty page of shape (h, w)."""
    info = struct.pack(">HHBBHBB", shape[1], shape[0], 24, 0, 100, 22, 1)
    page = b"DJVUINFO" + struct.pack(">I", len(info)) + info
    return b"AT&TFORM" + struct.pack(">I", len(page)) + page


def broken(kind: str, sound: bytes, rng: np.random.Generator) -> bytes:
    """Return what is left of a sound TIFF: "empty", "truncated", "header", "garbage", "huge"."""
    if kind == "empty":
        return b""
    if kind == "truncated":
        return sound[: int(len(sound) * rng.uniform(0.2, 0.8))]
    if kind == "header":
        return sound[: int(rng.integers(4, 9))]
    if kind == "garbage":
        return bytes(rng.integers(0, 256, int(rng.integers(100, 5000)), dtype=np.uint8))
    if kind == "huge":  # a directory that declares 200,000 x 200,000 pixels
        entries = [(256, 4, 200_000), (257, 4, 200_000), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
        entries += [(273, 4, 8), (277, 3, 1), (278, 4, 200_000), (279, 4, 2_000_000_000)]
        fields = b"".join(struct.pack("<HHII", code, type_, 1, v) for code, type_, v in entries)
        return b"II*\x00" + struct.pack("<IH", 8, len(entries)) + fields + b"\x00" * 4
    raise ValueError(f"expected a known kind of damage, received {kind!r}")


def tagged_jpeg(sound: bytes) -> bytes:
    """Return a JPEG with a comment: other bytes, the same pixels."""
    comment = b"Created by converter 1.0"
    return sound[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + sound[2:]


def near(gray: Gray, kind: str, rng: np.random.Generator) -> Gray:
    """Return all but the same picture: "pixels", "brightness", "rescaled" or "recompressed"."""
    if kind == "pixels":  # footnote 1 of the thesis; by more than 1 where the JPEG hides it
        spots = rng.choice(gray.size, 33, replace=False)
        up = gray.reshape(-1)[spots] < 128
        for amount in (1, 2, 4, 8, 16):
            changed = gray.copy()
            changed.reshape(-1)[spots] = np.where(
                up, gray.reshape(-1)[spots] + amount, gray.reshape(-1)[spots] - amount
            )
            if jpeg.encode(changed) != jpeg.encode(gray):
                break
        return changed
    if kind == "brightness":
        return np.clip(gray.astype(np.int16) + 9, 0, 255).astype(np.uint8)
    if kind == "rescaled":
        size = (round(gray.shape[1] * RESCALED), round(gray.shape[0] * RESCALED))
        return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise ValueError(f"the JPEG encoder refused a picture of shape {gray.shape}")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
