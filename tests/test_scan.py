"""Predictions along a genome, against the plain network on each window cut out by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from test_bundle import SCALER, bundle

from xpresso_core.bundle import Bundle, load_bundle
from xpresso_core.errors import InputError
from xpresso_core.genome import RELEASED_WINDOW, Genome, Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.keras_graph import block_after
from xpresso_core.scan import Scanner, scan_positions
from xpresso_core.sequence import N, decode, encode, one_hot, reverse_complement

Floats = npt.NDArray[np.float32]
layers = keras.layers

SHORT, MIDDLE, LONG = Window(25, 16), Window(60, 40), Window(150, 131)
SHIFTED = Window(60, 40, minus_shift=1)
FEATURE_NAMES = HALFLIFE_FEATURES[:3]
FEATURES = len(FEATURE_NAMES)
SIZE = 430


def sequence() -> str:
    """Return DNA with soft-masked letters, codes for several bases, and runs of N inside and at an end."""
    rng = np.random.default_rng(12)
    letters = np.array(list(decode(rng.integers(0, 4, SIZE).astype(np.uint8))))
    letters[90:140] = np.char.lower(letters[90:140])
    letters[[33, 180, 181, 300]] = list("RYsK")
    letters[200:230] = "N"
    letters[330:415] = "n"
    letters[-4:] = "N"
    return "".join(letters)


CHROMOSOMES = {"chr2": sequence(), "chr1": "ACGTTGCAAGGCTTACGATCCATTG", "chrN": "N" * 150}
"""One, one shorter than most windows, and one of which nothing is known."""


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Genome]:
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in CHROMOSOMES.items()))
    with Genome(path) as opened:
        yield opened


def conv(
    tensor: Any,
    width: int,
    pool: int,
    *,
    filters: int = 6,
    dilation: int = 1,
    padding: str = "same",
    use_bias: bool = True,
    relu: Any = None,
    **changes: Any,
) -> Any:
    """Add a block; with `relu`, that layer in place of the convolution's own activation."""
    settings = {"padding": padding, "dilation_rate": dilation, "use_bias": use_bias} | changes
    tensor = layers.Conv1D(filters, width, activation="relu" if relu is None else None, **settings)(tensor)
    return layers.MaxPooling1D(pool)(tensor if relu is None else relu(tensor))


def finish(window: Window, body: Any, *, halflife: bool = False, seed: int = 1) -> keras.Model:
    """Return a network around what `body` makes of the promoter, with random weights."""
    keras.utils.set_random_seed(seed)
    promoter = keras.Input((window.length, 4), name="promoter")
    inputs, tensor = [promoter], layers.Flatten()(body(promoter))
    if halflife:
        features = keras.Input((FEATURES,), name="halflife")
        inputs = [features, promoter]
        tensor = layers.Concatenate()([tensor, features])
    tensor = layers.Dropout(0.2)(layers.Dense(5, activation="relu")(tensor))
    model = keras.Model(inputs, layers.Dense(1)(tensor))
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.path.endswith("/bias") or "/moving_mean" in weight.path or "/beta" in weight.path:
            weight.assign(rng.normal(0, 0.3, weight.shape))
        elif "/moving_variance" in weight.path or "/gamma" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith("/kernel"):
            weight.assign(rng.normal(0, 1.5 / np.sqrt(np.prod(weight.shape[:-1])), weight.shape))
    return model


def one(window: Window, *models: keras.Model, **changes: Any) -> Bundle:
    """Return networks as a bundle that knows nothing of scales."""
    inputs = tuple(
        name for name in ("promoter", "halflife") if name in {one.name for one in models[0].inputs}
    )
    names = FEATURE_NAMES if "halflife" in inputs else ()
    parts = {"window": window, "scaler": None, "inputs": inputs, "feature_names": names}
    return bundle(members=models, **(parts | changes))


def two(tensor: Any) -> Any:
    return conv(conv(tensor, 6, 10), 3, 2)


BODIES: dict[str, tuple[Window, Any, bool, tuple[int, ...]]] = {
    "one block": (MIDDLE, lambda t: conv(t, 6, 10), False, (10, 1)),
    "pools of seven, features": (MIDDLE, lambda t: conv(conv(t, 5, 7), 3, 2), True, (7, 25)),
    "valid": (
        MIDDLE,
        lambda t: conv(conv(t, 9, 3, padding="valid"), 4, 3, padding="valid"),
        False,
        (20, 50),
    ),
    "dilated, of even width": (
        MIDDLE,
        lambda t: conv(conv(t, 4, 5, dilation=3), 2, 2, dilation=2),
        True,
        (10, 7),
    ),
    "three blocks without pooling first": (
        MIDDLE,
        lambda t: conv(conv(conv(t, 3, 1), 2, 2), 8, 3, dilation=2),
        False,
        (1, 20),
    ),
    "pools of 30 with a rest": (LONG, lambda t: conv(conv(t, 6, 30), 9, 3), True, (100, 25)),
    "four blocks": (
        LONG,
        lambda t: conv(conv(conv(conv(t, 6, 2), 5, 3), 4, 2, padding="valid"), 3, 2),
        False,
        (10, 130),
    ),
    "dropout between, no bias, width 1": (
        MIDDLE,
        lambda t: conv(layers.Dropout(0.5)(conv(t, 1, 2, use_bias=False)), 3, 3, use_bias=False),
        False,
        (50,),
    ),
    "relu as a layer": (
        SHIFTED,
        lambda t: conv(conv(t, 6, 10, relu=layers.ReLU()), 5, 2, relu=layers.Activation("relu")),
        True,
        (10, 100),
    ),
    "batch normalisation after the blocks": (
        MIDDLE,
        lambda t: layers.BatchNormalization()(conv(layers.BatchNormalization()(two(t)), 3, 1)),
        False,
        (20,),
    ),
    "ends that overlap": (SHORT, lambda t: conv(conv(t, 9, 3), 9, 2), False, (1, 7)),
}


@lru_cache(maxsize=32)
def network(name: str) -> keras.Model:
    window, body, halflife, _ = BODIES[name]
    return finish(window, body, halflife=halflife)


def plain(genome: Genome, chrom: str, window: Window, model: keras.Model, strand: str, at: range) -> Floats:
    """Return what the network makes of each window, cut by itself."""
    cut = np.stack([genome.window(chrom, tss, strand, window, pad=True) for tss in at])
    given = [
        one_hot(cut) if tensor.name == "promoter" else np.zeros((len(cut), FEATURES), np.float32)
        for tensor in model.inputs
    ]
    values = np.asarray(model.predict_on_batch(given))[:, 0]
    values[(cut == N).mean(axis=1) > 0.5] = np.nan
    return values


@lru_cache(maxsize=32)
def reference(genome: Genome, name: str, strand: str) -> Floats:
    return plain(genome, "chr2", BODIES[name][0], network(name), strand, range(SIZE))


def assert_close(found: Floats, expected: Floats, tolerance: float = 1e-5) -> None:
    assert found.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("name", "step"), [(name, step) for name, row in BODIES.items() for step in row[3]])
def test_predictions_are_those_of_each_window(genome: Genome, name: str, step: int) -> None:
    """All of a chromosome, so also where windows leave it, and where they are mostly unknown."""
    scanner = Scanner(one(BODIES[name][0], network(name)), step, shared=None)
    found = scan_positions(scanner, genome, "2", 0, -(-SIZE // step))
    for strand, values in zip("+-", found, strict=True):
        expected = reference(genome, name, strand)[::step]
        assert_close(values, expected)
        if step <= 20:
            assert np.isnan(expected).any()
            assert np.nanstd(expected) > 1e-2, "the network is dead"


def test_the_architectures_above_do_share(genome: Genome) -> None:
    """All but those whose steps are too large."""
    reasons = {
        (name, step): Scanner(one(row[0], network(name)), step).plain_reason
        for name, row in BODIES.items()
        for step in row[3][:1]
    }
    assert {key for key, reason in reasons.items() if reason} == set()


PLAIN: dict[str, Any] = {
    "a dense layer first": lambda t: layers.Dense(3)(t),
    "average pooling": lambda t: layers.AveragePooling1D(5)(layers.Conv1D(4, 3, activation="relu")(t)),
    "a stride of two": lambda t: conv(t, 3, 5, strides=2),
    "tanh": lambda t: conv(t, 3, 5, relu=layers.Activation("tanh")),
    "normalisation before the pool": lambda t: conv(t, 3, 5, relu=layers.BatchNormalization()),
    "pools that overlap": lambda t: layers.MaxPooling1D(5, strides=2)(
        layers.Conv1D(4, 3, activation="relu")(t)
    ),
    "two readers": lambda t: layers.Concatenate(axis=1)([conv(t, 3, 5), conv(t, 4, 5)]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_cannot_be_shared_goes_the_plain_way_and_says_why(genome: Genome, name: str) -> None:
    model = finish(MIDDLE, PLAIN[name], halflife=True)
    scanner = Scanner(one(MIDDLE, model), 50)
    why = "its first layers are not convolution, ReLU and maximum pooling one after the other"
    assert scanner.plain_reason == why
    found = scan_positions(scanner, genome, "chr2", 50, 4)
    for strand, values in zip("+-", found, strict=True):
        assert_close(values, plain(genome, "chr2", MIDDLE, model, strand, range(50, 250, 50)))
    with pytest.raises(InputError, match=why):
        Scanner(one(MIDDLE, model), 50, shared=True)


@pytest.mark.parametrize("step", [100, 131, 1000])
def test_steps_that_are_too_large_go_the_plain_way_and_say_why(genome: Genome, step: int) -> None:
    model = network("one block")
    scanner = Scanner(one(MIDDLE, model), step)
    why = f"windows of 100 bases every {step:,} bases have too little in common with its pools"
    assert scanner.plain_reason == why
    count = -(-SIZE // step)
    found = scan_positions(scanner, genome, "chr2", 0, count)
    for strand, values in zip("+-", found, strict=True):
        assert_close(values, reference(genome, "one block", strand)[::step])
    with pytest.raises(InputError, match=why):
        Scanner(one(MIDDLE, model), step, shared=True)


def test_an_ensemble_goes_the_plain_way_if_any_of_its_networks_must() -> None:
    odd = finish(MIDDLE, PLAIN["average pooling"])
    assert Scanner(one(MIDDLE, network("one block"), odd), 10).plain_reason.startswith("its first layers")


def test_the_plain_way_can_be_asked_for(genome: Genome) -> None:
    asked = Scanner(one(MIDDLE, network("valid")), 20, shared=False)
    assert asked.plain_reason == "it was asked for"
    assert Scanner(one(MIDDLE, network("valid")), 20, shared=True).plain_reason == ""
    for strand, values in zip("+-", scan_positions(asked, genome, "chr2", 0, 22), strict=True):
        assert_close(values, reference(genome, "valid", strand)[::20])


def test_sharing_goes_on_behind_the_last_block_that_shares(genome: Genome) -> None:
    """Behind a normalisation, blocks belong to each window by itself."""
    name = "batch normalisation after the blocks"
    model = network(name)
    assert block_after(model, model.layers[4].output) is None
    assert_close(
        scan_positions(Scanner(one(MIDDLE, model), 10), genome, "chr2", 0, 43).minus,
        reference(genome, name, "-")[::10],
    )


@pytest.mark.parametrize("chunk", [1, 3, 7, 1000])
@pytest.mark.parametrize("shared", [True, False])
def test_chunks_change_nothing(genome: Genome, chunk: int, shared: bool) -> None:
    scanner = scanner_of_chunks(shared)
    scanner.chunk = chunk
    found = scan_positions(scanner, genome, "chr2", 13, 40)
    for strand, values in zip("+-", found, strict=True):
        assert_close(values, reference(genome, "pools of seven, features", strand)[13::10][:40])


@lru_cache(maxsize=2)
def scanner_of_chunks(shared: bool) -> Scanner:
    return Scanner(one(MIDDLE, network("pools of seven, features")), 10, shared=shared)


def test_a_chunk_is_some_windows_whatever_the_step() -> None:
    for step in (1, 10, 50, 10_000):
        assert Scanner(one(MIDDLE, network("one block")), step).chunk >= 1
    assert Scanner(one(MIDDLE, network("one block")), 1).chunk > 4 * 100


def test_a_mirrored_genome_gives_mirrored_predictions(genome: Genome, tmp_path: Path) -> None:
    text = decode(reverse_complement(encode(CHROMOSOMES["chr2"])))
    (tmp_path / "m.fa").write_text(f">chr2\n{text}\n")
    scanner = Scanner(one(LONG, network("pools of 30 with a rest")), 10)
    with Genome(tmp_path / "m.fa") as mirror:
        here = scan_positions(scanner, genome, "chr2", 0, 43)
        there = scan_positions(scanner, mirror, "chr2", SIZE - 1 - 420, 43)
    np.testing.assert_allclose(there.plus, here.minus[::-1], atol=1e-5)
    np.testing.assert_allclose(there.minus, here.plus[::-1], atol=1e-5)
    assert np.isfinite(here.plus).sum() > 20


def test_positions_may_lie_beyond_a_short_chromosome(genome: Genome) -> None:
    """25 known bases of 41 are enough, of 100 they are not."""
    name = "ends that overlap"
    scanner = Scanner(one(SHORT, network(name)), 1)
    found = scan_positions(scanner, genome, "chr1", 0, 25)
    for strand, values in zip("+-", found, strict=True):
        assert_close(values, plain(genome, "chr1", SHORT, network(name), strand, range(25)))
        assert 0 < np.isfinite(values).sum() < 25
    long = scan_positions(Scanner(one(MIDDLE, network("one block")), 10), genome, "chr1", 0, 3)
    assert np.isnan(long).all()


def test_where_nothing_is_known_nothing_is_predicted(genome: Genome, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = Scanner(one(MIDDLE, network("one block")), 10)
    monkeypatch.setattr(scanner, "predict", lambda *_: pytest.fail("the network was run"))
    assert np.isnan(scan_positions(scanner, genome, "chrN", 0, 15)).all()


@pytest.mark.parametrize(
    ("unknown", "share", "is_predicted"),
    [
        (50, 0.5, True),
        (51, 0.5, False),
        (29, 0.29, True),
        (30, 0.29, False),
        (57, 0.57, True),
        (58, 0.57, False),
        (0, 0.0, True),
        (1, 0.0, False),
        (100, 1.0, True),
        (100, 0.99, False),
    ],
)
def test_exactly_the_share_of_unknown_bases_is_allowed(
    tmp_path: Path, unknown: int, share: float, is_predicted: bool
) -> None:
    (tmp_path / "n.fa").write_text(f">chr1\n{'N' * unknown}{'A' * (100 - unknown)}\n")
    scanner = scanner_of_shares()
    with Genome(tmp_path / "n.fa") as genome:
        plus = scan_positions(scanner, genome, "chr1", 60, 1, max_unknown=share).plus
        minus = scan_positions(scanner, genome, "chr1", 39, 1, max_unknown=share).minus
    assert [bool(np.isfinite(values[0])) for values in (plus, minus)] == [is_predicted] * 2


@lru_cache(maxsize=1)
def scanner_of_shares() -> Scanner:
    return Scanner(one(MIDDLE, network("one block")), 10)


def test_an_ensemble_is_the_mean_of_its_networks(genome: Genome) -> None:
    """They may differ in how much they share."""
    names = ("one block", "three blocks without pooling first")
    both = Scanner(one(MIDDLE, *map(network, names)), 20)
    assert both.plain_reason == ""
    found = scan_positions(both, genome, "chr2", 0, 22)
    for strand, values in zip("+-", found, strict=True):
        expected = np.mean([reference(genome, name, strand)[::20] for name in names], axis=0)
        assert_close(values, expected)


def test_units(genome: Genome) -> None:
    model = network("pools of seven, features")
    scaler = replace(SCALER, features=FEATURE_NAMES, feature_mean=(1.0,) * 3, feature_sd=(2.0,) * 3)
    scaled = one(MIDDLE, model, scaler=scaler)
    z = reference(genome, "pools of seven, features", "+")[::25]
    for units, unit, expected in (
        (None, "log10(RPKM + 0.1)", 2 * z + 0.5),
        ("log10", "log10(RPKM + 0.1)", 2 * z + 0.5),
        ("z", "z-score of log10(RPKM + 0.1)", z),
    ):
        scanner = Scanner(scaled, 25, units=units)  # type: ignore[arg-type]
        assert scanner.unit == unit
        assert scanner.units == (units or "log10")
        assert_close(scan_positions(scanner, genome, "chr2", 0, len(z)).plus, expected.astype(np.float32))


def test_a_model_without_scale_knows_only_z() -> None:
    released = one(MIDDLE, network("one block"), unit="z-score of log10(RPKM + 0.1)")
    for units in (None, "z"):
        scanner = Scanner(released, units=units)  # type: ignore[arg-type]
        assert (scanner.units, scanner.unit) == ("z", "z-score of log10(RPKM + 0.1)")
    with pytest.raises(InputError, match=r"does not know the mean and spread.*Take --units z"):
        Scanner(released, units="log10")


@pytest.mark.parametrize("step", [0, -10])
def test_a_step_that_leads_nowhere_is_refused(step: int) -> None:
    with pytest.raises(InputError, match=f"a step of {step} bases leads nowhere"):
        Scanner(one(MIDDLE, network("one block")), step)


def test_a_model_without_promoter_is_refused() -> None:
    with pytest.raises(InputError, match="the model takes no promoter"):
        Scanner(bundle(inputs=("halflife",)))


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(number: int, value: float) -> None:
    model = finish(MIDDLE, two)
    convolution = [layer for layer in model.layers if isinstance(layer, layers.Conv1D)][number]
    kernel, bias = convolution.get_weights()
    bias[0] = value
    convolution.set_weights([kernel, bias])
    for shared in (None, False):
        with pytest.raises(InputError, match="weights that are not numbers"):
            Scanner(one(MIDDLE, model), 10, shared=shared)


@pytest.mark.parametrize("shared", [True, False])
def test_predictions_that_are_no_numbers_are_refused(genome: Genome, shared: bool) -> None:
    model = finish(MIDDLE, two)
    model.layers[-1].bias.assign([np.nan])
    scanner = Scanner(one(MIDDLE, model), 50, shared=shared)
    with pytest.raises(InputError, match="the network predicts values that are not numbers"):
        scan_positions(scanner, genome, "chr2", 0, 3)


@pytest.mark.parametrize("shape", [(139,), (141,), (1, 140), (0,)])
def test_codes_must_be_as_many_as_the_windows_take(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="5 windows take 140 bases"):
        scanner_of_shares().predict(np.zeros(shape, np.uint8), 5)
    with pytest.raises(InputError, match="0 windows"):
        scanner_of_shares().predict(np.zeros(90, np.uint8), 0)


def test_an_unknown_chromosome_is_refused(genome: Genome) -> None:
    with pytest.raises(InputError, match="no chromosome 'chr7'"):
        scan_positions(scanner_of_shares(), genome, "chr7", 0, 3)


GAP_ENDS, GAP_BEGINS = 9_411_193, 9_595_548
"""On chr21 of hg19: the first base that is known at all, and the beginning of the next gap of 50 kb."""


@pytest.fixture(scope="module")
def released(real_data: Path) -> Scanner:
    return Scanner(load_bundle(next((real_data / "models").glob("humanMedian*"))), 100)


@pytest.mark.real
@pytest.mark.parametrize("edge", [GAP_ENDS, GAP_BEGINS])
def test_the_released_network_on_real_dna(real_data: Path, released: Scanner, edge: int) -> None:
    """At gaps, where windows hold every share of N; those of the minus strand are one base off."""
    assert released.window == RELEASED_WINDOW
    assert released.plain_reason == ""
    model = load_bundle(next((real_data / "models").glob("humanMedian*"))).members[0]
    first, count = edge // 100 * 100 - 10_000, 200
    with Genome(real_data / "human_mini" / "genome.fa.gz") as genome:
        there = genome.fetch("chr21", edge - 1, edge + 1) == N
        assert there.tolist() == [edge == GAP_ENDS, edge == GAP_BEGINS]
        found = scan_positions(released, genome, "chr21", first, count)
        for strand, values in zip("+-", found, strict=True):
            at = range(first, first + 100 * count, 100)
            cut = np.stack([genome.window("chr21", tss, strand, RELEASED_WINDOW) for tss in at])
            share = (cut == N).mean(axis=1)
            np.testing.assert_array_equal(np.isfinite(values), share <= 0.5)
            rows = np.flatnonzero(share <= 0.5)[::4]
            assert (share[rows] > 0).sum() > 10
            given = [
                one_hot(cut[rows]) if tensor.name == "promoter" else np.zeros((len(rows), *tensor.shape[1:]))
                for tensor in model.inputs
            ]
            expected = np.asarray(model.predict_on_batch(given))[:, 0]
            np.testing.assert_allclose(values[rows], expected, rtol=0, atol=1e-5)
            assert np.ptp(expected) > 0.1
