"""Figures of baselines from the tables of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from xpresso_core.baseline_names import NETWORK, in_words
from xpresso_core.files import read_table, write_table
from xpresso_core.plots_baselines import (
    all_models,
    best_row,
    coefficients,
    fold_by_fold,
    motif_effects,
)
from xpresso_core.plots_published import published

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
    comparisons: Sequence[Path],
    runs: Sequence[Mapping[str, str]],
    table: Path,
    figure: Path,
) -> None:
    """Set a run's networks and best baselines beside published results, as a table and a figure.

    Parameters
    ----------
    published_path
        ``category study model species cell_type r2 source``.
    comparisons, runs
        The table of each comparison with baselines, and its ``network``, ``dataset`` and ``species``.
    table, figure
        What to write.
    """
    rows = [
        row
        for path, run in zip(comparisons, runs, strict=True)
        for row in _own(read_table(path, dtype=TEXT), run)
    ]
    known = read_table(published_path).assign(ours=False)
    first = known["category"].iloc[0]
    frame = pd.concat([pd.DataFrame([{"category": first, **row} for row in rows]), known], ignore_index=True)
    write_table(frame, table)
    published(frame, figure, "Beside published results, by what a model is told")


def _own(table: pd.DataFrame, run: Mapping[str, str]) -> list[dict[str, object]]:
    simple = table[table["method"] != NETWORK]
    best = best_row(simple, "r2")
    names = {
        run["network"]: run["network"],
        best["model"]: f"best baseline ({in_words(best)})",
    }
    facts = {"study": "this run", "species": run["species"], "cell_type": run["dataset"], "ours": True}
    r2 = table.set_index("model")["r2"]
    return [
        {**facts, "model": name, "r2": float(r2[model]), "source": "this run"}
        for model, name in names.items()
    ]
