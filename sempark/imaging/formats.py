"""The format of a file, told by its first bytes.

In: the head of a file (512 bytes are enough) and its name. Out: a format word and whether the
name's suffix says something else. A name is only what somebody typed; table 2.1 of the thesis
counts contents. What is not known by a signature is named by its first four bytes, so that a
heap of one unknown kind shows as one line of the table.

Source: the formats' specifications; the list follows table 2.1.
"""

import re
from pathlib import PurePosixPath
from typing import Final

HEAD_BYTES: Final = 512

# (offset, signature, format), first match wins
_SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"II+\x00\x08\x00\x00\x00", "TIFF"),  # BigTIFF
    (0, b"MM\x00+\x00\x08\x00\x00", "TIFF"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"%PDF-", "PDF"),
    (0, b"AT&TFORM", "DJVU"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JP2"),
    (0, b"\xff\x4f\xff\x51", "JP2"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"),
    (0, b"8BPS\x00", "PSD"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE"),  # old Office, also ZVI
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"PK\x05\x06", "ZIP"),
    (0, b"7z\xbc\xaf\x27\x1c", "7Z"),
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"\x1f\x8b", "GZIP"),
    (0, b"BZh", "BZIP2"),
    (0, b"\xfd7zXZ\x00", "XZ"),
    (0, b"%!PS", "PS"),
    (257, b"ustar", "TAR"),
)

_SUFFIXES: Final[dict[str, frozenset[str]]] = {
    "TIFF": frozenset({".tif", ".tiff", ".btf", ".tf8"}),
    "JPEG": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    "PNG": frozenset({".png"}),
    "GIF": frozenset({".gif"}),
    "BMP": frozenset({".bmp", ".dib"}),
    "PDF": frozenset({".pdf"}),
    "DM3": frozenset({".dm3"}),
    "DM4": frozenset({".dm4"}),
    "DJVU": frozenset({".djvu", ".djv"}),
}
_BY_SUFFIX: Final = {suffix: name for name, all_ in _SUFFIXES.items() for suffix in all_}


def sniff(head: bytes) -> str:
    """Tell a file's format from its first bytes.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, `HEAD_BYTES` of them or the whole file if it is shorter.

    Returns
    -------
    str
        ``"TIFF"`` (both byte orders, BigTIFF too), ``"JPEG"``, ``"PNG"``, ``"GIF"``, ``"BMP"``,
        ``"PDF"``, ``"DM3"``, ``"DM4"``, ``"DJVU"`` and some more; ``"EMPTY"`` for no bytes,
        ``"XML"`` and ``"TEXT"`` for what reads as such, else ``"magic:"`` and the first four
        bytes in hexadecimal digits.
    """
    if not head:
        return "EMPTY"
    for offset, signature, name in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if _is_bmp(head):
        return "BMP"
    # Digital Micrograph: version 3 or 4, length, then the byte order as 0 or 1, big-endian
    if head[:4] == b"\x00\x00\x00\x03" and head[8:11] == b"\x00\x00\x00":
        return "DM3"
    if head[:4] == b"\x00\x00\x00\x04" and head[12:15] == b"\x00\x00\x00":
        return "DM4"
    if _is_text(head):
        start = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\x00", b"")
        return "XML" if start.startswith(b"<") else "TEXT"
    return "magic:" + head[:4].hex()


def name_lies(name: str, content: str) -> bool:
    """Tell whether a file's suffix promises another format than its content.

    Parameters
    ----------
    name : str
        File name or path; only its last suffix counts, in any case of letters.
    content : str
        What `sniff` said.

    Returns
    -------
    bool
        True if the suffix belongs to a known image format and the content is another, or the
        content is a known image format under a suffix that is not one of its own. A name
        without a suffix promises nothing and never lies.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if not suffix or suffix == ".":
        return False
    promised = _BY_SUFFIX.get(suffix)
    if promised is not None:
        return promised != content
    return content in _SUFFIXES


def _is_bmp(head: bytes) -> bool:
    # "BM" alone also begins words; the size of the second header is one of a short list
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in {
        *(12, 16, 40, 52, 56, 64, 108, 124),
    }


def _is_text(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16 with its mark, as instruments write it
        return True
    return re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head) is None
