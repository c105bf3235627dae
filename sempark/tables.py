"""The data model on one page: every table, its key, columns, inputs and status words.

A table is made by the job and the stage of its own name. `inputs` are the tables it reads,
`settings` the sections (or single keys) of the configuration that change its rows, `version` the
integer that goes up when the code makes other rows of the same input. From these three the store
tells what is up to date. Column types are Spark's DDL types. Order of the page is order of work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Kind = Literal["table", "folder"]


@dataclass(frozen=True)
class Column:
    """A column: its name (unit included), Spark type and meaning."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table (Parquet) or published folder of the store.

    Attributes
    ----------
    name : str
        Also the name of its job, stage and test.
    key : tuple of str
        Columns that identify a row.
    inputs, settings : tuple of str
        What it is made from: tables; configuration sections or ``section.key``.
    version : int
        Raised when the same input gives other rows.
    thesis : str
        Where the source describes it.
    """

    name: str
    key: tuple[str, ...]
    inputs: tuple[str, ...]
    settings: tuple[str, ...]
    thesis: str
    columns: tuple[Column, ...] = ()
    version: int = 1
    kind: Kind = "table"

    @property
    def schema(self) -> str:
        """The columns as Spark DDL."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)

    @property
    def arrow(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        return arrow_schema(self.schema)

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]


_ARROW = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "binary": pa.binary(),
}


def arrow_schema(ddl: str) -> pa.Schema:
    """Spark DDL of flat columns, and arrays of them, as an Arrow schema."""
    columns = []
    for column in ddl.split(","):
        name, type_ = column.strip().replace("`", "").split()
        inner = type_.removeprefix("array<").removesuffix(">")
        arrow = _ARROW[inner] if inner == type_ else pa.list_(_ARROW[inner])
        columns.append(pa.field(name, arrow))
    return pa.schema(columns)


FileKind = Literal["file", "directory", "link", "fifo", "socket", "device", "other"]
InventoryStatus = Literal[
    "ok", "directory", "empty", "broken_link", "link_loop", "special", "unreadable", "vanished"
]
ImageStatus = Literal[
    "ok",
    "same_jpeg",
    "near_duplicate",
    "undecodable",
    "too_large",
    "empty",
    "crashed",
    "timeout",
    "unreadable",
]
MatchKind = Literal["jpeg_md5", "reencoded", "pixels", "perceptual"]
LabelStatus = Literal["ok", "unmatched", "conflict", "unreadable"]
ScaleStatus = Literal[
    "ok",
    "no_databar",
    "many_databars",
    "no_bar",
    "many_bars",
    "no_text",
    "no_value",
    "unsure",
    "error",
]
GridStatus = Literal["ok", "collapsed", "diverged"]
Agreement = Literal["agreed", "resized", "unit", "disagree"]

CATEGORIES = (
    "Porous_Sponge",
    "Patterned_surface",
    "Particles",
    "Films_Coated_Surface",
    "Powder",
    "Tips",
    "Nanowires",
    "Biological",
    "MEMS_devices_and_electrodes",
    "Fibres",
)
"""The ten categories in the order of the thesis (figure 2.2, table 2.4: 0 to 9)."""


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from lines of ``name | type | meaning``."""
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(
        Column(name.strip(), type_.strip(), meaning.strip()) for name, type_, meaning in rows
    )


INVENTORY = Table(
    name="inventory",
    key=("path",),
    inputs=(),
    settings=(),
    thesis="2.1, table 2.1",
    columns=_columns("""
        path        | string  | full path or URI; bytes that are no UTF-8, and %, as %XX
        source      | string  | the source or label set it was found under
        kind        | string  | FileKind
        size        | bigint  | bytes; null where the scheme can't say
        modified_us | bigint  | time of last change, microseconds since 1970
        extension   | string  | of the name, lower case
        format      | string  | by content: TIFF, JPEG, ...; null when not a readable file
        name_lies   | boolean | extension and content disagree
        md5         | string  | of the content
        companion   | string  | path of the instrument's .txt or .hdr beside an image
        status      | string  | InventoryStatus
        reason      | string  | why not ok
    """),
)

IMAGES_FLAT = Table(
    name="images_flat",
    key=("md5",),
    inputs=("inventory",),
    settings=("input.formats", "images", "run"),
    version=3,
    thesis="2.1",
    columns=_columns("""
        md5              | string        | of the file's content
        jpeg             | binary        | gray JPEG; null where it could not be made
        jpeg_md5         | string        | md5 of jpeg
        pixel_hash       | string        | hash of the decoded gray pixels
        perceptual_hash  | bigint        | 64 bit, signed
        width            | int           | px
        height           | int           | px
        bits             | int           | a sample, as stored
        pages            | int           | in the file; the first is taken
        paths            | array<string> | every path with this content, sorted
        vendor           | string        | who wrote the pixel size, if any
        vendor_nm_per_px | double        | pixel size of the vendor's tags
        vendor_key       | string        | the tag it was read from
        companion_md5    | string        | of the instrument's text that was read beside the file
        encoder          | string        | of jpeg: name, version, quality
        survivor         | string        | md5 that stands for it (same_jpeg, near_duplicate)
        status           | string        | ImageStatus
        reason           | string        | why not ok
    """),
)

NEAR_DUPLICATES = Table(
    name="near_duplicates",
    key=("md5_a", "md5_b"),
    inputs=("images_flat",),
    settings=("near_duplicates",),
    thesis="2.1, footnote 1",
    columns=_columns("""
        md5_a              | string | the smaller md5
        md5_b              | string | the larger md5
        kind               | string | few_pixels, recompressed, brightness_shifted, rescaled, equal
        differing_px       | bigint | pixels that differ
        largest_difference | int    | gray levels
    """),
)

LABELS = Table(
    name="labels",
    key=("data_set", "file", "category", "subcategory"),  # a list may name a file twice
    inputs=("inventory", "images_flat"),
    settings=("labels",),
    thesis="2.2, table 2.2, figures 2.3, 2.4",
    columns=_columns("""
        data_set    | string  | name of the label set
        file        | string  | path below the set's folder
        category    | string  | first folder
        subcategory | string  | second folder, if any
        file_md5    | string  | md5 of the labelled file
        md5         | string  | the image it was matched with; null when unmatched
        matched_by  | string  | MatchKind
        encoder     | string  | that made the file again from the image's TIFF (reencoded)
        conflict    | boolean | its content stands in several categories of this set
        status      | string  | LabelStatus
        reason      | string  | why not ok
    """),
)

SCALE = Table(
    name="scale",
    key=("md5",),
    inputs=("images_flat",),
    settings=("scale",),
    thesis="2.3, tables 2.3, 2.4",
    columns=_columns("""
        md5              | string     | of the image
        status           | string     | ScaleStatus
        value            | double     | printed number
        unit             | string     | nm, um or mm
        nm_per_px        | double     | from value and bar_px, or the override
        bar_px           | double     | nominal: middle to middle of the end ticks
        text             | string     | as read
        databar          | array<int> | x0, y0, x1, y1 in px
        confidence       | double     | 0 to 1
        source           | string     | ocr, override
        vendor_nm_per_px | double     | pixel size of the vendor's tags
        agreement        | string     | Agreement of the two; null where one is missing
        reason           | string     | why not ok
    """),
    version=9,
)

SUBSET = Table(
    name="subset",
    key=("name", "md5"),
    inputs=("scale", "labels"),
    settings=("subset", "labels"),
    thesis="2.3, table 2.5",
    columns=_columns("""
        name     | string | of the scale range, such as 1u-2u
        md5      | string | of the image
        category | string | label of the primary set; null when unlabelled
    """),
)

FINETUNED = Table(
    name="finetuned",
    key=(),
    inputs=("labels", "images_flat", "scale", "near_duplicates"),
    settings=(
        "finetune",
        "labels",
        *(f"features.{key}" for key in ("architecture", "preprocessing", "input_size")),
        "features.crop_databar",
    ),
    version=2,
    thesis="3.1.1",
    kind="folder",
)

FEATURES = Table(
    name="features",
    key=("checkpoint", "layer", "md5"),
    inputs=("images_flat", "scale", "finetuned"),
    settings=("features",),
    version=2,
    thesis="3.1, table 3.1",
    columns=_columns("""
        checkpoint | string       | in or ft
        layer      | string       | features (2048), logits (1001) or middle (768, where known)
        md5        | string       | of the image
        databar    | array<int>   | box that was cropped away; null: none
        vector     | array<float> | the layer's output
    """),
)

PREDICTIONS = Table(
    name="predictions",
    key=("checkpoint", "md5"),
    inputs=("features", "finetuned"),
    settings=(),
    thesis="3.1, chapter 5",
    columns=_columns("""
        checkpoint  | string        | ft
        md5         | string        | of the image
        category    | string        | the most probable
        probability | double        | of that category
    """),
)

VECTORS = Table(
    name="vectors",
    key=("space", "md5"),
    inputs=(),
    settings=("spaces", "subset.name"),
    thesis="beyond it: vectors of other origin",
    columns=_columns("""
        space    | string       | name in the settings
        md5      | string       | of the image, or another name of the row
        category | string       | null: none given
        reduce   | boolean      | an autoencoder and PCA bring it down first
        vector   | array<float> | as given
    """),
)

GRID = Table(
    name="grid",
    key=(
        "space",
        "n_hidden1",
        "n_hidden2",
        "n_codings",
        "tied",
        "phases",
        "activation",
        "learning_rate",
    ),
    inputs=("features", "subset", "vectors", "dimension"),
    settings=(
        "grid",
        "codings.dimensions",
        "codings.bound",
        "codings.batch",
        "codings.l2_reg",
        "codings.sample",
        "codings.seed",
    ),
    thesis="3.2.4, table 3.3",
    columns=_columns("""
        space           | string | of the inputs
        n_hidden1       | int    | units
        n_hidden2       | int    | units
        n_codings       | int    | units
        tied            | string | which pairs: none or outer
        phases          | string | order of training, joined by +
        activation      | string | of all layers but the output
        learning_rate   | double | of Adam
        train_mse       | double | after training; null if diverged
        test_mse        | double | on rows kept out; null if diverged
        seconds         | double | of training
        status          | string | GridStatus
    """),
)

ENCODERS = Table(
    name="encoders",
    key=(),
    inputs=("features", "subset", "vectors", "dimension", "grid"),
    settings=("codings",),
    thesis="3.2, table 3.3",
    kind="folder",
)

CODINGS = Table(
    name="codings",
    key=("space", "md5"),
    inputs=("features", "subset", "vectors", "encoders"),
    settings=(),
    version=3,
    thesis="3.2, table 3.3",
    columns=_columns("""
        space  | string       | such as 1u-2u_2048in_18 or 1u-2u_2048in_pca18
        md5    | string       | of the image
        vector | array<float> | the coding
    """),
)

_NEIGHBORS_COLUMNS = _columns("""
    space     | string        | whose points these are
    md5       | string        | of the image
    indices   | array<int>    | rows of the sorted md5 list of the space, nearest first
    distances | array<double> | ascending
""")

RAW_NEIGHBORS = Table(
    name="raw_neighbors",
    key=("space", "md5"),
    inputs=("features", "subset", "vectors"),
    settings=("neighbors.k", "neighbors.index", "dimension.sample"),
    thesis="3.3",
    columns=_NEIGHBORS_COLUMNS,
)

NEIGHBORS = Table(
    name="neighbors",
    key=("space", "md5"),
    inputs=("raw_neighbors", "codings"),
    settings=("neighbors.k", "neighbors.index", "neighbors.sample", "neighbors.seed"),
    thesis="3.3, 4.2",
    columns=_NEIGHBORS_COLUMNS,
)

FOLLOWERS = Table(
    name="followers",
    key=("space", "md5"),
    inputs=("codings", "neighbors"),
    settings=("neighbors.sample", "neighbors.seed"),
    thesis="beyond it: collections of which a sample is clustered",
    columns=_columns("""
        space    | string | whose points these are
        md5      | string | of an image that was not clustered
        follows  | string | md5 of the clustered image nearest to it, whose clusters are its own
        distance | double | to that one
    """),
)

DIMENSION = Table(
    name="dimension",
    key=("space", "sample_size", "repeat", "fraction"),
    inputs=("features", "subset", "vectors", "raw_neighbors"),
    settings=("dimension",),
    thesis="3.3, figures 3.6, 3.7",
    columns=_columns("""
        space              | string  | of the points
        sample_size        | int     | points
        repeat             | int     | number of the sample
        fraction           | double  | of the points used in the fit
        dimension          | double  | 2-NN estimate
        maximum_likelihood | double  | of the same sample and share
        standard_error     | double  | of maximum_likelihood
        residual           | double  | root mean square of the fit's
        n_zero             | int     | points whose nearest neighbor lies at distance 0
        plateau            | double  | of the space by the stated rule; null: no plateau
    """),
)

DISTANCES = Table(
    name="distances",
    key=("space",),
    inputs=("features", "codings", "subset", "images_flat", "vectors"),
    settings=("distances",),
    thesis="3.4, figures 3.8-3.10",
    columns=_columns("""
        space        | string        | or pixels, cw_ssim
        md5s         | array<string> | the balanced sample, sorted by category
        categories   | array<string> | of the sample
        matrix       | array<float>  | distances, row by row
        pearson      | double        | with the discrete distance, pairs i < j of the sample
        spearman     | double        | likewise
        pearson_all  | double        | over all labelled pairs; null for cw_ssim
        spearman_all | double        | likewise, of distances rounded to 1 part in 8,192
    """),
)

DENSITIES = Table(
    name="densities",
    key=("space", "md5"),
    inputs=("codings", "neighbors"),
    settings=("densities",),
    thesis="4.2",
    columns=_columns("""
        space          | string  | whose points these are
        md5            | string  | of the image
        density        | double  | by the method of the settings
        delta          | double  | distance to the nearest denser image; the densest: its largest
        nearest_denser | int     | row of the sorted md5 list of the space; the densest: its own
        local_peak     | boolean | none of its neighbors is denser
    """),
)

MERGES = Table(
    name="merges",
    key=("space", "method", "step"),
    inputs=("codings", "neighbors", "densities"),
    settings=("merges", "partitions.min_cluster_size"),
    thesis="4.1, 4.2",
    columns=_columns("""
        space  | string | whose points these are
        method | string | single, complete, centroid, ward, density_peaks, hdbscan_tree
        step   | int    | order of the merges, from 0
        left   | int    | point (< n) or cluster (n + step)
        right  | int    | likewise
        height | double | distance; density x delta for density_peaks
        size   | int    | points in the new cluster
    """),
)

PARTITIONS = Table(
    name="partitions",
    key=("space", "method", "md5"),
    inputs=("codings", "neighbors"),
    settings=("partitions",),
    thesis="4.2, chapter 5",
    columns=_columns("""
        space  | string | whose points these are
        method | string | advanced_density_peaks, hdbscan, spectral
        md5    | string | of the image
        label  | int     | cluster, by first appearance; -1: in none
        halo   | boolean | at its cluster's border, or noise
    """),
)

SCORES = Table(
    name="scores",
    key=("space", "method", "k"),
    inputs=("merges", "partitions", "subset", "codings", "vectors"),
    settings=("scores",),
    thesis="4.3, 4.4, figures 4.3-4.5",
    columns=_columns("""
        space   | string | whose points were clustered
        method  | string | of the merges or partition, or reference_refined, _uniform, _orthogonal
        k       | int    | clusters
        nmi     | double | geometric mean, against the ten categories
        ami     | double | adjusted; null where it was not asked for
        largest | int    | points in the largest cluster
    """),
)

TAXONOMY = Table(
    name="taxonomy",
    key=("node",),
    inputs=("features", "labels", "predictions", "scale", "images_flat"),
    settings=(
        "taxonomy.layer",
        "taxonomy.min_probability",
        "taxonomy.min_size",
        "taxonomy.max_children",
        "taxonomy.depth",
        "taxonomy.method",
        "taxonomy.repeats",
        "taxonomy.names",
        "taxonomy.seed",
        "labels",
    ),
    version=4,
    thesis="chapter 5",
    columns=_columns("""
        node             | string        | category, or category/number, or category/number/number
        parent           | string        | null for a category
        category         | string        | one of the ten
        name             | string        | a steward's, else the number
        depth            | int           | 0 for a category
        size             | int           | images
        members          | array<string> | md5 of each
        medoid           | string        | md5
        typical          | array<string> | nearest to the middle
        border           | array<string> | least nearer to it than to a sibling's; else the farthest
        labelled_share   | double        | of the members
        instrument       | string        | the most frequent maker
        instrument_share | double        | of the members
        one_instrument   | boolean       | nearly all are one maker's, which the parent's are not
        nm_per_px_low    | double        | 5 % quantile
        nm_per_px_high   | double        | 95 % quantile
        stability        | double        | adjusted Rand index under resampling of the split above
        flat_overlap     | double        | with the best cluster of a flat partition of as many
        kept             | double        | overlap with the node of this id before; null: new
        rule             | string        | how its number of children was chosen
        grown            | array<string> | node of each member before merges; categories only
    """),
)

TREE_SCORES = Table(
    name="tree_scores",
    key=("checkpoint", "seed", "method"),
    inputs=(
        "features",
        "labels",
        "predictions",
        "near_duplicates",
        "taxonomy",
        "finetuned",
    ),
    settings=("taxonomy.truth", "labels"),
    version=3,
    thesis="chapter 5",
    columns=_columns("""
        checkpoint    | string | whose features
        seed          | int    | of the sample of images
        method        | string | tree, flat (best of 5), categories (shuffled inside each), chance
        k             | int    | clusters
        n             | int    | scored images
        nmi           | double | against the known sub-categories, all scored images
        ari           | double | likewise
        purity        | double | likewise
        inside_nmi    | double | inside each true category, weighted by its images
        inside_ari    | double | likewise
        inside_purity | double | likewise
    """),
)

SEARCH = Table(
    name="search",
    key=(),
    inputs=(
        "images_flat",
        "scale",
        "labels",
        "predictions",
        "features",
        "finetuned",
        "subset",
        "codings",
        "encoders",
        "taxonomy",
        "near_duplicates",
    ),
    settings=("search.layers", "taxonomy.min_probability", "assign.far_below", "privacy", "labels"),
    thesis="chapter 5",
    kind="folder",
)

ASSIGN = Table(
    name="assign",
    key=("md5",),
    inputs=("search", "finetuned"),
    settings=("assign", "privacy", "features", "images", "scale", "input.formats"),
    thesis="chapter 5",
    columns=_columns("""
        md5          | string        | of the file's content
        paths        | array<string> | every path with this content; none where privacy hides them
        width        | int           | px
        height       | int           | px
        scale_status | string        | ScaleStatus
        value        | double        | printed number
        unit         | string        | nm, um or mm
        nm_per_px    | double        | from value and scale bar
        category     | string        | null where it fits in none
        node         | string        | deepest node of the tree; null where it fits nowhere
        names        | array<string> | of the nodes from the category down
        probability  | double        | of the predicted category
        confidence   | double        | share of its neighbors' vote for the node
        p_value      | double        | share of the category's images at least as far from theirs
        coding_space | string        | whose coding it is
        coding       | array<float>  | by the encoder that is there
        status       | string        | PlaceStatus, or ImageStatus where it can't be placed
        reason       | string        | why it can't
    """),
)

EXPORT = Table(
    name="export",
    key=(),
    inputs=(
        "images_flat",
        "scale",
        "labels",
        "predictions",
        "taxonomy",
        "near_duplicates",
        "features",
    ),
    settings=("privacy", "labels", "report.title"),
    thesis="chapter 5",
    kind="folder",
)

REPORT = Table(
    name="report",
    key=(),
    inputs=(
        "inventory",
        "images_flat",
        "near_duplicates",
        "labels",
        "scale",
        "subset",
        "finetuned",
        "features",
        "predictions",
        "dimension",
        "grid",
        "codings",
        "neighbors",
        "distances",
        "densities",
        "merges",
        "partitions",
        "scores",
        "taxonomy",
        "tree_scores",
        "assign",
    ),
    settings=("report", "privacy", "validate"),
    thesis="every table and figure",
    kind="folder",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        INVENTORY,
        IMAGES_FLAT,
        NEAR_DUPLICATES,
        LABELS,
        SCALE,
        SUBSET,
        FINETUNED,
        FEATURES,
        PREDICTIONS,
        VECTORS,
        RAW_NEIGHBORS,
        DIMENSION,
        GRID,
        ENCODERS,
        CODINGS,
        NEIGHBORS,
        FOLLOWERS,
        DISTANCES,
        DENSITIES,
        MERGES,
        PARTITIONS,
        SCORES,
        TAXONOMY,
        TREE_SCORES,
        SEARCH,
        ASSIGN,
        EXPORT,
        REPORT,
    )
}
"""Every table in order of work: a table stands after its inputs."""


class PassedOver(Exception):  # noqa: N818 - an outcome, not an error
    """Raised by a stage that has nothing to work on; its message is written as the table's note."""


class Refused(Exception):  # noqa: N818 - the run's answer to the user
    """A run that can't go on; its message is one line that says what to do."""
