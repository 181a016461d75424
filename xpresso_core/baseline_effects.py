"""What linear baselines say of single features: half-life features (Figure S4B), motifs one by one and together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from xpresso_core.baseline_features import Features
from xpresso_core.baseline_names import CORE, HALFLIFE, MOTIFS
from xpresso_core.dataset import Dataset
from xpresso_core.files import read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.least_squares import least_squares
from xpresso_core.motif_matrix import MotifMatrix
from xpresso_core.scaling import Protocol
from xpresso_core.splits import UNUSED

ALPHA = 0.05
"""The false discovery rate at which a motif counts as significant."""

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def halflife_coefficients(features: Features, rows: Rows) -> pd.DataFrame:
    """Fit expression by half-life features alone, all z-scored.

    Parameters
    ----------
    features
        Of the dataset's genes.
    rows
        The genes to fit.

    Returns
    -------
    pandas.DataFrame
        `LeastSquares.table`: the coefficients are standard deviations of the label per standard deviation of the
        feature, with 95 % confidence intervals.
    """
    names, design = features.design((HALFLIFE,), rows)
    label = features.dataset.expression[rows].astype(np.float64)
    return least_squares(_z_scores(design[rows]), _z_scores(label), names).table()


def motif_effects(features: Features, rows: Rows) -> pd.DataFrame:
    """Ask which motifs go with expression: each by itself, and all together beside composition and half-life features.

    Parameters
    ----------
    features
        Of the dataset's genes.
    rows
        The genes to fit.

    Returns
    -------
    pandas.DataFrame
        ``motif_id motif_name genes share``: how many of the genes have it. ``alone alone_ci_low alone_ci_high
        alone_p alone_q``: the difference in mean z-scored label between genes with and without, its 95 % interval,
        and the p-value of Student's t-test. ``joint joint_ci_low joint_ci_high joint_p joint_q``: the motif's
        coefficient in a linear model of all motifs, CpG and G+C of the core, and half-life features; empty where it
        is aliased or there are too few genes. ``q`` are p-values after Benjamini and Hochberg. By ``alone_p``;
        motifs that all or no genes have come last, without numbers.
    """
    matrix, label = features.matrix, _z_scores(features.dataset.expression[rows].astype(np.float64))
    present = matrix.present[rows].astype(np.float64)
    table = pd.DataFrame(
        {"motif_id": matrix.identifiers, "motif_name": matrix.names, "genes": present.sum(axis=0).astype(int)}
    ).assign(share=present.mean(axis=0))
    for name, values in _alone(present, label).items():
        table[name] = values
    table = table.join(_joint(features, rows, label), on="motif_id")
    for kind in ("alone", "joint"):
        table[f"{kind}_q"] = _q_values(table[f"{kind}_p"])
    columns = [
        f"{kind}{end}" for kind in ("alone", "joint") for end in ("", "_ci_low", "_ci_high", "_p", "_q")
    ]
    ordered = table.sort_values(["alone_p", "motif_id"], ignore_index=True)
    return ordered[["motif_id", "motif_name", "genes", "share", *columns]]


def _z_scores(values: Floats) -> Floats:
    """Return z-scores of each column; one without spread becomes 0."""
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _alone(present: Floats, label: Floats) -> dict[str, Any]:
    """Compare genes with and without each motif: two-sample t-tests with a common variance."""
    genes, have = len(label), present.sum(axis=0)
    tested = (have > 0) & (have < genes) & (genes > 2)
    count = np.where(tested, have, 1.0)
    others = np.where(tested, genes - have, 1.0)
    first, second = label @ present / count, label @ (1 - present) / others
    within = label @ label - count * first**2 - others * second**2
    error = np.sqrt(within / (genes - 2) * (1 / count + 1 / others))
    difference = first - second
    reach = stats.t.ppf(1 - 0.05 / 2, genes - 2) * error
    columns = {
        "alone": difference,
        "alone_ci_low": difference - reach,
        "alone_ci_high": difference + reach,
        "alone_p": 2 * stats.t.sf(np.abs(difference / error), genes - 2),
    }
    return {name: np.where(tested, values, np.nan) for name, values in columns.items()}


def _joint(features: Features, rows: Rows, label: Floats) -> pd.DataFrame:
    columns = {"coefficient": "joint", "ci_low": "joint_ci_low", "ci_high": "joint_ci_high", "p": "joint_p"}
    names, design = features.design((HALFLIFE, CORE, MOTIFS), rows)
    model = least_squares(design[rows], label, names)
    if model.results.df_resid < 1:
        return pd.DataFrame(columns=list(columns.values()), dtype=np.float64)
    # Only the motifs, which come last: one may be called as another feature is.
    table = model.table()[model.columns >= len(names) - len(features.matrix.identifiers)]
    return table.set_index("name")[list(columns)].rename(columns=columns)


def _q_values(p: pd.Series) -> pd.Series:
    there = p.notna()
    q = pd.Series(np.nan, index=p.index)
    if there.any():
        q[there] = stats.false_discovery_control(p[there].to_numpy(dtype=np.float64))
    return q


def write_effects(
    dataset_path: Path,
    split_path: Path,
    matrix_path: Path,
    coefficients_path: Path,
    motifs_path: Path,
    *,
    window: Window,
    protocol: Protocol,
) -> None:
    """Write the tables of `halflife_coefficients` and `motif_effects`, fitted on all genes of an experiment.

    Parameters
    ----------
    dataset_path, split_path, matrix_path
        The dataset, the experiment's split, and the motifs of the promoters.
    coefficients_path, motifs_path
        What to write.
    window, protocol
        Of the baselines, and of the experiment.
    """
    dataset = Dataset.open(dataset_path, window)
    features = Features(dataset, MotifMatrix.open(matrix_path), merge_strands=False, protocol=protocol)
    split = read_table(split_path, ["gene_id", "part"], {"gene_id": str})
    used = split.loc[split["part"] != UNUSED, "gene_id"]
    rows = np.flatnonzero(np.isin(dataset.gene_id, used.to_numpy(dtype=str)))
    write_table(halflife_coefficients(features, rows), coefficients_path)
    write_table(motif_effects(features, rows), motifs_path)
