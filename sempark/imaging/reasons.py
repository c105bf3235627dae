"""Why a file gives no picture: a closed list of words and the exception that carries one.

In: nothing. Out: `Undecodable`, which every reader of this package raises for a bad file, so
that a stage writes a row with a status and a reason instead of failing. The sizes a file
declares are checked here, before anything is allocated for them.
"""

from typing import Final, Literal

Status = Literal["empty", "undecodable", "too_large", "crashed", "timeout"]

DEFAULT_MAX_PIXELS: Final = 100_000_000
# the widest sample read is 8 bytes, the most samples a pixel of an ordinary picture has is 4
MAX_BYTES_PER_PIXEL: Final = 32


class Undecodable(Exception):  # noqa: N818 - the public name says what a file is
    """A file that gives no picture.

    Attributes
    ----------
    status : str
        ``"empty"``: no bytes; ``"undecodable"``: broken, or of a kind that is not read;
        ``"too_large"``: declares or needs more than the limit; ``"crashed"`` and ``"timeout"``:
        the decoder died or hung (only `sempark.imaging.isolated` can tell).
    reason : str
        One line for the table.
    """

    def __init__(self, reason: str, status: Status = "undecodable") -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())[:300]
        self.status: Status = status


def check_size(what: str, height: int, width: int, max_pixels: int, n_bytes: int = 0) -> None:
    """Refuse a picture that is empty or larger than the limit.

    Parameters
    ----------
    what : str
        Begins the reason, such as ``"the picture"``.
    height, width : int
        As declared, px.
    max_pixels : int
        The limit on height x width; the decoded bytes may be 32 times as many.
    n_bytes : int
        Decoded size, if known.

    Raises
    ------
    Undecodable
        ``"undecodable"`` for a side under 1 px, ``"too_large"`` for too many pixels or bytes.
    """
    if height < 1 or width < 1:
        raise Undecodable(f"{what} declares {width} x {height} px")
    if height * width > max_pixels:
        raise Undecodable(
            f"{what} declares {width} x {height} px, the limit is {max_pixels} px", "too_large"
        )
    if n_bytes > MAX_BYTES_PER_PIXEL * max_pixels:
        raise Undecodable(
            f"{what} needs {n_bytes} bytes, the limit is {MAX_BYTES_PER_PIXEL * max_pixels}",
            "too_large",
        )
