"""Packs interpreter and packages into one archive, for nodes that have nothing but Java.

./spark-submit.sh pack [--to FILE.tar.gz]       then: --set spark.packed=FILE.tar.gz
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sempark import packing, progress, terminal


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./spark-submit.sh pack")
    parser.add_argument("--to", type=Path, default=Path("build/environment.tar.gz"), metavar="FILE")
    target = parser.parse_args(argv).to
    try:
        with progress.bar("pack, MB") as told:
            made = packing.pack(target, told)
    except (packing.PackError, OSError) as error:
        return terminal.fail(str(error), 1)
    size = target.stat().st_size / 1e6
    state = "written" if made else "up to date"
    terminal.say(f"{target}: {state}, {size:,.0f} MB; --set spark.packed={target} sends it along")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
