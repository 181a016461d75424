"""The figures of the promoters: which genes were lost and why, and how far CAGE moves the start sites."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xpresso_core.files import require_columns
from xpresso_core.plots import COLOURS, SERIES, bases, canvas, percent, wrap
from xpresso_core.summary import count_annotated, count_reasons


def dropped_genes(
    dropped: pd.DataFrame,
    path: str | os.PathLike[str],
    promoters: int,
    title: str = "Genes lost on the way, and why",
) -> None:
    """Draw how many genes were dropped at each stage, by reason.

    Parameters
    ----------
    dropped
        One row per dropped gene: ``gene_id gene_name stage reason``, and optionally ``dataset``. May have
        no rows.
    path
        The figure to write.
    promoters
        Number of genes with a promoter (rows of genes.tsv).
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing.
    """
    counts = count_reasons(dropped)
    annotated = count_annotated(promoters, dropped)
    lost = dropped["gene_id"].nunique() if len(dropped) else 0
    message = (
        f"{annotated - lost:,} of {annotated:,} annotated genes stay to the end;"
        f" {lost:,} ({percent(lost, annotated)}) are dropped."
    )
    with canvas(path, 7.2, 0.75 + 0.32 * max(1, len(counts)), title, message) as figure:
        axes = figure.subplots()
        if not counts:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "No gene was dropped.", ha="center", va="center")
            return
        colours = dict(zip(dict.fromkeys(row["stage"] for row in counts), SERIES, strict=False))
        rows = np.arange(len(counts))
        numbers = [row["genes"] for row in counts]
        bars = axes.barh(rows, numbers, color=[colours[row["stage"]] for row in counts], height=0.7)
        axes.bar_label(bars, labels=[f"{number:,}" for number in numbers], padding=3)
        axes.set_yticks(rows, ["\n".join(wrap(row["reason"], 44)) for row in counts])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.margins(x=0.1)
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        axes.set_xlabel("Dropped genes")
        handles = [Patch(color=colour, label=f"at {stage}") for stage, colour in colours.items()]
        figure.legend(handles=handles, loc="outside lower left", ncols=3)


def tss_shift(
    genes: pd.DataFrame,
    path: str | os.PathLike[str],
    title: str = "How far CAGE moves the transcription start sites",
) -> None:
    """Draw the distances between annotated and CAGE-derived transcription start sites.

    Parameters
    ----------
    genes
        One row per gene: ``tss``, ``tss_annotated`` (0-based positions) and ``tss_source``, which is
        ``cage`` where the site was re-centred on a CAGE peak.
    path
        The figure to write.
    title
        Its heading.

    Raises
    ------
    InputError
        If a column is missing or there is no gene.
    """
    require_columns(genes, ("tss", "tss_annotated", "tss_source"), "genes")
    moved = genes[genes["tss_source"] == "cage"]
    shift = (moved["tss"] - moved["tss_annotated"]).abs().to_numpy(dtype=np.float64)
    message = (
        f"{len(moved):,} of {len(genes):,} genes ({percent(len(moved), len(genes))}) are re-centred on CAGE"
    )
    if len(moved):
        message += f"; half of these move by {bases(float(np.median(shift)))} or less"
    with canvas(path, 6.2, 3.1 if len(moved) else 1.0, title, f"{message}.") as figure:
        axes = figure.subplots()
        if not len(moved):
            axes.set_axis_off()
            axes.text(0.5, 0.5, "Every gene keeps its annotated site.", ha="center", va="center")
            return
        _shift_histogram(axes, shift)


def _shift_histogram(axes: Axes, shift: NDArray[np.float64]) -> None:
    decades = max(3, int(np.ceil(np.log10(max(float(shift.max()), 1.0) + 1))))
    edges = np.linspace(0, decades, 5 * decades + 1)
    still = shift < 1
    axes.bar(-0.4, 100 * still.mean(), width=0.3, color=COLOURS["fourth"], label="not moved")
    weights = np.full(int((~still).sum()), 100 / shift.size)
    axes.hist(np.log10(shift[~still]), edges.tolist(), weights=weights, color=COLOURS["main"], label="moved")
    axes.set_xticks([-0.4, *range(decades + 1)], ["0", *(bases(10.0**power) for power in range(decades + 1))])
    axes.set_xlabel("Distance from the annotated site (bases, logarithmic)")
    axes.set_ylabel("Re-centred genes (%)")
