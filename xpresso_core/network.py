"""The Keras model that an architecture describes."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from xpresso_core.architecture import Architecture, Input, check_fits


def build(architecture: Architecture, inputs: tuple[Input, ...], features: int) -> keras.Model:
    """Make the untrained network.

    All kernels start from the Glorot normal distribution, as the paper's text says (its published code
    leaves the dense layers at Keras' default, Glorot uniform).

    Parameters
    ----------
    architecture
        The hyperparameters.
    inputs
        ``promoter``, ``halflife`` or both; without the promoter there are no convolutions.
    features
        Number of half-life features.

    Returns
    -------
    keras.Model
        Inputs ``promoter float32 [batch, window, 4]`` (one-hot) and ``halflife float32 [batch, features]``
        (z-scores) as asked for; output ``expression float32 [batch, 1]``, the z-scored label.

    Raises
    ------
    ConfigError
        If pooling leaves nothing of the window.
    """
    if "promoter" in inputs:
        check_fits(architecture)
    model_inputs = []
    branches = []
    if "promoter" in inputs:
        promoter = keras.Input((architecture.window.length, 4), name="promoter")
        model_inputs.append(promoter)
        branches.append(_convolved(promoter, architecture))
    if "halflife" in inputs:
        halflife = keras.Input((features,), name="halflife")
        model_inputs.append(halflife)
        branches.append(halflife)
    tensor = layers.Concatenate(name="join")(branches) if len(branches) > 1 else branches[0]
    for number, dense in enumerate(architecture.dense, start=1):
        name = f"dense_{number}"
        tensor = layers.Dense(dense.units, "relu", kernel_initializer="glorot_normal", name=name)(tensor)
        if dense.dropout:
            tensor = layers.Dropout(dense.dropout, name=f"dense_dropout_{number}")(tensor)
    output = layers.Dense(1, kernel_initializer="glorot_normal", name="expression")(tensor)
    return keras.Model(model_inputs, output)


def _convolved(promoter: Any, architecture: Architecture) -> Any:
    """Return the flattened convolutions of a one-hot promoter."""
    tensor = promoter
    for number, layer in enumerate(architecture.convolutions, start=1):
        tensor = layers.Conv1D(
            layer.filters,
            layer.width,
            padding="same",
            dilation_rate=layer.dilation,
            activation="relu",
            kernel_initializer="glorot_normal",
            name=f"convolution_{number}",
        )(tensor)
        tensor = layers.MaxPooling1D(layer.pool, name=f"pool_{number}")(tensor)
        if layer.dropout:
            tensor = layers.Dropout(layer.dropout, name=f"convolution_dropout_{number}")(tensor)
    return layers.Flatten(name="flatten")(tensor)
