"""raw_neighbors and neighbors: on the driver, on executors, by an approximate index; few points."""

from pathlib import Path

import numpy as np
import pytest

from sempark import config, neighborhoods
from sempark.geometry import search_cost
from sempark.geometry.neighbors import nearest
from sempark.neighborhoods import Search
from sempark.spaces import Vectors
from sempark.stages import neighbors, raw_neighbors
from sempark.tables import NEIGHBORS, PassedOver, Refused

pytestmark = pytest.mark.spark


def vectors(space: str, n: int, d: int, seed: int = 0) -> Vectors:
    X = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return Vectors(space, [f"{i:04x}" for i in range(n)], X)


@pytest.fixture
def search(spark, tmp_path):
    """A function from settings to a `Search`; its files go where a job's would."""
    said: list[str] = []

    def ship(path: str, digest: str) -> str:
        name = f"{digest[:16]}-{Path(path).name}"
        sent = tmp_path / name
        sent.write_bytes(Path(path).read_bytes())
        spark.sparkContext.addFile(str(sent))
        return name

    def make(*sets: str) -> Search:
        settings = config.load(None, [f"neighbors.{text}" for text in sets]).neighbors
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        return Search(settings, spark, ship, scratch, lambda done, total: None, said.append)

    make.said = said
    return make


def test_lists_come_back_from_their_table(search) -> None:
    one = vectors("s", 90, 5)
    md5s, found = neighbors.lists(raw_neighbors.build([one], search("k=7")).repartition(3), "s")
    expected = nearest(one.X, 7)
    assert md5s == one.md5s
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.distances, expected.distances)


@pytest.mark.parametrize("d", [5, 70])
def test_executors_give_the_rows_of_the_driver(search, d: int, tmp_path: Path) -> None:
    one, two = vectors("s", 300, d), vectors(f"t_{d}", 40, 3, seed=1)
    one.X[50:80] = one.X[3]  # more duplicates than neighbors
    driver = raw_neighbors.build([one, two], search("k=9")).toArrow()
    executors = raw_neighbors.build([one, two], search("k=9", "backend=spark")).toArrow()
    order = [("space", "ascending"), ("md5", "ascending")]
    assert executors.sort_by(order).to_pylist() == driver.sort_by(order).to_pylist()
    assert executors.num_rows == 340
    assert not list((tmp_path / "scratch").iterdir())


def test_blocks_of_one_worker_read_the_array_once(spark, tmp_path: Path) -> None:
    one = vectors("s", 60, 3)
    for name, values in (("once.npy", one.X), ("once-md5s.npy", np.array(one.md5s))):
        np.save(tmp_path / name, values)
        spark.sparkContext.addFile(str(tmp_path / name))
    neighborhoods._points.cache_clear()
    whole, seen = nearest(one.X, 4), set()
    for number in range(5):
        block = neighborhoods.Block("s", "once.npy", "once-md5s.npy", 4, number, 5)
        for row in neighborhoods.of_block(block).to_pylist():
            i = one.md5s.index(row["md5"])
            assert row["indices"] == whole.indices[i].tolist()
            seen.add(i)
    assert seen == set(range(60))
    assert neighborhoods._points.cache_info().misses == 1


@pytest.mark.parametrize("index", ["hnsw", "ivf"])
def test_an_approximate_index_says_its_recall(search, index: str) -> None:
    one = vectors("s", 500, 8)
    made = search("k=6", f"index={index}")
    rows = raw_neighbors.build([one], made)
    _, found = neighbors.lists(rows, "s")
    exact = nearest(one.X, 6)
    share = (found.distances <= exact.distances[:, -1:] * (1 + 1e-12)).mean()
    assert made.recall == {"s": pytest.approx(share)}
    assert 0.5 < share <= 1


def test_an_exact_search_has_no_recall(search) -> None:
    made = search("k=3")
    raw_neighbors.build([vectors("s", 10, 2)], made)
    assert made.recall == {}


def test_an_approximate_index_stays_on_the_driver(search) -> None:
    with pytest.raises(Refused, match=r"neighbors\.backend = driver"):
        search("index=ivf", "backend=spark")


def test_raw_spaces_are_taken_over_and_coded_ones_searched(spark, search) -> None:
    raw, coded = vectors("1u-2u_9in", 20, 9), vectors("1u-2u_9in_2", 20, 2, seed=2)
    taken = raw_neighbors.build([raw], search("k=3"))
    rows = neighbors.build(taken, [coded, vectors("1u-2u_9in", 20, 9, seed=5)], search("k=3"))
    for one in (raw, coded):
        np.testing.assert_array_equal(
            neighbors.lists(rows, one.space)[1].indices, nearest(one.X, 3).indices
        )
    assert rows.count() == 40
    none = spark.createDataFrame([], NEIGHBORS.schema)
    assert neighbors.build(taken, [], search("k=3")).count() == 20
    assert neighbors.build(none, [coded], search("k=3")).count() == 20
    with pytest.raises(PassedOver):
        neighbors.build(none, [], search("k=3"))


def test_the_two_nearest_are_for_the_dimension(search) -> None:
    one = vectors("s", 30, 4)
    rows = raw_neighbors.build([one], search("k=5")).repartition(4)
    found = raw_neighbors.two_nearest(rows, "s")
    np.testing.assert_array_equal(found, nearest(one.X, 2).distances)
    assert raw_neighbors.two_nearest(rows, "another") is None
    lonely = raw_neighbors.build([one], search("k=1"))
    assert raw_neighbors.two_nearest(lonely, "s") is None


@pytest.mark.parametrize("backend", ["driver", "spark"])
def test_fewer_points_than_k_have_all_others_for_neighbors(search, backend: str) -> None:
    rows = raw_neighbors.build(
        [vectors("few", 5, 3), vectors("fewer", 3, 3)], search("k=100", f"backend={backend}")
    ).collect()
    assert len(rows) == 5
    assert all(len(row["indices"]) == 4 and len(set(row["indices"])) == 4 for row in rows)
    with pytest.raises(PassedOver, match="fewer than 4"):
        raw_neighbors.build([vectors("fewer", 3, 3)], search("k=100"))


@pytest.mark.parametrize("backend", ["driver", "spark"])
def test_identical_points_and_constant_columns_have_an_answer(search, backend: str) -> None:
    same = Vectors("s", [f"{i:03x}" for i in range(20)], np.full((20, 3), 0.1, np.float32))
    flat = vectors("t", 20, 4)
    flat.X[:, 2] = 7
    rows = raw_neighbors.build([same, flat], search("k=3", f"backend={backend}"))
    md5s, found = neighbors.lists(rows, "s")
    assert not found.distances.any() and found.indices[5].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(
        neighbors.lists(rows, "t")[1].indices, nearest(flat.X[:, [0, 1, 3]], 3).indices
    )
    assert len(md5s) == 20


def test_a_search_beyond_memory_is_refused_and_a_long_one_announced(search, monkeypatch) -> None:
    monkeypatch.setattr(neighborhoods, "LONG_SECONDS", 0.0)
    raw_neighbors.build([vectors("s", 10, 2)], search("k=3"))
    assert "s: 3 neighbors of 10 points in 2 columns, on this machine about" in search.said[0]
    monkeypatch.setattr(search_cost, "_free_bytes", lambda: 1000)
    with pytest.raises(ValueError, match="GB are free; ask for fewer neighbors"):
        raw_neighbors.build([vectors("s", 10, 2)], search("k=3"))
