"""Figures of baselines from the tables of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from xpresso_core.baseline_names import NETWORK, in_words
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.plots_baselines import (
    all_models,
    best_row,
    coefficients,
    fold_by_fold,
    motif_effects,
)
from xpresso_core.plots_published import published

SEQUENCE, REPORTER = "Sequence alone", "Reporter assays"
"""Categories of published results that a run has results in."""

TEXT = {"model": str, "features": str, "motif_id": str, "motif_name": str}


def draw_baselines(
    table: Path, halflife: Path, motifs: Path, figures: Mapping[str, Path], *, reference: str
) -> None:
    """Draw all models side by side, the coefficients of half-life features, and the effects of motifs.

    Parameters
    ----------
    table, halflife, motifs
        Of `baseline_comparison.write_comparison` and `baseline_effects.write_effects`.
    figures
        What to write: ``comparison``, ``coefficients`` and ``motifs``.
    reference
        The network that all are compared with.
    """
    all_models(
        read_table(table, dtype=TEXT), figures["comparison"], "Networks beside simple models", reference
    )
    coefficients(read_table(halflife), figures["coefficients"], "Half-life features and expression")
    motif_effects(read_table(motifs, dtype=TEXT), figures["motifs"], "Motifs and expression")


def draw_folds(table: Path, folds: Path, figure: Path, *, reference: str) -> None:
    """Draw the r² of each fold."""
    title = "Fold by fold: the network and the best simple models"
    fold_by_fold(read_table(table, dtype=TEXT), read_table(folds, dtype=TEXT), figure, title, reference)


def draw_published(
    published_path: Path,
    compared: Sequence[Mapping[str, str]],
    experiments: Sequence[Mapping[str, str]],
    reporters: Sequence[Mapping[str, str]],
    table: Path,
    figure: Path,
) -> None:
    """Set a run's results beside published ones, as a table and a figure (Figure 4E).

    Parameters
    ----------
    published_path
        ``category study model species cell_type r2 source``.
    compared
        The comparisons with baselines: ``name`` of the network, ``dataset``, ``species``, and the ``file`` of the
        table. The network and the best baseline are shown.
    experiments
        Experiments on other datasets, whose ``file`` holds metrics; the best of each dataset is shown.
    reporters
        Reporter assays, whose ``file`` holds metrics: what activity explains, and what it does with predictions.
    table, figure
        What to write.
    """
    rows = [row for run in compared for row in _compared(read_table(Path(run["file"]), dtype=TEXT), run)]
    rows += _best_by_dataset(experiments)
    rows += [row for run in reporters for row in _reporter(read_json(run["file"]), run)]
    own = pd.DataFrame(rows).drop_duplicates(["model", "cell_type"])
    known = read_table(published_path).assign(ours=False)
    frame = pd.concat([own, known], ignore_index=True)
    write_table(frame, table)
    published(frame, figure, "Beside published results, by what a model is told")


def _own(run: Mapping[str, str], category: str, model: str, r2: float) -> dict[str, object]:
    """Return a row of this run's."""
    facts = {"category": category, "study": "this run", "model": model, "species": run["species"]}
    return {**facts, "cell_type": run["dataset"], "r2": r2, "source": "this run", "ours": True}


def _compared(table: pd.DataFrame, run: Mapping[str, str]) -> list[dict[str, object]]:
    best = best_row(table[table["method"] != NETWORK], "r2")
    network = float(table.loc[table["model"] == run["name"], "r2"].iloc[0])
    return [
        _own(run, SEQUENCE, run["name"], network),
        _own(run, SEQUENCE, f"best baseline of {run['name']} ({in_words(best)})", float(best["r2"])),
    ]


def _best_by_dataset(experiments: Sequence[Mapping[str, str]]) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for run in experiments:
        row = _own(run, SEQUENCE, run["name"], read_json(run["file"])["pooled"]["r2"])
        before = found.get(run["dataset"])
        if before is None or cast("float", row["r2"]) > cast("float", before["r2"]):
            found[run["dataset"]] = row
    return list(found.values())


def _reporter(metrics: Mapping[str, Any], run: Mapping[str, str]) -> list[dict[str, object]]:
    rows = [_own(run, REPORTER, f"{run['name']} alone", metrics["r2"])]
    if metrics["joint"]:
        rows.append(_own(run, REPORTER, f"{run['name']} with predictions", metrics["joint"]["r2_joint"]))
    return rows
