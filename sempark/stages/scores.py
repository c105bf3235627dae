"""scores: every partition of every hierarchy against the known categories.

In: merge lists, flat partitions, the subset's labels. Out: NMI at every k, AMI at some; and the
three reference curves, in whose light the scores must be read since their bounds move with k.
Unlabelled images are clustered but not counted. Source: sections 4.3 and 4.4 of the thesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark.clustering import nmi, references
from sempark.clustering import scores as scoring
from sempark.clustering.merges import Merges
from sempark.tables import SCORES, PassedOver

Labels = NDArray[np.int64]
REFERENCES = {
    "reference_refined": references.refinements,
    "reference_uniform": references.expected,
    "reference_orthogonal": references.orthogonal,
}


def build(
    hierarchies: Iterable[tuple[str, str, Sequence[str], Merges]],
    partitions: Iterable[tuple[str, str, Sequence[str], Labels]],
    categories: Callable[[str], Mapping[str, str]],
    ami_k: Sequence[int],
) -> pa.Table:
    """Score (space, method, md5s, result) by result. Key: space, method, k.

    ``categories`` gives those of a space's points by md5; a space with fewer than two is not
    scored. A space's references run over k from 1 to the number of its labelled points.
    """
    known = cache(categories)
    scored = dict[str, Labels]()
    tables = []
    every: Iterable[tuple[str, str, Sequence[str], Merges | Labels]]
    every = chain(hierarchies, partitions)
    for space, method, md5s, result in every:
        if len(set(known(space).values())) < 2:
            continue
        labels = encode(md5s, known(space))
        scored.setdefault(space, labels[labels >= 0])
        if isinstance(result, Merges):
            tables.append(_curve(space, method, result, labels, ami_k))
        else:
            tables.append(_flat(space, method, result, labels))
    if not tables:
        raise PassedOver("no labels of two categories in any space")
    of_labels = cache(_references)
    for space, labels in sorted(scored.items()):
        tables += [_table(space, *each) for each in of_labels(tuple(np.bincount(labels))).items()]
    return pa.concat_tables(tables)


def _references(counts: tuple[int, ...]) -> dict[str, NDArray[np.float64]]:
    """The reference curves of labels, which hang on the sizes of the categories alone."""
    labels = np.repeat(np.arange(len(counts)), counts)
    return {method: curve(labels) for method, curve in REFERENCES.items()}


def encode(md5s: Sequence[str], categories: Mapping[str, str]) -> Labels:
    """Numbers of the categories by name; -1 for an image without one."""
    number = {name: i for i, name in enumerate(sorted(set(categories.values())))}
    return np.array([number[categories[m]] if m in categories else -1 for m in md5s], np.int64)


def _curve(
    space: str, method: str, merges: Merges, labels: Labels, ami_k: Sequence[int]
) -> pa.Table:
    ami = np.full(merges.n, np.nan)
    known = labels >= 0
    for k in ami_k:
        if k <= merges.n:
            ami[k - 1] = scoring.score(merges.cut(k)[known], labels[known]).ami[0]
    return _table(space, method, nmi.curve(merges, labels), ami, merges.largest())


def _flat(space: str, method: str, clusters: Labels, labels: Labels) -> pa.Table:
    known = labels >= 0
    found = scoring.score(clusters[known], labels[known])
    sizes = np.unique(clusters, return_counts=True)[1]
    table = _table(space, method, found.nmi, found.ami, np.array([sizes.max()]))
    k = pa.array([len(sizes)], pa.int32())
    return table.set_column(table.column_names.index("k"), "k", k)


def _table(
    space: str,
    method: str,
    values: NDArray[np.float64],
    ami: NDArray[np.float64] | None = None,
    largest: NDArray[np.int64] | None = None,
) -> pa.Table:
    """Rows of one curve, k from 1; NaN is stored as null."""
    n = len(values)
    columns = [
        pa.array([space] * n, pa.string()),
        pa.array([method] * n, pa.string()),
        pa.array(np.arange(1, n + 1, dtype=np.int32)),
        pa.array(values, pa.float64(), from_pandas=True),
        pa.nulls(n, pa.float64()) if ami is None else pa.array(ami, pa.float64(), from_pandas=True),
        pa.nulls(n, pa.int32()) if largest is None else pa.array(largest.astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=SCORES.arrow)
