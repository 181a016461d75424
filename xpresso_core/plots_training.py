"""The figures of training: observed against predicted, learning curves, and the experiments side by side."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xpresso_core.files import flags, require_columns
from xpresso_core.metrics import RegressionMetrics, is_constant
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.plots_density import CROWD, UNIT, density_scatter
from xpresso_core.plots_forest import forest_axes, forest_row, name_lines, r2_axis, row_inch

MANY_EPOCHS = 2500
"""From this many epochs on, the curves of the trials that were not chosen are drawn as pixels."""

MAX_PANELS = 10

MEAN_MSE = 1.0
"""Mean squared error of predicting the mean, on z-scored labels."""

DASHES = (3, 1.5)

STATUSES = {"live": "live", "collapsed": "collapsed to a constant", "diverged": "diverged"}

Floats = NDArray[np.float64]


def observed_vs_predicted(
    predictions: pd.DataFrame,
    metrics: RegressionMetrics,
    path: str | os.PathLike[str],
    title: str,
    genes: str = "held-out genes",
    unit: str = UNIT,
) -> None:
    """Draw observed against predicted expression, each gene coloured by how crowded its place is.

    The prediction is on the horizontal axis, so that the fitted line is what is observed on average for a
    prediction; a calibrated model puts it on the diagonal (Piñeiro et al. 2008, Ecol. Modell. 216:316).

    Parameters
    ----------
    predictions
        Columns ``observed predicted fold``, one row per gene.
    metrics
        Metrics of these predictions (`xpresso_core.metrics.prediction_metrics`, pooled).
    path
        The figure to write.
    title
        Its heading.
    genes
        What the genes are to the model, for the axis: held-out, cross-validated...
    unit
        Unit of both axes.

    Raises
    ------
    InputError
        If a column is missing or there is no gene.
    """
    require_columns(predictions, ("observed", "predicted", "fold"), "predictions")
    x, y = (predictions[name].to_numpy(dtype=np.float64) for name in ("predicted", "observed"))
    dead = [str(fold) for fold, rows in predictions.groupby("fold") if is_constant(rows["predicted"], y)]
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    pad = 0.04 * (high - low)
    limits = (float(low - pad), float(high + pad))
    dpi = 140 if x.size > CROWD else 200
    with canvas(path, 7.0, 5.3, title, _agreement(metrics, dead), dpi) as figure:
        axes, side = figure.subplots(1, 2, width_ratios=(1, 0.28))
        side.set_axis_off()
        side.text(0, 1, _numbers(metrics), va="top", ha="left", linespacing=1.5)
        density_scatter(figure, axes, side.inset_axes((0, 0, 0.13, 0.6)), x, y, limits)
        axes.plot(limits, limits, color=COLOURS["grey"], linewidth=1.2, label="observed = predicted")
        if not metrics.constant:
            ends = np.array([x.min(), x.max()])
            intercept = round(metrics.intercept, 2) + 0.0  # never minus zero
            line = f"observed = {intercept:.2f} + {metrics.slope:.2f} × predicted (least squares)"
            fit = metrics.intercept + metrics.slope * ends
            axes.plot(ends, fit, color=COLOURS["accent"], linewidth=1.8, label=line)
        axes.set(xlim=limits, ylim=limits, aspect="equal")
        axes.set_xlabel(f"Predicted {unit}, {genes}")
        axes.set_ylabel(f"Observed {unit}")
        figure.legend(loc="outside lower left", ncols=1)


def learning_curves(
    history: pd.DataFrame, trials: pd.DataFrame, path: str | os.PathLike[str], title: str
) -> None:
    """Draw training and validation error of every trial by epoch, one panel per fold.

    Parameters
    ----------
    history
        Columns ``fold trial epoch train_mse validation_mse``; errors in squared z-scores of the label.
    trials
        Columns ``fold trial status best_epoch best_validation_mse chosen``; status is live, collapsed or
        diverged. Diverged trials need no history.
    path
        The figure to write.
    title
        Its heading. At most ten folds are drawn, and the figure says so if there are more.

    Raises
    ------
    InputError
        If a column is missing or a table has no rows.
    """
    require_columns(history, ("fold", "trial", "epoch", "train_mse", "validation_mse"), "training history")
    columns = ("fold", "trial", "status", "best_epoch", "best_validation_mse", "chosen")
    require_columns(trials, columns, "trials")
    folds = sorted(trials["fold"].unique())
    shown = folds[:MAX_PANELS]
    across = min(len(shown), 5 if len(shown) > 6 else 3)
    down = -(-len(shown) // across)
    width = {1: 6.0, 2: 7.4}.get(across, 9.0)
    height = 0.8 + (3.0 if down == 1 else 2.35) * down
    with canvas(path, width, height, title, _trial_story(trials, folds), dpi=110) as figure:
        panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, fold in zip(panels, shown, strict=False):
            curves = history[history["fold"] == fold]
            _fold_panel(panel, curves, trials[trials["fold"] == fold], len(history) > MANY_EPOCHS)
        for panel in panels[len(shown) :]:
            panel.set_visible(False)
        for panel in panels[max(0, len(shown) - across) : len(shown)]:
            panel.tick_params(labelbottom=True)
            panel.set_xlabel("Epoch")
        panels[0].set_ylim(*_error_limits(history))
        panels[0].xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        figure.supylabel("Mean squared error (squared z-scores)", fontsize=10)
        figure.legend(handles=_curve_legend(trials), loc="outside lower left", ncols=2 if across == 1 else 3)


def architecture_comparison(
    experiments: pd.DataFrame, path: str | os.PathLike[str], title: str = "The experiments side by side"
) -> None:
    """Draw r² with its interval for several experiments.

    Parameters
    ----------
    experiments
        One row per experiment: ``experiment r2 r2_ci_low r2_ci_high n constant live collapsed diverged``; the
        last three count trials. Drawn in order of r².
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing or there is no row.
    """
    columns = (
        "experiment",
        "r2",
        "r2_ci_low",
        "r2_ci_high",
        "n",
        "constant",
        "live",
        "collapsed",
        "diverged",
    )
    require_columns(experiments, columns, "experiments")
    order = experiments.sort_values("r2", ascending=False, kind="stable").reset_index(drop=True)
    best = order.iloc[0]
    message = (
        f"Highest: {best['experiment']} explains {100 * best['r2']:.0f} % of the variance between genes."
    )
    if best["constant"]:
        message = "Every network collapsed to a constant: no experiment says anything about the genes."
    names = [name_lines(name) for name in order["experiment"]]
    with canvas(path, 9.6, 0.9 + row_inch(names) * len(order), title, message) as figure:
        axes = figure.subplots()
        for y in range(len(order)):
            row = order.iloc[y]
            forest_row(axes, y, row, collapsed=bool(row["constant"]), note=_trials(row))
        forest_axes(axes, names)
        r2_axis(axes, order)


def _agreement(metrics: RegressionMetrics, dead: list[str]) -> str:
    if metrics.constant:
        return (
            "The predictions do not vary: the network collapsed to a constant and tells no gene from another."
        )
    message = f"The model explains {100 * metrics.r2:.0f} % of the variance between genes."
    if metrics.pearson < 0:
        message = "The predictions point the wrong way: they correlate negatively with the observed values."
    if dead:
        message += f" In fold {', '.join(dead)} the network collapsed to a constant."
    return message


def _numbers(metrics: RegressionMetrics) -> str:
    return (
        f"r² = {metrics.r2:.3f}\n95 % CI {metrics.r2_ci_low:.3f} to {metrics.r2_ci_high:.3f}\n"
        f"n = {metrics.n:,} genes\nSpearman {metrics.spearman:.2f}\nmean |error| {metrics.mae:.2f}"
    )


def _trial_story(trials: pd.DataFrame, folds: list[Any]) -> str:
    parts = [f"{_count(len(trials), 'trial')} in {_count(len(folds), 'fold')}"]
    for status in ("collapsed", "diverged"):
        number = int((trials["status"] == status).sum())
        if number:
            parts.append(f"{number} {STATUSES[status]}")
    story = ", ".join(parts) + "."
    chosen = _chosen(trials)
    live = chosen[chosen["status"] == "live"]
    if len(live):
        low, high = (f"{value:.2f}" for value in live["best_validation_mse"].agg(["min", "max"]))
        story += f" Best validation error: {low if low == high else f'{low} to {high}'}."
    else:
        story += " No trial is alive: the predictions carry no information."
    if len(folds) > MAX_PANELS:
        story += f" The first {MAX_PANELS} folds are shown."
    return story


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _chosen(trials: pd.DataFrame) -> pd.DataFrame:
    return trials[flags(trials["chosen"])]


def _fold_panel(panel: Axes, history: pd.DataFrame, trials: pd.DataFrame, crowded: bool) -> None:
    chosen = _chosen(trials)
    winners = set(chosen["trial"])
    panel.axhline(MEAN_MSE, color=COLOURS["ink"], linewidth=1, linestyle=":")
    for row in trials.sort_values("chosen").itertuples():
        curve = history[history["trial"] == row.trial].sort_values("epoch")
        colour, width = _curve_look(str(row.status), row.trial in winners)
        for column, thickness, dashes in (
            ("train_mse", 0.8 * width, (0, DASHES)),
            ("validation_mse", width, "-"),
        ):
            (line,) = panel.plot(curve["epoch"].to_numpy(), curve[column].to_numpy(), color=colour)
            line.set(linewidth=thickness, linestyle=dashes, rasterized=crowded and row.trial not in winners)
        if row.status == "live":
            size = 30 if row.trial in winners else 10
            best = np.array([row.best_epoch]), np.array([row.best_validation_mse])
            panel.scatter(*best, s=size, color=colour, zorder=3)
    live = chosen[chosen["status"] == "live"]["best_validation_mse"]
    best_error = f"best {live.min():.2f}" if len(live) else "no live trial"
    panel.set_title(f"Fold {trials['fold'].iloc[0]}: {best_error}", loc="left")


def _curve_look(status: str, chosen: bool) -> tuple[str, float]:
    if status != "live":
        return COLOURS["grey"], 1.2
    return (COLOURS["main"], 2.0) if chosen else (COLOURS["light"], 1.0)


def _error_limits(history: pd.DataFrame) -> tuple[float, float]:
    """Show what lies below twice the error of the mean; a wild first epoch may leave the panel."""
    errors = history[["train_mse", "validation_mse"]].to_numpy(dtype=np.float64)
    highest = np.max(errors, initial=0, where=np.isfinite(errors))
    return 0.0, float(np.clip(1.05 * highest, 1.2 * MEAN_MSE, 2 * MEAN_MSE))


def _curve_legend(trials: pd.DataFrame) -> list[Line2D]:
    ink, grey = COLOURS["ink"], COLOURS["grey"]
    handles = [
        Line2D(
            [], [], color=COLOURS["main"], linewidth=2, marker="o", markersize=5, label="chosen, best epoch"
        ),
        Line2D([], [], color=ink, linewidth=1.2, label="validation"),
        Line2D([], [], color=ink, linewidth=1.2, linestyle=(0, DASHES), label="training"),
        Line2D([], [], color=COLOURS["light"], linewidth=1, label="other live trial"),
        Line2D([], [], color=ink, linewidth=1, linestyle=":", label="predicting the mean (1.0)"),
    ]
    if (trials["status"] == "collapsed").any():
        handles.append(Line2D([], [], color=grey, linewidth=1.2, label="collapsed to a constant"))
    return handles


def _trials(row: pd.Series) -> str:
    return "trials: " + ", ".join(
        f"{row[name]} {name}" for name in ("live", "collapsed", "diverged") if row[name]
    )
