"""How far test genes share sequence with the genes that a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pybedtools

from xpresso_core.dataset import Dataset
from xpresso_core.files import write_table
from xpresso_core.genome import Window
from xpresso_core.selection import selected_rows
from xpresso_core.splits import leakage_shares, make_folds, split_table


def write_split(
    dataset_path: Path,
    split_path: Path,
    leakage_path: Path,
    summary_path: Path,
    *,
    split: Mapping[str, Any],
    window: Window,
    jitter: int,
    seed: int,
    genes: Mapping[str, str] | None = None,
    source: Path | None = None,
    column: str = "gene_id",
) -> None:
    """Split the genes of a dataset as an experiment asks, and audit the split.

    Parameters
    ----------
    dataset_path
        The dataset.
    split_path, leakage_path, summary_path
        The tables to write: `splits.split_table`, `leakage` and `splits.leakage_shares`.
    split
        The arguments of `splits.make_folds`.
    window, jitter
        The model's input window, and how far training shifts it.
    seed
        The seed of the run.
    genes, source, column
        Which genes to use: see `selection.selected_rows`.
    """
    dataset = Dataset.open(dataset_path, Window(0, 1))
    rows = selected_rows(dataset, genes, source, column, seed)
    folds = make_folds(chrom=dataset.chrom[rows], seed=seed, **split)
    table = split_table(dataset.gene_id[rows], folds)
    audit = leakage(dataset.genes(), table, window, jitter)
    write_table(table, split_path)
    write_table(audit, leakage_path)
    write_table(leakage_shares(audit), summary_path)


def leakage(genes: pd.DataFrame, table: pd.DataFrame, window: Window, jitter: int = 0) -> pd.DataFrame:
    """Measure how much of each test gene's window the windows of its training genes cover.

    Overlap is counted on the genome, whatever the strand: two promoters that share bases share most of
    their k-mers.

    Parameters
    ----------
    genes
        ``gene_id chrom strand tss`` of all genes.
    table
        The split table ``fold gene_id part``.
    window
        The model's input window.
    jitter
        Bases by which training shifts the windows of its genes: they see so much more on either side.

    Returns
    -------
    pandas.DataFrame
        One row per fold and test gene: ``fold gene_id chrom overlap_bp overlap_fraction
        nearest_training_gene``; the largest overlap with any one training gene, in bases and as a share of
        the window. ``nearest_training_gene`` is that gene, empty where there is none.
    """
    bed = _bed(genes, window)
    seen = _bed(genes, Window(window.upstream + jitter, window.downstream + jitter))
    pairs = _overlapping_pairs(bed, seen)
    rows = [_leakage_of_fold(bed, pairs, part, fold, window) for fold, part in table.groupby("fold")]
    return pd.concat(rows, ignore_index=True)


def _bed(genes: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the windows of genes as ``chrom start end gene_id``."""
    bounds = [window.interval(tss, strand) for tss, strand in zip(genes["tss"], genes["strand"], strict=True)]
    bed = pd.DataFrame(bounds, columns=["start", "end"]).clip(lower=0)
    bed.insert(0, "chrom", genes["chrom"].to_numpy())
    return bed.assign(gene_id=genes["gene_id"].to_numpy())


def _overlapping_pairs(bed: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Return ``gene_id other overlap_bp``: genes of `bed` and other genes of `seen` with common bases."""
    try:
        windows, others = (pybedtools.BedTool.from_dataframe(frame).sort() for frame in (bed, seen))
        joined = windows.intersect(others, wo=True, sorted=True)
        columns = ["chrom", "start", "end", "gene_id", "chrom2", "start2", "end2", "other", "overlap_bp"]
        pairs: pd.DataFrame = joined.to_dataframe(names=columns, dtype={"gene_id": str, "other": str})
    finally:
        pybedtools.cleanup()
    return pairs.loc[pairs["gene_id"] != pairs["other"], ["gene_id", "other", "overlap_bp"]]


def _leakage_of_fold(
    bed: pd.DataFrame, pairs: pd.DataFrame, part: pd.DataFrame, fold: Any, window: Window
) -> pd.DataFrame:
    train = set(part.loc[part["part"] == "train", "gene_id"])
    test = part.loc[part["part"] == "test", "gene_id"]
    shared = pairs.loc[pairs["gene_id"].isin(set(test)) & pairs["other"].isin(train)]
    best = shared.sort_values(["overlap_bp", "other"], ascending=[False, True]).drop_duplicates("gene_id")
    best = best.set_index("gene_id").reindex(test)
    overlap = best["overlap_bp"].fillna(0).to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "fold": fold,
            "gene_id": test.to_numpy(),
            "chrom": bed.set_index("gene_id").loc[test, "chrom"].to_numpy(),
            "overlap_bp": overlap,
            "overlap_fraction": overlap / window.length,
            "nearest_training_gene": best["other"].fillna("").to_numpy(),
        }
    )
