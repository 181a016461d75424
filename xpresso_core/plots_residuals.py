"""The figure of what a model does not explain: observed against recalibrated expression, with named genes."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from numpy.typing import NDArray

from xpresso_core.errors import InputError, nearest
from xpresso_core.files import require_columns
from xpresso_core.metrics import MIN_GENES, is_constant
from xpresso_core.plots import COLOURS, canvas, finite_values
from xpresso_core.plots_density import CROWD, density_scatter
from xpresso_core.plots_labels import draw_labels
from xpresso_core.residuals import RESIDUAL_COLUMNS, extremes
from xpresso_core.words import listed

MOST_NAMES = 40
"""Of more marked genes, those with the largest residuals are named."""

NAME_COLOUR = "#9C4400"
"""The accent, dark enough for small letters."""

EXTREMES = 3
"""Genes on either side that are named if no genes are to be marked."""

LINE_DOTS = 300
"""Points that stand for the line among those that names keep off."""

WHERE = "residuals"

Floats = NDArray[np.float64]


def plot_labelled_residuals(
    path: str | os.PathLike[str],
    title: str,
    table: pd.DataFrame,
    labelled: Sequence[str] | None,
    *,
    units: str,
    missing: Sequence[str] = (),
) -> None:
    """Draw observed against recalibrated expression and name genes (Figures 3A and 3D).

    Parameters
    ----------
    path
        The figure to write.
    title
        Its heading.
    table
        `residuals.RESIDUAL_COLUMNS`, one row per gene. ``observed``, ``recalibrated`` and ``residual`` are in log10
        units. A gene whose ``gene_name`` is empty is named by its ``gene_id``.
    labelled
        The ``gene_id`` of genes to mark and name, such as those of known enhancers. Of more than `MOST_NAMES`, all are
        marked and those farthest from the line named. None names the `EXTREMES` genes farthest above and below the
        line in grey; an empty list names none.
    units
        Unit of both axes, such as log10(RPKM + 0.1).
    missing
        Names of further genes that were to be marked and have no residual; the message tells them.

    Raises
    ------
    InputError
        If a column is missing, there is no gene, a value is missing or infinite, or a gene to mark is not in the
        table.
    """
    require_columns(table, tuple(RESIDUAL_COLUMNS), WHERE)
    x, y, _ = (
        finite_values(table[name], f"{WHERE}, column {name}")
        for name in ("recalibrated", "observed", "residual")
    )
    marked = extremes(table, EXTREMES) if labelled is None else _rows(table, labelled)
    limits = _limits(x, y)
    told = [_agreement(x, y), _story(marked, extreme=labelled is None), _lost(missing)]
    message = " ".join(part for part in told if part)
    dpi = 140 if x.size > CROWD else 200
    with canvas(path, 6.6, 5.9, title, message, dpi) as figure:
        axes = figure.subplots()
        density_scatter(figure, axes, axes.inset_axes((1.03, 0, 0.035, 1)), x, y, limits)
        axes.plot(limits, limits, color=COLOURS["grey"], linewidth=1.2, label="observed = predicted")
        axes.set(xlim=limits, ylim=limits, aspect="equal", autoscale_on=False)
        axes.set_xlabel(f"Predicted, recalibrated, {units}")
        axes.set_ylabel(f"Observed {units}")
        if labelled is not None and len(marked):
            _mark(axes, marked)
        legend = figure.legend(loc="outside lower left", ncols=2)
        dots = np.linspace(*limits, LINE_DOTS)
        crowd = np.concatenate([np.stack([x, y], axis=1), np.stack([dots, dots], axis=1)])
        _name(axes, legend, marked, crowd, strong=labelled is not None)


def _rows(table: pd.DataFrame, genes: Sequence[str]) -> pd.DataFrame:
    """Return the rows of genes, each once, or raise `InputError` if one is not there."""
    once = list(dict.fromkeys(genes))
    known = set(table["gene_id"])
    unknown = [gene for gene in once if gene not in known]
    if unknown:
        what = f"{len(unknown)} genes to mark have no residual: {', '.join(unknown[:5])}"
        what += nearest(unknown[0], known)
        raise InputError(what, where=WHERE, remedy="Leave them out, and tell of it")
    return table.set_index("gene_id", drop=False).loc[once]


def _limits(x: Floats, y: Floats) -> tuple[float, float]:
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    pad = max(0.04 * (high - low), 0.05)
    return float(low - pad), float(high + pad)


def _agreement(x: Floats, y: Floats) -> str:
    genes = f"n = {x.size:,} gene{'' if x.size == 1 else 's'}"
    if x.size < MIN_GENES or np.ptp(y) == 0:
        return f"{genes}, of which no correlation can be taken."
    if is_constant(x, y):
        return f"r² = 0, {genes}: the predictions do not vary."
    return f"r² = {np.corrcoef(x, y)[0, 1] ** 2:.2f}, {genes}."


def _story(marked: pd.DataFrame, *, extreme: bool) -> str:
    if marked.empty:
        return ""
    residual = marked["residual"].to_numpy(dtype=np.float64)
    if extreme:
        sides = [(int((residual > 0).sum()), "above"), (int((residual < 0).sum()), "below")]
        told = " and ".join(f"{count} farthest {side}" for count, side in sides if count)
        return f"Named are the genes that the model misses most: the {told} the line."
    above, middle = int((residual > 0).sum()), float(np.median(residual))
    genes = "gene lies" if len(residual) == 1 else "genes lie"
    text = (
        f"{above} of {len(residual)} marked {genes} above the line;"
        f" {'it is' if len(residual) == 1 else 'at the median they are'} expressed"
        f" {_against_prediction(middle)} ({middle + 0.0:+.2f} log10 units)."
    )
    if len(residual) > MOST_NAMES:
        text += f" The {MOST_NAMES} farthest from the line are named."
    return text


def _lost(missing: Sequence[str]) -> str:
    return f"Without a residual: {listed(missing)}." if missing else ""


def fold_text(difference: float) -> str:
    """Write the size of a difference of log10 values as a ratio: 2.0-fold, 13-fold."""
    fold = 10 ** abs(difference)
    return f"{fold:.1f}-fold" if fold < 9.95 else f"{fold:,.0f}-fold"


def _against_prediction(middle: float) -> str:
    fold = fold_text(middle)
    return (
        "as predicted" if fold == "1.0-fold" else f"{fold} {'more' if middle > 0 else 'less'} than predicted"
    )


def _mark(axes: Axes, marked: pd.DataFrame) -> None:
    axes.scatter(
        marked["recalibrated"].to_numpy(),
        marked["observed"].to_numpy(),
        s=26,
        color=COLOURS["accent"],
        edgecolor="white",
        linewidths=0.7,
        zorder=5,
        label=_marked(len(marked)),
    )


def _marked(count: int) -> str:
    return f"{count} marked gene{'' if count == 1 else 's'}"


def _name(axes: Axes, legend: Legend, marked: pd.DataFrame, crowd: Floats, *, strong: bool) -> None:
    """Write the names, and tell in the legend how many found no room."""
    order = marked["residual"].abs().sort_values(ascending=False, kind="stable").index
    named = marked.loc[order[:MOST_NAMES]]
    names = named["gene_name"].fillna("").where(lambda name: name != "", named["gene_id"])
    points = named[["recalibrated", "observed"]].to_numpy(dtype=np.float64)
    colour, size = (NAME_COLOUR, 8.5) if strong else ("#6E6E6E", 7.5)
    left_out = draw_labels(axes, points, names.astype(str).tolist(), crowd, colour=colour, size=size)
    if left_out:
        (*_, last) = legend.get_texts()
        last.set_text(f"{last.get_text()} ({left_out} without room for the name)")
