"""The facts of a run, as plain, JSON-like dictionaries: what the report's first page and its figures tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xpresso_core.files import flags, require_columns
from xpresso_core.selection import silent
from xpresso_core.splits import leakage_shares

STAGES = ("promoters", "expression", "dataset")
"""The stages that drop genes, in the order of the work."""


class DroppedCount(TypedDict):
    """How many genes were dropped at a stage for a reason."""

    stage: str
    reason: str
    genes: int


class SpeciesSummary(TypedDict):
    """What became of the annotated genes of a species."""

    name: str
    assembly: str
    simulated: bool
    annotated: int
    promoters: int
    dropped: list[DroppedCount]
    recentred: int


class DatasetSummary(TypedDict):
    """The size and nature of one dataset."""

    name: str
    species: str
    expression: str
    genes: int
    silent: int
    upstream: int
    downstream: int


class TrialCounts(TypedDict):
    """How the trials of an experiment ended; ``dead_folds`` are those where no chosen trial is alive."""

    live: int
    collapsed: int
    diverged: int
    folds: int
    dead_folds: list[str]


class LeakageTotals(TypedDict):
    """Test genes over all folds, and the shares (0..1) that overlap a training gene's window."""

    test_genes: int
    any: float
    quarter: float
    half: float


class ExperimentSummary(TypedDict):
    """One experiment: its settings as configured, and its results."""

    name: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    trials: TrialCounts
    leakage: LeakageTotals


class ComparisonSummary(TypedDict):
    """How two datasets differ; `first`, `second`: genes ten times as high there; `zscored`: genes by z-scores."""

    name: str
    datasets: list[str]
    orthologs: bool
    n: int
    r2: float
    first: int
    second: int
    zscored: int


class ReporterSummary(TypedDict):
    """How much of expression a reporter assay explains, and with predictions (None where there are none)."""

    name: str
    dataset: str
    n: int
    r2: float
    joint: Mapping[str, Any] | None
    predictions: str | None
    warnings: list[str]


class RunOptions(TypedDict, total=False):
    """What the first page tells if it is known; ``sections`` maps more titles to their lines, ready to print."""

    device: str
    description: str
    sections: Mapping[str, Sequence[str]]


class RunSummary(RunOptions):
    """All that the first page tells.

    ``outputs`` maps paths to what lies there, ``software`` names to versions; ``device`` is what the networks
    were trained on, ``description`` free text from the configuration.
    """

    name: str
    species: list[SpeciesSummary]
    datasets: list[DatasetSummary]
    experiments: list[ExperimentSummary]
    comparisons: list[ComparisonSummary]
    reporters: list[ReporterSummary]
    outputs: Mapping[str, str]
    software: Mapping[str, str]
    seed: int


def species_summary(
    name: str, assembly: str, simulated: bool, genes: pd.DataFrame, dropped: pd.DataFrame
) -> SpeciesSummary:
    """Summarise the genes of a species.

    Parameters
    ----------
    name, assembly
        Of the species, and of its genome.
    simulated
        Whether the species is made up.
    genes
        The genes with a promoter (genes.tsv), with ``tss_source`` (``cage`` where the site was re-centred).
    dropped
        The lost genes, for `count_reasons`; rows about further places of a kept gene do not count.
    """
    require_columns(genes, ("gene_id", "tss_source"), "genes")
    before = dropped["stage"] == STAGES[0] if len(dropped) else pd.Series(dtype=bool)
    dropped = dropped[~(before & dropped["gene_id"].isin(genes["gene_id"]))] if len(dropped) else dropped
    return {
        "name": name,
        "assembly": assembly,
        "simulated": simulated,
        "annotated": count_annotated(len(genes), dropped),
        "promoters": len(genes),
        "dropped": count_reasons(dropped),
        "recentred": int((genes["tss_source"] == "cage").sum()),
    }


def dataset_summary(
    name: str, species: str, description: str, expression: ArrayLike, window: tuple[int, int]
) -> DatasetSummary:
    """Summarise a dataset.

    Parameters
    ----------
    name, species
        Of the dataset, and of the species that it belongs to.
    description
        Where the expression values come from, as in "median of 56 cell types".
    expression
        log10(RPKM + 0.1) per gene.
    window
        Bases upstream of the TSS, and downstream from it on.
    """
    values = np.asarray(expression, dtype=np.float64)
    return {
        "name": name,
        "species": species,
        "expression": description,
        "genes": int(values.size),
        "silent": int(silent(values).sum()),
        "upstream": window[0],
        "downstream": window[1],
    }


def experiment_summary(
    name: str,
    settings: Mapping[str, Any],
    metrics: Mapping[str, Any],
    trials: pd.DataFrame,
    leakage: pd.DataFrame,
) -> ExperimentSummary:
    """Summarise an experiment.

    Parameters
    ----------
    name
        Of the experiment.
    settings
        Its row of the configuration: ``dataset inputs split architecture``.
    metrics
        The content of its metrics.json (`xpresso_core.metrics.PredictionMetrics.as_dict`).
    trials
        One row per trial: ``fold trial status chosen``.
    leakage
        One row per test gene: ``fold gene_id overlap_bp overlap_fraction``.
    """
    total = leakage_shares(leakage).iloc[-1]
    return {
        "name": name,
        "settings": dict(settings),
        "metrics": dict(metrics),
        "trials": trial_counts(trials),
        "leakage": {
            "test_genes": int(total["test_genes"]),
            "any": float(total["any"]),
            "quarter": float(total["quarter"]),
            "half": float(total["half"]),
        },
    }


def comparison_summary(name: str, row: Mapping[str, Any], counts: Mapping[str, Any]) -> ComparisonSummary:
    """Summarise a comparison: its row of the configuration, and the counts that `comparison` wrote."""
    return {
        "name": name,
        "datasets": list(row["datasets"]),
        "orthologs": row["orthologs"] is not None,
        "n": counts["n"],
        "r2": counts["r2"],
        "first": counts["tenfold_first"],
        "second": counts["tenfold_second"],
        "zscored": counts["zscored_first"] + counts["zscored_second"],
    }


def reporter_summary(name: str, row: Mapping[str, Any], metrics: Mapping[str, Any]) -> ReporterSummary:
    """Summarise a reporter assay: its row of the configuration, and the metrics that `reporter` wrote."""
    return {
        "name": name,
        "dataset": row["dataset"],
        "n": metrics["n"],
        "r2": metrics["r2"],
        "joint": metrics["joint"],
        "predictions": row["predictions"],
        "warnings": list(metrics["warnings"]),
    }


def trial_counts(trials: pd.DataFrame) -> TrialCounts:
    """Count trials by status (live, collapsed, diverged), and find the folds without a live chosen trial."""
    require_columns(trials, ("fold", "status", "chosen"), "trials")
    status = trials["status"]
    alive = trials[(status == "live") & flags(trials["chosen"])]
    folds = sorted(trials["fold"].unique())
    return {
        "live": int((status == "live").sum()),
        "collapsed": int((status == "collapsed").sum()),
        "diverged": int((status == "diverged").sum()),
        "folds": len(folds),
        "dead_folds": [str(fold) for fold in folds if fold not in set(alive["fold"])],
    }


def comparison_table(experiments: Iterable[ExperimentSummary]) -> pd.DataFrame:
    """Return the table that `xpresso_core.plots_training.architecture_comparison` draws."""
    numbers = ("r2", "r2_ci_low", "r2_ci_high", "n", "constant")
    rows = [
        {
            "experiment": experiment["name"],
            **{key: experiment["metrics"]["pooled"][key] for key in numbers},
            **{key: experiment["trials"][key] for key in ("live", "collapsed", "diverged")},
        }
        for experiment in experiments
    ]
    return pd.DataFrame(rows, columns=["experiment", *numbers, "live", "collapsed", "diverged"])


def count_reasons(dropped: pd.DataFrame) -> list[DroppedCount]:
    """Count dropped genes by stage and reason.

    Parameters
    ----------
    dropped
        One row per dropped gene: ``gene_id stage reason``, and optionally ``dataset`` where the gene is
        missing from one dataset only. May have no rows.

    Returns
    -------
    list of dict
        ``stage reason genes`` by stage in the order of the work, the commonest reason first. A dataset's
        name is part of the reason.
    """
    if dropped.empty:
        return []
    require_columns(dropped, ("gene_id", "stage", "reason"), "dropped genes")
    reason = dropped["reason"].astype(str)
    if "dataset" in dropped.columns:
        named = dropped["dataset"].notna() & (dropped["dataset"].astype(str) != "")
        reason = reason.where(~named, dropped["dataset"].astype(str) + ": " + reason)
    counts = dropped.assign(reason=reason).groupby(["stage", "reason"])["gene_id"].nunique().reset_index()
    columns = (counts[name].tolist() for name in ("stage", "reason", "gene_id"))
    rows: list[DroppedCount] = [
        {"stage": str(stage), "reason": str(why), "genes": int(genes)}
        for stage, why, genes in zip(*columns, strict=True)
    ]
    order = {stage: index for index, stage in enumerate(STAGES)}
    return sorted(
        rows,
        key=lambda row: (order.get(row["stage"], len(order)), row["stage"], -row["genes"], row["reason"]),
    )


def count_annotated(promoters: int, dropped: pd.DataFrame) -> int:
    """Return the number of annotated genes: those with a promoter, and those that lost it."""
    lost = dropped[dropped["stage"] == STAGES[0]] if len(dropped) else dropped
    return promoters + (lost["gene_id"].nunique() if len(lost) else 0)
