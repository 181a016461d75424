"""Tracks of a scan beside annotated start sites, from file to file."""

from __future__ import annotations

from pathlib import Path

from xpresso_core.cpg_islands import read_islands
from xpresso_core.files import read_table
from xpresso_core.peaks import read_peaks
from xpresso_core.track_sites import Track
from xpresso_core.track_summary import SummaryFiles, summarise, write_summary
from xpresso_core.tracks import Tracks


def write_track_summary(
    prefix: Path,
    genes: Path,
    islands: Path,
    peaks: Path,
    split: Path | None,
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
    split, fold
        Of the experiment whose model was run, and which fold's it is; None for a model trained elsewhere.
    tolerance, seed
        See `track_summary.summarise`.
    files
        Where to write what it returns; with the summary comes of which model and in which unit predictions are, and
        how many of the genes that the experiment knows the model has neither learned from nor been chosen by.
    """
    tracks, table = Tracks(prefix), read_table(genes, dtype={"chrom": str})
    scanned = {
        stretch.chrom: Track(stretch.positions, stretch.plus, stretch.minus) for stretch in tracks.stretches()
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
    if split is not None:
        here = table.loc[table["chrom"].isin(list(scanned)), "gene_id"]
        known = read_table(split)
        known = known[(known["fold"] == fold) & known["gene_id"].isin(here)]
        seen = {"genes": len(known), "unseen": int((known["part"] == "test").sum())}
    facts = {name: tracks.facts[name] for name in ("unit", "units", "step", "regions", "model")}
    write_summary(found, files, {**facts, **seen})
