"""The figures of searches, from their trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from xpresso_core.files import read_json, write_table
from xpresso_core.plots_search import search_progress, search_windows
from xpresso_core.plots_search_parameters import search_parameters
from xpresso_core.search_record import read_trials, search_curve, trials_table


def draw_progress(
    trials: Mapping[str, Path], best: Sequence[Path], figure: Path, *, epochs: int | None
) -> None:
    """Draw the lowest validation error by trial of the searches on one dataset (Figure 1B).

    Parameters
    ----------
    trials
        The trials of each search, JSON lines.
    best
        Their results; the reference line is the manual architecture of the first that trained it.
    figure
        What to write.
    epochs
        Of a trial, where all searches agree.
    """
    curves = {name: search_curve(read_trials(path)) for name, path in trials.items()}
    manual = [record["manual"] for path in best if (record := read_json(path))["manual"]]
    line = next((float(record["loss"]) for record in manual if record["loss"] is not None), None)
    search_progress(curves, line, figure, "What searching finds", epochs=epochs)


def draw_search(name: str, trials: Path, windows: Path, parameters: Path, table: Path) -> None:
    """Draw the error by window (Figure S2B) and by every hyperparameter (Table 1), and write the trials as a table."""
    frame = trials_table(read_trials(trials))
    write_table(frame, table)
    search_windows(frame, windows, f"{name}: lowest error by window")
    search_parameters(frame, parameters, f"{name}: error by hyperparameter")
