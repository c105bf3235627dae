"""The exhibits behind figure 4.5, from the tables of a run."""

import numpy as np
import pytest

from sempark.stages import report_clusterings, report_hierarchies
from sempark.stages.report_source import Source

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def found(report_run):
    source = Source(report_run.read, report_run.manifests, ["in"])
    curves = report_clusterings.curves(source)
    return {each.id: each for each in report_hierarchies.exhibits(source, curves)}


def test_the_peaks_of_each_space_stand_by_density_times_delta(report_run, found):
    rows = report_run.read("densities").toPandas()
    graph = found["decision-graphs"]
    assert len(graph.rows) == rows["local_peak"].sum()
    for space, own in rows.groupby("space"):
        peaks = own[own["local_peak"]]
        products = [row[3] for row in graph.rows if row[0] == space]
        expected = np.sort((peaks["density"] * peaks["delta"]).to_numpy())[::-1]
        np.testing.assert_allclose(products, expected)
        left = int((own["density"] >= peaks["density"].min()).sum())
        words = f"{space}: {len(peaks)} local peaks, {left} of {len(own)} images left"
        assert words in graph.caption


def test_the_largest_cluster_of_every_method_shrinks_from_all_images(report_run, found):
    rows = found["largest-clusters"].rows
    n = report_run.read("codings").groupBy("space").count().first()[1]
    for space in {row[0] for row in rows}:
        own = {(row[1], row[2]): row[3] for row in rows if row[0] == space}
        assert own["ward", 1] == own["single", 1] == 1.0
        assert own["single", n] == pytest.approx(1 / n)
        assert own["hdbscan", 9] == pytest.approx(13 / n)


def test_every_curve_has_a_line(found):
    methods = {(row[0], row[1]) for row in found["best-k"].rows}
    assert len(methods) == len(found["best-k"].rows) == 12


def test_tables_that_are_not_there_leave_the_reason(report_run):
    source = Source(report_run.read, {}, [])
    reasons = [each.reason for each in report_hierarchies.exhibits(source, [])]
    assert len(reasons) == 3 and all("has not been made" in reason for reason in reasons)
