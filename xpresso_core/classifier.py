"""Do models tell which of two datasets has much more of a gene? The difference of their predictions as a classifier.

From the paper's Figures 2G (species, AUC = 0.78) and 4C (cell types, AUC = 0.65). Predictions are of genes that
neither model had seen.
"""

from __future__ import annotations

import math
import os
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu, norm, rankdata

from xpresso_core.comparison import calls as calls_of
from xpresso_core.errors import InputError
from xpresso_core.files import read_table, require_columns, write_json, write_table
from xpresso_core.metrics import CONFIDENCE, SAME_LABEL

Calls = Literal["fold_change", "zscore"]

Floats = NDArray[np.float64]


class OneClassError(InputError):
    """All genes that differ have more in the same dataset, so that there is nothing to tell apart."""


class Classifier(NamedTuple):
    """How well a difference of predictions tells two classes of genes apart.

    Attributes
    ----------
    calls
        Which genes are in the classes: ``fold_change``, more than 10-fold higher in one dataset, or ``zscore``,
        z-scored labels that differ by more than 1.
    table
        One row per gene of the two classes that both models predict: ``gene_id call score``. `call` is the
        dataset that has more, ``first`` or ``second``; `score` is the first prediction less the second, in log10
        units (fold_change) or in s.d. of the label (zscore).
    roc
        ``false_positive true_positive``, shares (0..1) of the second and of the first class whose score reaches a
        threshold, for all thresholds from above the highest score down to the lowest.
    n_first, n_second
        Genes in the classes.
    auc
        Area under the curve: how often a gene of the first class has a higher score than one of the second, where
        equal scores count half. 0.5 is chance.
    auc_ci_low, auc_ci_high
        95 % interval of `auc` (DeLong et al. 1988), cut off at 0 and 1. It is 0 to 1 where a class has one gene,
        whose variance cannot be known, and a point where no scores of the classes overlap, which is too narrow for
        small classes; see `p` then.
    p
        Two-sided P value against 0.5 (Mann and Whitney's U).
    unpredicted
        Genes of the classes that a model has no prediction for. They are in no other number.
    """

    calls: str
    table: pd.DataFrame
    roc: pd.DataFrame
    n_first: int
    n_second: int
    auc: float
    auc_ci_low: float
    auc_ci_high: float
    p: float
    unpredicted: int

    def as_dict(self) -> dict[str, Any]:
        """Return all but the tables as plain types for JSON."""
        return {name: value for name, value in self._asdict().items() if name not in ("table", "roc")}


def classify(table: pd.DataFrame, first: pd.DataFrame, second: pd.DataFrame, calls: str) -> Classifier:
    """Tell genes that one dataset has much more of from those of the other by the difference of predictions.

    Parameters
    ----------
    table
        One row per gene, from `comparison`: ``gene_id first second zscore_difference call`` and, where the
        datasets are of two species, ``ortholog_id``.
    first, second
        Nested test predictions of the models of both datasets, ``gene_id observed predicted``, in log10 units. The
        second's gene_id is the table's ortholog_id, if it has one.
    calls
        ``fold_change``: the table's `call`. ``zscore``: more than 1 between z-scored labels; then each prediction
        is first standardised by the mean and population s.d. of its dataset's label in the table.

    Raises
    ------
    InputError
        If a column is missing, a gene is there twice, a value is missing or infinite, or predictions are of another
        label than the table's.
    OneClassError
        If no gene of a class has two predictions.
    """
    if calls not in get_args(Calls):
        what = f"genes cannot be called by {calls!r}"
        raise InputError(what, where="classifier", remedy=f"Give {' or '.join(get_args(Calls))}")
    require_columns(table, ("gene_id", "first", "second", "zscore_difference", "call"), "comparison")
    partner = "ortholog_id" if "ortholog_id" in table.columns else "gene_id"
    sides = {"first": ("gene_id", first), "second": (partner, second)}
    predicted = pd.DataFrame(
        {name: _predictions_for(table, name, key, frame, calls) for name, (key, frame) in sides.items()}
    )
    call = calls_of(table["zscore_difference"]) if calls == "zscore" else table["call"].fillna("")
    score = predicted["first"] - predicted["second"]
    genes = pd.DataFrame({"gene_id": table["gene_id"], "call": call, "score": score})
    called = genes[genes["call"] != ""]
    rows = called[called["score"].notna()].reset_index(drop=True)
    _check_classes(called, rows)
    scores = [rows.loc[rows["call"] == name, "score"].to_numpy(dtype=np.float64) for name in sides]
    auc, low, high = auc_interval(*scores)
    return Classifier(
        calls=calls,
        table=rows,
        roc=roc_points(*scores),
        n_first=scores[0].size,
        n_second=scores[1].size,
        auc=auc,
        auc_ci_low=low,
        auc_ci_high=high,
        p=float(mannwhitneyu(*scores, alternative="two-sided").pvalue),
        unpredicted=len(called) - len(rows),
    )


def auc_interval(first: ArrayLike, second: ArrayLike) -> tuple[float, float, float]:
    """Return the area under the curve of scores of two classes, and its 95 % interval.

    DeLong et al. 1988, Biometrics 44:837, by ranks (Sun and Xu 2014, IEEE Signal Process. Lett. 21:1389).

    Parameters
    ----------
    first, second
        Scores of the genes of each class, ``[gene]``, at least one.

    Returns
    -------
    auc, low, high
        See `Classifier`.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    ranks = rankdata(np.concatenate([x, y]))
    # The share of the other class that each gene beats: of the second for x, of the first, mirrored, for y.
    beaten = (ranks[: x.size] - rankdata(x)) / y.size
    beating = 1 - (ranks[x.size :] - rankdata(y)) / x.size
    auc = float(beaten.mean())
    if min(x.size, y.size) < 2:
        return auc, 0.0, 1.0
    error = math.sqrt(beaten.var(ddof=1) / x.size + beating.var(ddof=1) / y.size)
    reach = float(norm.ppf((1 + CONFIDENCE) / 2)) * error
    return auc, max(0.0, auc - reach), min(1.0, auc + reach)


def roc_points(first: ArrayLike, second: ArrayLike) -> pd.DataFrame:
    """Return the receiver operating characteristic of scores of two classes.

    Parameters
    ----------
    first, second
        Scores of the genes of each class, ``[gene]``, at least one.

    Returns
    -------
    pandas.DataFrame
        ``false_positive true_positive``, from (0, 0) to (1, 1); one row per distinct score besides the first.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    thresholds = np.unique(np.concatenate([x, y]))[::-1]
    shares = {
        name: np.concatenate([[0.0], 1 - np.searchsorted(np.sort(scores), thresholds) / scores.size])
        for name, scores in (("false_positive", y), ("true_positive", x))
    }
    return pd.DataFrame(shares)


def write_classifier(
    comparison_path: str | os.PathLike[str],
    first_path: str | os.PathLike[str],
    second_path: str | os.PathLike[str],
    table_path: str | os.PathLike[str],
    summary_path: str | os.PathLike[str],
    *,
    calls: str,
) -> Classifier:
    """Classify from files, and write the genes as TSV and the numbers as JSON.

    Parameters
    ----------
    comparison_path
        The table of `comparison.write_comparison`.
    first_path, second_path
        Predictions of an experiment on each dataset.
    table_path
        Where to write `Classifier.table`.
    summary_path
        Where to write `Classifier.as_dict`.
    calls
        See `classify`.

    Raises
    ------
    InputError
        For what `classify` refuses, and files that cannot be read.
    """
    text = {"gene_id": str, "ortholog_id": str, "call": str}
    table, first, second = (
        read_table(path, dtype=text) for path in (comparison_path, first_path, second_path)
    )
    found = classify(table, first, second, calls)
    write_table(found.table, table_path)
    write_json(found.as_dict(), summary_path)
    return found


def _predictions_for(table: pd.DataFrame, name: str, key: str, frame: pd.DataFrame, calls: str) -> pd.Series:
    """Return a dataset's predictions in the order of the table, missing where a gene has none."""
    where = f"predictions of the {name} dataset"
    require_columns(frame, ("gene_id", "observed", "predicted"), where)
    for genes, place in ((table[key], "comparison"), (frame["gene_id"], where)):
        twice = genes[genes.duplicated()]
        if len(twice):
            what = f"{len(twice)} genes are there twice"
            raise InputError(what, where=f"{place}, gene {twice.iloc[0]}", remedy="Give every gene once")
    _check_finite(table[name], table["gene_id"], f"comparison, column {name}")
    for column in ("observed", "predicted"):
        _check_finite(frame[column], frame["gene_id"], f"{where}, column {column}")
    aligned = frame.set_index("gene_id")[["observed", "predicted"]].reindex(table[key])
    aligned = aligned.set_index(table.index)
    if aligned["predicted"].isna().all():
        example = f"{frame['gene_id'].iloc[0]} and {table[key].iloc[0]}"
        what = f"no gene of the comparison has a prediction (for example {example})"
        raise InputError(
            what, where=where, remedy="Give an experiment on this dataset, in the comparison's order"
        )
    _check_label(aligned["observed"], table, name, where)
    return (
        aligned["predicted"] if calls == "fold_change" else _standardised(aligned["predicted"], table[name])
    )


def _standardised(predicted: pd.Series, label: pd.Series) -> pd.Series:
    spread = float(label.std(ddof=0))
    if not spread:
        what = "all genes have the same label, so predictions cannot be standardised"
        raise InputError(what, where=f"comparison, column {label.name}", remedy="Check the expression table")
    return (predicted - float(label.mean())) / spread


def _check_label(observed: pd.Series, table: pd.DataFrame, name: str, where: str) -> None:
    """Raise `InputError` if what a model was tested on is not the label that the comparison shows."""
    off = (observed - table[name]).abs() > SAME_LABEL
    if off.any():
        gene = table["gene_id"][off].iloc[0]
        what = f"the observed values of {int(off.sum())} genes are not those of the comparison"
        remedy = "Give an experiment on the dataset that was compared"
        raise InputError(what, where=f"{where}, gene {gene}", remedy=remedy)


def _check_finite(values: pd.Series, genes: pd.Series, where: str) -> None:
    bad = ~np.isfinite(values.to_numpy(dtype=np.float64))
    if bad.any():
        what = f"{int(bad.sum())} values are missing or infinite"
        raise InputError(
            what, where=f"{where}, gene {genes[bad].iloc[0]}", remedy="Find out why, or drop these genes"
        )


def _check_classes(called: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Raise `InputError` unless each class, and nothing else, is among the called genes and those predicted."""
    strange = called[~called["call"].isin(("first", "second"))]
    if len(strange):
        what = f"the call {strange['call'].iloc[0]!r} is neither first nor second"
        where = f"comparison, gene {strange['gene_id'].iloc[0]}"
        raise InputError(what, where=where, remedy="Make the comparison again")
    for name in ("first", "second"):
        among = int((called["call"] == name).sum())
        if not among:
            what = (
                f"no gene is called as much higher in the {name} dataset, so there is nothing to tell apart"
            )
            raise OneClassError(
                what, where="classifier", remedy="Compare datasets that differ more, or leave it out"
            )
        if not (rows["call"] == name).any():
            what = f"none of the {among} genes that are higher in the {name} dataset has both predictions"
            remedy = "Give experiments that test all genes (folds)"
            raise OneClassError(what, where="classifier", remedy=remedy)
