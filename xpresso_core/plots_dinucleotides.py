"""The figures of dinucleotides around the TSS: all 16 of them (Figures S7 and S8), and one alone (Figure 6C)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from xpresso_core.enrichment import DINUCLEOTIDES, RESOLUTION
from xpresso_core.errors import InputError
from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.sequence import LETTERS, N

GROUP_COLOURS = (COLOURS["grey"], COLOURS["light"], COLOURS["main"], "#08264A")
"""Silent genes in grey, then the more expression the darker: the order is seen with any colour vision."""

FLOOR, CEILING = 1 / 16, 16.0
"""What is shown at most; beyond, a line runs along the edge."""

_LEGEND_INCH = 0.34
_POINTS_OF_MANY, _POINTS_OF_ONE = 130, 600
_COLUMNS = ("group", "dinucleotide", "position", "smoothed", "genes")
_WHERE = "dinucleotides"

Floats = NDArray[np.float64]


def plot_dinucleotides(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw a panel per dinucleotide, the first letter by row and the second by column.

    Parameters
    ----------
    table
        Of `enrichment.enrichment_table`, groups in the order of their expression.
    path, title
        The figure to write, and its heading.

    Raises
    ------
    InputError
        If a column or a dinucleotide is missing, there are more groups than colours, or nothing to draw.
    """
    groups = _groups(table)
    curves = {pair: _curves(table, pair, groups) for pair in DINUCLEOTIDES}
    limits = _limits([curve for pair in curves.values() for curve in pair])
    with canvas(path, 10.0, 8.6, title, _story(table, groups)) as figure:
        body = _under_legend(figure, 8.6, table, groups)
        panels = body.subplots(N, N, sharex=True, sharey=True)
        for (row, column), axes in np.ndenumerate(panels):
            pair = LETTERS[row] + LETTERS[column]
            _panel(axes, curves[pair], _POINTS_OF_MANY, limits)
            axes.set_title(pair, loc="left", fontweight="bold", pad=3)
        body.supxlabel("position relative to the TSS (bases)", fontsize=10)
        body.supylabel("observed / expected", fontsize=10)


def plot_dinucleotide(
    table: pd.DataFrame, path: str | os.PathLike[str], title: str, dinucleotide: str = "CG"
) -> None:
    """Draw one dinucleotide alone; parameters and errors are those of `plot_dinucleotides`."""
    groups = _groups(table)
    curves = _curves(table, dinucleotide, groups)
    with canvas(path, 8.2, 4.6, title, _story(table, groups, dinucleotide)) as figure:
        axes = _under_legend(figure, 4.6, table, groups).subplots()
        _panel(axes, curves, _POINTS_OF_ONE, _limits(curves))
        axes.set_xlabel("position relative to the TSS (bases)")
        axes.set_ylabel(f"{dinucleotide}, observed / expected")


def _groups(table: pd.DataFrame) -> list[str]:
    """Return the names of the groups in their order."""
    require_columns(table, _COLUMNS, _WHERE)
    groups = list(dict.fromkeys(table["group"].astype(str)))
    if len(groups) > len(GROUP_COLOURS):
        what = f"there are {len(groups)} groups, but colours for {len(GROUP_COLOURS)}"
        raise InputError(what, where=_WHERE, remedy="Draw fewer groups")
    return groups


def _curves(table: pd.DataFrame, dinucleotide: str, groups: Sequence[str]) -> list[tuple[Floats, Floats]]:
    """Return positions and smoothed ratios of a dinucleotide for each group."""
    rows = table[table["dinucleotide"] == dinucleotide]
    if rows.empty:
        what = f"the table has no dinucleotide {dinucleotide!r}"
        raise InputError(what, where=_WHERE, remedy=f"Ask for one of {', '.join(DINUCLEOTIDES)}")
    parts = [rows[rows["group"].astype(str) == group].sort_values("position") for group in groups]
    return [
        (part["position"].to_numpy(dtype=np.float64), part["smoothed"].to_numpy(dtype=np.float64))
        for part in parts
    ]


def _limits(curves: Sequence[tuple[Floats, Floats]]) -> tuple[float, float]:
    """Return the ends of the shared axis, 1 always among them."""
    heights = np.concatenate([smoothed for _, smoothed in curves])
    heights = heights[np.isfinite(heights)]
    if not heights.size:
        what = "no group has a smoothed ratio"
        raise InputError(what, where=_WHERE, remedy="Give groups of more genes, or more positions")
    # A smoothed ratio near 0 can fall below it, where a logarithm has no place for it.
    seen = np.clip(heights, FLOOR, CEILING)
    return float(min(seen.min(), 0.8)) / 1.06, float(max(seen.max(), 1.25)) * 1.06


def _panel(
    axes: Axes, curves: Sequence[tuple[Floats, Floats]], points: int, limits: tuple[float, float]
) -> None:
    axes.axhline(1, color=COLOURS["ink"], linewidth=0.6, zorder=1)
    axes.axvline(0, color=COLOURS["ink"], linewidth=0.6, linestyle=":", zorder=1)
    # The first group lies on top: the highest is often the smallest, and its curve the most unsteady.
    for (positions, smoothed), colour in reversed(list(zip(curves, GROUP_COLOURS, strict=False))):
        # The curves are smooth: every so many points tell as much and keep the file small.
        every = max(1, -(-positions.size // points))
        heights = np.clip(smoothed[::every], *limits)
        axes.plot(positions[::every], heights, color=colour, linewidth=1.2, zorder=2)
    axes.set_yscale("log", base=2)
    axes.set_ylim(limits)
    axes.set_xlim(
        min(positions.min() for positions, _ in curves), max(positions.max() for positions, _ in curves)
    )
    # Equal steps of a factor; finer ones where the axis is short.
    step = 1.0 if np.log2(limits[1] / limits[0]) > 1.5 else 0.5
    axes.yaxis.set_major_locator(FixedLocator([float(2.0**power) for power in np.arange(-4, 4 + step, step)]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda height, _: f"{height:.3g}"))
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda base, _: _signed(base)))


def _signed(base: float) -> str:
    return f"{base:+,.0f}".replace("-", "−") if base else "0"


def _under_legend(figure: Figure, height: float, table: pd.DataFrame, groups: Sequence[str]) -> Any:
    """Draw the legend with the numbers of genes, and return the part of the figure under it."""
    top, body = cast("Any", figure.subfigures(2, 1, height_ratios=(_LEGEND_INCH, height - _LEGEND_INCH)))
    genes = dict(zip(table["group"].astype(str), table["genes"], strict=True))
    handles = [
        Line2D([], [], color=colour, linewidth=2.2, label=f"{group} ({int(genes[group]):,} genes)")
        for group, colour in zip(groups, GROUP_COLOURS, strict=False)
    ]
    handles.append(Line2D([], [], color=COLOURS["ink"], linewidth=0.6, label="as expected"))
    top.legend(handles=handles, loc="center", ncols=len(handles), columnspacing=1.4)
    return body


def _story(table: pd.DataFrame, groups: Sequence[str], only: str | None = None) -> str:
    """Say how first and last group differ around the TSS, for the dinucleotide that tells them apart best."""
    near = table[(table["position"].abs() <= RESOLUTION / 2) & (table["smoothed"] > 0)]
    means = near.assign(group=near["group"].astype(str)).pivot_table(
        index="dinucleotide", columns="group", values="smoothed", aggfunc="mean", observed=True
    )
    ends = [groups[0], groups[-1]]
    if only is not None:
        means = means[means.index == only]
    if len(groups) < 2 or not set(ends) <= set(means.columns) or (means := means.dropna(subset=ends)).empty:
        return "The groups cannot be compared around the TSS."
    low, high = (means[end].to_numpy(dtype=np.float64) for end in ends)
    most = int(np.abs(np.log(low / high)).argmax())
    name = means.index[most]
    which = f"{name} is" if only is not None else f"the groups differ most in {name}: it is"
    return (
        f"Within {RESOLUTION // 2} bases of the TSS, {which} {high[most]:.2f} times as frequent as its letters let"
        f" expect in genes of the group '{ends[1]}', {low[most]:.2f} times in '{ends[0]}'."
    )
