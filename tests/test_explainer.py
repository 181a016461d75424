"""Gradients of networks of many shapes: through the stem against the plain way, and both against TensorFlow."""

from __future__ import annotations

from typing import Any, get_args

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from xpresso_core.architecture import Architecture, Convolution, Dense
from xpresso_core.errors import DeviceError, InputError
from xpresso_core.explainer import Explainer
from xpresso_core.genome import Window
from xpresso_core.network import build
from xpresso_core.relu_rules import Rule
from xpresso_core.sequence import Codes, one_hot

Array = npt.NDArray[np.float32]

LENGTH = 100
FEATURES = 3
BOTH = ("promoter", "halflife")
BACKGROUND = np.array([0.5, 0.25, 0.125, 0.0], np.float32)
GENES = 5


def shape(*convolutions: Convolution, dense: tuple[Dense, ...] = (Dense(6),)) -> Architecture:
    return Architecture(Window(60, 40), convolutions, dense)


SHAPES: dict[str, tuple[Architecture, tuple[Any, ...]]] = {
    "one convolution": (shape(Convolution(9, 5, 10)), BOTH),
    "one, with a rest": (shape(Convolution(33, 6, 30)), BOTH),
    "one, of one base": (shape(Convolution(7, 1, 7)), BOTH),
    "one, without pooling": (shape(Convolution(7, 4, 1)), BOTH),
    "one, dilated": (shape(Convolution(9, 4, 9, dilation=3), dense=(Dense(6), Dense(2))), BOTH),
    "one pool": (shape(Convolution(9, 4, 100)), BOTH),
    "two convolutions": (shape(Convolution(9, 6, 7, 0.1), Convolution(8, 5, 3, 0.1)), BOTH),
    "two, dilated": (shape(Convolution(9, 3, 5, dilation=2), Convolution(8, 4, 4, dilation=3)), BOTH),
    "two, promoter only": (shape(Convolution(9, 6, 4), Convolution(8, 3, 6), dense=()), ("promoter",)),
    "three convolutions": (
        shape(Convolution(9, 5, 3, dilation=2), Convolution(8, 4, 4, 0.2), Convolution(7, 3, 2, dilation=2)),
        BOTH,
    ),
    "three, with rests": (shape(Convolution(8, 4, 4), Convolution(6, 3, 10), Convolution(5, 3, 1)), BOTH),
}
"""Pools that divide what they pool, or do not, and kernels that reach over the ends of some or of all pools."""
RELEASED = ("same", "valid")
"""Paddings of networks written as the released ones are: convolution and ReLU are two layers."""
PROMOTER_NETWORKS = (
    *(name for name in SHAPES if name not in {"one convolution", "one, without pooling"}),
    *RELEASED,
)
"""Those that all methods are tried on."""


def randomise(model: keras.Model, seed: int) -> keras.Model:
    """Give a network random weights, biases too.

    Those of the first convolution are multiples of 1/8: its sums are exact in any order, so ties stay ties.
    """
    rng = np.random.default_rng(seed)
    first = True
    for layer in model.layers:
        if not layer.weights:
            continue
        kernel, bias = (weight.shape for weight in layer.weights)
        if first and len(kernel) == 3:
            weights = [rng.integers(-8, 9, kernel) / 8, rng.integers(-12, 9, bias) / 8]
        else:
            scale = 1.5 / np.sqrt(np.prod(kernel[:-1]))
            weights = [rng.normal(0, scale, kernel), rng.normal(0, 0.3, bias)]
        layer.set_weights([weight.astype(np.float32) for weight in weights])
        first = False
    return model


def released(padding: str) -> keras.Model:
    """Return a network with ReLU in layers of its own."""
    layers = keras.layers
    promoter, halflife = keras.Input((LENGTH, 4), name="promoter"), keras.Input((FEATURES,), name="halflife")
    tensor = promoter
    for width, pool in ((6, 7), (5, 3)):
        tensor = layers.Conv1D(9, width, padding=padding)(tensor)
        tensor = layers.MaxPooling1D(pool)(layers.Activation("relu")(tensor))
    tensor = layers.Concatenate()([layers.Flatten()(tensor), halflife])
    tensor = layers.Dropout(0.1)(layers.ReLU()(layers.Dense(6)(tensor)))
    return keras.Model([promoter, halflife], layers.Dense(1, name="expression")(tensor))


def network(name: str, seed: int = 5) -> keras.Model:
    """Return the network of a name in `PROMOTER_NETWORKS`."""
    if name in RELEASED:
        return randomise(released(name), seed)
    architecture, inputs = SHAPES[name]
    return randomise(build(architecture, inputs, FEATURES), seed)


def features_only(seed: int = 5) -> keras.Model:
    return randomise(build(shape(Convolution(4, 4, 4)), ("halflife",), FEATURES), seed)


def read_twice() -> keras.Model:
    """Return a network whose promoter is read by two layers, which the stem cannot run."""
    layers = keras.layers
    promoter = keras.Input((LENGTH, 4), name="promoter")
    branches = [
        layers.Flatten()(layers.MaxPooling1D(10)(layers.Conv1D(5, width, activation="relu")(promoter)))
        for width in (3, 6)
    ]
    return randomise(keras.Model([promoter], layers.Dense(1)(layers.Concatenate()(branches))), 5)


def promoters(genes: int = GENES) -> Codes:
    """Return random promoters with N at the ends, inside, and all along the last one."""
    codes = np.random.default_rng(2).integers(0, 4, (genes, LENGTH), np.uint8)
    codes[0, :7] = codes[1, -9:] = codes[1 % genes, 40:72] = 4
    codes[2 % genes, ::11] = 4
    codes[-1] = 4
    return codes


def halflives(genes: int = GENES) -> Array:
    return np.random.default_rng(3).normal(size=(genes, FEATURES)).astype(np.float32)


def takes_halflife(model: keras.Model) -> bool:
    return any(tensor.name == "halflife" for tensor in model.inputs)


def assert_close(found: Array, expected: Array, share: float = 1e-5) -> None:
    """Check that two arrays agree, to a share of the largest value."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(
        found, expected, rtol=0, atol=share * max(np.abs(expected).max(initial=0), 1e-3)
    )


@pytest.mark.parametrize("name", PROMOTER_NETWORKS)
def test_the_stem_and_the_plain_way_agree(name: str) -> None:
    model, codes = network(name), promoters()
    halflife = halflives() if takes_halflife(model) else None
    fast, plain = Explainer(model, True), Explainer(model, False)
    assert fast.front is not None
    assert plain.front is None
    for rule in get_args(Rule):
        one, other = (way.gradients(rule, codes, halflife, BACKGROUND) for way in (fast, plain))
        assert_close(one.promoter, other.promoter)
        assert_close(one.halflife, other.halflife)
        assert np.abs(one.promoter).max() > 1e-3, "the network is dead"


@pytest.mark.parametrize("name", ["two convolutions"])
def test_the_stem_and_the_plain_way_agree_for_any_weights(name: str) -> None:
    model = network(name)
    rng = np.random.default_rng(8)
    for weight in model.weights[:2]:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    codes, halflife = rng.integers(0, 4, (9, LENGTH), np.uint8), halflives(9)
    background = np.array([0.2617064, 0.2335449, 0.2379253, 0.2668234], np.float32)
    for rule in get_args(Rule):
        one, other = (
            Explainer(model, way).gradients(rule, codes, halflife, background) for way in (True, False)
        )
        assert_close(one.promoter, other.promoter)
        assert_close(one.halflife, other.halflife)


@pytest.mark.parametrize("name", ["three convolutions", "valid"])
@pytest.mark.parametrize("use_stem", [True, False])
def test_the_ordinary_gradient_is_that_of_tensorflow(name: str, use_stem: bool) -> None:
    model, codes, halflife = network(name), promoters(), halflives()
    given = {"promoter": tf.constant(one_hot(codes)), "halflife": tf.constant(halflife)}
    arrays = [given[tensor.name] for tensor in model.inputs]
    with tf.GradientTape() as tape:
        tape.watch(arrays)
        total = tf.reduce_sum(model(arrays, training=False))
    expected = dict(zip([one.name for one in model.inputs], tape.gradient(total, arrays), strict=True))
    found = Explainer(model, use_stem).gradients(
        "gradient", codes, halflife if "halflife" in expected else None, BACKGROUND
    )
    assert_close(found.promoter, expected["promoter"].numpy())
    if "halflife" in expected:
        assert_close(found.halflife, expected["halflife"].numpy())
    else:
        assert found.halflife.shape == (GENES, 0)


@pytest.mark.parametrize("use_stem", [True, False])
@pytest.mark.parametrize("rule", ["gradient", "deeplift"])
def test_each_gene_is_explained_alone(rule: Any, use_stem: bool) -> None:
    explainer, codes, halflife = Explainer(network("two convolutions"), use_stem), promoters(), halflives()
    whole = explainer.gradients(rule, codes, halflife, BACKGROUND)
    order = np.array([3, 0, 4])
    part = explainer.gradients(rule, codes[order], halflife[order], BACKGROUND)
    assert_close(part.promoter, whole.promoter[order])
    assert_close(part.halflife, whole.halflife[order])


def test_ordinary_gradients_and_elrp_know_no_background() -> None:
    explainer, codes, halflife = Explainer(network("two convolutions"), True), promoters(), halflives()
    for rule in get_args(Rule):
        one, other = (
            explainer.gradients(rule, codes, halflife, value).promoter
            for value in (BACKGROUND, np.zeros(4, np.float32))
        )
        assert np.array_equal(one, other) == (rule != "deeplift")


@pytest.mark.parametrize("use_stem", [None, True, False])
@pytest.mark.parametrize("rule", get_args(Rule))
def test_a_network_of_features_alone_needs_no_promoter(rule: Any, use_stem: bool | None) -> None:
    explainer, halflife = Explainer(features_only(), use_stem), halflives()
    found = explainer.gradients(rule, None, halflife, BACKGROUND)
    assert found.promoter.shape == (GENES, 0, 4)
    assert found.halflife.shape == halflife.shape
    assert (np.abs(found.halflife) > 0).any()


def test_what_the_stem_cannot_run_goes_the_plain_way_unless_the_stem_is_asked_for() -> None:
    model, codes = read_twice(), promoters()
    free, plain = Explainer(model), Explainer(model, False)
    assert free.front is None
    for rule in get_args(Rule):
        one, other = (way.gradients(rule, codes, None, BACKGROUND).promoter for way in (free, plain))
        np.testing.assert_array_equal(one, other)
    with pytest.raises(DeviceError, match="the stem cannot run the first layers.*use_stem=False"):
        Explainer(model, True)


def test_the_stem_is_taken_by_itself_where_it_fits() -> None:
    on_gpu = bool(tf.config.get_visible_devices("GPU"))
    assert (Explainer(network("one convolution")).front is None) == on_gpu


@pytest.mark.parametrize("use_stem", [True, False])
@pytest.mark.parametrize("how", ["argument", "layer"])
def test_activations_other_than_relu_are_refused(how: str, use_stem: bool) -> None:
    layers = keras.layers
    promoter = keras.Input((LENGTH, 4), name="promoter")
    tensor = layers.Flatten()(
        layers.MaxPooling1D(10)(layers.Conv1D(5, 3, activation="relu", padding="same")(promoter))
    )
    if how == "argument":
        tensor = layers.Dense(4, activation="tanh")(tensor)
    else:
        tensor = layers.Activation("tanh")(layers.Dense(4)(tensor))
    explainer = Explainer(keras.Model(promoter, layers.Dense(1)(tensor)), use_stem)
    with pytest.raises(InputError, match="has the activation tanh.*Only networks with ReLU"):
        explainer.gradients("deeplift", promoters(), None, BACKGROUND)


@pytest.mark.parametrize(
    "activation",
    [
        keras.layers.LeakyReLU(),
        keras.layers.ELU(),
        keras.layers.ReLU(max_value=6),
        keras.layers.ReLU(negative_slope=0.1),
        keras.layers.Softmax(),
        keras.layers.Dense(4, activation=keras.layers.ReLU(max_value=6)),
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, activation="tanh")]),
    ],
    ids=["LeakyReLU", "ELU", "capped", "leaky ReLU", "Softmax", "layer as argument", "network as layer"],
)
def test_layers_that_are_other_activations_are_refused(activation: Any) -> None:
    layers = keras.layers
    halflife = keras.Input((FEATURES,), name="halflife")
    model = keras.Model(halflife, layers.Dense(1)(activation(layers.Dense(4)(halflife))))
    with pytest.raises(InputError, match="Only networks with ReLU"):
        Explainer(model).gradients("deeplift", None, halflives(), BACKGROUND)


def test_a_layer_with_relu_that_is_used_twice_is_explained() -> None:
    layers = keras.layers
    halflife, twice = keras.Input((FEATURES,), name="halflife"), layers.Dense(FEATURES, activation="relu")
    model = randomise(keras.Model([halflife], layers.Dense(1)(twice(twice(halflife)))), 3)
    rows = tf.constant(halflives())
    with tf.GradientTape() as tape:
        tape.watch(rows)
        total = tf.reduce_sum(model([rows], training=False))
    found = Explainer(model).gradients("gradient", None, halflives(), BACKGROUND)
    assert_close(found.halflife, tape.gradient(total, rows).numpy())


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = features_only()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(DeviceError, match=r"Keras runs on jax.*KERAS_BACKEND=tensorflow"):
        Explainer(model)


def test_explaining_leaves_the_network_as_it_was() -> None:
    model, codes, halflife = network("same"), promoters(), halflives()
    before = [weight.copy() for weight in model.get_weights()]
    predicted = model.predict_on_batch([one_hot(codes), halflife])
    explainer = Explainer(model)
    for rule in get_args(Rule):
        explainer.gradients(rule, codes, halflife, BACKGROUND)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.predict_on_batch([one_hot(codes), halflife]), predicted)
