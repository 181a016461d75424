"""Promoter activity in a strand-specific reporter assay, such as SuRE, and how much of expression it explains."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import statsmodels.api as sm

from xpresso_core.bigwig import bigwig_sizes
from xpresso_core.errors import InputError
from xpresso_core.expression import log_expression
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.genome import harmonise
from xpresso_core.metrics import regression_metrics
from xpresso_core.reporter_sites import read_sites
from xpresso_core.signal import average_over_windows, read_average

SIGNAL_COLUMNS = ["gene_id", "strand", "size", "covered", "sum", "mean0", "mean", "mean_other_strand"]
STRANDS = {"+": "plus", "-": "minus"}

log = logging.getLogger(__name__)


class Activity(NamedTuple):
    """An assay beside expression.

    Attributes
    ----------
    table
        ``gene_id strand observed reporter covered predicted joint``, one row per gene with both: `observed`
        and `reporter` are log10(x + 0.1), `covered` is the number of bases with signal; `predicted` and the
        `joint` model's fit are missing for genes without a prediction.
    metrics
        Plain types; see `compare_activity`.
    """

    table: pd.DataFrame
    metrics: dict[str, Any]


def measure(sites: pd.DataFrame, plus: Path, minus: Path, sample_around_center: int) -> pd.DataFrame:
    """Average the signal of both strands around each site, as bigWigAverageOverBed does.

    From the paper's STAR methods, "SuRE MPRA Data": the mean over covered bases of the gene's own strand, in
    `sample_around_center` bases around the TSS.

    Parameters
    ----------
    sites
        ``gene_id chrom strand start end``, from `reporter_sites.reporter_sites`.
    plus, minus
        The bigWig of each strand.
    sample_around_center
        Bases to average over.

    Returns
    -------
    pandas.DataFrame
        ``gene_id strand size covered sum mean0 mean mean_other_strand`` in the order of `sites`: the columns
        of bigWigAverageOverBed on the own strand, and `mean` on the other one, which tells swapped files.

    Raises
    ------
    InputError
        If a file is no bigWig, or shares no chromosome with the sites.
    """
    files = {"+": plus, "-": minus}
    averages = {strand: _average(sites, files[strand], sample_around_center) for strand in files}
    own = pd.concat([averages[strand][(sites["strand"] == strand).to_numpy()] for strand in files])
    other = pd.concat([averages[strand][(sites["strand"] != strand).to_numpy()]["mean"] for strand in files])
    table = own.assign(mean_other_strand=other).reset_index(names="gene_id")
    ordered = table.set_index("gene_id").loc[sites["gene_id"]].reset_index()
    return ordered.assign(strand=sites["strand"].to_numpy())[SIGNAL_COLUMNS]


def _average(sites: pd.DataFrame, bigwig: Path, sample_around_center: int) -> pd.DataFrame:
    spelling = harmonise(sites["chrom"], bigwig_sizes(bigwig))
    windows = sites.rename(columns={"gene_id": "name"})[["chrom", "start", "end", "name"]]
    windows["chrom"] = windows["chrom"].map(lambda name: spelling.get(name, name))
    averages = average_over_windows(bigwig, windows, sample_around_center=sample_around_center)
    return averages.set_index("name").loc[windows["name"]]


def measured(plus: Path, minus: Path) -> pd.DataFrame:
    """Read the signal of both strands from tables that bigWigAverageOverBed printed, as `measure` returns it.

    Raises
    ------
    InputError
        If a table cannot be used, or both hold a gene.
    """
    tables = {"+": read_average(plus), "-": read_average(minus)}
    both = set(tables["+"]["name"]) & set(tables["-"]["name"])
    if both:
        what = f"the gene {min(both)} is in the tables of both strands ({len(both)} are)"
        raise InputError(what, where=f"{plus}, {minus}", remedy="Give every gene on its own strand only")
    table = pd.concat([table.assign(strand=strand) for strand, table in tables.items()], ignore_index=True)
    return table.rename(columns={"name": "gene_id"}).assign(mean_other_strand=np.nan)[SIGNAL_COLUMNS]


def write_signal(
    plus: Path, minus: Path, sites_path: Path | None, signal_path: Path, *, sample_around_center: int | None
) -> None:
    """Write the signal at every site; without sites, `plus` and `minus` are tables that were measured already."""
    if sites_path is None or sample_around_center is None:
        write_table(measured(plus, minus), signal_path)
    else:
        write_table(measure(read_sites(sites_path), plus, minus, sample_around_center), signal_path)


def compare_activity(
    signal: pd.DataFrame, expression: pd.DataFrame, predictions: pd.DataFrame | None = None, *, seed: int = 0
) -> Activity:
    """Compare promoter activity with expression, alone and together with predictions.

    From the paper's section "Cell-Type-Specific Models Implicate ..." and Figure 4D. The joint model is
    ordinary least squares of expression on activity and predictions, over the genes that have all three; its r²
    is that of the fit, on the genes it was fitted to.

    Parameters
    ----------
    signal
        From `measure` or `measured`.
    expression
        ``gene_id log10``.
    predictions
        ``gene_id predicted``, or None.
    seed
        Of the bootstrap.

    Returns
    -------
    Activity
        ``metrics`` holds ``n r2 r2_ci_low r2_ci_high spearman`` of activity against expression, ``uncovered``
        (genes without a covered base), ``r2_other_strand`` (None where unknown), ``warnings`` (sentences), and
        with predictions ``joint``: ``n r2_reporter r2_predictions r2_joint`` and by term ``coefficients
        standard_errors p_values``.

    Raises
    ------
    InputError
        If fewer than three genes have both, or all three.
    """
    table = signal.merge(expression[["gene_id", "log10"]], on="gene_id")
    _enough(table, "expression", signal, expression)
    table = table.assign(observed=table["log10"], reporter=log_expression(table["mean"]))
    own = regression_metrics(table["observed"], table["reporter"], seed=seed)
    names = ("n", "r2", "r2_ci_low", "r2_ci_high", "spearman")
    metrics: dict[str, Any] = {name: getattr(own, name) for name in names}
    metrics["uncovered"] = int((table["covered"] == 0).sum())
    metrics["r2_other_strand"] = _other_strand(table)
    metrics["warnings"] = list(_warnings(metrics, own.pearson))
    metrics["joint"] = None
    table = table.assign(predicted=np.nan, joint=np.nan)
    if predictions is not None:
        table["predicted"] = table["gene_id"].map(predictions.set_index("gene_id")["predicted"])
        known = table["predicted"].notna()
        _enough(table[known], "a prediction", table, predictions)
        fit = _fit(table[known])
        table.loc[known, "joint"] = fit.fittedvalues
        metrics["joint"] = _joint(table[known], fit)
    columns = ["gene_id", "strand", "observed", "reporter", "covered", "predicted", "joint"]
    return Activity(table[columns], metrics)


def write_activity(
    signal_path: Path,
    sites_path: Path | None,
    expression_path: Path,
    predictions_path: Path | None,
    activity_path: Path,
    metrics_path: Path,
    *,
    seed: int,
) -> None:
    """Write the table and the metrics of `compare_activity`, with the origins of the sites.

    Parameters
    ----------
    signal_path, sites_path, expression_path, predictions_path
        Of the earlier stages; None where there are none.
    activity_path, metrics_path
        What to write.
    seed
        Of the bootstrap.
    """
    text = {"gene_id": str}
    predictions = None
    if predictions_path is not None:
        predictions = read_table(predictions_path, ["gene_id", "predicted"], text)
    signal = read_table(signal_path, SIGNAL_COLUMNS, text)
    found = compare_activity(
        signal, read_table(expression_path, ["gene_id", "log10"], text), predictions, seed=seed
    )
    origins = {}
    if sites_path is not None:
        sites = read_sites(sites_path)
        used = sites["gene_id"].isin(found.table["gene_id"])
        origins = {str(origin): int(n) for origin, n in sites.loc[used, "origin"].value_counts().items()}
    for warning in found.metrics["warnings"]:
        log.warning("%s", warning)
    write_table(found.table, activity_path)
    write_json({**found.metrics, "origins": origins}, metrics_path)


def _enough(table: pd.DataFrame, what_else: str, first: pd.DataFrame, second: pd.DataFrame) -> None:
    if len(table) < 3:
        examples = f"{', '.join(first['gene_id'][:3])} against {', '.join(second['gene_id'][:3])}"
        what = f"only {len(table)} genes have both activity and {what_else} ({examples})"
        raise InputError(what, where="reporter assay", remedy="Use one kind of gene id in both")


def _other_strand(table: pd.DataFrame) -> float | None:
    other = table["mean_other_strand"]
    if other.isna().all() or other.nunique() < 2:
        return None
    return float(np.corrcoef(log_expression(other), table["observed"])[0, 1] ** 2)


def _warnings(metrics: Mapping[str, Any], pearson: float) -> list[str]:
    found = []
    other = metrics["r2_other_strand"]
    if other is not None and other > metrics["r2"]:
        found.append(
            f"The opposite strand's signal explains more of expression (r² = {other:.3f}) than the own strand's"
            f" (r² = {metrics['r2']:.3f}): plus and minus are probably swapped."
        )
    if pearson < 0:
        found.append("Activity falls with expression: check the assay's files.")
    if metrics["uncovered"] > 0.5 * metrics["n"]:
        found.append(
            f"{metrics['uncovered']:,} of {metrics['n']:,} genes have no covered base: check assembly and files."
        )
    return found


def _fit(table: pd.DataFrame) -> Any:
    return sm.OLS(table["observed"], sm.add_constant(table[["reporter", "predicted"]])).fit()


def _joint(table: pd.DataFrame, fit: Any) -> dict[str, Any]:
    alone = {
        f"r2_{name}": float(np.corrcoef(table[column], table["observed"])[0, 1] ** 2)
        for name, column in (("reporter", "reporter"), ("predictions", "predicted"))
    }
    terms = {
        name: {str(term): float(value) for term, value in values.items()}
        for name, values in (
            ("coefficients", fit.params),
            ("standard_errors", fit.bse),
            ("p_values", fit.pvalues),
        )
    }
    return {"n": len(table), **alone, "r2_joint": float(fit.rsquared), **terms}
