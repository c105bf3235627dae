"""Chapter 3 of the thesis in tables: spaces, training phases, the grid search, the sample.

In: counts and rows. Out: tables 3.1 to 3.4.

Source: sections 3.1.2, 3.2.3, 3.2.4 and 3.4 of the thesis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sempark.figures.exhibit import Cell, Exhibit, mark

CHECKPOINT_NAMES = {
    "in": "Training on ImageNet 2012",
    "ft": "Fine tuning on the labels",
}

PHASES = {
    "1_a": (1, 6),
    "1_b": (2, 5),
    "1": (1, 2, 5, 6),
    "2": (3, 4),
    "g": (1, 2, 3, 4, 5, 6),
}
"""Hidden layers that each training phase of the autoencoder works on."""


def spaces(
    counts: Mapping[tuple[str, str], tuple[str, int, int]], untrained: Sequence[str]
) -> Exhibit:
    """Table 3.1: the spaces that two checkpoints and two layers make.

    Parameters
    ----------
    counts : mapping
        (checkpoint, layer) to (name of the space, width, images).
    untrained : sequence of str
        Checkpoints that are untrained networks; their line says so.

    Returns
    -------
    Exhibit
    """
    rows: list[tuple[Cell, ...]] = []
    for (checkpoint, layer), (name, width, n) in sorted(counts.items()):
        said = "untrained network" if checkpoint in untrained else CHECKPOINT_NAMES.get(checkpoint)
        tensor = "Dropout" if layer == "features" else "Fully connected"
        rows.append((name, said or checkpoint, tensor, width, n))
    exhibit = Exhibit(
        "table-3.1",
        "Names of the spaces",
        ("space", "network", "layer", "dimensions", "images"),
        rows,
        "Each space is one layer's output for the images of the subset.",
    )
    return mark(exhibit, [str(row[0]) for row in rows], untrained)


def phases() -> Exhibit:
    """Table 3.2: hidden layers involved in each training phase (a definition, no measurement)."""
    rows = [
        (label, *("×" if layer in layers else "" for layer in range(1, 7)))
        for label, layers in PHASES.items()
    ]
    return Exhibit(
        "table-3.2",
        "Hidden layers involved per training phase",
        ("phase", "1", "2", "3", "4", "5", "6"),
        rows,
        "Layers 1 to 3 encode, 4 to 6 decode; layer 3 gives the codings.",
    )


def grid(rows: Sequence[Mapping[str, Cell]], untrained: Sequence[str]) -> Exhibit:
    """Table 3.3: the autoencoder with the least error on rows kept out, a space.

    Parameters
    ----------
    rows : sequence of mappings
        Rows of the table `grid`.
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
        A row a space; collapsed trainings are counted but never chosen.
    """
    best: dict[str, Mapping[str, Cell]] = {}
    tried: dict[str, int] = {}
    collapsed: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: (str(row["space"]), _number(row["test_mse"]))):
        space = str(row["space"])
        tried[space] = tried.get(space, 0) + 1
        if row["status"] != "ok":
            collapsed[space] = collapsed.get(space, 0) + 1
        else:
            best.setdefault(space, row)
    names = ("n_hidden1", "n_hidden2", "n_codings", "tied", "phases", "activation")
    measured = ("learning_rate", "train_mse", "test_mse")
    out = [
        (
            space,
            *(best[space][name] for name in (*names, *measured)),
            tried[space],
            collapsed.get(space, 0),
        )
        for space in sorted(best)
    ]
    exhibit = Exhibit(
        "table-3.3",
        "Autoencoders with the least reconstruction error",
        ("space", *names, *measured, "tried", "collapsed"),
        out,
        "Chosen by the mean squared error on rows kept out of the training.",
    )
    return mark(exhibit, sorted(best), untrained)


def sample(categories: Sequence[str], order: Sequence[str]) -> Exhibit:
    """Table 3.4: how many of the balanced sample lie in each category.

    Parameters
    ----------
    categories : sequence of str
        Of each image of the sample.
    order : sequence of str
        The categories.

    Returns
    -------
    Exhibit
    """
    counts = [(name, sum(other == name for other in categories)) for name in order]
    return Exhibit(
        "table-3.4",
        "Number of samples per category",
        ("category", "images"),
        [*counts, ("Total", len(categories))],
        "The sample behind figures 3.8 to 3.10, drawn so that the categories are balanced.",
        total=True,
    )


def _number(cell: Cell) -> float:
    """Give a cell as a number; an empty or unmeasured one comes last."""
    value = float("inf") if cell is None else float(cell)
    return value if value == value else float("inf")
