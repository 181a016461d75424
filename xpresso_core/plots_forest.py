"""Rows of dots with intervals, one below the other: how figures set experiments side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.files import flags
from xpresso_core.plots import COLOURS

INTERVAL = ("r2", "r2_ci_low", "r2_ci_high")

INTERVAL_AXIS = "r² of predicted and observed expression\n(bar: 95 % bootstrap interval)"

NAME_WIDTH = 36
"""Characters of a name in one line beside a row."""

LINE_INCH = 0.165
"""Height of a line of a name."""


def require_numbers(table: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    """Raise `InputError` if a value of some columns is no number, missing or infinite."""
    for name in columns:
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            named = [key for key in ("experiment", "label") if key in table.columns]
            first = table[named[0]].iloc[bad[0]] if named else f"row {bad[0] + 1}"
            what = f"{bad.size} of {len(table)} values are missing or infinite, the first of {first}"
            remedy = "Check the metrics of this experiment"
            raise InputError(what, where=f"{where}, column {name}", remedy=remedy)


def collapsed(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows are of networks collapsed to a constant; none if the table has no column ``constant``."""
    if "constant" not in table.columns:
        return np.zeros(len(table), dtype=np.bool_)
    return flags(table["constant"])


def name_lines(name: object, width: int = NAME_WIDTH) -> str:
    """Break a name into lines after its spaces, commas, hyphens and underscores, or anywhere if it has none."""
    lines = [""]
    for part in re.findall(rf"[^\s,_-]{{1,{width}}}[\s,_-]*|[\s,_-]+", str(name)):
        if lines[-1] and len(lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def row_inch(names: Sequence[str], least: float = 0.34) -> float:
    """Return a height for every row in inches, such that the names of neighbours do not touch."""
    return max(least, 0.12 + LINE_INCH * max(name.count("\n") + 1 for name in names))


def forest_row(
    axes: Axes,
    y: float,
    row: pd.Series,
    colour: str = COLOURS["main"],
    *,
    collapsed: bool = False,
    filled: bool = True,
    marker: str = "o",
    note: str = "",
) -> None:
    """Draw ``r2 r2_ci_low r2_ci_high`` of a row as dot and bar, and write them beside it with ``n`` and a note."""
    r2, low, high = (float(row[name]) for name in INTERVAL)
    colour, marker = (COLOURS["grey"], "X") if collapsed else (colour, marker)
    axes.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
    (dot,) = axes.plot(r2, y, marker=marker, markersize=7.5, color=colour, zorder=3)
    dot.set(markerfacecolor=colour if filled else "white", markeredgewidth=1.6)
    result = "collapsed to a constant" if collapsed else f"{r2:.3f} ({low:.3f} to {high:.3f})"
    parts = [result, *([f"n = {row['n']:,.0f}"] if "n" in row.index else []), *([note] if note else [])]
    beside(axes, y, ", ".join(parts))


def beside(axes: Axes, y: float, text: str) -> None:
    """Write text at the right of a row."""
    axes.text(1.02, y, text, transform=axes.get_yaxis_transform(), va="center", ha="left", size=8.5)


def forest_axes(axes: Axes, names: Sequence[str]) -> None:
    """Name the rows 0, 1, 2... from top to bottom, and take the frame away."""
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(len(names) - 0.4, -0.6)
    bare_rows(axes)


def bare_rows(axes: Axes) -> None:
    """Leave of the frame only the horizontal axis, with its grid."""
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def r2_axis(axes: Axes, table: pd.DataFrame, prefixes: Sequence[str] = ("r2",)) -> None:
    """Make an axis of r² that holds all values and their intervals, and zero if that is near."""
    columns = [f"{prefix}{end}" for prefix in prefixes for end in ("", "_ci_low", "_ci_high")]
    values = table[columns].to_numpy(dtype=np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    pad = max(0.05 * (high - low), 0.01)
    axes.set_xlim(-0.02 if low - pad < 0.1 else low - pad, high + pad)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel(INTERVAL_AXIS)
