"""The peaks of the tracks of a scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from xpresso_core.peaks import call_peaks, default_threshold, peaks_frame, write_bed6
from xpresso_core.tracks import STRAND_NAMES, Tracks


def peaks_of_tracks(tracks: Tracks, *, threshold: float | None, distance: int) -> tuple[float, pd.DataFrame]:
    """Call the peaks of all chromosomes and both strands.

    Parameters
    ----------
    tracks
        Of a scan.
    threshold
        Lowest prediction of a peak; None for `peaks.default_threshold` of all predictions.
    distance
        Of two peaks of a strand fewer bases apart the higher stays.

    Returns
    -------
    tuple of (float, pandas.DataFrame)
        The threshold, and `peaks.PEAK_COLUMNS`.
    """
    stretches = list(tracks.stretches())
    if threshold is None:
        every = [stretch.strand(strand) for stretch in stretches for strand in STRAND_NAMES]
        threshold = default_threshold(np.concatenate(every))
    found = {
        (stretch.chrom, strand): call_peaks(
            stretch.positions,
            stretch.strand(strand),
            threshold=threshold,
            distance=distance,
            step=tracks.step,
        )
        for stretch in stretches
        for strand in STRAND_NAMES
    }
    return threshold, peaks_frame(found, tracks.sizes, step=tracks.step, threshold=threshold)


def write_peaks(prefix: Path, output: Path, *, threshold: float | None, distance: int) -> None:
    """Call the peaks of tracks and write them as BED6."""
    write_bed6(peaks_of_tracks(Tracks(prefix), threshold=threshold, distance=distance)[1], output)
