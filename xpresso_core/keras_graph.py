"""The graph of a functional Keras model: its blocks of convolution, ReLU and pooling, and running parts of it anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.stem_geometry import MOST_POOLED, Geometry, geometry


class Block(NamedTuple):
    """Convolution, ReLU and maximum pooling, one after the other.

    Attributes
    ----------
    conv
        The convolution, of stride 1 and any dilation, in float32.
    pool
        Positions per pool, which is the stride too.
    pooled
        The tensor ``[batch, bin, filter]`` that comes out.
    """

    conv: keras.layers.Conv1D
    pool: int
    pooled: Any


class Weights(NamedTuple):
    """What a block computes with.

    Attributes
    ----------
    kernel
        float32 ``[tap, channel, filter]``, a copy.
    bias
        float32 ``[filter]``, zeros for a convolution without.
    padding
        ``same`` or ``valid``.
    place
        Where the taps of each output position fall.
    """

    kernel: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    padding: str
    place: Geometry


def weights_of(block: Block, length: int) -> Weights:
    """Return what a block computes with, on so many positions."""
    conv = block.conv
    kernel = np.asarray(conv.kernel)
    bias = np.asarray(conv.bias) if conv.use_bias else np.zeros(conv.filters, np.float32)
    place = geometry(length, len(kernel), block.pool, conv.padding, conv.dilation_rate[0])
    return Weights(kernel, bias, conv.padding, place)


def promoter_of(model: keras.Model) -> Any:
    """Return the input tensor ``promoter``, one-hot ``[batch, position, 4]``.

    Raises
    ------
    InputError
        If the model has none.
    """
    for tensor in model.inputs:
        if tensor.name == "promoter":
            return tensor
    names = ", ".join(tensor.name for tensor in model.inputs)
    message = f"the model has no input 'promoter' but {names}"
    raise InputError(message, where=f"model {model.name}", remedy="Name the one-hot input 'promoter'")


def first_block(model: keras.Model) -> Block | None:
    """Return the block that alone reads the promoter, or None if there is none such."""
    promoter = promoter_of(model)
    if promoter.shape[2] != 4 or promoter.shape[1] is None:
        return None
    return block_after(model, promoter)


def block_after(model: keras.Model, tensor: Any) -> Block | None:
    """Return the block that is the only one to read ``tensor``, or None if something else does."""
    conv, following = only_consumer(model, tensor)
    if not isinstance(conv, keras.layers.Conv1D):
        return None
    plain = (
        conv.strides == (1,)
        and conv.groups == 1
        and conv.padding in {"same", "valid"}
        and conv.data_format == "channels_last"
        and conv.compute_dtype == "float32"
        and conv.activity_regularizer is None
    )
    if not plain:
        return None
    layer, after = only_consumer(model, following)
    if conv.activation is keras.activations.linear and is_relu_layer(layer):
        layer, after = only_consumer(model, after)
    elif conv.activation is not keras.activations.relu:
        return None
    if not isinstance(layer, keras.layers.MaxPooling1D):
        return None
    if layer.pool_size[0] > MOST_POOLED or layer.strides != layer.pool_size:
        return None
    if layer.padding != "valid" or layer.data_format != "channels_last":
        return None
    return Block(conv, int(layer.pool_size[0]), after)


def is_relu_layer(layer: Any) -> bool:
    """Say whether a layer is nothing but ReLU."""
    if isinstance(layer, keras.layers.Activation):
        return layer.activation is keras.activations.relu
    return (
        isinstance(layer, keras.layers.ReLU)
        and layer.max_value is None
        and not np.any(layer.negative_slope)
        and not np.any(layer.threshold)
    )


def only_consumer(model: keras.Model, tensor: Any) -> tuple[Any, Any]:
    """Return the one layer that takes ``tensor`` in this model and what it gives, or (None, None)."""
    found: dict[tuple[int, int], tuple[Any, Any]] = {}
    seen: set[int] = set()
    pending = list(model.outputs)
    while pending:
        output = pending.pop()
        if id(output) in seen:
            continue
        seen.add(id(output))
        layer, index, _ = output._keras_history
        given = layer._inbound_nodes[index].input_tensors
        if any(one is tensor for one in given):
            found[id(layer), index] = (layer, output)
        pending.extend(given)
    if any(output is tensor for output in model.outputs) or len(found) != 1:
        return None, None
    return next(iter(found.values()))


def _call(layer: Any, positional: Any, named: Any) -> Any:
    return layer(*positional, **named)


def replay(tensor: Any, given: dict[int, Any], call: Callable[[Any, Any, Any], Any] = _call) -> Any:
    """Call the layers behind ``tensor`` again, on what is ``given`` in place of some tensors of their model.

    A `keras.Model` between inner tensors would do the same, but with one of them beside a true input, the
    model whose tensors they are can no longer be saved (Keras 3.15).

    Parameters
    ----------
    tensor
        A tensor of the model.
    given
        What takes the place of a tensor, by its ``id``; what is computed on the way is added.
    call
        Called with each layer, its positional and its named arguments, in place of the layer.
    """
    if id(tensor) not in given:
        layer, node_index, place = tensor._keras_history
        node = layer._inbound_nodes[node_index]
        for needed in node.input_tensors:
            replay(needed, given, call)
        positional, named = node.arguments.fill_in(given)
        results = call(layer, positional, named)
        given[id(tensor)] = results[place] if isinstance(results, (list, tuple)) else results
    return given[id(tensor)]


def part_behind(model: keras.Model, tensor: Any, name: str) -> keras.Model:
    """Return the layers behind a tensor as a model of their own, which shares all weights.

    Parameters
    ----------
    model
        A model with one output.
    tensor
        An inner tensor that all of the input ``promoter`` goes through.
    name
        What the input that takes the place of the tensor is called.

    Returns
    -------
    keras.Model
        Its inputs are that one, and those of ``model`` but ``promoter``.
    """
    promoter = promoter_of(model)
    inputs = {name: keras.Input(tensor.shape[1:], name=name)}
    given = {id(tensor): inputs[name]}
    for other in model.inputs:
        if other is not promoter:
            inputs[other.name] = keras.Input(other.shape[1:], name=other.name)
            given[id(other)] = inputs[other.name]
    return keras.Model(list(inputs.values()), replay(model.outputs[0], given))


def blocks_of(model: keras.Model) -> list[Block]:
    """Return the blocks that follow each other from the promoter on, with nothing but dropout between them."""
    blocks: list[Block] = []
    block = first_block(model)
    while block is not None:
        blocks.append(block)
        block = block_after(model, _after_dropout(model, block.pooled))
    return blocks


def _after_dropout(model: keras.Model, tensor: Any) -> Any:
    layer, after = only_consumer(model, tensor)
    while isinstance(layer, keras.layers.Dropout):
        tensor = after
        layer, after = only_consumer(model, tensor)
    return tensor
