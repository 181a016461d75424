"""MicroRNA families: how abundant they are, and what residuals say of their targets (Figures 3G and 3H)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from xpresso_core.errors import InputError
from xpresso_core.files import flags, require_columns
from xpresso_core.mirna import OTHER
from xpresso_core.plots import COLOURS, canvas, finite_values
from xpresso_core.words import p_equals

LONGEST = 36
"""Characters of the longest name that is drawn in full."""

ROW_INCH = 0.24
"""Height of a row with one name."""

HISTOGRAM_INCH = 2.9

ABUNDANT, REST, BORDER = COLOURS["main"], COLOURS["pale"], COLOURS["accent"]


def plot_abundance(path: str | os.PathLike[str], title: str, shares: pd.DataFrame) -> None:
    """Draw the shares of the most abundant families (Figure 3G).

    The paper draws a pie. Bars in a row are read faster: lengths from one line compare where angles do not, and names
    and small shares stand beside them without lines that lead there. They have one colour, that of the same families
    in `plot_correlations`.

    Parameters
    ----------
    path, title
        The figure to write, and its heading.
    shares
        ``family share`` of `mirna.abundant`, most abundant first; shares are between 0 and 1, and the row called
        `mirna.OTHER` is drawn in grey.

    Raises
    ------
    InputError
        If a column or all rows are missing, or a share is not finite or not between 0 and 1.
    """
    require_columns(shares, ("family", "share"), "abundance of families")
    values = finite_values(shares["share"], "abundance of families")
    if ((values < 0) | (values > 1)).any():
        what = f"a share is {values[(values < 0) | (values > 1)][0]:g}"
        raise InputError(what, where="abundance of families", remedy="Give shares between 0 and 1")
    names = shares["family"].astype(str).tolist()
    with canvas(
        path, 8.0, 0.75 + 1.3 * ROW_INCH * len(names), title, _abundance_story(names, values)
    ) as figure:
        _breathe(figure)
        axes = figure.subplots()
        rows = np.arange(len(names))
        colours = [COLOURS["grey"] if name == OTHER else ABUNDANT for name in names]
        axes.barh(rows, 100 * values, color=colours, height=0.72)
        for row, value in zip(rows, values, strict=True):
            axes.annotate(
                f"{100 * value:.1f} %",
                (100 * value, row),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        axes.set_yticks(rows, [_short(name) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, 110 * max(values.max(), 0.01))
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("share of microRNA reads (%)")


def _breathe(figure: Figure) -> None:
    """Leave room at the sides: browsers draw long names a little wider than they are measured here."""
    engine: Any = figure.get_layout_engine()
    engine.set(w_pad=0.12)


def _abundance_story(names: list[str], values: np.ndarray) -> str:
    families = [
        (name, value)
        for name, value in zip(names, values.tolist(), strict=True)
        if name != OTHER and value > 0
    ]
    if not families:
        return "No family has reads."
    first, share = families[0]
    if len(families) == 1:
        return f"One family is named: {_short(first)} has {100 * share:.0f} % of the reads."
    together = sum(value for _, value in families)
    return (
        f"The {len(families)} most abundant families have {100 * together:.0f} % of the reads; {_short(first)} alone"
        f" has {100 * share:.0f} %."
    )


def plot_correlations(
    path: str | os.PathLike[str],
    title: str,
    table: pd.DataFrame,
    abundant: Mapping[str, str],
    facts: Mapping[str, Any],
) -> None:
    """Draw how far targets of each family have low residuals, with the abundant families marked (Figure 3H).

    Each abundant family has a row of its own, the highest correlation lowest: so no line to a name crosses another
    line or a name, however near they are.

    Parameters
    ----------
    path, title
        The figure to write, and its heading.
    table
        ``seed spearman tested`` of `mirna.correlate_families`.
    abundant
        By seed, the names of the abundant families.
    facts
        Of `mirna.top_tenth`, as a mapping (``_asdict()``), from the same table and families.

    Raises
    ------
    InputError
        If a column is missing, or the correlation of a tested family is missing or infinite.
    """
    if len(table):  # no scores are no families
        require_columns(table, ("seed", "spearman", "tested"), "correlations of families")
    tested = table[flags(table["tested"])].sort_values(["spearman", "seed"], ascending=[False, True])
    if tested.empty:
        _nothing(path, title, facts)
        return
    values = finite_values(tested["spearman"], "correlations of families")
    ranks = tested.assign(rank=np.arange(1, len(tested) + 1))
    marked = ranks[ranks["seed"].isin(list(abundant))].iloc[::-1]
    with canvas(
        path,
        9.0,
        HISTOGRAM_INCH + 0.9 + ROW_INCH * len(marked),
        title,
        _correlation_story(tested, abundant, facts),
    ) as figure:
        _breathe(figure)
        axes = figure.subplots()
        bins = int(np.clip(2 * np.sqrt(values.size), 8, 50))
        counts, _, _ = axes.hist(values, bins=bins, color=REST, edgecolor="white", linewidth=0.5)
        highest = float(np.max(counts))
        _names(axes, marked, abundant, highest)
        axes.plot([0, 0], [0, 1.03 * highest], color=COLOURS["grey"], linewidth=1.0)
        axes.plot(
            [facts["border"]] * 2, [0, 1.03 * highest], color=BORDER, linewidth=1.4, linestyle="--", zorder=4
        )
        axes.set_ylabel("families", y=0.5 * highest / axes.get_ylim()[1])
        axes.spines["left"].set_bounds(0, highest)
        axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= highest and tick == int(tick)])
        axes.set_xlabel(
            "Spearman's correlation of targeting score and residual\n"
            "(right of 0: predicted targets have lower residuals)"
        )
        _legend(figure, facts, len(marked))


def _nothing(path: str | os.PathLike[str], title: str, facts: Mapping[str, Any]) -> None:
    with canvas(path, 9.0, 1.2, title, facts["note"]) as figure:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.text(0.5, 0.5, "nothing to draw", ha="center", va="center", color=COLOURS["grey"])


def _names(axes: Axes, marked: pd.DataFrame, abundant: Mapping[str, str], highest: float) -> None:
    """Mark families from the highest row, which has the lowest correlation, down."""
    step = highest * ROW_INCH / HISTOGRAM_INCH
    rows = 1.05 * highest + step * np.arange(len(marked), 0, -1)
    axes.set_ylim(0, 1.05 * highest + step * (len(marked) + 0.6))
    edge: Any = axes.get_yaxis_transform()
    for y, (_, family) in zip(rows, marked.iterrows(), strict=True):
        rho = float(family["spearman"])
        axes.plot([rho, rho], [0, y], color=ABUNDANT, linewidth=0.9)
        axes.plot(rho, 0, marker="^", color=ABUNDANT, markersize=7, clip_on=False, zorder=5)
        axes.annotate(
            f"{_short(abundant[family['seed']])}  {_signed(rho)}, rank {family['rank']}",
            (rho, y),
            xytext=(1.01, y),
            textcoords=edge,
            va="center",
            color=ABUNDANT,
            arrowprops={"arrowstyle": "-", "color": ABUNDANT, "linewidth": 0.9, "shrinkA": 2, "shrinkB": 0},
            annotation_clip=False,
        )


def _legend(figure: Figure, facts: Mapping[str, Any], marked: int) -> None:
    top, rest = facts["a"] + facts["b"], facts["c"] + facts["d"]
    handles: list[Any] = [
        Patch(color=REST, label=f"families tested (n = {top + rest})"),
        Line2D([], [], color=BORDER, linestyle="--", label=f"from here on: the highest {top}"),
    ]
    if marked:
        label = f"abundant family (n = {marked})"
        handles.append(Line2D([], [], color=ABUNDANT, marker="^", linewidth=0.9, label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _correlation_story(tested: pd.DataFrame, abundant: Mapping[str, str], facts: Mapping[str, Any]) -> str:
    first = tested.iloc[0]
    name = f"the family of the seed {first['seed']}, which is not abundant,"
    if first["seed"] in abundant:
        name = _short(abundant[first["seed"]])
    top, hits = facts["a"] + facts["b"], facts["a"] + facts["c"]
    text = f"Of {len(tested)} families, {name} has the highest correlation ({_signed(first['spearman'])})."
    if facts["p"] is None:
        return f"{text} {facts['note']}"
    text += (
        f" {facts['a']} of {hits} abundant {'family' if hits == 1 else 'families'} tested"
        f" {'is' if 1 in (facts['a'], hits) else 'are'} among the highest {top}"
        f" (Fisher's exact test, one-sided: {p_equals(facts['p'])})."
    )
    if facts["missing"]:
        number = len(facts["missing"])
        text += f" {number} more abundant {'family was' if number == 1 else 'families were'} not tested."
    return text


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _short(name: str) -> str:
    """Cut a long name between two members."""
    return (
        name if len(name) <= LONGEST else f"{name[: LONGEST - 1].rpartition('/')[0] or name[: LONGEST - 2]}/…"
    )
