"""What a model does not explain: observed minus recalibrated expression, gene by gene.

Predictions are recalibrated by the line ``observed ~ predicted`` first, as the original does for mouse and in Figure 3A
(`lm` in its published code): a network that predicts too narrow a range would give every highly expressed gene a
positive residual. The residuals of K562 and GM12878 are not recalibrated there; ``raw_residual`` are such ones.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xpresso_core.comparison import join_genes
from xpresso_core.errors import InputError
from xpresso_core.files import read_table, require_columns
from xpresso_core.identifiers import strip_version
from xpresso_core.metrics import regression_metrics

RESIDUAL_COLUMNS = "gene_id gene_name observed predicted recalibrated residual raw_residual".split()
"""Columns of a table of residuals, in their order."""

PREDICTION_COLUMNS = ("gene_id", "predicted")
"""What the columns of predictions are called, unless it is said otherwise."""

_TEXT = {"gene_id": str, "gene_name": str}


class Residuals(NamedTuple):
    """The residuals of a model.

    Attributes
    ----------
    table
        `RESIDUAL_COLUMNS`, one row per gene in the order of the predictions; all but the names are float64 in
        log10(RPKM + 0.1), `predicted` in the unit of the predictions. ``recalibrated`` is intercept + slope *
        predicted, ``residual`` is observed - recalibrated, ``raw_residual`` observed - predicted, which
        means something only where both are in the same unit.
    intercept, slope
        Of the least-squares line of observed on predicted. For constant predictions the slope is 0.
    r2, pearson
        Of observed and predicted.
    constant
        Whether the predictions are constant; the residual is then the distance from the mean of the observed values.
    """

    table: pd.DataFrame
    intercept: float
    slope: float
    r2: float
    pearson: float
    constant: bool

    def facts(self) -> dict[str, Any]:
        """Return all but the table as plain types for JSON, with the number of genes and the residuals' s.d."""
        numbers = {name: value for name, value in self._asdict().items() if name != "table"}
        residual_sd = float(self.table["residual"].std(ddof=0))
        return {"n": len(self.table), "residual_sd": residual_sd, **numbers}


def residuals(
    predictions: pd.DataFrame, gene_names: Mapping[str, str] | None = None, *, any_scale: bool = False
) -> Residuals:
    """Recalibrate predictions to observed values, and take what is left.

    Parameters
    ----------
    predictions
        ``gene_id observed predicted``, each gene once; both in log10(RPKM + 0.1).
    gene_names
        The name of each gene that has one.
    any_scale
        The predictions are on a linear scale of their own, such as the z-scores of the released networks. Then only
        equal predictions count as constant; else those of a collapsed network, which spread over rounding errors, do.

    Raises
    ------
    InputError
        If a column is missing, a gene is there twice, a value is missing or infinite, there are fewer than three
        genes, or all observed values are equal.
    """
    require_columns(predictions, ("gene_id", "observed", "predicted"), "predictions")
    _require_once(predictions["gene_id"], "predictions")
    observed, predicted = (_finite(predictions, name) for name in ("observed", "predicted"))
    scale = float(predicted.std()) if any_scale and np.ptp(predicted) else 1.0
    fit = regression_metrics(observed, predicted / scale, n_boot=1)
    recalibrated = fit.intercept + fit.slope / scale * predicted
    known = gene_names or {}
    columns = {
        "gene_id": predictions["gene_id"].astype(str).to_numpy(),
        "gene_name": [known.get(gene, "") for gene in predictions["gene_id"]],
        "observed": observed,
        "predicted": predicted,
        "recalibrated": recalibrated,
        "residual": observed - recalibrated,
        "raw_residual": observed - predicted,
    }
    return Residuals(
        pd.DataFrame(columns)[RESIDUAL_COLUMNS],
        fit.intercept,
        fit.slope / scale,
        fit.r2,
        fit.pearson,
        fit.constant,
    )


def extremes(table: pd.DataFrame, number: int = 50) -> pd.DataFrame:
    """Return the genes that are most under- and over-predicted: what an experimentalist may look at first.

    Parameters
    ----------
    table
        `RESIDUAL_COLUMNS`.
    number
        Genes of each kind; fewer if there are not so many on that side of the line.

    Returns
    -------
    pandas.DataFrame
        ``rank direction gene_id gene_name observed recalibrated residual fold``: the most under-predicted gene
        first, then the most over-predicted; `rank` counts from 1 in each `direction` (``more than predicted``,
        ``less than predicted``), `fold` is 10^|residual|. Equal residuals go by gene_id.
    """
    parts = []
    for direction, side in (
        ("more than predicted", table[table["residual"] > 0]),
        ("less than predicted", table[table["residual"] < 0]),
    ):
        size = side["residual"].abs()
        part = side.assign(direction=direction, size=size, fold=10**size)
        part = part.sort_values(["size", "gene_id"], ascending=[False, True]).head(number)
        parts.append(part.assign(rank=np.arange(1, len(part) + 1)))
    columns = ["rank", "direction", "gene_id", "gene_name", "observed", "recalibrated", "residual", "fold"]
    return pd.concat(parts)[columns].reset_index(drop=True)


def read_predictions(
    path: str | os.PathLike[str], columns: Sequence[str] = PREDICTION_COLUMNS
) -> pd.DataFrame:
    """Read predictions that another program made.

    Parameters
    ----------
    path
        Tab-separated table with a header: plain, gzip, bgzip or zip.
    columns
        Its columns of gene identifiers and of predictions.

    Returns
    -------
    pandas.DataFrame
        ``gene_id predicted``: str, without the version of Ensembl identifiers, and float64.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or has a gene twice.
    """
    gene, predicted = columns
    table = read_table(path, [gene, predicted], {gene: str, predicted: np.float64})
    found = pd.DataFrame(
        {"gene_id": table[gene].map(strip_version, na_action="ignore"), "predicted": table[predicted]}
    )
    _require_once(found["gene_id"], str(path))
    return found


def read_observed(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read ``gene_id observed predicted`` of an experiment, without the version of Ensembl identifiers.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or has a gene twice.
    """
    return _numbers_of_genes(path, ("observed", "predicted"))


def read_expression(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read ``gene_id log10``, from `expression.dataset_expression`, without the version of Ensembl identifiers.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or has a gene twice.
    """
    return _numbers_of_genes(path, ("log10",))


def _numbers_of_genes(path: str | os.PathLike[str], columns: tuple[str, ...]) -> pd.DataFrame:
    table = read_table(path, ["gene_id", *columns], {"gene_id": str, **dict.fromkeys(columns, np.float64)})
    found = table.assign(gene_id=table["gene_id"].map(strip_version, na_action="ignore"))
    _require_once(found["gene_id"], str(path))
    return found[["gene_id", *columns]]


def join_expression(predictions: pd.DataFrame, expression: pd.DataFrame) -> pd.DataFrame:
    """Put the observed value beside each prediction.

    Parameters
    ----------
    predictions
        ``gene_id predicted``.
    expression
        ``gene_id log10``, from `expression.dataset_expression`.

    Returns
    -------
    pandas.DataFrame
        ``gene_id observed predicted`` of the genes that both have, in the order of the predictions.

    Raises
    ------
    InputError
        If they share no gene, or one has a gene twice.
    """
    require_columns(expression, ("gene_id", "log10"), "expression")
    _require_once(expression["gene_id"], "expression")
    predicted, observed = join_genes(
        predictions.set_index("gene_id")["predicted"], expression.set_index("gene_id")["log10"]
    )
    return pd.DataFrame(
        {"gene_id": predicted.index, "observed": observed.to_numpy(), "predicted": predicted.to_numpy()}
    )


def read_residuals(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of residuals, `RESIDUAL_COLUMNS`; a gene without a name has an empty one."""
    table = read_table(path, RESIDUAL_COLUMNS, _TEXT)
    return table.assign(gene_name=table["gene_name"].fillna(""))


def _finite(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    values = table[column].to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        what = f"{bad.size} values of {column} are missing or infinite"
        where = f"predictions, gene {table['gene_id'].iloc[bad[0]]}"
        raise InputError(what, where=where, remedy="Find out why, or leave these genes out")
    return values


def _require_once(genes: pd.Series, where: str) -> None:
    if genes.isna().any():
        what = f"{int(genes.isna().sum())} rows have no gene"
        raise InputError(what, where=where, remedy="Give every row an identifier")
    twice = genes[genes.duplicated()]
    if len(twice):
        what = f"{len(twice)} genes are there more than once"
        raise InputError(what, where=f"{where}, gene {twice.iloc[0]}", remedy="Give every gene once")
