"""The lines at the end of a run: from the tables, and nothing of what was passed over."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sempark import headlines
from sempark.store import Store
from sempark.tables import TABLES, arrow_schema

pytestmark = pytest.mark.spark


def write(store: Store, name: str, *rows: dict) -> None:
    table = TABLES[name]
    full = [{column: row.get(column) for column in table.names} for row in rows]
    if full:
        made = pa.Table.from_pylist(full, schema=arrow_schema(table.schema))
    else:
        made = store.spark.createDataFrame([], table.schema)
    store.write(name, made, {})


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    made = Store(spark, str(tmp_path / "store"))
    ok = [{"md5": f"{i}", "status": "ok"} for i in range(8)]
    write(made, "images_flat", *ok, {"md5": "x", "status": "undecodable"})
    write(made, "scale", *ok[:6], {"md5": "6", "status": "no_bar"})
    write(made, "subset", {"name": "1u-2u", "md5": "1"})
    scores = [
        ("1u-2u_2048ft_13", "ward", 4, 0.6),
        ("1u-2u_2048ft_13", "ward", 40, 0.65),  # higher, but no farther above chance
        ("1u-2u_2048in_18", "ward", 4, 0.9),
    ]
    rows = [dict(zip(("space", "method", "k", "nmi"), each, strict=True)) for each in scores]
    for space, k, nmi in (("ft_13", 4, 0.1), ("ft_13", 40, 0.3), ("in_18", 4, 0.1)):
        row = {"space": f"1u-2u_2048{space}", "method": "reference_uniform", "k": k, "nmi": nmi}
        rows.append(row)
    write(made, "scores", *rows)
    node = {"members": ["1"], "category": "Tips"}
    write(
        made,
        "taxonomy",
        node | {"node": "Tips", "depth": 0, "size": 5},
        node | {"node": "Tips/1", "depth": 1, "size": 5},
        node | {"node": "Powder", "depth": 0, "size": 3},
    )
    told = {"accuracy": 0.75, "n": 12, "interval": [0.5, 0.9], "majority": 0.25}
    made.publish("finetuned", [("evaluation.json", json.dumps(told).encode())], {})
    values = {"tree": 0.7, "flat": 0.5, "categories": 0.4, "chance": 0.1}
    scored = [
        {"checkpoint": c, "seed": seed, "method": m, "k": 9, "n": 50, "nmi": v, "ari": v / 2}
        for c in ("in", "ft")
        for seed in range(5)
        for m, v in values.items()
    ]
    write(made, "tree_scores", *scored)
    return made


def test_lines_say_what_the_tables_hold(store: Store) -> None:
    lines = headlines.lines(store, ["in"])
    assert lines[0] == "8 unique images; scale read on 6 (75.0%); 1 in the subset"
    assert lines[1] == (
        "fine-tuned network: 75.0% of 12 test images (95 %: 50.0% to 90.0%; largest category 25.0%)"
    )
    assert (
        lines[2] == "best clustering: ward on 1u-2u_2048ft_13 at k = 4, NMI 0.60 (0.10 by chance)"
    )
    assert lines[3] == "tree: 2 categories, 3 nodes, 8 images"
    assert lines[4].startswith("tree against 50 unseen images' sub-categories, ft features, 9 ")
    assert "tree 0.70 ± 0.00 and 0.35 ± 0.00; flat 0.50" in lines[4] and "chance 0.10" in lines[4]
    assert "in features" in lines[5] and len(lines) == 6


def test_no_claim_rests_on_untrained_networks_unless_allowed(store: Store) -> None:
    assert "1u-2u_2048in_18" in headlines.lines(store)[2]


def test_what_was_passed_over_is_left_out(store: Store) -> None:
    for name in ("scores", "taxonomy", "tree_scores"):
        write(store, name)
    store.publish("finetuned", [], {})
    assert headlines.lines(store, ["in"]) == [
        "8 unique images; scale read on 6 (75.0%); 1 in the subset"
    ]
