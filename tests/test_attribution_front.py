"""The first block from codes, against Keras on one-hot DNA: values, winners, background and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from xpresso_core.attribution_front import Front
from xpresso_core.keras_graph import first_block
from xpresso_core.sequence import Codes, one_hot
from xpresso_core.threads import set_threads, thread_count

Array = npt.NDArray[np.float32]

LENGTH = 64
SETTINGS: dict[str, dict[str, Any]] = {
    "usual": {},
    "a rest": {"pool": 9},
    "valid": {"padding": "valid", "pool": 10},
    "one base": {"kernel_size": 1},
    "two bases": {"kernel_size": 2, "pool": 5},
    "dilated": {"dilation_rate": 3, "kernel_size": 5},
    "dilated, valid": {"dilation_rate": 2, "kernel_size": 6, "padding": "valid", "pool": 7},
    "reaching beyond": {"dilation_rate": 40, "kernel_size": 3},
    "one pool": {"pool": 64},
    "no pooling": {"pool": 1},
    "no bias": {"use_bias": False},
}


def front(name: str) -> tuple[Front, keras.layers.Conv1D]:
    """Return a front and its convolution, whose weights are multiples of 1/8: sums are exact, so ties are ties."""
    settings = {"filters": 7, "kernel_size": 6, "padding": "same", "activation": "relu"} | SETTINGS[name]
    pool = settings.pop("pool", 8)
    promoter = keras.Input((LENGTH, 4), name="promoter")
    conv = keras.layers.Conv1D(**settings)
    model = keras.Model(promoter, keras.layers.MaxPooling1D(pool)(conv(promoter)))
    rng = np.random.default_rng(4)
    conv.set_weights([(rng.integers(-8, 9, weight.shape) / 8).astype(np.float32) for weight in conv.weights])
    found = first_block(model)
    assert found is not None
    return Front.of(found, LENGTH), conv


def before_relu(conv: keras.layers.Conv1D, rows: Any) -> Any:
    """Return what Keras computes before ReLU."""
    linear = keras.layers.Conv1D.from_config({**conv.get_config(), "activation": "linear"})
    values = linear(rows)
    linear.set_weights(conv.get_weights())
    del values
    return linear(rows)


def promoters() -> Codes:
    codes = np.random.default_rng(5).integers(0, 4, (11, LENGTH), np.uint8)
    codes[0, :9] = codes[1, -5:] = codes[2, 20:44] = 4
    codes[3] = 4
    codes[4] = np.resize(codes[4, :3], LENGTH)  # repeats, whose words tie
    return codes


@pytest.fixture
def threads() -> Iterator[None]:
    before = thread_count()
    yield
    set_threads(before)


@pytest.mark.parametrize("name", SETTINGS)
def test_winners_are_the_first_of_the_largest_values_before_relu(name: str) -> None:
    made, conv = front(name)
    codes = promoters()
    values = np.asarray(before_relu(conv, one_hot(codes)))[:, : made.positions]
    pools = values.reshape(len(codes), made.place.bins, made.place.pool, -1)
    best, positions = made.winners(codes)
    assert (best.dtype, positions.dtype) == (np.float32, np.int32)
    np.testing.assert_array_equal(best, pools.max(axis=2))
    np.testing.assert_array_equal(positions, pools.argmax(axis=2) + made.first_positions[:, None])
    assert (best < 0).any(), "nothing is below zero"


@pytest.mark.parametrize("name", SETTINGS)
def test_values_at_positions_are_those_of_keras(name: str) -> None:
    made, conv = front(name)
    codes = promoters()
    values = np.asarray(before_relu(conv, one_hot(codes)))
    every = np.arange(made.positions, dtype=np.int32)
    some = every[::-2]
    for positions in (every, every[::3], every[-1:], every[:1], made.first_positions, some):
        found = made.values_at(codes, positions)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, values[:, positions])


def test_no_positions_have_no_values() -> None:
    made, _ = front("usual")
    assert made.values_at(promoters(), np.zeros(0, np.int32)).shape == (11, 0, 7)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_background_has_the_values_that_keras_gives_it(name: str) -> None:
    made, conv = front(name)
    for background in ([0.5, 0.25, 0.125, 0.125], [0, 0, 0, 0], [0, 0, 1, 0]):
        rows = np.tile(np.array(background, np.float32), (1, LENGTH, 1))
        values = np.asarray(before_relu(conv, rows))[0, : made.positions]
        found = made.background_values(np.array(background, np.float32))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("name", SETTINGS)
def test_away_from_the_ends_a_background_is_the_same_to_the_last_bit(name: str) -> None:
    made, _ = front(name)
    made = made._replace(kernel=np.random.default_rng(1).normal(size=made.kernel.shape).astype(np.float32))
    values = made.background_values(np.array([0.2617064, 0.2335449, 0.2379253, 0.2668234], np.float32))
    middle = values.reshape(made.place.bins, made.place.pool, -1)[~made.ends].reshape(-1, values.shape[1])
    assert (middle == middle[:1]).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_the_pools_at_the_ends_are_those_that_see_the_padding(name: str) -> None:
    made, conv = front(name)
    conv.set_weights([np.ones_like(weight) for weight in conv.get_weights()])
    seen = np.asarray(before_relu(conv, np.full((1, LENGTH, 4), 0.25, np.float32)))[0, : made.positions, 0]
    short = seen < seen.max() if name != "reaching beyond" else np.ones_like(seen, bool)
    expected = short.reshape(made.place.bins, -1).any(axis=1)
    np.testing.assert_array_equal(made.ends, expected)
    if name in {"valid", "one base", "dilated, valid"}:
        assert not made.ends.any()


@pytest.mark.parametrize("name", SETTINGS)
def test_gradients_come_back_to_the_bases_as_in_tensorflow(name: str) -> None:
    made, conv = front(name)
    rng = np.random.default_rng(6)
    shape = (9, 5, made.kernel.shape[2])
    positions = rng.integers(0, made.positions, shape).astype(np.int32)
    slopes = (rng.integers(-8, 9, shape) / 8).astype(np.float32)
    upstream = np.zeros((9, made.positions, shape[2]), np.float32)
    np.add.at(upstream, (np.arange(9)[:, None, None], positions, np.arange(shape[2])), slopes)
    rows = tf.zeros((9, LENGTH, 4))
    linear = keras.layers.Conv1D.from_config({**conv.get_config(), "activation": "linear"})
    linear.build(rows.shape)
    linear.set_weights(conv.get_weights())
    with tf.GradientTape() as tape:
        tape.watch(rows)
        total = tf.reduce_sum(linear(rows)[:, : made.positions] * upstream)
    expected = tape.gradient(total, rows).numpy()
    found = made.to_bases(positions, slopes)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    # Arrays in another order of memory, as NumPy's transpositions leave them, give the same.
    turned = [np.asfortranarray(array) for array in (positions, slopes)]
    np.testing.assert_array_equal(made.to_bases(*turned), expected)


@pytest.mark.usefixtures("threads")
def test_threads_change_nothing() -> None:
    made, _ = front("usual")
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 5, (61, LENGTH), np.uint8)
    results = []
    for count in (1, 2, 5):
        set_threads(count)
        values, positions = made.winners(codes)
        results.append((values, positions, made.to_bases(positions, values)))
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(one, other)


def test_weights_are_a_copy() -> None:
    made, conv = front("usual")
    kernel = made.kernel.copy()
    conv.set_weights([weight + 1 for weight in conv.get_weights()])
    np.testing.assert_array_equal(made.kernel, kernel)
