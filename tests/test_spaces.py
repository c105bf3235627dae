"""Vectors of a space come to the driver sorted by md5, whatever the partitions and chunks."""

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from sempark import spaces
from sempark.tables import CODINGS, FEATURES, SUBSET, Refused

pytestmark = pytest.mark.spark


def codings(md5s: list[str], X: np.ndarray) -> pa.Table:
    columns = {"space": ["s"] * len(md5s), "md5": md5s, "vector": [list(x) for x in X]}
    return pa.table(columns, schema=CODINGS.arrow)


def test_rows_come_sorted_by_md5(spark) -> None:
    rng = np.random.default_rng(0)
    md5s = [f"{i:04x}" for i in rng.permutation(200)]
    X = rng.normal(size=(200, 3)).astype(np.float32)
    frame = spark.createDataFrame(codings(md5s, X)).repartition(5)
    found, got = spaces.to_numpy(frame)
    order = np.argsort(md5s)
    assert found == [md5s[i] for i in order]
    np.testing.assert_array_equal(got, X[order])


def test_chunks_lose_nothing(spark, monkeypatch) -> None:
    md5s = [f"{i:04x}" for i in range(100)] + ["not hexadecimal"]
    X = np.arange(202, dtype=np.float32).reshape(101, 2)
    frame = spark.createDataFrame(codings(md5s, X))
    whole = spaces.to_numpy(frame)
    monkeypatch.setattr(spaces, "CHUNK_BYTES", 100)
    parts = spaces.to_numpy(frame)
    assert whole[0] == parts[0] == sorted(md5s)
    np.testing.assert_array_equal(whole[1], parts[1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_named_by_md5(spark, bad: float) -> None:
    X = np.ones((9, 3), np.float32)
    X[[2, 4, 5, 7], 1] = bad
    frame = spark.createDataFrame(codings([f"md5-{i}" for i in range(9)], X))
    with pytest.raises(Refused, match=r"4 of 9 rows .* md5 md5-2, md5-4, md5-5, \.\.\.: make"):
        list(spaces.coded_spaces(frame))


def test_large_numbers_are_finite(spark) -> None:
    X = np.full((4, 5), 3e38, np.float32)
    _, got = spaces.to_numpy(spark.createDataFrame(codings(list("abcd"), X)))
    np.testing.assert_array_equal(got, X)


def test_no_rows_are_no_vectors(spark) -> None:
    md5s, X = spaces.to_numpy(spark.createDataFrame([], CODINGS.schema))
    assert md5s == [] and X.shape == (0, 0)


def test_raw_spaces_are_the_last_layers_named_after_width_and_checkpoint(spark) -> None:
    rows = [
        {"checkpoint": checkpoint, "layer": layer, "md5": md5, "vector": [1.0] * width}
        for checkpoint in ("ft", "in")
        for layer, width in (("features", 4), ("logits", 3), ("middle", 2))
        for md5 in ("a", "b", "c")
    ]
    features = spark.createDataFrame(pa.Table.from_pylist(rows, FEATURES.arrow))
    members = [{"name": "1u-2u", "md5": md5, "category": None} for md5 in ("a", "c")]
    subset = spark.createDataFrame(pa.Table.from_pylist(members, SUBSET.arrow))
    found = list(spaces.raw_spaces(features, subset))
    assert [v.space for v in found] == ["1u-2u_4in", "1u-2u_3in", "1u-2u_4ft", "1u-2u_3ft"]
    assert all(v.md5s == ["a", "c"] for v in found)


def test_the_digest_tells_lists_apart() -> None:
    assert spaces.row_digest(["a", "b"]) != spaces.row_digest(["a", "c"])
    assert spaces.row_digest(["a", "b"]) == spaces.row_digest(["a", "b"])


def hashed(spark, n: int, partitions: int):
    md5s = [f"{i:06x}" for i in np.random.default_rng(n + partitions).permutation(n)]
    X = np.array([[int(md5, 16)] for md5 in md5s], np.float32)
    return spark.createDataFrame(codings(md5s, X)).repartition(partitions)


def test_a_sample_is_the_same_whatever_order_and_partitions(spark) -> None:
    sample = spaces.Sample(40, seed=3)
    chosen = []
    for partitions in (1, 5):
        rows, n = spaces.sampled(hashed(spark, 3000, partitions), sample)
        assert n == 3000
        chosen.append(sorted(row["md5"] for row in rows.collect()))
    assert len(chosen[0]) == 40 and chosen[0] == chosen[1]
    # those of the smallest hashes among all of them
    key = F.xxhash64(F.lit(3), "md5")
    every = hashed(spark, 3000, 2).orderBy(key).select("md5").limit(40).collect()
    assert chosen[0] == sorted(row["md5"] for row in every)
    other, _ = spaces.sampled(hashed(spark, 3000, 1), spaces.Sample(40, seed=4))
    assert len({row["md5"] for row in other.collect()} - set(chosen[0])) > 30


@pytest.mark.parametrize("most", [0, 60, 61])
def test_a_sample_of_all_is_the_space_itself(spark, most: int) -> None:
    found = spaces.Rows("s", hashed(spark, 60, 3))
    (whole,) = spaces.fetched([found])
    (got,) = spaces.fetched([found], spaces.Sample(most, 1))
    assert got.md5s == whole.md5s and got.sample_of == 0
    np.testing.assert_array_equal(got.X, whole.X)


def test_a_sample_has_its_own_vectors_and_says_what_it_is_of(spark) -> None:
    facts: dict = {}
    found = [spaces.Rows("s", hashed(spark, 90, 3)), spaces.Rows("t", hashed(spark, 8, 1))]
    one, two = spaces.noted(spaces.fetched(found, spaces.Sample(20, 1)), facts)
    assert one.md5s == sorted(one.md5s) and len(one.md5s) == 20 and one.sample_of == 90
    np.testing.assert_array_equal(one.X[:, 0], [int(md5, 16) for md5 in one.md5s])
    assert len(two.md5s) == 8 and two.sample_of == 0
    assert facts == {"sampled": {"s": {"points": 20, "of": 90}}}


def test_large_spaces_are_left_out_and_said(spark) -> None:
    found = [spaces.Rows("s", hashed(spark, 90, 3)), spaces.Rows("t", hashed(spark, 8, 1))]
    facts: dict = {}
    assert [one.space for one in spaces.small(found, 8, facts)] == ["t"]
    assert facts == {"too_large": {"s": 90}}
    none: dict = {}
    assert [one.space for one in spaces.small(found, 0, none)] == ["s", "t"] and none == {}
