"""Figures and tables over several experiments, from the files of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xpresso_core.classifier import OneClassError, write_classifier
from xpresso_core.experiment_rows import hosts, own_experiment
from xpresso_core.files import flags, read_json, read_table, write_json, write_table
from xpresso_core.metrics import r2_difference_interval, regression_metrics
from xpresso_core.neighbours import split_cost
from xpresso_core.plots import canvas
from xpresso_core.plots_classifier import roc
from xpresso_core.plots_ensembles import ensembles, tested_elsewhere
from xpresso_core.plots_experiments import size_curve, variations, window_study
from xpresso_core.plots_neighbours import split_costs
from xpresso_core.randomness import generator

TEXT = {"gene_id": str, "gene_name": str, "chrom": str}
INTERVAL = ("r2", "r2_ci_low", "r2_ci_high")
OWN_GAIN = ("own_gain", "own_gain_ci_low", "own_gain_ci_high", "own_gain_n")
LEAST_SHARED = 20
BOOTSTRAP = 1000


def draw_ensembles(experiments: Mapping[str, Path], shown: Sequence[str], table: Path, figure: Path) -> None:
    """Compare the best trial with the mean of all, and intervals with what they cover, for every experiment.

    Parameters
    ----------
    experiments
        The folder of each, with ``metrics.json`` and ``trials.tsv``.
    shown
        Which of them the figure shows; the table has all.
    table, figure
        What to write.
    """
    rows = []
    for name, folder in experiments.items():
        metrics, trials = read_json(folder / "metrics.json"), read_table(folder / "trials.tsv")
        live = trials[trials["status"] == "live"]
        several = bool((live.groupby("fold").size() > 1).any())
        best = {f"{key.replace('r2', 'r2_best')}": metrics["best"][key] for key in INTERVAL}
        mean = {
            f"{key.replace('r2', 'r2_ensemble')}": metrics["ensemble"][key] if several else None
            for key in INTERVAL
        }
        row = {"experiment": name, "n": metrics["pooled"]["n"], "live": len(live) / trials["fold"].nunique()}
        rows.append({**row, **best, **mean, **_coverage(metrics["coverage"])})
    frame = pd.DataFrame(rows)
    write_table(frame, table)
    ensembles(
        frame[frame["experiment"].isin(shown)].reset_index(drop=True),
        figure,
        "Best of the trials, mean of the trials, and intervals",
    )


def _coverage(coverage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "level": coverage["level"],
        "coverage": coverage["covered"],
        "coverage_ci_low": coverage["ci_low"],
        "coverage_ci_high": coverage["ci_high"],
        "mean_width": coverage["mean_width"],
    }


def draw_family(family: str, members: Sequence[Mapping[str, Any]], table: Path, figure: Path) -> None:
    """Draw what changes with the settings that a family of experiments varies.

    Parameters
    ----------
    family
        Its name.
    members
        ``name values folder`` of each; ``values`` are the varied settings by dotted key.
    table, figure
        What to write.
    """
    frame = pd.DataFrame([_member(member) for member in members])
    write_table(frame, table)
    varied = set(members[0]["values"])
    if varied <= {"split.training", "split.draw"} and "split.training" in varied:
        size_curve(frame, figure, f"{family}: how much more genes teach")
    elif varied == {"window"}:
        window_study(frame, figure, f"{family}: which bases matter")
    else:
        variations(frame, figure, f"{family}: what changes with its settings")


def _member(member: Mapping[str, Any]) -> dict[str, Any]:
    folder = Path(member["folder"])
    metrics, trials = read_json(folder / "metrics.json"), read_table(folder / "trials.tsv")
    split = read_table(folder / "split.tsv", ["fold", "part"], TEXT)
    chosen = trials[flags(trials["chosen"])]
    values: dict[str, Any] = {}
    for key, value in member["values"].items():
        values |= value if isinstance(value, Mapping) else {key.split(".")[-1]: _words(value)}
    return {
        "experiment": member["name"],
        "label": ", ".join(f"{name} {value}" for name, value in values.items()),
        "training": int((split["part"] == "train").sum() / split["fold"].nunique()),
        "draw": 1,
        **values,
        **{key: metrics["pooled"][key] for key in (*INTERVAL, "n", "constant")},
        "validation_mse": float(chosen["best_validation_mse"].mean()),
    }


def _words(value: object) -> object:
    return " + ".join(map(str, value)) if isinstance(value, list) else value


def draw_tested_on(
    experiments: Mapping[str, Mapping[str, Any]],
    species: Mapping[str, str],
    results: Path,
    table: Path,
    figure: Path,
    *,
    seed: int,
) -> None:
    """Draw how models do on other datasets, beside models of these datasets' own (Figures 2D and 4A).

    Parameters
    ----------
    experiments
        `experiment_rows.with_hosts` of the configured ones.
    species
        The species of each dataset.
    results
        The folder of all results.
    table, figure
        What to write; `own_gain` is by how much r² is higher for models of the dataset's own that differ in nothing
        else, over the `own_gain_n` genes that both have tested, with its 95 % interval (paired bootstrap); empty where
        there are none, or fewer than `LEAST_SHARED` such genes.
    seed
        Of the bootstrap.
    """
    rows = []
    for name, row in experiments.items():
        folder = results / row["dataset"] / name
        paired = "orthologs" in row.get("genes", {})
        if name in hosts(experiments):
            rows.append(
                _tested(name, row["dataset"], row["dataset"], folder / "metrics.json", orthologs=paired)
            )
        for other in row.get("tested_on", []):
            metrics = folder / "tested_on" / f"{other}.json"
            crossed = paired and species[other] != species[row["dataset"]]
            tested = _tested(name, row["dataset"], other, metrics, orthologs=crossed)
            own = own_experiment(experiments, name, other)
            files = (
                None
                if own is None
                else (results / other / own / "predictions.tsv", metrics.with_suffix(".tsv"))
            )
            rows.append(tested | _own_gain(files, seed))
    frame = pd.DataFrame(rows)
    write_table(frame, table)
    tested_elsewhere(frame, figure, "Models tested on other datasets")


def _tested(name: str, trained: str, tested: str, metrics: Path, *, orthologs: bool) -> dict[str, Any]:
    pooled = read_json(metrics)["pooled"]
    facts = {"experiment": name, "trained_on": trained, "tested_on": tested, "orthologs": orthologs}
    return {**facts, **{key: pooled[key] for key in (*INTERVAL, "n")}}


def _own_gain(files: tuple[Path, Path] | None, seed: int) -> dict[str, float]:
    """Compare the predictions of a dataset's own models with those of others, for the same genes."""
    if files is None:
        return dict.fromkeys(OWN_GAIN, np.nan)
    own, other = (read_table(path, ["gene_id", "observed", "predicted"], TEXT) for path in files)
    both = own.merge(other, on="gene_id", suffixes=("", "_other"), validate="one_to_one")
    if len(both) < LEAST_SHARED:
        return {**dict.fromkeys(OWN_GAIN, np.nan), "own_gain_n": len(both)}
    observed, sides = both["observed"], (both["predicted_other"], both["predicted"])
    before, after = (regression_metrics(observed, side, n_boot=1).r2 for side in sides)
    interval = r2_difference_interval(observed, *sides, BOOTSTRAP, generator(seed, "own models"))
    return dict(zip(OWN_GAIN, (after - before, *interval, len(both)), strict=True))


def draw_classifier(
    comparison: Path,
    first: Path,
    second: Path,
    table: Path,
    summary: Path,
    figure: Path,
    *,
    names: Sequence[str],
    calls: str,
) -> None:
    """Ask whether predictions tell which of two datasets has more of a gene (Figures 2G and 4C), and draw the ROC.

    Where only one of them has genes with much more, there is nothing to tell apart: the summary, its ``auc`` null,
    and the figure say so in a ``note``.
    """
    title = f"Do predictions tell whether {names[0]} or {names[1]} has more?"
    try:
        found = write_classifier(comparison, first, second, table, summary, calls=calls)
    except OneClassError as error:
        note = f"{error.what[0].upper()}{error.what[1:]}."
        write_table(pd.DataFrame(columns=["gene_id", "call", "score"]), table)
        write_json({"calls": calls, "auc": None, "note": note}, summary)
        with canvas(figure, 6.6, 0.4, title, note):
            pass
    else:
        roc(found, (names[0], names[1]), figure, title)


def draw_split_costs(
    pairs: Sequence[Sequence[str]],
    datasets: Mapping[str, str],
    results: Path,
    table: Path,
    figure: Path,
    *,
    seed: int,
) -> None:
    """Draw the r² of a random split beside that of a split by chromosomes, and what neighbours have to do with it.

    Parameters
    ----------
    pairs
        Names of experiments that differ in the split alone: random, by chromosomes.
    datasets
        The dataset of each of these experiments.
    results
        The folder of all results.
    table, figure
        What to write.
    seed
        Of the bootstrap.
    """
    rows = []
    for random, chromosomes in pairs:
        folders = [results / datasets[name] / name for name in (random, chromosomes)]
        first, second = (read_table(folder / "predictions.tsv", dtype=TEXT) for folder in folders)
        leakage = read_table(folders[0] / "leakage.tsv", dtype=TEXT)
        sizes = (_training_genes(folders[0]), _training_genes(folders[1]))
        cost = split_cost(first, second, leakage, *sizes, seed=seed)
        facts = {"dataset": datasets[random], "random": random, "chromosomes": chromosomes}
        rows.append({**facts, **cost.as_dict()})
    frame = pd.DataFrame(rows)
    write_table(frame, table)
    split_costs(frame, figure, "A random split beside whole chromosomes")


def _training_genes(folder: Path) -> int:
    split = read_table(folder / "split.tsv", ["fold", "part"], TEXT)
    return round(int((split["part"] == "train").sum()) / split["fold"].nunique())
