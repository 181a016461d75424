"""The figures of a family of experiments: what more genes, other windows or other settings change."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.plots_forest import (
    INTERVAL,
    bare_rows,
    collapsed,
    forest_axes,
    forest_row,
    name_lines,
    r2_axis,
    require_numbers,
    row_inch,
)

MAX_SIZES = 6
"""Of more sizes only one in two, three... is named on the axis, so that they do not touch."""

Floats = NDArray[np.float64]


def size_curve(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw r² and validation error by the number of training genes (Figure 2A).

    Parameters
    ----------
    table
        One row per training: ``training``, genes trained on; ``draw``, which sample of them; ``r2``, on the test
        genes; optionally ``validation_mse``, the lowest error in squared z-scores of the label, which may be
        missing in some rows, and ``constant``, whether the network collapsed.
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or a size or an r² is missing or infinite.
    """
    require_columns(table, ("training", "draw", "r2"), "experiments by size")
    require_numbers(table, ("training", "r2"), "experiments by size")
    panels = {"r2": "r² of predicted and observed\nexpression, test genes"}
    if "validation_mse" in table.columns and np.isfinite(table["validation_mse"].astype(np.float64)).any():
        panels["validation_mse"] = "Lowest validation error\n(mean, squared z-scores)"
    dead = collapsed(table)
    with canvas(path, 1.0 + 4.1 * len(panels), 3.6, title, _size_story(table)) as figure:
        row = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (column, name) in zip(row, panels.items(), strict=True):
            there = np.isfinite(table[column].to_numpy(dtype=np.float64))
            _size_panel(axes, table[there], column, dead[there])
            axes.set_ylabel(name)
        _size_legend(figure, table, bool(dead.any()), 2 * len(panels))


def window_study(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw r² by the bases that networks read, highest first, each window along the promoter (Figure S2B).

    Parameters
    ----------
    table
        One row per window: ``upstream downstream``, bases read before and after the TSS; ``r2 r2_ci_low
        r2_ci_high``; optionally ``n``, genes, and ``constant``, whether the network collapsed.
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or a value is missing or infinite.
    """
    columns = ("upstream", "downstream", *INTERVAL)
    require_columns(table, columns, "experiments by window")
    require_numbers(table, columns, "experiments by window")
    order = table.sort_values("r2", ascending=False, kind="stable").reset_index(drop=True)
    dead = collapsed(order)
    with canvas(path, 10.0, 0.9 + 0.36 * len(order), title, _window_story(order)) as figure:
        engine: Any = figure.get_layout_engine()
        engine.set(wspace=0.06)
        promoter, forest = figure.subplots(1, 2, sharey=True, width_ratios=(1.15, 1))
        for y in range(len(order)):
            ends = -float(order["upstream"].iloc[y]), float(order["downstream"].iloc[y])
            colour = COLOURS["grey"] if dead[y] else COLOURS["main"] if y == 0 else COLOURS["light"]
            promoter.barh(y, ends[1] - ends[0], 0.5, left=ends[0], color=colour)
            forest_row(forest, y, order.iloc[y], collapsed=bool(dead[y]))
        promoter.axvline(0, color=COLOURS["ink"], linewidth=1.2)
        promoter.set_xlabel("Bases read, relative to the TSS")
        promoter.xaxis.set_major_formatter(lambda place, _: _place(place))
        promoter.locator_params(axis="x", nbins=5)
        reach = 1.05 * float(order[["upstream", "downstream"]].to_numpy().max())
        promoter.set_xlim(-reach, reach)
        forest_axes(promoter, [_window(row) for _, row in order.iterrows()])
        r2_axis(forest, order)
        bare_rows(forest)


def variations(
    table: pd.DataFrame, path: str | os.PathLike[str], title: str, keys: Sequence[str] = ()
) -> None:
    """Draw r² with its interval for experiments that differ in some settings, in the given order.

    Parameters
    ----------
    table
        One row per experiment: ``label r2 r2_ci_low r2_ci_high``; the label tells its settings. Optionally ``n``,
        genes, and ``constant``, whether the network collapsed.
    path
        The figure to write.
    title
        Its heading.
    keys
        The settings that vary, to be named in the line under the title.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or a value is missing or infinite.
    """
    require_columns(table, ("label", *INTERVAL), "experiments by setting")
    require_numbers(table, INTERVAL, "experiments by setting")
    order = table.reset_index(drop=True)
    dead = collapsed(order)
    names = [name_lines(label) for label in order["label"]]
    message = " ".join([f"Varied: {', '.join(keys)}."] * bool(keys) + [_variation_story(order)])
    with canvas(path, 8.6, 0.9 + row_inch(names) * len(order), title, message) as figure:
        axes = figure.subplots()
        for y in range(len(order)):
            forest_row(axes, y, order.iloc[y], collapsed=bool(dead[y]))
        forest_axes(axes, names)
        r2_axis(axes, order)


def _change(by: float) -> str:
    """Say in words how r² changes."""
    if abs(by) < 5e-4:
        return "does not change"
    return f"{'rises' if by > 0 else 'falls'} by {abs(by):.3f}"


def _size_story(table: pd.DataFrame) -> str:
    by_size = table.groupby("training")["r2"]
    means, draws = by_size.mean(), by_size.size()
    sizes = [f"{size:,.0f}" for size in means.index]
    if len(means) == 1:
        of = f", the mean of {draws.iloc[0]} draws" if draws.iloc[0] > 1 else ""
        return f"With {sizes[0]} training genes, r² is {means.iloc[0]:.3f}{of}."
    steps = np.diff(means.to_numpy(dtype=np.float64))
    story = (
        f"From {sizes[-2]} to {sizes[-1]} training genes, r² {_change(steps[-1])}, to {means.iloc[-1]:.3f}"
    )
    spread = float(by_size.std().iloc[-2:].mean())
    if abs(steps[-1]) < spread:
        story += f", less than draws differ (s.d. {spread:.3f})"
    most = int(np.argmax(steps))
    if steps[most] > 0 and len(steps) > 1:
        story += f". The greatest gain is from {sizes[most]} to {sizes[most + 1]}: {steps[most]:.3f}"
    dead = int(collapsed(table).sum())
    return f"{story}. {f'Collapsed to a constant: {dead} of {len(table)} trainings.' if dead else ''}".strip()


def _size_panel(axes: Axes, table: pd.DataFrame, column: str, dead: NDArray[np.bool_]) -> None:
    by_size = table.groupby("training")[column]
    mean, spread = by_size.mean(), by_size.std()
    x, y, sd = (np.asarray(values, dtype=np.float64) for values in (mean.index, mean, spread))
    axes.fill_between(x, y - sd, y + sd, color=COLOURS["pale"], linewidth=0)
    axes.plot(x, y, color=COLOURS["main"], linewidth=1.8, marker="_", markersize=15, markeredgewidth=2.2)
    for which, colour, marker in ((~dead, COLOURS["fourth"], "o"), (dead, COLOURS["grey"], "X")):
        draws = table[which]
        axes.scatter(draws["training"], draws[column], s=13, color=colour, marker=marker, zorder=4)
    axes.set_xlabel("Training genes")
    named = x[:: -len(x) // MAX_SIZES]  # from the last on, which the line under the title speaks of
    if np.abs(np.diff(named)).min(initial=np.inf) > np.ptp(x) / (MAX_SIZES + 2):
        axes.set_xticks(named)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    pad = 0.05 * np.ptp(x) if len(x) > 1 else 0.5 * x[0]
    axes.set_xlim(x[0] - pad, x[-1] + pad)
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)


def _size_legend(figure: Figure, table: pd.DataFrame, any_dead: bool, columns: int) -> None:
    draws = table.groupby("training").size()
    few, many = int(draws.min()), int(draws.max())
    marks: Any = {"linestyle": "none", "markersize": 4.5}
    handles: list[Line2D | Patch] = []
    if many > 1:
        number = f"{many}" if few == many else f"{few} to {many}"
        handles += [
            Line2D([], [], color=COLOURS["main"], marker="_", markersize=15, label=f"mean of {number} draws"),
            Patch(color=COLOURS["pale"], label="± 1 s.d. of the draws"),
        ]
    handles.append(Line2D([], [], color=COLOURS["fourth"], marker="o", label="one draw", **marks))
    if any_dead:
        handles.append(
            Line2D([], [], color=COLOURS["grey"], marker="X", label="collapsed to a constant", **marks)
        )
    figure.legend(handles=handles, loc="outside lower left", ncols=columns)


def _window(row: pd.Series) -> str:
    return f"{_place(-row['upstream'])} to {_place(row['downstream'])}"


def _place(place: float) -> str:
    """Write a place relative to the TSS: −1,500, 0 or +500."""
    return f"{place:+,.0f}".replace("-", "−") if place else "0"


def _window_story(order: pd.DataFrame) -> str:
    """Say which window is best, and the shortest one whose interval reaches the best r²."""
    if collapsed(order).all():
        return "Every network collapsed to a constant: no window says anything about the genes."
    best = order.iloc[0]
    story = f"{_window(best)} of the TSS, r² = {best['r2']:.3f}."
    if len(order) == 1:
        return f"Bases read: {story}"
    story = f"Highest: {story}"
    length = order["upstream"] + order["downstream"]
    able = order[(order["r2_ci_high"] >= best["r2"]) & (length < length.iloc[0]) & ~collapsed(order)]
    if len(able):
        short = able.loc[length[able.index].idxmin()]
        bases = short["upstream"] + short["downstream"]
        return (
            f"{story} The shortest window whose interval reaches that reads {bases:,.0f} instead of"
            f" {length.iloc[0]:,.0f} bases: {_window(short)}, r² = {short['r2']:.3f}."
        )
    return story + (" No shorter window's interval reaches that." if (length < length.iloc[0]).any() else "")


def _variation_story(table: pd.DataFrame) -> str:
    if collapsed(table).all():
        return "Every network collapsed to a constant: none says anything about the genes."
    best, worst = (table.iloc[place] for place in (int(table["r2"].argmax()), int(table["r2"].argmin())))
    if len(table) == 1:
        return f"{best['label']}: r² = {best['r2']:.3f}."
    return f"Highest: {best['label']}, r² = {best['r2']:.3f}; lowest: {worst['label']}, {worst['r2']:.3f}."
