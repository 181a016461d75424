"""The computing device: what was asked for is used, or the run stops."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import Literal

from xpresso_core.errors import DeviceError
from xpresso_core.threads import set_threads

Request = Literal["auto", "cpu", "gpu"]


def choose_device(request: Request, threads: int | None = None) -> str:
    """Set up the device for all networks of this process, before any of them is made.

    Parameters
    ----------
    request
        ``cpu``; ``gpu``: it must be visible; ``auto``: a GPU if one is visible.
    threads
        CPU threads to use; by default all.

    Returns
    -------
    str
        What is used, for the record: ``cpu (2 threads)`` or the GPU's name.

    Raises
    ------
    DeviceError
        If a GPU is asked for and none is visible.
    """
    if request == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    backend = keras.backend.backend()
    names = _gpus(backend) if request != "cpu" else []
    if request == "gpu" and not names:
        what = f"a GPU was asked for, but {backend} sees none"
        remedy = "Install the GPU environment and check nvidia-smi, or set device: auto"
        raise DeviceError(what, where="device", remedy=remedy)
    threads = threads or len(os.sched_getaffinity(0))
    _limit_threads(backend, threads)
    return f"gpu ({', '.join(names)})" if names else f"cpu ({threads} threads)"


def sees_gpu() -> bool:
    """Say whether the backend, which is loaded if need be, sees a GPU that networks of this process run on."""
    import keras

    return bool(_gpus(keras.backend.backend()))


def takes_gpu(request: Request, driver: Path = Path("/dev/nvidiactl")) -> bool:
    """Say whether a training here will take a GPU, without loading a network library: so that jobs can be counted.

    Parameters
    ----------
    request
        See `choose_device`.
    driver
        A file that is there where an NVIDIA driver is.
    """
    if request == "auto":
        return driver.exists() and not _is_installed("tensorflow-cpu")
    return request == "gpu"


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _gpus(backend: str) -> list[str]:
    """Return the names of the GPUs that the backend sees."""
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    if backend == "jax":
        import jax

        return [str(device) for device in jax.devices() if device.platform == "gpu"]
    import torch

    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]


def _limit_threads(backend: str, threads: int) -> None:
    set_threads(threads)
    if backend == "tensorflow":
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError as error:
            what = "the number of threads cannot be changed once TensorFlow has run"
            raise DeviceError(what, where="device", remedy="Choose the device first") from error
