"""How long trainings take on this machine: measured over some batches, or known from former trials."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import PAPER, Architecture, Input
from xpresso_core.errors import ConfigError
from xpresso_core.files import read_json, read_table
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.search_space import check_fits

if TYPE_CHECKING:
    import keras

    from xpresso_core.trial import Arrays

FEW = 2
"""Batches of a short epoch, whose time is mostly what every epoch costs however short it is."""
MANY = 1024
"""Most batches of a long epoch; a tiny network needs them to last."""
LONG_SECONDS = 0.7
"""How long a long epoch lasts at least, if `MANY` batches do."""
EPOCHS = 4
"""Measured epochs of either length; the first, which compiles, counts as part of the start."""
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
        batches = genes * self.step + validation * self.check
        return self.start + epochs * (self.epoch + batches / self.batch_size)


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


def seconds_per_training(
    architecture: Architecture,
    inputs: tuple[Input, ...],
    genes: float,
    epochs: float,
    *,
    validation: float = 0,
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
    """
    return measure(architecture, inputs).seconds(genes, validation, epochs)


def measured_as(architecture: Architecture, inputs: tuple[Input, ...]) -> Architecture:
    """Return the same for all networks that take equally long per epoch: what `measure` trains in their place.

    Without the promoter that is a network without convolutions; the learning rate and the number of epochs are
    always those of the measurement.
    """
    recipe = replace(architecture.recipe, learning_rate=STILL, epochs=EPOCHS, patience=EPOCHS)
    if "promoter" in inputs:
        return replace(architecture, recipe=recipe)
    return Architecture(Window(0, 1), (), architecture.dense, replace(recipe, jitter=0))


def measure(architecture: Architecture, inputs: tuple[Input, ...]) -> Speed:
    """Train a network for some batches on random data, in the way of `trial.fit`, and time them.

    Epochs of two lengths tell what grows with the genes from what every epoch costs. The device and its threads
    are those that `device.choose_device` has set up.

    Parameters
    ----------
    architecture, inputs
        The network; batches have the size of its recipe.

    Raises
    ------
    ConfigError
        If pooling leaves nothing of the window.
    """
    import keras

    from xpresso_core.network import build
    from xpresso_core.stem_layer import codes_model
    from xpresso_core.trial import _optimizer

    measured = measured_as(architecture, inputs)
    started = time.perf_counter()
    keras.backend.clear_session()
    model = build(measured, inputs, len(HALFLIFE_FEATURES) if "halflife" in inputs else 0)
    trained = codes_model(model) if "promoter" in inputs else model
    trained.compile(optimizer=_optimizer(measured.recipe), loss="mean_squared_error")
    short = _laps(trained, measured, inputs, FEW)
    start = time.perf_counter() - started - EPOCHS * short.sum()
    many = min(max(math.ceil(FEW * LONG_SECONDS / short[0]), 4 * FEW), MANY)
    long = _laps(trained, measured, inputs, many)
    step, check = np.maximum(long - short, 0) / (many - FEW)
    epoch = max(float(short.sum() - FEW * (step + check)), 0.0)
    return Speed(float(start), epoch, float(step), float(check), measured.recipe.batch_size)


def _laps(
    trained: keras.Model, architecture: Architecture, inputs: tuple[Input, ...], batches: int
) -> npt.NDArray[np.float64]:
    """Return the seconds that so many batches of training, then of validation, take in an epoch."""
    import keras

    from xpresso_core.trial import Batches, _callbacks

    arrays = _random_arrays(architecture, batches)
    size = architecture.recipe.batch_size
    validating = Batches(arrays, inputs, size)
    times: list[float] = []

    def note(*_: object) -> None:
        times.append(time.perf_counter())

    clock = keras.callbacks.LambdaCallback(
        on_train_begin=note, on_epoch_end=note, on_test_begin=lambda logs: note(logs)
    )
    trained.fit(
        Batches(arrays, inputs, size, np.random.default_rng(0)),
        validation_data=validating,
        epochs=EPOCHS,
        callbacks=[*_callbacks(architecture.recipe), clock],
        verbose=0,
    )
    if batches == FEW:
        trained.predict(validating, verbose=0)
    laps = np.diff(times).reshape(EPOCHS, 2)
    middle: npt.NDArray[np.float64] = np.median(laps[1:], axis=0)
    return middle


def _random_arrays(architecture: Architecture, batches: int) -> Arrays:
    """Return random genes for so many batches; few sequences, each for many genes, to spare memory."""
    from xpresso_core.trial import Arrays

    rng = np.random.default_rng(0)
    genes = batches * architecture.recipe.batch_size
    rows = np.arange(genes, dtype=np.int64) % (FEW * architecture.recipe.batch_size)
    return Arrays(
        codes=rng.integers(0, 4, (int(rows.max()) + 1, architecture.needed_window.length), dtype=np.uint8),
        rows=rows,
        halflife=rng.normal(size=(genes, len(HALFLIFE_FEATURES))).astype(np.float32),
        label=rng.normal(size=genes).astype(np.float32),
        margin=architecture.recipe.jitter,
    )


def genes_of_fold(split: Mapping[str, Any], genes: int) -> tuple[float, float]:
    """Return how many genes train and how many validate in a fold, on average.

    Parameters
    ----------
    split
        As configured.
    genes
        Number of genes of the dataset.

    Raises
    ------
    ConfigError
        If the split leaves too few genes to train on.
    """
    validation = float(split.get("validation", 0))
    if split["kind"] == "holdout":
        tested = float(split["test"])
    else:
        tested = genes / split["folds"]
        # Without a number of its own, the next group of chromosomes validates.
        validation = validation or tested
    left = genes - tested - validation
    training = float(split.get("training", left))
    if left < 1 or training > int(left):
        asked = f"{training:,.0f} training genes are asked for, but " if left >= 1 else ""
        what = f"{asked}the split leaves {max(int(left), 0):,} of {genes:,} genes to train on"
        raise ConfigError(what, where="split", remedy="Ask for fewer, or give the number of genes (--genes)")
    return training, validation


def typical(space: Mapping[str, Any], epochs: int) -> Architecture:
    """Return the paper's network, as far as a search space has it, trained for so many epochs.

    Parameters
    ----------
    space
        The limits within Table 1, as configured.
    epochs
        Of every trial of the search.

    Raises
    ------
    ConfigError
        If no network of so few bases, with such poolings, fits.
    """

    def within(name: str, value: float) -> Any:
        low, high = space.get(name, (value, value))
        return min(max(value, low), high)

    layers = [
        layer._replace(
            **{name: within(name, getattr(layer, name)) for name in ("filters", "width", "pool", "dilation")}
        )
        for layer in PAPER.convolutions[: space.get("convolutions")]
    ]
    recipe = PAPER.recipe
    network = Architecture(
        window=Window(
            within("upstream", PAPER.window.upstream), within("downstream", PAPER.window.downstream)
        ),
        convolutions=tuple(layers),
        dense=tuple(
            layer._replace(units=within("units", layer.units), dropout=within("dropout", layer.dropout))
            for layer in PAPER.dense[: space.get("dense")]
        ),
        recipe=replace(
            recipe, batch_size=within("batch_size", recipe.batch_size), epochs=epochs, patience=epochs
        ),
    )
    check_fits(network)
    return network


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
    trials = read_table(path, ["fold", "status", "best_epoch", "seconds"])
    trials = trials.loc[trials["status"] != "diverged"]
    records = [folder / "models" / f"fold_{fold}" / "bundle.json" for fold in trials["fold"].unique()]
    models = [read_json(record) for record in records if record.is_file()]
    same = all(
        model["inputs"] == list(inputs)
        and Architecture.from_dict(model["metadata"]["architecture"]) == architecture
        for model in models
    )
    if trials.empty or not same:
        return None
    recipe = architecture.recipe
    epochs = np.minimum(trials["best_epoch"] + recipe.patience, recipe.epochs)
    genes = [model["metadata"]["genes"]["train"] for model in models]
    return Former(
        epochs=float(epochs.mean()),
        seconds=float(trials["seconds"].mean()),
        genes=float(np.mean(genes)) if genes else None,
    )
