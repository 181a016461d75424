"""Print the figures of docs/results.md on expression, orthologs, liftOver and SuRE, from the published files.

With the data folder in XPRESSO_DATA:

    .venv/bin/python docs/measure_data.py [FOLDER]

With a folder, the figures S1, 2E, 2F, 4B and 4D of the paper are drawn there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from xpresso_core.annotation import HISTONE_GENES_PAPER
from xpresso_core.comparison import Comparison, compare, mean_correlation, spearman_matrix
from xpresso_core.expression import log_expression, read_matrix
from xpresso_core.liftover import lift_bed, read_chains
from xpresso_core.normalisation import quantile_normalise
from xpresso_core.orthologs import one_to_one, read_orthologs
from xpresso_core.plots_expression import comparison_scatter, expression_ecdf, sample_correlation
from xpresso_core.plots_reporter import reporter_scatter
from xpresso_core.reporter import compare_activity, measured
from xpresso_core.sample_names import read_sample_names

DATA = Path(os.environ["XPRESSO_DATA"])
PUBLISHED, ORACLES = DATA / "published", DATA / "oracles"
FIGURES = Path(sys.argv[1]) if len(sys.argv) > 1 else None
K562, GM12878, UNIT = "E123", "E116", "log10(RPKM + 0.1)"

MATRIX = read_matrix(DATA / "human_mini" / "57epigenomes.RPKM.pc.gz")
EPIGENOMES = MATRIX.drop(columns="E000")


def modelled_genes() -> pd.Index:
    """Return the paper's 18,377 genes: those with a published window, without the histones by the paper's rule."""
    windows = pd.read_csv(PUBLISHED / "human_promoters_20kb.hg38.bed", sep="\t", header=None)
    names = pd.read_csv(DATA / "human_mini" / "gene_names.tsv", sep="\t").set_index("gene_id")["gene_name"]
    histones = names.index[names.str.fullmatch("|".join(HISTONE_GENES_PAPER), na=False)]
    genes = MATRIX.index[MATRIX.index.isin(windows[3])]
    print(f"Genes with a published window and expression: {len(genes):,}; ", end="")
    print(f"without {genes.isin(histones).sum()} histone genes: {(~genes.isin(histones)).sum():,}")
    return genes[~genes.isin(histones)]


def samples() -> None:
    """Measure Figure S1."""
    rho = spearman_matrix(EPIGENOMES)
    print(
        f"Mean Spearman correlation of {len(rho)} epigenomes, {len(EPIGENOMES):,} genes: {mean_correlation(rho):.3f}"
    )
    some = EPIGENOMES[(EPIGENOMES > 0).any(axis=1)]
    print(f"  over the {len(some):,} genes expressed anywhere: {mean_correlation(spearman_matrix(some)):.3f}")
    plain = log_expression(np.median(EPIGENOMES, axis=1))
    even = log_expression(np.median(quantile_normalise(EPIGENOMES), axis=1))
    print(f"Medians with and without quantile normalisation: r = {np.corrcoef(plain, even)[0, 1]:.4f}")
    if FIGURES:
        names = read_sample_names(DATA / "human_mini" / "epigenomes.tsv")
        sample_correlation(EPIGENOMES, FIGURES / "samples.png", "How alike 56 human epigenomes are", names)


def tell(what: str, found: Comparison, names: tuple[str, str]) -> None:
    """Print the counts of a comparison."""
    ten, one = found.tenfold_first + found.tenfold_second, found.zscored_first + found.zscored_second
    print(f"{what}, {found.n:,} genes, r2 = {found.r2:.3f}: {ten:,} differ more than 10-fold ", end="")
    print(f"({found.tenfold_first:,} higher in {names[0]}, {found.tenfold_second:,} in {names[1]}); ", end="")
    print(f"z-scored labels: {one:,} ({found.zscored_first:,} and {found.zscored_second:,})")


def orthologs(genes: pd.Index) -> None:
    """Measure Figures 2E and 2F."""
    pairs = one_to_one(read_orthologs(PUBLISHED / "human2mouse_one2one_orthologs.txt"))
    print(f"One-to-one pairs, unique in both directions: {len(pairs.pairs):,}")
    columns = ["gene_id", "mouse_id", "kind", "human", "mouse"]
    table = pd.read_csv(PUBLISHED / "1to1_orthologs_expression.txt", sep="\t", names=columns).set_index(
        "gene_id"
    )
    found = compare(table["human"], table["mouse"])
    tell("Human against mouse", found, ("human", "mouse"))
    if FIGURES:
        what = "Human against mouse: one-to-one orthologs"
        names = {"first_name": "human", "second_name": "mouse", "genes": "one-to-one orthologs"}
        comparison_scatter(found, FIGURES / "human_mouse.png", title=what, **names)
        groups = {
            "human": log_expression(EPIGENOMES.loc[genes].median(axis=1)),
            "human, one-to-one orthologs": table["human"],
            "mouse, one-to-one orthologs": table["mouse"],
        }
        expression_ecdf(groups, FIGURES / "ecdf.png", "How expression is distributed", UNIT)


def cell_types(genes: pd.Index) -> None:
    """Measure Figure 4B."""
    labels = {name: pd.Series(log_expression(MATRIX.loc[genes, name]), genes) for name in (K562, GM12878)}
    found = compare(labels[K562], labels[GM12878])
    tell("K562 against GM12878", found, ("K562", "GM12878"))
    if FIGURES:
        names = {"first_name": "K562", "second_name": "GM12878"}
        comparison_scatter(found, FIGURES / "cell_types.png", title="K562 against GM12878", **names)


def liftover() -> None:
    """Lift the published windows from hg38 to hg19."""
    folder = ORACLES / "liftover"
    chains = read_chains(folder / "hg38ToHg19.over.chain.gz")
    with tempfile.TemporaryDirectory() as scratch:
        mapped, unmapped = Path(scratch) / "mapped.bed", Path(scratch) / "unmapped.bed"
        counts = lift_bed(folder / "hg38_promoters_cage_corrected_withChr.bed", chains, mapped, unmapped)
        expected = (folder / "hg19_promoters_cage_corrected_withChr.expected.bed").read_bytes()
        same = mapped.read_bytes() == expected
        kent = unmapped.read_bytes() == (folder / "hg38_promoters.unmapped.kent492").read_bytes()
    print(f"liftOver: {counts.mapped:,} lifted, equal to the published file: {same}; unmapped: ", end="")
    print(
        f"{ {reason: number for reason, number in counts.unmapped.items() if number} }, equal to kent's: {kent}"
    )


def sure() -> None:
    """Measure Figure 4D, with the published predictions of the human median model."""
    name = "GSE78709_sure23.plasmid.norm.combined.45.55.{}.promoters.bigWigSignal"
    signal = measured(*(PUBLISHED / name.format(strand) for strand in ("plus", "minus")))
    expression = pd.DataFrame({"gene_id": MATRIX.index, "log10": log_expression(MATRIX[K562])})
    predictions = pd.read_csv(PUBLISHED / "human_median_predictions.tsv", sep="\t")
    predictions.columns = pd.Index(["gene_id", "predicted"])
    found = compare_activity(signal, expression, predictions)
    low, high = found.metrics["r2_ci_low"], found.metrics["r2_ci_high"]
    print(f"SuRE against K562 expression: r2 = {found.metrics['r2']:.3f} ({low:.3f} to {high:.3f}), ", end="")
    print(f"{found.metrics['n']:,} genes")
    joint = found.metrics["joint"]
    print(f"  {joint['n']:,} genes with a prediction: SuRE {joint['r2_reporter']:.3f}, ", end="")
    print(f"released median model {joint['r2_predictions']:.3f}, joint {joint['r2_joint']:.3f}")
    if FIGURES:
        reporter_scatter(found.table, FIGURES / "sure.png", title="SuRE and expression in K562", unit=UNIT)


GENES = modelled_genes()
samples()
orthologs(GENES)
cell_types(GENES)
liftover()
sure()
