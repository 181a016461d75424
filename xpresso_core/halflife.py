"""Features of a gene's mRNA that go with its half-life: lengths, G/C contents and exon junctions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.genome import Genome
from xpresso_core.sequence import Codes, N

HALFLIFE_FEATURES = (
    "utr5_len",
    "cds_len",
    "intron_len",
    "utr3_len",
    "utr5_gc",
    "cds_gc",
    "utr3_gc",
    "orf_exon_density",
)
"""The eight features of the paper in the order of its training files."""

LENGTH_FEATURES = HALFLIFE_FEATURES[:4]
"""The features that are lengths in bases, to be put on a log scale."""

_TILE = 1 << 20
_CODE_C, _CODE_G = 1, 2


def halflife_features(genes: pd.DataFrame, segments: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """Complete the features of representative transcripts with their G/C contents.

    From the paper's STAR methods, "Collecting Promoter Sequences and mRNA Half-life Features".

    Parameters
    ----------
    genes
        From `annotation.representative_transcripts`: `gene_id`, the four lengths and `orf_exon_density`.
    segments
        From the same: ``gene_id region chrom start end`` with region ``utr5``, ``cds`` or ``utr3``.
    genome
        The genome of the same assembly; it must have the chromosomes of all `genes`.

    Returns
    -------
    pandas.DataFrame
        The columns `HALFLIFE_FEATURES`, float64, one row per gene in the order and with the index of `genes`.
        Lengths in bases, G/C contents as fractions of the bases that are not N. A missing UTR has length and
        G/C content NaN.

    Raises
    ------
    InputError
        If a segment is not on the genome.
    """
    wanted = segments[segments["gene_id"].isin(genes["gene_id"])].reset_index(drop=True)
    content = region_gc(wanted, genome).reindex(genes["gene_id"])
    features = {
        name: content[name].to_numpy() if name.endswith("_gc") else genes[name].to_numpy(dtype=np.float64)
        for name in HALFLIFE_FEATURES
    }
    return pd.DataFrame(features, index=genes.index)


def region_gc(segments: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """Return the G/C content of each region of each gene over all its segments.

    Parameters
    ----------
    segments
        ``gene_id region chrom start end``; 0-based, half-open.
    genome
        The genome.

    Returns
    -------
    pandas.DataFrame
        Columns ``utr5_gc cds_gc utr3_gc``, float64, by gene_id: the fraction of G and C among the bases that
        are not N; NaN where there are none.

    Raises
    ------
    InputError
        If a segment is not on the genome.
    """
    counts = segments[["gene_id", "region"]].assign(gc=0, known=0)
    counts[["gc", "known"]] = _count_bases(segments, genome)
    sums = counts.groupby(["gene_id", "region"])[["gc", "known"]].sum()
    known = sums["known"].where(sums["known"] > 0)
    return (sums["gc"] / known).unstack("region").reindex(columns=["utr5", "cds", "utr3"]).add_suffix("_gc")


def _count_bases(segments: pd.DataFrame, genome: Genome) -> npt.NDArray[np.int64]:
    """Count G or C, and all known bases, of each segment: ``int64 [segment, 2]``.

    The genome is read once in order, a tile at a time, and only where segments are: thousands of small reads
    from a compressed genome would each inflate a block of it.
    """
    counts = np.zeros((len(segments), 2), dtype=np.int64)
    starts, ends = segments["start"].to_numpy(np.int64), segments["end"].to_numpy(np.int64)
    for chromosome, rows in segments.groupby("chrom", sort=False).indices.items():
        first = starts[rows] // _TILE
        spans = (ends[rows] - 1) // _TILE - first + 1
        segment = np.repeat(rows, spans)
        within = np.arange(len(segment)) - np.repeat(np.cumsum(spans) - spans, spans)
        tile = np.repeat(first, spans) + within
        for number in np.unique(tile):
            here = segment[tile == number]
            left = np.maximum(starts[here], number * _TILE)
            right = np.minimum(ends[here], (number + 1) * _TILE)
            running = _running_counts(genome.fetch(str(chromosome), int(left.min()), int(right.max())))
            counts[here] += running[right - left.min()] - running[left - left.min()]
    return counts


def _running_counts(codes: Codes) -> npt.NDArray[np.int32]:
    """Count G or C, and all known bases, before each position: ``int32 [length + 1, 2]``."""
    running = np.zeros((len(codes) + 1, 2), dtype=np.int32)
    np.cumsum((codes == _CODE_C) | (codes == _CODE_G), out=running[1:, 0])
    np.cumsum(codes != N, out=running[1:, 1])
    return running
