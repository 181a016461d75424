"""The figures of a scan, and its page, from the files that the other steps write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from xpresso_core.bigwig import open_bigwig
from xpresso_core.browser_page import write_page
from xpresso_core.browser_tracks import FeatureTrack, SignalTrack, signal_of_bins
from xpresso_core.cpg_islands import bed_rows, read_islands
from xpresso_core.files import read_json, read_table
from xpresso_core.gene_models import read_gene_models
from xpresso_core.genome import Genome, canonical_name
from xpresso_core.peaks import read_peaks
from xpresso_core.plots import COLOURS
from xpresso_core.plots_track_summary import summary
from xpresso_core.plots_tracks import STRANDS, Locus, locus
from xpresso_core.regions import Region, parse_region, whole_chromosomes
from xpresso_core.tracks import STRAND_NAMES, Stretch, Tracks


def draw_track(
    prefix: Path,
    summary_path: Path,
    precision_recall_path: Path,
    distances_path: Path,
    at_tss_path: Path,
    at_random_path: Path,
    output: Path,
    *,
    name: str,
) -> None:
    """Draw how predictions along a genome agree with annotated start sites.

    The paths are those of `track_analysis.write_track_summary`.
    """
    tracks, facts = Tracks(prefix), read_json(summary_path)
    distances = read_table(distances_path)
    stretches = [tracks.stretch(chrom) for chrom in tracks.chromosomes]
    table = read_table(precision_recall_path)
    summary(
        output,
        f"{name}: start sites and peaks along {_listed([stretch.chrom for stretch in stretches])}",
        at_tss=read_table(at_tss_path).dropna(subset=["value", "opposite"]),
        at_random=read_table(at_random_path),
        auroc={
            auc["tss"]: (auc["auc"], auc["auc_ci_low"], auc["auc_ci_high"])
            for auc in facts["aucs"]
            if auc["score"] == "prediction" and auc["tss"] == auc["random"]
        },
        peak_distances=distances.loc[distances["kind"] == "peak", "distance"].to_numpy(np.float64),
        random_distances=distances.loc[distances["kind"] == "random", "distance"].to_numpy(np.float64),
        precision_recall=table,
        random_precision=float(table["random_precision"].iloc[0]) if len(table) else np.nan,
        strands=(
            np.concatenate([stretch.plus for stretch in stretches]),
            np.concatenate([stretch.minus for stretch in stretches]),
        ),
        pearson=facts["strands"]["correlation"],
        unit=tracks.unit,
        tolerance=facts["tolerance"],
    )


def draw_locus(
    prefix: Path,
    place: str,
    annotation: Path,
    genome: Path,
    islands: Path,
    output: Path,
    *,
    states: Mapping[str, Path],
    cage: Mapping[str, Path] | None,
    name: str,
) -> None:
    """Draw predictions along a region with what is known of it (Figure 5).

    Parameters
    ----------
    prefix
        Of the tracks.
    place
        The region, as browsers write it.
    annotation, genome, islands
        GTF, FASTA and BED.
    output
        The figure.
    states
        Chromatin states as BED, by cell type.
    cage
        bigWigs of CAGE signal, by ``+`` and ``-``; None for none.
    name
        Of the track, for the heading.
    """
    tracks = Tracks(prefix)
    with Genome(genome) as sequence:
        region = parse_region(place, sequence)
    stretch = tracks.stretch(*region)
    data = Locus(
        chrom=region.chrom,
        start=region.start,
        end=region.end,
        positions=stretch.positions,
        plus=stretch.plus.astype(np.float64),
        minus=stretch.minus.astype(np.float64),
        step=tracks.step,
        unit=tracks.unit,
        genes=read_gene_models(annotation),
        islands=read_islands(islands),
        states={cell: read_states(path) for cell, path in states.items()},
        cage=None if cage is None else _cage_signal(cage, region),
    )
    locus(output, f"{name}: predicted expression along {region}", data)


def _cage_signal(cage: Mapping[str, Path], region: Region) -> pd.DataFrame:
    """Return the signal of both strands in a region: ``chrom start end strand value``, no value below 0."""
    rows = []
    for strand, path in cage.items():
        with open_bigwig(path) as bigwig:
            sizes = bigwig.chroms()
            names = {canonical_name(chrom): chrom for chrom in sizes}
            chrom = names.get(canonical_name(region.chrom))
            if chrom is not None and region.start < sizes[chrom]:
                there = bigwig.records(chrom, region.start, min(region.end, sizes[chrom]))
                rows += [(region.chrom, start, end, strand, abs(value)) for start, end, value in there]
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "strand", "value"])


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
    with Genome(genome) as sequence:
        regions = whole_chromosomes(sequence) if page is None else [parse_region(page, sequence)]
        first = parse_region(loci[0], sequence) if loci else None
    stretches = [tracks.stretch(*region) for region in regions if region.chrom in tracks.chromosomes]
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
    plus, minus = STRANDS.values()
    genes, called = read_gene_models(annotation), read_peaks(peaks)
    write_page(
        output,
        igv=igv,
        title=f"{name}: predicted expression along the genome",
        assembly=assembly,
        sizes=sizes,
        locus=str(first or _around(stretches[0], tracks)),
        tracks=[
            *signals,
            FeatureTrack("Genes", _on(genes, sizes), plus, minus, searchable=True),
            *_features("Predicted peaks", called, sizes, plus, minus),
            *_features("CpG islands", read_islands(islands), sizes, COLOURS["second"]),
        ],
        note=f"Predicted expression ({tracks.unit}) of a gene that would start here, every {tracks.step:,} bases.",
    )


def _around(stretch: Stretch, tracks: Tracks) -> Region:
    """Return the region from the first to the last bin of a stretch."""
    first, last = int(stretch.positions[0]), int(stretch.positions[-1])
    return Region(stretch.chrom, first, min(last + tracks.step, tracks.sizes[stretch.chrom]))


def _on(frame: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Return the rows on some chromosomes, under their names there."""
    names = {canonical_name(chrom): chrom for chrom in sizes}
    named = frame["chrom"].astype(str).map(lambda chrom: names.get(canonical_name(chrom)))
    return frame.assign(chrom=named).dropna(subset="chrom").reset_index(drop=True)


def _features(
    name: str, frame: pd.DataFrame, sizes: Mapping[str, int], colour: str, minus_colour: str = ""
) -> list[FeatureTrack]:
    """Return a track of features, or none if there are no features."""
    there = _on(frame, sizes)
    return [FeatureTrack(name, there, colour, minus_colour)] if len(there) else []


def read_states(path: Path) -> pd.DataFrame:
    """Read chromatin states, BED of four columns or more: ``chrom start end name``.

    Raises
    ------
    InputError
        For a line that is no BED or has no name (with the line).
    """
    remedy = "Give BED with at least four columns: chromosome, start, end, state"
    rows = [(chrom, start, end, fields[3]) for chrom, start, end, fields, _ in bed_rows(path, 4, remedy)]
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "name"])


def _listed(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
