"""The figure of a locus (Figure 5), from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from xpresso_core.bed import bed_rows
from xpresso_core.bigwig import open_bigwig
from xpresso_core.cpg_islands import read_islands
from xpresso_core.files import read_table
from xpresso_core.gene_models import read_gene_models
from xpresso_core.genome import Genome, canonical_name
from xpresso_core.plots_tracks import Locus, locus
from xpresso_core.regions import Region, parse_region
from xpresso_core.tracks import Tracks


def draw_locus(
    prefix: Path,
    place: str,
    annotation: Path,
    genes: Path,
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
    annotation, genes, genome, islands
        GTF, ``genes.tsv`` with the start site of each gene, FASTA and BED.
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
        genes=with_sites(read_gene_models(annotation), read_table(genes)),
        islands=read_islands(islands),
        states={cell: read_states(path) for cell, path in states.items()},
        cage=None if cage is None else _cage_signal(cage, region),
        cage_unit="signal",
    )
    locus(output, f"{name}: predicted expression along {region}", data)


def with_sites(models: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Return gene models with a column ``tss``: the start sites of `genes`, which CAGE may have moved, or their own."""
    own = models["start"].where(models["strand"] == "+", models["end"] - 1)
    moved = models["gene_id"].map(genes.set_index("gene_id")["tss"])
    return models.assign(tss=moved.fillna(own).astype(np.int64))


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
