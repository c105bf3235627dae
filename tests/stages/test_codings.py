"""codings: encoders on the executors give the driver's codings, however the rows are shared out."""

import numpy as np
import pyarrow as pa
import pytest

from sempark.networks.encoder import Encoder
from sempark.spaces import Rows, vectors_column
from sempark.stages import codings
from sempark.tables import PassedOver

pytestmark = pytest.mark.spark
N, D = 230, 40
X = np.random.default_rng(0).normal(size=(N, D)).astype(np.float32)
MD5S = [f"{i:04x}" for i in range(N)]


def encoder(n_codings: int, seed: int) -> Encoder:
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(size=size).astype(np.float32) for size in ((D, 30), (30, n_codings))]
    biases = [rng.normal(size=kernel.shape[1]).astype(np.float32) for kernel in kernels]
    return Encoder(X.mean(axis=0), 0.7, kernels, biases, ["elu", "linear"])


ENCODERS = {"1u-2u_40in": {"1u-2u_40in_5": encoder(5, 1), "1u-2u_40in_pca3": encoder(3, 2)}}


def rows(spark, space: str, values: np.ndarray = X) -> Rows:
    table = pa.table({"md5": MD5S[: len(values)], "vector": vectors_column(values)})
    return Rows(space, spark.createDataFrame(table))


def table_of(frame) -> dict[tuple[str, str], list[float]]:
    found = [((row["space"], row["md5"]), row["vector"]) for row in frame.collect()]
    assert len(dict(found)) == len(found)
    return dict(found)


@pytest.mark.parametrize("partitions", [1, 7])
def test_executors_give_the_codings_of_the_driver(spark, partitions: int) -> None:
    one = rows(spark, "1u-2u_40in")
    shuffled = Rows(one.space, one.rows.repartition(partitions, "md5").sortWithinPartitions("md5"))
    found = table_of(codings.build([shuffled], [], ENCODERS))
    assert len(found) == 2 * N
    for space, each in ENCODERS["1u-2u_40in"].items():
        got = np.array([found[space, md5] for md5 in MD5S], np.float32)
        np.testing.assert_array_equal(got, each.code(X))  # to the last bit


def test_vectors_may_stay_as_they_are(spark) -> None:
    own = np.eye(3, dtype=np.float32)
    found = table_of(codings.build([rows(spark, "unknown")], [rows(spark, "mine", own)], ENCODERS))
    assert found == {("mine", MD5S[i]): own[i].tolist() for i in range(3)}


def test_without_an_encoder_there_is_nothing_to_do(spark) -> None:
    with pytest.raises(PassedOver, match="no raw space"):
        codings.build([rows(spark, "1u-2u_40in")], [], {})


def test_a_vector_that_is_not_finite_is_named() -> None:
    bad = X[:5].copy()
    bad[3, 7] = np.nan
    batch = pa.record_batch([pa.array(MD5S[:5]), vectors_column(bad)], ["md5", "vector"])
    with pytest.raises(ValueError, match="vector of 0003 holds NaN"):
        list(codings.coded(batch, ENCODERS["1u-2u_40in"]))
