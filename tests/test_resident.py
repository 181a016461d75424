"""Genes on the device train as batches from the host do, trial after trial, in any precision and backend."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from toy import ARCHITECTURE, toy_dataset

from xpresso_core.architecture import Architecture, Convolution, Input
from xpresso_core.batches import Arrays, Batches, scaled_arrays
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.network import build
from xpresso_core.resident import STEPS, Precision, ResidentGenes, RowBatches, StopAtNaN, gpu_visible
from xpresso_core.sequence import one_hot
from xpresso_core.splits import make_folds
from xpresso_core.stem_layer import codes_model

BACKEND = keras.backend.backend()
BOTH: tuple[Input, ...] = ("promoter", "halflife")
ON_TENSORFLOW = pytest.mark.skipif(
    BACKEND != "tensorflow",
    reason="there Keras draws a batch of its own before the first epoch of a new model",
)
STILL, SHIFTED = (
    dataclasses.replace(ARCHITECTURE, recipe=dataclasses.replace(ARCHITECTURE.recipe, jitter=jitter))
    for jitter in (0, 5)
)


def parts(architecture: Architecture, inputs: tuple[Input, ...] = BOTH) -> tuple[Arrays, Arrays]:
    """Return training and validation genes of the toy dataset."""
    dataset = toy_dataset()
    fold = make_folds("holdout", dataset.chrom, seed=1, validation=40, test=40)[0]
    return scaled_arrays(dataset, fold, inputs, architecture, "strict")[1:]


def new_network(architecture: Architecture, inputs: tuple[Input, ...], seed: int) -> keras.Model:
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    return build(architecture, inputs, 8 if "halflife" in inputs else 0)


def optimizer(averaging: float = 0.0, rate: float = 0.01) -> keras.optimizers.Optimizer:
    return keras.optimizers.AdamW(
        rate, weight_decay=0.01, use_ema=bool(averaging), ema_momentum=averaging or 0.99
    )


def fit(model: keras.Model, train: Any, validation: Any, averaging: float = 0.0, epochs: int = 3) -> Any:
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    swap = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if averaging else []
    return model.fit(
        train,
        validation_data=validation,
        epochs=epochs,
        callbacks=[*swap, stop, StopAtNaN()],
        shuffle=BACKEND == "tensorflow",
        verbose=0,
    ).history


def from_host(
    architecture: Architecture, inputs: tuple[Input, ...], seed: int, averaging: float = 0.0
) -> tuple[dict[str, list[float]], list[np.ndarray]]:
    """Return the learning curves and the weights of the usual way."""
    train, validation = parts(architecture, inputs)
    plain = new_network(architecture, inputs, seed)
    trained = codes_model(plain, use_stem=False) if "promoter" in inputs else plain
    trained.compile(optimizer(averaging), "mean_squared_error")
    batches = Batches(train, inputs, 32, np.random.default_rng(seed)), Batches(validation, inputs, 32)
    return fit(trained, *batches, averaging), plain.get_weights()


def on_device(
    genes: ResidentGenes,
    architecture: Architecture,
    seed: int,
    averaging: float = 0.0,
    rate: float = 0.01,
    epochs: int = 3,
) -> tuple[dict[str, list[float]], keras.Model]:
    """Return the learning curves and the plain network."""
    train, validation = genes.parts
    plain = new_network(architecture, genes.inputs, seed)
    batches = (
        Batches(train, genes.inputs, 32, np.random.default_rng(seed)),
        Batches(validation, genes.inputs, 32),
    )
    with genes.training(plain, optimizer(averaging, rate)) as trained:
        history = fit(trained, *map(genes.batches, batches), averaging, epochs)
    return history, plain


@pytest.mark.parametrize(
    ("architecture", "inputs", "averaging"),
    [
        (STILL, BOTH, 0.0),
        (STILL, BOTH, 0.9),
        (STILL, ("promoter",), 0.0),
        (STILL, ("halflife",), 0.0),
        pytest.param(SHIFTED, BOTH, 0.0, marks=ON_TENSORFLOW),
    ],
)
def test_trials_equal_those_fed_from_the_host(
    architecture: Architecture, inputs: tuple[Input, ...], averaging: float
) -> None:
    genes = ResidentGenes(inputs, *parts(architecture, inputs))
    # The second trial finds the network of the first, and must not show it.
    for seed in (3, 4):
        expected, weights = from_host(architecture, inputs, seed, averaging)
        found, plain = on_device(genes, architecture, seed, averaging)
        assert list(found) == ["loss", "val_loss"]
        np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-5)
        np.testing.assert_allclose(found["val_loss"], expected["val_loss"], rtol=1e-5)
        for own, other in zip(plain.get_weights(), weights, strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", [STILL, SHIFTED])
def test_batches_hold_the_same_genes_and_windows(architecture: Architecture) -> None:
    train, validation = parts(architecture)
    genes = ResidentGenes(BOTH, train, validation)
    length = architecture.window.length
    pairs = [
        (
            Batches(train, BOTH, 32, np.random.default_rng(1)),
            Batches(train, BOTH, 32, np.random.default_rng(1)),
        ),
        (Batches(validation, BOTH, 32), Batches(validation, BOTH, 32)),
    ]
    for host, own in pairs:
        device = genes.batches(own)
        assert len(device) == len(host)
        for _ in range(2):
            for index in range(len(host)):
                (expected, label), (found, own_label) = host[index], device[index]
                np.testing.assert_array_equal(own_label, label)
                starts = found.get("start", np.zeros(len(label), np.int32))
                assert found["row"].dtype == starts.dtype == np.int32
                windows = train.codes[found["row"][:, None], starts[:, None] + np.arange(length)]
                np.testing.assert_array_equal(windows, expected["codes"])
                sent = sum(array.nbytes for array in [*found.values(), own_label])
                assert sent <= 12 * len(label)
            host.on_epoch_end()
            device.on_epoch_end()


def test_the_network_gathers_what_it_is_told() -> None:
    train, validation = parts(SHIFTED)
    genes = ResidentGenes(BOTH, train, validation)
    plain = new_network(SHIFTED, BOTH, 1)
    rows = validation.rows[[5, 0, 5, 39]].astype(np.int32)
    starts = np.array([0, 10, 3, 5], np.int32)
    windows = train.codes[rows[:, None], starts[:, None] + np.arange(SHIFTED.window.length)]
    expected = plain.predict_on_batch([one_hot(windows), validation.halflife[[5, 0, 5, 39]]])
    with genes.training(plain, optimizer()) as trained:
        found = trained.predict_on_batch({"row": rows, "start": starts})
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert len(set(np.round(np.ravel(expected), 6))) == 4


def test_the_dataset_is_uploaded_once_and_never_comes_back() -> None:
    train, validation = parts(STILL)
    genes = ResidentGenes(BOTH, train, validation)
    lent = []
    for seed in (1, 2):
        plain = new_network(STILL, BOTH, seed)
        with genes.training(plain, optimizer()) as trained:
            lent.append(trained)
            assert any(variable is genes.codes for variable in trained.variables)
            # What EarlyStopping fetches at each better epoch.
            assert sum(array.nbytes for array in trained.get_weights()) == 4 * plain.count_params()
            batches = Batches(train, BOTH, 32), Batches(validation, BOTH, 32)
            fit(trained, *map(genes.batches, batches), epochs=1)
    # Not compiled again.
    assert lent[0] is lent[1]
    assert genes.codes is not None
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(genes.codes), train.codes)
    wider = dataclasses.replace(STILL, convolutions=(Convolution(9, 4, 10), *STILL.convolutions[1:]))
    for architecture, rate in ((wider, 0.01), (STILL, 0.02)):
        with genes.training(new_network(architecture, BOTH, 1), optimizer(rate=rate)) as trained:
            assert trained not in lent
            assert float(trained.optimizer.learning_rate) == pytest.approx(rate)
            lent.append(trained)


def test_lending_draws_no_random_number_of_the_caller() -> None:
    genes = ResidentGenes(("promoter",), *parts(STILL, ("promoter",)))
    plain = new_network(STILL, ("promoter",), 1)
    before = random.getstate()
    with genes.training(plain, optimizer()):
        assert random.getstate() == before


def test_a_diverged_trial_stops_and_leaves_no_trace() -> None:
    genes = ResidentGenes(BOTH, *parts(STILL))
    expected = on_device(genes, STILL, 1)[0]
    train, validation = genes.parts
    plain = new_network(STILL, BOTH, 1)
    plain.set_weights([np.full_like(array, 1e30) for array in plain.get_weights()])
    with genes.training(plain, optimizer()) as trained:
        batches = Batches(train, BOTH, 32), Batches(validation, BOTH, 32)
        history = fit(trained, *map(genes.batches, batches))
    assert len(history["loss"]) == 1
    assert not np.isfinite(history["loss"][0])
    again = on_device(genes, STILL, 1)[0]
    np.testing.assert_allclose(again["val_loss"], expected["val_loss"], rtol=1e-5)


def test_an_error_in_training_leaves_the_plain_network_as_it_was() -> None:
    genes = ResidentGenes(BOTH, *parts(STILL))
    plain = new_network(STILL, BOTH, 1)
    before = plain.get_weights()

    def stopped() -> None:
        with genes.training(plain, optimizer()) as trained:
            trained.set_weights([array + 1 for array in trained.get_weights()])
            message = "stopped"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="stopped"):
        stopped()
    for own, other in zip(plain.get_weights(), before, strict=True):
        np.testing.assert_array_equal(own, other)


def r2(architecture: Architecture, plain: keras.Model, genes: Arrays) -> float:
    """Return what a plain network explains of its genes, windows centred."""
    start = genes.margin
    windows = genes.codes[genes.rows, start : start + architecture.window.length]
    predicted = np.ravel(plain.predict([one_hot(windows), genes.halflife], verbose=0))
    return float(np.corrcoef(predicted, genes.label)[0, 1] ** 2)


@pytest.fixture(scope="module")
def in_float32() -> float:
    genes = ResidentGenes(BOTH, *parts(STILL))
    return r2(STILL, on_device(genes, STILL, 2, epochs=25, rate=0.02)[1], genes.parts[1])


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_network_trained_in_lower_precision_is_a_float32_network(
    precision: Precision, in_float32: float, tmp_path: Path
) -> None:
    genes = ResidentGenes(BOTH, *parts(STILL), precision=precision)
    plain = new_network(STILL, BOTH, 2)
    with genes.training(plain, optimizer()) as trained:
        computed = {layer.name: layer.compute_dtype for layer in trained.layers[-1].layers if layer.weights}
        assert computed.pop("expression") == "float32"
        assert set(computed.values()) == {precision.removeprefix("mixed_")}
        assert keras.backend.standardize_dtype(trained.outputs[0].dtype) == "float32"
        assert hasattr(trained.optimizer, "inner_optimizer") == (precision == "mixed_float16")
        assert {variable.dtype for variable in trained.trainable_variables} == {"float32"}
    plain = on_device(genes, STILL, 2, epochs=25, rate=0.02)[1]
    plain.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert {layer.dtype_policy.name for layer in loaded.layers} == {"float32"}
    validation = genes.parts[1]
    data = [one_hot(validation.codes[validation.rows]), validation.halflife]
    np.testing.assert_array_equal(loaded.predict(data, verbose=0), plain.predict(data, verbose=0))
    assert in_float32 > 0.5
    assert r2(STILL, loaded, validation) == pytest.approx(in_float32, abs=0.1)


def test_rounding_to_lower_precision_shows() -> None:
    """What is said to be computed in bfloat16 is: three digits are right, not six."""
    train, validation = parts(STILL)
    plain = new_network(STILL, BOTH, 1)
    rows = validation.rows.astype(np.int32)
    expected = plain.predict_on_batch([one_hot(train.codes[rows]), validation.halflife])
    genes = ResidentGenes(BOTH, train, validation, precision="mixed_bfloat16")
    with genes.training(plain, optimizer()) as trained:
        found = trained.predict_on_batch({"row": rows})
    error = np.abs(found - expected).max() / np.abs(expected).max()
    assert 1e-5 < error < 3e-2


def test_parts_must_fit_together() -> None:
    train, validation = parts(STILL)
    copied = dataclasses.replace(validation, codes=validation.codes.copy())
    with pytest.raises(InputError, match="other codes"):
        ResidentGenes(BOTH, train, copied)
    with pytest.raises(InputError, match="another margin"):
        ResidentGenes(BOTH, train, dataclasses.replace(validation, margin=1))
    overlapping = dataclasses.replace(validation, rows=train.rows[:40])
    with pytest.raises(InputError, match="one scaler"):
        ResidentGenes(BOTH, train, overlapping)
    with pytest.raises(ConfigError, match="mixed_float8"):
        ResidentGenes(BOTH, train, validation, precision="mixed_float8")


def test_networks_and_batches_must_be_those_of_the_genes() -> None:
    train, validation = parts(STILL)
    genes = ResidentGenes(BOTH, train, validation)
    shorter = dataclasses.replace(STILL, window=STILL.window._replace(upstream=59))
    with pytest.raises(InputError, match="99"), genes.training(build(shorter, BOTH, 8), optimizer()):
        pass
    with (
        pytest.raises(InputError, match="halflife"),
        genes.training(build(STILL, ("promoter",), 0), optimizer()),
    ):
        pass
    with pytest.raises(InputError, match="not of the genes"):
        genes.batches(Batches(parts(STILL)[0], BOTH, 32))
    with pytest.raises(InputError, match="not of the genes"):
        genes.batches(Batches(train, ("promoter",), 32))
    assert isinstance(genes.batches(Batches(train, BOTH, 32)), RowBatches)
    assert STEPS > 1


@pytest.mark.skipif(BACKEND != "tensorflow", reason="asks TensorFlow")
@pytest.mark.parametrize("seen", [[], ["one"]])
def test_a_gpu_is_what_the_backend_sees(seen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: seen if kind == "GPU" else ["cpu"])
    assert gpu_visible() == bool(seen)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend(backend: str) -> None:
    if backend == BACKEND or importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed, or in use already")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        __file__,
        "-k",
        "not another_backend",
    ]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
