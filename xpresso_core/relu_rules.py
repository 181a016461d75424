"""What flows back through a ReLU: the ordinary gradient, or the rules of epsilon-LRP and DeepLIFT.

Both rules replace the slope of each ReLU and leave all else as it is, maximum pooling included: that is how
DeepExplain (Ancona et al. 2018, whose implementation the paper used) defines them. DeepLIFT for PyTorch or in
SHAP treats pooling differently and gives other numbers.
"""

from __future__ import annotations

from typing import Any, Literal

import keras

from xpresso_core.errors import InputError
from xpresso_core.keras_graph import is_relu_layer, replay

Rule = Literal["gradient", "elrp", "deeplift"]

EPSILON = 1e-4
"""What epsilon-LRP adds to the size of a ReLU's input."""
TINY = 1e-5
"""Differences from the reference up to this count as none, in DeepLIFT."""


def slope(rule: Rule, values: Any, reference: Any = None) -> Any:
    """Return what an upstream gradient is multiplied by on its way back through a ReLU.

    Parameters
    ----------
    rule
        ``gradient``: 1 above zero, else 0. ``elrp``: output over input, the size of which grows by
        `EPSILON`. ``deeplift`` (Rescale): the change of the output from the reference over that of the input
        or, where the input changes by no more than `TINY`, the ordinary slope halfway between.
    values
        The input of the ReLU, an array or tensor of any shape.
    reference
        The input of the ReLU for the baseline, of a shape that broadcasts; for ``deeplift``.

    Returns
    -------
    tensor
        Of the shape of ``values``.
    """
    ops = keras.ops
    if rule == "gradient":
        return ops.cast(values > 0, "float32")
    if rule == "elrp":
        return ops.relu(values) / (values + ops.where(values >= 0, EPSILON, -EPSILON))
    change = values - reference
    moved = ops.abs(change) > TINY
    ratio = (ops.relu(values) - ops.relu(reference)) / ops.where(moved, change, 1.0)
    return ops.where(moved, ratio, ops.cast(0.5 * (values + reference) > 0, "float32"))


KNOWN = (
    keras.layers.Conv1D,
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.BatchNormalization,
    keras.layers.MaxPooling1D,
    keras.layers.AveragePooling1D,
    keras.layers.GlobalMaxPooling1D,
    keras.layers.GlobalAveragePooling1D,
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Concatenate,
    keras.layers.Add,
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
)
"""Layers that have no activation but one that they name."""


class Rectifier(keras.layers.Layer):
    """A ReLU whose gradient follows a rule; for ``deeplift`` the last row of a batch is the baseline."""

    def __init__(self, rule: Rule, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rule = rule

    def call(self, values: Any) -> Any:
        """Return the positive part of each value."""
        import tensorflow as tf

        @tf.custom_gradient
        def rectify(values: Any) -> Any:
            def back(upstream: Any) -> Any:
                return upstream * slope(self.rule, values, values[-1:])

            return tf.nn.relu(values), back

        return rectify(values)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the same shape."""
        return input_shape


def with_rule(outputs: Any, given: dict[int, Any], rule: Rule) -> Any:
    """Run a part of a network anew, each of its ReLUs a `Rectifier`.

    Parameters
    ----------
    outputs
        A tensor of the network.
    given
        The tensors where to start, as `keras_graph.replay` takes them. The weights are copies.
    rule
        The rule of all ReLUs.

    Raises
    ------
    InputError
        If a layer has an activation other than ReLU, for which the rules say nothing.
    """

    def call(layer: Any, positional: Any, named: Any) -> Any:
        if is_relu_layer(layer):
            return Rectifier(rule)(*positional)
        activation = getattr(layer, "activation", keras.activations.linear)
        if not isinstance(layer, KNOWN) or activation not in {
            keras.activations.linear,
            keras.activations.relu,
        }:
            other = activation if isinstance(layer, KNOWN) else layer
            name = getattr(other, "__name__", type(other).__name__)
            what = f"layer {layer.name} has the activation {name}"
            raise InputError(what, where="attribution", remedy="Only networks with ReLU can be explained")
        if activation is keras.activations.linear:
            return layer(*positional, **named)
        linear = type(layer).from_config({**layer.get_config(), "activation": "linear", "name": None})
        result = linear(*positional, **named)
        linear.set_weights(layer.get_weights())
        return Rectifier(rule)(result)

    return replay(outputs, given, call)
