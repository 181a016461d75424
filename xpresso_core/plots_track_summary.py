"""What a scanned chromosome says of its TSSs: how far predictions find them, in one figure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.files import flags, require_columns
from xpresso_core.plots import COLOURS, DENSITY_MAP, bases, canvas, finite_values

PLACES = {"inside": "in CpG islands", "outside": "outside CpG islands", "all": "everywhere"}
"""The parts of the chromosome that are told apart, in words."""

NEAREST, FARTHEST = 100.0, 1e6
"""Range in bases of the axis of distances; nearer ones are counted at its beginning."""

STEPS = 400
"""Points of a cumulative curve: as fine as the panel shows."""

HEXAGONS = 60
"""Hexagons across the density of the two strands."""

LEAST_PEAKS = 10
"""A precision of fewer peaks is mostly chance."""

LABEL = 32
"""Characters of the longest label that fits under a panel of the lower row."""

UNKNOWN = "unknown"

TSS, RANDOM = COLOURS["main"], COLOURS["grey"]

BELOW: Any = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.27), "borderaxespad": 0.0}
"""Where a panel's legend is: under its axis, off the data."""

BAR = (1.03, 0.0, 0.045, 1.0)
"""Where a panel's colour bar is: beside it."""

Floats = NDArray[np.float64]

Estimate = tuple[float | None, float | None, float | None]
"""A number with the low and high end of its interval."""


def summary(
    path: str | os.PathLike[str],
    title: str,
    *,
    at_tss: pd.DataFrame,
    at_random: pd.DataFrame,
    auroc: Mapping[str, Estimate],
    islands_alone: Estimate,
    peak_distances: Floats,
    random_distances: Floats,
    precision_recall: pd.DataFrame,
    random_precision: float,
    strands: tuple[Floats, Floats],
    pearson: float | None,
    unit: str,
    tolerance: int | None = None,
) -> None:
    """Draw how predictions along a chromosome tell its annotated TSSs from the rest.

    The panels: (a) predictions at TSSs and at random positions, inside and outside CpG islands; (b) how far peaks of
    the prediction are from TSSs; (c) precision and recall of peaks above thresholds, without thresholds that fewer
    than `LEAST_PEAKS` peaks reach (all are drawn where that would leave fewer than two); (d) one strand against the
    other over all bins; (e) the same at TSSs, and how many of those that differ are higher on their own strand.

    Parameters
    ----------
    path, title
        The figure to write, and its heading.
    at_tss
        One row per annotated TSS: ``value`` on its own strand and ``opposite``, on the other one, in `unit`; and
        whether it is ``in_island``. Where `opposite` is NaN, the TSS is left out of (e).
    at_random
        One row per random position: ``value`` in `unit`, and of which draw it is, ``drawn_from``: ``inside`` and
        ``outside``, which are drawn, or ``all``.
    auroc
        Estimate, low and high end of the interval of the area under the ROC curve by ``all``, ``inside`` and
        ``outside``; one that could not be estimated is None or NaN, and said to be unknown.
    islands_alone
        The same of being in a CpG island, 1 or 0, in place of predictions, everywhere.
    peak_distances, random_distances
        Bases from each peak, and from each random position, to the nearest TSS; infinite or missing if there is none.
    precision_recall
        ``threshold peaks precision recall``, one row per threshold in `unit`; a precision without a peak is NaN.
    random_precision
        What random positions would have, between 0 and 1.
    strands
        float ``[bin]`` for the + and the - strand; bins with NaN are left out.
    pearson
        Correlation of the two; None or NaN if unknown.
    unit
        Of predictions.
    tolerance
        Bases within which a peak and a TSS belong together, if it is to be said.

    Raises
    ------
    InputError
        If a column is missing, values that must be there are missing or infinite, or a draw is of no known part.
    """
    require_columns(at_tss, ("value", "opposite", "in_island"), "annotated TSSs")
    require_columns(at_random, ("value", "drawn_from"), "random positions")
    require_columns(precision_recall, ("threshold", "peaks", "precision", "recall"), "precision and recall")
    own = finite_values(at_tss["value"], "annotated TSSs")
    chance = finite_values(at_random["value"], "random positions")
    if unknown := sorted(set(at_random["drawn_from"].astype(str)) - set(PLACES)):
        what = f"positions are drawn from {', '.join(unknown)}"
        raise InputError(what, where="random positions", remedy=f"Say one of {', '.join(PLACES)}")
    if missing := [name for name in PLACES if name not in auroc]:
        what = f"there is no AUROC for {', '.join(missing)}"
        raise InputError(what, where="track summary", remedy="Give (estimate, low, high); None if unknown")
    distances = [_distances(found) for found in (peak_distances, random_distances)]
    message = _story(auroc, islands_alone, distances, pearson)
    island = flags(at_tss["in_island"])
    drawn = {place: chance[(at_random["drawn_from"] == place).to_numpy()] for place in PLACES}
    with canvas(path, 12.0, 8.0, title, message, dpi=130) as figure:
        engine: Any = figure.get_layout_engine()
        engine.set(wspace=0.08, hspace=0.06)
        upper, lower = cast("Any", figure.subfigures(2, 1))
        a, b = upper.subplots(1, 2, width_ratios=(2, 1))
        c, d, e = lower.subplots(1, 3)
        _told_apart(a, {"inside": own[island], "outside": own[~island]}, drawn, auroc, islands_alone, unit)
        _near(b, distances)
        _precision(figure, c, precision_recall, random_precision, tolerance)
        _both_strands(figure, d, strands, pearson, unit)
        _opposite(e, own, at_tss["opposite"], island, unit)


def _distances(numbers: Floats) -> Floats:
    """Return distances sorted, infinite where they are missing; `InputError` if one is negative."""
    known = pd.Series(numbers).astype("Float64").to_numpy(dtype=np.float64, na_value=np.inf)
    values: Floats = np.sort(known)
    if (values < 0).any():
        what = "a distance is below 0"
        raise InputError(what, where="distances to TSSs", remedy="Give bases, without a sign")
    return values


def _story(
    auroc: Mapping[str, Estimate], alone: Estimate, distances: list[Floats], pearson: float | None
) -> str:
    islands = (
        f"being in a CpG island alone gives {_interval(alone)}"
        if _number(alone[0]) != UNKNOWN
        else "what being in a CpG island alone gives is unknown"
    )
    text = (
        "Predictions tell annotated TSSs from random positions with an AUROC of"
        f" {_interval(auroc['all'])}; {islands}. The AUROC of predictions is {_interval(auroc['inside'])} in CpG"
        f" islands and {_interval(auroc['outside'])} outside."
    )
    if all(found.size for found in distances):
        peaks, chance = (_middle(found) for found in distances)
        text += f" Half the peaks {peaks}; half the random positions {chance}."
    if _number(pearson) == UNKNOWN:
        return text + " The correlation of the strands' predictions is unknown."
    return text + f" The strands' predictions have a correlation of {_number(pearson)}."


def _middle(distances: Floats) -> str:
    middle = float(np.quantile(distances, 0.5, method="inverted_cdf"))
    if np.isinf(middle):
        return "have no TSS on their chromosome"
    return f"lie within {bases(float(f'{middle:.2g}'))} of a TSS"


def _number(value: float | None) -> str:
    if value is None or not np.isfinite(value):
        return UNKNOWN
    # Adding 0 takes the sign off a number that is rounded to zero.
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def _interval(values: Estimate) -> str:
    estimate, low, high = map(_number, values)
    return f"{estimate} ({low} to {high})" if UNKNOWN not in {low, high} else estimate


def _told_apart(
    axes: Axes,
    tss: Mapping[str, Floats],
    drawn: Mapping[str, Floats],
    auroc: Mapping[str, Estimate],
    alone: Estimate,
    unit: str,
) -> None:
    share = np.linspace(0, 1, STEPS)
    (blank,) = axes.plot([], [], linestyle="")
    handles, labels = [], []
    # The legend has a column for each place.
    for place, style, last in (
        ("inside", "-", f"{PLACES['all']}: AUROC {_interval(auroc['all'])}"),
        ("outside", (0, (4, 1.5)), f"being in an island alone: AUROC {_interval(alone)}"),
    ):
        handles.append(blank)
        labels.append(f"{PLACES[place]}: AUROC {_interval(auroc[place])}")
        curves = (tss[place], TSS, "annotated TSSs"), (drawn[place], RANDOM, "random positions")
        for part, colour, name in curves:
            at = np.quantile(part, share, method="inverted_cdf") if part.size else np.zeros(0)
            (line,) = axes.plot(at, 100 * share[: at.size], color=colour, linestyle=style, linewidth=1.8)
            handles.append(line)
            labels.append(f"{name} (n = {part.size:,})")
        handles.append(blank)
        labels.append(last)
    axes.set_title("(a) Predictions at TSSs, on their strand", loc="left")
    axes.set_xlabel(f"predicted expression, {unit}")
    axes.set_ylabel("positions at or below this (%)")
    axes.set_ylim(0, 101)
    # It is as wide as the panel, and begins where that does.
    left = {**BELOW, "loc": "upper left", "bbox_to_anchor": (0.0, BELOW["bbox_to_anchor"][1])}
    axes.legend(handles, labels, ncols=2, columnspacing=1.0, handlelength=1.6, **left)


def _near(axes: Axes, distances: list[Floats]) -> None:
    grid = np.geomspace(NEAREST, FARTHEST, STEPS)
    for found, colour, name in zip(distances, (TSS, RANDOM), ("peaks", "random positions"), strict=True):
        share = np.searchsorted(found, grid, side="right") / max(found.size, 1)
        axes.plot(
            grid if found.size else [],
            100 * share if found.size else [],
            color=colour,
            linewidth=1.8,
            label=f"{name} (n = {found.size:,})",
        )
    axes.set_xscale("log")
    axes.set_xlim(NEAREST, FARTHEST)
    axes.set_ylim(0, 101)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: bases(float(f"{at:.3g}"))))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title("(b) How near peaks are to TSSs", loc="left")
    axes.set_xlabel("distance to the nearest annotated TSS")
    axes.set_ylabel("share within this distance (%)")
    axes.legend(**BELOW)


def _precision(figure: Figure, axes: Axes, table: pd.DataFrame, chance: float, tolerance: int | None) -> None:
    known = table[table["precision"].notna() & table["recall"].notna()].sort_values("threshold")
    if (enough := known["peaks"] >= LEAST_PEAKS).sum() > 1:
        known = known[enough]
    axes.plot(100 * known["recall"], 100 * known["precision"], color=COLOURS["grey"], linewidth=1.0, zorder=1)
    axes.axhline(
        100 * chance,
        color=COLOURS["ink"],
        linewidth=1.2,
        linestyle="--",
        label=f"random positions ({100 * chance:.1f} %)",
    )
    if len(known):
        dots = axes.scatter(
            100 * known["recall"], 100 * known["precision"], c=known["threshold"], cmap=DENSITY_MAP, s=26
        )
        bar = figure.colorbar(dots, cax=axes.inset_axes(BAR), ticks=MaxNLocator(5))
        bar.set_label("threshold", loc="top")
    else:
        axes.text(0.5, 0.5, "no peak at any threshold", transform=axes.transAxes, ha="center", va="center")
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    near = "near each other" if tolerance is None else f"within {bases(tolerance)}"
    axes.set_title(f"(c) Peaks and TSSs {near}", loc="left")
    axes.set_xlabel("recall: TSSs with a peak (%)")
    axes.set_ylabel("precision: peaks with a TSS (%)")
    axes.legend(**BELOW)


def _both_strands(
    figure: Figure, axes: Axes, strands: tuple[Floats, Floats], pearson: float | None, unit: str
) -> None:
    plus, minus = (np.asarray(values, dtype=np.float64) for values in strands)
    if plus.size != minus.size:
        what = f"the strands have {plus.size} and {minus.size} bins"
        raise InputError(what, where="track summary", remedy="Give both strands of the same positions")
    known = np.isfinite(plus) & np.isfinite(minus)
    if not known.any():
        what = "no bin has a prediction on both strands"
        raise InputError(what, where="track summary", remedy="Scan a chromosome with known sequence")
    hexagons = axes.hexbin(
        plus[known],
        minus[known],
        gridsize=HEXAGONS,
        mincnt=1,
        cmap=DENSITY_MAP,
        rasterized=True,
        linewidths=0,
    )
    counts: Floats = np.asarray(hexagons.get_array(), dtype=np.float64)
    hexagons.set_norm(LogNorm(1, max(10.0, float(counts.max()))))
    ticks = FuncFormatter(lambda count, _: f"{count:,.0f}")
    bar = figure.colorbar(hexagons, cax=axes.inset_axes(BAR), format=ticks)
    bar.minorticks_off()
    bar.set_label("bins per hexagon", loc="top")
    _equal(axes, np.concatenate([plus[known], minus[known]]))
    axes.set_title(f"(d) All {known.sum():,} bins: r = {_number(pearson)}", loc="left")
    axes.set_xlabel(_label("+ strand", unit))
    axes.set_ylabel("\N{MINUS SIGN} strand")


def _opposite(axes: Axes, own: Floats, other: pd.Series[float], island: NDArray[np.bool_], unit: str) -> None:
    opposite = np.asarray(other, dtype=np.float64)
    both = ~np.isnan(opposite)
    own, opposite, island = own[both], opposite[both], island[both]
    if both.any():
        finite_values(opposite, "annotated TSSs, opposite strand")
        _equal(axes, np.concatenate([own, opposite]))
    for chosen, colour, name in (
        (~island, COLOURS["fourth"], PLACES["outside"]),
        (island, COLOURS["second"], PLACES["inside"]),
    ):
        axes.scatter(
            own[chosen],
            opposite[chosen],
            s=9,
            color=colour,
            alpha=0.6,
            linewidths=0,
            label=f"{name} (n = {chosen.sum():,})",
            rasterized=True,
        )
    differ = own != opposite
    share = f"{100 * float((own > opposite)[differ].mean()):.0f} % of TSSs" if differ.any() else "no TSS"
    axes.set_title(f"(e) Own strand higher at {share}", loc="left")
    axes.set_xlabel(_label("own strand", unit))
    axes.set_ylabel("opposite strand")
    axes.legend(**BELOW)


def _label(what: str, unit: str) -> str:
    """Return a label in one line, if that fits, or two."""
    return f"{what}, {unit}" if len(f"{what}, {unit}") <= LABEL else f"{what},\n{unit}"


def _equal(axes: Axes, values: Floats) -> None:
    """Give both axes one range, with its diagonal."""
    low, high = float(values.min()), float(values.max())
    pad = 0.04 * (high - low) or 0.5
    limits = low - pad, high + pad
    axes.plot(limits, limits, color=COLOURS["ink"], linewidth=0.8, linestyle=":")
    axes.set(xlim=limits, ylim=limits)
