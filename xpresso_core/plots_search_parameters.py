"""The figure of what the error of a search's networks depends on: a panel per hyperparameter (Table 1)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.randomness import generator
from xpresso_core.search_space import COMMON, LAYERS, MOST_LAYERS, TABLE_1
from xpresso_core.words import and_

STRETCH, NEAR, FAR = 3.0, 1.5, 2.0
"""Errors are shown up to the lowest plus so many times the distance of the median from it, and in any case up to
so many times the lowest; the manual one up to so many times that."""

FEW, ENOUGH = 3, 10
"""Trials that a value needs for its median to be drawn, and to be told of."""

BINS = 10
"""Ranges in which the median is taken of what varies without steps."""

NAMES = {
    "batch_size": "Batch size",
    "upstream": "Upstream",
    "downstream": "Downstream",
    "convolutions": "Convolutions",
    "dense": "Dense layers",
    "filters": "Filters",
    "width": "Filter length",
    "dilation": "Dilation",
    "pool": "Pool size",
    "units": "Units",
    "dropout": "Dropout",
}

CROWD = 100
"""From this many trials on, dots are drawn as pixels, which keeps the file small."""

POWERS = {name for name, limits in TABLE_1.items() if limits.powers}
WINDOW = ("upstream", "downstream")
STEPS = [1, 2, 5, 10]

Floats = NDArray[np.float64]


def search_parameters(trials: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw how the validation error depends on each hyperparameter, and what the best trial has (Table 1).

    Parameters
    ----------
    trials
        One row per trial: ``trial status loss convolutions dense`` and the parameters
        (`search_record.trials_table`). Those that vary between trials with an error are drawn.
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing or there is no trial.
    """
    require_columns(trials, ("trial", "status", "loss", *COMMON, *LAYERS), "trials")
    ok = trials[trials["status"] == "ok"]
    varying = {name for name in ok.columns if ok[name].nunique() > 1}
    rows = {row: [name for name in names if name in varying] for row, names in _rows().items()}
    rows = {row: names for row, names in rows.items() if names}
    limits = focus([numbers(ok["loss"])])
    message = _parameter_story(ok, [name for names in rows.values() for name in names], limits)
    across, dpi = max([4, *map(len, rows.values())]), 72 if len(ok) > CROWD else 110
    with canvas(path, 1.95 * across + 0.5, 1.8 * len(rows) + 0.7, title, message, dpi) as figure:
        if not rows:
            return
        panels = figure.subplots(len(rows), across, sharey=True, squeeze=False)
        for panel in panels.flat:
            panel.set_axis_off()
        for row, (heading, names) in zip(panels, rows.items(), strict=True):
            row[0].set_ylabel(heading, weight="bold")
            for panel, name in zip(row, names, strict=False):
                _parameter_panel(panel, _Parameter.of(ok, name), limits)
        figure.supylabel("Lowest validation MSE (squared z-scores)", fontsize=10)
        figure.legend(handles=_parameter_legend(), loc="outside lower left", ncols=4)


def focus(losses: Sequence[Floats], manual: float | None = None) -> tuple[float, float]:
    """Return the range of errors to show: what tells good networks apart, and the manual one.

    Parameters
    ----------
    losses
        Errors of each search, float64 ``[trial]``; NaN where a trial failed.
    manual
        Another error to show, unless it is far above.
    """
    some = [loss[np.isfinite(loss)] for loss in losses if np.isfinite(loss).any()]
    low, high = 0.0, 1.0
    if some:
        low = float(min(map(np.min, some)))
        high = max(float(loss.min() + STRETCH * (np.median(loss) - loss.min())) for loss in some)
        high = min(max(high, NEAR * low), float(max(map(np.max, some))))
    if manual is not None and manual <= FAR * high:
        low, high = min(low, manual), max(high, manual)
    pad = 0.06 * (high - low) or 0.05 * low or 0.05
    return low - pad, high + pad


def without_failed_losses(trials: pd.DataFrame) -> pd.DataFrame:
    """Return a table of trials in which only those that are ok have a loss."""
    return trials.assign(loss=trials["loss"].where(trials["status"] == "ok"))


def numbers(column: pd.Series) -> Floats:
    """Return a column as float64, with NaN where a value is missing."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def counted(number: int, noun: str) -> str:
    """Return ``1 trial`` or ``2 trials``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _rows() -> dict[str, list[str]]:
    """Return columns of a table of trials by row of panels: of the whole network, then layer by layer."""
    rows = {"Network": [*COMMON, *LAYERS]}
    for number in range(1, MOST_LAYERS["convolutions"] + 1):
        rows[f"Convolution {number}"] = [f"{name}_{number}" for name in LAYERS["convolutions"]]
    numbers = range(1, MOST_LAYERS["dense"] + 1)
    return rows | {"Dense layers": [f"{name}_{number}" for number in numbers for name in LAYERS["dense"]]}


def _kind(column: str) -> str:
    return re.sub(r"_\d$", "", column)


def _in_words(column: str) -> str:
    kind, name = _kind(column), NAMES[_kind(column)].lower()
    layer = "convolution" if kind in LAYERS["convolutions"] else "dense layer"
    return name if kind == column else f"{name} of {layer} {column[-1]}"


class _Parameter(NamedTuple):
    """One hyperparameter of the trials with an error.

    Attributes
    ----------
    kind, title
        Its name without a layer's number, and in words.
    values, losses
        In the units of the axis, NaN where a trial has no such layer; the errors. float64 ``[trial]``.
    x, step
        Where the values lie on the axis, powers of two at their exponents; distance of neighbouring places.
    """

    kind: str
    title: str
    values: Floats
    losses: Floats
    x: Floats
    step: float

    @classmethod
    def of(cls, ok: pd.DataFrame, column: str) -> Self:
        kind = _kind(column)
        title = f"{NAMES[kind]} {column[-1]}" if kind in LAYERS["dense"] else NAMES[kind]
        values = numbers(ok[column]) / (1000 if kind in WINDOW else 1)
        x = np.log2(values) if kind in POWERS else values
        step = 1 / BINS if kind == "dropout" else float(np.diff(np.unique(x[np.isfinite(x)])).min())
        return cls(kind, title, values, numbers(ok["loss"]), x, step)

    def medians(self, least: int) -> pd.Series:
        """Return the median error by place on the axis, or range of it, that has enough trials."""
        bins = (np.minimum(np.floor(self.x / self.step), BINS - 1) + 0.5) * self.step
        groups = pd.Series(self.losses).groupby(bins if self.kind == "dropout" else self.x)
        return groups.median()[groups.size() >= least]

    def value(self, trial: int) -> str:
        """Return the value of a trial, by its row, in words."""
        if np.isnan(self.values[trial]):
            return "none"
        digits = ".2g" if self.kind == "dropout" else "g"
        return f"{self.values[trial]:{digits}}{' kb' if self.kind in WINDOW else ''}"


def _parameter_panel(panel: Axes, parameter: _Parameter, limits: tuple[float, float]) -> None:
    x, losses, step = parameter.x, parameter.losses, parameter.step
    medians = parameter.medians(FEW)
    ends = medians.index.to_numpy(dtype=np.float64)[:, None] + np.array([-0.42, 0.42]) * step
    panel.plot(ends.T, np.array([medians, medians]), color=COLOURS["ink"], linewidth=1.8)
    _trial_dots(panel, parameter, limits)
    best = int(np.argmin(losses))
    if np.isfinite(x[best]):
        look: dict[str, Any] = {"marker": "*", "color": COLOURS["accent"], "edgecolors": "white", "zorder": 4}
        panel.axvline(x[best], color=COLOURS["accent"], linewidth=1)
        panel.scatter(x[best], losses[best], s=130, **look)
    panel.set_title(f"{parameter.title}: {parameter.value(best)}", loc="left")
    panel.set(ylim=limits, xmargin=0.12)
    whole = parameter.kind not in ("dropout", *WINDOW)
    panel.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS, integer=whole))
    if parameter.kind in POWERS:
        ticks = np.unique(x[np.isfinite(x)])
        panel.set_xticks(ticks[:: 1 + ticks.size // 6])
        panel.xaxis.set_major_formatter(lambda exponent, _: f"{2**exponent:g}")
    panel.set_axis_on()


def _trial_dots(panel: Axes, parameter: _Parameter, limits: tuple[float, float]) -> None:
    """Draw a dot per trial, many of them beside each other, and a triangle where one is above the panel."""
    count = parameter.x.size
    noise = generator(0, "jitter", parameter.title).uniform(-0.3, 0.3, count) * min(1, count / CROWD)
    x = parameter.x + (0 if parameter.kind == "dropout" else noise * parameter.step)
    look: dict[str, Any] = {"color": COLOURS["main"], "linewidths": 0, "alpha": 0.35}
    above = parameter.losses > limits[1]
    size = float(np.clip(3000 / count, 4, 22))
    panel.scatter(x[~above], parameter.losses[~above], s=size, **look)
    edge = np.full(int(above.sum()), limits[1])
    panel.scatter(x[above], edge, s=10, marker="^", clip_on=False, **look)
    panel.set_rasterization_zorder(1.5 if count > CROWD else None)


def _parameter_legend() -> list[Line2D]:
    main, accent = COLOURS["main"], COLOURS["accent"]
    return [
        Line2D([], [], color=accent, marker="*", markersize=12, linestyle="none", label="best trial"),
        Line2D([], [], color=main, marker="o", markersize=4, linestyle="none", alpha=0.5, label="trial"),
        Line2D([], [], color=COLOURS["ink"], linewidth=1.8, label=f"median of {FEW} trials or more"),
    ]


def _parameter_story(ok: pd.DataFrame, columns: Sequence[str], limits: tuple[float, float]) -> str:
    if ok.empty:
        return "No trial succeeded: there is no error to draw."
    best = ok.iloc[int(ok["loss"].argmin())]
    story = f"Best is trial {best['trial']:,} (validation MSE {best['loss']:.3f}); "
    if not columns:
        return f"{story}no hyperparameter varies between the trials that succeeded."
    story += "the headings say what it has."
    if len(ok) > CROWD:
        medians = {name: _Parameter.of(ok, name).medians(ENOUGH) for name in columns}
        spans = {name: (found.min(), found.max()) for name, found in medians.items() if len(found) > 1}
        most = sorted(spans, key=lambda name: spans[name][0] - spans[name][1])[:3]
        told = [f"{_in_words(name)} ({spans[name][0]:.2f} to {spans[name][1]:.2f})" for name in most]
        story += f" Median errors differ most by {and_(told)}." if told else ""
    above = int((ok["loss"] > limits[1]).sum())
    edge = f" Triangles at the top edges: {counted(above, 'trial')} above {limits[1]:.2f}."
    return story + (edge if above else "")
