"""Which genes of a dataset an experiment uses: all, those with an ortholog, or with fewer silent ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError
from xpresso_core.files import read_table
from xpresso_core.genome import Window
from xpresso_core.randomness import generator

Indices = npt.NDArray[np.int64]

SILENT = float(np.log10(0.1))
"""log10(x + 0.1) of a gene without a read."""


def selected_rows(
    dataset: Dataset, genes: Mapping[str, str] | None, source: Path | None, column: str, seed: int
) -> Indices:
    """Return the rows of the genes that an experiment uses, in the order that its split goes by.

    Parameters
    ----------
    dataset
        The dataset.
    genes
        ``{orthologs: comparison}``, ``{silent_share_of: dataset}``, or None for all.
    source
        The table of the comparison, or the other dataset.
    column
        See `rows_of_pairs`.
    seed
        The seed of the run.
    """
    if genes is None:
        return np.arange(len(dataset))
    if source is None:
        what = f"the file that {next(iter(genes))} goes by is missing"
        raise ConfigError(
            what, where="genes", remedy="Give the table of the comparison, or the other dataset"
        )
    if "orthologs" in genes:
        return rows_of_pairs(dataset.gene_id, read_table(source, [column], {column: str}), column)
    return thin_silent(dataset.expression, Dataset.open(source, Window(0, 1)).expression, seed)


def silent(expression: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which labels are those of a gene without a read, ``bool [gene]``."""
    return np.isclose(np.asarray(expression, dtype=np.float64), SILENT, atol=1e-6)


def rows_of_pairs(gene_id: npt.NDArray[np.str_], pairs: pd.DataFrame, column: str) -> Indices:
    """Return the rows of a dataset's genes that have a one-to-one ortholog, in the order of the pairs.

    Two datasets that share the pairs get their genes in the same order, so that the same random split of the
    positions puts a gene and its ortholog into the same part (Figure 2D of the paper).

    Parameters
    ----------
    gene_id
        Of the dataset.
    pairs
        The table of a comparison (`comparison.write_comparison`).
    column
        The one that holds this dataset's genes: ``gene_id`` for the first dataset of the comparison,
        ``ortholog_id`` for the second.

    Raises
    ------
    ConfigError
        If the dataset lacks a gene of the pairs.
    """
    places = pd.Series(np.arange(len(gene_id)), index=gene_id).reindex(pairs[column].tolist())
    if places.isna().any():
        what = f"{int(places.isna().sum())} genes of the comparison are not in the dataset"
        remedy = "Make the comparison again from this dataset"
        raise ConfigError(what, where=f"gene {places.index[places.isna()][0]}", remedy=remedy)
    return places.to_numpy(dtype=np.int64)


def thin_silent(expression: npt.ArrayLike, like: npt.ArrayLike, seed: int) -> Indices:
    """Return rows with silent genes left out at random until their share is that of another dataset.

    From the paper's test of why mouse is predicted better: more of its genes are silent.

    Parameters
    ----------
    expression
        log10(x + 0.1) of the dataset, ``[gene]``.
    like
        The same of the dataset whose share is taken.
    seed
        The seed of the run.

    Raises
    ------
    ConfigError
        If the dataset has no larger share of silent genes than the other.
    """
    still, other = silent(expression), silent(like)
    share = float(other.mean())
    keep = round(share * int((~still).sum()) / (1 - share)) if share < 1 else len(still)
    if keep > still.sum():
        what = (
            f"{100 * still.mean():.1f} % of the genes are silent, fewer than the {100 * share:.1f} % to match"
        )
        raise ConfigError(what, where="silent_share_of", remedy="Thin the dataset that has more silent genes")
    chosen = generator(seed, "silent").permutation(np.flatnonzero(still))[:keep]
    return np.sort(np.concatenate([np.flatnonzero(~still), chosen]))
