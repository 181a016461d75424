"""In-silico mutagenesis: cells computed anew, against one forward pass of the plain network per mutant."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from test_bundle import WINDOW, bundle
from test_explainer import (
    BOTH,
    FEATURES,
    LENGTH,
    PROMOTER_NETWORKS,
    SHAPES,
    features_only,
    halflives,
    network,
    promoters,
    randomise,
    read_twice,
    shape,
    takes_halflife,
)

from xpresso_core import mutagenesis
from xpresso_core.architecture import Convolution
from xpresso_core.errors import DeviceError, InputError
from xpresso_core.mutagenesis import Mutagenesis
from xpresso_core.network import build
from xpresso_core.sequence import Codes, N, one_hot
from xpresso_core.threads import set_threads, thread_count

Array = npt.NDArray[np.float32]


def one_by_one(model: keras.Model, codes: Codes, halflife: Array | None) -> Array:
    """Return the changes by a forward pass of the network on one-hot DNA for each mutant."""
    changes = np.zeros((*codes.shape, 4), np.float32)
    for gene, row in enumerate(codes):
        known = np.flatnonzero(row != N)
        mutants = np.repeat(row[None], len(known) * 4 + 1, axis=0)
        mutants[np.arange(len(known) * 4), np.repeat(known, 4)] = np.tile(np.arange(4), len(known))
        given = {"promoter": one_hot(mutants)}
        if halflife is not None:
            given["halflife"] = np.repeat(halflife[gene : gene + 1], len(mutants), axis=0)
        values = model.predict_on_batch([given[tensor.name] for tensor in model.inputs]).ravel()
        changes[gene, known] = values[:-1].reshape(-1, 4) - values[-1]
    return changes


def assert_right(found: Array, expected: Array, codes: Codes) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    there = codes[..., None] == np.arange(4)
    assert (found[there] == 0).all()
    assert (found[codes == N] == 0).all()


@pytest.mark.parametrize("name", PROMOTER_NETWORKS)
def test_cells_computed_anew_give_what_whole_passes_give(name: str) -> None:
    model, codes = network(name), promoters()
    halflife = halflives() if takes_halflife(model) else None
    expected = one_by_one(model, codes, halflife)
    assert_right(Mutagenesis(model, True).changes(codes, halflife), expected, codes)
    assert np.abs(expected).max() > 1e-2, "the network is dead"


@pytest.mark.parametrize("name", ["two convolutions", "two, promoter only", "valid"])
def test_the_plain_way_gives_the_same(name: str) -> None:
    model, codes = network(name), promoters()
    halflife = halflives() if takes_halflife(model) else None
    found = Mutagenesis(model, False).changes(codes, halflife)
    assert_right(found, one_by_one(model, codes, halflife), codes)


@pytest.mark.parametrize(
    "convolutions",
    [
        (Convolution(5, 6, 1), Convolution(4, 3, 1), Convolution(3, 4, 9)),
        (Convolution(5, 2, 3), Convolution(4, 9, 2, dilation=4)),
        (Convolution(5, 9, 2, dilation=6), Convolution(4, 2, 2), Convolution(3, 2, 2), Convolution(3, 2, 2)),
        (Convolution(5, 3, 20), Convolution(4, 7, 5)),
        (Convolution(5, 3, 9), Convolution(4, 3, 4), Convolution(4, 3, 2)),
    ],
)
def test_unusual_shapes(convolutions: tuple[Convolution, ...]) -> None:
    model = randomise(build(shape(*convolutions), BOTH, FEATURES), 11)
    codes, halflife = promoters(2), halflives(2)
    found = Mutagenesis(model, True).changes(codes, halflife)
    assert_right(found, one_by_one(model, codes, halflife), codes)


@pytest.mark.parametrize("use_bias", [True, False])
def test_networks_without_biases_and_with_layers_between_blocks(use_bias: bool) -> None:
    layers = keras.layers
    keras.utils.set_random_seed(1)
    promoter, halflife = keras.Input((LENGTH, 4), name="promoter"), keras.Input((FEATURES,), name="halflife")
    tensor = promoter
    for between in (layers.Dropout(0.1), layers.BatchNormalization(), layers.Identity()):
        tensor = layers.Conv1D(6, 4, padding="same", activation="relu", use_bias=use_bias)(tensor)
        tensor = between(layers.MaxPooling1D(3)(tensor))
    tensor = layers.Concatenate()([layers.Flatten()(tensor), halflife])
    # Other activations are as good: nothing is said here about slopes.
    model = keras.Model([halflife, promoter], layers.Dense(1)(layers.Dense(4, activation="tanh")(tensor)))
    codes, features = promoters(3), halflives(3)
    found = Mutagenesis(model, True).changes(codes, features)
    assert_right(found, one_by_one(model, codes, features), codes)


def test_what_the_stem_cannot_run_goes_the_plain_way_unless_the_stem_is_asked_for() -> None:
    model, codes = read_twice(), promoters(3)
    assert_right(Mutagenesis(model).changes(codes, None), one_by_one(model, codes, None), codes)
    with pytest.raises(DeviceError, match="the stem cannot run.*use_stem=False"):
        Mutagenesis(model, True)


def test_a_network_without_promoter_is_refused() -> None:
    with pytest.raises(InputError, match="no input 'promoter' but halflife"):
        Mutagenesis(features_only())


def test_bases_beyond_the_last_pool_change_nothing() -> None:
    """In pools of 30, position 89 of 100 is the last, and six taps reach from two bases before to three after."""
    name = "one, with a rest"
    assert SHAPES[name][0].convolutions[0][1:3] == (6, 30)
    codes = np.random.default_rng(4).integers(0, 4, (3, LENGTH), np.uint8)
    found = Mutagenesis(network(name), True).changes(codes, halflives(3))
    assert (found[:, 93:] == 0).all()
    assert (np.abs(found[:, 80:93]) > 1e-4).any()


def test_small_batches_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model, codes, halflife = network("two convolutions"), promoters(2), halflives(2)
    ways = [Mutagenesis(model, use_stem) for use_stem in (True, False)]
    whole = [way.changes(codes, halflife) for way in ways]
    monkeypatch.setattr(mutagenesis, "BATCH", 40)
    monkeypatch.setattr(mutagenesis, "PLAIN_BATCH", 33)
    for way, expected in zip(ways, whole, strict=True):
        np.testing.assert_allclose(way.changes(codes, halflife), expected, rtol=0, atol=1e-6)


def test_substituting_back_undoes_a_change() -> None:
    codes = np.random.default_rng(4).integers(0, 4, (1, LENGTH), np.uint8)
    mutant = codes.copy()
    mutant[0, 50] = (codes[0, 50] + 2) % 4
    way = Mutagenesis(network("three convolutions"), True)
    there, back = (way.changes(row, halflives(1))[0, 50] for row in (codes, mutant))
    np.testing.assert_allclose(there[mutant[0, 50]], -back[codes[0, 50]], atol=1e-6)
    np.testing.assert_allclose(there - back, there[mutant[0, 50]], atol=1e-6)


@pytest.mark.parametrize("use_stem", [None, False])
def test_a_change_is_that_of_the_prediction_of_the_changed_sequence(use_stem: Any) -> None:
    made = bundle(3, scaler=None)
    codes = np.random.default_rng(6).integers(0, 4, (1, WINDOW.length), np.uint8)
    features = np.array([[0.3, -1.2]], np.float32)
    changes = Mutagenesis(made.members[0], use_stem).changes(codes, features)
    before = made.predict(codes, features)[0]
    for position, letter in ((0, 1), (17, 2), (17, 0), (41, 3), (59, 1)):
        mutant = codes.copy()
        mutant[0, position] = letter
        change = made.predict(mutant, features)[0] - before
        assert changes[0, position, letter] == pytest.approx(change[0], abs=1e-6)


def test_threads_change_nothing() -> None:
    model, codes, halflife = network("two convolutions"), promoters(2), halflives(2)
    before = thread_count()
    results = []
    try:
        for count in (1, 3):
            set_threads(count)
            results.append(Mutagenesis(model, True).changes(codes, halflife))
    finally:
        set_threads(before)
    np.testing.assert_array_equal(results[1], results[0])
