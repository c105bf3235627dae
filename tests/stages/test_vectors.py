"""Somebody's own vectors become spaces, or are refused in one line that says why."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sempark import spaces
from sempark.config import Space
from sempark.stages import vectors
from sempark.tables import SUBSET, VECTORS, PassedOver, Refused

pytestmark = pytest.mark.spark
X = np.random.default_rng(3).normal(size=(12, 5))


def saved(path, array) -> str:
    np.save(path, array)
    return str(path)


def built(spark, **space):
    return vectors.build(spark, {"mine": Space(**space)}, "1u-2u")


def test_an_array_file_keeps_the_order_of_its_rows(spark, tmp_path) -> None:
    labels = np.array([0, 1, -1] * 4)
    found = built(
        spark, path=saved(tmp_path / "x.npy", X), labels=saved(tmp_path / "y.npy", labels)
    )
    (read,) = spaces.given(found)
    assert read.space == "mine" and read.md5s == [f"{i:02d}" for i in range(12)]
    np.testing.assert_array_equal(read.X, X.astype(np.float32))
    none = spark.createDataFrame([], SUBSET.schema)
    known = spaces.categories("mine_pca3", none, found)
    assert known == {f"{i:02d}": str(i % 3) for i in range(12) if i % 3 < 2}


def test_parquet_takes_its_names_and_categories_from_columns(spark, tmp_path) -> None:
    table = pa.table(
        {"md5": ["b", "a"], "vector": [[1.0, 2.0], [3.0, 4.0]], "category": ["Tips", None]}
    )
    pq.write_table(table, tmp_path / "x.parquet")
    found = built(spark, path=str(tmp_path / "x.parquet"), reduce=True)
    assert found.columns == VECTORS.names
    (read,) = spaces.given(found, reduce=True)
    assert read.md5s == ["a", "b"] and read.X.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert list(spaces.given(found, reduce=False)) == []
    assert spaces.categories("mine", spark.createDataFrame([], SUBSET.schema), found) == {
        "b": "Tips"
    }


def test_categories_of_images_serve_vectors_without_their_own(spark, tmp_path) -> None:
    found = built(spark, path=saved(tmp_path / "x.npy", X))
    subset = spark.createDataFrame([("1u-2u", "00", "Tips"), ("1u-2u", "01", None)], SUBSET.schema)
    assert spaces.categories("mine", subset, found) == {"00": "Tips"}


@pytest.mark.parametrize(
    ("array", "labels", "message"),
    [
        (X[0], None, r"expected numbers \(n, d\), received float64 \(5,\)"),
        (X[:0], None, "expected numbers"),
        (np.where(np.arange(12)[:, None] == 7, np.nan, X), None, "1 rows are not finite.*row 7"),
        (X * 1e300, None, "not finite"),
        (X, np.zeros(3, int), "labels .*expected whole numbers or texts"),
        (X, np.zeros(12), "labels .*received float64"),
        (np.array([{"a": 1}], object), None, "Python objects"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_a_bad_array_is_refused_in_one_line(spark, tmp_path, array, labels, message) -> None:
    space = {"path": saved(tmp_path / "x.npy", array)}
    if labels is not None:
        space["labels"] = saved(tmp_path / "y.npy", labels)
    with pytest.raises(Refused, match=message) as refused:
        built(spark, **space)
    assert "[spaces.mine]" in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"md5": ["a"], "x": [[1.0]]}, "vector missing"),
        ({"md5": ["a", "a"], "vector": [[1.0], [2.0]]}, "1 md5s are not unique"),
        ({"md5": ["a", "b"], "vector": [[1.0], [2.0, 3.0]]}, "one length"),
        ({"md5": ["a", "b"], "vector": [[1.0], [float("nan")]]}, "such as b"),
        ({"md5": ["a", "b"], "vector": [[1.0], None]}, "such as b"),
        ({"md5": ["a", None], "vector": [[1.0], [2.0]]}, "have no md5"),
    ],
)
def test_bad_parquet_is_refused_in_one_line(spark, tmp_path, columns, message) -> None:
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    with pytest.raises(Refused, match=message):
        built(spark, path=str(tmp_path / "x.parquet"))


@pytest.mark.parametrize("name", ["a_b", "1u-2u", ""])
def test_a_name_of_an_image_space_is_refused(spark, name) -> None:
    with pytest.raises(Refused, match="expected a name"):
        vectors.build(spark, {name: Space("x.npy")}, "1u-2u")


def test_a_missing_file_is_refused_and_none_is_passed_over(spark, tmp_path) -> None:
    for ending in ("npy", "parquet"):
        with pytest.raises(Refused, match=r"\[spaces.mine\].*gone"):
            built(spark, path=str(tmp_path / f"gone.{ending}"))
    with pytest.raises(PassedOver):
        vectors.build(spark, {}, "1u-2u")


def test_a_changed_file_is_seen(spark, tmp_path) -> None:
    array = Space(saved(tmp_path / "x.npy", X), saved(tmp_path / "y.npy", np.zeros(12, int)))
    pq.write_table(pa.table({"md5": ["a"], "vector": [[1.0]]}), tmp_path / "x.parquet")
    parquet = Space(str(tmp_path / "x.parquet"))
    before = [vectors.stamp(space) for space in (array, parquet)]
    np.save(tmp_path / "y.npy", np.zeros(13, int))
    pq.write_table(pa.table({"md5": ["a", "b"], "vector": [[1.0]] * 2}), tmp_path / "x.parquet")
    after = [vectors.stamp(space) for space in (array, parquet)]
    assert before[0] != after[0] and before[1] != after[1]
    assert vectors.stamp(Space("gone.npy")) != vectors.stamp(array)
