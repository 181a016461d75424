"""The figures that set models side by side: best trial and mean of trials, and own and other datasets' models."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from xpresso_core.files import flags, require_columns
from xpresso_core.plots import COLOURS, SERIES, canvas
from xpresso_core.plots_forest import (
    INTERVAL,
    bare_rows,
    beside,
    forest_axes,
    forest_row,
    name_lines,
    r2_axis,
    require_numbers,
    row_inch,
)

BEST = ("r2_best", "r2_best_ci_low", "r2_best_ci_high")
ENSEMBLE = ("r2_ensemble", "r2_ensemble_ci_low", "r2_ensemble_ci_high")
COVERAGE = ("coverage", "coverage_ci_low", "coverage_ci_high", "mean_width")

COVERAGE_AXIS = (
    "Test genes in their prediction interval\n(bar: 95 % interval of this share;\n"
    "at the right: mean width, log10 units)"
)

MARKERS = "osD^v"
"""With the colours, these tell 30 datasets apart."""

BLOCK_GAP = 1.0
"""Rows left free above each dataset, for its name."""


def ensembles(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw the best of the trials beside their mean, and how many genes lie in their intervals, by experiment.

    Parameters
    ----------
    table
        One row per experiment, drawn in this order: ``experiment``; ``n``, test genes; ``live``, live trials of a
        fold on average; ``r2_best r2_best_ci_low r2_best_ci_high``, of the trial of lowest validation error;
        ``r2_ensemble r2_ensemble_ci_low r2_ensemble_ci_high``, of the mean of all live trials, missing where there
        is one; ``level``, the share of genes that the split-conformal intervals are made for; ``coverage
        coverage_ci_low coverage_ci_high``, the share that they hold; ``mean_width``, of the intervals in log10
        units, missing or infinite where there were too few validation genes.
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or a value that must be there is missing or infinite.
    """
    needed = ("experiment", "n", "live", *BEST, *ENSEMBLE, "level", *COVERAGE)
    require_columns(table, needed, "trials side by side")
    require_numbers(table, ("n", "live", *BEST, "level"), "trials side by side")
    order = table.reset_index(drop=True)
    order[[*ENSEMBLE, *COVERAGE]] = order[[*ENSEMBLE, *COVERAGE]].astype(np.float64)
    several, covered = _complete(order, ENSEMBLE), _complete(order, COVERAGE)
    require_numbers(order[several], ENSEMBLE, "trials side by side")
    require_numbers(order[covered], COVERAGE, "trials side by side")
    names = [name_lines(name) for name in order["experiment"]]
    message = f"{_mean_story(order[several])} {_coverage_story(order[covered])}"
    with canvas(path, 11.0, 1.45 + row_inch(names, 0.44) * len(order), title, message) as figure:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
        for y in range(len(order)):
            _dumbbell(left, y, order.iloc[y], bool(several[y]))
            _covered(right, y, order.iloc[y], bool(covered[y]))
        for level in sorted(set(order["level"])):
            right.axvline(level, color=COLOURS["ink"], linewidth=1, linestyle="--")
        forest_axes(left, names)
        bare_rows(right)
        r2_axis(left, order, ("r2_best", "r2_ensemble"))
        right.set_xlim(*_share_limits(order[covered], order["level"]))
        right.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
        right.locator_params(axis="x", nbins=5)
        right.set_xlabel(COVERAGE_AXIS)
        figure.legend(handles=_ensemble_legend(order["level"]), loc="outside lower left", ncols=3)


def tested_elsewhere(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw how a dataset's own models and those of other datasets predict it (Figures 2D and 4A).

    Parameters
    ----------
    table
        One row per experiment and dataset that it is tested on: ``experiment trained_on tested_on``;
        ``orthologs``, whether the test genes are those with a one-to-one ortholog in another species; ``r2
        r2_ci_low r2_ci_high``; ``n``, genes. Datasets are drawn in the order of the table, each with its own
        models first, then by r². With ``own_gain own_gain_ci_low own_gain_ci_high own_gain_n``, by how much r² is
        higher for the dataset's own models on the same genes, this is written beside a row where it is known.
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or a value is missing or infinite.
    """
    columns = ("experiment", "trained_on", "tested_on", "orthologs", *INTERVAL, "n")
    require_columns(table, columns, "models tested elsewhere")
    require_numbers(table, (*INTERVAL, "n"), "models tested elsewhere")
    order = _in_blocks(table)
    names = [name_lines(name) for name in order["experiment"]]
    looks = _looks(order["trained_on"])
    blocks = order["tested_on"].nunique()
    rows = len(order) + BLOCK_GAP * blocks
    with canvas(path, 9.6, 1.1 + row_inch(names) * rows, title, _own_story(order)) as figure:
        axes = figure.subplots()
        for place in range(len(order)):
            row = order.iloc[place]
            colour, marker = looks[row["trained_on"]]
            forest_row(axes, row["y"], row, colour, filled=bool(row["own"]), marker=marker, note=_note(row))
        forest_axes(axes, names)
        axes.set_yticks(order["y"].tolist(), names)
        axes.set_ylim(float(order["y"].max()) + 0.6, -BLOCK_GAP - 0.5)
        for tested, block in order.groupby("tested_on", sort=False):
            _block_name(axes, str(tested), float(block["y"].min()) - 0.8)
        r2_axis(axes, order)
        wide = max(map(len, looks)) > 22
        figure.legend(handles=_training_legend(looks), loc="outside lower left", ncols=2 if wide else 3)


def _note(row: pd.Series) -> str:
    """Say that the genes are orthologs, and how much better the dataset's own models do."""
    notes = ["orthologs"] if row["orthologs"] else []
    if "own_gain" in row.index and np.isfinite(row["own_gain"]):
        gain, low, high = (f"{row[f'own_gain{end}']:+.3f}" for end in ("", "_ci_low", "_ci_high"))
        notes.append(f"\nown models, same {row['own_gain_n']:,.0f} genes: {gain} ({low} to {high})")
    return ", ".join(notes)


def _complete(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.bool_]:
    """Return which rows have a finite number in the first and in the last of some columns."""
    values = table[[columns[0], columns[-1]]].to_numpy(dtype=np.float64)
    complete: NDArray[np.bool_] = np.isfinite(values).all(axis=1)
    return complete


def _mean_story(table: pd.DataFrame) -> str:
    if table.empty:
        return "No experiment has several live trials."
    gain = table["r2_ensemble"] - table["r2_best"]
    by = float(gain.mean())
    if len(table) == 1:
        return f"The mean of the trials has {_more(by)} than the best of them."
    return (
        f"The mean of the trials has a higher r² than the best of them in {int((gain > 0).sum())} of {len(table)}"
        f" experiments; on average {_more(by)}."
    )


def _more(by: float) -> str:
    return f"an r² {'higher' if by >= 0 else 'lower'} by {abs(by):.3f}" if abs(by) >= 5e-4 else "no other r²"


def _coverage_story(table: pd.DataFrame) -> str:
    if table.empty:
        return "There are too few validation genes for intervals."
    levels = " or ".join(f"{100 * level:g} %" for level in sorted(set(table["level"])))
    low, high = (f"{100 * share:.0f}" for share in table["coverage"].agg(["min", "max"]))
    story = f"Intervals made for {levels} of the genes hold {low if low == high else f'{low} to {high}'} %"
    outside = (table["coverage_ci_low"] > table["level"]) | (table["coverage_ci_high"] < table["level"])
    if outside.any():
        chance = ", as chance has it in one of 20" if outside.mean() <= 0.05 else ""
        story += (
            f"; in {int(outside.sum())} of {len(table)} experiments the bar misses the dashed line{chance}"
        )
    return f"{story}."


def _dumbbell(axes: Axes, y: int, row: pd.Series, several: bool) -> None:
    best, mean = float(row["r2_best"]), float(row["r2_ensemble"])
    _bar(axes, y - 0.16 * several, row, BEST, COLOURS["fourth"], "o")
    trials = f"n = {row['n']:,.0f}; {_number(row['live'])} live trial{'' if row['live'] == 1 else 's'}"
    if several:
        axes.plot([best, mean], [y - 0.16, y + 0.16], color=COLOURS["ink"], linewidth=1.4, zorder=2)
        _bar(axes, y + 0.16, row, ENSEMBLE, COLOURS["main"], "D")
        beside(axes, y, f"{best:.3f} → {mean:.3f} ({mean - best:+.3f})\n{trials}")
    else:
        beside(axes, y, f"{best:.3f}; nothing to average\n{trials}")


def _bar(axes: Axes, y: float, row: pd.Series, columns: Sequence[str], colour: str, marker: str) -> None:
    value, low, high = (float(row[name]) for name in columns[:3])
    axes.plot([low, high], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
    axes.plot(value, y, marker=marker, markersize=6, color=colour, zorder=3)


def _covered(axes: Axes, y: int, row: pd.Series, covered: bool) -> None:
    if not covered:
        beside(axes, y, "too few\nvalidation genes")
        return
    _bar(axes, y, row, COVERAGE, COLOURS["second"], "o")
    beside(axes, y, f"{100 * row['coverage']:.1f} %\nwidth {row['mean_width']:.2f}")


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"


def _share_limits(table: pd.DataFrame, levels: pd.Series) -> tuple[float, float]:
    values = np.concatenate([table[list(COVERAGE[:3])].to_numpy().ravel(), levels.to_numpy()])
    return max(-0.01, float(values.min()) - 0.02), min(1.01, float(values.max()) + 0.02)


def _ensemble_legend(levels: pd.Series) -> list[Line2D]:
    aims = " or ".join(f"{100 * level:g} %" for level in sorted(set(levels)))
    return [
        Line2D([], [], color=COLOURS["fourth"], marker="o", markersize=6, label="best of the trials"),
        Line2D([], [], color=COLOURS["main"], marker="D", markersize=6, label="mean of the live trials"),
        Line2D([], [], color=COLOURS["ink"], linewidth=1, linestyle="--", label=f"share aimed at ({aims})"),
    ]


def _in_blocks(table: pd.DataFrame) -> pd.DataFrame:
    """Order the rows by dataset tested, own models first, then by r²; add ``own`` and ``y``, places of the rows."""
    order = table.assign(
        own=table["trained_on"] == table["tested_on"],
        block=pd.factorize(table["tested_on"])[0],
        orthologs=flags(table["orthologs"]),
    )
    order = order.sort_values(["block", "own", "r2"], ascending=[True, False, False], kind="stable")
    places = np.arange(len(order)) + BLOCK_GAP * order["block"].to_numpy()
    return order.assign(y=places).reset_index(drop=True)


def _own_story(order: pd.DataFrame) -> str:
    """Say how much better own models do: within a species and, through orthologs, across species."""
    gains = _gains(order)
    if gains.empty:
        return "No dataset is tested both by a model of its own and by another's."
    parts = []
    for orthologs, whose in (
        (False, "models of other datasets"),
        (True, "models of another species (orthologs)"),
    ):
        some = gains.loc[gains["orthologs"] == orthologs, "gain"]
        if len(some):
            by = float(some.mean())
            how = f"{abs(by):.3f} {'higher' if by >= 0 else 'lower'} than"
            mean = f", on average of {len(some)} comparisons" if len(some) > 1 else ""
            parts.append(f"{how} that of {whose}{mean}")
    text = f"The r² of a dataset's own model is {'; and '.join(parts)}."
    genes = order.groupby("tested_on")["n"].nunique()
    return text if (genes == 1).all() else f"{text} Where n differs, so do the genes."


def _gains(order: pd.DataFrame) -> pd.DataFrame:
    """Return ``orthologs gain`` of every other model: r² of the dataset's own models on average, less its own r².

    Own models count that were tested on the same kind of genes, orthologs or all, if there is one; else all.
    """
    rows = []
    for _, block in order.groupby("tested_on", sort=False):
        own = block[block["own"]]
        for other in block[~block["own"]].itertuples():
            alike = own[own["orthologs"] == other.orthologs]
            if len(own):
                mean = float((alike if len(alike) else own)["r2"].mean())
                rows.append((bool(other.orthologs), mean - float(str(other.r2))))
    return pd.DataFrame(rows, columns=["orthologs", "gain"])


def _looks(trained: pd.Series) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for every dataset trained on."""
    names = trained.drop_duplicates().tolist()
    return {
        name: (SERIES[i % len(SERIES)], MARKERS[(i // len(SERIES) + i) % len(MARKERS)])
        for i, name in enumerate(names)
    }


def _block_name(axes: Axes, name: str, y: float) -> None:
    text = f"Tested on {name}"
    axes.text(0, y, text, transform=axes.get_yaxis_transform(), weight="bold", va="center", ha="left")
    axes.axhline(y - 0.55, color="#E4E4E4", linewidth=0.8)


def _training_legend(looks: dict[str, tuple[str, str]]) -> list[Line2D]:
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            markersize=7,
            linewidth=2.2,
            label=f"trained on {name_lines(name)}",
        )
        for name, (colour, marker) in looks.items()
    ]
    ink = COLOURS["ink"]
    for face, label in ((ink, "filled: a model of its own"), ("white", "hollow: of another dataset")):
        handle = Line2D([], [], color=ink, marker="o", markersize=7, linewidth=0, label=label)
        handle.set_markerfacecolor(face)
        handles.append(handle)
    return handles
