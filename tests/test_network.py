"""The paper's network is the paper's, and others are built as they are described."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.architecture import COMPACT, MANUAL, PAPER, Convolution
from xpresso_core.bundle import load_bundle
from xpresso_core.errors import ConfigError
from xpresso_core.genome import Window
from xpresso_core.network import build


def test_the_paper_s_network_has_the_paper_s_parameters() -> None:
    assert build(PAPER, ("promoter", "halflife"), 8).count_params() == 112_485
    assert build(PAPER, ("promoter", "halflife"), 6).count_params() == 112_357
    assert build(PAPER, ("promoter",), 0).count_params() == 111_973
    assert PAPER.window == Window(7000, 3500)
    recipe = PAPER.recipe
    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs, recipe.patience) == (1e-3, 128, 100, 7)


@pytest.mark.real
def test_the_paper_s_network_takes_the_released_weights(real_data: Path) -> None:
    released = load_bundle(real_data / "models" / "humanMedian_trainepoch.11-0.426.h5").members[0]
    model = build(PAPER, ("promoter", "halflife"), 6)
    model.set_weights(released.get_weights())
    rng = np.random.default_rng(0)
    promoter = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (2, 10500))]
    halflife = rng.normal(size=(2, 6)).astype(np.float32)
    inputs = {"promoter": promoter, "halflife": halflife}
    np.testing.assert_allclose(
        model.predict(inputs, verbose=0), released.predict([promoter, halflife], verbose=0)
    )


def test_all_kernels_start_glorot_normal() -> None:
    for layer in build(PAPER, ("promoter", "halflife"), 8).layers:
        if layer.get_weights():
            assert type(layer.kernel_initializer).__name__ == "GlorotNormal", layer.name


def test_the_promoter_alone_needs_no_other_input() -> None:
    assert [tensor.name for tensor in build(COMPACT, ("promoter",), 0).inputs] == ["promoter"]


def test_a_network_can_be_built_twice_in_one_process() -> None:
    names = [[layer.name for layer in build(COMPACT, ("promoter",), 0).layers] for _ in range(2)]
    assert names[0][1:] == names[1][1:]


def test_pooling_away_the_window_is_refused() -> None:
    small = dataclasses.replace(COMPACT, window=Window(10, 10), convolutions=(Convolution(4, 3, 30),))
    with pytest.raises(ConfigError, match="pooling over 30 leaves nothing of 20 positions"):
        build(small, ("promoter",), 0)


def test_the_manual_network_is_that_of_table_1() -> None:
    model = build(MANUAL, ("promoter", "halflife"), 8)
    convolutions = 5 * 4 * 64 + 64 + 5 * 64 * 64 + 64
    assert model.count_params() == convolutions + (15 * 64 + 8) * 100 + 100 + 101


def test_half_life_features_alone_go_straight_to_the_dense_layers() -> None:
    model = build(PAPER, ("halflife",), 8)
    assert [tensor.name for tensor in model.inputs] == ["halflife"]
    assert model.count_params() == (8 * 64 + 64) + (64 * 2 + 2) + 3


def test_dilation_spreads_the_taps() -> None:
    spread = dataclasses.replace(COMPACT, convolutions=(Convolution(4, 3, 30, dilation=2),))
    [layer] = [layer for layer in build(spread, ("promoter",), 0).layers if layer.name == "convolution_1"]
    assert layer.dilation_rate == (2,)
