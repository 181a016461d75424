"""What follows a scan: CpG islands of its genome, its peaks, and how both agree with annotated start sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from xpresso_core.cpg_islands import ISLAND_COLUMNS, call_islands, read_islands, write_islands
from xpresso_core.files import read_table
from xpresso_core.genome import Genome
from xpresso_core.peaks import call_peaks, default_threshold, peaks_frame, read_peaks, write_bed6
from xpresso_core.track_sites import Track
from xpresso_core.track_summary import SummaryFiles, summarise, write_summary
from xpresso_core.tracks import STRAND_NAMES, Stretch, Tracks


def stretches_of(tracks: Tracks) -> Iterator[Stretch]:
    """Yield what is predicted on each chromosome, one at a time."""
    for chrom in tracks.chromosomes:
        yield tracks.stretch(chrom)


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
    if threshold is None:
        every = [stretch.strand(strand) for stretch in stretches_of(tracks) for strand in STRAND_NAMES]
        threshold = default_threshold(np.concatenate(every))
    found = {
        (stretch.chrom, strand): call_peaks(
            stretch.positions,
            stretch.strand(strand),
            threshold=threshold,
            distance=distance,
            step=tracks.step,
        )
        for stretch in stretches_of(tracks)
        for strand in STRAND_NAMES
    }
    return threshold, peaks_frame(found, tracks.sizes, step=tracks.step, threshold=threshold)


def write_peaks(prefix: Path, output: Path, *, threshold: float | None, distance: int) -> None:
    """Call the peaks of tracks and write them as BED6."""
    write_bed6(peaks_of_tracks(Tracks(prefix), threshold=threshold, distance=distance)[1], output)


def write_called_islands(prefix: Path, genome: Path, output: Path) -> None:
    """Call the CpG islands of the chromosomes that were scanned and write them as BED."""
    parts = [pd.DataFrame(columns=list(ISLAND_COLUMNS))]
    with Genome(genome) as sequence:
        for chrom in Tracks(prefix).chromosomes:
            found = call_islands(sequence.fetch(chrom, 0, sequence.sizes[chrom]))
            parts.append(pd.DataFrame({"chrom": chrom, "start": found[:, 0], "end": found[:, 1]}))
    write_islands(pd.concat([part for part in parts if len(part)] or parts, ignore_index=True), output)


def write_track_summary(
    prefix: Path,
    genes: Path,
    islands: Path,
    peaks: Path,
    predictions: Path | None,
    *,
    fold: int,
    tolerance: int,
    seed: int,
    files: SummaryFiles,
) -> None:
    """Compare tracks with annotated start sites.

    Parameters
    ----------
    prefix
        Of the tracks.
    genes
        ``genes.tsv`` of the species: each gene has one start site.
    islands, peaks
        BED files.
    predictions, fold
        Of the experiment whose model was run, and which fold's it is; None for a model trained elsewhere.
    tolerance, seed
        See `track_summary.summarise`.
    files
        Where to write what it returns; with the summary comes of which model and in which unit predictions are, and
        how many of the genes that the experiment knows the model has not seen.
    """
    tracks, table = Tracks(prefix), read_table(genes, dtype={"chrom": str})
    scanned = {
        stretch.chrom: Track(stretch.positions, stretch.plus, stretch.minus)
        for stretch in stretches_of(tracks)
    }
    found = summarise(
        scanned,
        table,
        read_islands(islands),
        read_peaks(peaks),
        step=tracks.step,
        seed=seed,
        tolerance=tolerance,
    )
    seen: dict[str, int | None] = {"genes": None, "unseen": None}
    if predictions is not None:
        here = table.loc[table["chrom"].isin(list(scanned)), "gene_id"]
        known = read_table(predictions)
        known = known[known["gene_id"].isin(here)]
        seen = {"genes": len(known), "unseen": int((known["fold"] == fold).sum())}
    facts = {name: tracks.facts[name] for name in ("unit", "units", "step", "regions", "model")}
    write_summary(found, files, {**facts, **seen})
