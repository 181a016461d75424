"""Classes of genes by predicted expression, A of low and B of high (Figure 6B).

Classes only mean something where the predictions do. There are none where predictions do not follow the measured
expression, and, by the rule of the paper, none where they have no two modes beyond chance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import pearsonr

from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.files import read_table
from xpresso_core.mixture import fit_mixture

Floats = npt.NDArray[np.float64]
ClassRule = Literal["mixture", "thirds"]

CHANCE = 0.01
"""The largest p-value (Pearson, one-sided) of predictions that follow the measured expression."""
LOW, HIGH = "A", "B"
LOWER, UPPER = "lower", "upper"
"""The halves of class B."""


class Classes(NamedTuple):
    """The classes of genes.

    Attributes
    ----------
    names
        ``[gene]``: `LOW`, `HIGH` or nothing.
    facts
        What the figure and the first page tell, plain types: ``rule``; ``reason``, why there are no classes, or
        nothing; ``threshold``, where class B begins; ``r``, ``r2`` and ``p`` of predicted and measured
        expression; for a mixture its ``weights``, ``means``, ``sds``, ``modes`` and ``valley_p``.
    """

    names: npt.NDArray[np.str_]
    facts: dict[str, Any]


def classes_of(predicted: Floats, observed: Floats, rule: ClassRule) -> Classes:
    """Part genes into class A of low and class B of high predicted expression.

    Parameters
    ----------
    predicted, observed
        ``[gene]`` in log10 units or z-scores.
    rule
        ``mixture``: at the threshold of a mixture of two normal distributions, as in the paper, if the predictions
        have two modes. ``thirds``: the lowest and the highest third.

    Raises
    ------
    InputError
        If there are too few genes, or a value is missing or infinite.
    """
    names = np.full(len(predicted), "", dtype="<U1")
    facts: dict[str, Any] = {"rule": rule, "reason": "", "threshold": None}
    mixture = fit_mixture(predicted)
    facts |= {
        name: [float(value) for value in getattr(mixture, name)]
        for name in ("weights", "means", "sds", "modes")
    }
    facts |= {"valley_p": mixture.valley_p, "bimodal": mixture.bimodal}
    if np.ptp(observed) == 0:
        what = "all genes have the same measured expression"
        raise InputError(what, where="classes", remedy="Check the expression table")
    test = pearsonr(predicted, observed, alternative="greater")
    facts |= {"r": float(test.statistic), "r2": float(test.statistic) ** 2, "p": float(test.pvalue)}
    if not test.pvalue < CHANCE:
        facts["reason"] = "the predictions do not follow the measured expression"
    elif rule == "thirds":
        ordered, third = np.sort(predicted), len(predicted) // 3
        low, high = float(ordered[third - 1]), float(ordered[-third])
        if low < high:
            names[predicted <= low], names[predicted >= high] = LOW, HIGH
            facts["threshold"] = high
        else:
            facts["reason"] = "too many predictions are the same"
    elif not mixture.bimodal or mixture.threshold is None:
        facts["reason"] = "the predictions have no two modes beyond chance"
    else:
        names[:] = np.where(predicted >= mixture.threshold, HIGH, LOW)
        facts["threshold"] = float(mixture.threshold)
    facts["genes"] = {name: int((names == name).sum()) for name in (LOW, HIGH)}
    return Classes(names, facts)


def halves_of(predicted: Floats, names: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Return which half of class B, by predicted expression, each gene is in: ``lower``, ``upper`` or nothing."""
    halves = np.full(len(predicted), "", dtype="<U5")
    high = np.flatnonzero(names == HIGH)
    order = high[np.argsort(predicted[high], kind="stable")]
    halves[order[: len(order) // 2]] = LOWER
    halves[order[(len(order) + 1) // 2 :]] = UPPER
    return halves


def read_genes(path: Path) -> pd.DataFrame:
    """Read what `write_genes` wrote.

    Raises
    ------
    InputError
        If a group is unknown.
    """
    text = {"gene_id": str, "group": str, "class": str, "half": str}
    table = read_table(path, columns=("predicted", "observed", "fold", *text), dtype=text)
    unknown = set(table["group"]) - set(GROUP_NAMES)
    if unknown:
        what = f"the groups {sorted(map(str, unknown))} are not among {GROUP_NAMES}"
        raise InputError(what, where=str(path), remedy="Make the file again with the workflow")
    return table.fillna({"class": "", "half": ""})
