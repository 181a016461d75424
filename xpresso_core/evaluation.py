"""An experiment's predictions for the genes that its models never saw, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.bundle import Bundle, load_bundle, sample_sd
from xpresso_core.conformal import coverage, half_width
from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.metrics import PredictionMetrics, prediction_metrics
from xpresso_core.plan import with_control
from xpresso_core.splits import Fold, fold_of_table

Floats = npt.NDArray[np.float64]

LEVEL = 0.9
"""Of the intervals of predictions."""


class Predicted(NamedTuple):
    """What the models of one fold say about some genes, each ``float64 [gene]`` in the unit of the label.

    Attributes
    ----------
    chosen
        By the chosen trials: what counts as the prediction.
    best
        By the live trial of lowest validation error, as in the paper.
    mean, sd
        Mean and sample s.d. over all live trials; the latter is NaN where there is one.
    """

    chosen: Floats
    best: Floats
    mean: Floats
    sd: Floats


def predict_genes(dataset: Dataset, bundle: Bundle, rows: npt.NDArray[np.int64]) -> Predicted:
    """Predict some genes of a dataset with all trials of one fold.

    Where no trial is alive, the chosen one stands for all.
    """
    halflife = dataset.halflife[rows] if "halflife" in bundle.inputs else None
    codes = dataset.codes[rows] if "promoter" in bundle.inputs else None
    values = bundle.predict_each(codes, halflife)
    errors = [trial["best_validation_mse"] for trial in _networks(bundle)]
    members = len(bundle.members)
    return Predicted(
        values[:members].mean(axis=0), values[np.argmin(errors)], values.mean(axis=0), sample_sd(values)
    )


def predict_fold(dataset: Dataset, bundle: Bundle, fold: Fold, number: int) -> pd.DataFrame:
    """Predict the test genes of one fold, with split-conformal intervals from its validation genes.

    Returns
    -------
    pandas.DataFrame
        ``gene_id observed predicted predicted_sd predicted_low predicted_high best_of_trials mean_of_trials fold
        member``, in the unit of the model. ``predicted`` equals one of the last two predictions, as the experiment
        chose; ``predicted_sd`` is the s.d. over all live trials, empty for a single one; ``predicted_low`` to
        ``predicted_high`` is the interval at `LEVEL`, infinite with too few validation genes; ``member`` names the
        trials that ``predicted`` consists of.
    """
    test = predict_genes(dataset, bundle, fold.test)
    calibration = predict_genes(dataset, bundle, fold.validation).chosen
    width = half_width(dataset.expression[fold.validation].astype(np.float64) - calibration, LEVEL)
    chosen = [str(trial["trial"]) for trial in bundle.metadata["trials"] if trial["chosen"]]
    return pd.DataFrame(
        {
            "gene_id": dataset.gene_id[fold.test],
            "observed": dataset.expression[fold.test].astype(np.float64),
            "predicted": test.chosen,
            "predicted_sd": test.sd,
            "predicted_low": test.chosen - width,
            "predicted_high": test.chosen + width,
            "best_of_trials": test.best,
            "mean_of_trials": test.mean,
            "fold": number,
            "member": "trial " + "+".join(chosen),
        }
    )


def write_evaluation(
    dataset_path: Path,
    split_path: Path,
    genes_path: Path,
    models: Sequence[Path],
    predictions_path: Path,
    metrics_path: Path,
    *,
    seed: int,
) -> None:
    """Predict the test genes of every fold with the fold's model, and measure all together and by fold.

    Parameters
    ----------
    dataset_path, split_path
        The dataset and the split table.
    genes_path
        ``gene_id gene_name`` of the species.
    models
        The bundles of the folds, in order.
    predictions_path, metrics_path
        What to write: the table of `predict_fold` with ``gene_name``, and `evaluation_metrics` as JSON.
    seed
        The seed of the run: of the bootstrap, and of shuffled controls.

    Raises
    ------
    ConfigError
        If a model was trained on other data.
    """
    split = read_table(split_path, ["fold", "gene_id", "part"], {"gene_id": str})
    names = read_table(genes_path, ["gene_id", "gene_name"], {"gene_id": str, "gene_name": str})
    tables = []
    dataset: Dataset | None = None
    for number, folder in enumerate(models, start=1):
        bundle = load_bundle(folder, spare=True)
        if dataset is None:
            dataset = open_for(bundle, dataset_path, seed)
        check_origin(bundle, dataset, folder)
        tables.append(predict_fold(dataset, bundle, fold_of_table(split, number, dataset.gene_id), number))
    predictions = pd.concat(tables, ignore_index=True)
    named = predictions["gene_id"].map(names.set_index("gene_id")["gene_name"]).fillna("")
    predictions.insert(1, "gene_name", named)
    write_table(predictions, predictions_path)
    write_json(evaluation_metrics(predictions, seed), metrics_path)


def open_for(bundle: Bundle, dataset_path: Path, seed: int) -> Dataset:
    """Open a dataset as the models of an experiment read it: their window, shuffled for a control."""
    return with_control(Dataset.open(dataset_path, bundle.window), tuple(bundle.metadata["inputs"]), seed)


def check_origin(bundle: Bundle, dataset: Dataset, folder: Path) -> None:
    """Raise `ConfigError` if a model was trained on another dataset."""
    if bundle.metadata["dataset"]["sha256"] != dataset.attributes["sha256"]:
        what = "the model was trained on another dataset"
        raise ConfigError(what, where=str(folder), remedy="Train it again with the workflow")


def evaluation_metrics(predictions: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Measure predictions in all ways that the report shows.

    Parameters
    ----------
    predictions
        From `predict_fold`, all folds.
    seed
        Of the bootstrap.

    Returns
    -------
    dict
        `metrics.PredictionMetrics.as_dict` of ``predicted``; ``best`` and ``ensemble``: the pooled metrics of
        ``best_of_trials`` and ``mean_of_trials``; ``coverage``: `conformal.Coverage.as_dict` of the intervals.
    """
    observed, low, high = (
        predictions[name].to_numpy(dtype=np.float64)
        for name in ("observed", "predicted_low", "predicted_high")
    )
    return {
        **prediction_metrics(predictions, seed=seed).as_dict(),
        "best": _of(predictions, "best_of_trials", seed).pooled._asdict(),
        "ensemble": _of(predictions, "mean_of_trials", seed).pooled._asdict(),
        "coverage": coverage(observed, low, high, LEVEL).as_dict(),
    }


def concatenate(tables: Sequence[Path], path: Path) -> None:
    """Write the tables of all folds as one."""
    write_table(pd.concat([read_table(table) for table in tables], ignore_index=True), path)


def _of(predictions: pd.DataFrame, column: str, seed: int) -> PredictionMetrics:
    return prediction_metrics(predictions.assign(predicted=predictions[column]), seed=seed)


def _networks(bundle: Bundle) -> list[Any]:
    """Return the trials of a bundle's networks, in their order: the chosen, then the spare ones."""
    trials = bundle.metadata["trials"]
    chosen = [trial for trial in trials if trial["chosen"]]
    return [*chosen, *(trial for trial in trials if trial["status"] == "live" and not trial["chosen"])]
