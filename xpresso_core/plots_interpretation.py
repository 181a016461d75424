"""The figures of what networks have learned: profiles of scores, classes of genes, and how robust scores are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.stats import norm

from xpresso_core.classes import HIGH, LOW
from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, canvas, finite_values
from xpresso_core.plots_dinucleotides import GROUP_COLOURS
from xpresso_core.score_file import BETWEEN_METHODS, BETWEEN_NETWORKS
from xpresso_core.words import networks_in_words

METHODS = {
    "grad_input": "gradient x input",
    "saliency": "saliency",
    "integrated_gradients": "integrated gradients",
    "deeplift": "DeepLIFT",
    "elrp": "epsilon-LRP",
}
ZOOM = 1000
"""Bases on both sides of the TSS that the second column of profiles shows."""
POINTS = 700
FEW = 30
"""Silent genes below which the noise of their mean shows in all curves."""

Floats = npt.NDArray[np.float64]


def profiles(table: pd.DataFrame, facts: Mapping[str, Any], path: str | os.PathLike[str], title: str) -> None:
    """Draw mean scores less those of silent genes, method by method (Figures 6A and S6).

    Parameters
    ----------
    table, facts
        Of `positional_profiles.write_profiles`.
    path, title
        The figure to write, and its heading.

    Raises
    ------
    InputError
        If a column is missing, or there is nothing to draw.
    """
    require_columns(table, ("method", "group", "genes", "position", "smoothed"), "profiles")
    methods = list(dict.fromkeys(table["method"]))
    if not methods:
        what = "there is no profile to draw"
        raise InputError(what, where="profiles", remedy="Make them again with the workflow")
    groups = list(dict.fromkeys(table["group"]))
    colours = dict(zip(GROUP_NAMES, GROUP_COLOURS, strict=True))
    zoomed = bool((table["position"].abs() > ZOOM).any())
    height = 0.5 + 1.75 * len(methods)
    with canvas(path, 10.0, height, title, _profile_story(facts, methods)) as figure:
        panels = figure.subplots(len(methods), 1 + zoomed, sharex="col", squeeze=False)
        for row, method in zip(panels, methods, strict=True):
            part = table[table["method"] == method]
            for axes, near in zip(row, (False, True), strict=False):
                shown = part[part["position"].abs() <= ZOOM] if near else part
                for group, curve in shown.groupby("group", sort=False):
                    _curve(axes, curve, colours[group])
                axes.axhline(0, color=COLOURS["grey"], linewidth=0.8)
                axes.axvline(0, color=COLOURS["ink"], linewidth=0.6, linestyle=":")
                axes.margins(x=0)
                axes.ticklabel_format(axis="y", scilimits=(-2, 3), useMathText=False)
            row[0].set_title(METHODS[method], loc="left")
        for axes in panels[-1]:
            axes.set_xlabel("position relative to the TSS (bases)")
        if zoomed:
            panels[0][1].set_title(f"within {ZOOM:,} bases", loc="left")
        unit = facts["unit"]
        figure.supylabel(f"mean score per base less that of silent genes ({unit})", fontsize=10)
        counts = {group: int(rows["genes"].iloc[0]) for group, rows in table.groupby("group", sort=False)}
        handles = [
            Line2D([], [], color=colours[group], linewidth=2.0, label=f"{group} ({counts[group]:,} genes)")
            for group in groups
        ]
        handles.append(
            Line2D([], [], color=COLOURS["grey"], linewidth=1.0, label=f"silent ({facts['silent']:,} genes)")
        )
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _curve(axes: Axes, curve: pd.DataFrame, colour: str) -> None:
    # The curves are smooth: every so many points tell as much and keep the file small.
    step = max(1, len(curve) // POINTS)
    axes.plot(
        curve["position"].to_numpy()[::step],
        curve["smoothed"].to_numpy()[::step],
        color=colour,
        linewidth=1.4,
    )


def _profile_story(facts: Mapping[str, Any], methods: Sequence[str]) -> str:
    first = methods[0]
    found = facts["methods"][first]
    if found["peak"] is None:
        return f"By {METHODS[first]}, no base of the promoter counts."
    text = f"By {METHODS[first]}, the profile of the highest group is farthest from that of silent genes at"
    text += f" {found['peak']:+,} bases from the TSS"
    if found["core_share"] is not None and found["core_width"] < 1:
        text += (
            f"; the bases within 500 of the TSS, {100 * found['core_width']:.0f} % of the promoter, have"
            f" {100 * found['core_share']:.0f} % of its area"
        )
    if facts["silent"] < FEW:
        text += f". Only {facts['silent']} genes are silent: bumps that all curves share are theirs"
    return (
        text + ". Groups are by predicted expression: silent ones, and three equal parts of the range above."
    )


def classes(
    genes: pd.DataFrame, facts: Mapping[str, Any], path: str | os.PathLike[str], title: str, unit: str
) -> None:
    """Draw the distribution of predictions, the mixture fitted to it, and the classes (Figure 6B).

    Parameters
    ----------
    genes
        ``predicted`` and ``class`` of each gene.
    facts
        Of `interpreted_genes.write_genes`.
    path, title
        The figure to write, and its heading.
    unit
        Of predictions.

    Raises
    ------
    InputError
        If a prediction is missing or infinite.
    """
    require_columns(genes, ("predicted", "class"), "classes")
    values = finite_values(genes["predicted"], "classes")
    with canvas(path, 8.2, 4.2, title, _class_story(facts)) as figure:
        axes = figure.subplots()
        edges = np.histogram_bin_edges(values, bins=50)
        names = genes["class"].fillna("").to_numpy()
        parts = [(LOW, COLOURS["light"]), ("", COLOURS["grey"]), (HIGH, COLOURS["main"])]
        parts = [(name, colour) for name, colour in parts if (names == name).any()]
        labels = [
            f"class {name} ({(names == name).sum():,} genes)"
            if name
            else f"no class ({(names == name).sum():,} genes)"
            for name, _ in parts
        ]
        axes.hist(
            [values[names == name] for name, _ in parts],
            bins=edges.tolist(),
            stacked=True,
            color=[colour for _, colour in parts],
            label=labels,
        )
        scale = values.size * (edges[1] - edges[0])
        at = np.linspace(edges[0], edges[-1], 400)
        two = [
            weight * norm.pdf(at, mean, sd)
            for weight, mean, sd in zip(facts["weights"], facts["means"], facts["sds"], strict=True)
        ]
        for density in two:
            axes.plot(at, scale * density, color=COLOURS["ink"], linewidth=1.0, linestyle="--")
        axes.plot(
            at,
            scale * np.sum(two, axis=0),
            color=COLOURS["ink"],
            linewidth=1.6,
            label="mixture of two normals",
        )
        if facts["threshold"] is not None:
            axes.axvline(
                facts["threshold"], color=COLOURS["accent"], linewidth=1.6, label="where class B begins"
            )
        axes.set_xlabel(f"predicted expression ({unit})")
        axes.set_ylabel("genes")
        figure.legend(loc="outside lower center", ncols=3)


def _class_story(facts: Mapping[str, Any]) -> str:
    text = (
        f"Predicted and measured expression have a correlation of {facts['r']:.2f} (r² = {facts['r2']:.2f})."
    )
    modes = "Predictions have two modes" if facts["bimodal"] else "There are no two modes beyond chance"
    text += f" {modes} (a valley between two peaks so deep: p = {facts['valley_p']:.2g})."
    if facts["reason"]:
        return text + f" There are no classes: {facts['reason']}."
    if facts["rule"] == "thirds":
        return text + " Class A is the lowest third, class B the highest."
    return text + " Class A is below the threshold of the mixture, class B from it on."


def agreement(
    table: pd.DataFrame, facts: Mapping[str, Any], path: str | os.PathLike[str], title: str
) -> None:
    """Draw how well methods, and networks, agree on the scores of a gene's bases.

    Parameters
    ----------
    table, facts
        Of `positional_profiles.write_profiles`.
    path, title
        The figure to write, and its heading.
    """
    if len(table):  # one network and one method agree with nothing
        require_columns(table, ("between", "first", "second", "correlation"), "agreement")
    methods = [method for method in METHODS if method in facts["methods"]]
    with canvas(path, 10.0, 1.9 + 0.5 * len(methods), title, _agreement_story(facts)) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.15))
        _matrix(left, facts, methods)
        _networks(right, table[table["between"] == BETWEEN_NETWORKS], facts, methods)


def _matrix(axes: Axes, facts: Mapping[str, Any], methods: Sequence[str]) -> None:
    values = np.eye(len(methods))
    for pair in facts["between_methods"]:
        one, other = methods.index(pair["first"]), methods.index(pair["second"])
        values[one, other] = values[other, one] = np.nan if pair["median"] is None else pair["median"]
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > 0.75 else COLOURS["ink"]
        axes.text(
            column,
            row,
            "–" if np.isnan(value) else f"{value:.2f}",
            ha="center",
            va="center",
            color=colour,
            fontsize=9,
        )
    names = [METHODS[method] for method in methods]
    axes.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names], fontsize=8.5)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.set_title(
        f"Between {BETWEEN_METHODS}: correlation of a\ngene's scores, median over genes", loc="left"
    )
    for side in axes.spines.values():
        side.set_visible(False)


def _networks(axes: Axes, table: pd.DataFrame, facts: Mapping[str, Any], methods: Sequence[str]) -> None:
    axes.set_title(f"Between {BETWEEN_NETWORKS}, trained alike", loc="left")
    axes.set_yticks(range(len(methods)), [METHODS[method] for method in methods])
    axes.set_ylim(len(methods) - 0.5, -0.5)
    lowest = min([-0.25, *table["correlation"].dropna()])
    axes.set_xlim(max(lowest * 1.05, -1.02), 1.02)
    axes.set_xlabel("correlation of scores")
    if table.empty:
        axes.text(0.5, 0.5, "nothing to compare", transform=axes.transAxes, ha="center", va="center")
        return
    for row, method in enumerate(methods):
        values = table.loc[table["first"] == method, "correlation"].dropna().to_numpy()
        if values.size:
            low, first, median, third, high = np.percentile(values, [5, 25, 50, 75, 95])
            axes.plot([low, high], [row, row], color=COLOURS["light"], linewidth=2.0)
            axes.plot([first, third], [row, row], color=COLOURS["main"], linewidth=7.0, solid_capstyle="butt")
            axes.plot(median, row, "o", color="white", markersize=4.5)
        mean = facts["methods"][method]["mean_networks"]
        if mean is not None:
            axes.plot(mean, row, marker="D", color=COLOURS["accent"], markersize=7)
    axes.axvline(0, color=COLOURS["grey"], linewidth=0.8)
    handles = [
        Line2D([], [], color=COLOURS["main"], linewidth=7, label="single genes: middle half"),
        Line2D([], [], color=COLOURS["light"], linewidth=2, label="single genes: 5 to 95 %"),
        Line2D([], [], color=COLOURS["accent"], marker="D", linestyle="", label="smoothed mean over genes"),
    ]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.45, -0.24), ncols=1)


def _agreement_story(facts: Mapping[str, Any]) -> str:
    first = next(method for method in METHODS if method in facts["methods"])
    found, name = facts["methods"][first], METHODS[first]
    if facts["networks"] == 1:
        return (
            "Methods agree on a gene's bases as far as the left panel tells. The model is a single network, so how much"
            " its scores owe to the chance of its training is not known."
        )
    if found["single_networks"] is None:
        return f"By {name}, no two networks can be compared: all but one, or all, are constant."
    text = (
        f"Scores of a single gene by {name} correlate by {found['single_networks']:.2f} between two networks"
    )
    if found["mean_networks"] is None:
        return text + "."
    return (
        f"{text}; smoothed means over genes by {found['mean_networks']:.2f} between {networks_in_words(facts)}: read"
        " means, not maps."
    )
