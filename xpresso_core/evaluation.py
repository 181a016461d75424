"""An experiment's predictions for the genes that its models never saw, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xpresso_core.bundle import Bundle, load_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.metrics import prediction_metrics
from xpresso_core.splits import fold_of_table


def predict_fold(dataset: Dataset, bundle: Bundle, rows: Any, fold: int) -> pd.DataFrame:
    """Predict some genes of a dataset with the model of one fold.

    Returns
    -------
    pandas.DataFrame
        ``gene_id observed predicted predicted_sd fold member``, in the unit of the model; ``predicted_sd``
        is the standard deviation over the members of an ensemble, empty for a single model, and ``member``
        names the trials that it consists of.
    """
    halflife = dataset.halflife[rows] if "halflife" in bundle.inputs else None
    predicted, deviation = bundle.predict(dataset.codes[rows], halflife)
    trials = [str(trial["trial"]) for trial in bundle.metadata["trials"] if trial["chosen"]]
    return pd.DataFrame(
        {
            "gene_id": dataset.gene_id[rows],
            "observed": dataset.expression[rows].astype(np.float64),
            "predicted": predicted,
            "predicted_sd": deviation,
            "fold": fold,
            "member": "trial " + "+".join(trials),
        }
    )


def write_evaluation(
    dataset_path: Path,
    split_path: Path,
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
    models
        The bundles of the folds, in order.
    predictions_path, metrics_path
        What to write: the table of `predict_fold`, and `metrics.prediction_metrics` as JSON.
    seed
        Of the bootstrap.

    Raises
    ------
    ConfigError
        If a model was trained on other data.
    """
    split = read_table(split_path, ["fold", "gene_id", "part"], {"gene_id": str})
    tables = []
    dataset: Dataset | None = None
    for number, folder in enumerate(models, start=1):
        bundle = load_bundle(folder)
        if dataset is None:
            dataset = Dataset.open(dataset_path, bundle.window)
        if bundle.metadata["dataset"]["sha256"] != dataset.attributes["sha256"]:
            what = "the model was trained on another dataset"
            raise ConfigError(what, where=str(folder), remedy="Train it again with the workflow")
        rows = fold_of_table(split, number, dataset.gene_id).test
        tables.append(predict_fold(dataset, bundle, rows, number))
    predictions = pd.concat(tables, ignore_index=True)
    write_table(predictions, predictions_path)
    write_json(prediction_metrics(predictions, seed=seed).as_dict(), metrics_path)


def concatenate(tables: Sequence[Path], path: Path) -> None:
    """Write the tables of all folds as one."""
    write_table(pd.concat([read_table(table) for table in tables], ignore_index=True), path)
