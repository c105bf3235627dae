"""The networks that the settings name: which checkpoints there are, and how each is opened.

In: the section ``features`` and a path. Out: a `Network`. Finetune, features and search open the
same networks, and must do it the same way.
"""

from __future__ import annotations

from typing import Any, cast

from sempark.config import Features
from sempark.networks import inception
from sempark.networks.network import Network, Precision, Runtime
from sempark.networks.preprocessing import Preprocessing


def load(path: str, name: str, settings: Features) -> Network:
    """Open one checkpoint.

    Parameters
    ----------
    path : str
        Of the file or folder, or ``random:SEED``, ``imagenet``.
    name : str
        ``in`` or ``ft``: whose layers the settings name.
    settings : Features

    Raises
    ------
    ValueError
        One line: what the file is and what to do.
    """
    layers = {"in": settings.layers_in, "ft": settings.layers_ft}[name]
    return inception.load(
        path,
        input_size=settings.input_size,
        layers=layers or None,
        preprocessing=cast(Preprocessing, settings.preprocessing) or None,
        architecture=settings.architecture,
        precision=cast(Precision, settings.precision),
        runtime=cast(Runtime, settings.runtime),
    )


def facts(network: Network) -> dict[str, Any]:
    """What a manifest tells of a checkpoint."""
    return {
        "kind": network.kind,
        "sha256": network.digest,
        "architecture": network.architecture,
        "preprocessing": network.preprocessing,
        "input_size": network.input_size,
        "widths": network.widths,
        "precision": network.precision,
        "runtime": network.runtime_version,
    }
