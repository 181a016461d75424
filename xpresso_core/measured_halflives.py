"""Whether measured mRNA half-lives explain what the model does not (Figures 3C and 3F)."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import read_table
from xpresso_core.gene_lists import CASES, GeneFinder
from xpresso_core.rank_tests import Outcome, pearson, spearman

FIFTHS = 5
"""Into so many bins of equal size half-lives are split."""


class HalflifeEffect(NamedTuple):
    """How half-lives go with residuals.

    Attributes
    ----------
    table
        ``gene_id half_life log2_halflife residual quintile``, one row per gene that has both; `quintile` counts from 1,
        the shortest half-lives.
    bounds
        The six bounds of the bins in the unit of the half-lives, ascending. The first bin includes both its bounds,
        the others their upper one; ties may leave a bin empty.
    pearson, spearman
        Correlation of log2 half-life with the residual; None where it is not defined.
    """

    table: pd.DataFrame
    bounds: tuple[float, ...]
    pearson: Outcome | None
    spearman: Outcome | None

    def facts(self) -> dict[str, Any]:
        """Return all but the table as plain types for JSON."""
        found: dict[str, Any] = {"n": len(self.table), "bounds": list(self.bounds)}
        for name, outcome in (("pearson", self.pearson), ("spearman", self.spearman)):
            found[name] = None if outcome is None else outcome.statistic
            found[f"{name}_p"] = None if outcome is None else outcome.p
        return found


def read_halflives(path: str | os.PathLike[str], gene: str, value: str) -> pd.DataFrame:
    """Read measured half-lives.

    Parameters
    ----------
    path
        Tab-separated table with a header: plain, gzip, bgzip or zip.
    gene, value
        Its columns of gene symbols or identifiers, and of half-lives in any unit of time.

    Returns
    -------
    pandas.DataFrame
        ``entry half_life``, str and float64, in the order of the file; rows without a half-life or gene are left out.

    Raises
    ------
    InputError
        If the file cannot be read, a half-life is not positive, or none is there.
    """
    if gene == value:
        what = f"genes and half-lives cannot both be in the column {gene}"
        raise InputError(what, where=str(path), remedy="Name the columns of genes and of half-lives")
    found = read_table(path, [gene, value], {gene: str, value: np.float64})
    table = pd.DataFrame({"entry": found[gene], "half_life": found[value]}).dropna()
    bad = table[~(np.isfinite(table["half_life"]) & (table["half_life"] > 0))]
    if len(bad):
        what = f"{len(bad)} half-lives are not positive numbers, the first is {bad['half_life'].iloc[0]}"
        where = f"{path}, {gene} {bad['entry'].iloc[0]}"
        raise InputError(what, where=where, remedy="Leave the cell empty where nothing was measured")
    if table.empty:
        what = f"no row has both {gene} and {value}"
        raise InputError(what, where=str(path), remedy="Name the columns of genes and of half-lives")
    return table.reset_index(drop=True)


def halflives_of_genes(halflives: pd.DataFrame, finder: GeneFinder) -> pd.DataFrame:
    """Return ``gene_id log2_halflife`` of the genes that are meant.

    Of several rows of a gene the one found in the surest way counts (`gene_lists.CASES`), or the mean of the logarithms
    of several such.
    """
    log2 = dict(zip(halflives.index, np.log2(halflives["half_life"].to_numpy()), strict=True))
    entries = finder.find(halflives["entry"].unique())
    entries = entries[entries["gene_id"] != ""]
    rows = halflives.reset_index(names="row").merge(entries, on="entry")
    rank = rows["case"].map({case: number for number, case in enumerate(CASES)})
    surest = rank == rank.groupby(rows["gene_id"]).transform("min")
    values = rows.assign(log2_halflife=rows["row"].map(log2))[surest]
    return values.groupby("gene_id")["log2_halflife"].mean().reset_index()


def halflife_effect(residuals: pd.DataFrame, halflives: pd.DataFrame) -> HalflifeEffect:
    """Correlate log2 half-life with the residual, and split the genes into fifths.

    Parameters
    ----------
    residuals
        ``gene_id residual``.
    halflives
        ``gene_id log2_halflife``, from `halflives_of_genes`.

    Returns
    -------
    HalflifeEffect
        Its fifths are those of R's ``cut(x, quantile(x, seq(0, 1, .2)), include.lowest = TRUE)``. No gene at all gives
        an empty table and no bounds.
    """
    table = residuals[["gene_id", "residual"]].merge(halflives, on="gene_id", validate="one_to_one")
    if table.empty:
        empty = table.assign(half_life=0.0, quintile=0)
        return HalflifeEffect(_ordered(empty), (), None, None)
    values = table["log2_halflife"].to_numpy(dtype=np.float64)
    bounds = np.quantile(values, np.linspace(0, 1, FIFTHS + 1))
    quintile = 1 + np.searchsorted(bounds[1:-1], values, side="left")
    table = table.assign(half_life=2**values, quintile=quintile)
    residual = table["residual"].to_numpy(dtype=np.float64)
    return HalflifeEffect(
        _ordered(table), tuple((2**bounds).tolist()), pearson(values, residual), spearman(values, residual)
    )


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    return table[["gene_id", "half_life", "log2_halflife", "residual", "quintile"]]
