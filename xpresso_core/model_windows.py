"""A dataset on the window of a model that may have been trained elsewhere, and the rows of some of its genes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.genome import Window


def dataset_on(path: Path, window: Window) -> Dataset:
    """Read a dataset with its promoters on a model's window, ``codes uint8 [gene, window.length]``.

    The windows of the released models lie one base further downstream on the minus strand (`Window.minus_shift`).

    Raises
    ------
    ConfigError
        If the dataset stores less than the window.
    """
    shift = window.minus_shift
    data = Dataset.open(path, Window(window.upstream, window.downstream + shift))
    if not shift:
        return data
    minus = (data.strand == "-")[:, None]
    return replace(data, codes=np.where(minus, data.codes[:, shift:], data.codes[:, :-shift]), window=window)


def rows_of(data: Dataset, genes: Sequence[str], where: Path) -> npt.NDArray[np.intp]:
    """Return the rows of some genes, ``intp [gene]``; ``where`` names the dataset in an error.

    Raises
    ------
    InputError
        If the dataset lacks one of them.
    """
    rows = pd.Series(np.arange(len(data)), index=data.gene_id).reindex(list(genes))
    if rows.isna().any():
        what = f"has no gene {list(genes)[int(rows.isna().argmax())]}, which is to be interpreted"
        raise InputError(
            what, where=str(where), remedy="Make its predictions and scores again with the workflow"
        )
    return rows.to_numpy(np.intp)
