"""One representative transcript for each protein-coding gene of an annotation."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.genome import canonical_name, harmonise
from xpresso_core.gtf import FEATURES, read_gtf

__all__ = [
    "GENE_COLUMNS",
    "HISTONE_GENES",
    "HISTONE_GENES_PAPER",
    "Representatives",
    "gene_table",
    "place_on_genome",
    "read_gtf",
    "representative_transcripts",
]

log = logging.getLogger(__name__)

GENE_COLUMNS = (
    "gene_id gene_name chrom strand tss tss_source transcript_id "
    "utr5_len cds_len intron_len utr3_len utr5_gc cds_gc utr3_gc orf_exon_density"
).split()
"""Columns of ``genes.tsv``, in their order."""

FURTHER_LOCUS = "further locus of a kept gene"
"""Why a row of the dropped ones is no lost gene: the gene is kept at another place."""

DROPPED_COLUMNS = ["gene_id", "gene_name", "stage", "reason", "detail"]

HISTONE_GENES = (
    r"HIST\d+H\w+",  # until 2019: HIST1H4A, HIST2H2AA3, HIST4H4
    r"H1F(\d+|X|NT|OO)",  # H1F0, H1FX
    r"H2AF[A-Z]\d*",  # H2AFX, H2AFZ, H2AFB1
    r"H2BF[A-Z]+\d*",  # H2BFM, H2BFWT
    r"H3F\d[A-Z]?",  # H3F3A
    r"H[134]-\d+[A-Z]?",  # since 2019: H1-2, H3-3A, H4-16; but H2-K1 is a mouse MHC gene
    r"H2A([JPWX]|[BCLZ]\d+\w*)",  # H2AC4, H2AZ1, H2AX
    r"H2B[A-Z]\d+[A-Z]?",  # H2BC3, H2BC12L, H2BU1
    r"H3[CY]\d+",  # H3C1, H3Y1
    r"H3\.[XY]",
    r"H4C\d+",
    r"MACROH2A\d",
)
"""Names of mammalian histone genes, old and new: regular expressions for the whole name, in either case."""

HISTONE_GENES_PAPER = (r".*HIST.*",)
"""The paper's own rule: names that contain HIST, which spares H2AFZ, H3F3A and the like."""


class Representatives(NamedTuple):
    """One transcript for each gene, and what became of the others.

    Attributes
    ----------
    genes
        One row per gene, sorted by chromosome, position and gene_id: the columns of ``genes.tsv`` without the
        G/C contents. Lengths are whole bases as float64; a missing UTR is NaN; `intron_len` of a gene
        without introns is 0. ``tss`` is 0-based, ``tss_source`` is ``annotation``.
    dropped
        ``gene_id gene_name stage reason detail``, one row per loss.
    segments
        ``gene_id region chrom start end`` with region ``utr5``, ``cds`` or ``utr3``; 0-based, half-open.
    """

    genes: pd.DataFrame
    dropped: pd.DataFrame
    segments: pd.DataFrame


def representative_transcripts(
    gtf: pd.DataFrame,
    *,
    drop_chromosomes: Iterable[str] = ("Y", "MT"),
    drop_gene_names: Iterable[str] = HISTONE_GENES,
) -> Representatives:
    """Choose for each gene the transcript with the longest ORF, then 5' UTR, then 3' UTR.

    Equal ones are decided by the smallest transcript_id. All transcripts with a coding sequence take part, as
    in the paper ("Collecting Promoter Sequences and mRNA Half-life Features").

    Lengths count every base (the paper's scripts lose one per segment). The ORF is the file's CDS: without
    the stop codon in Ensembl, GENCODE and RefSeq files. UTRs are the file's ``five_prime_utr`` and
    ``three_prime_utr`` rows if it has any; else the exonic bases before the CDS, and those behind the CDS and
    the ``stop_codon`` rows. A transcript without exon rows has its CDS rows for exons. ``intron_len`` is the
    span of the transcript less its exons; ``orf_exon_density`` is the number of exon junctions inside the ORF
    per kilobase of ORF (the paper's script counts the exons themselves).

    Parameters
    ----------
    gtf
        From `read_gtf`.
    drop_chromosomes
        Chromosomes to leave out, in either spelling (``Y`` or ``chrY``).
    drop_gene_names
        Regular expressions; a gene whose whole name matches one, in either case, is left out.

    Returns
    -------
    Representatives
        The genes, the dropped ones with reasons, and the segments of the chosen transcripts. A gene at
        several loci is kept at the locus of its representative transcript, and the others are listed in
        `dropped` (one row for each, although the gene is kept). A transcript_id at several places is never
        chosen, because its copies cannot be told apart.

    Raises
    ------
    InputError
        If an expression is invalid or no gene is left.
    """
    kept, left_out = _leave_out(gtf, drop_chromosomes, drop_gene_names)
    repeated = _repeated_transcripts(kept)
    transcripts, segments = _measure(kept[~kept["transcript_id"].isin(repeated)])
    ranked = transcripts.sort_values(
        ["gene_id", "cds_len", "utr5_len", "utr3_len", "transcript_id"],
        ascending=[True, False, False, False, True],
        na_position="last",
    )
    chosen = ranked.drop_duplicates("gene_id")
    if chosen.empty:
        what = "no gene with a coding sequence is left"
        raise InputError(what, where="annotation", remedy="Check drop_chromosomes and drop_gene_names")
    lost = [*left_out, _without_transcript(kept, repeated, chosen), _other_loci(transcripts, chosen)]
    segments = segments[segments["transcript_id"].isin(chosen["transcript_id"])]
    return Representatives(
        _genes(chosen),
        pd.concat(lost, ignore_index=True),
        segments.drop(columns="transcript_id").reset_index(drop=True),
    )


def place_on_genome(genes: pd.DataFrame, sizes: Mapping[str, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep the genes whose chromosome the genome has, and give `chrom` the genome's spelling.

    Parameters
    ----------
    genes
        With `gene_id`, `gene_name` and `chrom`.
    sizes
        Lengths of the genome's chromosomes by name.

    Returns
    -------
    tuple of pandas.DataFrame
        The genes kept, in their order, and the dropped ones (``gene_id gene_name stage reason detail``).

    Raises
    ------
    InputError
        If genes and genome share no chromosome.
    """
    spelling = harmonise(genes["chrom"], sizes)
    known = genes["chrom"].isin(list(spelling))
    kept = genes[known].assign(chrom=genes.loc[known, "chrom"].map(spelling)).reset_index(drop=True)
    return kept, _dropped(genes[~known], "chromosome not in the genome", genes.loc[~known, "chrom"])


def gene_table(genes: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Put genes and their half-life features (`halflife.halflife_features`) together as ``genes.tsv``."""
    return genes.assign(**{str(name): features[name] for name in features})[GENE_COLUMNS]


def _leave_out(
    gtf: pd.DataFrame, chromosomes: Iterable[str], names: Iterable[str]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Take out whole chromosomes and genes by name."""
    patterns = list(names)
    try:
        unwanted = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    except re.error as error:
        what = f"{error.pattern!r} is not a regular expression ({error})"
        raise InputError(what, where="drop_gene_names", remedy="Escape special characters") from error
    without = {canonical_name(chromosome) for chromosome in chromosomes}
    away = [name for name in gtf["chrom"].cat.categories if canonical_name(name) in without]
    absent = without - {canonical_name(name) for name in away}
    if absent:
        log.warning(
            "the annotation has no gene on the chromosomes to leave out: %s", ", ".join(sorted(absent))
        )
    called = gtf["gene_name"].cat.categories
    masked = [name for name in called if any(pattern.fullmatch(name) for pattern in unwanted)]
    on_chromosome, by_name = gtf["chrom"].isin(away), gtf["gene_name"].isin(masked)
    first = _loci(gtf[on_chromosome])
    second = _loci(gtf[by_name & ~on_chromosome])
    dropped = [
        _dropped(first, "chromosome left out", first["chrom"]),
        _dropped(second, "gene name left out", second["gene_name"]),
    ]
    return gtf[~on_chromosome & ~by_name], dropped


def _loci(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["gene_id", "gene_name", "chrom"]].drop_duplicates().astype(str)


def _dropped(genes: pd.DataFrame, reason: str, detail: pd.Series[Any] | str) -> pd.DataFrame:
    frame = genes[["gene_id", "gene_name"]].assign(stage="annotation", reason=reason, detail=detail)
    return frame[DROPPED_COLUMNS].astype(str).reset_index(drop=True)


def _repeated_transcripts(frame: pd.DataFrame) -> list[str]:
    """Return the transcripts whose rows cannot be one molecule: several genes, places or strands."""
    rows = frame[frame["feature"] != "gene"]
    places = rows[["transcript_id", "gene_id", "chrom", "strand"]].drop_duplicates()
    headers = rows.loc[rows["feature"] == "transcript", "transcript_id"]
    unstranded = places.loc[~places["strand"].isin(["+", "-"]), "transcript_id"]
    found = [places.loc[places["transcript_id"].duplicated(), "transcript_id"], headers[headers.duplicated()]]
    return sorted({str(name) for column in (*found, unstranded) for name in column})


def _without_transcript(kept: pd.DataFrame, repeated: list[str], chosen: pd.DataFrame) -> pd.DataFrame:
    """List the genes that have no transcript to choose."""
    lost = kept[~kept["gene_id"].isin(chosen["gene_id"])]
    genes = lost[["gene_id", "gene_name"]].drop_duplicates().astype(str)
    unclear = genes["gene_id"].isin(lost.loc[lost["transcript_id"].isin(repeated), "gene_id"].astype(str))
    several = "a transcript_id at several places or without a strand"
    parts = [
        _dropped(genes[~unclear], "no coding sequence", ""),
        _dropped(genes[unclear], "transcript not at one place", several),
    ]
    return pd.concat(parts, ignore_index=True)


def _other_loci(transcripts: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """List the further loci of genes that are kept elsewhere."""
    locus = ["gene_id", "gene_name", "chrom", "strand"]
    loci = transcripts[locus].drop_duplicates().merge(chosen[locus], on="gene_id", suffixes=("", "_kept"))
    other = loci[(loci["chrom"] != loci["chrom_kept"]) | (loci["strand"] != loci["strand_kept"])]
    here = other["chrom"] + " " + other["strand"]
    detail = here + "; the gene is kept at " + other["chrom_kept"] + " " + other["strand_kept"]
    return _dropped(other, FURTHER_LOCUS, detail)


def _measure(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return coding transcripts with their lengths, and their UTR and CDS segments."""
    explicit = frame["feature"].isin(["five_prime_utr", "three_prime_utr"]).any()
    key = frame["transcript_id"].cat.codes
    rows = frame[["start", "end"]].assign(
        tx=key, minus=(frame["strand"] == "-").to_numpy(), feature=frame["feature"].astype(str)
    )
    rows = rows[key.isin(key[frame["feature"] == "CDS"])].drop_duplicates()
    part = {feature: rows[rows["feature"] == feature] for feature in FEATURES}
    cds, exons = part["CDS"], part["exon"]
    exons = pd.concat([exons, cds[~cds["tx"].isin(exons["tx"])]])
    if explicit:
        utrs = [part["five_prime_utr"].assign(region="utr5"), part["three_prime_utr"].assign(region="utr3")]
    else:
        utrs = _outside(exons, pd.concat([cds, part["stop_codon"]]))
    segments = pd.concat([*utrs, cds.assign(region="cds")])
    segments["length"] = (segments["end"] - segments["start"]).astype(float)
    lengths = segments.pivot_table(index="tx", columns="region", values="length", aggfunc="sum")
    measures = lengths.reindex(columns=["utr5", "cds", "utr3"]).add_suffix("_len")
    measures[["start", "end"]] = _hull(exons)
    exonic = (exons["end"] - exons["start"]).groupby(exons["tx"]).sum()
    measures["intron_len"] = (measures["end"] - measures["start"] - exonic).astype(float)
    coding = _hull(cds).loc[exons["tx"]].to_numpy()
    inside = (exons["start"].to_numpy() < coding[:, 1]) & (exons["end"].to_numpy() > coding[:, 0])
    junctions = exons[inside].groupby("tx").size() - 1
    measures["orf_exon_density"] = junctions / (measures["cds_len"] / 1000)
    names = frame[["gene_id", "gene_name", "transcript_id", "chrom", "strand"]]
    names = names[~key.duplicated()].set_axis(key[~key.duplicated()]).loc[measures.index].astype(str)
    segments = segments.join(names[["transcript_id", "gene_id", "chrom"]], on="tx")
    segments = segments[["transcript_id", "gene_id", "region", "chrom", "start", "end"]]
    return pd.concat([names, measures], axis=1).reset_index(drop=True), segments


def _hull(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby("tx").agg(start=("start", "min"), end=("end", "max"))


def _outside(exons: pd.DataFrame, coding: pd.DataFrame) -> list[pd.DataFrame]:
    """Cut the exons before and behind the coding region, in transcription direction."""
    hull = _hull(coding).loc[exons["tx"]]
    left = exons.assign(end=np.minimum(exons["end"], hull["start"].to_numpy()))
    right = exons.assign(start=np.maximum(exons["start"], hull["end"].to_numpy()))
    return [
        side.assign(region=np.where(behind, "utr3", "utr5"))[side["start"] < side["end"]]
        for side, behind in ((left, exons["minus"]), (right, ~exons["minus"]))
    ]


def _genes(chosen: pd.DataFrame) -> pd.DataFrame:
    """Give the chosen transcripts the columns and the order of ``genes.tsv``."""
    tss = np.where(chosen["strand"] == "-", chosen["end"] - 1, chosen["start"])
    genes = chosen.assign(tss=tss, tss_source="annotation").sort_values(["chrom", "tss", "gene_id"])
    return genes[[column for column in GENE_COLUMNS if not column.endswith("_gc")]].reset_index(drop=True)
