"""Processes of a cluster: each carries a mark in its environment, by which all are found again.

A cluster's daemons start processes that leave their group and session; whatever started them, they
inherit the mark, so that nothing is left when a test ends, failed or not.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
MARK = "SEMPARK_TEST_CLUSTER"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start(
    command: Sequence[str], mark: str, log: Path, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A marked process with its output in a file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"} | (env or {}) | {MARK: mark},
        )


def find(mark: str, words: str = "") -> dict[int, str]:
    """Command line of every living process with the mark whose command line holds the words."""
    found = {}
    wanted = f"{MARK}={mark}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            if (
                words in line
                and state != "Z"
                and wanted in (place / "environ").read_bytes().split(b"\0")
            ):
                found[int(place.name)] = line
        except OSError:
            continue
    return found


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def folder(process: int) -> str:
    """Where it works; empty if it is gone."""
    try:
        return str(Path(f"/proc/{process}/cwd").readlink())
    except OSError:
        return ""


def send(processes: Sequence[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def end(mark: str) -> None:
    """Kill all that carries the mark; what is stopped is killed too."""
    limit = time.monotonic() + 30
    while there := find(mark):
        send(list(there), signal.SIGKILL)
        if time.monotonic() > limit:
            raise RuntimeError(f"still there after 30 s of SIGKILL: {there}")
        time.sleep(0.1)


def wait_for(what: str, found: Callable[[], T], seconds: float = 120, pause: float = 0.2) -> T:
    """The first true answer, or an error that says what was waited for."""
    limit = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > limit:
            raise TimeoutError(f"{what}: not there after {seconds:.0f} s")
        time.sleep(pause)
    return answer
