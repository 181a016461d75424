"""How well predictions agree with measurements, every number named as what it is.

``r2`` is the squared Pearson correlation, as in the paper; it forgives a wrong slope or offset and, being
squared, a wrong sign. Therefore ``pearson``, the coefficient of determination, the calibration line,
Spearman's rho and the errors stand beside it. All expression values are log10(RPKM + 0.1), so errors are in
log10 units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from xpresso_core.errors import InputError
from xpresso_core.files import require_columns

CONFIDENCE = 0.95
"""The level of the bootstrap interval."""

MIN_GENES = 3
"""A correlation over fewer genes says nothing: two points always lie on a line."""

CONSTANT_TOLERANCE = 1e-3
"""Predictions whose s.d. is below this share of the observed s.d. are called constant: a dead network spreads
over nothing but rounding errors, a living one over tenths."""

SAME_LABEL = 1e-4
"""Labels closer than this are the same, stored with 32 or 64 bits."""

CHUNK_CELLS = 2_000_000

Floats = NDArray[np.float64]


class RegressionMetrics(NamedTuple):
    """Agreement of predicted with observed values.

    Attributes
    ----------
    n
        Number of genes.
    r2
        Squared Pearson correlation; 0 for constant predictions, whose correlation is undefined but which
        explain nothing.
    r2_ci_low, r2_ci_high
        Percentile bootstrap interval of `r2`, over `ci_units` genes or groups.
    ci_units
        How many units (genes, or groups such as chromosomes) were resampled. With fewer than about ten the
        interval is too narrow to be trusted.
    pearson
        The correlation itself; negative means that the predictions point the wrong way however high `r2` is.
    coefficient_of_determination
        1 - SSE / SST: 1 is perfect, 0 is as good as the mean of the observed values, negative is worse.
    spearman
        Rank correlation.
    slope, intercept
        Least-squares line observed = intercept + slope * predicted; 1 and 0 are perfectly calibrated. For
        constant predictions the flat line at the observed mean.
    mae, mse
        Mean absolute and mean squared error, in the units of the values and their square.
    constant
        Whether the predictions are constant (a collapsed network).
    """

    n: int
    r2: float
    r2_ci_low: float
    r2_ci_high: float
    ci_units: int
    pearson: float
    coefficient_of_determination: float
    spearman: float
    slope: float
    intercept: float
    mae: float
    mse: float
    constant: bool


class PredictionMetrics(NamedTuple):
    """Metrics of one predictions table, over all genes and within each fold.

    Attributes
    ----------
    pooled
        Over the genes of all folds together. Called constant if the predictions of every fold are: the
        constants differ between folds, and their correlation with the observed values is an artefact of the
        split.
    folds
        By fold, in sorted order; folds too small or too uniform for a correlation are left out.
    constant_folds
        Folds whose predictions are constant. They are part of the pool.
    skipped_folds
        Folds that are missing from `folds`: fewer than three genes, or observed values that are all equal.
    """

    pooled: RegressionMetrics
    folds: dict[str, RegressionMetrics]
    constant_folds: tuple[str, ...]
    skipped_folds: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON; ``RegressionMetrics(**d["pooled"])`` restores the pooled ones."""
        return {
            "pooled": self.pooled._asdict(),
            "folds": {fold: metrics._asdict() for fold, metrics in self.folds.items()},
            "constant_folds": list(self.constant_folds),
            "skipped_folds": list(self.skipped_folds),
        }


def regression_metrics(
    observed: ArrayLike,
    predicted: ArrayLike,
    groups: ArrayLike | None = None,
    n_boot: int = 1000,
    seed: int = 0,
) -> RegressionMetrics:
    """Compare predicted with observed values.

    Parameters
    ----------
    observed, predicted
        One value per gene, ``[gene]``, in the same unit.
    groups
        Name of the group (say, the chromosome) of each gene. If given, whole groups are resampled for the
        interval, which respects that neighbours resemble each other; else genes are.
    n_boot
        Number of bootstrap samples.
    seed
        Seed of the bootstrap; the same seed gives the same interval.

    Raises
    ------
    InputError
        If the lengths differ, a value is missing or infinite, there are fewer than three genes or two
        groups, or the observed values are all equal.
    """
    x, y = _checked_pair(observed, predicted)
    constant = is_constant(y, x)
    error = y - x
    total = float(np.sum((x - x.mean()) ** 2))
    pearson = 0.0 if constant else _correlation(x, y)
    slope = 0.0 if constant else float(pearson * x.std() / y.std())
    members = _groups(groups, x.size)
    units = x.size if members is None else int(members.max()) + 1
    low, high = (0.0, 0.0) if constant else _r2_interval(x, y, members, n_boot, seed)
    return RegressionMetrics(
        n=int(x.size),
        r2=pearson**2,
        r2_ci_low=low,
        r2_ci_high=high,
        ci_units=units,
        pearson=pearson,
        coefficient_of_determination=1.0 - float(np.sum(error**2)) / total,
        spearman=0.0 if constant else _correlation(rankdata(x), rankdata(y)),
        slope=slope,
        intercept=float(x.mean() - slope * y.mean()),
        mae=float(np.mean(np.abs(error))),
        mse=float(np.mean(error**2)),
        constant=constant,
    )


def prediction_metrics(
    predictions: pd.DataFrame,
    groups: Mapping[str, str] | None = None,
    n_boot: int = 1000,
    seed: int = 0,
) -> PredictionMetrics:
    """Compute the metrics of a predictions table, pooled and per fold.

    Parameters
    ----------
    predictions
        Columns ``gene_id observed predicted fold``, each gene once.
    groups
        Group (say, the chromosome) of each gene, for the pooled interval; the intervals of single folds are
        over genes.
    n_boot, seed
        As for `regression_metrics`.

    Raises
    ------
    InputError
        If a column is missing, a gene is there twice or has no group, or the values are refused by
        `regression_metrics`.
    """
    require_columns(predictions, ("gene_id", "observed", "predicted", "fold"), "predictions")
    twice = predictions["gene_id"][predictions["gene_id"].duplicated()]
    if len(twice):
        what = f"{len(twice)} genes are predicted more than once"
        raise InputError(what, where=f"gene {twice.iloc[0]}", remedy="Keep one prediction per gene")
    folds: dict[str, RegressionMetrics] = {}
    skipped = []
    for name, rows in predictions.groupby("fold"):
        if len(rows) < MIN_GENES or rows["observed"].nunique() < 2:
            skipped.append(str(name))
        else:
            folds[str(name)] = regression_metrics(rows["observed"], rows["predicted"], None, n_boot, seed)
    labels = None if groups is None else _look_up(predictions["gene_id"], groups)
    pooled = regression_metrics(predictions["observed"], predictions["predicted"], labels, n_boot, seed)
    constant = tuple(fold for fold, metrics in folds.items() if metrics.constant)
    if folds and len(constant) == len(folds):
        pooled = _as_constant(pooled, float(predictions["observed"].mean()))
    return PredictionMetrics(pooled, folds, constant, tuple(skipped))


def is_constant(predicted: ArrayLike, observed: ArrayLike) -> bool:
    """Tell whether predictions do not vary beside the observed values, as those of a collapsed network."""
    spread = float(np.asarray(predicted, dtype=np.float64).std())
    return spread <= CONSTANT_TOLERANCE * float(np.asarray(observed, dtype=np.float64).std())


def _checked_pair(observed: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    x, y = (np.asarray(values, dtype=np.float64) for values in (observed, predicted))
    if x.ndim != 1 or x.shape != y.shape:
        what = f"observed values have shape {x.shape}, predicted ones {y.shape}"
        raise InputError(what, where="metrics", remedy="Give one of each per gene")
    if x.size < MIN_GENES:
        what = f"{x.size} genes are too few for a correlation"
        raise InputError(what, where="metrics", remedy=f"Give at least {MIN_GENES}")
    for name, values in (("observed", x), ("predicted", y)):
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            what = f"{bad.size} {name} values are missing or infinite, the first in row {bad[0]} (from 0)"
            raise InputError(what, where="metrics", remedy="Find out why, or drop these genes")
    if not np.ptp(x):
        what = "the observed values are all equal, so nothing can be explained"
        raise InputError(what, where="metrics", remedy="Check the expression table")
    return x, y


def _groups(groups: ArrayLike | None, size: int) -> NDArray[np.intp] | None:
    if groups is None:
        return None
    labels = np.asarray(groups)
    if labels.shape != (size,):
        what = f"there are {labels.size} group labels for {size} genes"
        raise InputError(what, where="metrics", remedy="Give one per gene")
    names, members = np.unique(labels, return_inverse=True)
    if names.size < 2:
        what = f"all genes are in one group ({names[0]})"
        raise InputError(what, where="metrics", remedy="Resample genes instead: give no groups")
    return members


def _look_up(genes: pd.Series, groups: Mapping[str, str]) -> list[str]:
    missing = [gene for gene in genes if gene not in groups]
    if missing:
        what = f"{len(missing)} genes have no group"
        raise InputError(what, where=f"gene {missing[0]}", remedy="Give the group of every predicted gene")
    return [groups[gene] for gene in genes]


def _correlation(x: Floats, y: Floats) -> float:
    return float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))


def _r2_interval(
    x: Floats, y: Floats, members: NDArray[np.intp] | None, n_boot: int, seed: int
) -> tuple[float, float]:
    """Bootstrap the sums that a correlation needs: a sample is a row of counts times a table of sums."""
    if n_boot < 1:
        what = f"{n_boot} bootstrap samples give no interval"
        raise InputError(what, where="n_boot", remedy="Give 1 or more")
    sums = _sums(x - x.mean(), y - y.mean())
    if members is not None:
        table = np.zeros((int(members.max()) + 1, sums.shape[1]))
        np.add.at(table, members, sums)
        sums = table
    samples = bootstrap_counts(len(sums), n_boot, np.random.default_rng(seed))
    return percentile_interval(np.concatenate([r2_of_sums(counts @ sums) for counts in samples]))


def bootstrap_counts(units: int, n_boot: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield bootstrap samples, some at a time, as how often each unit was drawn, ``int64 [sample, unit]``."""
    rows_at_once = max(1, CHUNK_CELLS // units)
    for start in range(0, n_boot, rows_at_once):
        rows = min(rows_at_once, n_boot - start)
        drawn = rng.integers(0, units, size=(rows, units)) + np.arange(rows)[:, None] * units
        yield np.bincount(drawn.ravel(), minlength=rows * units).reshape(rows, units)


def r2_difference_interval(
    observed: ArrayLike, first: ArrayLike, second: ArrayLike, n_boot: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Bootstrap the difference of r² of two predictions of the same genes, second minus first, over genes.

    Both are measured on the same samples. Predictions that are constant have r² = 0 in every one.
    """
    x, *sides = (np.asarray(values, dtype=np.float64) for values in (observed, first, second))
    tables = [_sums(x - x.mean(), y - y.mean()) for y in sides]
    differences = []
    for counts in bootstrap_counts(len(x), n_boot, rng):
        before, after = (r2_of_sums(counts @ table) for table in tables)
        differences.append(after - before)
    return percentile_interval(np.concatenate(differences))


def _sums(x: Floats, y: Floats) -> Floats:
    """Return what each gene adds to the sums that a correlation needs."""
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def percentile_interval(values: Floats) -> tuple[float, float]:
    """Return the middle `CONFIDENCE` of bootstrap values."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def r2_of_sums(sums: Floats) -> Floats:
    """Return squared correlations from rows of n, Sx, Sy, Sxx, Syy, Sxy; 0 for a sample without spread."""
    n, sx, sy, sxx, syy, sxy = sums.T
    spread_x, spread_y = n * sxx - sx**2, n * syy - sy**2
    scale = np.abs(n * sxx), np.abs(n * syy)
    alive = (spread_x > 1e-12 * scale[0]) & (spread_y > 1e-12 * scale[1])
    product = np.where(alive, spread_x * spread_y, 1.0)
    return np.where(alive, np.clip((n * sxy - sx * sy) ** 2 / product, 0.0, 1.0), 0.0)


def _as_constant(metrics: RegressionMetrics, mean: float) -> RegressionMetrics:
    return metrics._replace(
        r2=0.0,
        r2_ci_low=0.0,
        r2_ci_high=0.0,
        pearson=0.0,
        spearman=0.0,
        slope=0.0,
        intercept=mean,
        constant=True,
    )
