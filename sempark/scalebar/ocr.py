"""Tesseract over many small crops at once: one process a batch by a list file, or in process.

In: uint8 crops, dark on white. Out: one line of text each. Crops reach the program as PGM in
files of memory (Linux' memfd), so that nothing lies on a disk when it is killed; a hung engine
is stopped after a time limit that grows with the batch. Environment: OMP_THREAD_LIMIT=1, since
its threads cost more than they bring here.
The engine "tesserocr" needs the package of that name and no program, for nodes without one;
it looks for the English model in TESSDATA_PREFIX, and nothing can stop it when it hangs.
"""

import logging
import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytesseract

from sempark.scalebar.databar import Gray

try:
    import tesserocr
except ImportError:  # an option
    tesserocr = None

LOGGER = logging.getLogger(__name__)

Engine = Literal["tesseract", "tesserocr"]

CONFIG = "--oem 1 -c tessedit_do_invert=0"
MOST_CROPS = 600  # of one process: each is an open file, of which many systems allow 1,024
SECONDS_FOR_START = 30.0
SECONDS_PER_CROP = 1.0
MODEL = "eng.traineddata"
MODEL_FOLDERS = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata")


class EngineError(RuntimeError):
    """Tesseract is missing, failed or hung."""


def available(engine: Engine = "tesseract") -> str:
    """Return the engine's version.

    Raises
    ------
    EngineError
        When it cannot be started.
    """
    if engine == "tesserocr":
        _api(7)
        return str(tesserocr.tesseract_version()).split("\n", 1)[0]
    try:
        return str(pytesseract.get_tesseract_version())
    except (pytesseract.TesseractNotFoundError, OSError, SystemExit) as error:
        raise EngineError(
            "expected the program tesseract (4.1 or later) on PATH, found none; "
            "install tesseract-ocr with its English model"
        ) from error


def read_lines(crops: list[Gray], page_mode: int = 13, engine: Engine = "tesseract") -> list[str]:
    """Read one line of text from each crop.

    Parameters
    ----------
    crops
        uint8 (h, w) each, dark text on white.
    page_mode
        Tesseract's: 13 takes the crop as one raw line, 7 as a line it finds itself.
    engine
        "tesseract": the program, one process for up to `MOST_CROPS`; "tesserocr": the library.

    Returns
    -------
    list of str
        As long as `crops`; empty where nothing was read.

    Raises
    ------
    EngineError
        When Tesseract is missing, fails, hangs or answers for another number of crops.
    """
    if not crops:
        return []
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    read: Callable[[list[Gray], int], list[str]]
    read = _in_process if engine == "tesserocr" else _by_program
    calls = [crops[at : at + MOST_CROPS] for at in range(0, len(crops), MOST_CROPS)]
    return [" ".join(page.split()) for call in calls for page in read(call, page_mode)]


def _by_program(crops: list[Gray], page_mode: int) -> list[str]:
    """Read crops with one process and a list of files in memory: none is left by a kill."""
    seconds = SECONDS_FOR_START + SECONDS_PER_CROP * len(crops)
    with ExitStack() as opened:
        files = []
        for crop in crops:
            files.append(_in_memory(opened, cv2.imencode(".pgm", crop)[1].tobytes()))
        names = "".join(f"/proc/self/fd/{file}\n" for file in files)
        listing = _in_memory(opened, names.encode())
        command = [pytesseract.pytesseract.tesseract_cmd, f"/proc/self/fd/{listing}", "stdout",
                   "-l", "eng", "--psm", str(page_mode), *CONFIG.split()]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, pass_fds=[*files, listing], timeout=seconds
            )
        except OSError as error:
            raise EngineError(f"Tesseract failed on {len(crops)} crops: {error}") from error
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"Tesseract hung on {len(crops)} crops: {error}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise EngineError(f"Tesseract failed on {len(crops)} crops: {done.returncode}, {said}")
    text = done.stdout.decode(errors="replace")
    pages: list[str] = text.split("\f")
    if len(pages) == len(crops) + 1 and not pages[-1].strip():
        pages.pop()
    if len(pages) != len(crops):
        raise EngineError(f"expected {len(crops)} answers of Tesseract, received {len(pages)}")
    return pages


def _in_memory(opened: ExitStack, content: bytes) -> int:
    """Descriptor of a file that is on no disk."""
    descriptor = os.memfd_create("crop")
    opened.callback(os.close, descriptor)
    os.write(descriptor, content)
    return descriptor


def _in_process(crops: list[Gray], page_mode: int) -> list[str]:
    """Read crops with the library."""
    api = _api(page_mode)
    pages = []
    for crop in crops:
        height, width = crop.shape
        try:
            api.SetImageBytes(np.ascontiguousarray(crop).tobytes(), width, height, 1, width)
            pages.append(str(api.GetUTF8Text()))
        except RuntimeError as error:
            raise EngineError(f"tesserocr failed on {width} x {height} px: {error}") from error
    return pages


@lru_cache(maxsize=2)
def _api(page_mode: int) -> Any:
    """Load the library's model once a process."""
    if tesserocr is None:
        raise EngineError(
            "expected the package tesserocr, found none; install it or choose the engine tesseract"
        )
    folders = [os.environ.get("TESSDATA_PREFIX", ""), *MODEL_FOLDERS]
    folder = next((f for f in folders if f and (Path(f) / MODEL).exists()), None)
    if folder is None:
        raise EngineError(
            f"expected {MODEL} in the folder TESSDATA_PREFIX, found none; "
            "install tesseract-ocr-eng or name the folder that holds it"
        )
    api = tesserocr.PyTessBaseAPI(
        path=folder, lang="eng", psm=page_mode, oem=tesserocr.OEM.LSTM_ONLY
    )
    api.SetVariable("tessedit_do_invert", "0")
    return api
