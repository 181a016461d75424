"""Independent random streams that all come from one seed."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of one named purpose.

    The same seed and names always give the same stream; streams of different names are independent, and
    adding a purpose changes no other.

    Parameters
    ----------
    seed
        The one seed of the run.
    names
        What the stream is for, such as ``"split"`` or ``"trial", fold, trial``.
    """
    key = [zlib.crc32(str(name).encode()) for name in names]
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
