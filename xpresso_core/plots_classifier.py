"""The figure of a classifier: its receiver operating characteristic, and the scores of the two classes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from xpresso_core.classifier import Classifier
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.plots_forest import LINE_INCH, name_lines

WHAT = {
    "fold_change": "more than 10 times as much of",
    "zscore": "more of by over 1 s.d. of the label",
}
"""What a class is, after "genes that the first has", by `Classifier.calls`."""

UNITS = {"fold_change": "log10 units", "zscore": "s.d. of the label"}

LOOKS = {"first": COLOURS["main"], "second": COLOURS["accent"]}

SIGNIFICANT = 0.05

MAX_BINS = 40

MAX_POINTS = 1000
"""Of a longer curve only so many points are drawn, which keeps the file small and looks the same."""

Floats = NDArray[np.float64]


def roc(classifier: Classifier, names: tuple[str, str], path: str | os.PathLike[str], title: str) -> None:
    """Draw how well the difference of predictions tells two classes of genes apart (Figures 2G and 4C).

    Parameters
    ----------
    classifier
        From `classifier.classify`.
    names
        Of the two datasets.
    path
        The figure to write.
    title
        Its heading.
    """
    lines = sum(name_lines(name).count("\n") for name in names)
    with canvas(path, 9.4, 3.8 + LINE_INCH * lines, title, _story(classifier, names)) as figure:
        engine: Any = figure.get_layout_engine()
        engine.set(wspace=0.06)
        curve, scores = figure.subplots(1, 2, width_ratios=(1, 1.25))
        _curve(curve, classifier)
        _scores(scores, classifier)
        figure.legend(handles=_legend(classifier, names), loc="outside lower left", ncols=2)


def _curve(axes: Axes, classifier: Classifier) -> None:
    last = len(classifier.roc) - 1
    drawn = classifier.roc.iloc[np.unique(np.linspace(0, last, MAX_POINTS).round().astype(np.int64))]
    x, y = (drawn[name].to_numpy() for name in ("false_positive", "true_positive"))
    axes.plot([0, 1], [0, 1], color=COLOURS["grey"], linewidth=1.2, linestyle="--", zorder=1)
    axes.plot(x, y, color=COLOURS["ink"], linewidth=1.8, zorder=3, clip_on=False)
    axes.fill_between(x, y, color=COLOURS["pale"], linewidth=0, alpha=0.6)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
    axes.set_yticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
    axes.set_xlabel("False positives, of the second class")
    axes.set_ylabel("True positives, of the first class")
    interval = f"AUC = {classifier.auc:.2f}\n{_interval(classifier)}"
    axes.text(0.97, 0.05, interval, transform=axes.transAxes, ha="right", va="bottom")


def _scores(axes: Axes, classifier: Classifier) -> None:
    """Draw the distribution of scores of each class, with its median."""
    table = classifier.table
    values = {name: table.loc[table["call"] == name, "score"].to_numpy(dtype=np.float64) for name in LOOKS}
    edges = _edges(table["score"].to_numpy(dtype=np.float64))
    for name, colour in LOOKS.items():
        share = 100 * np.histogram(values[name], edges)[0] / values[name].size
        axes.stairs(share, edges, color=colour, alpha=0.25, fill=True)
        axes.stairs(share, edges, color=colour, linewidth=1.6)
        axes.axvline(float(np.median(values[name])), color=colour, linewidth=1.4, linestyle=":")
    axes.set_ylim(0)
    axes.set_ylabel("Genes of the class, %")
    axes.set_xlabel(f"Prediction for the first − for the second, {UNITS[classifier.calls]}")


def _edges(scores: Floats) -> Floats:
    """Return the edges of bars of equal width for both classes, of a width that suits their spread and number."""
    low, high = float(scores.min()), float(scores.max())
    if high - low < 1e-9:
        return np.array([low - 0.5, low + 0.5])
    edges = np.histogram_bin_edges(scores, "fd")
    bins = int(np.clip(edges.size - 1, 8, MAX_BINS))
    return np.linspace(low, high, bins + 1)


def _legend(classifier: Classifier, names: tuple[str, str]) -> list[Line2D]:
    sizes = {"first": classifier.n_first, "second": classifier.n_second}
    handles = [
        Line2D(
            [],
            [],
            color=LOOKS[call],
            linewidth=4,
            label=f"{call} class: {name_lines(name)} has more, {_genes(size)}",
        )
        for name, (call, size) in zip(names, sizes.items(), strict=True)
    ]
    chance = Line2D([], [], color=COLOURS["grey"], linewidth=1.2, linestyle="--", label="chance (AUC = 0.5)")
    median = Line2D([], [], color=COLOURS["ink"], linewidth=1.4, linestyle=":", label="median of the class")
    return [*handles, chance, median]


def _genes(number: int) -> str:
    return f"{number:,} gene{'' if number == 1 else 's'}"


def _interval(classifier: Classifier) -> str:
    return f"(95 % CI {classifier.auc_ci_low:.2f} to {classifier.auc_ci_high:.2f})"


def _p(p: float) -> str:
    return f"P = {p:.2g}" if p >= 1e-300 else "P < 1e-300"


def _story(classifier: Classifier, names: tuple[str, str]) -> str:
    """Say whether the score tells the classes apart, and which genes could not be asked about."""
    if classifier.p >= SIGNIFICANT:
        tells = "cannot be shown to tell"
    else:
        tells = "tells" if classifier.auc > 0.5 else "tells, but the wrong way round,"
    story = (
        f"The difference of predictions {tells} the {_genes(classifier.n_first)} that {names[0]} has"
        f" {WHAT[classifier.calls]} from the {_genes(classifier.n_second)} of {names[1]}:"
        f" AUC = {classifier.auc:.2f}, {_p(classifier.p)}."
    )
    if classifier.unpredicted:
        story += f" Left out for want of a prediction: {_genes(classifier.unpredicted)}."
    return story
