"""The tree's scores over networks trained from different seeds, beside flat clustering and chance.

In: stores whose table `tree_scores` is made, one a network, such as those of

    ./spark-submit.sh demo --set finetune.seed=N --set demo.path=dN --set store.path=dN/store

for N = 1 to 5. Out: mean and Student's 95 % interval of each measure over the networks (each the
mean of its five samples), so that the spread between trainings is in it.

    python benchmarks/taxonomy.py d1/store d2/store d3/store d4/store d5/store
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from sempark.figures.growth import MEASURES, METHODS, interval


def rows_of(store: Path) -> list[dict[str, object]]:
    """Rows of the current version of tree_scores in a local store."""
    pointers = sorted((store / "tree_scores" / "pointers").glob("*.json"))
    if not pointers:
        raise SystemExit(f"{store} has no tree_scores: run ./spark-submit.sh tree_scores")
    version = json.loads(pointers[-1].read_text(encoding="utf-8"))["version"]
    rows: list[dict[str, object]] = pq.read_table(
        store / "tree_scores" / version / "rows"
    ).to_pylist()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", nargs="+", type=Path)
    tables = [rows_of(store) for store in parser.parse_args().stores]
    for checkpoint in sorted({str(row["checkpoint"]) for rows in tables for row in rows}):
        print(f"{checkpoint} features, {len(tables)} networks")
        print(f"{'':12}" + "".join(f"{name:>20}" for name in MEASURES.values()))
        for method in METHODS:
            cells = []
            for measure in MEASURES:
                means = [
                    float(np.mean([row[measure] for row in rows
                                   if (row["checkpoint"], row["method"]) == (checkpoint, method)]))
                    for rows in tables
                ]  # fmt: skip
                found = interval(means)
                cells.append(f"{found.mean:.3f} ± {found.high - found.mean:.3f}")
            print(f"{method:12}" + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main()
