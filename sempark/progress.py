"""Progress of long work: a bar with rate and time left on a terminal, plain lines otherwise.

`watch` follows Spark's tasks while a block runs; `bar` is what pure functions are handed as
``progress(done, total)``. Both write to standard error, so that a job's output can be piped.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError
from pyspark import SparkContext
from tqdm import tqdm

LINE_SECONDS = 20.0
POLL_SECONDS = 0.3


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A callable ``progress(done, total)`` that draws one bar; safe to call from any thread."""
    lock = threading.Lock()
    meter: tqdm[None] | None = None
    last = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal meter, last
        with lock:
            if sys.stderr.isatty():
                if meter is None or meter.total != total:
                    if meter is not None:
                        meter.close()
                    meter = tqdm(total=total, desc=label, leave=False, smoothing=0.1)
                meter.update(done - meter.n)
            elif time.monotonic() - last > LINE_SECONDS:
                last = time.monotonic()
                sys.stderr.write(f"  {label}: {done:,} of {total:,}\n")

    try:
        yield progress
    finally:
        if meter is not None:
            meter.close()


@contextmanager
def watch(context: SparkContext, label: str) -> Iterator[None]:
    """Show finished tasks of the active Spark stages while the block runs."""
    done = threading.Event()

    def poll() -> None:
        tracker = context.statusTracker()
        with bar(label) as progress:
            while not done.wait(POLL_SECONDS):
                try:
                    infos = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
                except (Py4JError, OSError):
                    return  # the session is gone, which the run itself will tell
                tasks = [(i.numCompletedTasks, i.numTasks) for i in infos if i is not None]
                if tasks:
                    progress(sum(t[0] for t in tasks), sum(t[1] for t in tasks))

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
