"""Baseline models: what simple features and simple models say of expression (Figure S4 of the paper).

As in the paper they are trained on training and validation genes together and judged on the test genes; here on those
of every fold of an experiment, so that a network and a baseline are compared gene by gene.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from xpresso_core.baseline_features import Features
from xpresso_core.baseline_names import LM, MEAN, RIDGE, Baseline, baselines
from xpresso_core.dataset import Dataset
from xpresso_core.files import read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.least_squares import least_squares
from xpresso_core.motif_matrix import MotifMatrix
from xpresso_core.randomness import generator
from xpresso_core.scaling import Protocol
from xpresso_core.splits import fold_of_table

PENALTIES = tuple(np.logspace(-1, 6, 15))
"""Of ridge regression on standardised features; the leave-one-out error of the training genes chooses."""

TREE_SETTINGS: Mapping[str, Any] = {
    "learning_rate": 0.05,
    "max_iter": 500,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 20,
    "max_features": 0.3,
    "early_stopping": True,
    "validation_fraction": 0.15,
    "n_iter_no_change": 20,
}
"""Fixed once, not tuned; a part of the training genes says when to stop."""

Floats = npt.NDArray[np.float64]
Predict = Callable[[Floats], Floats]


class Fitted(NamedTuple):
    """A fitted baseline.

    Attributes
    ----------
    predict
        Takes a design ``float64 [gene, column]``.
    columns
        How many columns the model uses.
    aliased
        Those that least squares left out.
    """

    predict: Predict
    columns: int
    aliased: tuple[str, ...] = ()


def fit(method: str, design: Floats, response: Floats, names: Sequence[str], seed: int) -> Fitted:
    """Fit a model.

    Parameters
    ----------
    method
        `MEAN`, or one of `baseline_names.METHODS`.
    design, response
        ``float64 [gene, column]`` and ``float64 [gene]`` of the training genes.
    names
        Of the columns.
    seed
        Of the trees.
    """
    if method == MEAN:
        return Fitted(lambda rows: np.full(len(rows), response.mean()), 0)
    if method == LM:
        model = least_squares(design, response, names)
        slim = replace(model, results=None)  # which hold the whole design
        return Fitted(slim.predict, len(model.columns), model.aliased)
    fitted = _ridge() if method == RIDGE else _trees(seed)
    fitted.fit(design, response)
    return Fitted(fitted.predict, design.shape[1])


def _ridge() -> Any:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeCV(PENALTIES))


def _trees(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(random_state=seed, **TREE_SETTINGS)


def predict_fold(
    features: Features,
    chosen: Sequence[Baseline],
    training: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
    *,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit baselines on some genes and predict others.

    Parameters
    ----------
    features
        Of all genes of the dataset.
    chosen
        The baselines.
    training, test
        Row numbers.
    seed
        Of the trees.

    Returns
    -------
    predictions : pandas.DataFrame
        ``gene_id observed`` and a column per baseline, in log10 units.
    models : pandas.DataFrame
        ``model columns aliased``: the number of columns that a model uses, and the names of those it left out.
    """
    dataset = features.dataset
    observed = dataset.expression.astype(np.float64)
    predictions = {"gene_id": dataset.gene_id[test], "observed": observed[test]}
    models = []
    scaling = training if features.protocol == "strict" else np.union1d(training, test)
    ordered = sorted(chosen, key=lambda baseline: baseline.blocks)
    bar = tqdm(total=len(ordered), desc="baselines", disable=None, leave=False)
    for blocks, group in groupby(ordered, key=lambda baseline: baseline.blocks):
        names, design = features.design(blocks, scaling)
        for baseline in group:
            fitted = fit(baseline.method, design[training], observed[training], names, seed)
            predictions[baseline.name] = fitted.predict(design[test])
            row = {"model": baseline.name, "columns": fitted.columns, "aliased": " ".join(fitted.aliased)}
            models.append(row)
            bar.update()
    bar.close()
    order = ["gene_id", "observed", *(baseline.name for baseline in chosen)]
    return pd.DataFrame(predictions)[order], pd.DataFrame(models)


def write_fold(
    dataset_path: Path,
    split_path: Path,
    matrix_path: Path,
    predictions_path: Path,
    models_path: Path,
    *,
    fold: int,
    settings: Mapping[str, Any],
    protocol: Protocol,
    seed: int,
) -> None:
    """Fit all baselines on the training and validation genes of a fold, and predict its test genes.

    Parameters
    ----------
    dataset_path, split_path, matrix_path
        The dataset, the experiment's split, and the motifs of the promoters.
    predictions_path, models_path
        The tables of `predict_fold` to write, with a column ``fold``.
    fold
        Counted from 1.
    settings
        ``window kmers merge_strands joint_kmers methods`` of the configuration.
    protocol
        The experiment's.
    seed
        Of the run.
    """
    dataset = Dataset.open(dataset_path, Window(**settings["window"]))
    features = Features(dataset, MotifMatrix.open(matrix_path), settings["merge_strands"], protocol)
    rows = fold_of_table(read_table(split_path, dtype={"gene_id": str}), fold, dataset.gene_id)
    training = np.sort(np.concatenate([rows.train, rows.validation]))
    chosen = list(baselines(settings["kmers"], settings["joint_kmers"], settings["methods"]))
    number = int(generator(seed, "baselines", fold).integers(2**31))
    predictions, models = predict_fold(features, chosen, training, rows.test, seed=number)
    write_table(predictions.assign(fold=fold), predictions_path)
    write_table(models.assign(fold=fold), models_path)
