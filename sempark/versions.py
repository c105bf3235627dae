"""Versions below a path of any Hadoop file system, and the pointers that make one the current.

A version is a directory that is never changed once its pointer is there; pointers are small,
numbered, never overwritten, and end in a marker, so that a reader sees the last whole version
whatever was killed while it was written. (A rename would not do: object stores copy.)
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pyspark.sql import SparkSession

STAMP: Final = "%Y%m%dT%H%M%S"


class Versions:
    """Named directories of versions below one path.

    Parameters
    ----------
    spark : SparkSession
        Its Hadoop configuration reaches the path.
    path : str
        Directory or URI.
    """

    def __init__(self, spark: SparkSession, path: str) -> None:
        jvm: Any = spark._jvm
        self._jvm = jvm
        self._hadoop = spark.sparkContext._jsc.hadoopConfiguration()
        given = jvm.org.apache.hadoop.fs.Path(path)
        self._fs: Any = given.getFileSystem(self._hadoop)
        self.root = str(self._fs.makeQualified(given))

    # versions and pointers

    def current(self, name: str) -> str | None:
        """The version named by the last whole pointer."""
        for file in reversed(self.pointers(name)):
            version = self._pointed(name, file)
            if version is not None:
                return version
        return None

    def switch(self, name: str, version: str, manifest: bytes) -> None:
        """Write the manifest, then the pointer that makes the version the current one."""
        self.put(f"{self.root}/{name}/{version}/manifest.json", manifest)
        numbers = [int(file.partition(".")[0]) for file in self.pointers(name)]
        pointer = json.dumps({"version": version, "end": True}).encode()
        number = max(numbers, default=0) + 1
        self.put(f"{self.root}/{name}/pointers/{number:08d}.json", pointer, overwrite=False)

    def sweep(self, name: str) -> None:
        """Remove what a killed or failed run left: versions that no pointer ever named."""
        pointed = [self._pointed(name, file) for file in self.pointers(name)]
        for version in self.present(name):
            if version not in pointed:
                self.remove(f"{self.root}/{name}/{version}")

    def present(self, name: str) -> list[str]:
        """Every version that is there."""
        return [found for found in self.names(f"{self.root}/{name}") if found != "pointers"]

    def pointers(self, name: str) -> list[str]:
        """Files of pointers, the last one last."""
        return [f for f in self.names(f"{self.root}/{name}/pointers") if f.endswith(".json")]

    def _pointed(self, name: str, file: str) -> str | None:
        """The version a pointer names; None for one whose writer was killed."""
        try:
            pointer = json.loads(self.get(f"{self.root}/{name}/pointers/{file}"))
        except json.JSONDecodeError:
            return None
        return str(pointer["version"]) if pointer.get("end") else None

    # the file system

    @property
    def is_local(self) -> bool:
        """Whether the path is a directory of this machine."""
        return self._fs.getUri().getScheme() == "file"

    def local(self, path: str) -> Path:
        """The directory of this machine that a path names, where `is_local`."""
        return Path(self._path(path).toUri().getPath())

    def names(self, path: str) -> list[str]:
        """Names in a directory, sorted; none where there is no such directory."""
        if not self._fs.exists(self._path(path)):
            return []
        return sorted(s.getPath().getName() for s in self._fs.listStatus(self._path(path)))

    def get(self, path: str) -> bytes:
        """Content of a small file."""
        stream = self._fs.open(self._path(path))
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def put(self, path: str, content: bytes, overwrite: bool = True) -> None:
        """Write a small file."""
        stream = self._fs.create(self._path(path), overwrite)
        try:
            stream.write(bytearray(content))
        finally:
            stream.close()

    def copy_here(self, local: Path, target: str) -> None:
        """A local file or directory to the path, through streams as tables go.

        (s3a's own copyFromLocalFile has another client, which not every server understands.)
        """
        here = self._jvm.org.apache.hadoop.fs.FileSystem.getLocal(self._hadoop)
        source, place = self._path(f"file://{local}"), self._path(target)
        self._fs.mkdirs(place.getParent())
        copy = self._jvm.org.apache.hadoop.fs.FileUtil.copy
        if not copy(here, source, self._fs, place, False, True, self._hadoop):
            raise OSError(f"{local} was not copied to {target}")

    def fetch(self, path: str, local: Path) -> None:
        """A directory as a local one, which appears whole."""
        local.parent.mkdir(exist_ok=True)
        partial = local.with_suffix(".partial")
        self._fs.copyToLocalFile(False, self._path(path), self._path(f"file://{partial}"), True)
        partial.rename(local)

    def remove(self, path: str) -> None:
        """A file or directory with all that is in it."""
        self._fs.delete(self._path(path), True)

    def size(self, path: str) -> int:
        """Bytes of all files below a path."""
        return int(self._fs.getContentSummary(self._path(path)).getLength())

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(path)


def new_version() -> str:
    """A name that no other run gives; later ones sort later."""
    return f"{datetime.now(UTC):{STAMP}}-{secrets.token_hex(3)}"
