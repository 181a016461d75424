"""The figure of residuals of groups of genes: how they are distributed, against all other genes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.plots import COLOURS, canvas, finite_values
from xpresso_core.plots_forest import name_lines
from xpresso_core.plots_residuals import fold_text
from xpresso_core.rank_tests import SIGNIFICANT, Expect
from xpresso_core.words import p_equals, p_text

RESIDUAL_AXIS = "Residual: observed less predicted (log10 units)"

STEPS = 1000
"""Steps of a curve at most: a thousandth of its height is less than a pixel, and the file stays small."""

LOOKS = (
    (COLOURS["accent"], "-"),
    (COLOURS["main"], (0, (6, 1.5))),
    (COLOURS["second"], (0, (3, 1, 1, 1))),
    (COLOURS["third"], (0, (1.5, 1))),
    (COLOURS["fourth"], (0, (8, 1, 1, 1, 1, 1))),
)
"""Colour and dashes of each group."""

OTHERS_COLOUR = "#4D4D4D"

NAME_WIDTH = 52
"""Characters of a group's name in one line of the legend."""

WHERE = "residuals of groups"

Floats = NDArray[np.float64]


class GroupCurve(NamedTuple):
    """The residuals of a group of genes, and how they compare with the others'.

    Attributes
    ----------
    name
        What the genes are, such as "genes in stretch enhancers".
    residuals
        ``float64 [gene]``, log10 units; may be empty.
    expect
        Whether they are expected to be higher or lower than the others'.
    p, p_adjusted
        Of the one-sided test of Kolmogorov and Smirnov in that direction (`rank_tests.ks_one_sided`), alone and
        corrected for all groups of an analysis; None if the group could not be tested.
    """

    name: str
    residuals: Floats
    expect: Expect
    p: float | None
    p_adjusted: float | None


def plot_group_ecdf(
    path: str | os.PathLike[str],
    title: str,
    groups: Sequence[GroupCurve],
    others: Floats,
    *,
    others_name: str = "all other genes",
) -> None:
    """Draw the cumulative distributions of the residuals of groups of genes (Figures 3B, 3E and S3).

    Parameters
    ----------
    path
        The figure to write.
    title
        Its heading.
    groups
        At most as many as there are `LOOKS`. A group without genes is in the legend only.
    others
        ``float64 [gene]``, residuals of the genes that groups are compared with, log10 units.
    others_name
        What these are.

    Raises
    ------
    InputError
        If there is no group, or too many, a value is missing or infinite, or there are no other genes.
    """
    if not 0 < len(groups) <= len(LOOKS):
        what = f"{len(groups)} groups cannot be drawn"
        raise InputError(what, where=WHERE, remedy=f"Give 1 to {len(LOOKS)} in a figure")
    background = finite_values(others, f"{WHERE}, {others_name}")
    curves = [
        finite_values(group.residuals, f"{WHERE}, {group.name}") if np.size(group.residuals) else None
        for group in groups
    ]
    limits = _limits([background, *(curve for curve in curves if curve is not None)])
    message = " ".join(_story(group, background, others_name) for group in groups)
    labels = [_legend_text(others_name, background), *map(_group_text, groups)]
    labels[0] += "\nP: one-sided Kolmogorov-Smirnov test against these"
    lines = sum(label.count("\n") + 1 for label in labels) / 2
    with canvas(path, 8.2, 3.9 + 0.19 * lines, title, message) as figure:
        axes = figure.subplots()
        axes.axvline(0, color=COLOURS["grey"], linewidth=0.9)
        handles = [_draw(axes, background, OTHERS_COLOUR, "-", limits)]
        for curve, (colour, dashes) in zip(curves, LOOKS, strict=False):
            empty = Line2D([], [], linestyle="")
            handles.append(empty if curve is None else _draw(axes, curve, colour, dashes, limits))
        for handle, label in zip(handles, labels, strict=True):
            handle.set_label(label)
        axes.set(
            xlim=limits, ylim=(0, 1.005), xlabel=RESIDUAL_AXIS, ylabel="Share of genes up to this residual"
        )
        small = {"size": 9, "color": "#6E6E6E"}
        axes.set_title("← expressed less than predicted", loc="left", fontdict=small)
        axes.set_title("expressed more than predicted →", loc="right", fontdict=small)
        figure.legend(handles=handles, loc="outside lower left", ncols=2, handlelength=3.2, labelspacing=0.7)


def _limits(curves: Sequence[Floats]) -> tuple[float, float]:
    """Return a range that holds 1 to 99 % of all curves, and zero."""
    ends = np.array([np.quantile(curve, (0.01, 0.99)) for curve in curves])
    low, high = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    pad = max(0.04 * (high - low), 0.02)
    return low - pad, high + pad


def _draw(axes: Axes, values: Floats, colour: str, dashes: Any, limits: tuple[float, float]) -> Line2D:
    """Draw a curve of steps from the left edge, where its share is 0, to the right, where it is 1."""
    x = np.sort(values)
    share = np.arange(1, x.size + 1) / x.size
    kept = np.unique(np.linspace(0, x.size - 1, STEPS).round().astype(np.int64))
    xs = np.concatenate([[min(limits[0], x[0])], x[kept], [max(limits[1], x[-1])]])
    ys = np.concatenate([[0.0], share[kept], [1.0]])
    (line,) = axes.step(xs, ys, where="post", color=colour, linestyle=dashes, linewidth=1.9)
    return line


def _legend_text(name: str, values: Floats) -> str:
    genes = f"{values.size:,} gene{'' if values.size == 1 else 's'}"
    return f"{name_lines(name, NAME_WIDTH)}\n{genes}, median {float(np.median(values)) + 0.0:+.2f}"


def _group_text(group: GroupCurve) -> str:
    if not np.size(group.residuals):
        return f"{name_lines(group.name, NAME_WIDTH)}\nno gene"
    text = _legend_text(group.name, np.asarray(group.residuals, dtype=np.float64))
    if group.p is None:
        return f"{text}; not tested"
    return f"{text}\nexpected {group.expect}: {p_equals(group.p)}, corrected {p_text(group.p_adjusted)}"


def _story(group: GroupCurve, others: Floats, others_name: str) -> str:
    """Say in a sentence whether a group differs from the others as expected."""
    name = group.name[:1].upper() + group.name[1:]
    if not np.size(group.residuals):
        return f"{name}: no gene has a residual."
    difference = float(np.median(group.residuals) - np.median(others))
    if group.p_adjusted is None:
        return f"{name}: not tested (difference of the medians {difference:+.2f} log10 units)."
    p = f"corrected {p_equals(group.p_adjusted)}"
    if group.p_adjusted >= SIGNIFICANT:
        return (
            f"{name}: the group does not differ from {others_name} towards {group.expect} values"
            f" (difference of the medians {difference:+.2f} log10 units, {p})."
        )
    side = "above" if group.expect == "higher" else "below"
    if difference * (1 if group.expect == "higher" else -1) <= 0:
        return (
            f"{name}: some residuals lie {side} those of {others_name}, the median does not"
            f" ({difference:+.2f} log10 units, {p})."
        )
    size = f"{abs(difference):.2f} log10 units at the median ({fold_text(difference)})"
    return f"{name}: residuals lie {side} those of {others_name} by {size}, {p}."
