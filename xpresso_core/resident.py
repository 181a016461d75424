"""Training from genes that stay on the device: uploaded once, then a batch is a few row numbers.

`ResidentGenes` holds codes and half-life features of a fold for all its trials. Its model gathers them on the
device, has every weight of the plain network, and may compute in lower precision while it trains.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, get_args

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import Input
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.sequence import Codes
from xpresso_core.stem_layer import codes_model

if TYPE_CHECKING:
    from xpresso_core.trial import Arrays, Batches

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
"""What a network computes in while it trains; its weights and its output are float32 in any case."""


class ResidentGenes:
    """The genes of a fold on the device, for any number of trials.

    `keras.backend.clear_session` leaves them there. A training that ends with an error may not (JAX lends its
    buffers to each step): make new ones then.

    Parameters
    ----------
    inputs
        What networks read; the rest is not uploaded.
    parts
        The genes to train on and those to validate with: parts of one ``codes`` with one ``margin``.

    Attributes
    ----------
    codes
        ``uint8 [any gene, window + 2 * margin]``, or None.
    halflife
        ``float32 [any gene, feature]``, z-scores, or None. Genes in none of the parts have zeros.

    Raises
    ------
    InputError
        If the parts do not fit together.
    """

    def __init__(self, inputs: tuple[Input, ...], *parts: Arrays) -> None:
        first = parts[0]
        if any(_place(part.codes) != _place(first.codes) or part.margin != first.margin for part in parts):
            what = "the parts of a fold have other codes or another margin than each other"
            raise InputError(what, where="training", remedy="Cut all parts out of one dataset")
        self.inputs = inputs
        self.parts = parts
        self.margin = first.margin if "promoter" in inputs else 0
        self.codes = _upload(first.codes, "codes") if "promoter" in inputs else None
        self.halflife = _upload(_by_row(parts), "halflife") if "halflife" in inputs else None

    def batches(self, batches: Batches) -> RowBatches:
        """Return the same batches in the same order, as row numbers.

        Raises
        ------
        InputError
            If they are of other genes, or other inputs.
        """
        if not any(batches.arrays is part for part in self.parts) or batches.inputs != self.inputs:
            what = "these batches are not of the genes and inputs on the device"
            raise InputError(what, where="training", remedy="Give a part that ResidentGenes was made of")
        return RowBatches(batches, self.margin)

    @contextmanager
    def model(self, plain: keras.Model, precision: Precision = "float32") -> Iterator[keras.Model]:
        """Give a model that shares every weight with ``plain`` and takes `RowBatches`.

        Compile, fit and use it only within the context: there the layers compute in ``precision``, all but
        those of the output. After it ``plain`` is a float32 network again, with the trained weights.

        Parameters
        ----------
        plain
            A functional model with these inputs, as `xpresso_core.network.build` makes it.
        precision
            With ``mixed_float16``, compiling the model scales the loss so that gradients do not vanish.

        Raises
        ------
        InputError
            If the network has other inputs.
        ConfigError
            If there is no such precision.
        """
        self._check(plain)
        coded = codes_model(plain, use_stem=False) if "promoter" in self.inputs else plain
        with _computing_in(precision, coded):
            names = ["row", "start"] if self.margin else ["row"]
            given = [keras.Input((), dtype="int32", name=name) for name in names]
            found = _Gather(self)(*given)
            trained = keras.Model(given, coded([found[tensor.name] for tensor in coded.inputs]))
            trained.dtype_policy = precision
            yield trained

    def _check(self, plain: keras.Model) -> None:
        expected: dict[str, tuple[int, ...]] = {}
        if self.codes is not None:
            expected["promoter"] = (self.codes.shape[1] - 2 * self.margin, 4)
        if self.halflife is not None:
            expected["halflife"] = (self.halflife.shape[1],)
        shapes = {tensor.name: tuple(tensor.shape[1:]) for tensor in plain.inputs}
        if shapes != expected:
            what = f"the network takes {shapes}, but the genes on the device give {expected}"
            raise InputError(what, where="training", remedy="Cut the dataset to the network's window first")


class RowBatches(keras.utils.PyDataset):
    """Batches for a model of `ResidentGenes`: ``row``, with a margin ``start``, both int32, and labels.

    Parameters
    ----------
    batches
        Which genes come when, and where their windows start.
    margin
        Start of a centred window; half of the largest start.
    """

    def __init__(self, batches: Batches, margin: int) -> None:
        super().__init__()
        self.batches = batches
        self.margin = margin

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        return len(self.batches)

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self.batches.on_epoch_end()

    def __getitem__(self, index: int) -> tuple[dict[str, npt.NDArray[np.int32]], npt.NDArray[np.float32]]:
        """Return row numbers, starts and labels of one batch."""
        size, rng, arrays = self.batches.batch_size, self.batches.rng, self.batches.arrays
        genes = self.batches.order[index * size : (index + 1) * size]
        batch = {"row": arrays.rows[genes].astype(np.int32)}
        if self.margin:
            # Drawn as Batches draws them: the same seed gives the same windows either way.
            starts = self.margin if rng is None else rng.integers(0, 2 * self.margin + 1, size=(len(genes), 1))
            batch["start"] = np.broadcast_to(np.ravel(starts), len(genes)).astype(np.int32)
        return batch, arrays.label[genes]


class StopAtNaN(keras.callbacks.Callback):
    """Ends training after an epoch whose loss is not finite.

    `keras.callbacks.TerminateOnNaN` looks at every step's loss, so that the device waits for the host.
    """

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the epoch's loss."""
        if logs is not None and not math.isfinite(logs["loss"]):
            self.model.stop_training = True


def gpu_visible() -> bool:
    """Return whether the backend sees a GPU, where resident genes pay; on a CPU the stem is faster."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.get_visible_devices("GPU"))
    if backend == "jax":
        import jax

        return any(device.platform == "gpu" for device in jax.devices())
    import torch

    return bool(torch.cuda.is_available())


class _Gather(keras.layers.Layer):
    """Row numbers, and where windows start, to codes and features, on the device."""

    def __init__(self, genes: ResidentGenes) -> None:
        super().__init__(name="genes")
        self.margin = genes.margin
        self.codes = genes.codes
        self.halflife = genes.halflife
        self.built = True

    @property
    def weights(self) -> list[Any]:
        """None: else whoever keeps the best weights would fetch the dataset at each better epoch."""
        return []

    def call(self, row: Any, start: Any = None) -> dict[str, Any]:
        found = {}
        if self.codes is not None:
            codes = keras.ops.take(self.codes, row, axis=0)
            if start is not None:
                window = np.arange(self.codes.shape[1] - 2 * self.margin, dtype=np.int32)
                positions = keras.ops.expand_dims(start, -1) + keras.ops.convert_to_tensor(window)
                codes = keras.ops.take_along_axis(codes, positions, axis=1)
            found["codes"] = codes
        if self.halflife is not None:
            found["halflife"] = keras.ops.take(self.halflife, row, axis=0)
        return found

    def compute_output_spec(self, row: Any, start: Any = None) -> dict[str, Any]:
        found = {}
        if self.codes is not None:
            length = self.codes.shape[1] - 2 * self.margin
            found["codes"] = keras.KerasTensor((*row.shape, length), "uint8")
        if self.halflife is not None:
            found["halflife"] = keras.KerasTensor((*row.shape, self.halflife.shape[1]), "float32")
        return found


def _upload(array: npt.NDArray[Any], name: str) -> keras.Variable:
    return keras.Variable(array, dtype=array.dtype.name, trainable=False, autocast=False, name=name)


def _place(codes: Codes) -> tuple[Any, ...]:
    """Return what is the same for two views of the same bytes."""
    return codes.ctypes.data, codes.shape, codes.strides


def _by_row(parts: tuple[Arrays, ...]) -> npt.NDArray[np.float32]:
    """Return half-life features by row of the dataset: the parts have them by gene of the part."""
    matrix = np.zeros((len(parts[0].codes), parts[0].halflife.shape[1]), np.float32)
    for part in parts:
        matrix[part.rows] = part.halflife
    if any(not np.array_equal(matrix[part.rows], part.halflife) for part in parts):
        what = "a gene has other half-life features in one part of the fold than in another"
        raise InputError(what, where="training", remedy="Scale all parts with one scaler")
    return matrix


@contextmanager
def _computing_in(precision: Precision, model: keras.Model) -> Iterator[None]:
    """Let the layers of a model, but those that give its outputs, compute in a precision for a while."""
    if precision not in get_args(Precision):
        what = f"there is no precision {precision!r}"
        raise ConfigError(what, where="training", remedy=f"Choose one of {', '.join(get_args(Precision))}")
    last = {id(tensor._keras_history.operation) for tensor in model.outputs}
    lowered = [layer for layer in model.layers if id(layer) not in last]
    before = [layer.dtype_policy for layer in lowered]
    try:
        for layer in lowered:
            layer.dtype_policy = precision
        yield
    finally:
        for layer, policy in zip(lowered, before, strict=True):
            layer.dtype_policy = policy
