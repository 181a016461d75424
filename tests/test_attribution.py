"""Attribution against the published implementation, its sums, its unit, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from test_bundle import FEATURES, SCALER, WINDOW, bundle
from test_bundle import network as small_network
from test_explainer import LENGTH, halflives, network, promoters, randomise, takes_halflife

from xpresso_core import attribution
from xpresso_core.attribution import METHODS, Attributor, attribute_promoters, background_of
from xpresso_core.bundle import Bundle, load_bundle
from xpresso_core.errors import DeviceError, InputError
from xpresso_core.explainer import Explainer
from xpresso_core.genome import Window
from xpresso_core.mutagenesis import Mutagenesis
from xpresso_core.prediction_inputs import HalflifeTable, Promoter
from xpresso_core.sequence import Codes, encode, one_hot
from xpresso_core.threads import set_threads, thread_count

Array = npt.NDArray[np.float32]

GRADIENTS = tuple(method for method in METHODS if method != "ism")
NAMES = ("first", "second", "third")


def made(*seeds: int, **changes: Any) -> Bundle:
    """Return a bundle of small networks whose biases are random too."""
    inputs = changes.get("inputs", ("promoter", "halflife"))
    members = tuple(randomise(small_network(seed, inputs), seed) for seed in seeds or (1,))
    return bundle(members=members, **changes)


def around(model: keras.Model) -> Bundle:
    """Return a bundle without scaler around a network of `test_explainer`."""
    features = NAMES if takes_halflife(model) else ()
    inputs = tuple(tensor.name for tensor in model.inputs)
    return Bundle((model,), Window(60, LENGTH - 60), inputs, None, features, "z-score")


@pytest.fixture(scope="module")
def codes() -> Codes:
    return np.random.default_rng(1).integers(0, 5, (7, WINDOW.length), np.uint8)


@pytest.fixture(scope="module")
def raw() -> npt.NDArray[np.float64]:
    return np.random.default_rng(2).uniform(0, 1, (7, len(FEATURES)))


# the published implementation -------------------------------------------------------------------------------

ORACLES: dict[str, tuple[Any, str]] = {
    "gradinput": ("grad_input", "ACGT"),
    "saliency": ("saliency", "ACGT"),
    "elrp": ("elrp", "ACGT"),
    "intgrad": ("integrated_gradients", "ACGT"),
    "intgrad_zerobase": ("integrated_gradients", "zeros"),
    "deeplift": ("deeplift", "ACGT"),
    "deeplift_zerobase": ("deeplift", "zeros"),
}


@pytest.fixture(scope="module")
def human(real_data: Path) -> Bundle:
    return load_bundle(next((real_data / "models").glob("humanMedian*")))


@pytest.fixture(scope="module")
def oracle(real_data: Path) -> dict[str, Any]:
    folder = real_data / "oracles" / "keras"
    with np.load(folder / "deepexplain_human.npz") as found, np.load(folder / "inputs.npz") as inputs:
        rows = found["idx"]
        codes = np.stack([encode(str(sequence)) for sequence in inputs["seqs"][rows]])
        return {**found, "codes": codes, "halflife": inputs["halflife"][rows]}


@pytest.mark.real
@pytest.mark.parametrize("use_stem", [None, False])
@pytest.mark.parametrize("name", ORACLES)
def test_the_released_network_is_explained_as_deepexplain_does(
    human: Bundle, oracle: dict[str, Any], name: str, use_stem: bool | None
) -> None:
    method, background = ORACLES[name]
    attributor = Attributor(human, method, background=background, use_stem=use_stem)
    found = attributor.attribute(oracle["codes"], oracle["halflife"])
    for array, expected in (
        (found.promoter.sum(axis=2), oracle[f"{name}_pos"]),
        (found.halflife, oracle[f"{name}_hl"]),
        (found.promoter[0], oracle[f"{name}_full0"]),
    ):
        assert array.shape == expected.shape
        assert np.abs(array - expected).max() <= 1e-6
        assert np.abs(expected).max() > 1e-3


@pytest.mark.real
def test_the_released_network_predicts_the_published_baseline(human: Bundle, oracle: dict[str, Any]) -> None:
    value = Attributor(human, "deeplift").baseline_prediction()
    assert value == pytest.approx(float(oracle["pred_baseline"][0]), abs=2e-6)


@pytest.mark.real
def test_mutagenesis_of_the_released_network_is_that_of_whole_passes(
    human: Bundle, oracle: dict[str, Any]
) -> None:
    codes, halflife = oracle["codes"][:1], oracle["halflife"][:1]
    found = Attributor(human, "ism").attribute(codes, halflife)
    assert np.isnan(found.halflife).all()
    positions = np.array([0, 1, 2, 29, 30, 3000, 6999, 7000, 7001, 10_473, 10_499])
    mutants = np.repeat(codes, len(positions), axis=0)
    mutants[np.arange(len(positions)), positions] = (codes[0, positions] + 1) % 4
    after = human.predict(mutants, np.repeat(halflife, len(mutants), axis=0))[0]
    before = human.predict(codes, halflife)[0]
    changes = found.promoter[0, positions, mutants[np.arange(len(positions)), positions]]
    np.testing.assert_allclose(changes, after - before, rtol=0, atol=2e-6)


# sums -------------------------------------------------------------------------------------------------------


def total(found: attribution.Attribution) -> npt.NDArray[np.float64]:
    return found.promoter.sum(axis=(1, 2), dtype=np.float64) + found.halflife.sum(axis=1, dtype=np.float64)


def difference(attributor: Attributor, codes: Codes, halflife: Array | None) -> npt.NDArray[np.float64]:
    """Return the predictions less that of the background."""
    return attributor.bundle.predict(codes, halflife)[0] - attributor.baseline_prediction()


@pytest.mark.parametrize(
    ("name", "background"), [("two convolutions", "ACGT"), ("two, promoter only", "zeros")]
)
def test_integrated_gradients_add_up_the_better_the_more_steps_they_take(name: str, background: str) -> None:
    model, codes = network(name), promoters()
    halflife = halflives() if takes_halflife(model) else None
    errors = []
    for steps in (10, 500):
        attributor = Attributor(around(model), "integrated_gradients", background=background, steps=steps)
        expected = difference(attributor, codes, halflife)
        errors.append(np.abs(total(attributor.attribute(codes, halflife)) - expected).max())
    assert np.abs(expected).max() > 0.1
    assert errors[1] < 8e-3
    assert errors[1] < errors[0] / 10


@pytest.mark.parametrize("use_stem", [None, False])
@pytest.mark.parametrize(
    ("name", "background"),
    [
        ("one, without pooling", "ACGT"),
        ("one, without pooling", "0.1,0.2,0.3,0.4"),
        # Where each position of a pool has the same baseline, pooling by the winner loses nothing.
        ("one convolution", "zeros"),
        ("one, of one base", "ACGT"),
        ("valid", "zeros"),
        ("valid", "ACGT"),
    ],
)
def test_deeplift_adds_up_where_pooling_lets_it(name: str, background: str, use_stem: bool | None) -> None:
    attributor = Attributor(around(network(name)), "deeplift", background=background, use_stem=use_stem)
    codes, halflife = promoters(), halflives()
    expected = difference(attributor, codes, halflife)
    np.testing.assert_allclose(total(attributor.attribute(codes, halflife)), expected, atol=2e-5)
    assert np.abs(expected).max() > 0.1


@pytest.mark.parametrize("name", ["two convolutions", "three convolutions", "same"])
def test_gradient_times_input_adds_up_to_the_prediction_where_there_are_no_biases(name: str) -> None:
    model = network(name)
    for weight in model.weights:
        if weight.name == "bias":
            weight.assign(np.zeros(weight.shape))
    one = around(model)
    codes, halflife = promoters(), halflives()
    expected = one.predict(codes, halflife)[0]
    for method in ("grad_input", "integrated_gradients"):
        attributor = Attributor(one, method, background="zeros")  # type: ignore[arg-type]
        assert attributor.baseline_prediction() == 0
    np.testing.assert_allclose(
        total(Attributor(one, "grad_input").attribute(codes, halflife)), expected, atol=1e-5
    )
    assert np.abs(expected).max() > 0.1


def test_what_is_not_there_contributes_nothing_to_gradient_times_input(codes: Codes, raw: Any) -> None:
    for method in ("grad_input", "elrp"):
        found = Attributor(made(), method).attribute(codes, raw)  # type: ignore[arg-type]
        assert (found.promoter[one_hot(codes) == 0] == 0).all()
        assert (np.abs(found.promoter[one_hot(codes) == 1]) > 0).any()


# members, unit, features --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_members_are_averaged_and_values_leave_in_the_unit_of_the_label(
    codes: Codes, raw: Any, method: Any
) -> None:
    members = tuple(randomise(small_network(seed), seed) for seed in (1, 2))
    both = Attributor(bundle(members=members), method, steps=4).attribute(codes, raw)
    z_scores = SCALER.scale_features(raw)
    alone = [
        Attributor(bundle(members=(member,), scaler=None), method, steps=4).attribute(codes, z_scores)
        for member in members
    ]
    assert SCALER.label_sd == 2
    for field in ("promoter", "halflife"):
        one, other = (getattr(found, field) for found in alone)
        found = getattr(both, field)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, one + other, rtol=1e-5, atol=1e-6)  # their mean, times 2
    assert not np.allclose(alone[0].promoter, alone[1].promoter, atol=1e-3)
    assert both.promoter.shape == (7, WINDOW.length, 4)
    assert both.halflife.shape == (7, len(FEATURES))


def test_mutagenesis_gives_the_change_of_the_prediction_in_its_unit(codes: Codes, raw: Any) -> None:
    one = made(1, 2)
    found = Attributor(one, "ism").attribute(codes, raw)
    known = np.flatnonzero(codes[3] != 4)[5]
    mutant = codes[3:4].copy()
    mutant[0, known] = (mutant[0, known] + 2) % 4
    change = one.predict(mutant, raw[3:4])[0] - one.predict(codes[3:4], raw[3:4])[0]
    assert found.promoter[3, known, mutant[0, known]] == pytest.approx(change[0], abs=2e-6)
    assert np.isnan(found.halflife).all()


@pytest.mark.parametrize("method", GRADIENTS)
def test_no_features_and_missing_features_count_as_the_average_gene(codes: Codes, method: Any) -> None:
    attributor = Attributor(made(scaler=replace(SCALER, protocol="strict")), method, steps=4)
    average = attributor.attribute(codes)
    missing = attributor.attribute(codes, np.full((7, len(FEATURES)), np.nan))
    for field in ("promoter", "halflife"):
        np.testing.assert_array_equal(getattr(average, field), getattr(missing, field))
    if method != "saliency":
        assert (average.halflife == 0).all()


@pytest.mark.parametrize("method", ["elrp", "integrated_gradients", "ism"])
def test_models_of_promoters_alone(codes: Codes, method: Any) -> None:
    one = made(inputs=("promoter",), feature_names=(), scaler=None)
    found = Attributor(one, method, steps=4).attribute(codes)
    assert found.promoter.shape == (7, WINDOW.length, 4)
    assert found.halflife.shape == (7, 0)


@pytest.mark.parametrize("method", GRADIENTS)
def test_models_of_features_alone(raw: Any, method: Any) -> None:
    one = made(inputs=("halflife",))
    attributor = Attributor(one, method, steps=4, corrected=True)
    found = attributor.attribute(None, raw)
    assert found.promoter.shape == (7, 0, 4)
    weights = one.members[0].layers[-1].get_weights()[0].ravel()
    slopes = np.tile(weights * SCALER.label_sd, (7, 1))
    expected = np.abs(slopes) if method == "saliency" else slopes * SCALER.scale_features(raw)
    np.testing.assert_allclose(found.halflife, expected, rtol=1e-5)
    assert attributor.baseline_prediction() == pytest.approx(
        float(one.members[0].layers[-1].get_weights()[1][0]) * 2 + 0.5, abs=1e-6
    )


# the correction -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", GRADIENTS)
def test_the_correction_takes_the_mean_over_letters_off_each_gradient(
    codes: Codes, raw: Any, method: Any
) -> None:
    one = made(scaler=None)
    z_scores = SCALER.scale_features(raw)
    plain, corrected = (
        Attributor(one, method, background="0.5,0.25,0.125,0", steps=4, corrected=value).attribute(
            codes, z_scores
        )
        for value in (False, True)
    )
    np.testing.assert_array_equal(plain.halflife, corrected.halflife)
    if method in {"grad_input", "saliency"}:
        gradient = (
            Explainer(one.members[0]).gradients("gradient", codes, z_scores, np.zeros(4, np.float32)).promoter
        )
        centred = gradient - gradient.mean(axis=2, keepdims=True)
        np.testing.assert_allclose(centred.mean(axis=2), 0, atol=1e-6)
        expected = np.abs(centred) if method == "saliency" else centred * one_hot(codes)
    else:
        start = [0.5, 0.25, 0.125, 0] if method in {"integrated_gradients", "deeplift"} else [0] * 4
        away = one_hot(codes) - np.array(start, np.float32)
        known = away != 0  # elsewhere the gradient cannot be told from the contribution
        if method == "elrp":
            assert not np.allclose(plain.promoter[known], corrected.promoter[known], atol=1e-4)
            return
        gradient = np.divide(plain.promoter, away, where=known, out=np.zeros_like(away))
        rows = known.all(axis=2)
        centred = gradient[rows] - gradient[rows].mean(axis=1, keepdims=True)
        np.testing.assert_allclose(corrected.promoter[rows], centred * away[rows], atol=1e-5)
        return
    np.testing.assert_allclose(corrected.promoter, expected, atol=1e-6)


# determinism ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["deeplift", "integrated_gradients", "ism"])
def test_threads_change_nothing(codes: Codes, raw: Any, method: Any) -> None:
    before, one, results = thread_count(), made(), []
    many, features = np.tile(codes, (5, 1)), np.tile(raw, (5, 1))
    try:
        for count in (1, 3):
            set_threads(count)
            results.append(Attributor(one, method, steps=4).attribute(many, features))
    finally:
        set_threads(before)
    for field in ("promoter", "halflife"):
        np.testing.assert_array_equal(getattr(results[0], field), getattr(results[1], field))


# refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("background", "expected"),
    [
        ("ACGT", [0.2617064, 0.2335449, 0.2379253, 0.2668234]),
        ("zeros", [0, 0, 0, 0]),
        ("0.1,0.2,0.3,0.4", [0.1, 0.2, 0.3, 0.4]),
        (" 0.1, 0.2,0.3 ,1", [0.1, 0.2, 0.3, 1]),
        ([0.25] * 4, [0.25] * 4),
        (np.array([0, 1, 0, 0]), [0, 1, 0, 0]),
        ((value / 10 for value in (1, 2, 3, 4)), [0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_backgrounds(background: Any, expected: list[float]) -> None:
    found = background_of(background)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(expected, np.float32))


@pytest.mark.parametrize(
    "background",
    [
        "a,b",
        "1,2,3",
        "2,0,0,0",
        "-0.1,0,0,0",
        "nan,0,0,0",
        "inf,0,0,0",
        "",
        "acgt",
        "1,0,0,0,0",
        [0.25] * 3,
        [],
    ],
)
def test_bad_backgrounds_are_refused(background: Any) -> None:
    with pytest.raises(InputError, match="is not ACGT, zeros or four numbers from 0 to 1"):
        background_of(background)
    with pytest.raises(InputError, match="is not ACGT"):
        Attributor(made(), "deeplift", background=background)


@pytest.mark.parametrize("background", [0.25, [None, 0, 0, 0], [[0.25] * 4] * 4])
def test_backgrounds_of_other_types_are_refused_too(background: Any) -> None:
    with pytest.raises(InputError, match="is not ACGT"):
        background_of(background)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("lime", {}, "the method 'lime' is not among grad_input, saliency"),
        ("integrated_gradients", {"steps": 0}, "0 steps make no path"),
        ("integrated_gradients", {"steps": -3}, "-3 steps make no path"),
        ("ism", {"corrected": True}, "in-silico mutagenesis has no gradient to correct"),
    ],
)
def test_what_makes_no_sense_is_refused(method: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Attributor(made(), method, **options)


def test_mutagenesis_needs_a_promoter() -> None:
    with pytest.raises(InputError, match="takes no promoter, so there is nothing to substitute"):
        Attributor(made(inputs=("halflife",)), "ism")


@pytest.mark.parametrize("method", ["deeplift", "integrated_gradients", "ism"])
def test_shapes_that_do_not_fit_are_refused_as_predictions_are(codes: Codes, raw: Any, method: Any) -> None:
    attributor = Attributor(made(), method)
    for promoters_, features, message in (
        (codes[:, :-1], raw, "promoters of shape"),
        (codes, raw[:3], "not those of the same genes"),
        (None, raw, "no promoters were given"),
        (codes, raw[:, :1], "half-life features of shape"),
    ):
        with pytest.raises(InputError, match=message):
            attributor.attribute(promoters_, features)


def test_the_stem_can_be_left_out_or_asked_for(codes: Codes, raw: Any) -> None:
    one = made()
    for method in METHODS:
        # A path that is exact, so that ties stay ties.
        exact: dict[str, Any] = {"steps": 4, "background": "0.5,0.25,0.125,0"}
        fast, plain = (
            Attributor(one, method, **exact, use_stem=value).attribute(codes, raw) for value in (True, False)
        )
        np.testing.assert_allclose(fast.promoter, plain.promoter, atol=1e-5)
        np.testing.assert_allclose(fast.halflife, plain.halflife, atol=1e-5)
    layers = keras.layers
    promoter = keras.Input((WINDOW.length, 4), name="promoter")
    model = keras.Model([promoter], layers.Dense(1)(layers.Flatten()(promoter)))
    odd = bundle(members=(model,), inputs=("promoter",), feature_names=(), scaler=None)
    for method in METHODS:
        with pytest.raises(DeviceError, match="use_stem=False"):
            Attributor(odd, method, use_stem=True).attribute(codes)
        assert Attributor(odd, method, steps=4).attribute(codes).promoter.shape == (7, WINDOW.length, 4)


def test_a_network_is_prepared_once(codes: Codes, raw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    class Counted(Mutagenesis):
        def __init__(self, *arguments: Any) -> None:
            nonlocal count
            count += 1
            super().__init__(*arguments)

    monkeypatch.setattr(attribution, "Mutagenesis", Counted)
    attributor = Attributor(made(1, 2), "ism")
    for _ in range(2):
        attributor.attribute(codes[:1], raw[:1])
    assert count == 2


# promoters as they come -----------------------------------------------------------------------------------------


def stream(count: int) -> Iterator[Promoter]:
    for number in range(count):
        yield Promoter(f"g{number}", np.random.default_rng(number).integers(0, 4, WINDOW.length, np.uint8))


def test_promoters_are_explained_in_batches_with_features_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution, "BATCH", 4)
    rows = "".join(f"g{number}\t{number}\t0.{number}\n" for number in range(9, -1, -1))
    (tmp_path / "h.tsv").write_text("id\tutr5_len\tutr5_gc\n" + rows)
    table = HalflifeTable.read(tmp_path / "h.tsv", FEATURES)
    attributor = Attributor(made(), "grad_input")
    batches = list(attribute_promoters(attributor, stream(10), table))
    assert [names for names, _ in batches] == [
        ["g0", "g1", "g2", "g3"],
        ["g4", "g5", "g6", "g7"],
        ["g8", "g9"],
    ]
    features = np.array([[number, number / 10] for number in range(10)])
    codes = np.stack([one.codes for one in stream(10) if one.codes is not None])
    whole = attributor.attribute(codes, features)
    for field in ("promoter", "halflife"):
        parts = np.concatenate([getattr(part, field) for _, part in batches])
        np.testing.assert_allclose(parts, getattr(whole, field), atol=1e-6)
    with pytest.raises(InputError, match="has no row for 'g10'"):
        list(attribute_promoters(attributor, stream(11), table))


def test_promoters_are_taken_as_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "BATCH", 4)
    taken = 0

    def endless() -> Iterator[Promoter]:
        nonlocal taken
        for promoter in stream(1_000_000):
            taken += 1
            yield promoter

    batches = attribute_promoters(Attributor(made(), "grad_input"), endless())
    next(batches)
    next(batches)
    assert taken == 8


def test_genes_without_promoters_are_explained_by_their_features(tmp_path: Path) -> None:
    (tmp_path / "h.tsv").write_text("id\tutr5_len\tutr5_gc\na\t1\t0.5\nb\t2\t\n")
    table = HalflifeTable.read(tmp_path / "h.tsv", FEATURES)
    attributor = Attributor(made(inputs=("halflife",)), "grad_input")
    ((names, found),) = attribute_promoters(attributor, table.promoters(), table)
    assert names == ["a", "b"]
    assert found.promoter.shape == (2, 0, 4)
    assert found.halflife[1, 1] == 0
