"""The figure of what neighbours do for r²: a random split beside whole chromosomes, for every dataset."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from xpresso_core.files import require_columns
from xpresso_core.neighbours import MIN_GROUP
from xpresso_core.plots import COLOURS, canvas, percent
from xpresso_core.plots_forest import (
    INTERVAL,
    beside,
    forest_axes,
    forest_row,
    name_lines,
    r2_axis,
    require_numbers,
    row_inch,
)

DIFFERENCE = ("difference", "difference_ci_low", "difference_ci_high")

SIZES = ("n", "n_without", "n_train_random", "n_train_chromosomes")

WHERE = "random splits and chromosomes"


class _Arm(NamedTuple):
    """A row of the figure: the columns of its r² and of its genes, its look and name."""

    prefix: str
    genes: str
    colour: str
    marker: str
    name: str


ARMS = (
    _Arm("r2_random", "n", COLOURS["fourth"], "o", "random split"),
    _Arm("r2_without", "n_without", COLOURS["fourth"], "D", "random split, genes without overlap"),
    _Arm("r2_chromosomes", "n", COLOURS["main"], "s", "whole chromosomes"),
)


def split_costs(rows: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw the r² of a random split, of its genes without a neighbour in training, and of whole chromosomes.

    Parameters
    ----------
    rows
        One row per pair of experiments, drawn in this order: ``dataset``, the numbers of `neighbours.SplitCost`, of
        which ``r2_without`` and its interval may be missing, and optionally ``random``, the name of the experiment
        of the random split, which tells pairs of one dataset apart.
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or a value that must be there is missing or infinite.
    """
    arms = [arm.prefix for arm in ARMS]
    ends = [f"{prefix}{end}" for prefix in arms for end in ("", "_ci_low", "_ci_high")]
    require_columns(rows, ("dataset", *ends, *DIFFERENCE, *SIZES, "overlapping"), WHERE)
    must = [name for name in ends if not name.startswith("r2_without")]
    order = rows.reset_index(drop=True)
    require_numbers(order, (*must, *DIFFERENCE, *SIZES, "overlapping"), WHERE)
    order[ends] = order[ends].astype(np.float64)
    blocks = [block for _, block in order.iterrows()]
    heads = [name_lines(name) for name in _dataset_names(order)]
    names = [
        name
        for head, block in zip(heads, blocks, strict=True)
        for name in (head, *(_arm_name(arm, block) for arm in ARMS))
    ]
    with canvas(path, 10.0, 0.8 + row_inch(names) * len(names), title, _story(order)) as figure:
        axes = figure.subplots()
        forest_axes(axes, names)
        for place, block in enumerate(blocks):
            head = place * (len(ARMS) + 1)
            _draw_head(axes, head, block)
            for step, arm in enumerate(ARMS, start=1):
                _draw_arm(axes, head + step, arm, block)
        r2_axis(axes, order, arms)


def _arm_name(arm: _Arm, block: pd.Series) -> str:
    """Name a row, with how many genes it trains on or, without overlap, what share of the genes is left."""
    if arm.prefix == "r2_without":
        return f"{arm.name} ({percent(int(block['n_without']), int(block['n']))})"
    training = block[arm.prefix.replace("r2_", "n_train_")]
    return f"{arm.name}, {training:,.0f} training genes"


def _draw_head(axes: Axes, y: int, block: pd.Series) -> None:
    """Make the name of a dataset bold, and write beside it by how much its two splits differ."""
    if y:
        axes.axhline(y - 0.5, color="#E4E4E4", linewidth=0.8)
    axes.get_yticklabels()[y].set_fontweight("bold")
    value, low, high = (_signed(float(block[name])) for name in DIFFERENCE)
    beside(axes, y, f"difference {value} ({low} to {high})")
    axes.texts[-1].set_fontweight("bold")


def _draw_arm(axes: Axes, y: float, arm: _Arm, block: pd.Series) -> None:
    columns = (arm.prefix, f"{arm.prefix}_ci_low", f"{arm.prefix}_ci_high")
    values = {name: float(block[column]) for name, column in zip(INTERVAL, columns, strict=True)}
    genes = int(block[arm.genes])
    if not np.isfinite(list(values.values())).all():
        why = f"under {MIN_GROUP} genes" if genes < MIN_GROUP else "constant predictions"
        beside(axes, y, f"{why}, n = {genes:,}")
        return
    row = pd.Series({**values, "n": genes}, dtype=object)
    filled = arm.prefix != "r2_without"
    forest_row(axes, y, row, arm.colour, filled=filled, marker=arm.marker)


def _dataset_names(rows: pd.DataFrame) -> list[str]:
    """Name the datasets, those with several pairs of experiments with the one of the random split."""
    if "random" not in rows.columns or rows["dataset"].is_unique:
        return rows["dataset"].astype(str).tolist()
    several = rows["dataset"].duplicated(keep=False)
    named = rows["dataset"].astype(str) + ", " + rows["random"].astype(str)
    return rows["dataset"].astype(str).where(~several, named).tolist()


def _signed(value: float, digits: int = 3) -> str:
    """Write a number with its sign, and none for 0."""
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def _story(rows: pd.DataFrame) -> str:
    """Say what whole chromosomes change, and what leaving out genes with a neighbour in training does."""
    one = len(rows) == 1
    value, low, high = (rows[name] for name in DIFFERENCE)
    story = "Whole chromosomes instead of a random split change r² by "
    if one:
        chance = ", which may be chance" if low.iloc[0] <= 0 <= high.iloc[0] else ""
        story += (
            f"{_signed(value.iloc[0])} (95 % CI {_signed(low.iloc[0])} to {_signed(high.iloc[0])}{chance})"
        )
    else:
        beyond = int(((low > 0) | (high < 0)).sum())
        story += (
            f"{_signed(value.mean())} on average of {len(rows)} pairs ({_signed(value.min())} to"
            f" {_signed(value.max())}; in {beyond} beyond chance)"
        )
    return f"{story}; {_training_story(rows)}. {_overlap_story(rows)}"


def _training_story(rows: pd.DataFrame) -> str:
    change = 100 * (rows["n_train_chromosomes"] / rows["n_train_random"] - 1)
    low, high = round(float(change.min())), round(float(change.max()))
    if low == high == 0:
        return "both train on as many genes"
    if low < 0 < high:
        return f"they also train on other numbers of genes, {_signed(low, 0)} to {_signed(high, 0)} %"
    few, many = sorted((abs(low), abs(high)))
    share = f"{few}" if few == many else f"{few} to {many}"
    return f"they also train on {share} % {'fewer' if low < 0 else 'more'} genes"


def _overlap_story(rows: pd.DataFrame) -> str:
    told = rows[rows["r2_without"].notna()]
    if told.empty:
        return (
            "What the random split loses without genes that overlap training genes is not told: fewer than"
            f" {MIN_GROUP} are left, or their predictions are constant."
        )
    change = float((told["r2_without"] - told["r2_random"]).mean())
    low, high = (f"{100 * share:.0f}" for share in told["overlapping"].agg(["min", "max"]))
    average = " on average" if len(told) > 1 else ""
    return (
        f"Leaving out the {low if low == high else f'{low} to {high}'} % of test genes whose window overlaps that of a"
        f" training gene changes the r² of the random split by {_signed(change)}{average}."
    )
