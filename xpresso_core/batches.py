"""The scaled inputs and labels of the genes of a fold, and batches of them for training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import Architecture, Input
from xpresso_core.dataset import Dataset, cropped
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.scaling import Protocol, Scaler
from xpresso_core.sequence import Codes
from xpresso_core.splits import Fold

Floats = npt.NDArray[np.float32]


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


def scaled_arrays(
    dataset: Dataset,
    fold: Fold,
    inputs: tuple[Input, ...],
    architecture: Architecture,
    protocol: Protocol,
) -> tuple[Scaler, Arrays, Arrays]:
    """Fit the scaler; return it with the scaled training and validation genes.

    Parameters
    ----------
    dataset
        Its promoters may be wider than what the architecture needs.
    fold
        The rows of its parts.
    inputs, architecture
        The network.
    protocol
        Which genes fit the scaler: ``strict``, the training genes; ``paper``, all of the fold.
    """
    names = HALFLIFE_FEATURES if "halflife" in inputs else ()
    raw = dataset.halflife[:, : len(names)]
    fitted = np.concatenate(fold) if protocol == "paper" else fold.train
    scaler = Scaler.fit(dataset.expression[fitted], raw[fitted], names, protocol)
    codes = cropped(dataset, architecture.needed_window).codes
    train, validation = (
        Arrays(
            codes=codes,
            rows=rows,
            halflife=scaler.scale_features(raw[rows]),
            label=scaler.scale_label(dataset.expression[rows]),
            margin=architecture.recipe.jitter,
        )
        for rows in (fold.train, fold.validation)
    )
    return scaler, train, validation


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
        batch: dict[str, npt.NDArray[Any]] = {}
        if "promoter" in self.inputs:
            batch["codes"] = self._windows(self.arrays.rows[rows])
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
