"""The thesis' deep autoencoder: six dense layers, trained pair by pair or as a whole.

Vectors go in, short codings come out, and back. Weights of paired layers may be tied, one kernel
for both. Training runs phases in any order: a phase trains some pairs of layers, from the outside
in, on the codings that the pairs outside them give, computed once and stored.

Source: thesis, section 3.2 (its names there: autoencoder_3MPL, activation_f, root_logdir);
Geron, Hands-On Machine Learning, chapter 15.
"""

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sempark.networks import records
from sempark.networks.dense_stack import N_LAYERS, Activation, DenseStack, Trainer

_log = logging.getLogger(__name__)

Phase = Literal["1_a", "1_b", "1", "2", "g"]
# Table 3.2: the pairs a phase trains, from the outermost, 0, to the innermost, 2.
PHASES: dict[Phase, tuple[int, int]] = {
    "1_a": (0, 0),
    "1_b": (1, 1),
    "1": (0, 1),
    "2": (2, 2),
    "g": (0, 2),
}
Vectors = npt.NDArray[np.float32]
Inputs = npt.ArrayLike | Callable[[], Iterator[npt.ArrayLike]]
_CHUNK = 8192  # rows at once where nothing is trained
_COLLAPSED = 1e-3  # share of the variance that a training must reproduce not to be called failed


class Autoencoder3MLP:
    """Deep autoencoder of six layers; the thesis' autoencoder_3MPL.

    Parameters
    ----------
    n_inputs : int
        Columns of the data.
    n_hidden : three ints
        Widths of the encoder's layers; the last is that of the codings.
    tie_weights : three bools
        Whether the weights of paired layers are tied, for the pairs in this order: innermost,
        second and fifth, outermost.
    activation : callable, name, or six of them
        One: for all layers but the output, which stays linear. Six: for each layer. Another
        number: a warning, and elu. Names are those of `keras.activations`. (activation_f there.)
    learning_rate : float
        Of Adam.
    l2_reg : float
        Weight of half the squared kernels beside the mean squared error.
    logdir : str or Path
        Where a directory for the records, named after the model and the time, is made by the
        first training. (root_logdir there.)
    name : str, optional
        None: the layers, tied ones marked: "2048_T400_150_18".
    seed : int
        Of the first weights and the order of batches: same seed, same data, same weights.

    Attributes
    ----------
    history : list of dict
        A row for each epoch trained: phase, epoch (counted over all), loss (mean squared error
        over its batches), seconds; "collapsed" in the last row of a phase.
    directory : Path or None
        Where the records are; None before there are any.

    Raises
    ------
    ValueError
        Widths, rates or ties that can't be.
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: Sequence[int] = (100, 20, 3),
        tie_weights: Sequence[bool] = (False, False, False),
        activation: Any = "elu",
        learning_rate: float = 0.001,
        l2_reg: float = 0.001,
        logdir: str | Path = "/tmp/",
        name: str | None = None,
        *,
        seed: int = 0,
    ) -> None:
        widths = [int(width) for width in (n_inputs, *n_hidden)]
        if len(widths) != 4 or min(widths) < 1 or len(tie_weights) != 3:
            raise ValueError(
                f"expected n_inputs >= 1, three n_hidden >= 1 and three tie_weights, received "
                f"{n_inputs}, {tuple(n_hidden)}, {tuple(tie_weights)}"
            )
        if not (learning_rate > 0 and l2_reg >= 0):
            raise ValueError(
                f"expected learning_rate > 0 and l2_reg >= 0, received {learning_rate}, {l2_reg}"
            )
        self.widths, self.seed = tuple(widths), seed
        self.tie_weights = tuple(bool(tied) for tied in tie_weights)
        self.learning_rate, self.l2_reg = float(learning_rate), float(l2_reg)
        outward_in = self.tie_weights[::-1]
        tied_names = [f"{'T' * t}{w}" for t, w in zip(outward_in, widths[1:], strict=True)]
        self.name = name or "_".join([str(widths[0]), *tied_names])
        self.logdir, self.directory = Path(logdir), cast(Path | None, None)
        self.history: list[dict[str, Any]] = []
        self._stack = DenseStack(widths, outward_in, _activations(activation), seed)

    @property
    def collapsed(self) -> bool:
        """Whether the last phase trained ended with all codings at the center."""
        return bool(self.history and self.history[-1].get("collapsed", False))

    def train(
        self,
        inputs: Inputs,
        n_epochs: Sequence[int] = (5, 5, 5, 5, 10),
        order: Sequence[Phase] = ("g",),
        batch_size: int = 150,
        summary_step: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Train the autoencoder to reconstruct its inputs.

        Parameters
        ----------
        inputs : (n, n_inputs), or a callable that yields blocks of such rows
            Held in memory as float32.
        n_epochs : five ints
            Epochs of the phases 1_a, 1_b, 1, 2, g.
        order : sequence of phases
            Any of these, in any order, repeated or not; ("1_a", "1_b", "2") trains a stacked
            autoencoder, ("g",) the whole at once.
        batch_size : int
            Rows a step; the last batch of an epoch may be smaller.
        summary_step : int
            A TensorBoard record every so many steps; 0: one an epoch.
        progress : callable, optional
            Called with (epochs done, epochs in all).

        Raises
        ------
        ValueError
            Inputs of another width, empty, NaN or infinite; an unknown phase; a loss that
            became NaN.
        """
        phases = cast(tuple[Phase, ...], (order,) if isinstance(order, str) else tuple(order))
        epochs = dict(zip(PHASES, n_epochs, strict=False))
        if len(n_epochs) != len(PHASES) or not set(phases) <= PHASES.keys() or not phases:
            raise ValueError(
                f"expected epochs for the five phases {tuple(PHASES)} and an order of them, "
                f"received {tuple(n_epochs)}, {phases}"
            )
        if batch_size < 1 or summary_step < 0 or min(n_epochs) < 0:
            raise ValueError(
                f"expected batch_size >= 1, summary_step >= 0, n_epochs >= 0, received "
                f"{batch_size}, {summary_step}, {tuple(n_epochs)}"
            )
        x = _checked(inputs, self.widths[0])
        writer = records.writer(self._own_directory())
        total, done = sum(epochs[phase] for phase in phases), 0
        for phase in phases:
            for _ in self._phase(phase, x, epochs[phase], batch_size, summary_step, writer):
                done += 1
                if progress is not None:
                    progress(done, total)
            self._save()

    def code(self, inputs: npt.ArrayLike) -> Vectors:
        """Encode vectors float (n, n_inputs) to codings float32 (n, n_hidden[2])."""
        return self._through(_checked(inputs, self.widths[0]), 0, N_LAYERS // 2 - 1)

    def decode(self, inputs: npt.ArrayLike) -> Vectors:
        """Decode codings float (n, n_hidden[2]) to vectors float32 (n, n_inputs)."""
        return self._through(_checked(inputs, self.widths[3]), N_LAYERS // 2, N_LAYERS - 1)

    def reconstruct(self, inputs: npt.ArrayLike) -> Vectors:
        """Encode and decode vectors float (n, n_inputs) to float32 (n, n_inputs)."""
        return self._through(_checked(inputs, self.widths[0]), 0, N_LAYERS - 1)

    def load_weights(self, model_root_logdir: str | Path, deepcopy: bool = True) -> None:
        """Load the weights and training records of a model trained before.

        Parameters
        ----------
        model_root_logdir : str or Path
            The directory of that model (its `directory`).
        deepcopy : bool
            True: all records are copied into this model's own directory. False: this model goes
            on in that directory, and further training changes what is there.

        Raises
        ------
        ValueError
            No records there, unreadable ones, or a model of other layers or ties.
        """
        source = Path(model_root_logdir)
        try:
            history = json.loads((source / "model.json").read_text(encoding="utf-8"))["history"]
            with np.load(source / "weights.npz", allow_pickle=False) as stored:
                weights = {name: stored[name] for name in stored.files}
        except (OSError, KeyError, ValueError) as error:
            raise ValueError(
                f"expected the records of a trained autoencoder in {source} ({error}): give the "
                "directory named after the model and its time"
            ) from error
        self._stack.assign(weights)
        self.history = history
        if deepcopy:
            shutil.copytree(source, self._own_directory(), dirs_exist_ok=True)
            self._save()
        else:
            self.directory = source

    def info(self, verbose: bool = False) -> str:
        """Describe the model.

        Parameters
        ----------
        verbose : bool
            False: its name. True: its parameters and the history of its training, a line an epoch.

        Returns
        -------
        str
            Also logged; the caller prints it.
        """
        lines = [self.name]
        if verbose:
            names = [getattr(f, "__name__", str(f)) for f in self._stack.activations]
            lines += [
                f"layers: {self.widths[0]} -> {' -> '.join(map(str, self.widths[1:]))} and back",
                f"tied (innermost, second and fifth, outermost): {self.tie_weights}",
                f"activations: {', '.join(names)}",
                f"learning rate {self.learning_rate}, l2 {self.l2_reg}, seed {self.seed}",
                f"records: {self.directory or 'none yet'}",
                f"epochs trained: {len(self.history)}",
            ]
            lines += [
                f"  {row['epoch']:4d}  phase {row['phase']:3s}  loss {row['loss']:.6g}"
                + ("  collapsed: all codings at the center" * bool(row.get("collapsed")))
                for row in self.history
            ]
        text = "\n".join(lines)
        _log.info("%s", text)
        return text

    def _phase(
        self, phase: Phase, x: Any, n_epochs: int, batch_size: int, summary_step: int, writer: Any
    ) -> Iterator[None]:
        outer, inner = PHASES[phase]
        # Section 3.2.2: what the pairs outside give is computed once and kept for the phase.
        data = tf.constant(self._through(x, 0, outer - 1) if outer else x)
        trainer = Trainer(self._stack, outer, inner, self.learning_rate, self.l2_reg)
        for _ in range(n_epochs):
            number, begun = len(self.history), time.perf_counter()
            order = np.random.default_rng([self.seed, number]).permutation(len(x))
            losses = trainer.epoch(data, order, batch_size)
            sizes = np.diff(np.append(np.arange(0, len(x), batch_size), len(x)))
            loss = float(np.average(losses, weights=sizes))
            if not np.isfinite(loss):
                raise ValueError(
                    f"the loss of phase {phase} became {loss} in epoch {number + 1}: lower the "
                    f"learning rate ({self.learning_rate}) or scale the data"
                )
            seconds = time.perf_counter() - begun
            self.history.append(
                {"phase": phase, "epoch": number + 1, "loss": loss, "seconds": seconds}
            )
            records.write_scalars(writer, {f"loss_{phase}": loss}, number + 1)
            for step in range(summary_step - 1, len(losses), summary_step) if summary_step else ():
                value = {f"batch_loss_{phase}": float(losses[step])}
                records.write_scalars(writer, value, number * len(losses) + step + 1)
            yield
        if n_epochs:
            self._tell_collapse(phase, data)

    def _tell_collapse(self, phase: Phase, data: Any) -> None:
        """Note whether a phase's reconstructions all lie in one point (section 3.2.4)."""
        sample = data[:_CHUNK]
        given = float(np.var(sample, axis=0, dtype=np.float64).sum())
        back = self._stack.reconstruct(sample, *PHASES[phase]).numpy()
        kept = float(np.var(back, axis=0, dtype=np.float64).sum())
        collapsed = given > 0 and kept < _COLLAPSED * given
        self.history[-1]["collapsed"] = collapsed
        if collapsed:
            _log.warning(
                "%s: phase %s failed, all codings are at the center (reconstructions have %.2g of "
                "the data's variance): lower the learning rate (%g) or l2_reg (%g)",
                *(self.name, phase, kept / given, self.learning_rate, self.l2_reg),
            )

    def _through(self, x: Vectors, first: int, last: int) -> Vectors:
        parts = [
            self._stack.run(tf.constant(x[start : start + _CHUNK]), first, last).numpy()
            for start in range(0, len(x), _CHUNK)
        ]
        return np.concatenate(parts)

    def _own_directory(self) -> Path:
        if self.directory is None:
            stamp = f"{self.name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
            names = [stamp, *(f"{stamp}-{i}" for i in range(2, 10_000))]
            self.directory = next(p for n in names if not (p := self.logdir / n).exists())
            self.directory.mkdir(parents=True)
        return self.directory

    def _save(self) -> None:
        directory = self._own_directory()
        beside = directory / "weights.npz.part"
        with beside.open("wb") as file:
            np.savez(file, **cast(dict[str, Any], self._stack.weights()))
        beside.replace(directory / "weights.npz")
        record = {
            "name": self.name,
            "widths": self.widths,
            "tie_weights": self.tie_weights,
            "learning_rate": self.learning_rate,
            "l2_reg": self.l2_reg,
            "seed": self.seed,
            "history": self.history,
        }
        (directory / "model.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def _activations(activation: Any) -> list[Activation]:
    linear = keras.activations.linear
    if callable(activation) or isinstance(activation, str):
        return [_activation(activation)] * (N_LAYERS - 1) + [linear]
    given = list(activation) if isinstance(activation, Iterable) else []
    if len(given) != N_LAYERS:
        _log.warning(
            "expected one activation or %d, received %d: elu is used, the output stays linear",
            *(N_LAYERS, len(given)),
        )
        return [tf.nn.elu] * (N_LAYERS - 1) + [linear]
    return [_activation(a) for a in given]


def _activation(activation: Any) -> Activation:
    # TensorFlow's own elu is one fused operation.
    return tf.nn.elu if activation == "elu" else keras.activations.get(activation)


def _checked(inputs: Inputs, width: int) -> Vectors:
    if callable(inputs):
        blocks = [np.asarray(block, dtype=np.float32) for block in inputs()]
        x = np.concatenate(blocks) if blocks else np.empty((0, width), dtype=np.float32)
    else:
        x = np.ascontiguousarray(inputs, dtype=np.float32)
    if x.ndim != 2 or x.shape[1] != width or len(x) == 0:
        raise ValueError(f"expected vectors (n, {width}), n >= 1, received {x.shape}")
    n_bad, first = 0, -1
    for start in range(0, len(x), _CHUNK):
        bad = np.flatnonzero(~np.isfinite(x[start : start + _CHUNK]).all(axis=1))
        if bad.size and first < 0:
            first = start + int(bad[0])
        n_bad += bad.size
    if n_bad:
        raise ValueError(
            f"expected finite vectors, {n_bad} rows have NaN or infinity, the first is row "
            f"{first}: leave them out"
        )
    return x
