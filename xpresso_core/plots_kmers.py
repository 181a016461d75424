"""The figure of the k-mers on which predictions of high expression rest (Figure 6B)."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from xpresso_core.files import require_columns
from xpresso_core.logos import draw_logo
from xpresso_core.meme_format import Motif
from xpresso_core.plots import COLOURS, canvas

SHOWN = 5
COLUMNS = ("motif", "positives", "negatives", "log10_e", "similar")


def kmers(
    table: pd.DataFrame,
    motifs: Sequence[Motif],
    facts: Mapping[str, Any],
    path: str | os.PathLike[str],
    title: str,
) -> None:
    """Draw the logos of the most significant k-mers, and how significant they are.

    Parameters
    ----------
    table, facts
        Of `enriched_kmers.write_kmers`.
    motifs
        The motifs that DREME wrote, in the same order.
    path, title
        The figure to write, and its heading.

    Raises
    ------
    InputError
        If a column is missing.
    """
    if len(table):
        require_columns(table, COLUMNS, "k-mers")
    shown = table.head(SHOWN)
    with canvas(path, 9.5, 0.7 + 1.0 * max(len(shown), 1), title, _story(table, facts)) as figure:
        if shown.empty:
            figure.text(0.5, 0.3, "no k-mers", ha="center", va="center", color=COLOURS["grey"], size=12)
            return
        panels = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(1.0, 2.2))
        untrained = -facts["untrained"]["log10_e"] if facts["untrained"] else 0.0
        most = max(float(-shown["log10_e"].min()), untrained)
        for (left, right), motif, (_, row) in zip(panels, motifs, shown.iterrows(), strict=False):
            draw_logo(left, motif.frequencies)
            left.set_xticks([])
            left.set_title(str(row["motif"]), loc="left", pad=2, fontweight="bold")
            _bar(right, -float(row["log10_e"]), untrained, most)
            right.text(0, -0.55, _numbers(row, facts), va="center", ha="left", fontsize=8.5)
        panels[0][1].set_title("-log10 of the E-value", loc="left", pad=2)


def _bar(axes: Axes, value: float, untrained: float, most: float) -> None:
    """Draw how significant a k-mer is, and how much networks that have learned nothing reach."""
    axes.barh(0, value, height=0.34, color=COLOURS["main"])
    if untrained:
        axes.plot([untrained] * 2, [-0.28, 0.28], color=COLOURS["accent"], linestyle="--", linewidth=1.5)
    beside = untrained if value <= untrained else value
    axes.text(beside + 0.01 * most, 0, f"{value:,.1f}", va="center", ha="left")
    axes.set(xlim=(0, 1.35 * most), ylim=(-0.75, 0.55), yticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False)


def _numbers(row: pd.Series, facts: Mapping[str, Any]) -> str:
    used = facts["used"]
    text = f"in {row['positives']:,} of {used:,} stretches and {row['negatives']:,} of as many controls"
    if row["negatives"]:
        text += f" ({row['positives'] / row['negatives']:.2f} times)"
    if pd.notna(row["similar"]) and row["similar"]:
        text += f"\nlike {textwrap.shorten(str(row['similar']), 90)}"
    return text


def _story(table: pd.DataFrame, facts: Mapping[str, Any]) -> str:
    low, high = facts["genes"]
    if facts["reason"]:
        return f"No k-mers were looked for: {facts['reason']}."
    text = (
        f"Stretches that stand out in {facts['genes'][high]:,} genes ({high}) over {facts['genes'][low]:,} ({low}):"
        f" {facts['sub_sequences']:,} of {facts['mean_length']:.0f} bases on average. "
    )
    if table.empty:
        text += "DREME finds no k-mer in them. "
    else:
        text += (
            f"The first k-mer is {table['motif'].iloc[0]}; what a k-mer matches is erased before the next. "
        )
    untrained, dashed = facts["untrained"], "" if table.empty else " (dashed)"
    if untrained is None:
        text += "For networks with shuffled weights there is none"
    else:
        text += f"Networks with shuffled weights give {untrained['motif']} at {-untrained['log10_e']:,.1f}{dashed}"
    found = "none" if not facts["control"] else "one"
    return f"{text}; stretches and controls shuffled give {found}."
