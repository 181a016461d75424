"""The slopes of ReLUs by hand, and networks whose ReLUs follow them."""

from __future__ import annotations

from typing import Any, get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from xpresso_core.errors import InputError
from xpresso_core.relu_rules import EPSILON, TINY, Rectifier, Rule, slope, with_rule


def slopes(rule: Rule, values: list[float], reference: list[float] | None = None) -> list[float]:
    given = None if reference is None else np.array(reference, np.float32)
    found = np.asarray(slope(rule, np.array(values, np.float32), given))
    assert found.dtype == np.float32
    return [float(value) for value in found]


def test_the_ordinary_slope_is_one_above_zero() -> None:
    assert slopes("gradient", [-2, -1e-9, 0, 1e-9, 3]) == [0, 0, 0, 1, 1]


def test_epsilon_lrp_takes_output_over_a_somewhat_larger_input() -> None:
    found = slopes("elrp", [-2, 0, 1e-4, 1, 1000])
    np.testing.assert_allclose(found, [0, 0, 0.5, 1 / (1 + EPSILON), 1000 / (1000 + EPSILON)], rtol=1e-6)
    assert slopes("elrp", [-EPSILON]) == [0]


@pytest.mark.parametrize(
    ("value", "reference", "expected"),
    [
        (2, 1, 1),
        (2, -2, 0.5),
        (-2, 2, 0.5),
        (-1, -3, 0),
        (3, -1, 0.75),
        (1, 0, 1),
        (0, -1, 0),
        (1 + TINY / 4, 1, 1),  # no change: the slope halfway
        (-1, -1 - TINY / 4, 0),
        (0, 0, 0),
        (TINY / 2, 0, 1),
        (TINY / 2, -TINY / 4, 1),
        (TINY / 4, -TINY / 2, 0),
        (2 * TINY, 0, 1),
        (TINY, -TINY, 0.5),
    ],
)
def test_deeplift_takes_the_change_of_the_output_over_that_of_the_input(
    value: float, reference: float, expected: float
) -> None:
    (found,) = slopes("deeplift", [value], [reference])
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_reference_may_be_one_row_for_all() -> None:
    values = np.random.default_rng(1).normal(size=(4, 3, 2)).astype(np.float32)
    reference = values[-1:]
    found = np.asarray(slope("deeplift", values, reference))
    assert found.shape == values.shape
    for row, one in zip(values, found, strict=True):
        np.testing.assert_array_equal(np.asarray(slope("deeplift", row, reference[0])), one)


@pytest.mark.parametrize("rule", get_args(Rule))
def test_the_rectifier_multiplies_what_flows_back(rule: Rule) -> None:
    values = tf.constant(np.random.default_rng(2).normal(size=(5, 4)).astype(np.float32))
    upstream = np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)
    layer = Rectifier(rule)
    with tf.GradientTape() as tape:
        tape.watch(values)
        out = layer(values)
        total = tf.reduce_sum(out * upstream)
    np.testing.assert_array_equal(out.numpy(), np.maximum(values.numpy(), 0))
    expected = upstream * np.asarray(slope(rule, values.numpy(), values.numpy()[-1:]))
    np.testing.assert_allclose(tape.gradient(total, values).numpy(), expected, rtol=1e-6)
    assert layer.compute_output_shape((None, 7, 2)) == (None, 7, 2)


def dense_network(written: str) -> keras.Model:
    """Return two ReLUs, each part of a layer or a layer of its own."""
    keras.utils.set_random_seed(4)
    layers = keras.layers
    tensor = given = keras.Input((3,), name="halflife")
    for units in (5, 4):
        if written == "argument":
            tensor = layers.Dense(units, activation="relu", bias_initializer=_bias())(tensor)
        else:
            tensor = layers.Dense(units, bias_initializer=_bias())(tensor)
            tensor = layers.ReLU()(tensor) if written == "layer" else layers.Activation("relu")(tensor)
        tensor = layers.Dropout(0.5)(tensor)
    return keras.Model(given, layers.Dense(1)(tensor))


def _bias() -> Any:
    return keras.initializers.RandomNormal(0, 0.5)


def by_hand(model: keras.Model, rule: Rule, values: np.ndarray) -> np.ndarray:
    """Return the gradients that a rule gives a network of dense layers, the last row being the baseline."""
    weights = [layer.get_weights() for layer in model.layers if layer.weights]
    before = []
    rows = values.astype(np.float64)
    for kernel, bias in weights[:-1]:
        before.append(rows @ kernel + bias)
        rows = np.maximum(before[-1], 0)
    upstream = np.repeat(weights[-1][0].T, len(values), axis=0)
    for (kernel, _), inputs in zip(weights[-2::-1], before[::-1], strict=True):
        rows = inputs.astype(np.float32)
        upstream = (upstream * np.asarray(slope(rule, rows, rows[-1:]))) @ kernel.T
    return upstream


@pytest.mark.parametrize("rule", get_args(Rule))
@pytest.mark.parametrize("written", ["argument", "layer", "activation"])
def test_every_relu_of_a_network_follows_the_rule(written: str, rule: Rule) -> None:
    model = dense_network(written)
    values = np.random.default_rng(6).normal(size=(7, 3)).astype(np.float32)
    given = keras.Input((3,))
    changed = keras.Model(given, with_rule(model.outputs[0], {id(model.inputs[0]): given}, rule))
    assert sum(isinstance(layer, Rectifier) for layer in changed.layers) == 2
    rows = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        out = changed(rows, training=False)
    np.testing.assert_allclose(out.numpy(), model(rows, training=False).numpy(), rtol=1e-6)
    found = tape.gradient(out, rows).numpy()
    np.testing.assert_allclose(found, by_hand(model, rule, values), rtol=1e-4, atol=1e-6)


def test_the_network_that_was_copied_keeps_its_layers() -> None:
    model = dense_network("argument")
    before = [getattr(layer, "activation", None) for layer in model.layers]
    given = keras.Input((3,))
    changed = keras.Model(given, with_rule(model.outputs[0], {id(model.inputs[0]): given}, "elrp"))
    assert [getattr(layer, "activation", None) for layer in model.layers] == before
    changed.layers[1].set_weights([weight + 1 for weight in changed.layers[1].get_weights()])
    assert not np.array_equal(changed.layers[1].get_weights()[0], model.layers[1].get_weights()[0])


@pytest.mark.parametrize("activation", ["tanh", "elu", "leaky_relu", "sigmoid"])
@pytest.mark.parametrize("rule", get_args(Rule))
def test_other_activations_are_refused_by_name(activation: str, rule: Rule) -> None:
    given = keras.Input((3,), name="halflife")
    middle = keras.layers.Dense(4, activation=activation, name="middle")(given)
    with pytest.raises(InputError, match=f"layer middle has the activation {activation}"):
        with_rule(keras.layers.Dense(1)(middle), {id(given): keras.Input((3,))}, rule)
