"""What the loader reads of a native library, and what it does without.

In: the bytes of an ELF file of 64 bits. Out: where it looks for others (RUNPATH), and how much of
it is read at all; the same without what only debuggers read.
Source: System V ABI, "Dynamic Section"; ld.so(8).
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass

PT_LOAD, PT_DYNAMIC = 1, 2
DT_STRTAB, DT_RPATH, DT_RUNPATH = 5, 15, 29


@dataclass(frozen=True)
class Library:
    """What is read of a native file.

    Attributes
    ----------
    run_path : str
        Directories parted by colons; empty without one.
    run_path_at : int or None
        Where the tag of the RUNPATH stands.
    end : int
        Of all that the loader reads.
    """

    run_path: str
    run_path_at: int | None
    end: int

    @classmethod
    def of(cls, content: mmap.mmap | bytes) -> Library:
        """Read a library of 64 bits, the low byte first; ValueError of anything else."""
        if content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("expected ELF of 64 bits, low byte first")
        (start,) = struct.unpack_from("<Q", content, 32)
        size, n = struct.unpack_from("<HH", content, 54)
        # kind, flags, offset, address, _, length, ...
        parts = [struct.unpack_from("<IIQQQQQQ", content, start + i * size) for i in range(n)]
        tags = {
            tag: (at, value)
            for part in parts
            if part[0] == PT_DYNAMIC
            for at in range(part[2], part[2] + part[5], 16)
            for tag, value in [struct.unpack_from("<qQ", content, at)]
        }
        end = max([start + n * size, *(part[2] + part[5] for part in parts)])
        if DT_RUNPATH not in tags:
            return cls("", None, end)
        at, below = tags[DT_RUNPATH]
        address = tags[DT_STRTAB][1] + below
        (offset,) = (
            part[2] + address - part[3]
            for part in parts
            if part[0] == PT_LOAD and part[3] <= address < part[3] + part[5]
        )
        return cls(content[offset : content.find(b"\0", offset)].decode(), at, end)


def lightened(content: mmap.mmap) -> int:
    """Make a library's RUNPATH an RPATH; its length without what only debuggers read."""
    try:
        library = Library.of(content)
    except ValueError:
        return len(content)
    if library.run_path_at is not None:
        struct.pack_into("<q", content, library.run_path_at, DT_RPATH)
    struct.pack_into("<Q", content, 40, 0)  # no table of sections: the loader reads segments
    struct.pack_into("<HH", content, 60, 0, 0)
    return library.end
