"""The figures of the datasets: their expression values, and what their splits leak."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from xpresso_core.errors import InputError
from xpresso_core.plots import COLOURS, canvas, finite_values, percent
from xpresso_core.selection import SILENT
from xpresso_core.splits import leakage_shares

BIN = 0.2
"""Width of the bars of expression, in log10 units."""


def expression_distribution(
    expression: Mapping[str, ArrayLike],
    path: str | os.PathLike[str],
    title: str = "Expression of the genes in each dataset",
    unit: str = "log10(RPKM + 0.1)",
) -> None:
    """Draw the histogram of every dataset's expression, with silent genes apart.

    Parameters
    ----------
    expression
        log10(x + 0.1) per gene, by name of the dataset; one panel each, in this order.
    path
        The figure to write.
    title
        Its heading.
    unit
        Unit of the values, for the axis.

    Raises
    ------
    InputError
        If there is no dataset, or one is empty or has missing values.
    """
    values = {name: finite_values(numbers, f"dataset {name}") for name, numbers in expression.items()}
    if not values:
        what = "there is no expression to draw"
        raise InputError(what, where=str(path), remedy="Give at least one dataset")
    low = min(SILENT, *(float(numbers.min()) for numbers in values.values()))
    high = max(float(numbers.max()) for numbers in values.values())
    edges = SILENT + BIN * (
        np.arange(np.floor((low - SILENT) / BIN), np.ceil((high - SILENT) / BIN) + 2) - 0.5
    )
    message = "Silent genes, without a single read, are orange: log10(0 + 0.1) = -1."
    with canvas(path, 6.6, 0.6 + 1.55 * len(values), title, message) as figure:
        panels = figure.subplots(len(values), 1, sharex=True, squeeze=False)[:, 0]
        for panel, (name, numbers) in zip(panels, values.items(), strict=True):
            _expression_panel(panel, name, numbers, edges)
        panels[-1].set_xlabel(f"Expression, {unit}")
        figure.supylabel("Genes (%)", fontsize=10)


def leakage_audit(
    leakage: pd.DataFrame, path: str | os.PathLike[str], title: str = "Leakage audit of the split"
) -> None:
    """Draw how many test genes share sequence with a training gene, by fold and by how much.

    Parameters
    ----------
    leakage
        One row per test gene: ``fold gene_id overlap_bp overlap_fraction`` (the largest overlap with a
        training gene's window, in bases and as a share of the window).
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing or there is no row.
    """
    shares = leakage_shares(leakage)
    rows = shares.iloc[::-1] if len(shares) > 2 else shares.iloc[:1]
    with canvas(path, 8.4, max(2.8, 1.2 + 0.27 * len(rows)), title, _leakage_story(shares)) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        _leakage_bars(left, rows)
        overlapping = leakage["overlap_fraction"][leakage["overlap_bp"] > 0]
        _overlap_histogram(right, overlapping.to_numpy(dtype=np.float64))
        handles, labels = left.get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside lower left",
            ncols=3,
            title="Overlap with a training window",
            alignment="left",
        )


def _expression_panel(
    panel: Axes, name: str, numbers: NDArray[np.float64], edges: NDArray[np.float64]
) -> None:
    silent = np.isclose(numbers, SILENT, atol=1e-6)
    weights = np.full(numbers.size, 100 / numbers.size)
    parts = [silent, ~silent]
    panel.hist(
        [numbers[part] for part in parts],
        edges.tolist(),
        weights=[weights[part] for part in parts],
        color=[COLOURS["fourth"], COLOURS["main"]],
        stacked=True,
    )
    panel.axvline(float(np.median(numbers)), color=COLOURS["ink"], linewidth=1, linestyle=(0, (4, 2)))
    panel.set_title(
        f"{name}: {numbers.size:,} genes, {percent(int(silent.sum()), numbers.size)} silent,"
        f" median {np.median(numbers):.2f} (dashed)",
        loc="left",
    )


def _leakage_story(shares: pd.DataFrame) -> str:
    total = shares.iloc[-1]
    if not total["any"]:
        return f"No window of the {total['test_genes']:,} test genes overlaps a training gene's window."
    genes = int(total["test_genes"])
    number, half = (round(total[level] * genes) for level in ("any", "half"))
    return (
        f"{number:,} of {genes:,} test genes ({percent(number, genes)}) overlap a training gene's window,"
        f" {percent(half, genes)} by half of their own or more."
    )


def _leakage_bars(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw nested bars: half of the window is part of a quarter, which is part of any overlap."""
    y = np.arange(len(rows))
    for column, colour, label in (
        ("any", COLOURS["pale"], "any"),
        ("quarter", COLOURS["light"], "25 % of the window or more"),
        ("half", COLOURS["main"], "50 % or more"),
    ):
        axes.barh(y, 100 * rows[column], color=colour, height=0.7, label=label)
    if len(rows) == 1:
        axes.set_ylim(-1.2, 1.2)
    names = ["all folds" if fold == "all" else f"fold {fold}" for fold in rows["fold"]]
    axes.set_yticks(y, [f"{name} ({genes:,})" for name, genes in zip(names, rows["test_genes"], strict=True)])
    axes.tick_params(axis="y", length=0)
    for position, share in zip(y, rows["any"], strict=True):
        axes.annotate(
            f"{100 * share:.1f} %", (100 * share, position), (3, 0), textcoords="offset points", va="center"
        )
    axes.set_xlim(0, max(5.0, 118 * float(rows["any"].max())))
    axes.set_xlabel("Test genes that overlap (%)")
    axes.set_title("By fold (test genes in brackets)", loc="left")


def _overlap_histogram(axes: Axes, overlapping: NDArray[np.float64]) -> None:
    if not overlapping.size:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No test gene overlaps\na training gene.", ha="center", va="center")
        return
    axes.set_title(f"By how much ({overlapping.size:,} genes)", loc="left")
    axes.hist(100 * overlapping, np.linspace(0, 100, 21).tolist(), color=COLOURS["main"])
    axes.set_xlim(0, 100)
    axes.set_xlabel("Share of the window in common (%)")
    axes.set_ylabel("Test genes")
