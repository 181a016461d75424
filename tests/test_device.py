"""The device is the one asked for, and jobs that take a GPU are counted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from xpresso_core import device
from xpresso_core.device import choose_device, takes_gpu
from xpresso_core.errors import DeviceError


@pytest.mark.parametrize(
    ("request_", "driver", "cpu_build", "expected"),
    [
        ("gpu", False, True, True),
        ("cpu", True, False, False),
        ("auto", True, False, True),
        ("auto", True, True, False),
        ("auto", False, False, False),
    ],
)
def test_a_gpu_is_counted_where_a_training_would_take_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request_: str,
    driver: bool,
    cpu_build: bool,
    expected: bool,
) -> None:
    file = tmp_path / "nvidiactl"
    if driver:
        file.touch()
    monkeypatch.setattr(device, "_is_installed", lambda package: package == "tensorflow-cpu" and cpu_build)
    assert takes_gpu(request_, file) is expected


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
