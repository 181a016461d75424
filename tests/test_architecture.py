"""Architectures have names; the device is the one asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from xpresso_core.architecture import PAPER, named_architecture
from xpresso_core.device import choose_device
from xpresso_core.errors import ConfigError, DeviceError


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
