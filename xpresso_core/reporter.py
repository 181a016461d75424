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
from xpresso_core.expression import PSEUDOCOUNT, log_expression
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.genome import canonical_name, harmonise
from xpresso_core.metrics import regression_metrics
from xpresso_core.reporter_sites import read_sites
from xpresso_core.signal import average_over_windows, read_average

SIGNAL_COLUMNS = [
    "gene_id",
    "strand",
    "size",
    "covered",
    "sum",
    "mean0",
    "mean",
    "mean_other_strand",
    "problem",
]
ABSENT, BEYOND = "chromosome not in the bigWig", "window leaves the chromosome"
"""What can be wrong with the signal of a gene; in the first case it has none."""

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
        ``gene_id strand size covered sum mean0 mean mean_other_strand problem`` in the order of `sites`: the
        columns of bigWigAverageOverBed on the own strand; `mean` on the other one, which tells swapped files;
        and `ABSENT`, `BEYOND` or "". On a chromosome that a bigWig lacks nothing is known: the means are NaN.

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
    problem = _problems(sites, bigwig_sizes(plus), bigwig_sizes(minus), sample_around_center)
    ordered = ordered.assign(strand=sites["strand"].to_numpy(), problem=problem)
    ordered.loc[ordered["problem"] == ABSENT, ["mean", "mean_other_strand"]] = np.nan
    return ordered[SIGNAL_COLUMNS]


def _problems(
    sites: pd.DataFrame, plus: Mapping[str, int], minus: Mapping[str, int], around: int
) -> list[str]:
    """Say of each site what is wrong with its window on the own strand's bigWig, or on either if it is absent."""
    sizes = {
        strand: {canonical_name(name): size for name, size in found.items()}
        for strand, found in (("+", plus), ("-", minus))
    }
    first = (sites["start"] + sites["end"]) // 2 - around // 2
    found = []
    for name, strand, start in zip(sites["chrom"].map(canonical_name), sites["strand"], first, strict=True):
        if any(name not in known for known in sizes.values()):
            found.append(ABSENT)
        else:
            found.append("" if 0 <= start <= sizes[strand][name] - around else BEYOND)
    return found


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
    return table.rename(columns={"name": "gene_id"}).assign(mean_other_strand=np.nan, problem="")[
        SIGNAL_COLUMNS
    ]


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
        (genes without a covered base), ``absent`` (genes left out, on a chromosome that a bigWig lacks),
        ``beyond`` (windows off the end), ``r2_other_strand`` (None where unknown), ``warnings`` (sentences), and
        with predictions ``joint``: ``n r2_reporter r2_predictions r2_joint`` and by term ``coefficients
        standard_errors p_values``.

    Raises
    ------
    InputError
        If fewer than three genes have both, or five all three; if a gene is there twice, a value is not a
        number or below -0.1, or activity or predictions are the same for all genes.
    """
    _each_once(signal=signal, expression=expression)
    absent = signal["mean"].isna()
    beyond = int((signal["problem"] == BEYOND).sum())
    signal = signal[~absent]
    table = signal.merge(expression[["gene_id", "log10"]], on="gene_id")
    _enough(table, 3, "expression", signal, expression)
    low = table["mean"] <= -PSEUDOCOUNT
    if low.any():
        what = f"the mean signal of {table.loc[low, 'gene_id'].iloc[0]} is {table.loc[low, 'mean'].iloc[0]:g}"
        raise InputError(what, where="reporter assay", remedy="Give activity, not its logarithm or a ratio's")
    table = table.assign(observed=table["log10"], reporter=log_expression(table["mean"]))
    _must_vary(table["reporter"], "the activity")
    own = regression_metrics(table["observed"], table["reporter"], seed=seed)
    names = ("n", "r2", "r2_ci_low", "r2_ci_high", "spearman")
    metrics: dict[str, Any] = {name: getattr(own, name) for name in names}
    metrics["uncovered"] = int((table["covered"] == 0).sum())
    metrics |= {"absent": int(absent.sum()), "beyond": beyond}
    metrics["r2_other_strand"] = _other_strand(table)
    metrics["warnings"] = list(_warnings(metrics, own.pearson))
    metrics["joint"] = None
    table = table.assign(predicted=np.nan, joint=np.nan)
    if predictions is not None:
        _each_once(predictions=predictions)
        table["predicted"] = table["gene_id"].map(predictions.set_index("gene_id")["predicted"])
        known = table["predicted"].notna()
        if np.isinf(table["predicted"]).any():
            what = "a prediction is infinite"
            raise InputError(what, where="predictions", remedy="Make them again")
        _enough(table[known], 5, "a prediction", table, predictions)
        _must_vary(table.loc[known, "predicted"], "the prediction")
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
    signal = read_table(signal_path, SIGNAL_COLUMNS, {**text, "problem": str}).fillna({"problem": ""})
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


def _each_once(**tables: pd.DataFrame) -> None:
    for name, table in tables.items():
        twice = table.loc[table["gene_id"].duplicated(), "gene_id"]
        if len(twice):
            what = f"the gene {twice.iloc[0]} is there twice"
            raise InputError(what, where=name, remedy="Give every gene once")


def _must_vary(values: pd.Series[float], what: str) -> None:
    if np.ptp(values) < 1e-9:
        problem = f"{what} is the same for all {len(values)} genes, so it explains nothing"
        raise InputError(
            problem,
            where="reporter assay",
            remedy="Check the assembly, and whether plus and minus are swapped",
        )


def _enough(
    table: pd.DataFrame, least: int, what_else: str, first: pd.DataFrame, second: pd.DataFrame
) -> None:
    if len(table) < least:
        examples = f"{', '.join(first['gene_id'][:3])} against {', '.join(second['gene_id'][:3])}"
        what = f"only {len(table)} genes have both activity and {what_else} ({examples})"
        raise InputError(what, where="reporter assay", remedy="Use one kind of gene id in both")


def _other_strand(table: pd.DataFrame) -> float | None:
    known = table[table["mean_other_strand"] > -PSEUDOCOUNT]
    other = log_expression(known["mean_other_strand"])
    if len(known) < 3 or np.ptp(other) < 1e-9 or np.ptp(known["observed"]) < 1e-9:
        return None
    return float(np.corrcoef(other, known["observed"])[0, 1] ** 2)


def _warnings(metrics: Mapping[str, Any], pearson: float) -> list[str]:
    found = []
    other = metrics["r2_other_strand"]
    if other is not None and other > metrics["r2"]:
        found.append(
            f"The opposite strand's signal explains more of expression (r² = {other:.3f}) than the own strand's"
            f" (r² = {metrics['r2']:.3f}): plus and minus are probably swapped."
        )
    if metrics["absent"]:
        found.append(
            f"{metrics['absent']:,} genes are left out: they lie on chromosomes that a bigWig of the assay lacks."
        )
    if metrics["beyond"]:
        found.append(
            f"{metrics['beyond']:,} windows leave their chromosome: what lies beyond counts as uncovered."
        )
    if pearson < 0:
        found.append("Activity falls with expression: check the assay's files.")
    if metrics["uncovered"] > 0.5 * metrics["n"]:
        found.append(
            f"{metrics['uncovered']:,} of {metrics['n']:,} genes have no covered base: check assembly and files."
        )
    return found


def _fit(table: pd.DataFrame) -> Any:
    return sm.OLS(
        table["observed"], sm.add_constant(table[["reporter", "predicted"]], has_constant="add")
    ).fit()


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
