"""The figures and the first page of a run's report, from the files of the earlier stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from xpresso_core.dataset import Dataset
from xpresso_core.experiment_rows import analysed_dataset, tracked_species
from xpresso_core.files import atomic_path, read_json, read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.landing import landing_page
from xpresso_core.landing_interpretation import interpretation_words
from xpresso_core.landing_residuals import residual_words
from xpresso_core.landing_tracks import track_words
from xpresso_core.landing_training import across_words, baseline_words, family_words, search_words
from xpresso_core.metrics import RegressionMetrics
from xpresso_core.plots_dataset import expression_distribution, leakage_audit
from xpresso_core.plots_expression import expression_ecdf
from xpresso_core.plots_promoters import dropped_genes, tss_shift
from xpresso_core.plots_training import architecture_comparison, learning_curves, observed_vs_predicted
from xpresso_core.summary import (
    ExperimentSummary,
    comparison_summary,
    comparison_table,
    dataset_summary,
    experiment_summary,
    reporter_summary,
    species_summary,
)

TEXT = {"gene_id": str, "gene_name": str, "chrom": str, "dataset": str}


def draw_species(
    name: str, genes_path: Path, dropped_path: Path, dropped_figure: Path, tss_figure: Path
) -> None:
    """Draw which genes were dropped, and how far CAGE moved the TSSs."""
    genes, dropped = read_table(genes_path, dtype=TEXT), read_table(dropped_path, dtype=TEXT)
    dropped_genes(dropped, dropped_figure, len(genes), f"{name}: genes lost on the way, and why")
    tss_shift(genes, tss_figure, f"{name}: how far CAGE moves the transcription start sites")


def draw_expression(
    datasets: Mapping[str, Path],
    comparisons: Sequence[Path],
    pairs: Sequence[Sequence[str]],
    histogram: Path,
    ecdf: Path,
) -> None:
    """Draw the distribution of the label in every dataset, as histograms and cumulatively.

    Parameters
    ----------
    datasets
        The datasets by name.
    comparisons, pairs
        Tables of comparisons between species, and the names of their two datasets: their genes, which have
        one-to-one orthologs, are drawn beside all genes, as in Figure 2E of the paper.
    histogram, ecdf
        The figures to write.
    """
    opened = {name: Dataset.open(file, Window(0, 1)) for name, file in datasets.items()}
    units = {str(dataset.attributes["units"]) for dataset in opened.values()}
    unit = units.pop() if len(units) == 1 else "log10(expression + 0.1)"
    labels: dict[str, ArrayLike] = {name: dataset.expression for name, dataset in opened.items()}
    expression_distribution(labels, histogram, unit=unit)
    for path, names in zip(comparisons, pairs, strict=True):
        table = read_table(path, ["first", "second"])
        for name, column in zip(names, ("first", "second"), strict=True):
            labels[f"{name}, one-to-one orthologs"] = table[column].to_numpy()
    expression_ecdf(labels, ecdf, "How expression is distributed", unit)


def draw_experiment(folder: Path, title: str, unit: str, scatter: Path, curves: Path, leakage: Path) -> None:
    """Draw observed against predicted, all learning curves, and the leakage audit of an experiment.

    Parameters
    ----------
    folder
        Of the experiment: ``predictions.tsv metrics.json history.tsv trials.tsv leakage.tsv``.
    title
        What the figures are headed with.
    unit
        Of the predictions.
    scatter, curves, leakage
        The figures to write.
    """
    metrics = RegressionMetrics(**read_json(folder / "metrics.json")["pooled"])
    predictions = read_table(folder / "predictions.tsv", dtype=TEXT)
    observed_vs_predicted(predictions, metrics, scatter, f"{title}: genes not seen in training", unit=unit)
    history, trials = read_table(folder / "history.tsv"), read_table(folder / "trials.tsv")
    learning_curves(history, trials, curves, f"{title}: learning curves of all trials")
    audit = read_table(folder / "leakage.tsv", dtype=TEXT)
    leakage_audit(audit, leakage, f"{title}: test genes that share sequence with training genes")


def draw_comparison(
    experiments: Mapping[str, Path], config: Mapping[str, Any], figure: Path, table: Path
) -> None:
    """Draw the r² of all experiments side by side, and write all their pooled metrics as a table."""
    summaries = _experiments(experiments, config)
    architecture_comparison(comparison_table(summaries), figure)
    rows = [{"experiment": row["name"], **row["metrics"]["pooled"]} for row in summaries]
    write_table(pd.DataFrame(rows), table)


def write_landing(
    config: Mapping[str, Any],
    results: Path,
    experiments: Mapping[str, Path],
    reporters: Mapping[str, Path],
    families: Sequence[str],
    tables: Mapping[str, bool],
    page: Path,
) -> None:
    """Write the report's first page: in words, what was run and what came out.

    Parameters
    ----------
    config
        The configuration of the run.
    results
        The folder of all results.
    experiments, reporters
        The folder of each experiment and of each reporter assay.
    families
        Names of the families of experiments.
    tables
        Whether the run has the tables ``tested_on`` and ``split_costs``.
    page
        The reStructuredText file to write.
    """
    species = []
    for name, row in config["species"].items():
        genes = read_table(results / name / "genes.tsv", dtype=TEXT)
        dropped = read_table(results / name / "dropped.tsv", dtype=TEXT)
        species.append(species_summary(name, row["assembly"], "simulate" in row, genes, dropped))
    datasets = [
        _dataset(name, row, results / name / "dataset.h5") for name, row in config["datasets"].items()
    ]
    bundles = [
        read_json(folder / "models" / f"fold_{fold}" / "bundle.json")["metadata"]
        for name, folder in experiments.items()
        for fold in range(1, config["experiments"][name]["split"].get("folds", 1) + 1)
    ]
    page_text = landing_page(
        {
            "name": config["name"],
            "description": config["title"],
            "species": species,
            "datasets": datasets,
            "experiments": _experiments(experiments, config),
            "comparisons": [
                comparison_summary(
                    name, row, read_json(results / config["name"] / "comparisons" / f"{name}.json")
                )
                for name, row in config["comparisons"].items()
            ],
            "reporters": [
                reporter_summary(name, config["reporters"][name], read_json(folder / "metrics.json"))
                for name, folder in reporters.items()
            ],
            "outputs": _outputs(config),
            "software": _software(bundles),
            "seed": config["seed"],
            "device": ", ".join(sorted({str(bundle["device"]) for bundle in bundles})),
            "sections": _sections(config, results / config["name"], families, tables),
        }
    )
    with atomic_path(page) as draft:
        draft.write_text(page_text, encoding="utf-8")


def _sections(
    config: Mapping[str, Any], folder: Path, families: Sequence[str], tables: Mapping[str, bool]
) -> dict[str, list[str]]:
    tested, costs = (
        folder / f"{name}.tsv" if tables[name] else None for name in ("tested_on", "split_costs")
    )
    return {
        "Interpretation": interpretation_words(
            config["interpretations"], _interpretations(config, folder.parent)
        ),
        "Residuals": residual_words(config["residuals"], _residuals(config, folder.parent)),
        "Tracks": track_words(
            config["tracks"],
            {
                name: folder.parent
                / tracked_species(row, config["experiments"], config["datasets"])
                / "tracks"
                / name
                for name, row in config["tracks"].items()
            },
        ),
        "Baselines": baseline_words(*_baselines(config, folder.parent)),
        "Families of experiments": family_words(families, folder / "families"),
        "Across datasets and splits": across_words(
            config["comparisons"], folder / "comparisons", tested, costs
        ),
        "Searches": search_words(config["searches"], folder / "searches"),
    }


def _interpretations(config: Mapping[str, Any], results: Path) -> dict[str, Path]:
    """Return the folder of each interpretation."""
    return {
        name: results / analysed_dataset(row, config["experiments"]) / "interpretations" / name
        for name, row in config["interpretations"].items()
    }


def _residuals(config: Mapping[str, Any], results: Path) -> dict[str, Path]:
    """Return the folder of each analysis of residuals."""
    return {
        name: results / analysed_dataset(row, config["experiments"]) / "residuals" / name
        for name, row in config["residuals"].items()
    }


def _baselines(config: Mapping[str, Any], results: Path) -> tuple[dict[str, str], dict[str, Path]]:
    """Return the network of each comparison with baselines, and its table."""
    networks = {name: row["experiment"] for name, row in config["baselines"].items()}
    datasets = {name: config["experiments"][network]["dataset"] for name, network in networks.items()}
    tables = {
        name: results / dataset / "baselines" / name / "comparison.tsv" for name, dataset in datasets.items()
    }
    return networks, tables


def _experiments(experiments: Mapping[str, Path], config: Mapping[str, Any]) -> list[ExperimentSummary]:
    return [
        experiment_summary(
            name,
            config["experiments"][name],
            read_json(folder / "metrics.json"),
            read_table(folder / "trials.tsv"),
            read_table(folder / "leakage.tsv", dtype=TEXT),
        )
        for name, folder in experiments.items()
    ]


def _dataset(name: str, row: Mapping[str, Any], path: Path) -> Any:
    dataset = Dataset.open(path, Window(0, 1))
    stored = dataset.attributes["window"]
    if "column" in row:
        origin = f"column {row['column']} of the table {row['table']}"
    else:
        left_out = f" except {', '.join(row['median_except'])}" if row["median_except"] else ""
        evened = " after quantile normalisation" if row.get("quantile_normalise") else ""
        origin = f"median over all columns of the table {row['table']}{left_out}{evened}"
    label = dataset.expression.astype(np.float64)
    return dataset_summary(name, row["species"], origin, label, (stored["upstream"], stored["downstream"]))


def _outputs(config: Mapping[str, Any]) -> dict[str, str]:
    """Name one file of each kind, by its pattern."""
    return {
        "results/<species>/genes.tsv": "genes with TSS, representative transcript and half-life features",
        "results/<species>/dropped.tsv": "genes lost on the way, with stage and reason",
        "results/<dataset>/dataset.h5": "promoters, half-life features and labels",
        "results/<dataset>/<experiment>/predictions.tsv": "observed and predicted expression of test genes",
        "results/<dataset>/residuals/<name>/residuals.tsv": "what a model does not explain, gene by gene",
        "results/<dataset>/<experiment>/models/fold_<k>": "model bundles, for the command xpresso predict",
        f"results/{config['name']}/report.zip": "this report",
    }


def _software(bundles: list[dict[str, Any]]) -> dict[str, str]:
    """Return the versions that the models were trained with; several, where they differ."""
    found: dict[str, set[str]] = {}
    for bundle in bundles:
        for name, version in bundle["versions"].items():
            found.setdefault(name, set()).add(str(version))
    return {name: " and ".join(sorted(several)) for name, several in found.items()}
