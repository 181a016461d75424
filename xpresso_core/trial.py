"""One trial: a network trained once from scratch, and whether it lives."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import Architecture, Input, Recipe
from xpresso_core.batches import Arrays, Batches
from xpresso_core.errors import XpressoError
from xpresso_core.files import atomic_path, read_json, sha256, write_json
from xpresso_core.network import build
from xpresso_core.resident import ResidentGenes, StopAtNaN
from xpresso_core.stem_layer import codes_model

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]
Status = Literal["live", "collapsed", "diverged"]

NO_NUMBER = 1e30
"""Stands for an error that is not finite: no trial is chosen for it."""

OUT_OF_MEMORY = {"ResourceExhaustedError", "OutOfMemoryError"}
"""What TensorFlow and PyTorch raise when memory is not enough."""

LIVE_SD = 1e-3
"""Predictions (z-scores) of a live network vary at least so much over the validation genes."""


class Fitted(NamedTuple):
    """A network trained once.

    Attributes
    ----------
    model
        The plain network with its best weights.
    status
        ``live``; ``collapsed`` to a constant; ``diverged``: its weights are no numbers any more.
    best_epoch
        From 1.
    best_validation_mse
        At that epoch, in squared z-scores.
    train_mse, validation_mse
        By epoch; the former is the mean over the epoch's batches, dropout included. What is not finite is
        `NO_NUMBER`.
    seconds
        Wall-clock time.
    """

    model: keras.Model
    status: Status
    best_epoch: int
    best_validation_mse: float
    train_mse: list[float]
    validation_mse: list[float]
    seconds: float


def fit(
    train: Arrays,
    validation: Arrays,
    architecture: Architecture,
    inputs: tuple[Input, ...],
    *,
    seed: int,
    resident: ResidentGenes | None = None,
) -> Fitted:
    """Train one network from scratch.

    Parameters
    ----------
    train, validation
        The genes to train on, and those that decide when to stop.
    architecture, inputs
        The network.
    seed
        Of its first weights, its dropout, and the order and shift of its training genes.
    resident
        The same genes on a GPU; without it they come from memory, batch by batch, and go through the stem.

    Raises
    ------
    ConfigError
        If pooling leaves nothing of the window.
    """
    started = time.monotonic()
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    recipe = architecture.recipe
    model = build(architecture, inputs, train.halflife.shape[1])
    training = Batches(train, inputs, recipe.batch_size, np.random.default_rng(seed))
    validating = Batches(validation, inputs, recipe.batch_size)
    with compiled(model, inputs, recipe, resident) as (trained, fed):
        history, predicted = run_epochs(trained, fed(training), fed(validating), recipe)
    losses = np.array(history["val_loss"], dtype=float)
    status, best = _judge(losses, predicted)
    return Fitted(
        model=model,
        status=status,
        best_epoch=best + 1,
        best_validation_mse=_finite(losses[best]),
        train_mse=[_finite(value) for value in history["loss"]],
        validation_mse=[_finite(value) for value in losses],
        seconds=round(time.monotonic() - started, 1),
    )


@contextmanager
def compiled(
    model: keras.Model, inputs: tuple[Input, ...], recipe: Recipe, resident: ResidentGenes | None
) -> Iterator[tuple[keras.Model, Callable[[Batches], keras.utils.PyDataset]]]:
    """Give the compiled form of a plain network that trains fastest here, and what feeds it with batches.

    The plain network has the weights of the training when the context ends.

    Parameters
    ----------
    model, inputs, recipe
        The network.
    resident
        See `fit`.
    """
    if resident is not None:
        with resident.training(model, optimizer_of(recipe)) as trained:
            yield trained, resident.batches
        return
    trained = codes_model(model) if "promoter" in inputs else model
    trained.compile(optimizer=optimizer_of(recipe), loss="mean_squared_error")
    yield trained, lambda batches: batches


def run_epochs(
    model: keras.Model,
    training: keras.utils.PyDataset,
    validating: keras.utils.PyDataset,
    recipe: Recipe,
    *callbacks: keras.callbacks.Callback,
) -> tuple[dict[str, list[float]], Floats]:
    """Train a compiled model; return the errors by epoch, and what it predicts for the validation genes."""
    history = model.fit(
        training,
        validation_data=validating,
        epochs=recipe.epochs,
        callbacks=[*_callbacks(recipe), *callbacks],
        verbose=0,
    ).history
    return history, model.predict(validating, verbose=0)


def run_trial(
    train: Arrays,
    validation: Arrays,
    architecture: Architecture,
    inputs: tuple[Input, ...],
    *,
    seed: int,
    folder: Path,
    record: Mapping[str, Any],
    resident: ResidentGenes | None = None,
) -> dict[str, Any]:
    """Train one network from scratch and keep it.

    Parameters
    ----------
    train, validation, architecture, inputs, seed, resident
        See `fit`.
    folder
        Where ``model.keras`` and ``trial.json`` go, both or none.
    record
        What else to write into ``trial.json``; plain types.

    Returns
    -------
    dict
        The content of ``trial.json``: `record`, ``seed``, the fields of `Fitted` (the curves under
        ``history``), and ``model_sha256``.
    """
    fitted = fit(train, validation, architecture, inputs, seed=seed, resident=resident)
    with atomic_path(folder) as draft:
        draft.mkdir()
        fitted.model.save(draft / "model.keras")
        result = {
            **record,
            "seed": seed,
            "status": fitted.status,
            "best_epoch": fitted.best_epoch,
            "best_validation_mse": fitted.best_validation_mse,
            "history": {"train_mse": fitted.train_mse, "validation_mse": fitted.validation_mse},
            "seconds": fitted.seconds,
            "model_sha256": sha256(draft / "model.keras"),
        }
        write_json(result, draft / "trial.json")
    return result


def finished_trial(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return the content of ``trial.json`` if a trial was finished under the same circumstances.

    A damaged trial is none, and the log says so: training it again gives the same.
    """
    try:
        if not (folder / "trial.json").is_file():
            return None
        result: dict[str, Any] = read_json(folder / "trial.json")
        if result.get("fingerprint") != fingerprint:
            return None
        if sha256(folder / "model.keras") == result["model_sha256"]:
            return result
        damage = "model.keras is not the file that was saved"
    except (XpressoError, OSError, KeyError, AttributeError) as error:
        damage = str(error)
    log.warning("%s is damaged (%s) and is trained again", folder, damage)
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error of any backend means that memory was not enough."""
    name = type(error).__name__
    exhausted = name == "XlaRuntimeError" and "RESOURCE_EXHAUSTED" in str(error)
    return isinstance(error, MemoryError) or exhausted or name in OUT_OF_MEMORY


def _judge(losses: npt.NDArray[np.float64], predicted: Floats) -> tuple[Status, int]:
    """Return whether a network lives, and the index of its best epoch."""
    if not np.isfinite(predicted).all() or not np.isfinite(losses).any():
        return "diverged", 0
    return ("live" if float(np.std(predicted)) >= LIVE_SD else "collapsed"), int(np.nanargmin(losses))


def _finite(value: float) -> float:
    """Stand in for what is not a number, which JSON cannot hold."""
    return float(value) if math.isfinite(value) else NO_NUMBER


def optimizer_of(recipe: Recipe) -> keras.optimizers.Optimizer:
    """Return a new optimizer of a recipe."""
    averaging = {"use_ema": True, "ema_momentum": recipe.averaging} if recipe.averaging else {}
    if not recipe.weight_decay:
        return keras.optimizers.Adam(recipe.learning_rate, **averaging)
    optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay, **averaging)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _callbacks(recipe: Recipe) -> list[keras.callbacks.Callback]:
    stop = keras.callbacks.EarlyStopping("val_loss", patience=recipe.patience, restore_best_weights=True)
    averaging = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.averaging else []
    return [*averaging, stop, StopAtNaN()]
