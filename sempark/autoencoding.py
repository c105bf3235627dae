"""How the pipeline trains one autoencoder: its shape, its inputs' scale, the width of its codings.

In: vectors of a raw space and settings. Out: a trained `Autoencoder3MLP`. Used by the grid search
and by the codings made of its winners. Source: sections 3.2.4 and 3.3.2 of the thesis.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sempark.config import Codings
from sempark.networks.autoencoder import Autoencoder3MLP, Phase
from sempark.spaces import Vectors

TIES = ("none", "outer")
ALL_PHASES = ("1_a", "1_b", "1", "2", "g")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Architecture:
    """What the grid varies: units of the first two layers, ties, phases, activation, rate."""

    n_hidden1: int
    n_hidden2: int
    tied: str
    phases: str
    activation: str
    learning_rate: float


def default_architecture(space: str, settings: Codings) -> Architecture:
    """The settings' own for a raw space, where no grid was searched.

    Raises
    ------
    ValueError
        Not two numbers of units, or an unknown tie.
    """
    units = settings.n_hidden_of.get(space, settings.n_hidden)
    tied = settings.tied_of.get(space, settings.tied)
    if len(units) != 2 or tied not in TIES:
        raise ValueError(
            f"{space}: expected two numbers of hidden units and a tie of {', '.join(TIES)}, "
            f"received {units}, {tied}: see [codings]"
        )
    return Architecture(units[0], units[1], tied, "g", "elu", settings.learning_rate)


def n_codings(vectors: Vectors, plateau: float | None, settings: Codings) -> int:
    """Width of a space's codings: one more than its plateau, rounded, at most the bound.

    Without a plateau the bound; or as the settings say. Never more than the columns, or the other
    points.
    """
    most = min(settings.bound, vectors.X.shape[1], len(vectors.md5s) - 1)
    chosen = settings.dimensions.get(vectors.space)
    if chosen is None:
        chosen = settings.bound if plateau is None else round(plateau) + 1
    return max(1, min(most, chosen))


def choice(vectors: Vectors, plateau: float | None, settings: Codings) -> str:
    """The measured dimension, the bound and the width chosen, in a line."""
    measured = "no plateau" if plateau is None else f"intrinsic dimension {plateau:.1f}"
    size = n_codings(vectors, plateau, settings)
    set_ = ", set" if vectors.space in settings.dimensions else ""
    return f"{vectors.space}: {measured}, bound {settings.bound}, codings {size}{set_}"


def standardized(X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centered and divided by one number, the root mean variance, which leaves angles as they are.

    Learning rates and the weight of the kernels then mean the same in each space.
    """
    centered = X - X.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = float(np.sqrt(np.mean(np.square(centered, dtype=np.float64))))
    return centered / np.float32(scale) if scale > 0 else centered


def train(
    X: NDArray[np.float32],
    n_codings: int,
    architecture: Architecture,
    settings: Codings,
    epochs: int,
    progress: Progress | None,
) -> Autoencoder3MLP:
    """An autoencoder of one architecture, trained."""
    tied = (False, False, architecture.tied == "outer")
    phases = cast(list[Phase], architecture.phases.split("+"))
    activation = architecture.activation.split("+")  # one for all layers, or six
    with tempfile.TemporaryDirectory(prefix="sempark-") as logdir:  # the records are not kept
        model = Autoencoder3MLP(
            X.shape[1],
            (architecture.n_hidden1, architecture.n_hidden2, n_codings),
            tied,
            activation[0] if len(activation) == 1 else activation,
            architecture.learning_rate,
            settings.l2_reg,
            logdir,
            seed=settings.seed,
        )
        batch = min(settings.batch, len(X))
        model.train(X, [epochs] * len(ALL_PHASES), phases, batch, progress=progress)
    return model
