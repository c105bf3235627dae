"""Decoding in a child process that may die.

In: the bytes of a file, a limit on time and one on memory. Out: what `decode` gives, or
`Undecodable` with ``"crashed"``, ``"timeout"`` or ``"too_large"`` besides its own reasons. A
decoder written in C can end its process or never return; no ``try`` sees that. One child serves
many files, because it takes most of a second to start; it is replaced after a death. A timer
kills it at the limit, whatever either side is waiting for.

Frames on its pipes: a length and that many bytes. The child's standard output goes to its
standard error, so that no library can write into the stream.
"""

import atexit
import contextlib
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, Final, cast

import cv2
import numpy as np

from sempark.imaging.decode import Decoded, Undecodable, decode
from sempark.imaging.reasons import DEFAULT_MAX_PIXELS, Status

_LENGTH: Final = struct.Struct("<Q")
_CHILD_ENV: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",  # its threads reserve memory
    "OPENCV_LOG_LEVEL": "SILENT",
}


class Decoder:
    """A child process that decodes, started when first needed and again after it died.

    Parameters
    ----------
    timeout_seconds : float
        For one file, not counting the start of the child.
    memory_bytes : int
        What the child may allocate beyond its size at rest.
    max_pixels : int
        As for `sempark.imaging.decode.decode`.
    """

    def __init__(
        self,
        timeout_seconds: float = 60.0,
        memory_bytes: int = 2 * 1024**3,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> None:
        if not timeout_seconds > 0 or memory_bytes < 1 or max_pixels < 1:
            raise ValueError(
                "expected limits over 0, received "
                f"{timeout_seconds} seconds, {memory_bytes} bytes, {max_pixels} px"
            )
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._arguments = [str(memory_bytes), str(max_pixels)]
        self._child: subprocess.Popen[bytes] | None = None

    def decode(self, data: bytes) -> Decoded:
        """Decode a file in the child.

        Parameters
        ----------
        data : bytes
            The whole file.

        Returns
        -------
        Decoded

        Raises
        ------
        Undecodable
            Any of its statuses.
        """
        if len(data) > self._memory_bytes:
            raise Undecodable(
                f"the file has {len(data)} bytes, the limit is {self._memory_bytes}", "too_large"
            )
        child = self._running()
        timed_out = threading.Event()

        def end() -> None:
            timed_out.set()
            child.kill()

        timer = threading.Timer(self._timeout_seconds, end)
        timer.start()
        try:
            _send(cast(IO[bytes], child.stdin), data)
            header = json.loads(_receive(cast(IO[bytes], child.stdout)))
            arrays = [_receive(cast(IO[bytes], child.stdout)) for _ in header.get("shapes", ())]
        except (OSError, EOFError) as error:
            code = self._bury()
            if timed_out.is_set():
                reason = f"not decoded within {self._timeout_seconds:g} s"
                raise Undecodable(reason, "timeout") from error
            raise Undecodable(f"the decoder ended with {_name(code)}", "crashed") from error
        finally:
            timer.cancel()
            timer.join()
        if timed_out.is_set():  # killed just after its answer
            self._bury()
        return _unpack(header, arrays)

    def close(self) -> None:
        """End the child; the next file starts another."""
        if self._child is not None:
            self._bury()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._bury()
        if self._child is None:
            # the package may be on a path that only this process knows
            root = str(Path(__file__).resolve().parents[2])
            paths = os.pathsep.join([root, *filter(None, sys.path)])
            self._child = subprocess.Popen(
                [sys.executable, "-m", "sempark.imaging.isolated", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_CHILD_ENV, "PYTHONPATH": paths},
            )
            atexit.register(self.close)
            if not self._child.stdout or self._child.stdout.read(1) != b"+":
                code = self._bury()
                raise RuntimeError(
                    f"the decoding process did not start, it ended with {_name(code)}; "
                    f"try: {sys.executable} -m sempark.imaging.isolated 1000000 1000000"
                )
        return self._child

    def _bury(self) -> int:
        child, self._child = self._child, None
        atexit.unregister(self.close)
        if child is None:
            return 0
        # its end may be on the way already: the code then tells the cause, not our signal
        with contextlib.suppress(subprocess.TimeoutExpired):
            _close(child.stdin)
            child.wait(timeout=1.0)
        if child.poll() is None:
            child.kill()
        code = child.wait()
        _close(child.stdout)
        return code


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with contextlib.suppress(OSError):
            pipe.close()


def _name(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _send(pipe: IO[bytes], data: bytes | memoryview) -> None:
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    length = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0]
    return _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) != length:
        raise EOFError(f"expected {length} bytes, received {len(data)}")
    return data


def _unpack(header: dict[str, Any], arrays: list[bytes]) -> Decoded:
    if "status" in header:
        raise Undecodable(header["reason"], cast(Status, header["status"]))
    pictures = [
        np.frombuffer(data, np.uint8).reshape(shape)
        for data, shape in zip(arrays, header["shapes"], strict=True)
    ]
    rgb = pictures[1] if len(pictures) == 2 else None
    return Decoded(pictures[0], rgb, **header["facts"])


def _answer(data: bytes, max_pixels: int) -> tuple[dict[str, Any], list[memoryview]]:
    """What the child says about one file."""
    try:
        found = decode(data, max_pixels)
    except Undecodable as error:
        return {"status": error.status, "reason": error.reason}, []
    except MemoryError:
        return {"status": "too_large", "reason": "out of memory"}, []
    pictures = [found.gray] if found.rgb is None else [found.gray, found.rgb]
    facts = {
        name: getattr(found, name) for name in ("bits", "samples", "pages", "format", "compression")
    }
    header = {"shapes": [picture.shape for picture in pictures], "facts": facts}
    return header, [memoryview(picture.reshape(-1).data) for picture in pictures]


def _limit_memory(more_bytes: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    limit = pages * resource.getpagesize() + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> None:
    """Serve files from standard input until it ends: ``memory_bytes max_pixels``."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    cv2.setNumThreads(1)
    memory_bytes, max_pixels = map(int, arguments)
    _limit_memory(memory_bytes)
    answers.write(b"+")
    answers.flush()
    while True:
        try:
            data = _receive(sys.stdin.buffer)
        except EOFError:
            return
        header, arrays = _answer(data, max_pixels)
        _send(answers, json.dumps(header).encode())
        for array in arrays:
            _send(answers, array)
        del data, arrays


if __name__ == "__main__":
    main(sys.argv[1:])
