"""Genes as a genome browser draws them: one transcript each, with its exons and its coding parts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xpresso_core.annotation import representative_transcripts
from xpresso_core.errors import InputError
from xpresso_core.genome import canonical_name
from xpresso_core.gtf import read_gtf

MODEL_COLUMNS = "gene_id gene_name chrom start end strand exons coding".split()
"""Columns of a table of gene models, in their order."""

CODING = ("CDS", "stop_codon")
"""The rows of a GTF file that are translated, the stop codon included, which some files have apart."""

Interval = tuple[int, int]
"""Start and end, 0-based and half-open."""

Positions = NDArray[np.int64]


class Arrangement(NamedTuple):
    """Where genes and their names are drawn.

    Attributes
    ----------
    rows
        The row of each gene, counted from 0.
    names
        The middle of the name, in bases along the chromosome, of each gene whose name is shown, by its number.
    """

    rows: list[int]
    names: dict[int, float]


def read_gene_models(gtf_path: str | os.PathLike[str], *, strip_versions: bool = True) -> pd.DataFrame:
    """Read the protein-coding genes of a GTF file as models to draw.

    A gene is drawn as its representative transcript, the one whose start is the gene's TSS elsewhere in the
    package (`annotation.representative_transcripts`: the longest ORF, then 5' UTR, then 3' UTR). No chromosome and
    no gene is left out by its name; genes without a coding sequence are, because they have no such transcript.

    Parameters
    ----------
    gtf_path
        The file, of any dialect that `gtf.read_gtf` reads: plain, gzip or bgzip.
    strip_versions
        Cut the version off Ensembl identifiers.

    Returns
    -------
    pandas.DataFrame
        ``gene_id gene_name chrom start end strand exons coding``, one row per gene, sorted by chromosome, start, end
        and gene_id. ``start`` and ``end`` (int64) are those of the transcript; ``exons`` and ``coding`` are lists of
        ``(start, end)``, sorted, with overlapping and touching ones merged, and ``coding`` includes the stop codon.
        All are 0-based, half-open. ``gene_name`` of a gene without a name is its gene_id.

    Raises
    ------
    InputError
        If the file cannot be read, or no gene of it has a coding sequence.
    """
    gtf = read_gtf(gtf_path, strip_versions=strip_versions)
    chosen = representative_transcripts(gtf, drop_chromosomes=(), drop_gene_names=()).genes
    rows = gtf[gtf["transcript_id"].isin(chosen["transcript_id"])]
    exons, coding = _parts(rows, ("exon",)), _parts(rows, CODING)
    # A file without exon rows for a transcript says where it is by its coding rows only.
    parts = [(exons.get(name, coding[name]), coding[name]) for name in chosen["transcript_id"]]
    columns: dict[str, Any] = {
        "start": np.array([spans[0][0] for spans, _ in parts], dtype=np.int64),
        "end": np.array([spans[-1][1] for spans, _ in parts], dtype=np.int64),
        "exons": [spans for spans, _ in parts],
        "coding": [spans for _, spans in parts],
    }
    models = chosen.assign(**columns)
    return models.sort_values(["chrom", "start", "end", "gene_id"])[MODEL_COLUMNS].reset_index(drop=True)


def _parts(rows: pd.DataFrame, features: tuple[str, ...]) -> dict[str, list[Interval]]:
    """Return the merged intervals of some features, by transcript."""
    wanted = rows.loc[rows["feature"].isin(features), ["transcript_id", "start", "end"]]
    found: dict[str, list[Interval]] = {}
    for name, start, end in wanted.itertuples(index=False, name=None):
        found.setdefault(name, []).append((int(start), int(end)))
    return {name: merged(spans) for name, spans in found.items()}


def models_in(
    models: pd.DataFrame,
    chrom: str,
    start: int,
    end: int,
    columns: tuple[str, ...] = (),
    where: str = "gene models",
) -> pd.DataFrame:
    """Return the genes, or the rows of another table of intervals, that touch a region, in their order.

    Parameters
    ----------
    models
        With ``chrom start end``, 0-based and half-open, as from `read_gene_models`.
    chrom
        The chromosome, in either spelling (``21`` or ``chr21``).
    start, end
        The region, 0-based and half-open.
    columns, where
        What else the table must have, and what an error calls it.

    Returns
    -------
    pandas.DataFrame
        Those rows that share a base or more with the region, numbered anew. None is a usual answer: there are
        regions, and whole scaffolds, without a gene.

    Raises
    ------
    InputError
        If the region is empty, or a column is missing.
    """
    if not 0 <= start < end:
        what = f"there is no region from {start} to {end}"
        raise InputError(what, where=chrom, remedy="Give a start of at least 0 and a greater end")
    missing = [name for name in ("chrom", "start", "end", *columns) if name not in models.columns]
    if missing:
        what = f"the table has no column {', '.join(missing)}"
        raise InputError(what, where=where, remedy=f"It has: {', '.join(map(str, models.columns))}")
    names = [name for name in models["chrom"].unique() if canonical_name(name) == canonical_name(chrom)]
    here = models["chrom"].isin(names) & (models["start"] < end) & (models["end"] > start)
    return models[here].reset_index(drop=True)


def within(intervals: Iterable[Interval], region: Interval, gap: float = 0) -> list[Interval]:
    """Return the parts of intervals inside a region, sorted and `merged`."""
    parts = [(max(start, region[0]), min(end, region[1])) for start, end in intervals]
    return merged([part for part in parts if part[0] < part[1]], gap)


def merged(intervals: Iterable[Interval], gap: float = 0) -> list[Interval]:
    """Return intervals sorted, with those that overlap, touch, or are at most `gap` apart made one."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1] + gap:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def packed(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Give each interval the first row, counted from 0, in which nothing is in its way, from left to right.

    Intervals that only touch share a row. The number of rows is the smallest possible: that of the intervals that
    meet at one place.
    """
    rows, ends = [0] * len(spans), list[float]()
    for number in sorted(range(len(spans)), key=lambda index: (spans[index], index)):
        start, end = spans[number]
        row = next((row for row, taken in enumerate(ends) if taken <= start), len(ends))
        if row == len(ends):
            ends.append(end)
        ends[row] = end
        rows[number] = row
    return rows


def starts_of(models: pd.DataFrame, strand: str, region: Interval) -> Positions:
    """Return the TSSs of a strand in a region as int64 ``[tss]``, 0-based, ascending; of several at a place one.

    They are in the column ``tss`` where the table has one, as after a correction by CAGE, or else the first base of
    each model in the direction of transcription.
    """
    if "tss" in models.columns:
        tss = models["tss"]
    else:
        tss = models["end"] - 1 if strand == "-" else models["start"]
    found = np.unique(tss[models["strand"] == strand].to_numpy(dtype=np.int64))
    return found[(found >= region[0]) & (found < region[1])]


def arranged(
    models: pd.DataFrame,
    region: Interval,
    name_bases: Sequence[float],
    *,
    margin: float,
    most: int,
) -> Arrangement:
    """Pack genes in rows, each below its name, so that neither genes nor names of a row overlap.

    If that takes more than `most` rows, genes are packed without their names, and names are given to as many genes
    as have room for it, longer genes first. Names are over the middle of what is seen of the gene, and inside the
    region.

    Parameters
    ----------
    models
        Genes that touch the region (`models_in`).
    region
        What is drawn, 0-based and half-open.
    name_bases
        The width of each gene's name, in bases at the scale of the drawing.
    margin
        Bases to leave free on both sides of a gene.
    most
        Most rows with all names.
    """
    pairs = zip(models["start"].tolist(), models["end"].tolist(), strict=True)
    seen = [(max(start, region[0]), min(end, region[1])) for start, end in pairs]
    bodies = [(start - margin, end + margin) for start, end in seen]
    middles = [
        min(max((start + end) / 2, region[0] + wide / 2), region[1] - wide / 2)
        for (start, end), wide in zip(seen, name_bases, strict=True)
    ]
    names = [(at - wide / 2, at + wide / 2) for at, wide in zip(middles, name_bases, strict=True)]
    rows = packed([(min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(bodies, names, strict=True)])
    if max(rows, default=0) < most:
        return Arrangement(rows, dict(enumerate(middles)))
    rows = packed(bodies)
    taken: dict[int, list[tuple[float, float]]] = {row: [] for row in rows}
    named = {}
    for gene in sorted(range(len(rows)), key=lambda gene: (seen[gene][0] - seen[gene][1], gene)):
        left, right = names[gene]
        if all(right <= start or end <= left for start, end in taken[rows[gene]]):
            taken[rows[gene]].append(names[gene])
            named[gene] = middles[gene]
    return Arrangement(rows, named)


def arrowheads(
    span: Interval, strand: str, exons: Iterable[Interval], region: Interval, every: float
) -> list[float]:
    """Return where arrowheads show the strand of a gene: along its introns, and one behind its end.

    Parameters
    ----------
    span, strand, exons
        Of the gene; the strand is ``+`` or ``-``.
    region
        What is drawn: arrowheads outside are left out.
    every
        Bases from one arrowhead to the next; a third of it stays free beside exons, and before the one at the end.
    """
    near = every / 3
    blocked = [(start - near, end + near) for start, end in exons]
    first, last = max(span[0], region[0]), min(span[1], region[1])
    along: list[float] = np.arange(first + every, last, every).tolist()
    free = [at for at in along if not any(start <= at < end for start, end in blocked)]
    behind = span[1] + near if strand == "+" else span[0] - near
    return [at for at in (*free, behind) if region[0] < at < region[1]]


def tallest(table: pd.DataFrame, region: Interval, columns: int) -> NDArray[np.float64]:
    """Return the greatest value in each of equally wide columns of a region, and 0 where there is none.

    `table` has ``start end value``, intervals that touch the region with a value of at least 0 each. Returns float64
    ``[column]``.
    """
    edges = np.linspace(*region, columns + 1)
    first = np.searchsorted(edges, table["start"].clip(region[0]), side="right") - 1
    last = np.searchsorted(edges, table["end"].clip(upper=region[1]), side="left")
    highest = np.zeros(columns)
    for left, right, value in zip(first, last, table["value"], strict=True):
        highest[left:right] = np.maximum(highest[left:right], value)
    return highest
