"""Tesseract over many small crops at once: one process a batch by a list file.

In: uint8 crops, dark on white. Out: one line of text each. Crops are written to a
temporary folder as PGM; a hung engine is stopped after a time limit that grows with the
batch. Environment: OMP_THREAD_LIMIT=1, since its threads cost more than they bring here.
"""

import logging
import os
import subprocess
import tempfile
from pathlib import Path

import cv2
import pytesseract

from sempark.scalebar.databar import Gray

LOGGER = logging.getLogger(__name__)

CONFIG = "--oem 1 -c tessedit_do_invert=0"
SECONDS_FOR_START = 30.0
SECONDS_PER_CROP = 1.0


class EngineError(RuntimeError):
    """Tesseract is missing, failed or hung."""


def available() -> str:
    """Return Tesseract's version.

    Raises
    ------
    EngineError
        When Tesseract cannot be started.
    """
    try:
        return str(pytesseract.get_tesseract_version())
    except (pytesseract.TesseractNotFoundError, OSError, SystemExit) as error:
        raise EngineError(
            "expected the program tesseract (4.1 or later) on PATH, found none; "
            "install tesseract-ocr with its English model"
        ) from error


def read_lines(crops: list[Gray], page_mode: int = 13) -> list[str]:
    """Read one line of text from each crop with one Tesseract process.

    Parameters
    ----------
    crops
        uint8 (h, w) each, dark text on white.
    page_mode
        Tesseract's: 13 takes the crop as one raw line, 7 as a line it finds itself.

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
    with tempfile.TemporaryDirectory(prefix="scalebar-") as folder:
        names = []
        for i, crop in enumerate(crops):
            name = Path(folder) / f"{i}.pgm"
            cv2.imwrite(str(name), crop)
            names.append(str(name))
        listing = Path(folder) / "list.txt"
        listing.write_text("\n".join(names) + "\n", encoding="utf-8")
        try:
            text = pytesseract.image_to_string(
                str(listing),
                lang="eng",
                config=f"--psm {page_mode} {CONFIG}",
                timeout=SECONDS_FOR_START + SECONDS_PER_CROP * len(crops),
            )
        except (pytesseract.TesseractNotFoundError, pytesseract.TesseractError) as error:
            raise EngineError(f"Tesseract failed on {len(crops)} crops: {error}") from error
        except (RuntimeError, subprocess.SubprocessError) as error:
            raise EngineError(f"Tesseract hung on {len(crops)} crops: {error}") from error
    pages = text.split("\f")
    if len(pages) == len(crops) + 1 and not pages[-1].strip():
        pages.pop()
    if len(pages) != len(crops):
        raise EngineError(f"expected {len(crops)} answers of Tesseract, received {len(pages)}")
    return [" ".join(page.split()) for page in pages]
