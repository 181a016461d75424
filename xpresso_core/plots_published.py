"""Published results and those of a run, by what a model needs to be told (Figure 4E)."""

from __future__ import annotations

import os

import pandas as pd
from matplotlib.lines import Line2D

from xpresso_core.files import flags, require_columns
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.plots_forest import bare_rows, beside, name_lines, require_numbers, row_inch

SPECIES = {"human": COLOURS["main"], "mouse": COLOURS["accent"]}
"""Blue and red as in the paper, also for species whose names begin so; any other is green."""

OTHER = "other species"


def published(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw r² by category.

    Parameters
    ----------
    table
        ``category study model species cell_type r2 ours``; rows without r2 are left out, but not their category.
    path, title
        The figure to write, and its heading.

    Raises
    ------
    InputError
        If a column is missing, or an r² is no number.
    """
    require_columns(
        table, ("category", "study", "model", "species", "cell_type", "r2", "ours"), "published results"
    )
    table = table.assign(ours=flags(table["ours"]))
    known = table[table["r2"].notna()]
    require_numbers(known, ("r2",), "published results")
    lines = _lines(table)
    height = row_inch([text for text, _ in lines], 0.27)
    with canvas(path, 10.5, 0.8 + height * len(lines), title, _story(known)) as figure:
        axes = figure.subplots()
        labels = []
        for y, (text, row) in enumerate(lines):
            labels.append(text if row is not None else "")
            if row is None:
                axes.text(0, y, text, va="center", size=10, weight="bold")
                continue
            colour, own = _colour(_species(row["species"])), bool(row["ours"])
            axes.plot([0, row["r2"]], [y, y], color=colour, linewidth=1.2)
            (dot,) = axes.plot(row["r2"], y, marker="D" if own else "o", markersize=7, color=colour)
            dot.set(markerfacecolor=colour if own else "white", markeredgewidth=1.5)
            beside(axes, y, f"{row['r2']:.2f}" if not own else f"{row['r2']:.3f}")
        axes.set_yticks(range(len(lines)), labels)
        axes.set_ylim(len(lines) - 0.4, -0.7)
        axes.set_xlim(0, 1.06 * float(known["r2"].max()))
        axes.set_xlabel("r² of predicted and observed expression, each study on its own genes")
        bare_rows(axes)
        figure.legend(handles=_handles(known), loc="outside lower center", ncols=5)


def _species(name: object) -> str:
    return next((known for known in SPECIES if str(name).startswith(known)), OTHER)


def _colour(species: str) -> str:
    return SPECIES.get(species, COLOURS["second"])


def _lines(table: pd.DataFrame) -> list[tuple[str, pd.Series | None]]:
    """Return the rows from top to bottom: headings, which have no result, and results."""
    lines: list[tuple[str, pd.Series | None]] = []
    for category, rows in table.groupby("category", sort=False):
        there = rows[rows["r2"].notna()].sort_values("r2", ascending=False)
        note = "" if len(there) else ": the paper's text has no number"
        lines.append((f"{category}{note}", None))
        for _, row in there.iterrows():
            cells = [str(row[name]) for name in ("model", "species", "cell_type") if pd.notna(row[name])]
            lines.append((name_lines(f"{row['study']}: {', '.join(cells)}", 70), row))
    return lines


def _story(known: pd.DataFrame) -> str:
    own = known[known["ours"]]
    if own.empty:
        return "No model of this run is shown."
    first = own[own["category"] == own["category"].iloc[0]]
    best = first.sort_values("r2", kind="stable").iloc[-1]
    return (
        f"{best['category']}: the best of this run's models ({best['model']}) has r² = {best['r2']:.3f}. Compare within"
        " a species and cell type: the studies differ in genes, measurements and test sets."
    )


def _handles(known: pd.DataFrame) -> list[Line2D]:
    handles = [
        Line2D([], [], color=COLOURS["ink"], marker="D", linestyle="", label="this run"),
        Line2D(
            [], [], color=COLOURS["ink"], marker="o", markerfacecolor="white", linestyle="", label="published"
        ),
    ]
    names = list(dict.fromkeys([*SPECIES, *map(_species, known["species"])]))
    return handles + [Line2D([], [], color=_colour(name), linewidth=3, label=name) for name in names]
