"""The promoters of a dataset on the window of a model that was trained elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xpresso_core.dataset import Dataset
from xpresso_core.genome import Window
from xpresso_core.sequence import Codes


def codes_for(dataset: Path, window: Window) -> Codes:
    """Return the promoters of a dataset on a model's window, ``uint8 [gene, window.length]``.

    The windows of the released models lie one base further downstream on the minus strand (`Window.minus_shift`).

    Raises
    ------
    ConfigError
        If the dataset stores less than the window.
    """
    shift = window.minus_shift
    data = Dataset.open(dataset, Window(window.upstream, window.downstream + shift))
    if not shift:
        return data.codes
    minus = (data.strand == "-")[:, None]
    return np.where(minus, data.codes[:, shift:], data.codes[:, :-shift])
