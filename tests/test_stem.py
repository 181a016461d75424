"""The stem against the plain Keras layers that it stands for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from xpresso_core import stem
from xpresso_core.errors import DeviceError, InputError
from xpresso_core.sequence import encode, one_hot, reverse_complement
from xpresso_core.stem import (
    OneHot,
    Stem,
    codes_model,
    stem_forward,
    stem_forward_argmax,
    stem_gradient,
    supports_stem,
)
from xpresso_core.threads import set_threads, thread_count

Array = npt.NDArray[np.float32]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def threads() -> Iterator[None]:
    before = thread_count()
    yield
    set_threads(before)


def weights(rng: np.random.Generator, width: int, filters: int) -> tuple[Array, Array]:
    """Return small multiples of 1/8: their sums are exact, so ties are ties in any order of summation."""
    kernel = rng.integers(-8, 9, (width, 4, filters)) / 8
    return kernel.astype(np.float32), (rng.integers(-24, 9, filters) / 8).astype(np.float32)


def plain_layers(
    codes: npt.NDArray[np.uint8], kernel: Array, bias: Array, pool: int, padding: str, dilation: int = 1
) -> tuple[Array, Array, Array, Array]:
    """Return output, an upstream gradient, and the gradients by kernel and bias that TensorFlow finds."""
    conv = keras.layers.Conv1D(
        len(bias), len(kernel), padding=padding, dilation_rate=dilation, activation="relu"
    )
    pooling = keras.layers.MaxPooling1D(pool)
    x = tf.constant(one_hot(codes))
    conv.build(x.shape)
    conv.set_weights([kernel, bias])
    with tf.GradientTape() as tape:
        pooled = pooling(conv(x))
        upstream = np.random.default_rng(0).integers(-4, 5, pooled.shape).astype(np.float32)
        loss = tf.reduce_sum(pooled * upstream)
    by_kernel, by_bias = tape.gradient(loss, [conv.kernel.value, conv.bias.value])
    return pooled.numpy(), upstream, by_kernel.numpy(), by_bias.numpy()


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("pool", [1, 4, 30])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 6, 7, 9, 12, 20])
def test_equals_keras_exactly(rng: np.random.Generator, width: int, pool: int, padding: str) -> None:
    codes = rng.integers(0, 5, (11, 97), np.uint8)
    kernel, bias = weights(rng, width, 33)
    expected, upstream, by_kernel, by_bias = plain_layers(codes, kernel, bias, pool, padding)
    pooled, winners = stem_forward_argmax(codes, kernel, bias, pool, padding)
    np.testing.assert_array_equal(stem_forward(codes, kernel, bias, pool, padding), expected)
    np.testing.assert_array_equal(pooled, expected)
    got_kernel, got_bias = stem_gradient(codes, winners, upstream, width=width, pool=pool, padding=padding)
    # Exact, ties included: repeated words tie in most pools here, and TensorFlow takes the first.
    np.testing.assert_array_equal(got_kernel, by_kernel)
    np.testing.assert_array_equal(got_bias, by_bias)


def test_equals_keras_for_any_weights(rng: np.random.Generator) -> None:
    codes = rng.integers(0, 5, (9, 500), np.uint8)
    kernel = rng.normal(size=(6, 4, 128)).astype(np.float32)
    bias = rng.normal(size=128).astype(np.float32)
    expected, upstream, by_kernel, by_bias = plain_layers(codes, kernel, bias, 30, "same")
    pooled, winners = stem_forward_argmax(codes, kernel, bias, 30)
    np.testing.assert_allclose(pooled, expected, rtol=1e-5, atol=2e-6)
    got_kernel, got_bias = stem_gradient(codes, winners, upstream, width=6, pool=30)
    np.testing.assert_allclose(got_kernel, by_kernel, rtol=1e-5, atol=1e-5 * np.abs(by_kernel).max())
    np.testing.assert_allclose(got_bias, by_bias, rtol=1e-5, atol=1e-5 * np.abs(by_bias).max())


@pytest.mark.parametrize("width", range(1, 11))
@pytest.mark.parametrize("dilation", [1, 2, 3, 4])
def test_dilation_equals_keras_exactly(rng: np.random.Generator, dilation: int, width: int) -> None:
    codes = rng.integers(0, 5, (7, 97), np.uint8)
    codes[1, 20:70] = 4
    codes[2] = np.resize(codes[2, :4], 97)  # repeats, whose words tie
    kernel, bias = weights(rng, width, 33)
    for padding in ("same", "valid"):
        expected, upstream, *gradients = plain_layers(codes, kernel, bias, 6, padding, dilation)
        pooled, winners = stem_forward_argmax(codes, kernel, bias, 6, padding, dilation=dilation)
        np.testing.assert_array_equal(pooled, expected)
        again = stem_forward(codes, kernel, bias, 6, padding, dilation=dilation)
        np.testing.assert_array_equal(again, expected)
        got = stem_gradient(codes, winners, upstream, width=width, pool=6, padding=padding, dilation=dilation)
        for one, other in zip(got, gradients, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("width", range(1, 11))
@pytest.mark.parametrize("dilation", [1, 2, 3, 4])
def test_dilation_equals_keras_for_any_weights(rng: np.random.Generator, dilation: int, width: int) -> None:
    codes = rng.integers(0, 5, (9, 500), np.uint8)
    codes[1, 100:300] = 4
    kernel = rng.normal(size=(width, 4, 40)).astype(np.float32)
    bias = rng.normal(size=40).astype(np.float32)
    expected, upstream, *gradients = plain_layers(codes, kernel, bias, 30, "same", dilation)
    pooled, winners = stem_forward_argmax(codes, kernel, bias, 30, dilation=dilation)
    np.testing.assert_allclose(pooled, expected, rtol=1e-5, atol=2e-6)
    got = stem_gradient(codes, winners, upstream, width=width, pool=30, dilation=dilation)
    for one, other in zip(got, gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("dilation", "length"), [(2, 97), (7, 97), (50, 600), (50, 40)])
def test_dilation_is_a_kernel_with_gaps(
    rng: np.random.Generator, dilation: int, length: int, padding: str
) -> None:
    """Zeros between the taps of an undilated kernel do the same, even where it reaches beyond the sequence."""
    codes = rng.integers(0, 5, (5, length), np.uint8)
    kernel, bias = weights(rng, 4, 20)
    gaps = np.zeros((3 * dilation + 1, 4, 20), np.float32)
    gaps[::dilation] = kernel
    if padding == "valid" and length <= 3 * dilation:
        with pytest.raises(InputError, match="40 bases give 0 positions"):
            stem_forward(codes, kernel, bias, 5, padding, dilation=dilation)
        return
    expected, winners = stem_forward_argmax(codes, gaps, bias, 5, padding)
    got = stem_forward_argmax(codes, kernel, bias, 5, padding, dilation=dilation)
    np.testing.assert_array_equal(got[0], expected)
    np.testing.assert_array_equal(got[1], winners)
    settings = {"pool": 5, "padding": padding}
    by_gaps = stem_gradient(codes, winners, expected, width=len(gaps), **settings)
    by_taps = stem_gradient(codes, winners, expected, width=4, dilation=dilation, **settings)
    np.testing.assert_allclose(by_taps[0], by_gaps[0][::dilation], rtol=1e-6)
    np.testing.assert_array_equal(by_taps[1], by_gaps[1])


def test_finds_a_planted_word() -> None:
    word = one_hot(encode("TATAAA"))
    kernel = word[:, :, None].astype(np.float32)
    codes = np.full((1, 60), 4, np.uint8)
    codes[0, 40:46] = encode("TATAAA")
    pooled, winners = stem_forward_argmax(codes, kernel, np.array([-5.0], np.float32), 30)
    # Two letters of padding on the left of an even kernel: the word that starts at 40 is seen at 42.
    assert pooled.ravel().tolist() == [0, 1]
    assert winners.ravel().tolist() == [-1, 12]


def test_silent_letters_and_short_rests(rng: np.random.Generator) -> None:
    kernel, bias = weights(rng, 6, 40)
    silent = np.full((1, 95), 4, np.uint8)
    pooled, winners = stem_forward_argmax(silent, kernel, bias, 30)
    assert pooled.shape == (1, 3, 40)
    np.testing.assert_array_equal(pooled, np.broadcast_to(np.maximum(bias, 0), pooled.shape))
    np.testing.assert_array_equal(winners, np.broadcast_to(np.where(bias > 0, 0, -1), winners.shape))
    codes = rng.integers(0, 4, (1, 95), np.uint8)
    changed = codes.copy()
    changed[:, 93:] = 4  # position 89 is the last of the third pool and sees up to base 92
    np.testing.assert_array_equal(
        stem_forward(codes, kernel, bias, 30), stem_forward(changed, kernel, bias, 30)
    )


def test_mirror_image(rng: np.random.Generator) -> None:
    """An odd kernel read backwards over the other strand sees the same, in reverse order."""
    codes = rng.integers(0, 5, (5, 120), np.uint8)
    kernel, bias = weights(rng, 7, 32)
    flipped = np.ascontiguousarray(kernel[::-1, ::-1])
    mirrored = np.stack([reverse_complement(row) for row in codes])
    expected = stem_forward(codes, kernel, bias, 10)[:, ::-1]
    np.testing.assert_array_equal(stem_forward(mirrored, flipped, bias, 10), expected)


@pytest.mark.usefixtures("threads")
def test_threads_change_nothing(rng: np.random.Generator) -> None:
    codes = rng.integers(0, 5, (61, 300), np.uint8)
    kernel = rng.normal(size=(6, 4, 64)).astype(np.float32)
    bias = rng.normal(size=64).astype(np.float32)
    upstream = rng.normal(size=(61, 10, 64)).astype(np.float32)
    results = []
    for count in (1, 2, 5):
        set_threads(count)
        pooled, winners = stem_forward_argmax(codes, kernel, bias, 30)
        results.append((pooled, winners, *stem_gradient(codes, winners, upstream, width=6, pool=30)))
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(one, other)


def test_diverged_weights_show(rng: np.random.Generator) -> None:
    kernel, bias = weights(rng, 6, 40)
    kernel[2, 1, 5] = np.nan
    bias[7] = np.inf
    pooled = stem_forward(rng.integers(0, 4, (2, 60), np.uint8), kernel, bias, 30)
    assert np.flatnonzero(np.isnan(pooled).any(axis=(0, 1))).tolist() == [5, 7]
    assert np.isnan(pooled[..., [5, 7]]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codes": np.full((1, 60), 5, np.uint8)}, "code 5 stands for no letter"),
        ({"codes": np.zeros((1, 60), np.int64)}, "not uint8"),
        ({"codes": np.zeros((1, 20), np.uint8)}, "less than one pool"),
        ({"kernel": np.zeros((6, 5, 3), np.float32)}, "are not"),
        ({"padding": "causal"}, "causal"),
        ({"pool": 0}, "outside 1..32767"),
        ({"dilation": 0}, "dilation of 0 is below 1"),
        ({"dilation": 10, "padding": "valid"}, "60 bases give 10 positions, less than one pool of 30"),
    ],
)
def test_refuses_what_it_cannot_read(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {
        "codes": np.zeros((1, 60), np.uint8),
        "kernel": np.zeros((6, 4, 3), np.float32),
        "bias": np.zeros(3, np.float32),
        "pool": 30,
        "padding": "same",
    }
    with pytest.raises(InputError, match=message):
        stem_forward(**(good | change))  # type: ignore[arg-type]


def test_gradient_refuses_what_does_not_fit() -> None:
    codes = np.zeros((1, 60), np.uint8)
    winners, upstream = np.zeros((1, 2, 3), np.int16), np.zeros((1, 2, 3), np.float32)
    with pytest.raises(InputError, match="do not both have shape"):
        stem_gradient(codes, winners, upstream[..., :2], width=6, pool=30)
    with pytest.raises(InputError, match="offset 30 lies outside its pool of 30"):
        stem_gradient(codes, winners + np.int16(30), upstream, width=6, pool=30)
    with pytest.raises(InputError, match="code 9"):
        stem_gradient(codes + np.uint8(9), winners, upstream, width=6, pool=30)


def test_import_leaves_tensorflow_alone() -> None:
    program = "import sys, xpresso_core.stem; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        stem.other  # noqa: B018


def small_model(length: int = 120, seed: int = 3, relu: str = "inside", **conv: object) -> keras.Model:
    """Return a small network of the paper's kind."""
    keras.utils.set_random_seed(seed)
    promoter = keras.Input((length, 4), name="promoter")
    halflife = keras.Input((3,), name="halflife")
    settings = {"filters": 16, "kernel_size": 6, "padding": "same", "activation": "relu"} | conv
    if relu != "inside":
        settings["activation"] = None
    x = keras.layers.Conv1D(**settings)(promoter)
    if relu != "inside":
        x = {"activation": keras.layers.Activation("relu"), "layer": keras.layers.ReLU()}[relu](x)
    x = keras.layers.MaxPooling1D(10)(x)
    x = keras.layers.Conv1D(8, 3, padding="same", activation="relu")(x)
    x = keras.layers.Concatenate()([keras.layers.Flatten()(x), halflife])
    x = keras.layers.Dense(8, activation="relu")(x)
    return keras.Model([promoter, halflife], keras.layers.Dense(1, name="expression")(x), name="small")


def small_data(rng: np.random.Generator, count: int = 48, length: int = 120) -> tuple[np.ndarray, ...]:
    codes = rng.integers(0, 5, (count, length), np.uint8)
    return (
        codes,
        rng.normal(size=(count, 3)).astype(np.float32),
        rng.normal(size=(count, 1)).astype(np.float32),
    )


@pytest.mark.parametrize("relu", ["inside", "activation", "layer"])
def test_model_of_codes_predicts_the_same(rng: np.random.Generator, relu: str) -> None:
    model = small_model(relu=relu)
    codes, halflife, _ = small_data(rng)
    expected = model.predict([one_hot(codes), halflife], verbose=0)
    fast, reference = codes_model(model), codes_model(model, use_stem=False)
    assert any(isinstance(layer, Stem) for layer in fast.layers)
    assert any(isinstance(layer, OneHot) for layer in reference.layers)
    assert [tensor.name for tensor in fast.inputs] == ["codes", "halflife"]
    assert fast.output_names == ["expression"]
    np.testing.assert_array_equal(reference.predict([codes, halflife], verbose=0), expected)
    np.testing.assert_allclose(fast.predict([codes, halflife], verbose=0), expected, rtol=1e-5, atol=1e-6)
    named = fast.predict({"codes": codes, "halflife": halflife}, verbose=0)
    np.testing.assert_allclose(named, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "conv", [{}, {"use_bias": False}, {"dilation_rate": 3}, {"dilation_rate": 2, "padding": "valid"}]
)
def test_training_equals_plain_training(rng: np.random.Generator, conv: dict[str, object]) -> None:
    codes, halflife, label = small_data(rng)
    trained = []
    for kind in ("plain", "stem", "one-hot"):
        model = small_model(**conv)
        run = model if kind == "plain" else codes_model(model, use_stem=kind == "stem")
        x = one_hot(codes) if kind == "plain" else codes
        run.compile(keras.optimizers.SGD(0.02, momentum=0.9), "mse")
        run.fit([x, halflife], label, batch_size=16, epochs=4, shuffle=False, verbose=0)
        trained.append(model.get_weights())
    start = small_model(**conv).get_weights()
    for first, plain, fast, reference in zip(start, *trained, strict=True):
        assert np.abs(plain - first).max() > 1e-4
        np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(reference, plain, rtol=1e-4, atol=1e-5)


def test_gradient_without_training_flag(rng: np.random.Generator) -> None:
    """A tape around a model called for prediction still finds the winners."""
    model = small_model()
    codes, halflife, _ = small_data(rng)
    kernel = model.layers[1].kernel.value
    found = []
    for run, x in ((model, one_hot(codes)), (codes_model(model), codes)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(run([x, halflife], training=False) ** 2)
        found.append(tape.gradient(loss, kernel).numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-5 * np.abs(found[0]).max())


@pytest.mark.parametrize("dilation", [1, 4])
def test_promoter_alone(rng: np.random.Generator, dilation: int) -> None:
    promoter = keras.Input((60, 4), name="promoter")
    x = keras.layers.Conv1D(5, 4, padding="valid", dilation_rate=dilation, activation="relu")(promoter)
    x = keras.layers.Flatten()(keras.layers.MaxPooling1D(7)(x))
    model = keras.Model(promoter, keras.layers.Dense(1)(x))
    codes = rng.integers(0, 5, (4, 60), np.uint8)
    expected = model.predict(one_hot(codes), verbose=0)
    fast = codes_model(model)
    assert any(isinstance(layer, Stem) for layer in fast.layers)
    np.testing.assert_allclose(fast.predict(codes, verbose=0), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("conv", [{"strides": 2}, {"activation": "elu"}, {"padding": "causal"}])
def test_other_first_layers_are_left_to_keras(rng: np.random.Generator, conv: dict[str, object]) -> None:
    model = small_model(**conv)
    assert not supports_stem(model)
    codes, halflife, _ = small_data(rng)
    expected = model.predict([one_hot(codes), halflife], verbose=0)
    np.testing.assert_array_equal(codes_model(model).predict([codes, halflife], verbose=0), expected)
    with pytest.raises(DeviceError, match="use_stem=False"):
        codes_model(model, use_stem=True)


def test_pool_beyond_short_offsets_is_left_to_keras() -> None:
    for pool in (32_767, 32_768):
        promoter = keras.Input((40_000, 4), name="promoter")
        x = keras.layers.Conv1D(2, 3, padding="same", dilation_rate=2, activation="relu")(promoter)
        model = keras.Model(promoter, keras.layers.MaxPooling1D(pool)(x))
        assert supports_stem(model) == (pool == 32_767)


def test_promoter_used_twice_is_left_to_keras() -> None:
    promoter = keras.Input((60, 4), name="promoter")
    branches = [
        keras.layers.Flatten()(
            keras.layers.MaxPooling1D(10)(keras.layers.Conv1D(4, 5, activation="relu")(promoter))
        )
        for _ in range(2)
    ]
    assert not supports_stem(keras.Model(promoter, keras.layers.Concatenate()(branches)))


def test_model_without_promoter_is_refused() -> None:
    x = keras.Input((60, 4), name="dna")
    with pytest.raises(InputError, match="no input 'promoter' but dna"):
        codes_model(keras.Model(x, keras.layers.Flatten()(x)))


def test_one_hot_layer(rng: np.random.Generator) -> None:
    codes = rng.integers(0, 5, (3, 20), np.uint8)
    layer = OneHot()
    encoded = keras.ops.convert_to_numpy(layer(codes))
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded, one_hot(codes))
    assert layer.compute_output_shape((None, 20)) == (None, 20, 4)
    assert isinstance(OneHot.from_config(layer.get_config()), OneHot)


def test_only_the_plain_model_is_saved(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="Stem"):
        codes_model(small_model()).save(tmp_path / "model.keras")


@pytest.mark.real
@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`:UserWarning")
@pytest.mark.parametrize(("name", "file"), [("human", "humanMedian_*"), ("mouse", "mouseMedian_*")])
@pytest.mark.parametrize("use_stem", [True, False])
def test_released_models(real_data: Path, name: str, file: str, use_stem: bool) -> None:
    """The released networks, against their own outputs and a double-precision forward pass."""
    oracle = real_data / "oracles" / "keras"
    with np.load(oracle / "inputs.npz") as inputs, np.load(oracle / "outputs.npz") as outputs:
        codes = np.stack([encode(str(sequence)) for sequence in inputs["seqs"]])
        mirrored = np.stack([reverse_complement(row) for row in codes])
        halflife, expected = inputs["halflife"], dict(outputs)
    (path,) = (real_data / "models").glob(file)
    run = codes_model(keras.models.load_model(path, compile=False), use_stem=use_stem)
    cases = {"h0": (codes, 0), "hrand": (codes, 1), "rc_h0": (mirrored, 0)}
    for case, (sequences, scale) in cases.items():
        predicted = run.predict([sequences, scale * halflife], verbose=0).ravel()
        for precision in ("f32", "f64"):
            np.testing.assert_allclose(predicted, expected[f"{name}_{case}_{precision}"], rtol=0, atol=2e-6)
