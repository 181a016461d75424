"""The figure of how predictions along a genome agree with annotated start sites, from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xpresso_core.files import read_json, read_table
from xpresso_core.plots_track_summary import summary
from xpresso_core.track_summary import SummaryFiles
from xpresso_core.tracks import Tracks
from xpresso_core.words import listed


def draw_track(prefix: Path, files: SummaryFiles, output: Path, *, name: str) -> None:
    """Draw how predictions along a genome agree with annotated start sites.

    Parameters
    ----------
    prefix
        Of the tracks.
    files
        Of `track_comparison.write_track_summary`.
    output
        The figure.
    name
        Of the track, for the heading.
    """
    tracks, facts = Tracks(prefix), read_json(files.summary)
    distances, stretches = read_table(files.distances), list(tracks.stretches())
    areas = {
        (auc["score"], auc["tss"]): (auc["auc"], auc["auc_ci_low"], auc["auc_ci_high"])
        for auc in facts["aucs"]
        if auc["tss"] == auc["random"]
    }
    summary(
        output,
        f"{name}: start sites and peaks along {listed([stretch.chrom for stretch in stretches])}",
        at_tss=read_table(files.at_tss),
        at_random=read_table(files.at_random),
        auroc={tss: area for (score, tss), area in areas.items() if score == "prediction"},
        islands_alone=areas["cpg_island", "all"],
        peak_distances=distances.loc[distances["kind"] == "peak", "distance"].to_numpy(np.float64),
        random_distances=distances.loc[distances["kind"] == "random", "distance"].to_numpy(np.float64),
        precision_recall=read_table(files.precision_recall),
        random_precision=facts["random_precision"],
        strands=(
            np.concatenate([stretch.plus for stretch in stretches]),
            np.concatenate([stretch.minus for stretch in stretches]),
        ),
        pearson=facts["strands"]["correlation"],
        unit=tracks.unit,
        tolerance=facts["tolerance"],
    )
