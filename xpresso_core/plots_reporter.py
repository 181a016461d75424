"""The figure of a reporter assay: promoter activity against expression, alone and joined with predictions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.files import require_columns
from xpresso_core.metrics import MIN_GENES, is_constant
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.plots_density import CROWD, UNIT, density_scatter

ACTIVITY = "Promoter activity, log10(signal + 0.1)"

Floats = NDArray[np.float64]


def reporter_scatter(
    activity: pd.DataFrame,
    path: str | os.PathLike[str],
    title: str,
    unit: str = UNIT,
    warnings: Sequence[str] = (),
) -> None:
    """Draw expression against promoter activity, and against the joint model with predictions (Figure 4D).

    Parameters
    ----------
    activity
        One row per gene: ``observed reporter``, both log10(x + 0.1), and optionally ``predicted joint``, the
        predictions and the fit of observed on reporter and predicted. The latter two may be missing for some
        genes, which are then in the left panel only; without any, there is no right panel.
    path
        The figure to write.
    title
        Its heading.
    unit
        Unit of the expression.
    warnings
        Sentences to put under the title, such as that the strands are probably swapped.

    Raises
    ------
    InputError
        If a column is missing, fewer than three genes are there, or values of activity or expression are
        missing or infinite.
    """
    require_columns(activity, ("observed", "reporter"), "reporter assay")
    alone = _finite_columns(activity, ("observed", "reporter"))
    joined = None
    if "joint" in activity.columns and activity["joint"].notna().any():
        require_columns(activity, ("predicted",), "reporter assay")
        joined = _finite_columns(
            activity[activity["joint"].notna()], ("observed", "reporter", "predicted", "joint")
        )
    message = " ".join([_share(alone) if joined is None else _shares(joined), *warnings])
    dpi = 100 if len(alone) > CROWD else 160
    with canvas(path, 5.4 if joined is None else 10.0, 4.3, title, message, dpi) as figure:
        engine: Any = figure.get_layout_engine()
        engine.set(wspace=0.07)
        panels = figure.subplots(1, 1 if joined is None else 2, sharey=True, squeeze=False)[0]
        _panel(figure, panels[0], alone, "reporter", "Activity alone")
        panels[0].set_xlabel(ACTIVITY)
        panels[0].set_ylabel(f"Observed {unit}")
        if joined is not None:
            _panel(figure, panels[1], joined, "joint", "Activity and predictions")
            panels[1].set_xlabel(f"Joint fit of activity and predictions, {unit}")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left")


def _finite_columns(activity: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    values = activity[list(columns)].astype(np.float64)
    if len(values) < MIN_GENES:
        what = f"{len(values)} genes are too few to draw"
        raise InputError(what, where="reporter assay", remedy=f"Give at least {MIN_GENES}")
    for name in columns:
        bad = int((~np.isfinite(values[name])).sum())
        if bad:
            what = f"{bad} values are missing or infinite"
            remedy = "Leave these genes out"
            raise InputError(what, where=f"reporter assay, column {name}", remedy=remedy)
    return values


def _panel(figure: Figure, axes: Axes, values: pd.DataFrame, column: str, name: str) -> None:
    x, y = values[column].to_numpy(), values["observed"].to_numpy()
    ends = np.array([x.min(), x.max()])
    limits = float(min(ends[0], y.min())), float(max(ends[1], y.max()))
    bar = axes.inset_axes((1.03, 0, 0.035, 1))
    density_scatter(figure, axes, bar, x, y, limits)
    if not is_constant(x, y):
        slope, intercept = np.polyfit(x, y, 1)
        axes.plot(
            ends, intercept + slope * ends, color=COLOURS["accent"], linewidth=1.8, label="least squares"
        )
    axes.set_title(f"{name}: r² = {_r2(values, column):.3f}, n = {len(values):,} genes", loc="left")


def _r2(values: pd.DataFrame, column: str) -> float:
    """Squared Pearson correlation with expression; 0 for a constant, which explains nothing."""
    x, y = values[column].to_numpy(), values["observed"].to_numpy()
    return 0.0 if is_constant(x, y) else float(np.corrcoef(x, y)[0, 1] ** 2)


def _share(values: pd.DataFrame) -> str:
    return f"Promoter activity explains {100 * _r2(values, 'reporter'):.1f} % of the variance between genes."


def _shares(values: pd.DataFrame) -> str:
    reporter, predicted, joint = (100 * _r2(values, name) for name in ("reporter", "predicted", "joint"))
    return (
        f"Promoter activity alone explains {reporter:.1f} % of the variance between genes, predictions alone"
        f" {predicted:.1f} %, both together {joint:.1f} % ({len(values):,} genes)."
    )
