"""Where a reporter assay is measured: the TSSs of all genes on the assembly of the assay."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from xpresso_core.annotation import representative_transcripts
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, read_table, write_table
from xpresso_core.genome import harmonise
from xpresso_core.gtf import read_gtf
from xpresso_core.liftover import Chains, lift_intervals, read_chains

HALF_WINDOW = 10_000
"""Bases on each side of the TSS that are lifted together, as in the paper: its middle is the new TSS."""

SITE_COLUMNS = ["gene_id", "chrom", "strand", "start", "end", "tss", "origin"]
NO_CHAIN, LIFTED, SUPPLEMENTED = "same assembly", "lifted", "annotation"
ORIGINS = (NO_CHAIN, LIFTED, SUPPLEMENTED)
"""Where a site can come from: the gene's own TSS, its lifted window, or an annotation of the new assembly."""

log = logging.getLogger(__name__)


class Sites(NamedTuple):
    """Where to measure.

    Attributes
    ----------
    sites
        ``gene_id chrom strand start end tss origin``, one row per gene: the 0-based, half-open window whose
        middle is `tss`, and where it comes from (one of `ORIGINS`).
    unmapped
        ``chrom start end gene_id strand reason``: the windows that could not be lifted, on their own assembly.
    """

    sites: pd.DataFrame
    unmapped: pd.DataFrame


def reporter_sites(
    genes: pd.DataFrame, chains: Chains | None = None, annotation: pd.DataFrame | None = None
) -> Sites:
    """Bring the TSSs of genes to the assembly of an assay.

    From the paper's STAR methods, "SuRE MPRA Data": the window of 10 kb on each side of the TSS is lifted
    with UCSC's rule (`liftover`), its middle is the new TSS, and genes that are missing then get the TSS of their
    representative transcript in an annotation of the assay's assembly.

    Parameters
    ----------
    genes
        ``gene_id chrom strand tss``; `tss` is 0-based.
    chains
        From the genes' assembly to the assay's; None where they are the same.
    annotation
        From `gtf.read_gtf`, on the assay's assembly: supplements every gene that has no lifted site, also such
        as are not in `genes`.

    Raises
    ------
    InputError
        If genes and chains share no chromosome.
    """
    windows = _windows(genes)
    if chains is None:
        return Sites(windows.assign(origin=NO_CHAIN)[SITE_COLUMNS], windows.iloc[:0].assign(reason=""))
    spelling = harmonise(windows["chrom"], chains.by_target)
    asked = windows["chrom"].map(lambda name: spelling.get(name, name))
    lifted = lift_intervals(chains, asked, windows["start"], windows["end"], windows["strand"])
    mapped = np.asarray(lifted.reason) == ""
    new = pd.DataFrame({name: getattr(lifted, name) for name in ("chrom", "start", "end", "strand")})
    sites = new[mapped].assign(gene_id=windows.loc[mapped, "gene_id"], origin=LIFTED)
    sites["tss"] = (sites["start"] + sites["end"]) // 2
    unmapped = windows[~mapped].assign(reason=np.asarray(lifted.reason)[~mapped])
    parts = [sites[SITE_COLUMNS]]
    if annotation is not None:
        parts.append(_supplement(annotation, set(sites["gene_id"])))
    return Sites(pd.concat(parts, ignore_index=True), unmapped.drop(columns="tss").reset_index(drop=True))


def write_sites(
    genes_path: Path,
    chain_path: Path | None,
    annotation_path: Path | None,
    sites_path: Path,
    unmapped_path: Path,
) -> None:
    """Write the table of `reporter_sites`, and what did not lift as UCSC's liftOver writes it.

    Parameters
    ----------
    genes_path
        ``genes.tsv``.
    chain_path, annotation_path
        Chain and GTF files; None where there is none.
    sites_path, unmapped_path
        What to write: the table, and a BED file with the reason above each record.

    Raises
    ------
    InputError
        If a file cannot be used.
    """
    genes = read_table(genes_path, ["gene_id", "chrom", "strand", "tss"], {"gene_id": str, "chrom": str})
    chains = None if chain_path is None else read_chains(chain_path)
    annotation = None if annotation_path is None else read_gtf(annotation_path)
    found = reporter_sites(genes, chains, annotation)
    log.info("sites: %s", found.sites["origin"].value_counts().to_dict())
    log.info("not lifted: %s", found.unmapped["reason"].value_counts().to_dict())
    write_table(found.sites, sites_path)
    with atomic_path(unmapped_path) as draft:
        draft.write_text("".join(_unmapped_lines(found.unmapped)), encoding="utf-8")


def _windows(genes: pd.DataFrame) -> pd.DataFrame:
    """Return the window around each TSS: symmetric, and shorter near the start of a chromosome."""
    half = np.minimum(HALF_WINDOW, genes["tss"])
    table = genes[["gene_id", "chrom", "strand", "tss"]].reset_index(drop=True)
    return table.assign(start=(genes["tss"] - half).to_numpy(), end=(genes["tss"] + half).to_numpy())


def _supplement(annotation: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """Return sites of the genes that have none yet, from an annotation."""
    chosen = representative_transcripts(annotation, drop_chromosomes=(), drop_gene_names=()).genes
    missing = chosen[~chosen["gene_id"].isin(known)]
    return _windows(missing).assign(origin=SUPPLEMENTED)[SITE_COLUMNS]


def _unmapped_lines(unmapped: pd.DataFrame) -> list[str]:
    return [
        f"#{row.reason}\n{row.chrom}\t{row.start}\t{row.end}\t{row.gene_id}\t0\t{row.strand}\n"
        for row in unmapped.itertuples()
    ]


def read_sites(path: Path) -> pd.DataFrame:
    """Read the table that `write_sites` wrote.

    Raises
    ------
    InputError
        If it lacks a column or a gene occurs twice.
    """
    sites = read_table(path, SITE_COLUMNS, {"gene_id": str, "chrom": str})
    twice = sites.loc[sites["gene_id"].duplicated(), "gene_id"]
    if len(twice):
        what = f"the gene {twice.iloc[0]} has two sites"
        raise InputError(what, where=str(path), remedy="Make it again with the workflow")
    return sites
