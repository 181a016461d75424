"""One trial: a network trained once from scratch, and whether it lives."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import Architecture, Input, Recipe, build
from xpresso_core.files import atomic_path, write_json
from xpresso_core.sequence import Codes
from xpresso_core.stem_layer import codes_model

Floats = npt.NDArray[np.float32]
Status = Literal["live", "collapsed", "diverged"]

LIVE_SD = 1e-3
"""Predictions (z-scores) of a live network vary at least so much over the validation genes."""


@dataclass(frozen=True)
class Arrays:
    """Scaled inputs and labels of some genes of a dataset.

    Attributes
    ----------
    codes
        ``uint8 [any gene, window + 2 * margin]``, of the whole dataset: sequences are not copied.
    rows
        ``[gene]``, the rows of `codes` that are these genes.
    halflife
        ``float32 [gene, feature]``, z-scores.
    label
        ``float32 [gene]``, z-scores.
    margin
        Bases by which `codes` is wider than the window on either side.
    """

    codes: Codes
    rows: npt.NDArray[np.int64]
    halflife: Floats
    label: Floats
    margin: int


class Batches(keras.utils.PyDataset):
    """Batches of genes for `keras.Model.fit`, small in memory: sequences stay codes.

    Parameters
    ----------
    arrays
        The genes.
    inputs
        What the network reads.
    batch_size
        Genes per batch.
    rng
        Shuffles the genes before each epoch and draws the shift of each window; without it, genes come in
        their order and windows stay centred.
    """

    def __init__(
        self,
        arrays: Arrays,
        inputs: tuple[Input, ...],
        batch_size: int,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self.arrays = arrays
        self.inputs = inputs
        self.batch_size = batch_size
        self.rng = rng
        self.order = np.arange(len(arrays.label))
        self.on_epoch_end()

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        return math.ceil(len(self.order) / self.batch_size)

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        if self.rng is not None:
            self.order = self.rng.permutation(len(self.order))

    def __getitem__(self, index: int) -> tuple[dict[str, npt.NDArray[Any]], Floats]:
        """Return inputs and labels of one batch."""
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        batch: dict[str, npt.NDArray[Any]] = {"codes": self._windows(self.arrays.rows[rows])}
        if "halflife" in self.inputs:
            batch["halflife"] = self.arrays.halflife[rows]
        return batch, self.arrays.label[rows]

    def _windows(self, rows: npt.NDArray[np.int64]) -> Codes:
        margin = self.arrays.margin
        if not margin:
            return self.arrays.codes[rows]
        length = self.arrays.codes.shape[1] - 2 * margin
        if self.rng is None:
            return self.arrays.codes[rows, margin : margin + length]
        starts = self.rng.integers(0, 2 * margin + 1, size=(len(rows), 1))
        return self.arrays.codes[rows[:, None], starts + np.arange(length)]


def run_trial(
    train: Arrays,
    validation: Arrays,
    architecture: Architecture,
    inputs: tuple[Input, ...],
    *,
    seed: int,
    folder: Path,
    record: Mapping[str, Any],
) -> dict[str, Any]:
    """Train one network from scratch and keep it.

    Parameters
    ----------
    train, validation
        The genes to train on, and those that decide when to stop.
    architecture, inputs
        The network.
    seed
        Of its first weights, its dropout, and the order and shift of its training genes.
    folder
        Where ``model.keras`` and ``trial.json`` go, both or none.
    record
        What else to write into ``trial.json``; plain types.

    Returns
    -------
    dict
        The content of ``trial.json``: `record`, ``seed``, ``status``, ``best_epoch`` (from 1),
        ``best_validation_mse``, ``history`` (``train_mse`` and ``validation_mse`` by epoch, in squared
        z-scores; the former is the mean over the epoch's batches, dropout included), ``seconds``.
    """
    started = time.monotonic()
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    recipe = architecture.recipe
    model = build(architecture, inputs, train.halflife.shape[1])
    trained = codes_model(model)
    trained.compile(optimizer=_optimizer(recipe), loss="mean_squared_error")
    validating = Batches(validation, inputs, recipe.batch_size)
    history = trained.fit(
        Batches(train, inputs, recipe.batch_size, np.random.default_rng(seed)),
        validation_data=validating,
        epochs=recipe.epochs,
        callbacks=_callbacks(recipe),
        verbose=0,
    ).history
    predicted = trained.predict(validating, verbose=0)
    losses = np.array(history["val_loss"], dtype=float)
    status, best = _judge(losses, predicted)
    result = {
        **record,
        "seed": seed,
        "status": status,
        "best_epoch": best + 1,
        "best_validation_mse": _finite(losses[best]),
        "history": {
            "train_mse": [_finite(value) for value in history["loss"]],
            "validation_mse": [_finite(value) for value in losses],
        },
        "seconds": round(time.monotonic() - started, 1),
    }
    with atomic_path(folder) as draft:
        draft.mkdir()
        model.save(draft / "model.keras")
        write_json(result, draft / "trial.json")
    return result


def _judge(losses: npt.NDArray[np.float64], predicted: Floats) -> tuple[Status, int]:
    """Return whether a network lives, and the index of its best epoch."""
    if not np.isfinite(predicted).all() or not np.isfinite(losses).any():
        return "diverged", 0
    return ("live" if float(np.std(predicted)) >= LIVE_SD else "collapsed"), int(np.nanargmin(losses))


def _finite(value: float) -> float:
    """Stand in for what is not a number, which JSON cannot hold, by a loss that no trial is chosen for."""
    return float(value) if math.isfinite(value) else 1e30


def _optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    averaging = {"use_ema": True, "ema_momentum": recipe.averaging} if recipe.averaging else {}
    if not recipe.weight_decay:
        return keras.optimizers.Adam(recipe.learning_rate, **averaging)
    optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay, **averaging)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _callbacks(recipe: Recipe) -> list[keras.callbacks.Callback]:
    stop = keras.callbacks.EarlyStopping("val_loss", patience=recipe.patience, restore_best_weights=True)
    averaging = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.averaging else []
    return [*averaging, stop, keras.callbacks.TerminateOnNaN()]
