"""How much of an r² is neighbours: a random split beside whole chromosomes, and genes without a neighbour in training.

A random split puts genes into training whose promoter windows overlap those of test genes. A split by chromosomes does
not, but usually trains on fewer genes, so that both numbers must be seen together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.files import require_columns
from xpresso_core.metrics import (
    SAME_LABEL,
    RegressionMetrics,
    is_constant,
    prediction_metrics,
    r2_difference_interval,
    regression_metrics,
)
from xpresso_core.randomness import generator

N_BOOT = 1000

MIN_GROUP = 30
"""Fewest genes, with or without a neighbour in training, whose r² is told."""

Floats = NDArray[np.float64]


class SplitCost(NamedTuple):
    """A random split and a split by chromosomes of one dataset, over the genes that both predict.

    Attributes
    ----------
    n
        Number of these genes.
    r2_random, r2_random_ci_low, r2_random_ci_high
        Squared Pearson correlation of the random split, with its 95 % bootstrap interval.
    r2_chromosomes, r2_chromosomes_ci_low, r2_chromosomes_ci_high
        The same of the split by chromosomes.
    difference, difference_ci_low, difference_ci_high
        ``r2_chromosomes - r2_random``, negative where the random split looks better, with the 95 % interval of a
        bootstrap that resamples genes, the same for both splits.
    overlapping
        Share (0..1) of the genes whose window overlaps that of a training gene in the random split.
    n_without, r2_without, r2_without_ci_low, r2_without_ci_high
        Genes without such an overlap, and the r² of the random split among them; None for fewer than `MIN_GROUP`
        genes, constant predictions or equal observed values.
    n_with, r2_with, r2_with_ci_low, r2_with_ci_high
        The same of the genes with an overlap.
    n_train_random, n_train_chromosomes
        How many genes a fold of each split trains on, on average.
    """

    n: int
    r2_random: float
    r2_random_ci_low: float
    r2_random_ci_high: float
    r2_chromosomes: float
    r2_chromosomes_ci_low: float
    r2_chromosomes_ci_high: float
    difference: float
    difference_ci_low: float
    difference_ci_high: float
    overlapping: float
    n_without: int
    r2_without: float | None
    r2_without_ci_low: float | None
    r2_without_ci_high: float | None
    n_with: int
    r2_with: float | None
    r2_with_ci_low: float | None
    r2_with_ci_high: float | None
    n_train_random: int
    n_train_chromosomes: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return self._asdict()


def split_cost(
    random: pd.DataFrame,
    chromosomes: pd.DataFrame,
    leakage: pd.DataFrame,
    n_train_random: int,
    n_train_chromosomes: int,
    *,
    seed: int,
) -> SplitCost:
    """Measure what r² a random split has that whole chromosomes do not have.

    Parameters
    ----------
    random, chromosomes
        Test predictions of two experiments that differ in the split alone: ``gene_id observed predicted fold``.
    leakage
        The audit of the random split (`leakage.leakage`): ``gene_id overlap_bp``, one row per test gene.
    n_train_random, n_train_chromosomes
        See `SplitCost`.
    seed
        Of the bootstraps.

    Raises
    ------
    InputError
        If a column is missing, a gene is there twice or not in the audit, the observed values differ, the
        experiments share no gene, or the values are refused by `metrics.regression_metrics`.
    """
    genes = _joined(random, chromosomes)
    genes["overlap_bp"] = _overlaps(genes["gene_id"], leakage)
    arms = {name: _arm(genes, name, seed) for name in ("random", "chromosomes")}
    overlaps = genes["overlap_bp"] > 0
    low, high = _paired_interval(genes, arms, seed)
    groups = {
        name: None if arms["random"].constant else _group(genes[rows], seed)
        for name, rows in (("without", ~overlaps), ("with", overlaps))
    }
    return SplitCost(
        n=len(genes),
        **_interval("r2_random", arms["random"]),
        **_interval("r2_chromosomes", arms["chromosomes"]),
        difference=arms["chromosomes"].r2 - arms["random"].r2,
        difference_ci_low=low,
        difference_ci_high=high,
        overlapping=float(overlaps.mean()),
        n_without=int((~overlaps).sum()),
        **_interval("r2_without", groups["without"]),
        n_with=int(overlaps.sum()),
        **_interval("r2_with", groups["with"]),
        n_train_random=n_train_random,
        n_train_chromosomes=n_train_chromosomes,
    )


def _joined(random: pd.DataFrame, chromosomes: pd.DataFrame) -> pd.DataFrame:
    """Return ``gene_id observed random chromosomes`` and the folds of both, of the genes that both predict."""
    sides = {"random": random, "chromosomes": chromosomes}
    for name, frame in sides.items():
        where = f"predictions of the {name} split"
        require_columns(frame, ("gene_id", "observed", "predicted", "fold"), where)
        _once(frame["gene_id"], where)
    kept = [
        frame[["gene_id", "observed", "predicted", "fold"]].rename(
            columns={"observed": f"observed_{name}", "predicted": name, "fold": f"fold_{name}"}
        )
        for name, frame in sides.items()
    ]
    genes = kept[0].merge(kept[1], on="gene_id")
    if genes.empty:
        what = f"they share no gene ({random['gene_id'].iloc[0]} and {chromosomes['gene_id'].iloc[0]})"
        raise InputError(what, where="two splits", remedy="Give two experiments on one dataset")
    off = (genes["observed_random"] - genes["observed_chromosomes"]).abs() > SAME_LABEL
    if off.any():
        what = f"the observed values of {int(off.sum())} genes differ between them"
        where = f"two splits, gene {genes['gene_id'][off].iloc[0]}"
        raise InputError(what, where=where, remedy="Give two experiments on one dataset")
    return genes.drop(columns="observed_chromosomes").rename(columns={"observed_random": "observed"})


def _overlaps(genes: pd.Series, leakage: pd.DataFrame) -> Floats:
    """Return the overlap in bases of each gene with a training gene of the random split, float64 ``[gene]``."""
    require_columns(leakage, ("gene_id", "overlap_bp"), "leakage audit")
    _once(leakage["gene_id"], "leakage audit")
    overlap: Floats = (
        leakage.set_index("gene_id")["overlap_bp"].reindex(genes).to_numpy(dtype=np.float64, na_value=np.nan)
    )
    missing = np.isnan(overlap)
    if missing.any():
        what = f"{int(missing.sum())} of {len(genes)} predicted genes are not there"
        where = f"leakage audit, gene {genes[missing].iloc[0]}"
        raise InputError(what, where=where, remedy="Give the audit of the random split")
    return overlap


def _once(genes: pd.Series, where: str) -> None:
    twice = genes[genes.duplicated()]
    if len(twice):
        what = f"{len(twice)} genes are there twice"
        raise InputError(what, where=f"{where}, gene {twice.iloc[0]}", remedy="Give every gene once")


def _arm(genes: pd.DataFrame, name: str, seed: int) -> RegressionMetrics:
    columns = {name: "predicted", f"fold_{name}": "fold"}
    return prediction_metrics(
        genes[["gene_id", "observed", *columns]].rename(columns=columns), seed=seed
    ).pooled


def _group(genes: pd.DataFrame, seed: int) -> RegressionMetrics | None:
    """Measure the random split among some of the genes, if they are enough."""
    if len(genes) < MIN_GROUP or genes["observed"].nunique() < 2:
        return None
    if is_constant(genes["random"], genes["observed"]):
        return None
    return regression_metrics(genes["observed"], genes["random"], seed=seed)


def _interval(name: str, metrics: RegressionMetrics | None) -> dict[str, Any]:
    values = (None,) * 3 if metrics is None else (metrics.r2, metrics.r2_ci_low, metrics.r2_ci_high)
    return dict(zip((name, f"{name}_ci_low", f"{name}_ci_high"), values, strict=True))


def _paired_interval(
    genes: pd.DataFrame, arms: dict[str, RegressionMetrics], seed: int
) -> tuple[float, float]:
    """Bootstrap the difference of r². A collapsed split, whose correlation is an artefact of its folds, has none."""
    random, chromosomes = (genes[name] * (not arms[name].constant) for name in ("random", "chromosomes"))
    rng = generator(seed, "split_cost")
    return r2_difference_interval(genes["observed"], random, chromosomes, N_BOOT, rng)
