"""The figures of a search: how its lowest error falls trial by trial, and what it is by window.

`plots_search_parameters` draws all other hyperparameters.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from xpresso_core.errors import InputError
from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, DENSITY_MAP, SERIES, canvas, wrap
from xpresso_core.plots_search_parameters import (
    STEPS,
    WINDOW,
    counted,
    focus,
    numbers,
    without_failed_losses,
)

LOPSIDED = 6
"""From this ratio of the numbers of trials of two searches on, the axis of trials is logarithmic."""

CROWD, THRONG = 400, 2500
"""From so many dots on, they are drawn as pixels, and as coarser ones, which keeps the file small."""

LINE_INCH, LABEL_WIDTH = 0.17, 26
"""Height of a line of text in the margin, and its most characters."""

CLOSE = 5
"""By what percentage above the lowest an error counts as close to it."""

WORDY = 8
"""Up to so many windows side by side there is room for words in the cells."""

PLENTY, FEW_WINDOWS = 6, 12
"""Trials that fill a cell without words, and windows up to which an error stands beside each."""

GROUND = "#E9E9E9"
DASHED = (0, (5, 3))
LEADER = {"arrowstyle": "-", "linewidth": 0.8, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0.5)}

Floats = NDArray[np.float64]


def search_progress(
    searches: Mapping[str, pd.DataFrame],
    manual: float | None,
    path: str | os.PathLike[str],
    title: str,
    epochs: int | None = 10,
) -> None:
    """Draw the lowest validation error so far of one search or more, trial by trial (Figure 1B).

    Parameters
    ----------
    searches
        By name, one row per trial: ``trial status loss best_so_far`` (`search_record.search_curve`).
    manual
        Error of the architecture found by hand, of as many epochs on the same genes; None where it is not known.
    path
        The figure to write.
    title
        Its heading.
    epochs
        Of each trial, for the axis; None where the searches differ.

    Raises
    ------
    InputError
        If there is no search, a column is missing or a table has no row.
    """
    if not searches:
        what = "there is no search to draw"
        raise InputError(what, where=str(path), remedy="Give at least one")
    for name, curve in searches.items():
        require_columns(curve, ("trial", "status", "loss", "best_so_far"), f"search {name}")
    searches = {name: without_failed_losses(curve) for name, curve in searches.items()}
    limits = focus([numbers(curve["loss"]) for curve in searches.values()], manual)
    failed = {name: curve["trial"][curve["status"] == "failed"] for name, curve in searches.items()}
    rows = len(searches) if any(map(len, failed.values())) else 0
    colours = {name: SERIES[number % len(SERIES)] for number, name in enumerate(searches)}
    lines = 1.5 + max(len(wrap(name, LABEL_WIDTH)) for name in searches)
    height = max(3.4, LINE_INCH * lines * (len(searches) + 1))
    message = _progress_story(searches, manual, limits)
    total = sum(map(len, searches.values()))
    dpi = 70 if total > THRONG else 130
    with canvas(path, 9.0, height + LINE_INCH * rows + 0.9, title, message, dpi) as figure:
        axes, strip = figure.subplots(2, 1, sharex=True, height_ratios=(height, LINE_INCH * max(rows, 0.1)))
        for name, curve in searches.items():
            _progress_lines(axes, curve, colours[name], limits)
        axes.set(ylim=limits, ylabel=f"{_lowest(epochs)}\n(squared z-scores)")
        axes.set_rasterization_zorder(1.5 if total > CROWD else None)
        _trial_axis(axes, [float(curve["trial"].max()) for curve in searches.values()])
        _margin_labels(axes, searches, colours, manual, LINE_INCH * lines / height)
        _failed_strip(strip, failed, colours)
        strip.set_visible(bool(rows))
        axes.tick_params(labelbottom=not rows)
        kind = "" if axes.get_xscale() == "linear" else ", logarithmic"
        (strip if rows else axes).set_xlabel(f"Trial (counted from 0{kind})")
        figure.legend(handles=_progress_legend(bool(rows)), loc="outside lower left", ncols=5)


def search_windows(trials: pd.DataFrame, path: str | os.PathLike[str], title: str) -> None:
    """Draw the lowest validation error that a search reached with each window (Figure S2B).

    Parameters
    ----------
    trials
        One row per trial: ``trial status loss upstream downstream`` (`search_record.trials_table`).
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing or there is no trial.
    """
    require_columns(trials, ("trial", "status", "loss", *WINDOW), "trials")
    kb = without_failed_losses(trials).assign(**{name: numbers(trials[name]) / 1000 for name in WINDOW})
    windows = kb.groupby(list(WINDOW), as_index=False)["loss"].agg(["min", "size"])
    values = [np.unique(windows[name]) for name in WINDOW]
    side = min((float(np.diff(value).min()) for value in values if value.size > 1), default=0.5)
    across, up = (round((value[-1] - value[0]) / side) + 1 for value in values)
    wordy = max(across, up) <= WORDY
    inch = float(np.clip(5.4 / max(across, up), 0.25, 0.9))
    width, height = max(4.2, across * inch) + 2.0, max(2.4, up * inch) + 1.1
    with canvas(path, width, height, title, _window_story(windows), dpi=130) as figure:
        axes = figure.subplots()
        axes.set_xlim(values[0][-1] + 0.56 * side, values[0][0] - 0.56 * side)
        axes.set_ylim(values[1][0] - 0.56 * side, values[1][-1] + 0.56 * side)
        axes.set(aspect="equal", facecolor=GROUND)
        axes.set(xlabel="Upstream of the TSS (kb)", ylabel="Downstream of the TSS (kb)")
        for axis, ticks in zip((axes.xaxis, axes.yaxis), values, strict=True):
            axis.set_major_locator(FixedLocator(ticks.tolist()) if wordy else MaxNLocator(10, steps=STEPS))
        squares = _cells(axes, windows, side, wordy)
        if windows["min"].notna().any():
            extend = "max" if windows["min"].max() > squares.norm.vmax else "neither"
            bar = figure.colorbar(squares, ax=axes, extend=extend, shrink=0.8, pad=0.03)
            bar.set_label("Lowest validation MSE\n(squared z-scores)")
        handles = _window_legend(wordy, bool(windows["min"].isna().any()), 72 * inch)
        figure.legend(handles=handles, loc="outside lower left", ncols=3, labelspacing=0.5 if wordy else 1.1)


def _lowest(epochs: int | None) -> str:
    return "Lowest validation MSE" + (f" within {epochs} epoch{'s' if epochs > 1 else ''}" if epochs else "")


def _progress_lines(axes: Axes, curve: pd.DataFrame, colour: str, limits: tuple[float, float]) -> None:
    trial, loss, best = (numbers(curve[name]) for name in ("trial", "loss", "best_so_far"))
    look: dict[str, Any] = {"color": colour, "linewidths": 0}
    size = float(np.clip(5000 / trial.size, 5, 22))
    axes.scatter(trial, np.where(loss > limits[1], np.nan, loss), s=size, alpha=0.4, **look)
    above = trial[loss > limits[1]]
    axes.scatter(above, np.full(above.size, limits[1]), s=14, marker="^", alpha=0.5, clip_on=False, **look)
    axes.step(trial, best, where="post", color=colour, linewidth=2)
    if np.isfinite(loss).any():
        place = np.nanargmin(loss)
        axes.scatter(trial[place], loss[place], s=170, marker="*", color=colour, edgecolors="white", zorder=4)


def _trial_axis(axes: Axes, lasts: Sequence[float]) -> None:
    last = max(lasts)
    if last + 1 >= LOPSIDED * (min(lasts) + 1):
        axes.set_xscale("symlog", linthresh=1, linscale=0.3)
        axes.set_xlim(-0.15, last * 1.1)
        powers = range(int(np.log10(last)) + 1)
        axes.xaxis.set_major_locator(FixedLocator([0, *(10.0**power for power in powers)]))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        pad = max(0.4, 0.012 * last)
        axes.set_xlim(-pad, last + pad)
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=STEPS, integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _margin_labels(
    axes: Axes,
    searches: Mapping[str, pd.DataFrame],
    colours: Mapping[str, str],
    manual: float | None,
    gap: float,
) -> None:
    """Draw the manual line, and label the end of every line in the margin, `gap` of the panel apart."""
    (low, high), right = axes.get_ylim(), axes.get_xlim()[1]
    labels = []
    for name, curve in searches.items():
        best, colour, heading = _best(curve), colours[name], "\n".join(wrap(name, LABEL_WIDTH))
        if best is None:
            labels.append((high, f"{heading}\nno trial succeeded", colour))
            continue
        loss, ends = float(best["loss"]), [float(curve["trial"].max()), right]
        axes.plot(ends, [loss, loss], color=colour, linewidth=1, linestyle=":")
        labels.append((loss, f"{heading}\n{loss:.3f} at trial {best['trial']:,}", colour))
    if manual is not None:
        axes.axhline(manual, color=COLOURS["ink"], linewidth=1.2, linestyle=DASHED)
        beyond = ", above the panel" if manual > high else ""
        labels.append((manual, f"manual architecture\n{manual:.3f}{beyond}", COLOURS["ink"]))
    labels.sort()
    places = [min((y - low) / (high - low), 1.0) for y, _, _ in labels]
    look: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "axes fraction", "va": "center"}
    for place, moved, (_, text, colour) in zip(places, _spread(places, gap), labels, strict=True):
        arrow = {**LEADER, "color": colour}
        axes.annotate(text, (1, place), (1.035, moved), color=colour, size=9, arrowprops=arrow, **look)


def _spread(places: Sequence[float], gap: float) -> Floats:
    """Move ordered places within 0 to 1 apart to at least `gap`, as little as possible (least squares)."""
    steps = gap * np.arange(len(places))
    free: Floats = isotonic_regression(np.array(places) - steps).x
    return np.clip(free, 0.02, max(0.02, 0.98 - float(steps[-1]))) + steps


def _failed_strip(strip: Axes, failed: Mapping[str, pd.Series], colours: Mapping[str, str]) -> None:
    """Draw one row of ticks per search where trials failed."""
    for row, (name, trials) in enumerate(failed.items()):
        places = trials.to_numpy(dtype=np.float64)
        strip.vlines(places, row - 0.38, row + 0.38, color=colours[name], linewidth=0.8)
    strip.set_ylim(len(failed) - 0.4, -0.6)
    strip.set_yticks(range(len(failed)), [f"{len(trials):,} failed" for trials in failed.values()])
    for label, name in zip(strip.get_yticklabels(), failed, strict=True):
        label.set_color(colours[name])
    strip.tick_params(axis="y", length=0)
    strip.spines["left"].set_visible(False)


def _progress_legend(failed: bool) -> list[Line2D]:
    dot: dict[str, Any] = {"color": COLOURS["ink"], "linestyle": "none"}
    handles = [
        Line2D([], [], color=COLOURS["ink"], linewidth=2, label="lowest so far"),
        Line2D([], [], marker="*", markersize=12, label="best trial", **dot),
        Line2D([], [], marker="o", markersize=4, alpha=0.4, label="trial", **dot),
    ]
    tick = Line2D([], [], marker="|", markersize=8, label="failed trial, no error", **dot)
    return [*handles, tick] if failed else handles


def _progress_story(
    searches: Mapping[str, pd.DataFrame], manual: float | None, limits: tuple[float, float]
) -> str:
    bests = {name: best for name, curve in searches.items() if (best := _best(curve)) is not None}
    trials = pd.concat(list(searches.values()), ignore_index=True)
    if not bests:
        return f"None of {len(trials):,} trials succeeded: there is no error to draw."
    name = min(bests, key=lambda name: float(bests[name]["loss"]))
    loss, number = bests[name]["loss"], bests[name]["trial"]
    story = (
        f"{name} found the lowest validation MSE, {loss:.3f}, at trial {number:,} of {len(searches[name]):,}"
    )
    if manual:
        change = 100 * (loss / manual - 1)
        story += f", {abs(change):.0f} % {'above' if change > 0 else 'below'} the manual architecture ({manual:.3f})"
    above = int((trials["loss"] > limits[1]).sum())
    edge = f"; above {limits[1]:.2f}, triangles at the top edge: {above:,}" if above else ""
    failed = int((trials["status"] == "failed").sum())
    return f"{story}. Trials: {len(trials):,}; failed: {failed:,}{edge}."


def _best(trials: pd.DataFrame) -> pd.Series | None:
    """Return the trial of lowest error, if any is ok."""
    ok = trials[trials["status"] == "ok"]
    return None if ok.empty else ok.iloc[int(ok["loss"].argmin())]


def _cells(axes: Axes, windows: pd.DataFrame, side: float, wordy: bool) -> PatchCollection:
    """Draw a white cell per window that was tried, and a square of the error's colour in it."""
    errors, counts = numbers(windows["min"]), numbers(windows["size"])
    places, known = windows[list(WINDOW)].to_numpy(), np.isfinite(errors)
    low, high = focus([errors])
    norm = Normalize(float(np.nanmin(errors)) if known.any() else low, high)
    edges = side * np.sqrt(np.ones_like(counts) if wordy else 0.8 * np.clip(counts / PLENTY, 0, 1))

    def square(place: Floats, edge: float, **look: Any) -> Rectangle:
        return Rectangle((place[0] - edge / 2, place[1] - edge / 2), edge, edge, **look)

    for place in places:
        axes.add_patch(square(place, side, facecolor="white", edgecolor=GROUND, linewidth=0.8))
    patches = [square(place, edge) for place, edge in zip(places[known], edges[known], strict=True)]
    squares = PatchCollection(patches, cmap=DENSITY_MAP, norm=norm)
    squares.set_array(errors[known])
    axes.add_collection(squares)
    look: dict[str, Any] = {"size": 8.5, "ha": "center", "va": "center"}
    for (x, y), error, count in zip(places, errors, windows["size"], strict=True):
        word, colour = f"{error:.3f}" if np.isfinite(error) else "\n", COLOURS["ink"]
        if wordy:
            dark = np.isfinite(error) and norm(error) < 0.6
            axes.text(x, y, f"{word}\n{counted(count, 'trial')}", color="white" if dark else colour, **look)
        elif len(windows) <= FEW_WINDOWS:
            axes.text(x, y, f"{word}\n\n\n", color=colour, **look)
    axes.plot(*places[~known].T, "x", color=COLOURS["grey"], markersize=5)
    close = known & (errors <= (1 + CLOSE / 100) * errors.min(initial=np.inf, where=known))
    best = errors == errors.min(initial=np.inf, where=known)
    for chosen, width in ((close, 1), (best, 3)):
        for place in places[chosen]:
            frame = square(place, side, fill=False, zorder=2 + width, edgecolor=COLOURS["accent"])
            axes.add_patch(frame).set_linewidth(width)
    return squares


def _window_legend(wordy: bool, failed: bool, points: float) -> list[Line2D | Patch]:
    accent, grey = COLOURS["accent"], COLOURS["grey"]
    handles: list[Line2D | Patch] = [
        Patch(facecolor="none", edgecolor=accent, linewidth=3, label="best window"),
        Patch(facecolor="none", edgecolor=accent, linewidth=1, label=f"within {CLOSE} % of it"),
        Patch(facecolor=GROUND, label="no trial"),
    ]
    if failed:
        handles.append(Line2D([], [], color=grey, marker="x", linestyle="none", label="failed trials only"))
    if not wordy:
        for number, label in ((1, "1 trial"), (3, "3 trials"), (PLENTY, f"{PLENTY} trials or more")):
            size = points * np.sqrt(0.8 * number / PLENTY)
            box = Line2D([], [], color=grey, marker="s", markersize=size, linestyle="none")
            box.set_label(label)
            handles.append(box)
    return handles


def _window_story(windows: pd.DataFrame) -> str:
    known = windows.dropna(subset="min")
    tried = f"{counted(int(windows['size'].sum()), 'trial')} in {counted(len(windows), 'window')}"
    if known.empty:
        return f"None of {tried} succeeded."
    best = known.iloc[int(known["min"].argmin())]
    close = int((known["min"] <= (1 + CLOSE / 100) * best["min"]).sum()) - 1
    return (
        f"Lowest: {best['min']:.3f}, from {best['upstream']:g} kb upstream to {best['downstream']:g} kb downstream."
        f" Within {CLOSE} % of it: {counted(close, 'other window')}. Tried: {tried}."
    )
