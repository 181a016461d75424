"""The figures of expression tables: how alike samples are, their distributions, and one against another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from xpresso_core.comparison import THRESHOLD, Comparison, mean_correlation, pairs_of, spearman_matrix
from xpresso_core.errors import InputError
from xpresso_core.plots import COLOURS, DENSITY_MAP, SERIES, canvas, finite_values, percent
from xpresso_core.plots_density import UNIT, density_scatter
from xpresso_core.selection import SILENT

MAX_NUMBERS = 12
"""Up to this many samples, every correlation is written into its square."""

TREE_INCH = 1.0

MAX_NAMES = 64
"""Of more samples only one in two, three... is named, so that names do not touch."""

MAX_GROUPS = 12
"""Colours and dashes together tell this many lines apart."""

LINES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))

STEPS = 400
"""Points of a cumulative curve: as many as the eye tells apart on the page."""

Floats = NDArray[np.float64]


class Curve(NamedTuple):
    """The cumulative distribution of one group: points, and what its legend tells."""

    x: Floats
    y: Floats
    genes: int
    silent: int
    median: float


def sample_correlation(
    matrix: pd.DataFrame,
    path: str | os.PathLike[str],
    title: str = "How alike the samples are",
    names: Mapping[str, str] | None = None,
) -> None:
    """Draw the rank correlations of all pairs of samples (Figure S1), clustered, with the tree beside them.

    Samples are joined by average linkage on 1 - Spearman's rho, and neighbours in the tree turned so that they
    are alike (Bar-Joseph et al. 2001, Bioinformatics 17:S22).

    Parameters
    ----------
    matrix
        Expression ``[gene, sample]`` on any monotone scale (`xpresso_core.expression.read_matrix`).
    path
        The figure to write.
    title
        Its heading.
    names
        What to write behind the name of a sample, such as the cell type of an epigenome's number.

    Raises
    ------
    InputError
        As `xpresso_core.comparison.spearman_matrix`.
    """
    rho = spearman_matrix(matrix)
    tree = linkage(_distances(rho), method="average", optimal_ordering=True)
    order = dendrogram(tree, no_plot=True)["leaves"]
    rho = rho.iloc[order, order]
    step = -(-len(rho) // MAX_NAMES)
    side = _side(len(rho))
    with canvas(path, side + 3.6, side + 0.9, title, _likeness(rho, len(matrix), step), dpi=110) as figure:
        left, middle = figure.subplots(1, 2, width_ratios=(TREE_INCH, side))
        _tree(left, tree, len(rho))
        _heat_map(figure, middle, rho, dict(names or {}), step)


def expression_ecdf(
    groups: Mapping[str, ArrayLike],
    path: str | os.PathLike[str],
    title: str = "Cumulative distributions of expression",
    unit: str = UNIT,
) -> None:
    """Draw the cumulative distributions of several datasets or subsets of genes, as in Figure 2E.

    Parameters
    ----------
    groups
        log10(x + 0.1) per gene, by name of the group. At most twelve are drawn, and the figure says so if
        there are more.
    path
        The figure to write.
    title
        Its heading.
    unit
        Unit of the values, for the axis.

    Raises
    ------
    InputError
        If there is no group, or one is empty or has missing values.
    """
    values = {name: finite_values(numbers, f"group {name}") for name, numbers in groups.items()}
    if not values:
        what = "there is no expression to draw"
        raise InputError(what, where=str(path), remedy="Give at least one group of genes")
    shown = dict(list(values.items())[:MAX_GROUPS])
    low = min(SILENT, *(float(numbers.min()) for numbers in shown.values()))
    high = max(float(numbers.max()) for numbers in shown.values())
    grid = np.unique([*np.linspace(low, high, STEPS), SILENT])
    curves = {name: _curve(numbers, grid) for name, numbers in shown.items()}
    message = _silence(curves)
    if len(values) > len(shown):
        message += f" The first {len(shown)} of {len(values)} groups are shown."
    with canvas(path, 6.4, 3.7 + 0.19 * len(curves), title, message) as figure:
        axes = figure.subplots()
        for index, (name, curve) in enumerate(curves.items()):
            _cumulative(axes, name, curve, index)
        axes.set(xlim=(low - 0.03 * (high - low), high), ylim=(0, 101))
        axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)
        axes.set_xlabel(f"Expression, {unit}")
        axes.set_ylabel("Genes at or below this level (%)")
        figure.legend(loc="outside lower left", ncols=1, handlelength=3.4)


def comparison_scatter(
    comparison: Comparison,
    path: str | os.PathLike[str],
    title: str,
    *,
    first_name: str,
    second_name: str,
    unit: str = UNIT,
    genes: str = "genes",
) -> None:
    """Draw one dataset against another, with the lines beyond which genes differ 10-fold (Figures 2F, 4B).

    Parameters
    ----------
    comparison
        From `xpresso_core.comparison.compare`. The first dataset is on the horizontal axis.
    path
        The figure to write.
    title
        Its heading.
    first_name, second_name
        What the datasets are, as in "human" and "mouse".
    unit
        Unit of both axes.
    genes
        What is compared: genes, or one-to-one orthologs.
    """
    x, y = (comparison.table[name].to_numpy(dtype=np.float64) for name in ("first", "second"))
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    pad = 0.04 * (high - low)
    limits = (float(low - pad), float(high + pad))
    message = _differences(comparison, first_name, second_name, genes)
    with canvas(path, 7.0, 5.3, title, message, dpi=140) as figure:
        axes, side = figure.subplots(1, 2, width_ratios=(1, 0.28))
        side.set_axis_off()
        side.text(0, 1, _agreement(comparison), va="top", ha="left", linespacing=1.5)
        density_scatter(figure, axes, side.inset_axes((0, 0, 0.13, 0.6)), x, y, limits)
        axes.plot(limits, limits, color=COLOURS["grey"], linewidth=1.2, label="no difference")
        for sign, label in ((1, "10-fold difference"), (-1, None)):
            ends = np.array(limits)
            line = {"color": COLOURS["accent"], "linewidth": 1.5, "linestyle": (0, (4, 2))}
            axes.plot(ends, ends + sign * THRESHOLD, label=label, **line)
        _corner(axes, (0.08, 0.98), ("left", "top"), comparison.tenfold_second, second_name)
        _corner(axes, (0.98, 0.08), ("right", "bottom"), comparison.tenfold_first, first_name)
        axes.set(xlim=limits, ylim=limits, aspect="equal")
        axes.set_xlabel(f"Expression in {first_name}, {unit}")
        axes.set_ylabel(f"Expression in {second_name}, {unit}")
        figure.legend(loc="outside lower left", ncols=2)


def _side(samples: int) -> float:
    """Return the side of the heat map in inches: room for numbers in few squares, for names beside many."""
    if samples <= MAX_NUMBERS:
        return float(np.clip(0.46 * samples, 1.8, 5.0))
    return float(np.clip(0.13 * samples, 5.0, 7.4))


def _distances(rho: pd.DataFrame) -> Floats:
    return np.asarray(squareform(np.maximum(1 - rho.to_numpy(), 0), checks=False))


def _likeness(rho: pd.DataFrame, genes: int, step: int) -> str:
    pairs, mean = pairs_of(rho), mean_correlation(rho)
    if pairs.size == 1:
        return f"The ranks of {genes:,} genes in the two samples correlate with {mean:.2f}."
    story = (
        f"Any two of {len(rho)} samples correlate with {mean:.2f} on average"
        f" ({pairs.min():.2f} to {pairs.max():.2f}), by the ranks of {genes:,} genes."
    )
    return f"{story} One sample in {step} is named." if step > 1 else story


def _tree(axes: Axes, tree: Floats, samples: int) -> None:
    dendrogram(
        tree,
        ax=axes,
        orientation="left",
        no_labels=True,
        color_threshold=0,
        above_threshold_color=COLOURS["ink"],
    )
    for lines in axes.collections:
        lines.set_linewidth(0.8)
    axes.set_ylim(10 * samples, 0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("1 − ρ")


def _heat_map(figure: Figure, axes: Axes, rho: pd.DataFrame, names: dict[str, str], step: int) -> None:
    small = len(rho) <= MAX_NUMBERS
    sns.heatmap(
        rho.round(2),  # fewer colours make fewer bytes, and the eye sees no difference
        ax=axes,
        vmin=float(np.floor(20 * pairs_of(rho).min()) / 20),
        vmax=1,
        cmap=DENSITY_MAP,
        annot=small,
        fmt=".2f",
        cbar=False,
        rasterized=not small,
    )
    samples = [str(sample) for sample in rho.index]
    places = np.arange(len(samples))[::step]
    size = float(np.clip(0.7 * 72 * _side(len(rho)) / len(places), 6.5, 9))
    rows = [f"{samples[place]} {names.get(samples[place], '')}".strip() for place in places]
    axes.yaxis.tick_right()
    axes.set_yticks(places + 0.5, rows, rotation=0, size=size)
    axes.set_xticks(places + 0.5, [samples[place] for place in places], rotation=90, size=size)
    axes.tick_params(length=0)
    axes.set(xlabel="", ylabel="")
    bar = figure.colorbar(axes.collections[0], ax=axes, location="right", shrink=0.5, aspect=16)
    bar.set_label("Spearman's ρ")


def _curve(numbers: Floats, grid: Floats) -> Curve:
    y = 100 * np.searchsorted(np.sort(numbers), grid, side="right") / numbers.size
    silent = int(np.isclose(numbers, SILENT, atol=1e-6).sum())
    return Curve(grid, y, int(numbers.size), silent, float(np.median(numbers)))


def _cumulative(axes: Axes, name: str, curve: Curve, index: int) -> None:
    colour = SERIES[index % len(SERIES)]
    label = (
        f"{name}: {curve.genes:,} genes, {percent(curve.silent, curve.genes)} silent,"
        f" median {curve.median:.2f}"
    )
    axes.plot(
        [curve.x[0], *curve.x],
        [0, *curve.y],
        color=colour,
        linestyle=LINES[index % len(LINES)],
        linewidth=1.8,
        label=label,
    )
    if curve.silent:
        axes.plot(SILENT, 100 * curve.silent / curve.genes, marker="o", markersize=5, color=colour)


def _silence(curves: Mapping[str, Curve]) -> str:
    shares = {name: curve.silent / curve.genes for name, curve in curves.items()}
    least, most = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
    if not shares[most]:
        return "No gene is silent."
    texts = [percent(curves[name].silent, curves[name].genes) for name in (least, most)]
    if texts[0] == texts[1]:
        return f"{texts[0]} of the genes are silent (dots, at log10(0 + 0.1) = -1)."
    return (
        f"The share of silent genes (dots, at log10(0 + 0.1) = -1) goes from {texts[0]} in {least}"
        f" to {texts[1]} in {most}."
    )


def _corner(axes: Axes, place: tuple[float, float], side: tuple[str, str], number: int, name: str) -> None:
    """Write how many genes are beyond a line, clear of the silent genes along the edges."""
    axes.text(
        *place,
        f"{number:,} higher\nin {name}",
        ha=side[0],
        va=side[1],
        color=COLOURS["accent"],
        transform=axes.transAxes,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1.5},
    )


def _differences(comparison: Comparison, first_name: str, second_name: str, genes: str) -> str:
    number = comparison.tenfold_first + comparison.tenfold_second
    zscored = comparison.zscored_first + comparison.zscored_second
    return (
        f"{number:,} of {comparison.n:,} {genes} ({percent(number, comparison.n)}) differ more than 10-fold."
        f" By more than 1 in z-scored labels, {zscored:,} do: {comparison.zscored_first:,} are higher in"
        f" {first_name}, {comparison.zscored_second:,} in {second_name}."
    )


def _agreement(comparison: Comparison) -> str:
    return (
        f"r = {comparison.pearson:.3f}\nr² = {comparison.r2:.3f}\n"
        f"Spearman {comparison.spearman:.2f}\nn = {comparison.n:,} genes"
    )
