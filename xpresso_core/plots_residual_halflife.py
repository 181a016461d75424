"""The figure of residuals by the half-life of the mRNA: a box for each fifth of the genes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import cbook
from matplotlib.axes import Axes
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, canvas, finite_values
from xpresso_core.plots_residual_groups import RESIDUAL_AXIS
from xpresso_core.rank_tests import SIGNIFICANT
from xpresso_core.words import p_equals, p_text

FIFTHS = ("shortest fifth", "second fifth", "third fifth", "fourth fifth", "longest fifth")

FILLS = ("#EAF3F9", "#CFE6F3", "#A5D0EA", "#7ABBE2", "#56B4E9")
"""From the lightest to the `light` of the palette: the longer, the darker."""

TOLERANCE = 0.01
"""How far a half-life may lie outside the bounds of its fifth, as a share: bounds may have been rounded."""

WHERE = "residuals by half-life"

Floats = NDArray[np.float64]


class HalflifeFacts(NamedTuple):
    """How residuals go with the half-lives of mRNAs.

    Attributes
    ----------
    n
        Number of genes.
    pearson, pearson_p
        Correlation of the residual with log2 half-life, and its P value; None where it is not defined.
    spearman, spearman_p
        The same of the ranks.
    p_adjusted
        `pearson_p` corrected for the number of tables of half-lives that were looked at.
    bounds
        Of the fifths, in hours, from the shortest half-life to the longest: fifth q goes from ``bounds[q - 1]`` to
        ``bounds[q]``.
    """

    n: int
    pearson: float | None
    pearson_p: float | None
    spearman: float | None
    spearman_p: float | None
    p_adjusted: float | None
    bounds: tuple[float, float, float, float, float, float]


def plot_halflife_boxes(
    path: str | os.PathLike[str], title: str, table: pd.DataFrame, facts: HalflifeFacts
) -> None:
    """Draw a notched box of the residuals of each fifth of half-lives (Figures 3C and 3F).

    Boxes hold the quartiles, whiskers reach to the farthest gene within 1.5 times the box's height, and genes beyond
    are not drawn. The notch is the median ± 1.57 times the height / √n, its 95 % interval (McGill et al. 1978, Am.
    Stat. 32:12); where it is wider than the box, the box is plain.

    Parameters
    ----------
    path
        The figure to write.
    title
        Its heading.
    table
        One row per gene: ``gene_id log2_halflife residual quintile``. ``log2_halflife`` is of hours, ``residual`` in
        log10 units, ``quintile`` 1 to 5 from the shortest; where half-lives are tied, some may be without genes.
    facts
        What the message says.

    Raises
    ------
    InputError
        If a column is missing, there is no gene, a value is missing or infinite, a fifth is not 1 to 5, or half-lives
        contradict the bounds.
    """
    require_columns(table, ("gene_id", "log2_halflife", "residual", "quintile"), WHERE)
    residual = finite_values(table["residual"], f"{WHERE}, column residual")
    fifth = _fifths(table, facts.bounds)
    present = [number for number in range(1, 6) if (fifth == number).any()]
    boxes = [residual[fifth == number] for number in present]
    with canvas(path, 7.4, 4.4, title, _story(facts)) as figure:
        axes = figure.subplots()
        axes.axhline(0, color=COLOURS["grey"], linewidth=0.9)
        plain = [
            not _draw_box(axes, place, values, FILLS[number - 1])
            for place, (number, values) in enumerate(zip(present, boxes, strict=True))
        ]
        axes.set_xticks(range(len(present)), _labels(present, facts.bounds, [box.size for box in boxes]))
        axes.set_xlim(-0.6, len(present) - 0.4)
        axes.tick_params(axis="x", length=0)
        axes.set_ylabel(RESIDUAL_AXIS)
        axes.set_xlabel(_note(plain, len(present)))


def _fifths(table: pd.DataFrame, bounds: Sequence[float]) -> NDArray[np.int64]:
    """Return the fifth of each gene, checked against the bounds."""
    hours = 2 ** finite_values(table["log2_halflife"], f"{WHERE}, column log2_halflife")
    number = finite_values(table["quintile"], f"{WHERE}, column quintile")
    strange = ~np.isin(number, range(1, 6))
    if strange.any():
        what = f"{number[strange][0]:g} is no fifth"
        raise InputError(what, where=f"{WHERE}, column quintile", remedy="Give 1 (shortest) to 5 (longest)")
    fifth = number.astype(np.int64)
    edges = finite_values(bounds, f"{WHERE}, bounds")
    if edges.size != 6 or (np.diff(edges) < 0).any():
        what = f"{', '.join(f'{edge:g}' for edge in edges)} h do not bound five fifths"
        raise InputError(what, where=f"{WHERE}, bounds", remedy="Give six in ascending order")
    outside = (hours < edges[fifth - 1] * (1 - TOLERANCE)) | (hours > edges[fifth] * (1 + TOLERANCE))
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        low, high = edges[fifth[first] - 1], edges[fifth[first]]
        what = f"{hours[first]:.3g} h is in fifth {fifth[first]}, which goes from {low:.3g} to {high:.3g} h"
        gene = table["gene_id"].iloc[first]
        raise InputError(what, where=f"{WHERE}, gene {gene}", remedy="Take bounds and fifths from one table")
    return fifth


def _draw_box(axes: Axes, place: int, values: Floats, fill: str) -> bool:
    """Draw a box and return whether it has a notch, which would fold back if it were wider than the box."""
    (stats,) = cbook.boxplot_stats(values)
    notched = bool(stats["q1"] < stats["cilo"] and stats["cihi"] < stats["q3"])
    edge: dict[str, Any] = {"color": COLOURS["main"], "linewidth": 1.1}
    axes.bxp(
        [stats],
        positions=[place],
        widths=0.62,
        shownotches=notched,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": fill, "edgecolor": COLOURS["main"], "linewidth": 1.1},
        medianprops={"color": COLOURS["accent"], "linewidth": 2.2, "solid_capstyle": "butt"},
        whiskerprops=edge,
        capprops=edge,
    )
    return notched


def _labels(present: Sequence[int], bounds: Sequence[float], sizes: Sequence[int]) -> list[str]:
    names = {number: FIFTHS[number - 1] for number in present}
    if len(present) > 1:
        # Where ties leave no first or last fifth, the ends are those that are there.
        names[present[0]], names[present[-1]] = FIFTHS[0], FIFTHS[-1]
    if len(present) < len(FIFTHS):
        names = {number: name.removesuffix(" fifth") for number, name in names.items()}
    return [
        f"{names[number]}\n{_range(bounds[number - 1], bounds[number])} h\nn = {size:,}"
        for number, size in zip(present, sizes, strict=True)
    ]


def _range(low: float, high: float) -> str:
    return "-".join(dict.fromkeys((_hours(low), _hours(high))))


def _hours(time: float) -> str:
    """Write hours with two digits, or all of a whole number: 0.41, 2.1, 130."""
    return f"{time:.0f}" if time >= 10 else f"{time:.1f}" if time >= 1 else f"{time:.2g}"


def _note(plain: Sequence[bool], boxes: int) -> str:
    notes = []
    if not all(plain):
        notes.append(
            "notch: 95 % interval of the median" + "; no notch where it is wider than the box" * any(plain)
        )
    else:
        notes.append("no notch: the 95 % interval of the median is wider than the box")
    if boxes < len(FIFTHS):
        notes.append(f"half-lives are tied: {boxes} group{'' if boxes == 1 else 's'} instead of five")
    return "\n".join(["Half-life of the mRNA", *notes])


def _story(facts: HalflifeFacts) -> str:
    genes = f"n = {facts.n:,} gene{'' if facts.n == 1 else 's'}"
    if facts.pearson is None or facts.pearson_p is None:
        return f"No correlation of half-lives and residuals can be taken ({genes})."
    numbers = f"Pearson {facts.pearson:.2f}, {p_equals(facts.pearson_p)}"
    if facts.p_adjusted is not None:
        numbers += f", corrected {p_text(facts.p_adjusted)}"
    if facts.spearman is not None and facts.spearman_p is not None:
        numbers += f"; Spearman {facts.spearman:.2f}, {p_equals(facts.spearman_p)}"
    p = facts.pearson_p if facts.p_adjusted is None else facts.p_adjusted
    if p >= SIGNIFICANT:
        text = "Residuals are not shown to go with half-lives"
    elif facts.pearson > 0:
        text = "The longer an mRNA lives, the more of it there is than predicted"
    else:
        text = "The longer an mRNA lives, the less of it there is than predicted"
    return f"{text} ({numbers}; {genes})."
