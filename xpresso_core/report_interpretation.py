"""Figures of interpretations from the tables of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from xpresso_core.files import read_json, read_table
from xpresso_core.motifs import read_motifs
from xpresso_core.plots_dinucleotides import plot_dinucleotide, plot_dinucleotides
from xpresso_core.plots_interpretation import agreement, classes, profiles
from xpresso_core.plots_kmers import kmers


def draw_interpretation(
    genes: Path, class_facts: Path, table: Path, agreements: Path, facts: Path, figures: Mapping[str, Path]
) -> None:
    """Draw profiles, classes, and how methods and networks agree.

    Parameters
    ----------
    genes, class_facts
        Of `interpreted_genes.write_genes`.
    table, agreements, facts
        Of `positional_profiles.write_profiles`.
    figures
        What to write: ``profiles``, ``classes`` and ``agreement``.
    """
    told = read_json(facts)
    profiles(read_table(table), told, figures["profiles"], "What counts for predictions, along the promoter")
    of_genes = read_table(genes, dtype=dict.fromkeys(("gene_id", "class", "half"), str))
    title = "Genes of low and high predicted expression"
    classes(of_genes, read_json(class_facts), figures["classes"], title, told["unit"])
    text = dict.fromkeys(("gene_id", "between", "first", "second"), str)
    title = "How robust scores of bases are"
    agreement(read_table(agreements, dtype=text), told, figures["agreement"], title)


def draw_kmers(table: Path, facts: Path, folder: Path, figure: Path) -> None:
    """Draw the k-mers of a contrast; ``folder`` holds what DREME wrote."""
    found = read_table(table, dtype={"motif": str, "similar": str})
    motifs = read_motifs(str(folder / "dreme.txt")) if len(found) else []
    kmers(found, motifs, read_json(facts), figure, "K-mers that predictions of high expression rest on")


def draw_dinucleotides(table: Path, all_pairs: Path, cpg: Path) -> None:
    """Draw all dinucleotides around the TSS, and CpG alone."""
    rows = read_table(table, dtype={"group": str, "dinucleotide": str})
    plot_dinucleotides(rows, all_pairs, "Dinucleotides around the TSS, by measured expression")
    plot_dinucleotide(rows, cpg, "CpG around the TSS, by measured expression")
