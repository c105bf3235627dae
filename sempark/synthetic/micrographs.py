"""Micrographs drawn from a generator: ten categories, 36 leaves.

In: a category, a leaf, a generator and a shape. Out: a gray image without data bar.

The categories are those of the thesis (section 2.2, figure 2.2). The four largest have 26 leaves,
two more have six, the other four are leaves themselves: 36 in all, as in the Hierarchical data
set (figure 2.4). What tells them apart is shape, texture and arrangement; brightness and contrast
are drawn from one distribution for all.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sempark.synthetic import devices, grains, strands, surfaces, tips
from sempark.synthetic.fields import Field, Shape
from sempark.synthetic.shading import detect

Texture = Callable[[np.random.Generator, Shape], Field]

LEAVES: dict[str, dict[str, Texture]] = {
    "Porous_Sponge": {"Porous_Sponge": surfaces.porous_sponge},
    "Patterned_surface": {
        "Gratings": surfaces.grating,
        "Pillars": surfaces.pillars,
        "Holes": surfaces.holes,
        "Meshes": surfaces.mesh,
        "Rings": surfaces.rings,
        "Chevrons": surfaces.chevrons,
        "Wrinkles": surfaces.wrinkles,
    },
    "Particles": {
        "Sparse_spheres": grains.sparse_spheres,
        "Packed_spheres": grains.packed_spheres,
        "Colloidal_crystals": grains.colloidal_crystal,
        "Cubes": grains.cubes,
        "Aggregates": grains.aggregates,
        "Platelets": grains.platelets,
    },
    "Films_Coated_Surface": {"Films_Coated_Surface": surfaces.coated_film},
    "Powder": {"Powder": grains.powder},
    "Tips": {"Needles": tips.needle, "Probes": tips.probe, "Tip_arrays": tips.tip_array},
    "Nanowires": {
        "Random_networks": strands.random_network,
        "Curly_tangles": strands.curly_tangle,
        "Vertical_forests": strands.vertical_forest,
        "Hexagonal_rods": strands.hexagonal_rods,
        "Aligned_bundles": strands.aligned_bundle,
        "Branched": strands.branched,
    },
    "Biological": {
        "Blood_cells": grains.blood_cells,
        "Pollen": grains.pollen,
        "Leaf_tissue": grains.leaf_tissue,
    },
    "MEMS_devices_and_electrodes": {
        "Comb_drives": devices.comb_drive,
        "Cantilevers": devices.cantilevers,
        "Coils": devices.coil,
        "Electrodes": devices.electrodes,
        "Channels": devices.channel,
        "Gears": devices.gears,
        "Membranes": devices.membrane,
    },
    "Fibres": {"Fibres": strands.fibres},
}
CATEGORIES: tuple[str, ...] = tuple(LEAVES)

_LARGEST_CANVAS = 480  # short side in pixels; larger images are drawn at this size and enlarged


def draw(category: str, leaf: str, rng: np.random.Generator, shape: Shape) -> NDArray[np.uint8]:
    """Draw one micrograph.

    Parameters
    ----------
    category : one of `CATEGORIES`.
    leaf : one of `LEAVES[category]`.
    rng : the only source of chance: the same state gives the same image.
    shape : (h, w) in pixels, at least 32 each way.

    Returns
    -------
    uint8 (h, w)

    Raises
    ------
    ValueError
        If the category, the leaf or the shape is not one of these.
    """
    if category not in LEAVES:
        raise ValueError(f"expected a category of {CATEGORIES}, received {category!r}")
    if leaf not in LEAVES[category]:
        raise ValueError(f"expected a leaf of {tuple(LEAVES[category])}, received {leaf!r}")
    if min(shape) < 32:
        raise ValueError(f"expected a shape of at least 32 x 32 pixels, received {shape}")
    shrink = min(1.0, _LARGEST_CANVAS / min(shape))
    canvas = (round(shape[0] * shrink), round(shape[1] * shrink))
    return detect(LEAVES[category][leaf](rng, canvas), shape, rng)
