"""How long trainings take on this machine: measured over some batches, or known from former trials."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import Architecture, Input
from xpresso_core.bundle_record import check_record
from xpresso_core.files import read_json, read_table
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES

if TYPE_CHECKING:
    from xpresso_core.batches import Arrays
    from xpresso_core.resident import Precision, ResidentGenes

FEW = 2
"""Batches of a short epoch, whose time is mostly what every epoch costs however short it is."""
MANY = 1024
"""Most batches of a long epoch; a tiny network needs them to last."""
LONG_SECONDS = 0.7
"""How long a long epoch lasts at least, if `MANY` batches do."""
EPOCHS = 4
"""Measured epochs of either length, the first, which compiles, included."""
STILL = 1e-5
"""The learning rate while measuring: too low to diverge, which would end the training."""
ALIKE = 0.05
"""Former trials are as long as new ones where the numbers of training genes differ by no larger share."""


class Speed(NamedTuple):
    """How long the parts of a training take, in seconds.

    Attributes
    ----------
    start
        Building and compiling, once per training.
    epoch
        What an epoch costs beside its batches.
    step, check
        A batch of training, and a batch of validation.
    batch_size
        Genes per batch.
    """

    start: float
    epoch: float
    step: float
    check: float
    batch_size: int

    def seconds(self, genes: float, validation: float, epochs: float) -> float:
        """Return the seconds of a training.

        Parameters
        ----------
        genes, validation
            Numbers of training and of validation genes.
        epochs
            How many epochs are run, those without progress at the end included.
        """
        batches, checks = genes / self.batch_size, validation / self.batch_size
        # The network that is kept predicts the validation genes once more.
        return self.start + epochs * (self.epoch + batches * self.step) + (epochs + 1) * checks * self.check


class Former(NamedTuple):
    """What finished trials of an experiment took, on average.

    Attributes
    ----------
    epochs
        Epochs that were run: the best one, and the recipe's patience.
    seconds
        Wall-clock time of a trial.
    genes
        Number of training genes; None where no model is there that says it.
    """

    epochs: float
    seconds: float
    genes: float | None

    def as_long_as(self, genes: float) -> bool:
        """Say whether trainings on so many genes take as long, as far as is known."""
        return self.genes is None or abs(self.genes - genes) <= ALIKE * genes


def seconds_per_training(
    architecture: Architecture,
    inputs: tuple[Input, ...],
    genes: float,
    epochs: float,
    *,
    validation: float = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Measure on this machine how long one training takes.

    Parameters
    ----------
    architecture, inputs
        The network.
    genes, validation
        Numbers of training and of validation genes.
    epochs
        How many epochs are run.
    clock
        See `measure`.
    """
    return measure(architecture, inputs, clock=clock).seconds(genes, validation, epochs)


def measured_as(architecture: Architecture, inputs: tuple[Input, ...]) -> Architecture:
    """Return the same for all networks that take equally long per epoch: what `measure` trains in their place.

    Without the promoter that is a network without convolutions; the learning rate and the number of epochs are
    always those of the measurement.
    """
    recipe = replace(architecture.recipe, learning_rate=STILL, epochs=EPOCHS, patience=EPOCHS)
    if "promoter" in inputs:
        return replace(architecture, recipe=recipe)
    return Architecture(Window(0, 1), (), architecture.dense, replace(recipe, jitter=0))


def measure(
    architecture: Architecture,
    inputs: tuple[Input, ...],
    precision: Precision = "float32",
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Train a network for some batches on random data, in the way of `trial.fit`, and time them.

    Epochs of two lengths tell what grows with the genes from what every epoch costs. The device and its threads
    are those that `device.choose_device` has set up; on a GPU the genes lie there, as they do for all trials of
    a fold.

    Parameters
    ----------
    architecture, inputs
        The network; batches have the size of its recipe.
    precision
        What it computes in; others than ``float32`` need a GPU.
    clock
        Tells the time; `time.process_time` tells that of the processor, which busy neighbours hardly change.

    Raises
    ------
    ConfigError
        If pooling leaves nothing of the window.
    DeviceError
        If the precision needs a GPU that is not there.
    """
    from xpresso_core.resident import resident_genes

    network = measured_as(architecture, inputs)
    genes = _random_genes(network)
    resident = resident_genes(inputs, genes, precision=precision)
    short = _train(genes, FEW, network, inputs, resident, clock).laps
    many = min(max(math.ceil(FEW * LONG_SECONDS / short[0]), 4 * FEW), MANY)
    # Of the second training, the start: the first one of a process loads more than the others.
    long = _train(genes, many, network, inputs, resident, clock)
    step, check = np.maximum(long.laps - short, 0) / (many - FEW)
    return Speed(
        start=max(float(long.rest - many * check), 0.0),
        epoch=max(float(short.sum() - FEW * (step + check)), 0.0),
        step=float(step),
        check=float(check),
        batch_size=network.recipe.batch_size,
    )


class _Trained(NamedTuple):
    """The times of a training: of an epoch's two halves, training and validation, and of all that is no epoch."""

    laps: npt.NDArray[np.float64]
    rest: float


def _train(
    genes: Arrays,
    batches: int,
    network: Architecture,
    inputs: tuple[Input, ...],
    resident: ResidentGenes | None,
    clock: Callable[[], float],
) -> _Trained:
    """Train on so many batches, and validate with as many, in the way of `trial.fit`."""
    import keras

    from xpresso_core.batches import Batches
    from xpresso_core.network import build
    from xpresso_core.trial import compiled, run_epochs

    times = [clock()]

    def note(*_: object) -> None:
        times.append(clock())

    keras.backend.clear_session()
    recipe = network.recipe
    model = build(network, inputs, genes.halflife.shape[1])
    training = Batches(genes, inputs, recipe.batch_size, np.random.default_rng(0))
    validating = Batches(genes, inputs, recipe.batch_size)
    for some in (training, validating):
        some.order = np.arange(batches * recipe.batch_size)
    noting = keras.callbacks.LambdaCallback(on_train_begin=note, on_epoch_end=note, on_test_begin=note)
    with compiled(model, inputs, recipe, resident) as (trained, fed):
        run_epochs(trained, fed(training), fed(validating), recipe, noting)
    note()
    begun, *laps, ended = np.diff(times)
    # The first epoch compiles: what it takes longer than the others is no part of an epoch. Of the others the
    # fastest counts: what else the machine does can only slow one down.
    first, *others = np.reshape(laps, (EPOCHS, 2))
    fastest: npt.NDArray[np.float64] = np.min(others, axis=0)
    return _Trained(fastest, float(begun + ended + first.sum() - fastest.sum()))


def _random_genes(network: Architecture) -> Arrays:
    """Return random genes for `MANY` batches; few sequences, each for many genes, to spare memory."""
    from xpresso_core.batches import Arrays

    rng = np.random.default_rng(0)
    size = network.recipe.batch_size
    rows = np.arange(MANY * size, dtype=np.int64) % (FEW * size)
    return Arrays(
        codes=rng.integers(0, 4, (FEW * size, network.needed_window.length), dtype=np.uint8),
        rows=rows,
        halflife=rng.normal(size=(FEW * size, len(HALFLIFE_FEATURES))).astype(np.float32)[rows],
        label=rng.normal(size=len(rows)).astype(np.float32),
        margin=network.recipe.jitter,
    )


def former_trials(folder: Path, architecture: Architecture, inputs: tuple[Input, ...]) -> Former | None:
    """Return what finished trials of an experiment took, if there are any of the same network.

    Parameters
    ----------
    folder
        Of the experiment's results: ``trials.tsv``, and the models, which say what network they are.
    architecture, inputs
        The network that is to be trained.

    Raises
    ------
    InputError
        If these files are damaged.
    """
    path = folder / "trials.tsv"
    if not path.is_file():
        return None
    numbers = {"best_epoch": float, "seconds": float}
    trials = read_table(path, ["fold", "status", *numbers], numbers)
    trials = trials.loc[trials["status"] != "diverged"]
    records = [folder / "models" / f"fold_{fold}" / "bundle.json" for fold in trials["fold"].unique()]
    models = [_record(record) for record in records if record.is_file()]
    network = (list(inputs), architecture.to_dict())
    same = all((model["inputs"], model["metadata"].get("architecture")) == network for model in models)
    if trials.empty or not same:
        return None
    recipe = architecture.recipe
    epochs = np.minimum(trials["best_epoch"] + recipe.patience, recipe.epochs)
    genes = [model["metadata"]["genes"]["train"] for model in models if "genes" in model["metadata"]]
    return Former(
        epochs=float(epochs.mean()),
        seconds=float(trials["seconds"].mean()),
        genes=float(np.mean(genes)) if genes else None,
    )


def _record(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = read_json(path)
    check_record(record, path)
    return record
