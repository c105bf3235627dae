"""Decoding many files in one process, with the dangerous ones in a child.

In: the bytes of files, the limits, and whether a process has died over them already. Out: as
`decode`. The common picture is decoded in the process itself, at no cost but a timer: if the
decoder hangs, the timer's signal ends the process, as a crash would, and whoever runs it starts
it again with `retry`. Then, and for pictures that declare much, the child decodes, and the one
file that kills it gets its status.
"""

import signal
from dataclasses import dataclass
from functools import cache
from typing import Final

from sempark.imaging.decode import Decoded, Undecodable, decode
from sempark.imaging.isolated import Decoder

IN_PROCESS_PIXELS: Final = 25_000_000


@dataclass(frozen=True)
class Limits:
    """What one file may cost: `max_pixels`, `timeout_seconds`, `memory_bytes` of the child."""

    max_pixels: int
    timeout_seconds: float
    memory_bytes: int


def decode_watched(data: bytes, limits: Limits, retry: bool) -> Decoded:
    """Decode a file within limits.

    Parameters
    ----------
    data : bytes
        The whole file.
    limits : Limits
        `max_pixels` for the picture, the others for the decoder.
    retry : bool
        True: a process has died here before, use the child for every file. False: the child
        only for more than 25 million pixels; a decoder that hangs ends this process by SIGALRM.

    Returns
    -------
    Decoded

    Raises
    ------
    Undecodable
        As `sempark.imaging.isolated.Decoder.decode`.
    """
    if not retry:
        signal.setitimer(signal.ITIMER_REAL, limits.timeout_seconds)
        try:
            return decode(data, min(limits.max_pixels, IN_PROCESS_PIXELS))
        except Undecodable as error:
            if error.status != "too_large" or limits.max_pixels <= IN_PROCESS_PIXELS:
                raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return _decoder(limits).decode(data)


@cache
def _decoder(limits: Limits) -> Decoder:
    return Decoder(limits.timeout_seconds, limits.memory_bytes, limits.max_pixels)
