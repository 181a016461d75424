"""The genes whose predictions are interpreted, with their groups by predicted expression and their classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xpresso_core.bundle import load_bundle
from xpresso_core.classes import ClassRule, classes_of, halves_of
from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES, expression_bins, group_edges, silent_bound
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.model_windows import dataset_on


def predictions_of_model(model: Path, dataset: Path) -> pd.DataFrame:
    """Predict all genes of a dataset by a model that was trained elsewhere, with average half-life features.

    Returns
    -------
    pandas.DataFrame
        ``gene_id observed predicted fold``, all in one fold.
    """
    bundle = load_bundle(model)
    data = dataset_on(dataset, bundle.window)
    predicted, _ = bundle.predict(data.codes)
    observed = data.expression.astype(np.float64)
    return pd.DataFrame({"gene_id": data.gene_id, "observed": observed, "predicted": predicted, "fold": 1})


def write_genes(
    predictions: pd.DataFrame, genes: Path, classes: Path, *, silent: float, rule: ClassRule
) -> None:
    """Write the groups and classes of genes.

    Parameters
    ----------
    predictions
        ``gene_id observed predicted fold``.
    genes
        What to write: these columns and ``group`` (by predicted expression), ``class`` and ``half``.
    classes
        What to write: the facts of `Classes`, JSON, and ``group_edges``.
    silent
        The share of the range of predictions that counts as not expressed.
    rule
        See `classes_of`.
    """
    table = predictions[["gene_id", "observed", "predicted", "fold"]].copy()
    if table.empty:
        what = "there are no predictions"
        raise InputError(what, where=str(genes), remedy="Check the experiment, or take another")
    if np.ptp(table["predicted"]) == 0:
        what = "all predictions are the same: the networks have collapsed"
        raise InputError(
            what, where=str(genes), remedy="Interpret another experiment, or train this one otherwise"
        )
    predicted, observed = (table[name].to_numpy(np.float64) for name in ("predicted", "observed"))
    bound = silent_bound(predicted, silent)
    found = classes_of(predicted, observed, rule)
    table["group"] = np.array(GROUP_NAMES)[expression_bins(predicted, bound)]
    table["class"] = found.names
    table["half"] = halves_of(predicted, found.names)
    edges = {"group_edges": [float(edge) for edge in group_edges(predicted, bound)]}
    write_table(table, genes)
    write_json({**found.facts, **edges}, classes)


def write_genes_of(
    source: Path, dataset: Path, genes: Path, classes: Path, *, settings: Mapping[str, Any]
) -> None:
    """Write the genes of an interpretation.

    Parameters
    ----------
    source
        The predictions of an experiment, or a model that was trained elsewhere.
    dataset
        The dataset; used with a model.
    genes, classes
        See `write_genes`.
    settings
        ``silent`` and ``classes``.
    """
    columns = ("gene_id", "observed", "predicted", "fold")
    if source.suffix == ".tsv":
        predictions = read_table(source, columns=columns, dtype={"gene_id": str})
    else:
        predictions = predictions_of_model(source, dataset)
    write_genes(predictions, genes, classes, silent=settings["silent"], rule=settings["classes"])
