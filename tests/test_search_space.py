"""The space is Table 1 of the paper, and what is drawn from it is a network."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hyperopt import Trials, rand
from hyperopt.base import Domain

from xpresso_core.architecture import MANUAL, PAPER, Architecture, Convolution, Dense, Recipe, check_fits
from xpresso_core.errors import ConfigError
from xpresso_core.genome import Window
from xpresso_core.network import build
from xpresso_core.search_space import (
    TABLE_1,
    Parameters,
    decode,
    encode,
    largest_window,
    space,
    to_architecture,
)

FULL: dict[str, Any] = {name: [full.low, full.high] for name, full in TABLE_1.items()}
FULL |= {"convolutions": 4, "dense": 2}
COMMON = ("batch_size", "upstream", "downstream")
CONVOLUTION = ("filters", "width", "dilation", "pool")


def draws(limits: dict[str, Any], number: int) -> list[dict[str, float]]:
    """Draw at random, many at once."""
    domain = Domain(lambda _: 0.0, space(limits))
    docs = rand.suggest(list(range(number)), domain, Trials(), 1)
    return [{label: value[0] for label, value in doc["misc"]["vals"].items() if value} for doc in docs]


@pytest.fixture(scope="module")
def drawn() -> list[Parameters]:
    return [decode(vals) for vals in draws({}, 2000)]


def depth(parameters: Parameters, first: str) -> int:
    return sum(f"{first}_{number}" in parameters for number in range(1, 10))


def test_random_draws_cover_table_1_and_nothing_else(drawn: list[Parameters]) -> None:
    table = {
        "batch_size": {32, 64, 128},
        "upstream": set(range(0, 10_001, 500)),
        "downstream": set(range(0, 10_001, 500)),
        "filters": {16, 32, 64, 128},
        "width": set(range(1, 11)),
        "dilation": {1, 2, 3, 4},
        "pool": set(range(5, 101, 5)),
        "units": {2, 4, 8, 16, 32, 64, 128, 256},
    }
    names = {label for parameters in drawn for label in parameters}
    layered = {f"{name}_{number}" for name in CONVOLUTION for number in (1, 2, 3, 4)}
    layered |= {f"{name}_{number}" for name in ("units", "dropout") for number in (1, 2)}
    assert names == {*COMMON, *layered}
    for label in names:
        values = [parameters[label] for parameters in drawn if label in parameters]
        if label.startswith("dropout"):
            assert all(isinstance(value, float) for value in values)
            assert 0 <= min(values) < 0.01
            assert 0.99 < max(values) <= 1
        else:
            assert all(type(value) is int for value in values)
            assert set(values) == table[label if label in table else label[:-2]], label


def test_layers_are_nested_and_each_further_one_has_an_even_chance(drawn: list[Parameters]) -> None:
    for parameters in drawn:
        expected = [*COMMON]
        expected += [
            f"{name}_{n}" for n in range(1, depth(parameters, "filters") + 1) for name in CONVOLUTION
        ]
        expected += [
            f"{name}_{n}" for n in range(1, depth(parameters, "units") + 1) for name in ("units", "dropout")
        ]
        assert list(parameters) == expected
    convolutions = Counter(depth(parameters, "filters") for parameters in drawn)
    dense = Counter(depth(parameters, "units") for parameters in drawn)
    # Within four standard deviations of 1000, 500, 250, 250 and of 1000, 1000
    for counts, shares in ((convolutions, (1 / 2, 1 / 4, 1 / 8, 1 / 8)), (dense, (1 / 2, 1 / 2))):
        assert set(counts) == set(range(1, len(shares) + 1))
        for number, share in enumerate(shares, start=1):
            assert abs(counts[number] - 2000 * share) < 4 * (2000 * share * (1 - share)) ** 0.5


def test_ends_are_half_as_likely_as_in_the_published_search(drawn: list[Parameters]) -> None:
    counts = Counter(parameters["batch_size"] for parameters in drawn)
    assert abs(counts[64] - 1000) < 90
    assert abs(counts[32] - 500) < 80
    assert abs(counts[128] - 500) < 80


def test_encoding_is_the_inverse_of_decoding() -> None:
    for limits in (
        {},
        {"pool": [5, 5], "units": [8, 8], "convolutions": 3, "dropout": [0.2, 0.2]},
        {"dense": 1},
    ):
        for vals in draws(limits, 100):
            assert encode(decode(vals, limits), limits) == vals


def test_limits_narrow_the_table() -> None:
    limits = {
        "batch_size": [32, 64], "upstream": [0, 3000], "downstream": [500, 1000], "filters": [16, 64],
        "width": [5, 6], "dilation": [1, 1], "pool": [10, 20], "units": [4, 8], "dropout": [0.1, 0.3],
        "convolutions": 2, "dense": 1,
    }  # fmt: skip
    found = [decode(vals, limits) for vals in draws(limits, 400)]
    values = {label: {row[label] for row in found if label in row} for row in found for label in row}
    dropout = values.pop("dropout_1")
    assert 0.1 <= min(dropout) < 0.11
    assert 0.29 < max(dropout) <= 0.3
    assert values == {
        "batch_size": {32, 64}, "upstream": set(range(0, 3001, 500)), "downstream": {500, 1000},
        "filters_1": {16, 32, 64}, "filters_2": {16, 32, 64}, "width_1": {5, 6}, "width_2": {5, 6},
        "dilation_1": {1}, "dilation_2": {1}, "pool_1": {10, 15, 20}, "pool_2": {10, 15, 20}, "units_1": {4, 8},
    }  # fmt: skip
    assert largest_window(limits) == Window(3000, 1000)


def test_the_whole_table_as_limits_is_no_limit() -> None:
    assert draws(FULL, 50) == draws({}, 50)
    assert largest_window({}) == largest_window(FULL) == Window(10_000, 10_000)


def test_a_space_of_one_network_is_that_network() -> None:
    limits: dict[str, Any] = {name: [full.low, full.low] for name, full in TABLE_1.items()}
    limits |= {"convolutions": 1, "dense": 1}
    assert draws(limits, 2) == [{}, {}]
    expected = {"batch_size": 32, "upstream": 0, "downstream": 0}
    expected |= {"filters_1": 16, "width_1": 1, "dilation_1": 1, "pool_1": 5, "units_1": 2, "dropout_1": 0}
    assert decode({}, limits) == expected
    assert encode(expected, limits) == {}


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"pools": [5, 10]}, "unknown key 'pools'.*'pool'"),
        ({"pool": [5, 12]}, r"pool: \[5, 12\] .*Choose two of 5..100 in steps of 5"),
        ({"pool": [0, 10]}, "pool"),
        ({"upstream": [0, 10_500]}, "upstream"),
        ({"upstream": [-500, 0]}, "upstream"),
        ({"upstream": [1000, 500]}, "upstream"),
        ({"upstream": 500}, "upstream"),
        ({"upstream": "05"}, "upstream"),
        ({"upstream": [0, 500, 1000]}, "upstream"),
        ({"width": [1, 5.5]}, "width"),
        ({"width": [True, 2]}, "width"),
        ({"width": ["1", 2]}, "width"),
        ({"filters": [16, 48]}, r"filters: \[16, 48\] .*the powers of two of 16..128"),
        ({"filters": [4, 7]}, "filters"),
        ({"batch_size": [32, 256]}, "batch_size"),
        ({"dropout": [0, 1.1]}, "dropout"),
        ({"dropout": [float("nan"), 1]}, "dropout"),
        ({"convolutions": 5}, "convolutions: 5 .*Choose 1 to 4"),
        ({"convolutions": 0}, "convolutions"),
        ({"dense": True}, "dense"),
        ({"dense": [1, 2]}, "dense"),
    ],
)
def test_limits_outside_the_table_are_refused(limits: dict[str, Any], message: str) -> None:
    for function in (space, largest_window):
        with pytest.raises(ConfigError, match=message):
            function(limits)


def test_parameters_are_a_network() -> None:
    parameters = {
        "batch_size": 128, "upstream": 7000, "downstream": 3500,
        "filters_1": 128, "width_1": 6, "dilation_1": 2, "pool_1": 30,
        "filters_2": 32, "width_2": 9, "dilation_2": 1, "pool_2": 10,
        "units_1": 64, "dropout_1": 0.000992864149624538, "units_2": 2, "dropout_2": 0.015461061523035332,
    }  # fmt: skip
    found = to_architecture(parameters, epochs=10)
    assert found.recipe == Recipe(batch_size=128, epochs=10, patience=10)
    assert found.convolutions == (Convolution(128, 6, 30, dilation=2), Convolution(32, 9, 10))
    plain = to_architecture({**parameters, "dilation_1": 1}, epochs=10)
    assert dataclasses.replace(plain, recipe=PAPER.recipe) == PAPER
    assert Architecture.from_dict(json.loads(json.dumps(found.to_dict()))) == found


PUBLISHED = {
    "numFiltersConv": "filters", "filterLenConv": "width", "dilRate": "dilation", "maxPool": "pool",
    "dense": "units", "dropout": "dropout",
}  # fmt: skip
"""Ours for the published labels, without the number of the layer."""


def translated(old: dict[str, float]) -> dict[str, float]:
    """Return a draw of the published search, whose window was cut from 20 kb, under our labels."""
    vals = {f"{PUBLISHED[key[:-1]]}_{key[-1]}": value for key, value in old.items() if key[:-1] in PUBLISHED}
    choices = {"numconvlayers": 2, "numconvlayers1": 3, "numconvlayers2": 4}
    vals |= {f"convolutions_{number}": old[name] for name, number in choices.items() if name in old}
    vals |= {"batch_size": old["batchsize"], "dense_2": old["numdenselayers"]}
    return vals | {"upstream": 10_000 - old["leftpos"], "downstream": old["rightpos"] - 10_000}


@pytest.mark.real
def test_every_network_of_the_published_search_is_in_the_space(real_data: Path) -> None:
    trials = json.loads((real_data / "published" / "hyperopt_2017_trials.json").read_text())["trials"]
    unfit = []
    for trial in trials:
        vals = translated(trial["vals"])
        assert len(vals) == len(trial["vals"])
        assert encode(decode(vals)) == vals
        try:
            check_fits(to_architecture(decode(vals), 10))
        except ConfigError:
            unfit.append(trial["status"])
    assert set(unfit) == {"fail"}
    assert len(unfit) == 102  # of 105 failures
    best = to_architecture(decode(translated(trials[801]["vals"])), 10)
    assert dataclasses.replace(best, recipe=PAPER.recipe) == PAPER


def network(window: Window, *pools: int) -> Architecture:
    return Architecture(window, tuple(Convolution(2, 3, pool) for pool in pools), (Dense(2),))


@pytest.mark.parametrize(
    ("window", "pools"),
    [
        (Window(500, 0), (100, 5)),
        (Window(500, 0), (100, 6)),
        (Window(0, 99), (100,)),
        (Window(0, 100), (100,)),
        (Window(50, 49), (10, 9)),
        (Window(50, 49), (10, 10)),
        (Window(0, 0), (5,)),
    ],
)
def test_what_fits_is_what_keras_can_build(window: Window, pools: tuple[int, ...]) -> None:
    architecture = network(window, *pools)
    try:
        check_fits(architecture)
    except ConfigError as error:
        mine = str(error)
    else:
        assert build(architecture, ("promoter",), 0).output_shape == (None, 1)
        return
    with pytest.raises(ConfigError) as caught:
        build(architecture, ("promoter",), 0)
    assert not window.length or str(caught.value) == mine


def test_an_empty_window_is_told_as_such() -> None:
    with pytest.raises(ConfigError, match="the window holds no base"):
        check_fits(network(Window(0, 0), 5))
    with pytest.raises(ConfigError, match="convolution 2 .*pooling over 6 leaves nothing of 5 positions"):
        check_fits(network(Window(500, 0), 100, 6))
    check_fits(MANUAL)


def test_the_module_does_not_load_hyperopt_until_it_is_asked_to_draw() -> None:
    code = "import sys, xpresso_core.search_space as s; s.largest_window({}); sys.exit('hyperopt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
