"""Part of report: the fine-tuned network's test, the tree's scores, and new images.

In: the evaluation of finetuned, tree_scores, assign. Out: exhibits of the run's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sempark.figures import evaluation as drawn
from sempark.figures import growth
from sempark.figures.exhibit import Exhibit, missing
from sempark.networks import evaluation
from sempark.stages.report_source import Source


def network(source: Source) -> Iterator[Exhibit]:
    """Confusion matrix, accuracy a category, reliability."""
    told = source.manifests.get("finetuned", {}).get("evaluation")
    if not isinstance(told, Mapping):
        why = source.lacks("finetuned") or "the fine-tuned network has no test set."
        yield missing("finetuned-confusion", "The fine-tuned network's test", why)
        return
    counts = np.asarray(told["confusion"], np.int64)
    names: Sequence[str] = told["categories"]
    low, high = told["interval"]
    words = (
        f"{told['accuracy']:.1%} of {told['n']:,} test images right (95 %: {low:.1%} to "
        f"{high:.1%}; the largest category alone {told['majority']:.1%})."
    )
    yield drawn.confusion(names, counts, words)
    yield _by_category(names, counts)
    yield drawn.reliability(
        np.asarray(told["bin_confidence"], np.float64),
        np.asarray(told["bin_accuracy"], np.float64),
        told["bin_count"],
        float(told["calibration_error"]),
    )


def _by_category(names: Sequence[str], counts: np.ndarray) -> Exhibit:
    n, right = counts.sum(axis=1), np.diag(counts)
    edges = [evaluation.wilson(int(r), int(m)) if m else (np.nan, np.nan)
             for r, m in zip(right, n, strict=True)]  # fmt: skip
    share = np.divide(right, n, out=np.full(len(n), np.nan), where=n > 0)
    low, high = np.array(edges, np.float64).T
    return drawn.by_category(names, n.tolist(), share, low, high)


def tree(source: Source) -> Iterator[Exhibit]:
    """The tree's scores, and the drift of images assigned since."""
    if why := source.lacks("tree_scores"):
        yield missing("tree-scores", "The tree against known sub-categories", why)
    else:
        rows = source.read("tree_scores").orderBy("seed").toArrow().to_pylist()
        n = round(float(np.mean([row["n"] for row in rows])))
        yield growth.scores(samples(rows), n, source.untrained)
    if why := source.lacks("assign"):
        yield missing("drift", "New images beside those of the tree", why)
        return
    table = source.read("assign").select("status", "p_value").toArrow().to_pylist()
    counts: dict[str, int] = {}
    for row in table:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    p = np.array([row["p_value"] for row in table if row["status"] in ("ok", "far")], np.float64)
    about = source.manifests["assign"]
    if not len(p):
        yield missing("drift", "New images beside those of the tree", "no new image was placed.")
        return
    figure, limit = (float(str(about.get(name, 0))) for name in ("drift", "drift_limit"))
    yield growth.drift(p, figure, limit, counts)


def samples(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, list[float]]]:
    """Values of each measure over the samples, by checkpoint and method."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    for row in rows:
        of = found.setdefault((row["checkpoint"], row["method"]), {})
        for measure in (*growth.MEASURES, "k"):
            of.setdefault(measure, []).append(float(row[measure]))
    return found
