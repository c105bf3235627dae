"""The thesis' deep autoencoder: six dense layers, trained pair by pair or as a whole.

Vectors go in, short codings come out, and back. Weights of paired layers may be tied, one kernel
for both. Training runs phases in any order: a phase trains some pairs of layers, from the outside
in, on the codings that the pairs outside them give, computed once and stored.

Source: thesis, section 3.2 (its names there: autoencoder_3MPL, activation_f, root_logdir);
Geron, Hands-On Machine Learning, chapter 15.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from sempark.networks import model_files, records
from sempark.networks.dense_stack import N_LAYERS, DenseStack, Vectors
from sempark.networks.phases import Inputs, Phase, PhaseTraining, activations_of, checked, schedule

__all__ = ["Autoencoder3MLP", "Phase"]

_log = logging.getLogger(__name__)


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
        self._stack = DenseStack(widths, outward_in, activations_of(activation), seed)

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
        steps = schedule(n_epochs, order)
        if batch_size < 1 or summary_step < 0:
            raise ValueError(
                f"expected batch_size >= 1 and summary_step >= 0, received {batch_size}, "
                f"{summary_step}"
            )
        x = checked(inputs, self.widths[0])
        total, done = sum(n for _, n in steps), 0
        for phase, n in steps:
            for _ in self._phase(phase, x, n, batch_size, summary_step):
                done += 1
                if progress is not None:
                    progress(done, total)
            self._save()

    def code(self, inputs: npt.ArrayLike) -> Vectors:
        """Encode vectors float (n, n_inputs) to codings float32 (n, n_hidden[2])."""
        return self._stack.apply(checked(inputs, self.widths[0]), 0, N_LAYERS // 2 - 1)

    def decode(self, inputs: npt.ArrayLike) -> Vectors:
        """Decode codings float (n, n_hidden[2]) to vectors float32 (n, n_inputs)."""
        return self._stack.apply(checked(inputs, self.widths[3]), N_LAYERS // 2, N_LAYERS - 1)

    def reconstruct(self, inputs: npt.ArrayLike) -> Vectors:
        """Encode and decode vectors float (n, n_inputs) to float32 (n, n_inputs)."""
        return self._stack.apply(checked(inputs, self.widths[0]), 0, N_LAYERS - 1)

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
        weights, record = model_files.read(source)
        self._stack.assign(weights)
        self.history = record["history"]
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
        text = model_files.describe(self._record()) if verbose else self.name
        _log.info("%s", text)
        return text

    def _phase(
        self, phase: Phase, x: Vectors, n_epochs: int, batch_size: int, summary_step: int
    ) -> Iterator[None]:
        """Train one phase; yields after each epoch, written into the history and the records."""
        training = PhaseTraining(self._stack, phase, x, self.learning_rate, self.l2_reg)
        with records.writing(self._own_directory()) as writer:
            for _ in range(n_epochs):
                number, begun = len(self.history) + 1, time.perf_counter()
                rng = np.random.default_rng([self.seed, number])
                loss, losses = training.epoch(rng, batch_size)
                seconds = time.perf_counter() - begun
                row = {"phase": phase, "epoch": number, "loss": loss, "seconds": seconds}
                self.history.append(row)
                records.write_epoch(writer, phase, number, loss, losses, summary_step)
                yield
        if n_epochs:
            settings = f"the learning rate ({self.learning_rate:g}) or l2_reg ({self.l2_reg:g})"
            self.history[-1]["collapsed"] = training.collapsed(self.name, settings)

    def _save(self) -> None:
        model_files.write(self._own_directory(), self._stack.weights(), self._record())

    def _record(self) -> dict[str, Any]:
        names = [getattr(f, "__name__", str(f)) for f in self._stack.activations]
        return {
            "name": self.name,
            "widths": self.widths,
            "tie_weights": self.tie_weights,
            "activations": names,
            "learning_rate": self.learning_rate,
            "l2_reg": self.l2_reg,
            "seed": self.seed,
            "directory": str(self.directory or "none yet"),
            "history": self.history,
        }

    def _own_directory(self) -> Path:
        if self.directory is None:
            self.directory = records.new_directory(self.logdir, self.name)
        return self.directory
