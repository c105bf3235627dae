"""Finds the images most like a picture, with their distance, scale, category and sub-category.

./spark-submit.sh search QUERY.tif my.toml [--k 10] [--space NAME] [--json] [--page FOUND.html]
./spark-submit.sh search my.toml           reads features, codings, ...; writes the folder search

Any number of queries, seen before or not; --json prints an object a line. What is searched is what
the folder holds: the second form makes it, and so does the pipeline.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jobs import codings, export, features, predictions, taxonomy
from sempark import checkpoints, job
from sempark.figures import found
from sempark.networks.network import Network
from sempark.retrieval import answers, folder, thumbnails
from sempark.stages import search
from sempark.tables import Refused
from sempark.terminal import say


def build(context: job.Context) -> Iterator[tuple[str, bytes]]:
    config = context.config
    return search.build(
        context.read("features"),
        context.read("subset"),
        context.read("codings"),
        {s: e for of in codings.encoders(context).values() for s, e in of.items()},
        export.known(context),
        (taxonomy.grown_in(context), config.taxonomy.layer),
        config.search.layers,
        {
            "categories": predictions.categories(context),
            "min_probability": config.taxonomy.min_probability,
            "far_below": config.assign.far_below,
            "hidden": config.privacy.paths == "hide",
        },
    )


STAGE = job.Stage("search", build)


def extractor(context: job.Context) -> answers.Extract:
    """Runs a checkpoint on one picture, in a batch as wide as those of the table features."""
    settings, paths = context.config.features, features.paths(context)

    @cache
    def network(checkpoint: str) -> Network:
        if checkpoint not in paths:
            raise Refused(f"no checkpoint {checkpoint}: nothing was trained in this store")
        return checkpoints.load(paths[checkpoint], checkpoint, settings)

    def extract(checkpoint: str, gray: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        outputs = network(checkpoint).extract([gray], settings.batch)
        return {name: rows[0] for name, rows in outputs.items()}

    return extract


def find(context: job.Context, mine: argparse.Namespace) -> None:
    """Answer the queries; refuse at the end if one could not be compared."""
    start = time.monotonic()
    index = folder.opened(context.store.folder("search"))
    chosen, extract = index.space(mine.space), extractor(context)
    extract(chosen.checkpoint, np.zeros((64, 64), np.uint8))  # the first picture compiles it
    ready = time.monotonic()
    hide = context.config.privacy.paths == "hide"
    if hide and not index.about["hidden"]:
        raise Refused("the folder search holds paths: ./spark-submit.sh search my.toml --force")
    k = mine.k or context.config.search.k
    done = []
    for path in mine.queries:
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}") from None
        name = "" if hide else path
        done.append(answers.search(data, index, extract, context.config, mine.space, k, name))
    seconds = time.monotonic() - ready
    for answer in done:
        show(answer, mine.json)
    if mine.page:
        mine.page.write_bytes(page(context, done, hide))
    if not mine.json:
        say(f"{len(done)} answered in {seconds:.2f} s, after {ready - start:.2f} s of opening")
    failed = [answer for answer in done if answer.place is None]
    if failed:
        what = failed[0].name or failed[0].query.md5
        raise Refused(f"{len(failed)} of {len(done)} can't be compared, first {what}: "
                      f"{answers.told(failed[0].query)}")  # fmt: skip


def show(answer: answers.Answer, as_json: bool) -> None:
    """An answer on the terminal."""
    if as_json:
        say(json.dumps(answers.plain(answer), allow_nan=False))
        return
    for line in answers.lines(answer):
        say(line)


def page(context: job.Context, done: Sequence[answers.Answer], hide: bool) -> bytes:
    """The answers as one HTML file, with thumbnails where a report has them."""
    tiles = {}
    if context.store.manifest("report") is not None:
        md5s = {hit.record["md5"] for answer in done for hit in answer.hits}
        tiles = thumbnails.of_report(context.store.folder("report"), md5s, hide)
    told = [answers.plain(answer) | {"words": answers.words(answer)} for answer in done]
    return found.page(told, [answers.picture(answer.query, hide) for answer in done], tiles)


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, argparse.Namespace]:
    """What is searched for, and the arguments that all jobs share."""
    own = argparse.ArgumentParser(prog="./spark-submit.sh search", add_help=False)
    own.add_argument("--k", type=int, default=0)
    own.add_argument("--space", default="")
    own.add_argument("--json", action="store_true")
    own.add_argument("--page", type=Path)
    mine, others = own.parse_known_args(argv)
    after = {i + 1 for i, word in enumerate(others) if word in ("--set", "--limit")}
    queries = [
        i
        for i, word in enumerate(others)
        if i not in after and not word.startswith("-") and not word.endswith(".toml")
    ]
    mine.queries = [others[i] for i in queries]
    return mine, job.parse([word for i, word in enumerate(others) if i not in queries])


def run(context: job.Context, mine: argparse.Namespace, force: bool) -> None:
    if mine.queries:
        find(context, mine)
    else:
        job.make(context, STAGE, force)


if __name__ == "__main__":
    mine, arguments = parse(sys.argv[1:])
    sys.exit(job.run(lambda context: run(context, mine, arguments.force), arguments))
