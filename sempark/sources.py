"""The only reader of source directories: a row for every entry, and a file's bytes by its path.

In: a directory, or the URI of one on any Hadoop file system. Out: `Entry` records in the order of
their paths; bytes. Nothing but regular files is ever opened, links to directories are not
descended, and names of any bytes survive as text: what is no UTF-8, and the percent sign, is
written %XX.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from urllib.parse import unquote, urlparse

from sempark import hadoop_files
from sempark.tables import FileKind, InventoryStatus

BLOCK_BYTES = 1 << 18


@dataclass(frozen=True)
class Entry:
    """One directory entry.

    Attributes
    ----------
    path : str
        Escaped (`escape`).
    kind : FileKind
    size : int or None
        Bytes.
    modified_us : int or None
        Microseconds since 1970.
    status : InventoryStatus
        ``ok``: a regular file, or a link to one, that may be read.
    reason : str or None
    """

    path: str
    kind: FileKind
    size: int | None
    modified_us: int | None
    status: InventoryStatus
    reason: str | None


def escape(path: bytes) -> str:
    """A path's bytes as text that gives them back: %XX for % and for what is no UTF-8."""
    text = path.replace(b"%", b"%25").decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda m: f"%{ord(m[0]) - 0xDC00:02X}", text)


def unescape(path: str) -> bytes:
    """The bytes of an escaped path."""
    raw = path.encode("utf-8")
    return re.sub(rb"%([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), raw)


def local(root: str) -> str:
    """A ``file://`` URI as the path it means: Hadoop would hide names and follow links there."""
    return unquote(urlparse(root).path) if root.startswith("file://") else root


def absolute(root: str) -> str:
    """A source as a full path or URI: ``a``, ``./a`` and ``a/`` are one place."""
    place = local(root)
    # not normalized further: a/../b is another place than b where a is a link
    return place if hadoop_files.is_uri(place) else str(Path(place).absolute())


def is_directory(root: str) -> bool:
    """Whether a source is there."""
    if not hadoop_files.is_uri(root):
        return os.path.isdir(root)
    try:
        hadoop_files.list_directory(root)
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True


def walk(root: str) -> Iterator[Entry]:
    """Every entry below a directory, the directory itself left out, sorted by path bytes."""
    if hadoop_files.is_uri(root):
        yield from _walk_uri(root)
        return
    names = _names(os.fsencode(root))
    if isinstance(names, Entry):
        yield names
        return
    pending = names[::-1]
    while pending:
        path = pending.pop()
        entry = describe(path)
        if entry.kind == "directory":
            names = _names(path)
            if isinstance(names, Entry):
                entry = names
            else:
                pending += names[::-1]
        yield entry


def _names(directory: bytes) -> list[bytes] | Entry:
    """Paths in a directory, sorted, or its row where it can't be read."""
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.path for entry in entries)
    except OSError as error:
        return _entry(directory, "unreadable", error.strerror)


def _walk_uri(root: str) -> Iterator[Entry]:
    """`walk` on a Hadoop file system. What a scheme can't say is null."""
    pending = [hadoop_files.Status(root, True, None, None)]
    while pending:
        found = pending.pop()
        path = escape(found.name.encode())
        entry = Entry(path, "directory", None, None, "directory", None)
        if found.is_directory:
            try:
                below = hadoop_files.list_directory(found.name)
            except OSError as error:
                entry = replace(entry, status="unreadable", reason=error.strerror)
            else:
                start = found.name if found.name.endswith("/") else found.name + "/"
                pending += [replace(one, name=start + one.name) for one in reversed(below)]
        else:
            entry = _file_entry(path, found)
        if found.name != root or entry.status == "unreadable":
            yield entry


def _file_entry(path: str, found: hadoop_files.Status) -> Entry:
    status: InventoryStatus = "ok" if found.size else "empty"
    return Entry(path, "file", found.size, found.modified_us, status, None)


def lookup(path: str) -> Entry:
    """The entry of one escaped path or URI, without opening it."""
    if not hadoop_files.is_uri(path):
        return describe(unescape(path))
    try:
        found = hadoop_files.status(unescape(path).decode())
    except FileNotFoundError:
        return Entry(path, "other", None, None, "vanished", "no such file")
    except OSError as error:
        return Entry(path, "other", None, None, "unreadable", error.strerror)
    if found.is_directory:
        return Entry(path, "directory", None, None, "directory", None)
    return _file_entry(path, found)


def describe(path: bytes) -> Entry:
    """The entry of one path, without opening it."""
    try:
        own = os.lstat(path)
        target = os.stat(path) if stat.S_ISLNK(own.st_mode) else own
    except FileNotFoundError:
        link = os.path.islink(path)
        return _entry(path, "broken_link" if link else "vanished", "no such file", link)
    except OSError as error:
        loop = os.path.islink(path)
        return _entry(path, "link_loop" if loop else "unreadable", error.strerror, loop)
    kind = "link" if stat.S_ISLNK(own.st_mode) else _kind(own.st_mode)
    modified_us = target.st_mtime_ns // 1000
    status: InventoryStatus = "ok"
    if stat.S_ISDIR(target.st_mode):
        status = "directory"
    elif not stat.S_ISREG(target.st_mode):
        status = "special"
    elif target.st_size == 0:
        status = "empty"
    return Entry(escape(path), kind, target.st_size, modified_us, status, None)


def md5_and_head(path: str, head_bytes: int = 64) -> tuple[str, bytes]:
    """MD5 of a file's content, read in blocks, and its first bytes."""
    if hadoop_files.is_uri(path):
        return hadoop_files.md5_and_head(unescape(path).decode(), head_bytes)
    digest = hashlib.md5(usedforsecurity=False)
    head = b""
    block = memoryview(bytearray(BLOCK_BYTES))  # one for all, and small: it stays in the cache
    with _open(path) as file:
        while n_bytes := file.readinto(block):
            head = head or bytes(block[: min(head_bytes, n_bytes)])
            digest.update(block[:n_bytes])
    return digest.hexdigest(), head


def read(path: str, max_bytes: int | None = None) -> bytes:
    """A file's content; more than max_bytes are not read but an OSError (EFBIG)."""
    if hadoop_files.is_uri(path):
        uri = unescape(path).decode()
        if max_bytes is not None:
            _check_size(hadoop_files.status(uri).size or 0, max_bytes)
        return hadoop_files.read(uri)
    with _open(path) as file:
        _check_size(os.fstat(file.fileno()).st_size, max_bytes)
        return file.read()


def content(md5: str, paths: Sequence[str], max_bytes: int | None = None) -> bytes:
    """What the first of the paths that still holds the content gives; else an OSError."""
    failure = OSError(errno.EIO, "changed since the inventory")
    for path in paths:
        try:
            data = read(path, max_bytes)
        except OSError as error:
            failure = error
        else:
            if hashlib.md5(data, usedforsecurity=False).hexdigest() == md5:
                return data
    raise failure


def _open(path: str) -> FileIO:
    """A local regular file; what has become a FIFO since the listing would wait for a writer."""
    descriptor = os.open(unescape(path), os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file any more")
    return FileIO(descriptor)


def _check_size(size: int, max_bytes: int | None) -> None:
    if max_bytes is not None and size > max_bytes:
        raise OSError(errno.EFBIG, f"the file has {size} bytes, the limit is {max_bytes}")


def _entry(
    path: bytes, status: InventoryStatus, reason: str | None, link: bool | None = None
) -> Entry:
    kind: FileKind = "directory" if link is None else ("link" if link else "other")
    return Entry(escape(path), kind, None, None, status, reason)


def _kind(mode: int) -> FileKind:
    kinds: tuple[tuple[bool, FileKind], ...] = (
        (stat.S_ISREG(mode), "file"),
        (stat.S_ISDIR(mode), "directory"),
        (stat.S_ISFIFO(mode), "fifo"),
        (stat.S_ISSOCK(mode), "socket"),
        (stat.S_ISBLK(mode) or stat.S_ISCHR(mode), "device"),
    )
    return next((kind for holds, kind in kinds if holds), "other")
