"""Draws a corpus of micrographs, runs the pipeline on it, and sets the truth against the result.

./spark-submit.sh demo                     writes the directory demo.path: corpus, truth, store
"""

import sys
from dataclasses import replace
from pathlib import Path

from jobs import pipeline
from sempark import demo, job, progress, shipping
from sempark.synthetic import corpus
from sempark.terminal import say

SETS = ("SEM_Dataset", "Hierarchical", "100%", "Majority")


def run(context: job.Context, force: bool) -> None:
    settings = context.config.demo
    root = Path(settings.path).resolve()
    with progress.watch(context.spark.sparkContext, "drawing"):
        truth = demo.draw(context.spark, settings.images, settings.seed, root / "corpus")
    say(f"{'corpus':<16} {len(truth):,} files of {settings.images:,} pictures below {root}")
    labels = {name: str(root / "corpus" / corpus.LABELS / name) for name in SETS}
    given = replace(
        context.config.input, source=[str(root / "corpus" / corpus.SOURCE)], labels=labels
    )
    known = demo.known(truth, root / "corpus")
    own = replace(
        context,
        config=replace(
            context.config,
            input=given,
            taxonomy=replace(context.config.taxonomy, truth=str(known["subcategories"])),
            validate=replace(context.config.validate, truth=str(known["scales"])),
        ),
    )
    pipeline.run(own, force)
    say("")
    say("truth against result")
    for line in demo.compare(truth, own.read):
        say(line)


if __name__ == "__main__":
    arguments = job.parse()
    arguments.conf = arguments.conf or str(shipping.ROOT / "conf" / "demo.toml")
    sys.exit(job.run(lambda context: run(context, arguments.force), arguments, True))
