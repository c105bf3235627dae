"""What a checkpoint is, told from its content, never from its name alone.

A path or a word goes in; its kind and its SHA-256 come out. Kinds: a seed ("random:7"), Keras'
own download ("imagenet"), a Keras archive (zip), a Keras HDF5 file of a whole model or of
weights, a SavedModel folder, a TF-Slim checkpoint (V2: a prefix with .index and .data files; V1:
one file), a frozen graph (a protocol buffer, tried last).
"""

import hashlib
import zipfile
from pathlib import Path
from typing import Literal

import h5py

Kind = Literal[
    "random",
    "imagenet",
    "keras",
    "keras_h5",
    "keras_weights",
    "saved_model",
    "slim",
    "frozen",
]
_HDF5 = b"\x89HDF\r\n\x1a\n"
# The last eight bytes of TensorFlow's table files: checkpoints of version 1, indices of version 2.
_TABLE_END = bytes.fromhex("57fb808b247547db")


def kind_of(checkpoint: str | Path) -> Kind:
    """Tell what a checkpoint is.

    Parameters
    ----------
    checkpoint : str or Path
        A path, or one of the words "random:SEED" and "imagenet".

    Returns
    -------
    Kind

    Raises
    ------
    ValueError
        Nothing there, an empty file, or none of the kinds above.
    """
    word = str(checkpoint)
    if word == "imagenet":
        return "imagenet"
    if word.startswith("random:"):
        seed_of(word)
        return "random"
    path = Path(checkpoint)
    if path.is_dir():
        return _kind_of_folder(path)
    if not path.is_file():
        return _kind_of_prefix(path)
    return _kind_of_file(path)


def seed_of(word: str) -> int:
    """Read the seed of "random:SEED"; ValueError unless it is a whole number from 0 up."""
    seed = word.removeprefix("random:")
    if not (seed.isascii() and seed.isdigit()):
        raise ValueError(f"expected random:SEED with a whole number, received {word!r}")
    return int(seed)


def files_of(checkpoint: str | Path) -> list[Path]:
    """Files that make up a checkpoint, sorted; none for the words "random:SEED", "imagenet"."""
    kind = kind_of(checkpoint)
    path = Path(checkpoint)
    if kind in ("random", "imagenet"):
        return []
    if kind == "saved_model":
        folder = path if path.is_dir() else path.parent
        return sorted(file for file in folder.rglob("*") if file.is_file())
    if kind == "slim":
        prefix = slim_prefix(path)
        if prefix.is_file():
            return [prefix]
        data = prefix.parent.glob(prefix.name + ".data-*-of-*")
        return sorted([*data, Path(f"{prefix}.index")])
    return [path]


def digest(checkpoint: str | Path, extra: str = "") -> str:
    """SHA-256 of a checkpoint's files, or of its word and `extra`, as 64 hex digits.

    For one file it is the file's own SHA-256, as sha256sum prints it; for several, the digest of
    their names and digests.
    """
    files = files_of(checkpoint)
    if not files:
        return hashlib.sha256(f"{checkpoint} {extra}".strip().encode()).hexdigest()
    sums = [_file_digest(file) for file in files]
    if len(files) == 1:
        return sums[0]
    folder = files[0].parent
    names = [file.name if file.parent == folder else str(file.parent.name) for file in files]
    return hashlib.sha256(
        "\n".join(f"{n} {s}" for n, s in zip(names, sums, strict=True)).encode()
    ).hexdigest()


def slim_prefix(path: Path) -> Path:
    """Prefix of a checkpoint given by prefix, index, data file, or the folder of one."""
    if path.is_dir():
        return Path(str(sorted(path.glob("*.index"))[-1]).removesuffix(".index"))
    name = path.name
    if name.endswith(".index"):
        return path.with_name(name.removesuffix(".index"))
    stem, mark, _ = name.rpartition(".data-")
    return path.with_name(stem) if mark else path


def _kind_of_folder(path: Path) -> Kind:
    if (path / "saved_model.pb").is_file():
        return "saved_model"
    indices = sorted(path.glob("*.index"))
    if len(indices) == 1:
        return "slim"
    raise ValueError(
        f"expected a SavedModel (saved_model.pb) or one checkpoint (.index) in the folder {path}, "
        f"received {len(indices)} checkpoints: name the file itself"
    )


def _kind_of_prefix(path: Path) -> Kind:
    if Path(f"{path}.index").is_file():
        return "slim"
    raise ValueError(
        f"expected a checkpoint, received {str(path)!r}, which isn't there: give the path of a "
        ".keras, .h5, .pb, .ckpt file or a SavedModel folder, or 'imagenet', or 'random:SEED'"
    )


def _kind_of_file(path: Path) -> Kind:
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(max(0, path.stat().st_size - 8))
        tail = file.read(8)
    if not head:
        raise ValueError(f"expected a checkpoint, {path} is an empty file: copy it again")
    if path.name == "saved_model.pb":
        return "saved_model"
    if head[:2] == b"PK":
        return _kind_of_zip(path)
    if head == _HDF5:
        return _kind_of_hdf5(path)
    if tail == _TABLE_END or slim_prefix(path) != path:
        return "slim"
    return "frozen"


def _kind_of_zip(path: Path) -> Kind:
    if not zipfile.is_zipfile(path):
        raise ValueError(f"can't read the Keras archive {path}: it is cut short; copy it again")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if "config.json" not in names or "model.weights.h5" not in names:
        raise ValueError(
            f"expected a Keras archive with config.json and model.weights.h5, {path} holds "
            f"{', '.join(names[:4])}: save the model with Keras 3 as .keras"
        )
    return "keras"


def _kind_of_hdf5(path: Path) -> Kind:
    try:
        with h5py.File(path, "r") as file:
            return "keras_h5" if "model_config" in file.attrs else "keras_weights"
    except OSError as error:
        raise ValueError(f"can't read the HDF5 file {path}, cut short? {error}") from error


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
