"""From annotation, genome and CAGE peaks to genes with TSS, half-life features and promoter; none is lost silently."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from xpresso_core.annotation import (
    DROPPED_COLUMNS,
    FURTHER_LOCUS,
    HISTONE_GENES,
    gene_table,
    place_on_genome,
    representative_transcripts,
)
from xpresso_core.files import read_table, write_table
from xpresso_core.gene_names import read_gene_names
from xpresso_core.genome import Genome, Window
from xpresso_core.gtf import read_gtf
from xpresso_core.halflife import halflife_features
from xpresso_core.promoters import extract_promoters
from xpresso_core.provenance import source_checksums
from xpresso_core.tss import CASE_COLUMNS, read_cage_peaks, recentre

HISTONES = "histones"
"""Stands for the patterns `annotation.HISTONE_GENES` in a list of gene names to drop."""

log = logging.getLogger(__name__)


class PreparedGenes(NamedTuple):
    """Genes before their promoters are cut.

    Attributes
    ----------
    genes
        The columns of ``genes.tsv``: `annotation.GENE_COLUMNS` and ``tss_annotated``, the 0-based TSS of the
        representative transcript before it was re-centred.
    dropped
        ``gene_id gene_name stage reason detail``.
    cases
        How CAGE peaks and genes found each other; see `tss.Recentred.cases`. Without peaks it has no rows.
    """

    genes: pd.DataFrame
    dropped: pd.DataFrame
    cases: pd.DataFrame


def prepare_genes(
    annotation_path: Path,
    genome: Genome,
    cage_peaks_path: Path | None,
    gene_names_path: Path | None,
    *,
    drop_chromosomes: Sequence[str],
    drop_gene_names: Sequence[str],
    cage_max_distance: int | None,
) -> PreparedGenes:
    """Choose one transcript for each gene, measure it, and re-centre its TSS.

    Parameters
    ----------
    annotation_path
        GTF.
    genome
        Of the same assembly.
    cage_peaks_path, gene_names_path
        See `tss.read_cage_peaks` and `gene_names.read_gene_names`; None where there are none.
    drop_chromosomes, drop_gene_names
        Genes to leave out; ``histones`` stands for the names of histone genes.
    cage_max_distance
        See `tss.recentre`.
    """
    names = [name for name in drop_gene_names if name != HISTONES]
    patterns = [*names, *HISTONE_GENES] if HISTONES in drop_gene_names else names
    chosen = representative_transcripts(
        read_gtf(annotation_path), drop_chromosomes=drop_chromosomes, drop_gene_names=patterns
    )
    genes, away = place_on_genome(chosen.genes, genome.sizes)
    genes = gene_table(genes, halflife_features(genes, chosen.segments, genome))
    annotated = genes["tss"]
    cases = pd.DataFrame(columns=CASE_COLUMNS)
    if cage_peaks_path is not None:
        gene_names = None if gene_names_path is None else read_gene_names([gene_names_path])
        peaks = read_cage_peaks(cage_peaks_path)
        recentred = recentre(genes, peaks, gene_names, max_distance=cage_max_distance)
        genes, cases = recentred.genes, recentred.cases()
    dropped = pd.concat([chosen.dropped, away], ignore_index=True)
    return PreparedGenes(genes.assign(tss_annotated=annotated), dropped, cases)


def write_promoters(
    annotation_path: Path,
    genome_path: Path,
    cage_peaks_path: Path | None,
    gene_names_path: Path | None,
    *,
    genes_path: Path,
    promoters_path: Path,
    dropped_path: Path,
    cases_path: Path,
    records: Sequence[Path],
    settings: Mapping[str, Any],
    species: str,
) -> None:
    """Make ``genes.tsv``, ``promoters.h5``, and the tables of genes dropped at this stage and of CAGE peaks.

    Parameters
    ----------
    annotation_path, genome_path, cage_peaks_path, gene_names_path
        The files of the species; see `prepare_genes`.
    genes_path, promoters_path, dropped_path, cases_path
        What to write.
    records
        Of where the files came from; see `provenance.source_checksums`.
    settings
        ``assembly window edges max_unknown drop_chromosomes drop_gene_names cage_max_distance``, as in the
        configuration.
    species
        Its name.
    """
    window = Window(**settings["window"])
    with Genome(genome_path) as genome:
        genes, lost, cases = prepare_genes(
            annotation_path,
            genome,
            cage_peaks_path,
            gene_names_path,
            drop_chromosomes=settings["drop_chromosomes"],
            drop_gene_names=settings["drop_gene_names"],
            cage_max_distance=settings["cage_max_distance"],
        )
        promoters, without = extract_promoters(
            genes,
            genome,
            window,
            edges=settings["edges"],
            max_unknown=settings["max_unknown"],
            attributes={
                "species": species,
                "assembly": settings["assembly"],
                "window": dict(settings["window"]),
                "sources": source_checksums(records),
            },
        )
    dropped = pd.concat([lost, without], ignore_index=True).assign(stage="promoters")
    kept = dropped["gene_id"].isin(promoters.gene_id)
    dropped.loc[kept, "detail"] = dropped["reason"] + ": " + dropped["detail"]
    dropped.loc[kept, "reason"] = FURTHER_LOCUS
    log.info("%d genes kept, %d rows of dropped ones", len(promoters.gene_id), len(dropped))
    write_table(genes.loc[genes["gene_id"].isin(promoters.gene_id)], genes_path)
    write_table(dropped[DROPPED_COLUMNS], dropped_path)
    write_table(cases, cases_path)
    promoters.save(promoters_path)


def write_dropped(promoters_path: Path, datasets: Mapping[str, Path], path: Path) -> None:
    """Write one table of all genes of a species that were dropped on the way.

    Parameters
    ----------
    promoters_path
        The genes dropped before any dataset was made.
    datasets
        By name of the dataset, the genes that only it lacks.
    path
        The table to write: ``gene_id gene_name stage reason detail dataset``.
    """
    text = {"gene_id": str, "gene_name": str, "detail": str}
    tables = [read_table(promoters_path, dtype=text).assign(dataset="")]
    tables += [read_table(file, dtype=text).assign(dataset=name) for name, file in datasets.items()]
    write_table(pd.concat(tables, ignore_index=True), path)
