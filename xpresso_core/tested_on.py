"""Models tested on another dataset: of another cell type (Figure 4A), or another species (Figure 2D).

The models of a fold predict the fold's own test genes, or their orthologs, from the promoters and features of the
other dataset, and are measured by its expression. So no tested gene, and no ortholog of one, was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.bundle import Bundle, load_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.evaluation import open_for, predict_genes
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.metrics import prediction_metrics
from xpresso_core.scaling import Scaler
from xpresso_core.splits import Fold, fold_of_table

Indices = npt.NDArray[np.int64]


def write_tested_on(
    split_path: Path,
    models: Sequence[Path],
    other_path: Path,
    predictions_path: Path,
    metrics_path: Path,
    *,
    seed: int,
    pairs_path: Path | None = None,
    columns: tuple[str, str] = ("gene_id", "ortholog_id"),
) -> None:
    """Predict the test genes of every fold in another dataset, and measure all together and by fold.

    Parameters
    ----------
    split_path
        The split table of the experiment.
    models
        The bundles of its folds, in order.
    other_path
        The dataset to test on.
    predictions_path, metrics_path
        What to write: ``gene_id observed predicted fold`` with the other dataset's genes and labels, and
        `metrics.prediction_metrics` as JSON.
    seed
        The seed of the run.
    pairs_path, columns
        For another species: the table of orthologs, and its columns of the experiment's and of the other genes.

    Raises
    ------
    InputError
        If the datasets share no gene.
    """
    split = read_table(split_path, ["fold", "gene_id", "part"], {"gene_id": str})
    pairs = None if pairs_path is None else read_table(pairs_path, list(columns), dict.fromkeys(columns, str))
    other: Dataset | None = None
    tables = []
    for number, folder in enumerate(models, start=1):
        bundle = load_bundle(folder)
        if other is None:
            other = open_for(bundle, other_path, seed)
            split = _in_other_genes(split, other, pairs, columns)
        fold = fold_of_table(split, number, other.gene_id)
        tables.append(_tested_fold(other, bundle, fold, number, rescale=pairs is not None))
    predictions = pd.concat(tables, ignore_index=True)
    write_table(predictions, predictions_path)
    write_json(prediction_metrics(predictions, seed=seed).as_dict(), metrics_path)


def _in_other_genes(
    split: pd.DataFrame, other: Dataset, pairs: pd.DataFrame | None, columns: tuple[str, str]
) -> pd.DataFrame:
    """Return the split with the other dataset's genes, as far as it has them."""
    genes = (
        split["gene_id"] if pairs is None else split["gene_id"].map(pairs.set_index(columns[0])[columns[1]])
    )
    there = genes.isin(other.gene_id)
    if not there.any():
        what = f"the other dataset has none of the experiment's {split['gene_id'].nunique()} genes"
        remedy = "Test on a dataset of the same species, or give a comparison by orthologs"
        raise InputError(what, where=f"gene {split['gene_id'].iloc[0]}", remedy=remedy)
    return split.assign(gene_id=genes)[there]


def _tested_fold(other: Dataset, bundle: Bundle, fold: Fold, number: int, *, rescale: bool) -> pd.DataFrame:
    if rescale and bundle.feature_names:
        bundle = _with_features_of(bundle, other, fold)
    return pd.DataFrame(
        {
            "gene_id": other.gene_id[fold.test],
            "observed": other.expression[fold.test].astype(np.float64),
            "predicted": predict_genes(other, bundle, fold.test).chosen,
            "fold": number,
        }
    )


def _with_features_of(bundle: Bundle, other: Dataset, fold: Fold) -> Bundle:
    """Return the bundle with features scaled by the other species' training genes, as in the paper.

    Introns or UTRs are longer in one species than in another; what a model has learned is how a gene compares with
    others of its genome. The label's scale stays that of the model.
    """
    if bundle.scaler is None:
        what = "has no scaler"
        raise ConfigError(what, where="model bundle", remedy="Train it with the workflow")
    rows = np.concatenate(fold) if bundle.scaler.protocol == "paper" else fold.train
    fitted = Scaler.fit(
        other.expression[rows], other.halflife[rows], bundle.feature_names, bundle.scaler.protocol
    )
    scaler = replace(bundle.scaler, feature_mean=fitted.feature_mean, feature_sd=fitted.feature_sd)
    return replace(bundle, scaler=scaler)
