"""Training from genes that stay on the device: uploaded once, then a batch is a few row numbers.

`ResidentGenes` keeps codes, half-life features and one compiled network for all trials of a fold. The network
gathers its batches on the device, and may compute in lower precision than the plain network that it trains.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import Input
from xpresso_core.errors import ConfigError, DeviceError, InputError
from xpresso_core.sequence import Codes
from xpresso_core.stem_layer import codes_model

if TYPE_CHECKING:
    from xpresso_core.batches import Arrays, Batches

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
"""What a network computes in while it trains; its weights and its output are float32 in any case."""

STEPS = 32
"""Steps that are sent to the device at once (TensorFlow runs them in one graph), and per look at the loss."""


class ResidentGenes:
    """The genes of a fold on the device, and a network there that trial after trial is trained in.

    `keras.backend.clear_session` leaves both where they are. A training that ends with an error may not (JAX
    lends its buffers to each step): make new ones then.

    Parameters
    ----------
    inputs
        What networks read; the rest is not uploaded.
    parts
        The genes to train on and those to validate with: parts of the same codes, with one margin.
    precision
        Of all that the network computes but its output. With ``mixed_float16`` Keras scales the loss, so that
        gradients do not vanish.

    Attributes
    ----------
    codes
        ``uint8 [any gene, window + 2 * margin]``, a variable on the device, or None.
    halflife
        ``float32 [any gene, feature]``, z-scores, a variable on the device, or None. Genes in none of the parts
        have zeros.
    margin
        Bases by which `codes` is wider than the window on either side.

    Raises
    ------
    InputError
        If the parts do not fit together.
    ConfigError
        If there is no such precision.
    """

    def __init__(self, inputs: tuple[Input, ...], *parts: Arrays, precision: Precision = "float32") -> None:
        if precision not in get_args(Precision):
            what = f"there is no precision {precision!r}"
            raise ConfigError(
                what, where="training", remedy=f"Choose one of {', '.join(get_args(Precision))}"
            )
        first = parts[0]
        if any(_place(part.codes) != _place(first.codes) or part.margin != first.margin for part in parts):
            what = "the parts of a fold have other codes or another margin than each other"
            raise InputError(what, where="training", remedy="Cut all parts out of one dataset")
        self.inputs = inputs
        self.parts = parts
        self.precision = precision
        self.margin = first.margin if "promoter" in inputs else 0
        self.codes = _upload(first.codes, "codes") if "promoter" in inputs else None
        self.halflife = _upload(_by_row(parts), "halflife") if "halflife" in inputs else None
        self._twin: _Twin | None = None

    def batches(self, batches: Batches) -> RowBatches:
        """Return the same batches in the same order, as row numbers.

        Raises
        ------
        InputError
            If they are of other genes or inputs.
        """
        if not any(batches.arrays is part for part in self.parts) or batches.inputs != self.inputs:
            what = "these batches are not of the genes and inputs on the device"
            raise InputError(what, where="training", remedy="Give a part that ResidentGenes was made of")
        return RowBatches(batches, self.margin)

    @contextmanager
    def training(self, plain: keras.Model, optimizer: keras.optimizers.Optimizer) -> Iterator[keras.Model]:
        """Lend the network on the device, in the state of ``plain``, which gets its weights in the end.

        A network of the same layers and optimizer is not compiled again.

        Parameters
        ----------
        plain
            A new functional model with these inputs, as `xpresso_core.network.build` makes it.
        optimizer
            A new one.

        Yields
        ------
        keras.Model
            Compiled for the mean squared error, to be fed with `RowBatches`.

        Raises
        ------
        InputError
            If the network has other inputs.
        """
        self._check(plain)
        # Keras numbers the optimizers by their names.
        described = [layer.get_config() for layer in plain.layers], {**optimizer.get_config(), "name": None}
        if self._twin is None or self._twin.described != described:
            # Keras draws from Python's generator for new layers, and shuffles batches with it in fit.
            state = random.getstate()
            self._twin = self._compile(plain, optimizer, described)
            random.setstate(state)
        twin = self._twin
        _assign(twin.plain.variables, _values(plain.variables))
        _assign(twin.trained.optimizer.variables, twin.unused_optimizer)
        yield twin.trained
        plain.set_weights(twin.plain.get_weights())

    def _compile(self, plain: keras.Model, optimizer: keras.optimizers.Optimizer, described: Any) -> _Twin:
        """Return a copy of a network that takes row numbers."""
        copy = keras.models.clone_model(plain)
        last = {id(tensor._keras_history.operation) for tensor in copy.outputs}
        for layer in copy.layers:
            if id(layer) not in last:
                layer.dtype_policy = self.precision
        coded = codes_model(copy, use_stem=False) if "promoter" in self.inputs else copy
        names = ["row", "start"] if self.margin else ["row"]
        given = [keras.Input((), dtype="int32", name=name) for name in names]
        found = _Gather(self)(*given)
        trained = keras.Model(given, coded([found[tensor.name] for tensor in coded.inputs]))
        trained.dtype_policy = self.precision
        trained.compile(optimizer, "mean_squared_error", steps_per_execution=STEPS)
        trained.optimizer.build(trained.trainable_variables)
        # Else the first training, and no other, would do it with a batch of its own, and shift what is drawn.
        batch = {name: np.zeros(1, np.int32) for name in names}, np.zeros(1, np.float32), None
        trained._symbolic_build(data_batch=batch)
        return _Twin(copy, trained, _values(trained.optimizer.variables), described)

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
    """Batches for a network of `ResidentGenes`: ``row``, with a margin ``start``, both int32, and labels.

    Parameters
    ----------
    batches
        Which genes come when.
    margin
        Where a centred window starts; other windows start up to twice as far.
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
            starts = (
                self.margin if rng is None else rng.integers(0, 2 * self.margin + 1, size=(len(genes), 1))
            )
            batch["start"] = np.broadcast_to(np.ravel(starts), len(genes)).astype(np.int32)
        return batch, arrays.label[genes]


class StopAtNaN(keras.callbacks.Callback):
    """Ends training after an epoch whose loss is not finite.

    `keras.callbacks.TerminateOnNaN` looks at every loss that it is shown, so that the device waits for the host.
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


class _Twin(NamedTuple):
    """A copy of a plain network, and the same layers behind a gather, compiled."""

    plain: keras.Model
    trained: keras.Model
    unused_optimizer: list[npt.NDArray[Any]]
    described: Any


def resident_genes(
    inputs: tuple[Input, ...], *parts: Arrays, precision: Precision = "float32"
) -> ResidentGenes | None:
    """Return the genes on the GPU, or None where there is none and the stem trains on the processor.

    Raises
    ------
    DeviceError
        If the precision needs a GPU that is not there.
    """
    if gpu_visible():
        return ResidentGenes(inputs, *parts, precision=precision)
    if precision != "float32":
        what = f"the precision {precision} is for GPUs, and none is visible"
        raise DeviceError(what, where="precision", remedy="Leave it out, or train where there is a GPU")
    return None


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


def _values(variables: list[keras.Variable]) -> list[npt.NDArray[Any]]:
    """Copy variables to the host: JAX would overwrite what two of them share."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def _assign(variables: list[keras.Variable], values: list[npt.NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


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
