"""The paper's network is the paper's; the device is the one asked for."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.architecture import COMPACT, PAPER, Convolution, build, named_architecture
from xpresso_core.bundle import load_bundle
from xpresso_core.device import choose_device
from xpresso_core.errors import ConfigError, DeviceError
from xpresso_core.genome import Window


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


def test_names_are_looked_up_among_one_s_own_first() -> None:
    own = {"compact": PAPER.to_dict()}
    assert named_architecture("compact", own) == PAPER
    with pytest.raises(ConfigError, match="no architecture 'small'"):
        named_architecture("small", {})


@pytest.mark.gpu
def test_a_gpu_is_used_where_it_is_asked_for() -> None:
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("TensorFlow sees no GPU")
    assert choose_device("gpu").startswith("gpu")


def test_a_gpu_that_is_asked_for_and_absent_is_an_error() -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    with pytest.raises(DeviceError, match="a GPU was asked for, but tensorflow sees none"):
        choose_device("gpu")


def test_the_number_of_threads_is_kept() -> None:
    code = (
        "from xpresso_core.device import choose_device; print(choose_device('cpu', 1)); "
        "import tensorflow as tf; print(tf.config.threading.get_intra_op_parallelism_threads()); "
        "from xpresso_core.threads import thread_count; print(thread_count())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["cpu (1 threads)", "1", "1"]
