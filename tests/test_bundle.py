"""Bundles come back as they were saved, altered ones are refused, and the released networks are read."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from xpresso_core.bundle import BATCH, Bundle, load_bundle, save_bundle
from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.genome import Window
from xpresso_core.model_card import summary
from xpresso_core.scaling import Scaler
from xpresso_core.sequence import encode, reverse_complement

WINDOW = Window(upstream=40, downstream=20)
FEATURES = ("utr5_len", "utr5_gc")
SCALER = Scaler("strict", 0.5, 2.0, FEATURES, (1.0, 0.5), (2.0, 0.1))
UNIT = "log10(RPKM + 0.1)"


def network(seed: int, inputs: tuple[str, ...] = ("promoter", "halflife")) -> keras.Model:
    """Return a small network of the usual kind."""
    keras.utils.set_random_seed(seed)
    given, parts = [], []
    if "promoter" in inputs:
        promoter = keras.Input((WINDOW.length, 4), name="promoter")
        pooled = keras.layers.MaxPooling1D(10)(
            keras.layers.Conv1D(8, 6, padding="same", activation="relu")(promoter)
        )
        given.append(promoter)
        parts.append(keras.layers.Flatten()(pooled))
    if "halflife" in inputs:
        halflife = keras.Input((len(FEATURES),), name="halflife")
        given.append(halflife)
        parts.append(halflife)
    joined = parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)
    return keras.Model(given, keras.layers.Dense(1, name="expression")(joined))


def bundle(*seeds: int, **changes: Any) -> Bundle:
    inputs = changes.get("inputs", ("promoter", "halflife"))
    parts: dict[str, Any] = {
        "members": tuple(network(seed, inputs) for seed in seeds or (1,)),
        "window": WINDOW,
        "inputs": inputs,
        "scaler": SCALER,
        "feature_names": FEATURES,
        "unit": UNIT,
        "metadata": {"name": "toy", "training_data": "none", "metrics": {"r2": 0.25}},
    }
    return Bundle(**{**parts, **changes})


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 5, (BATCH + 7, WINDOW.length)).astype(np.uint8)


@pytest.fixture(scope="module")
def raw() -> np.ndarray:
    return np.random.default_rng(2).uniform(0, 1, (BATCH + 7, len(FEATURES)))


def test_predictions_are_those_of_the_plain_network_with_scaling_undone(
    codes: np.ndarray, raw: np.ndarray
) -> None:
    from xpresso_core.sequence import one_hot

    one = bundle(3)
    mean, sd = one.predict(codes, raw)
    z = np.column_stack([(np.log10(raw[:, 0] + 0.1) - 1.0) / 2.0, (raw[:, 1] - 0.5) / 0.1])
    plain = one.members[0].predict([one_hot(codes), z.astype(np.float32)], verbose=0)[:, 0]
    np.testing.assert_allclose(mean, plain * 2.0 + 0.5, atol=5e-6)
    assert np.isnan(sd).all()


def test_an_ensemble_gives_mean_and_sample_deviation_of_its_members(
    codes: np.ndarray, raw: np.ndarray
) -> None:
    members = np.stack([bundle(seed).predict(codes, raw)[0] for seed in (1, 2, 3)])
    mean, sd = bundle(1, 2, 3).predict(codes, raw)
    np.testing.assert_allclose(mean, members.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(sd, members.std(axis=0, ddof=1), atol=1e-6)


@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_no_features_means_the_average_gene(codes: np.ndarray, protocol: Any) -> None:
    one = bundle(scaler=replace(SCALER, protocol=protocol))
    average = np.tile([10**1.0 - 0.1, 0.5], (len(codes), 1))
    np.testing.assert_allclose(one.predict(codes)[0], one.predict(codes, average)[0], atol=1e-5)


def test_each_promoter_is_predicted_alone(codes: np.ndarray, raw: np.ndarray) -> None:
    one = bundle(1, 2)
    mean, sd = one.predict(codes, raw)
    order = np.random.default_rng(3).permutation(len(codes))
    shuffled = one.predict(codes[order], raw[order])
    np.testing.assert_allclose(shuffled[0], mean[order], atol=1e-6)
    single = [one.predict(codes[[row]], raw[[row]]) for row in (0, BATCH, BATCH + 6)]
    np.testing.assert_allclose([pair[0][0] for pair in single], mean[[0, BATCH, BATCH + 6]], atol=1e-6)
    np.testing.assert_allclose([pair[1][0] for pair in single], sd[[0, BATCH, BATCH + 6]], atol=1e-6)


@pytest.mark.parametrize("seeds", [(1,), (1, 2)])
def test_a_saved_bundle_comes_back_the_same(
    tmp_path: Path, seeds: tuple[int, ...], codes: np.ndarray, raw: np.ndarray
) -> None:
    made = bundle(
        *seeds, metadata={"metrics": {"r2": np.float32(0.25), "slope": float("nan")}, "seeds": (1, 2)}
    )
    save_bundle(made, tmp_path / "fold")
    files = ["model.keras"] if len(seeds) == 1 else ["model_1.keras", "model_2.keras"]
    assert sorted(path.name for path in (tmp_path / "fold").iterdir()) == sorted(
        ["MODEL_CARD.md", "bundle.json", *files]
    )
    read = load_bundle(tmp_path / "fold")
    for before, after in zip(made.predict(codes, raw), read.predict(codes, raw), strict=True):
        np.testing.assert_array_equal(before, after)
    assert (read.window, read.inputs, read.scaler, read.unit) == (WINDOW, made.inputs, SCALER, UNIT)
    assert read.metadata["metrics"] == {"r2": 0.25, "slope": None}
    assert read.metadata["seeds"] == [1, 2]
    assert read.metadata["versions"]["keras"] == keras.__version__
    assert list(read.checksums) == files
    assert read.record() == json.loads((tmp_path / "fold" / "bundle.json").read_text())


def test_saving_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    save_bundle(bundle(1, 2), tmp_path / "fold")
    save_bundle(bundle(1), tmp_path / "fold")
    assert [path.name for path in tmp_path.iterdir()] == ["fold"]
    assert not (tmp_path / "fold" / "model_1.keras").exists()


def test_the_card_and_the_summary_say_what_matters(tmp_path: Path) -> None:
    save_bundle(bundle(), tmp_path / "fold")
    card = (tmp_path / "fold" / "MODEL_CARD.md").read_text()
    for words in (
        "# toy",
        UNIT,
        "40 bases before the TSS",
        "utr5_len, utr5_gc",
        "r2 0.25",
        "## Limits",
        "variant",
    ):
        assert words in card
    text = summary(load_bundle(tmp_path / "fold").record())
    for words in (UNIT, "60 in all", "promoter sequence, 2 half-life features", "r2 0.25", "model.keras"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("inputs", [("promoter",), ("halflife",)])
def test_either_input_may_be_missing(tmp_path: Path, inputs: tuple[str, ...], codes: np.ndarray) -> None:
    names = FEATURES if "halflife" in inputs else ()
    scaler = SCALER if names else Scaler("strict", 0.5, 2.0)
    save_bundle(bundle(inputs=inputs, feature_names=names, scaler=scaler), tmp_path / "fold")
    read = load_bundle(tmp_path / "fold")
    given = {"codes": codes} if "promoter" in inputs else {"codes": None, "halflife": np.ones((5, 2))}
    assert np.isfinite(read.predict(**given)[0]).all()
    refused = (
        {"codes": codes, "halflife": np.ones((len(codes), 2))} if "promoter" in inputs else {"codes": codes}
    )
    with pytest.raises(InputError, match="takes none"):
        read.predict(**refused)


def test_input_of_the_wrong_shape_is_refused(codes: np.ndarray, raw: np.ndarray) -> None:
    with pytest.raises(InputError, match="windows of 60 bases"):
        bundle().predict(codes[:, 1:], raw)
    with pytest.raises(InputError, match=r"not \(135, 2\)"):
        bundle().predict(codes, raw[:, :1])
    with pytest.raises(InputError, match="same genes"):
        bundle().predict(codes[1:], raw)


def test_a_diverged_network_does_not_pass(codes: np.ndarray) -> None:
    sick = bundle()
    sick.members[0].layers[-1].kernel.assign(np.full(sick.members[0].layers[-1].kernel.shape, np.nan))
    with pytest.raises(InputError, match="not numbers"):
        sick.predict(codes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": ()}, "no network"),
        ({"inputs": ()}, "the inputs are"),
        ({"feature_names": ()}, "feature names are needed"),
        ({"window": Window(40, 21)}, "member 1 takes"),
        ({"scaler": replace(SCALER, features=("a", "b"))}, "the scaler knows"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(bundle(), **change)


def test_altered_incomplete_or_foreign_folders_are_refused(tmp_path: Path) -> None:
    save_bundle(bundle(), tmp_path / "fold")

    def broken(name: str, **changes: Any) -> Path:
        folder = tmp_path / name
        shutil.copytree(tmp_path / "fold", folder)
        record = json.loads((folder / "bundle.json").read_text())
        record.update(changes)
        kept = {key: value for key, value in record.items() if value != "drop"}
        (folder / "bundle.json").write_text(json.dumps(kept))
        return folder

    altered = broken("altered")
    with (altered / "model.keras").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(ChecksumError, match="was altered"):
        load_bundle(altered)
    (altered / "model.keras").unlink()
    with pytest.raises(InputError, match=r"model\.keras: the file of the network is missing"):
        load_bundle(altered)
    with pytest.raises(InputError, match="has format version 2; this program reads 1"):
        load_bundle(broken("newer", format_version=2))
    with pytest.raises(InputError, match="lacks 'unit'; has the unknown key 'colour'"):
        load_bundle(broken("keys", colour="red", unit="drop"))
    with pytest.raises(InputError, match="does not describe a model"):
        load_bundle(broken("window", window={"upstream": 40}))
    outside = [{"file": "../fold/model.keras", "sha256": "0", "parameters": 1}]
    with pytest.raises(InputError, match="'members' is no list"):
        load_bundle(broken("outside", members=outside))
    (altered / "bundle.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        load_bundle(altered)
    with pytest.raises(InputError, match=r"holds no bundle\.json"):
        load_bundle(tmp_path)
    with pytest.raises(InputError, match="no such model"):
        load_bundle(tmp_path / "nothing")


def test_other_files_are_no_released_models(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(InputError, match="not a Keras model file"):
        load_bundle(tmp_path / "text.h5")
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    with pytest.raises(InputError, match="not a Keras model file"):
        load_bundle(tmp_path / "empty.h5")
    with h5py.File(tmp_path / "broken.h5", "w") as handle:
        handle.attrs["model_config"] = json.dumps({"class_name": "Nothing", "config": {}})
    with pytest.raises(InputError, match="Keras cannot load the model"):
        load_bundle(tmp_path / "broken.h5")


@pytest.mark.real
@pytest.mark.parametrize(
    ("pattern", "species", "unit"),
    [
        ("humanMedian*", "human", "z-score of log10(RPKM + 0.1)"),
        ("K562*", "human", "z-score of log10(RPKM + 0.1)"),
        ("GM12878*", "human", "z-score of log10(RPKM + 0.1)"),
        ("mouseMedian*", "mouse", "z-score of log10(FPKM + 0.1)"),
        ("mESC*", "mouse", "z-score of log10(expression + 0.1)"),
    ],
)
def test_the_released_networks_are_known(real_data: Path, pattern: str, species: str, unit: str) -> None:
    path = next((real_data / "models").glob(pattern))
    read = load_bundle(path)
    assert read.window == Window(7000, 3500, minus_shift=1)
    assert read.feature_names == tuple(f"halflife_{number}" for number in range(1, 7))
    assert (read.scaler, read.unit, read.metadata["species"]) == (None, unit, species)
    assert read.metadata["metrics"]["validation_mse_z"] == float(path.stem.split("-")[1])
    assert read.record()["members"][0]["parameters"] == 112_357


@pytest.mark.real
@pytest.mark.parametrize("species", ["human", "mouse"])
def test_the_released_networks_give_the_expected_outputs(real_data: Path, species: str) -> None:
    inputs = np.load(real_data / "oracles" / "keras" / "inputs.npz")
    outputs = np.load(real_data / "oracles" / "keras" / "outputs.npz")
    codes = np.stack([encode(str(text)) for text in inputs["seqs"]])
    read = load_bundle(next((real_data / "models").glob(f"{species}Median*")))
    given = {
        "h0": (codes, None),
        "hrand": (codes, inputs["halflife"]),
        "rc_h0": (reverse_complement(codes), None),
    }
    for name, arrays in given.items():
        mean, _ = read.predict(*arrays)
        np.testing.assert_allclose(mean, outputs[f"{species}_{name}_f64"], atol=2e-6, rtol=0)
