"""The analyses whose result is a table and a figure of the report: samples, comparisons, reporter assays."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xpresso_core.comparison import spearman_matrix, write_comparison
from xpresso_core.dataset import Dataset
from xpresso_core.expression import read_matrix
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.orthologs import one_to_one, read_orthologs
from xpresso_core.plots import canvas
from xpresso_core.plots_expression import comparison_scatter, sample_correlation
from xpresso_core.plots_reporter import reporter_scatter
from xpresso_core.reporter import write_activity
from xpresso_core.sample_names import read_sample_names

log = logging.getLogger(__name__)


def report_samples(
    matrix_path: Path,
    names_path: Path | None,
    table_path: Path,
    figure_path: Path,
    *,
    name: str,
    settings: Mapping[str, Any],
) -> None:
    """Write and draw the rank correlations of all pairs of samples of a dataset's table (Figure S1).

    Parameters
    ----------
    matrix_path, names_path
        See `expression.read_matrix` and `sample_names.read_sample_names`; None where there are no names.
    table_path, figure_path
        What to write: rho by sample and sample, and the figure.
    name
        Of the dataset.
    settings
        How its table is read, of which ``median_except`` and ``ids`` are used.
    """
    repeats = settings["ids"] == "entrez"
    matrix = read_matrix(matrix_path, leave_out=settings["median_except"], repeats=repeats)
    matrix = matrix[~matrix.index.duplicated()]
    constant = [str(sample) for sample in matrix if not np.ptp(matrix[sample])]
    if constant:
        log.warning("samples with one value for all genes are left out: %s", ", ".join(constant))
        matrix = matrix.drop(columns=constant)
    if matrix.shape[1] < 2:
        write_table(pd.DataFrame({"sample": list(matrix.columns)}), table_path)
        with canvas(figure_path, 6.2, 0.6, f"{name}: how alike the samples are") as figure:
            figure.text(0.5, 0.3, "There are no two samples to compare.", ha="center", va="center")
        return
    rho = spearman_matrix(matrix)
    write_table(rho.reset_index(names="sample"), table_path)
    names = {} if names_path is None else read_sample_names(names_path)
    sample_correlation(matrix, figure_path, f"{name}: how alike the samples are", names)


def report_comparison(
    first_path: Path,
    second_path: Path,
    orthologs_path: Path | None,
    table_path: Path,
    summary_path: Path,
    figure_path: Path,
    *,
    names: Sequence[str],
) -> None:
    """Compare the labels of two datasets gene by gene (Figures 2F and 4B).

    Parameters
    ----------
    first_path, second_path
        The datasets (``dataset.h5``).
    orthologs_path
        See `orthologs.read_orthologs`; None where both are of one species.
    table_path, summary_path, figure_path
        What to write; see `comparison.write_comparison`.
    names
        Of the two datasets.
    """
    pairs = None if orthologs_path is None else one_to_one(read_orthologs(orthologs_path)).pairs
    first, second = (read_label(path) for path in (first_path, second_path))
    found = write_comparison(first, second, table_path, summary_path, pairs=pairs)
    units = {str(Dataset.open(path, Window(0, 1)).attributes["units"]) for path in (first_path, second_path)}
    comparison_scatter(
        found,
        figure_path,
        first_name=names[0],
        second_name=names[1],
        title=f"{names[0]} against {names[1]}, gene by gene",
        unit=units.pop() if len(units) == 1 else "log10(expression + 0.1)",
        genes="genes" if pairs is None else "one-to-one orthologs",
    )


def read_label(path: Path) -> pd.Series[float]:
    """Return the label of a dataset, log10(x + 0.1), by gene_id."""
    dataset = Dataset.open(path, Window(0, 1))
    index = pd.Index(dataset.gene_id, name="gene_id")
    return pd.Series(dataset.expression.astype(float), index=index, name="log10")


def report_reporter(
    signal_path: Path,
    sites_path: Path | None,
    expression_path: Path,
    predictions_path: Path | None,
    activity_path: Path,
    metrics_path: Path,
    figure_path: Path,
    *,
    name: str,
    unit: str,
    seed: int,
) -> None:
    """Compare a reporter assay with expression, alone and joined with predictions (Figure 4D).

    Parameters
    ----------
    signal_path, sites_path, expression_path, predictions_path
        As for `reporter.write_activity`.
    activity_path, metrics_path, figure_path
        What to write.
    name
        Of the assay.
    unit
        Of the expression values.
    seed
        Of the bootstrap.
    """
    write_activity(
        signal_path, sites_path, expression_path, predictions_path, activity_path, metrics_path, seed=seed
    )
    table = read_table(activity_path, dtype={"gene_id": str})
    warnings = read_json(metrics_path)["warnings"]
    title = f"{name}: promoter activity and expression"
    reporter_scatter(table, figure_path, title, unit, warnings)
