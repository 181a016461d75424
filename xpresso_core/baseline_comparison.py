"""Networks beside baseline models, gene by gene over the same test genes (Figure S4A to C)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from xpresso_core.baseline_names import HALFLIFE, NETWORK, Baseline
from xpresso_core.errors import InputError
from xpresso_core.files import read_table, write_table
from xpresso_core.metrics import (
    SAME_LABEL,
    PredictionMetrics,
    prediction_metrics,
    r2_difference_interval,
)
from xpresso_core.randomness import generator

N_BOOT = 1000

SAME_R2 = 1e-12
"""Differences of r² between folds below this are rounding."""

KEYS = ("gene_id", "observed", "fold")

Floats = npt.NDArray[np.float64]


class FoldTest(NamedTuple):
    """A paired t-test over the folds of a cross-validation, two-sided.

    Attributes
    ----------
    folds
        Their number.
    difference
        Mean over folds of the r² of the reference less that of the other model.
    t, p
        Student's paired t-test, the test of the paper's Figure S4C.
    p_corrected
        The same with the variance of Nadeau & Bengio (2003): folds share most of their training genes, so that
        the plain test is too sure of itself.
    """

    folds: int
    difference: float
    t: float
    p: float
    p_corrected: float


def fold_test(reference: Floats, other: Floats, test_share: float) -> FoldTest:
    """Compare the r² of two models over folds.

    Parameters
    ----------
    reference, other
        ``float64 [fold]``.
    test_share
        Test genes of a fold, divided by its training genes.

    Raises
    ------
    InputError
        If there are fewer than two folds.
    """
    if len(reference) < 2:
        what = "a paired t-test needs two folds at least"
        raise InputError(what, where="baselines", remedy="Give an experiment with folds")
    differences = reference - other
    folds, mean, variance = len(differences), float(differences.mean()), float(differences.var(ddof=1))
    if float(np.ptp(differences)) < SAME_R2:
        same = abs(mean) < SAME_R2
        sure = 1.0 if same else 0.0
        return FoldTest(folds, mean, 0.0 if same else float(np.copysign(np.inf, mean)), sure, sure)
    t, p = stats.ttest_rel(reference, other)
    corrected = mean / np.sqrt(variance * (1 / folds + test_share))
    return FoldTest(folds, mean, float(t), float(p), float(2 * stats.t.sf(abs(corrected), folds - 1)))


def compare(
    predictions: pd.DataFrame,
    networks: Mapping[str, pd.DataFrame],
    reference: str,
    *,
    test_share: float,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure all models on the same test genes.

    Parameters
    ----------
    predictions
        ``gene_id observed fold`` and a column per baseline (`baselines.write_fold`), all folds.
    networks
        For each network experiment ``gene_id observed predicted fold``, of the same genes and folds.
    reference
        The network that all are compared with.
    test_share
        See `fold_test`.
    seed
        Of the bootstraps.

    Returns
    -------
    table : pandas.DataFrame
        A row per model: ``model method features halflife``; ``n r2 r2_ci_low r2_ci_high
        coefficient_of_determination spearman mae constant`` over all test genes; ``margin margin_ci_low
        margin_ci_high``, the r² of the reference less that of the model, with the 95 % interval of a bootstrap over
        genes; and, where there are folds, ``mean_fold_r2 fold_difference t p p_corrected`` (`FoldTest`).
    folds : pandas.DataFrame
        ``model fold r2`` of every model and fold.

    Raises
    ------
    InputError
        If a network predicts other genes, folds or labels than the baselines, or has the name of one.
    """
    frame = predictions.sort_values("gene_id", ignore_index=True)
    columns = {name: frame[name].to_numpy(dtype=np.float64) for name in frame.columns if name not in KEYS}
    _check_names(columns, networks, reference)
    columns |= {name: _aligned(frame, network, name) for name, network in networks.items()}
    measured = {name: _measure(frame, values, seed) for name, values in columns.items()}
    rows = []
    for name, metrics in measured.items():
        facts = _network_facts() if name in networks else _baseline_facts(name)
        margin = _margin(frame, columns, measured, (name, reference), seed)
        test = _tested(measured[reference], metrics, test_share)
        rows.append({"model": name, **facts, **_pooled(metrics), **margin, **test})
    folds = [
        {"model": name, "fold": fold, "r2": values.r2}
        for name, metrics in measured.items()
        for fold, values in metrics.folds.items()
    ]
    return pd.DataFrame(rows), pd.DataFrame(folds)


def _check_names(baselines: Collection[str], networks: Collection[str], reference: str) -> None:
    taken = [name for name in networks if name in baselines]
    if taken or reference not in networks:
        what = (
            f"an experiment is called {taken[0]!r}, as a baseline is"
            if taken
            else f"there is no {reference!r}"
        )
        raise InputError(
            what, where="baselines", remedy="Rename the experiment, or name one of those compared"
        )


def _aligned(frame: pd.DataFrame, network: pd.DataFrame, name: str) -> Floats:
    """Return a network's predictions in the order of the baselines' genes."""
    other = network.sort_values("gene_id", ignore_index=True)
    same = len(other) == len(frame) and all((other[key] == frame[key]).all() for key in ("gene_id", "fold"))
    if not same or ((other["observed"] - frame["observed"]).abs() > SAME_LABEL).any():
        what = f"the experiment {name!r} has other test genes, folds or labels than the baselines"
        raise InputError(what, where="baselines", remedy="Compare experiments of one dataset and one split")
    return other["predicted"].to_numpy(dtype=np.float64)


def _measure(frame: pd.DataFrame, values: Floats, seed: int) -> PredictionMetrics:
    return prediction_metrics(frame[list(KEYS)].assign(predicted=values), seed=seed)


def _baseline_facts(name: str) -> dict[str, Any]:
    method, blocks = Baseline.of_name(name)
    features = "+".join(block for block in blocks if block != HALFLIFE)
    return {"method": method, "features": features, "halflife": HALFLIFE in blocks}


def _network_facts() -> dict[str, Any]:
    return {"method": NETWORK, "features": "", "halflife": False}


def _pooled(metrics: PredictionMetrics) -> dict[str, Any]:
    names = (
        "n",
        "r2",
        "r2_ci_low",
        "r2_ci_high",
        "coefficient_of_determination",
        "spearman",
        "mae",
        "constant",
    )
    return {name: getattr(metrics.pooled, name) for name in names}


def _margin(
    frame: pd.DataFrame,
    columns: Mapping[str, Floats],
    measured: Mapping[str, PredictionMetrics],
    names: tuple[str, str],
    seed: int,
) -> dict[str, float]:
    sides = [columns[name] * (not measured[name].pooled.constant) for name in names]
    rng = generator(seed, "baselines margin")
    low, high = r2_difference_interval(frame["observed"], sides[0], sides[1], N_BOOT, rng)
    margin = measured[names[1]].pooled.r2 - measured[names[0]].pooled.r2
    return {"margin": margin, "margin_ci_low": low, "margin_ci_high": high}


def _tested(reference: PredictionMetrics, other: PredictionMetrics, test_share: float) -> dict[str, float]:
    if len(reference.folds) < 2:
        return {}
    first, second = (
        np.array([metrics.folds[fold].r2 for fold in reference.folds]) for metrics in (reference, other)
    )
    test = fold_test(first, second, test_share)
    values = {"fold_difference": test.difference, "t": test.t, "p": test.p, "p_corrected": test.p_corrected}
    return {"mean_fold_r2": float(second.mean()), **values}


def write_comparison(
    fold_paths: Sequence[Path],
    split_path: Path,
    networks: Mapping[str, Path],
    predictions_path: Path,
    table_path: Path,
    folds_path: Path,
    *,
    reference: str,
    inputs: Mapping[str, Sequence[str]],
    seed: int,
) -> None:
    """Join the folds of all baselines, and compare them with networks.

    Parameters
    ----------
    fold_paths, split_path
        The predictions of each fold (`baselines.write_fold`), and the split table.
    networks
        The predictions of each network experiment.
    predictions_path, table_path, folds_path
        What to write: all predictions, and the tables of `compare`.
    reference, seed
        See `compare`.
    inputs
        The inputs of each network experiment, which become its ``features`` and ``halflife``.
    """
    text = {"gene_id": str}
    predictions = pd.concat([read_table(path, KEYS, text) for path in fold_paths], ignore_index=True)
    tables = {name: read_table(path, (*KEYS, "predicted"), text) for name, path in networks.items()}
    parts = read_table(split_path, ["fold", "part"], text)["part"].value_counts()
    share = float(parts["test"] / (parts["train"] + parts["validation"]))
    table, folds = compare(predictions, tables, reference, test_share=share, seed=seed)
    for name, kinds in inputs.items():
        row = table["model"] == name
        table.loc[row, "features"] = "+".join(kind for kind in kinds if kind != HALFLIFE)
        table.loc[row, "halflife"] = HALFLIFE in kinds
    write_table(predictions, predictions_path)
    write_table(table, table_path)
    write_table(folds, folds_path)
