"""The figures of baselines: all models side by side, fold by fold, and what half-life features and motifs tell."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from xpresso_core.baseline_names import LM, MEAN, NETWORK, RIDGE, TREES, features_in_words, in_words
from xpresso_core.errors import InputError
from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.plots_forest import (
    INTERVAL,
    bare_rows,
    collapsed,
    forest_axes,
    forest_row,
    name_lines,
    require_numbers,
    row_inch,
)

METHODS = {LM: "Least squares, as in the paper", RIDGE: "Ridge regression", TREES: "Boosted trees"}

SHOWN_MOTIFS = 20

FEATURES = {
    "utr5_len": "length of the 5' UTR",
    "cds_len": "length of the ORF",
    "intron_len": "length of introns",
    "utr3_len": "length of the 3' UTR",
    "utr5_gc": "G+C of the 5' UTR",
    "cds_gc": "G+C of the ORF",
    "utr3_gc": "G+C of the 3' UTR",
    "orf_exon_density": "ORF exon density",
}


def best_row(table: pd.DataFrame, column: str) -> pd.Series:
    """Return the row with the largest value in a column."""
    return table.sort_values(column, kind="stable").iloc[-1]


def all_models(table: pd.DataFrame, path: str | os.PathLike[str], title: str, reference: str) -> None:
    """Draw the r² of networks and baselines side by side (Figure S4A).

    Parameters
    ----------
    table
        Of `baseline_comparison.compare`.
    path, title
        The figure to write, and its heading.
    reference
        The network that all are compared with.

    Raises
    ------
    InputError
        If a column or the reference is missing, or a value is missing or infinite.
    """
    require_columns(table, ("model", "method", "features", "halflife", *INTERVAL), "baselines")
    require_numbers(table, INTERVAL, "baselines")
    networks, simple = table[table["method"] == NETWORK], table[table["method"] != NETWORK]
    best = _row(networks, reference)
    methods = [method for method in METHODS if (simple["method"] == method).any()]
    sets = list(dict.fromkeys(simple.loc[simple["method"] != MEAN, "features"].fillna("")))
    names = [name_lines(name) for name in networks["model"]]
    heights = (row_inch(names) * len(networks) + 0.9, 0.34 * len(sets) + 1.1)
    with canvas(path, 10.5, sum(heights), title, _models_story(simple, best)) as figure:
        upper, lower = cast("Any", figure.subfigures(2, 1, height_ratios=heights))
        limits = -0.02, 1.06 * float(table["r2_ci_high"].max())
        axes = upper.subplots()
        _model_rows(axes, networks, names, best)
        axes.set_title("Networks", loc="left")
        panels = lower.subplots(1, len(methods), sharey=True, squeeze=False)[0]
        for panel, method in zip(panels, methods, strict=True):
            rows = simple[simple["method"] == method]
            for halflife in (False, True):
                part = rows[rows["halflife"] == halflife]
                shift = 0.14 if halflife else -0.14
                for _, row in part.iterrows():
                    _dot(panel, sets.index(row["features"] if pd.notna(row["features"]) else "") + shift, row)
            _reference(panel, best)
            panel.set_title(METHODS[method], loc="left")
            forest_axes(panel, [features_in_words(features) for features in sets])
            panel.set_xlabel("r²")
        for drawn in (axes, *panels):
            drawn.set_xlim(limits)
        _models_legend(lower, reference)


def _row(table: pd.DataFrame, model: str) -> pd.Series:
    found = table[table["model"] == model]
    if found.empty:
        what = f"there is no row of {model!r}"
        raise InputError(what, where="baselines", remedy="Give the network that all are compared with")
    return found.iloc[0]


def _model_rows(axes: Axes, rows: pd.DataFrame, names: Sequence[str], best: pd.Series) -> None:
    _reference(axes, best)
    dead = collapsed(rows)
    for y, (_, row) in enumerate(rows.iterrows()):
        colour = COLOURS["ink"] if row["halflife"] else COLOURS["accent"]
        forest_row(axes, y, row, colour, collapsed=bool(dead[y]), filled=bool(row["halflife"]))
    forest_axes(axes, names)


def _reference(axes: Axes, best: pd.Series) -> None:
    """Draw the r² of the network that all are compared with, and its interval."""
    axes.axvspan(best["r2_ci_low"], best["r2_ci_high"], color=COLOURS["pale"], linewidth=0)
    axes.axvline(best["r2"], color=COLOURS["main"], linewidth=1.2)


def _dot(axes: Axes, y: float, row: pd.Series) -> None:
    """Draw an r² with its interval: filled and dark with half-life features, hollow and orange without."""
    colour = COLOURS["ink"] if row["halflife"] else COLOURS["accent"]
    axes.plot(
        [row["r2_ci_low"], row["r2_ci_high"]], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt"
    )
    (dot,) = axes.plot(row["r2"], y, marker="o", markersize=6, color=colour, zorder=3)
    dot.set(markerfacecolor=colour if row["halflife"] else "white", markeredgewidth=1.4)


def _models_legend(figure: Figure, reference: str) -> None:
    handles = [
        Line2D(
            [],
            [],
            color=COLOURS["accent"],
            marker="o",
            markerfacecolor="white",
            label="without half-life features",
        ),
        Line2D([], [], color=COLOURS["ink"], marker="o", label="with half-life features"),
        Line2D([], [], color=COLOURS["main"], label=reference),
        Patch(color=COLOURS["pale"], label="its 95 % interval"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


def _models_story(simple: pd.DataFrame, best: pd.Series) -> str:
    top = best_row(simple, "r2")
    paper = simple[simple["method"] == LM]
    if best.get("constant"):
        return f"The network {best['model']} collapsed to a constant: nothing can be compared with it."
    text = f"The network {best['model']} has r² = {best['r2']:.3f}"
    if len(paper):
        linear = best_row(paper, "r2")
        text += f"; the best linear model as in the paper {linear['r2']:.3f} ({in_words(linear)})"
    text += f"; the best of all simple models {top['r2']:.3f} ({in_words(top)})."
    if "margin_ci_low" in top.index:
        low, high = top["margin_ci_low"], top["margin_ci_high"]
        text += f" The network's margin over that one is {top['margin']:+.3f} ({low:+.3f} to {high:+.3f})."
    return text


def fold_by_fold(
    table: pd.DataFrame, folds: pd.DataFrame, path: str | os.PathLike[str], title: str, reference: str
) -> None:
    """Draw the r² of each fold for the network and the best simple models (Figure S4C).

    Parameters
    ----------
    table, folds
        Of `baseline_comparison.compare`.
    path, title, reference
        See `all_models`.

    Raises
    ------
    InputError
        If a column or the reference is missing, or a value is missing or infinite.
    """
    tests = ("mean_fold_r2", "fold_difference", "p", "p_corrected")
    require_columns(table, ("model", "method", "features", "halflife", *tests), "baselines")
    require_columns(folds, ("model", "fold", "r2"), "folds of baselines")
    require_numbers(table, tests, "baselines")
    require_numbers(folds, ("r2",), "folds of baselines")
    _row(table, reference)
    rivals = _rivals(table)
    names = [*(in_words(row) for row in rivals), reference]
    models = [*(str(row["model"]) for row in rivals), reference]
    wide = folds.pivot(index="fold", columns="model", values="r2")[models]
    with canvas(path, 1.6 + 2.1 * len(models), 4.4, title, _folds_story(rivals, reference)) as figure:
        axes = figure.subplots()
        places = np.arange(len(models))
        for _, values in wide.iterrows():
            axes.plot(places, values, color=COLOURS["grey"], linewidth=0.9, zorder=1)
        for place, model in enumerate(models):
            colour = COLOURS["main"] if model == reference else COLOURS["accent"]
            axes.plot(np.full(len(wide), place), wide[model], "o", color=colour, markersize=5, alpha=0.85)
            axes.plot(
                [place - 0.16, place + 0.16], [wide[model].mean()] * 2, color=COLOURS["ink"], linewidth=2.2
            )
        axes.set_xticks(
            places, ["\n".join(textwrap.wrap(name, 22, break_on_hyphens=False)) for name in names]
        )
        axes.set_xlim(-0.5, len(models) - 0.5)
        axes.set_ylabel("r² of predicted and observed\nexpression, one dot a fold (line: mean)")
        axes.set_ylim(min(0.0, float(wide.min().min())), 1.06 * float(wide.max().max()))
        for place, row in enumerate(rivals):
            text = f"p = {row['p']:.2g}\n({row['p_corrected']:.2g} corrected)"
            axes.annotate(
                text, (place, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", size=8.5
            )


def _rivals(table: pd.DataFrame) -> list[pd.Series]:
    """Return the best k-mer model by least squares, as in the paper, and the best model of each method."""
    words = table["features"].fillna("").astype(str)
    kmers = table[(table["method"] == LM) & words.str.fullmatch(r"\d+mer")]
    groups = [kmers, *(table[table["method"] == method] for method in METHODS)]
    best = [best_row(group, "mean_fold_r2") for group in groups if len(group)]
    unique = {str(row["model"]): row for row in best}
    return sorted(unique.values(), key=lambda row: float(row["mean_fold_r2"]))


def _folds_story(rivals: Sequence[pd.Series], reference: str) -> str:
    beaten = [row for row in rivals if row["fold_difference"] > 0 and row["p_corrected"] < 0.05]
    return (
        f"{reference} is better than {len(beaten)} of {len(rivals)} of the best simple models at p < 0.05 in a paired"
        " t-test over folds, corrected for what folds share."
    )


def coefficients(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw the coefficients of half-life features, the highest first (Figure S4B).

    Parameters
    ----------
    table
        Of `baseline_effects.halflife_coefficients`.
    path, title
        The figure to write, and its heading.
    """
    columns = ("name", "coefficient", "ci_low", "ci_high", "p")
    require_columns(table, columns, "half-life features")
    require_numbers(table, columns[1:], "half-life features")
    order = table.sort_values("coefficient", ascending=False, ignore_index=True)
    sure = order[order["p"] < 0.05]
    text = f"{len(sure)} of {len(order)} features differ from zero at p < 0.05."
    if len(sure):
        largest = best_row(sure.assign(size=sure["coefficient"].abs()), "size")
        text += f" The strongest is {FEATURES.get(largest['name'], largest['name'])}."
    with canvas(path, 8.2, 0.9 + 0.34 * len(order), title, text) as figure:
        axes = figure.subplots()
        for y, row in order.iterrows():
            _effect(axes, float(y), row, ("coefficient", "ci_low", "ci_high"), significant=row["p"] < 0.05)  # type: ignore[arg-type]
        axes.axvline(0, color=COLOURS["ink"], linewidth=0.9)
        forest_axes(axes, [FEATURES.get(name, name) for name in order["name"]])
        axes.set_xlabel(
            "s.d. of expression per s.d. of the feature\n(bar: 95 % confidence interval; filled: p < 0.05)"
        )


def motif_effects(table: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw the motifs that go with expression most clearly, each by itself and all together.

    Parameters
    ----------
    table
        Of `baseline_effects.motif_effects`.
    path, title
        The figure to write, and its heading.
    """
    alone, joint = (
        tuple(f"{kind}{end}" for end in ("", "_ci_low", "_ci_high", "_q")) for kind in ("alone", "joint")
    )
    require_columns(table, ("motif_id", "motif_name", "share", *alone, *joint), "motifs")
    shown = (
        table[table["alone"].notna()]
        .head(SHOWN_MOTIFS)
        .sort_values("alone", ascending=False, ignore_index=True)
    )
    require_numbers(shown, alone, "motifs")
    many = int((table["alone_q"] < 0.05).sum())
    text = (
        f"{many} of {len(table)} motifs go with expression at a false discovery rate of 5 %, each by itself;"
        f" {int((table['joint_q'] < 0.05).sum())} do so beside all others, composition and half-life features."
        f" The {len(shown)} with the smallest p-values are shown."
    )
    names = [name_lines(_motif_label(row), 44) for _, row in shown.iterrows()]
    with canvas(path, 9.5, 1.1 + row_inch(["", *names], 0.3) * max(len(shown), 1), title, text) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, kind, name in (
            (left, "alone", "Each by itself"),
            (right, "joint", "All together, with composition and half-life"),
        ):
            for y, row in shown.iterrows():
                if np.isfinite(row[kind]):
                    columns = (kind, f"{kind}_ci_low", f"{kind}_ci_high")
                    _effect(axes, float(y), row, columns, significant=row[f"{kind}_q"] < 0.05)  # type: ignore[arg-type]
            axes.axvline(0, color=COLOURS["ink"], linewidth=0.9)
            axes.set_title(name, loc="left")
            axes.set_xlabel("with less without the motif, s.d. of expression\n(filled: q < 0.05)")
            bare_rows(axes)
        forest_axes(left, names)


def _motif_label(row: pd.Series) -> str:
    """Name a motif, which may have no name but its identifier, and say how many genes have it."""
    identifier, share = row["motif_id"], f"{100 * row['share']:.0f} %"
    named = pd.notna(row["motif_name"]) and row["motif_name"]
    return f"{row['motif_name']} ({identifier}, {share})" if named else f"{identifier} ({share})"


def _effect(axes: Axes, y: float, row: pd.Series, names: tuple[str, str, str], *, significant: bool) -> None:
    value, low, high = (float(row[name]) for name in names)
    colour = COLOURS["grey"] if not significant else COLOURS["main"] if value > 0 else COLOURS["accent"]
    axes.plot([low, high], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt")
    (dot,) = axes.plot(value, y, marker="o", markersize=6.5, color=colour, zorder=3)
    dot.set(markerfacecolor=colour if significant else "white", markeredgewidth=1.4)
