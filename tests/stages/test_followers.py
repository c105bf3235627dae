"""followers: the nearest clustered image, whatever the partitions; ties to the lower md5."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sempark.spaces import vectors_column
from sempark.stages import followers
from sempark.tables import CODINGS, PassedOver

pytestmark = pytest.mark.spark
N, CLUSTERED = 400, 150
MD5S = np.array([f"{i:04x}" for i in range(N)])


@pytest.fixture
def ship(spark, tmp_path):
    def send(path: str, digest: str) -> str:
        sent = tmp_path / f"{digest[:16]}-{Path(path).name}"
        sent.write_bytes(Path(path).read_bytes())
        spark.sparkContext.addFile(str(sent))
        return sent.name

    return send


def table(space: str, X: np.ndarray, rows: np.ndarray) -> pa.Table:
    vectors = vectors_column(X[rows]).cast(CODINGS.arrow.field("vector").type)
    columns = [pa.array([space] * len(rows)), pa.array(MD5S[rows]), vectors]
    return pa.Table.from_arrays(columns, schema=CODINGS.arrow)


def drawn(d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, d)).astype(np.float32), np.sort(rng.permutation(N)[:CLUSTERED])


@pytest.mark.parametrize(("partitions", "query_rows"), [(1, 8192), (6, 8192), (3, 70)])
def test_each_follows_its_nearest(
    spark, ship, tmp_path, monkeypatch, partitions, query_rows
) -> None:
    monkeypatch.setattr(followers, "QUERY_ROWS", query_rows)
    given = {"a_3": drawn(3, 1), "b_18": drawn(18, 2)}
    twins = given["a_3"][1][[4, 5]]
    given["a_3"][0][twins] = 0.25  # two clustered at one place: the lower md5 is followed
    outside = np.setdiff1d(np.arange(N), given["a_3"][1])[0]
    given["a_3"][0][outside] = 0.25
    every = [table(space, X, np.arange(N)) for space, (X, _) in given.items()]
    chosen = [table(space, X, rows) for space, (X, rows) in given.items()]
    codings = spark.createDataFrame(pa.concat_tables(every)).repartition(partitions)
    clustered = spark.createDataFrame(pa.concat_tables(chosen))
    found = followers.build(codings, clustered, list(given), ship, tmp_path).collect()
    assert len(found) == 2 * (N - CLUSTERED)
    got = {(row["space"], row["md5"]): (row["follows"], row["distance"]) for row in found}
    assert got["a_3", MD5S[outside]] == (MD5S[twins[0]], 0.0)
    for space, (X, rows) in given.items():
        for i in np.setdiff1d(np.arange(N), rows):
            away = np.sqrt(((X[rows].astype(np.float64) - X[i]) ** 2).sum(axis=1))
            follows, distance = got[space, MD5S[i]]
            assert follows == MD5S[rows[away.argmin()]]
            assert distance == pytest.approx(away.min(), rel=1e-12, abs=1e-12)


def test_a_space_that_is_clustered_whole_has_none(spark, ship, tmp_path) -> None:
    given = {"a_3": drawn(3, 1), "b_18": drawn(18, 2)}
    every = [table(space, X, np.arange(N)) for space, (X, _) in given.items()]
    codings = spark.createDataFrame(pa.concat_tables(every))
    chosen = spark.createDataFrame(table("a_3", *given["a_3"]))
    clustered = chosen.unionByName(codings.where("space = 'b_18'"))
    found = followers.build(codings, clustered, ["a_3"], ship, tmp_path).collect()
    assert {row["space"] for row in found} == {"a_3"} and len(found) == N - CLUSTERED
    with pytest.raises(PassedOver, match="every image is clustered"):
        followers.build(codings, codings, [], ship, tmp_path)
