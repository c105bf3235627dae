"""What a job says: lines on the terminal, everything else in a log file.

In: lines, errors. Out: standard output and error, and a file that the store keeps. A traceback goes
to the file only; the terminal gets one line that says what to do.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

logger = logging.getLogger("sempark")
NAMED = re.compile(r"(?:: |Caused by: )?(?P<named>[A-Za-z_.$]*(?:Error|Exception|Killed)\b.*:.*\S)")


def find() -> None:
    """Write to the terminal itself; native libraries' messages go where Spark's do (submit.run)."""
    if "SEMPARK_STDERR" in os.environ:
        sys.stdout, sys.stderr = (
            Path(os.environ[name]).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115 - for the run
            for name in ("SEMPARK_STDOUT", "SEMPARK_STDERR")
        )


def start_log() -> Path:
    """A log file for this run; warnings also reach the terminal."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    path = Path(tempfile.gettempdir()) / f"sempark-{stamp}.log"
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    screen = logging.StreamHandler()
    screen.setLevel(logging.WARNING)
    screen.addFilter(lambda record: record.exc_info is None)  # tracebacks go to the file only
    screen.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    root = logging.getLogger()
    root.handlers = [file, screen]
    root.setLevel(logging.INFO)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    return path


def say(line: str) -> None:
    """Print a line and log it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    logger.info(line)


def fail(line: str, code: int) -> int:
    """Say one line on standard error and return the exit code."""
    sys.stderr.write(f"sempark: {line}\n")
    return code


def first_line(error: BaseException) -> str:
    """The line that names an error: of Java's trace the cause, of Python's the last."""
    lines = str(error).strip().splitlines() or ["no message"]
    named = [
        found["named"]
        for line in lines
        if (found := NAMED.match(line)) and not line.endswith("(most recent call last):")
    ]
    return named[-1] if named else f"{type(error).__name__}: {lines[0]}"
