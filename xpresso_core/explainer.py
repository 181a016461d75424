"""Gradients of one network by its inputs: ordinary ones, and those of epsilon-LRP and DeepLIFT.

The network is cut behind its first block. That block is done from DNA codes (`attribution_front`), the rest by
TensorFlow. Where the first block does not fit, or where it is asked for, all is done from one-hot DNA: that is the
plain way, the reference of the fast one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from xpresso_core.attribution_front import Front
from xpresso_core.errors import DeviceError
from xpresso_core.keras_graph import first_block
from xpresso_core.relu_rules import Rule, slope, with_rule
from xpresso_core.sequence import Codes, one_hot
from xpresso_core.stem import supports_stem

Floats = npt.NDArray[np.float32]


class Gradients(NamedTuple):
    """Gradients by the inputs.

    Attributes
    ----------
    promoter
        float32 ``[gene, position, 4]``; no positions for a network without promoter.
    halflife
        float32 ``[gene, feature]``; no features for a network without.
    """

    promoter: Floats
    halflife: Floats


class _Entry(NamedTuple):
    """What enters the network behind the cut, for genes and baseline, and the way from there to the bases."""

    values: Floats
    baseline: Floats
    back: Callable[[Floats], Floats]


class Explainer:
    """A network whose output, a z-score, is to be explained.

    Parameters
    ----------
    model
        A plain Keras model, as `bundle.Bundle.members` holds them.
    use_stem
        False for the plain way, True for the fast one, None for what runs here.

    Attributes
    ----------
    front
        The first block; None for the plain way.

    Raises
    ------
    DeviceError
        If Keras runs on another backend than TensorFlow, or the stem is asked for and cannot be used.
    """

    def __init__(self, model: keras.Model, use_stem: bool | None = None) -> None:
        if keras.backend.backend() != "tensorflow":
            what = f"Keras runs on {keras.backend.backend()}, and attribution needs TensorFlow"
            raise DeviceError(what, where="attribution", remedy="Set KERAS_BACKEND=tensorflow")
        self.front: Front | None = None
        self._output = model.outputs[0]
        self._entries = {tensor.name: tensor for tensor in model.inputs}
        self._tails: dict[Rule, keras.Model] = {}
        self._slopes: dict[Rule, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        if "promoter" in self._entries and (use_stem is True or (use_stem is None and supports_stem(model))):
            self._cut(model)

    def _cut(self, model: keras.Model) -> None:
        block = first_block(model)
        if block is None:
            what = "the stem cannot run the first layers of this model"
            raise DeviceError(what, where="attribution", remedy="Pass use_stem=False")
        self.front = Front.of(block, self._entries["promoter"].shape[1])
        self._entries["promoter"] = block.pooled

    def tail(self, rule: Rule) -> keras.Model:
        """Return the network behind the cut, each of its ReLUs with a rule.

        It takes a dictionary of ``promoter`` (one-hot, or what the first block gives) and ``halflife``, as far
        as the network reads them.

        Raises
        ------
        InputError
            If the network has activations other than ReLU.
        """
        if rule not in self._tails:
            inputs = {
                name: keras.Input(tensor.shape[1:], name=name) for name, tensor in self._entries.items()
            }
            given = {id(tensor): inputs[name] for name, tensor in self._entries.items()}
            self._tails[rule] = keras.Model(inputs, with_rule(self._output, given, rule))
        return self._tails[rule]

    def gradients(
        self, rule: Rule, codes: Codes | None, halflife: Floats | None, background: Floats
    ) -> Gradients:
        """Return what flows back to the inputs.

        Parameters
        ----------
        rule
            How ReLUs let it through.
        codes
            ``uint8 [gene, position]``, None for a network without promoter.
        halflife
            float32 ``[gene, feature]`` z-scores, None for a network without.
        background
            float32 ``[letter (4)]``: what each base of DeepLIFT's baseline is; its half-life features are zeros.
        """
        entries = {}
        if codes is not None:
            entries["promoter"] = self._promoter_entry(rule, codes, background)
        if halflife is not None:
            entries["halflife"] = _Entry(halflife, np.zeros_like(halflife[:1]), lambda upstream: upstream)
        if rule not in self._slopes:
            self._slopes[rule] = _gradient_function(self.tail(rule))
        rows = {name: np.concatenate([entry.values, entry.baseline]) for name, entry in entries.items()}
        upstream = self._slopes[rule](rows)
        found = {name: entry.back(np.asarray(upstream[name])[:-1]) for name, entry in entries.items()}
        return gradients_of(found, len(next(iter(entries.values())).values))

    def _promoter_entry(self, rule: Rule, codes: Codes, background: Floats) -> _Entry:
        if self.front is not None:
            return _front_entry(self.front, rule, codes, background)
        baseline = np.tile(background, (1, codes.shape[1], 1))
        return _Entry(one_hot(codes), baseline, lambda upstream: upstream)


def gradients_of(found: dict[str, Floats], genes: int) -> Gradients:
    """Return the gradients by the inputs that a network has, and empty ones by the others."""
    promoter = found.get("promoter", np.zeros((genes, 0, 4), np.float32))
    return Gradients(promoter, found.get("halflife", np.zeros((genes, 0), np.float32)))


def _front_entry(front: Front, rule: Rule, codes: Codes, background: Floats) -> _Entry:
    values, positions = front.winners(codes)
    at_background = front.background_values(background)
    if rule == "deeplift":
        # The pooling follows the ReLU: where nothing is above zero, the first of its zeros wins.
        silent = values <= 0
        values = np.where(silent, front.values_at(codes, front.first_positions), values)
        positions = np.where(silent, front.first_positions[:, None], positions)
    reference = at_background[positions, np.arange(positions.shape[-1])]
    baseline = at_background.reshape(front.place.bins, front.place.pool, -1).max(axis=1)

    def back(upstream: Floats) -> Floats:
        return front.to_bases(positions, upstream * np.asarray(slope(rule, values, reference)))

    return _Entry(np.maximum(values, 0), np.maximum(baseline, 0)[None], back)


def _gradient_function(tail: keras.Model) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a function that gives the gradients of all rows of a batch."""
    import tensorflow as tf

    shapes = {tensor.name: tf.TensorSpec(tensor.shape, tf.float32) for tensor in tail.inputs}

    @tf.function(input_signature=[shapes])
    def slopes(inputs: dict[str, Any]) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(tail(inputs, training=False))
        return dict(tape.gradient(total, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO))

    return slopes  # type: ignore[no-any-return]
