"""Blocks are found where they are, and nowhere else; parts of a network run again give the same."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.keras_graph import (
    block_after,
    blocks_of,
    first_block,
    is_relu_layer,
    only_consumer,
    part_behind,
    promoter_of,
    replay,
)

layers = keras.layers


def promoter_input(length: int | None = 60) -> Any:
    return keras.Input((length, 4), name="promoter")


def finish(inputs: Any, tensor: Any) -> keras.Model:
    return keras.Model(inputs, layers.Dense(1)(layers.Flatten()(tensor)))


def block(tensor: Any, pool: int = 5, **conv: Any) -> Any:
    settings = {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"} | conv
    return layers.MaxPooling1D(pool)(layers.Conv1D(**settings)(tensor))


def test_the_promoter_is_found_by_name() -> None:
    promoter, other = promoter_input(), keras.Input((3,), name="halflife")
    joined = layers.Concatenate()([layers.Flatten()(promoter), other])
    assert promoter_of(keras.Model([other, promoter], joined)) is promoter
    with pytest.raises(InputError, match="no input 'promoter' but halflife"):
        promoter_of(keras.Model(other, layers.Dense(1)(other)))


@pytest.mark.parametrize("relu", ["argument", "activation", "layer"])
@pytest.mark.parametrize(
    "conv", [{}, {"padding": "valid"}, {"dilation_rate": 3}, {"use_bias": False}, {"kernel_size": 1}]
)
def test_a_block_is_found_however_its_relu_is_written(conv: dict[str, Any], relu: str) -> None:
    promoter = promoter_input()
    settings = {"filters": 4, "kernel_size": 3, "padding": "same"} | conv
    convolution = layers.Conv1D(**settings, activation="relu" if relu == "argument" else None)
    tensor = convolution(promoter)
    if relu != "argument":
        tensor = {"activation": layers.Activation("relu"), "layer": layers.ReLU()}[relu](tensor)
    pooled = layers.MaxPooling1D(7)(tensor)
    found = first_block(finish(promoter, pooled))
    assert found is not None
    assert found.conv is convolution
    assert found.pool == 7
    assert found.pooled is pooled


@pytest.mark.parametrize(
    "conv",
    [
        {"strides": 2},
        {"groups": 2},
        {"padding": "causal"},
        {"activation": "tanh"},
        {"activation": None},
        {"dtype": "mixed_float16"},
        {"activity_regularizer": "l2"},
    ],
    ids=lambda conv: next(iter(conv)),
)
def test_other_convolutions_are_no_block(conv: dict[str, Any]) -> None:
    promoter = promoter_input()
    assert first_block(finish(promoter, block(promoter, **conv))) is None


@pytest.mark.parametrize(
    "pooling",
    [
        layers.MaxPooling1D(5, strides=4),
        layers.MaxPooling1D(5, padding="same"),
        layers.AveragePooling1D(5),
        layers.Dropout(0.1),
    ],
    ids=["overlapping", "padded", "average", "none"],
)
def test_other_poolings_are_no_block(pooling: Any) -> None:
    promoter = promoter_input()
    tensor = pooling(layers.Conv1D(4, 3, activation="relu")(promoter))
    assert first_block(finish(promoter, tensor)) is None


def test_a_layer_before_the_convolution_is_no_block() -> None:
    promoter = promoter_input()
    assert first_block(finish(promoter, block(layers.Dropout(0.1)(promoter)))) is None


def test_a_promoter_of_any_length_or_of_other_channels_has_no_block() -> None:
    promoter = promoter_input(None)
    model = keras.Model(promoter, layers.GlobalMaxPooling1D()(block(promoter)))
    assert first_block(model) is None
    wide = keras.Input((60, 5), name="promoter")
    assert first_block(finish(wide, block(wide))) is None


def test_a_promoter_that_two_layers_read_has_no_block() -> None:
    promoter = promoter_input()
    both = layers.Concatenate()([block(promoter), block(promoter)])
    assert first_block(finish(promoter, both)) is None


def test_a_convolution_that_two_layers_read_is_no_block() -> None:
    promoter = promoter_input()
    convolved = layers.Conv1D(4, 3, activation="relu", padding="same")(promoter)
    both = [
        layers.Flatten()(pooling(convolved)) for pooling in (layers.MaxPooling1D(5), layers.MaxPooling1D(6))
    ]
    assert first_block(finish(promoter, layers.Concatenate()(both))) is None
    outputs = [layers.MaxPooling1D(5)(convolved), convolved]
    assert first_block(keras.Model(promoter, outputs)) is None


def test_layers_of_another_model_do_not_count() -> None:
    promoter = promoter_input()
    pooled = block(promoter)
    model = finish(promoter, pooled)
    keras.Model(promoter, layers.Flatten()(promoter))
    found = first_block(model)
    assert found is not None
    assert found.pooled is pooled


def test_blocks_follow_each_other_through_dropout() -> None:
    promoter = promoter_input()
    first = block(promoter)
    second = block(layers.Dropout(0.1)(layers.SpatialDropout1D(0.2)(first)), pool=3, padding="valid")
    third = block(second, pool=1)
    model = finish(promoter, layers.Dropout(0.3)(third))
    found = blocks_of(model)
    assert [one.pooled for one in found] == [first, second, third]
    assert [one.pool for one in found] == [5, 3, 1]
    assert block_after(model, first) is None  # dropout reads it


@pytest.mark.parametrize("between", [layers.BatchNormalization(), None])
def test_blocks_end_where_something_else_comes_between(between: Any) -> None:
    promoter = promoter_input()
    first = block(promoter)
    if between is None:  # a second reader
        tensor = layers.Concatenate()([block(first, pool=1), first])
    else:
        tensor = block(between(first))
    assert [one.pooled for one in blocks_of(finish(promoter, tensor))] == [first]


def test_no_block_is_found_where_the_first_does_not_fit() -> None:
    promoter = promoter_input()
    assert blocks_of(finish(promoter, block(block(promoter, strides=2)))) == []


@pytest.mark.parametrize(
    ("layer", "is_relu"),
    [
        (layers.ReLU(), True),
        (layers.Activation("relu"), True),
        (layers.ReLU(max_value=6), False),
        (layers.ReLU(negative_slope=0.1), False),
        (layers.ReLU(threshold=0.1), False),
        (layers.Activation("relu6"), False),
        (layers.LeakyReLU(), False),
        (layers.Dense(3, activation="relu"), False),
        (None, False),
    ],
)
def test_only_plain_relu_is_relu(layer: Any, is_relu: bool) -> None:
    assert is_relu_layer(layer) == is_relu


def test_the_only_consumer_is_none_for_an_output() -> None:
    given = keras.Input((3,))
    dense = layers.Dense(2)
    middle = dense(given)
    out = layers.Dense(1)(middle)
    assert only_consumer(keras.Model(given, out), given) == (dense, middle)
    assert only_consumer(keras.Model(given, [out, middle]), middle) == (None, None)
    assert only_consumer(keras.Model(given, middle), middle) == (None, None)


def test_a_layer_used_twice_counts_as_two() -> None:
    given = keras.Input((3,))
    dense = layers.Dense(3)
    first = dense(given)
    model = keras.Model(given, layers.Add()([dense(first), first]))
    assert only_consumer(model, given) == (dense, first)
    assert only_consumer(model, first) == (None, None)


def two_ways() -> keras.Model:
    keras.utils.set_random_seed(1)
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    shared = layers.Dense(3, activation="relu")
    joined = layers.Concatenate()([shared(left), shared(right), layers.Dropout(0.5)(left)])
    return keras.Model([left, right], layers.Dense(1)(joined))


def test_replaying_all_of_a_network_gives_the_same() -> None:
    model = two_ways()
    inputs = [keras.Input((3,)), keras.Input((3,))]
    given = {id(old): new for old, new in zip(model.inputs, inputs, strict=True)}
    again = keras.Model(inputs, replay(model.outputs[0], given))
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(5, 3)).astype(np.float32) for _ in range(2)]
    np.testing.assert_array_equal(again.predict_on_batch(arrays), model.predict_on_batch(arrays))
    assert {id(layer) for layer in again.layers if layer.weights} == {
        id(layer) for layer in model.layers if layer.weights
    }


def test_replaying_calls_each_layer_once_per_use_and_may_call_another() -> None:
    model = two_ways()
    called = []

    def call(layer: Any, positional: Any, named: Any) -> Any:
        called.append(type(layer).__name__)
        return positional[0] if isinstance(layer, layers.Dropout) else layer(*positional, **named)

    given = {id(tensor): np.ones((2, 3), np.float32) for tensor in model.inputs}
    out = replay(model.outputs[0], given, call)
    assert sorted(called) == ["Concatenate", "Dense", "Dense", "Dense", "Dropout"]
    assert given[id(model.outputs[0])] is out
    np.testing.assert_allclose(out, model.predict_on_batch([np.ones((2, 3), np.float32)] * 2), rtol=1e-6)
    replay(model.outputs[0], given, call)
    assert len(called) == 5


def test_replaying_a_part_needs_only_what_is_behind_it(tmp_path: Any) -> None:
    promoter = promoter_input()
    pooled = block(promoter)
    model = finish(promoter, block(pooled, pool=2))
    given = keras.Input(pooled.shape[1:])
    part = keras.Model(given, replay(model.outputs[0], {id(pooled): given}))
    x = np.random.default_rng(2).normal(size=(3, 60, 4)).astype(np.float32)
    middle = keras.Model(promoter, pooled).predict_on_batch(x)
    np.testing.assert_allclose(part.predict_on_batch(middle), model.predict_on_batch(x), rtol=1e-5, atol=1e-6)
    model.save(tmp_path / "still.keras")


def two_inputs() -> tuple[keras.Model, list[Any]]:
    """Return a network of two blocks and half-life features, and what comes out of each block."""
    keras.utils.set_random_seed(3)
    promoter, other = promoter_input(), keras.Input((3,), name="halflife")
    first = block(promoter)
    second = block(layers.Dropout(0.5)(first), pool=3)
    dense = layers.Dense(4, activation="relu")(layers.Concatenate()([layers.Flatten()(second), other]))
    return keras.Model([other, promoter], layers.Dense(1)(layers.BatchNormalization()(dense))), [
        first,
        second,
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_the_part_behind_a_block_predicts_what_the_whole_does(number: int) -> None:
    model, pooled = two_inputs()
    rng = np.random.default_rng(1)
    one_hot = rng.random((5, 60, 4), np.float32)
    features = rng.normal(size=(5, 3)).astype(np.float32)
    part = part_behind(model, pooled[number], "cells")
    assert [tensor.name for tensor in part.inputs] == ["cells", "halflife"]
    assert part.inputs[0].shape == pooled[number].shape
    before = keras.Model(model.inputs, pooled[number])
    found = part([np.asarray(before([features, one_hot])), features])
    np.testing.assert_allclose(found, model([features, one_hot]), atol=1e-6)
    assert np.ptp(found) > 1e-3
    owned = {id(weight) for weight in model.weights}
    assert all(id(weight) in owned for weight in part.weights)


def test_the_part_behind_a_block_follows_its_weights_and_spares_the_model() -> None:
    model, pooled = two_inputs()
    part = part_behind(model, pooled[1], "cells")
    given = [np.ones((1, *pooled[1].shape[1:]), np.float32), np.zeros((1, 3), np.float32)]
    before = np.asarray(part(given))
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias + 1])
    np.testing.assert_allclose(part(given), before + 1, atol=1e-6)
    assert keras.Model.from_config(model.get_config()).count_params() == model.count_params()


def test_the_part_behind_a_block_of_a_model_without_promoter_is_refused() -> None:
    other = keras.Input((3,), name="halflife")
    with pytest.raises(InputError, match="no input 'promoter' but halflife"):
        part_behind(keras.Model(other, layers.Dense(1)(other)), other, "cells")
