"""The page to look around in, from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from xpresso_core.browser_page import write_page
from xpresso_core.browser_tracks import FeatureTrack, SignalTrack, signal_of_bins
from xpresso_core.cpg_islands import read_islands
from xpresso_core.gene_models import read_gene_models
from xpresso_core.genome import Genome, canonical_name
from xpresso_core.peaks import read_peaks
from xpresso_core.plots import COLOURS
from xpresso_core.plots_tracks import STRANDS
from xpresso_core.regions import Region, parse_region, whole_chromosomes
from xpresso_core.tracks import STRAND_NAMES, Stretch, Tracks


def write_tracks_page(
    prefix: Path,
    annotation: Path,
    genome: Path,
    islands: Path,
    peaks: Path,
    igv: Path,
    output: Path,
    *,
    name: str,
    assembly: str,
    page: str | None,
    loci: Sequence[str],
) -> None:
    """Write the page to look around in.

    Parameters
    ----------
    prefix, annotation, genome, islands, peaks
        As of `draw_locus`; and the peaks as BED6.
    igv
        The folder with igv.js.
    output
        The page.
    name, assembly
        Of the track and of its genome.
    page
        The region that the page holds; None for all that was scanned.
    loci
        The first of them is shown first.
    """
    tracks = Tracks(prefix)
    scanned = tracks.chromosomes
    with Genome(genome) as sequence:
        regions = whole_chromosomes(sequence) if page is None else [parse_region(page, sequence)]
        first = parse_region(loci[0], sequence) if loci else None
    stretches = [tracks.stretch(*region) for region in regions if region.chrom in scanned]
    signals = [
        SignalTrack(
            f"Predicted expression, {strand} strand",
            tracks.unit,
            STRANDS[strand],
            [
                signal_of_bins(stretch.chrom, stretch.positions, stretch.strand(strand), tracks.step)
                for stretch in stretches
            ],
        )
        for strand in STRAND_NAMES
    ]
    sizes = {stretch.chrom: tracks.sizes[stretch.chrom] for stretch in stretches}
    shown = [_around(stretch, tracks) for stretch in stretches]
    plus, minus = STRANDS.values()
    genes, called = read_gene_models(annotation), read_peaks(peaks)
    write_page(
        output,
        igv=igv,
        title=f"{name}: predicted expression along the genome",
        assembly=assembly,
        sizes=sizes,
        locus=str(first or shown[0]),
        tracks=[
            *signals,
            FeatureTrack("Genes", _within(genes, shown), plus, minus, searchable=True),
            *_features("Predicted peaks", called, shown, plus, minus),
            *_features("CpG islands", read_islands(islands), shown, COLOURS["second"]),
        ],
        note=f"Predicted expression ({tracks.unit}) of a gene that would start here, every {tracks.step:,} bases.",
    )


def _around(stretch: Stretch, tracks: Tracks) -> Region:
    """Return the region from the first to the last bin of a stretch."""
    first, last = int(stretch.positions[0]), int(stretch.positions[-1])
    return Region(stretch.chrom, first, min(last + tracks.step, tracks.sizes[stretch.chrom]))


def _within(frame: pd.DataFrame, regions: Sequence[Region]) -> pd.DataFrame:
    """Return the rows that touch a region, under the region's name of their chromosome."""
    canonical = frame["chrom"].astype(str).map(canonical_name)
    parts = [
        frame[(canonical == canonical_name(chrom)) & (frame["start"] < end) & (frame["end"] > start)].assign(
            chrom=chrom
        )
        for chrom, start, end in regions
    ]
    return pd.concat(parts, ignore_index=True)


def _features(
    name: str, frame: pd.DataFrame, regions: Sequence[Region], colour: str, minus_colour: str = ""
) -> list[FeatureTrack]:
    """Return a track of features, or none if there are no features."""
    there = _within(frame, regions)
    return [FeatureTrack(name, there, colour, minus_colour)] if len(there) else []
