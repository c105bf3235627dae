"""Asks every executor what it has to work with, and says what is wrong in plain words.

./spark-submit.sh check my.toml --master spark://host:7077     code 1 if something must be mended
"""

import platform
import sys
from typing import cast

from sempark import executors, job
from sempark.scalebar import ocr
from sempark.scalebar.ocr import Engine
from sempark.tables import Refused
from sempark.terminal import say


def needs(context: job.Context) -> executors.Needs:
    """The driver's own versions, the engine and the directories of the settings."""
    versions = job.versions()
    config = context.config
    engine = cast(Engine, config.scale.engine)
    try:
        tesseract = ocr.available(engine)
    except ocr.EngineError as error:
        raise Refused(f"the driver: {error}") from None
    return executors.Needs(
        platform.python_version(),
        {name: versions[name] for name in executors.NUMBERS},
        engine,
        tesseract,
        [*config.input.source, *config.input.labels.values()],
    )


def check(context: job.Context) -> None:
    """Print the table; refuse if an executor or the store has a problem."""
    found = executors.survey(context.spark, needs(context))
    say(f"{'host':<24} {'tasks':>5} {'python':>8} {'tesseract':>10} {'memory GB':>10} {'disk':>8}")
    for node in found:
        say(
            f"{node.host:<24} {node.cores:>5} {node.python:>8} {node.tesseract:>10} "
            f"{node.memory_gb:>10.1f} {node.disk_gb:>5.0f} GB  {'' if node.problems else 'ok'}"
        )
        for problem in node.problems:
            say(f"  {problem}")
    wrong = sum(bool(node.problems) for node in found)
    if wrong:
        raise Refused(f"{wrong} of {len(found)} executors can't work yet: mend what stands above")
    context.store.check_from_executors()
    say(f"store: {context.store.root} can be written by the executors")


if __name__ == "__main__":
    sys.exit(job.run(check, job.parse()))
