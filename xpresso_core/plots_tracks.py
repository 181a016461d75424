"""A locus with what is predicted along it, and what is known of it (Figure 5)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.gene_models import (
    MODEL_COLUMNS,
    Arrangement,
    Interval,
    arranged,
    arrowheads,
    models_in,
    starts_of,
    tallest,
    within,
)
from xpresso_core.genome import canonical_name
from xpresso_core.plots import COLOURS, canvas
from xpresso_core.plots_forest import name_lines

STRANDS = {"+": COLOURS["main"], "-": COLOURS["third"]}
"""The colour of each strand, in every panel."""

SIGNS = {"+": "+", "-": "\N{MINUS SIGN}"}
PROMOTER, OTHER_STATE, ISLAND, UNKNOWN = COLOURS["accent"], "#D8D8D8", COLOURS["second"], "#ECECEC"

PROMOTER_STATE = re.compile(r"tss|prom|^pf$", re.IGNORECASE)
"""Names of chromatin states of promoters, active, weak, poised or flanking, in the segmentations of ChromHMM and
Segway: ``1_TssA``, ``1_Active_Promoter``, ``TSS``, ``PF``."""

COLUMNS = 900
"""Most steps across a panel: about one for each pixel of its width on a screen."""

MAX_ROWS = 6
"""Most rows of genes with all their names."""

HIGHEST = 5
"""The percentage of bins that the message calls the highest."""

WIDTH, PANEL_POINTS = 11.0, 610.0
"""Width of the figure in inches, and a width in points that no panel falls short of; names are placed by it."""

TSS_MARK: Any = {"marker": "v", "markersize": 6, "linestyle": "", "markeredgewidth": 0}
FILLED: Any = {"fill": True, "linewidth": 0}
NAME_SIZE = 8.0
TRACK_INCH, BOX_INCH, ROW_INCH, HEAD_INCH = 1.15, 0.21, 0.37, 0.3

Floats = NDArray[np.float64]

Box = tuple[Interval, float, float]
"""An interval, the height of its middle, and half its thickness."""

Track = tuple[str, list[tuple[pd.DataFrame, str]]]
"""A row of boxes: its name, and its tables by colour."""


@dataclass(frozen=True)
class Locus:
    """What is drawn of a region; what is not given has no panel.

    Attributes
    ----------
    chrom, start, end
        The region, 0-based and half-open. Chromosome names in the tables may be of the other spelling.
    positions
        int64 ``[bin]``, strictly increasing: the TSS, 0-based, for which a value is predicted. It is predicted for the
        bases from ``step // 2`` before it on, `step` in all. Bins outside the region are left out.
    plus, minus
        float ``[bin]``, the predictions on each strand, in `unit`; NaN where the sequence is not known.
    step
        Bases from one bin to the next.
    unit
        Of the predictions.
    genes
        From `gene_models.read_gene_models`. A column ``tss``, if there is one, says where the TSS is.
    islands
        CpG islands: ``chrom start end``.
    states
        Chromatin states, by the name of the segmentation: ``chrom start end name``. States whose name is one of a
        promoter (`PROMOTER_STATE`) are red as in the paper, all others grey, whatever colours their file gives.
    cage
        ``chrom start end strand value``: intervals with the CAGE signal of each, no value below 0.
    cage_unit
        Of the signal.
    """

    chrom: str
    start: int
    end: int
    positions: NDArray[np.int64]
    plus: Floats
    minus: Floats
    step: int
    unit: str
    genes: pd.DataFrame | None = None
    islands: pd.DataFrame | None = None
    states: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    cage: pd.DataFrame | None = None
    cage_unit: str = "tags"


def locus(path: str | os.PathLike[str], title: str, data: Locus, message: str = "") -> None:
    """Draw predictions along a region over its genes, CpG islands, chromatin states and CAGE signal (Figure 5).

    At most `COLUMNS` steps are drawn: each is the highest of neighbouring bins, or of the CAGE signal there, so that no
    peak is lost and the file is small; boxes are at least a step wide. If not all genes' names fit in `MAX_ROWS` rows,
    as many as have room are shown, longer genes first, and counted in the panel's heading; none overlap.

    Parameters
    ----------
    path, title
        The figure to write, and its heading.
    data
        What to draw.
    message
        What to say under the title; by default how predictions at annotated TSSs differ from others.

    Raises
    ------
    InputError
        If the region is empty, arrays do not fit each other, a table lacks a column, or the region has no prediction.
    """
    data = _inside(data)
    region = data.chrom, data.start, data.end
    given = pd.DataFrame(columns=MODEL_COLUMNS) if data.genes is None else data.genes
    genes = models_in(given, *region, tuple(MODEL_COLUMNS))
    panels: list[tuple[float, Callable[[Axes], None]]] = [
        (TRACK_INCH, lambda axes: _predicted(axes, data, genes, "+")),
        (TRACK_INCH, lambda axes: _predicted(axes, data, genes, "-")),
    ]
    if len(genes):
        places = _arranged(genes, data)
        panels.append((ROW_INCH * (max(places.rows) + 1), lambda axes: _genes(axes, data, genes, places)))
    tracks = _box_tracks(data)
    if tracks:
        lines = max(name.count("\n") + 1 for name, _ in tracks)
        panels.append((BOX_INCH * lines * len(tracks), lambda axes: _box_rows(axes, data, tracks)))
    if data.cage is not None:
        cage = models_in(data.cage, *region, ("strand", "value"), "CAGE signal")
        panels.append((TRACK_INCH, lambda axes: _cage(axes, data, cage)))
    heights = [height for height, _ in panels]
    total = sum(heights) + HEAD_INCH * len(panels) + 0.75
    with canvas(path, WIDTH, total, title, message or _story(data, genes)) as figure:
        stacked = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (_, draw) in zip(stacked, panels, strict=True):
            draw(axes)
        stacked[-1].set_xlim(data.start / 1e6, data.end / 1e6)
        stacked[-1].xaxis.set_major_formatter(ScalarFormatter(useOffset=False))
        stacked[-1].set_xlabel(f"position on chromosome {canonical_name(data.chrom)} (Mb)")
        _legend(figure, data, genes)


def _inside(data: Locus) -> Locus:
    """Check the data, and keep of it the bins that touch the region."""
    where = f"locus {data.chrom}:{data.start}-{data.end}"
    sizes, what = {len(data.positions), len(data.plus), len(data.minus)}, ""
    if not 0 <= data.start < data.end:
        what = "the region is empty"
    elif data.step < 1 or len(sizes) > 1:
        what = f"{data.step} bases a step and arrays of {sorted(sizes)} bins do not fit each other"
    elif (np.diff(data.positions) <= 0).any() or (data.positions % data.step).any():
        what = f"positions are not rising multiples of {data.step}"
    if what:
        raise InputError(what, where=where, remedy="Give a region, and one position and two values per bin")
    first = data.positions - data.step // 2
    kept = (first < data.end) & (first + data.step > data.start)
    plus, minus = (np.asarray(values, dtype=np.float64)[kept] for values in (data.plus, data.minus))
    if not np.isfinite(np.concatenate([plus, minus])).any():
        what = "there is no prediction in the region"
        raise InputError(what, where=where, remedy="Scan the region first, or choose one with known sequence")
    return replace(data, positions=data.positions[kept], plus=plus, minus=minus)


def _steps(data: Locus, values: Floats) -> tuple[Floats, Floats]:
    """Return edges of steps over the whole region, in Mb, and the highest value in each: NaN where there is none."""
    first = data.positions - data.step // 2
    # Less than a step without a bin at an end of the region is the end of the grid, and no gap.
    origin = int(first[0]) - data.step * max(0, int(first[0] - data.start) // data.step)
    last = int(first[-1]) + data.step
    last += data.step * max(0, (data.end - last) // data.step)
    together = -(-(last - origin) // (data.step * COLUMNS))
    wide = data.step * together
    highest = np.full(-(-(last - origin) // wide), np.nan)
    np.fmax.at(highest, (first - origin) // wide, values)
    edges = origin + wide * np.arange(highest.size + 1)
    return edges.clip(data.start, data.end) / 1e6, highest


def _predicted(axes: Axes, data: Locus, genes: pd.DataFrame, strand: str) -> None:
    edges, highest = _steps(data, data.plus if strand == "+" else data.minus)
    both = np.concatenate([data.plus, data.minus])
    low, high = float(np.nanmin(both)), float(np.nanmax(both))
    span = (high - low) or 1.0
    floor = low - 0.03 * span
    unknown = np.where(np.isnan(highest), high, np.nan)
    axes.stairs(highest, edges, baseline=floor, color=STRANDS[strand], **FILLED)
    axes.stairs(unknown, edges, baseline=floor, color=UNKNOWN, **FILLED)
    axes.set_ylim(floor, high + 0.2 * span)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.set_title(f"Predicted expression on the {SIGNS[strand]} strand, {data.unit}", loc="left")
    tss = starts_of(genes, strand, (data.start, data.end)) / 1e6
    (marks,) = axes.plot(tss, np.full(tss.size, 0.94), **TSS_MARK, color=STRANDS[strand])
    marks.set_transform(axes.get_xaxis_transform())


def _boxes(axes: Axes, data: Locus, parts: Iterable[Box], colour: str) -> None:
    """Draw intervals with the middle and half the height of each as boxes at least a step wide, in one path."""
    least, corners = (data.end - data.start) / COLUMNS, []
    for (start, end), middle, half in parts:
        pad = max(0.0, (least - (end - start)) / 2)
        left, right, low, high = (start - pad) / 1e6, (end + pad) / 1e6, middle - half, middle + half
        corners += [(left, low), (right, low), (right, high), (left, high), (left, low)]
    if corners:
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(corners) // 5)
        path = Path(np.array(corners), np.array(codes, dtype=Path.code_type))
        axes.add_patch(PathPatch(path, facecolor=colour, linewidth=0, zorder=2))


def _arranged(genes: pd.DataFrame, data: Locus) -> Arrangement:
    point = (data.end - data.start) / PANEL_POINTS
    boxes = [TextPath((0, 0), str(name), size=NAME_SIZE).get_extents() for name in genes["gene_name"]]
    # A reader's font may be a little wider than the one that is measured here.
    widths = [(1.1 * box.width + 6) * point for box in boxes]
    return arranged(genes, (data.start, data.end), widths, margin=7 * point, most=MAX_ROWS)


def _genes(axes: Axes, data: Locus, genes: pd.DataFrame, places: Arrangement) -> None:
    region, bases = (data.start, data.end), data.end - data.start
    for strand, colour in STRANDS.items():
        boxes: list[Box] = []
        arrows: list[tuple[float, int]] = []
        for row, gene in zip(places.rows, genes.to_dict("records"), strict=True):
            if gene["strand"] == strand:
                span = gene["start"], gene["end"]
                for parts, half in (([span], 0.025), (gene["exons"], 0.12), (gene["coding"], 0.2)):
                    boxes += [(part, row, half) for part in within(parts, region, bases / COLUMNS)]
                heads = arrowheads(span, strand, gene["exons"], region, 14 * bases / PANEL_POINTS)
                arrows += [(at / 1e6, row) for at in heads]
        _boxes(axes, data, boxes, colour)
        way = 0.5 if strand == "+" else -0.5
        chevron: Any = Path([(-way, -0.8), (way, 0.0), (-way, 0.8)])
        (marks,) = axes.plot(*np.array(arrows).reshape(-1, 2).T, linestyle="", marker=chevron, markersize=4.5)
        marks.set(markerfacecolor="none", markeredgecolor=colour, markeredgewidth=1.0)
    for number, at in places.names.items():
        name, y = genes["gene_name"].iloc[number], places.rows[number] - 0.26
        axes.text(at / 1e6, y, name, size=NAME_SIZE, ha="center", va="bottom")
    axes.set_ylim(max(places.rows) + 0.3, -0.7)
    few = f" ({len(places.names)} of {len(genes)} names have room)" if len(places.names) < len(genes) else ""
    axes.set_title(f"Protein-coding genes{few}", loc="left")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _box_tracks(data: Locus) -> list[Track]:
    tracks, region = list[Track](), (data.chrom, data.start, data.end)
    if data.islands is not None:
        tracks.append(("CpG islands", [(models_in(data.islands, *region, where="CpG islands"), ISLAND)]))
    for name, table in data.states.items():
        states = models_in(table, *region, ("name",), f"chromatin states {name}")
        promoter = states["name"].astype(str).str.contains(PROMOTER_STATE).to_numpy(dtype=np.bool_)
        tracks.append(
            (name_lines(name, 20), [(states[~promoter], OTHER_STATE), (states[promoter], PROMOTER)])
        )
    return tracks


def _box_rows(axes: Axes, data: Locus, tracks: list[Track]) -> None:
    region, column = (data.start, data.end), (data.end - data.start) / COLUMNS
    for row, (_, parts) in enumerate(tracks):
        for table, colour in parts:
            seen = within(zip(table["start"].tolist(), table["end"].tolist(), strict=True), region, column)
            _boxes(axes, data, [(span, row, 0.34) for span in seen], colour)
    axes.set_yticks(range(len(tracks)), [name for name, _ in tracks], fontsize=9)
    axes.set_ylim(len(tracks) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _cage(axes: Axes, data: Locus, cage: pd.DataFrame) -> None:
    edges = np.linspace(data.start, data.end, COLUMNS + 1) / 1e6
    values = cage["value"].to_numpy(dtype=np.float64)
    if not (np.isfinite(values) & (values >= 0)).all():
        what, remedy = "a value is missing, infinite or below 0", "Give both strands as values from 0 on"
        raise InputError(what, where="CAGE signal", remedy=remedy)
    for strand, way in (("+", 1), ("-", -1)):
        signal = np.log10(1 + tallest(cage[cage["strand"] == strand], (data.start, data.end), COLUMNS))
        axes.stairs(way * signal, edges, color=STRANDS[strand], **FILLED)
    axes.axhline(0, color=COLOURS["ink"], linewidth=0.6)
    top = max(1.0, float(np.log10(1 + values.max(initial=0))))
    decades = range(1, int(top) + 1, 1 + int(top) // 3)
    ticks = [0, *(way * 10**decade for decade in decades for way in (1, -1))]
    heights = np.sign(ticks) * np.log10(1 + np.abs(ticks))
    axes.set_yticks(heights, [f"{abs(tick):,}" for tick in ticks])
    axes.set_ylim(-1.08 * top, 1.08 * top)
    ways = f"+ strand upwards, {SIGNS['-']} strand downwards{'' if len(values) else '; none in the region'}"
    axes.set_title(f"CAGE signal, {data.cage_unit} on the scale of log10(1 + x): {ways}", loc="left")


def _legend(figure: Figure, data: Locus, genes: pd.DataFrame) -> None:
    handles: dict[str, Any] = {
        f"{SIGNS[name]} strand": Patch(color=colour) for name, colour in STRANDS.items()
    }
    if any(starts_of(genes, strand, (data.start, data.end)).size for strand in STRANDS):
        marks = tuple(Line2D([], [], **TSS_MARK, color=colour) for colour in STRANDS.values())
        handles["annotated TSS"] = marks
    if any(np.isnan(_steps(data, values)[1]).any() for values in (data.plus, data.minus)):
        handles["no prediction"] = Patch(color=UNKNOWN)
    if data.states:
        handles |= {"promoter state": Patch(color=PROMOTER), "other state": Patch(color=OTHER_STATE)}
    pairs = {tuple: HandlerTuple(ndivide=None)}
    figure.legend([*handles.values()], [*handles], loc="outside lower center", ncols=8, handler_map=pairs)


def _story(data: Locus, genes: pd.DataFrame) -> str:
    """Compare predictions at annotated TSSs, on their strand, with those of all bins without one."""
    at, rest, high = [], [], 0
    for strand, values in zip(STRANDS, (data.plus, data.minus), strict=True):
        known = pd.Series(values, data.positions).dropna()
        bins = pd.Index(
            (starts_of(genes, strand, (data.start, data.end)) + data.step // 2) // data.step * data.step
        )
        at += known.reindex(bins).dropna().tolist()
        rest += known[~known.index.isin(bins)].tolist()
        high += int((known.reindex(bins) > known.quantile(1 - HIGHEST / 100)).sum())
    if not at or not rest:
        mean = np.mean(at + rest)
        return f"No annotated TSS with a prediction is in the region; the mean prediction is {mean:.2f} {data.unit}."
    return (
        f"The mean prediction is {np.mean(at):.2f} {data.unit} at annotated TSSs on their own strand, and"
        f" {np.mean(rest):.2f} elsewhere. TSSs among the highest {HIGHEST}\N{NO-BREAK SPACE}% of bins of their strand:"
        f" {high} of {len(at)}."
    )
