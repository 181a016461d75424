"""MicroRNAs beside residuals, from files to files: a planted family is found, and what is missing is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xpresso_core.errors import InputError
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.mirna_analysis import FAMILY_COLUMNS, MirnaFiles, write_mirnas
from xpresso_core.residual_analyses import NameFiles
from xpresso_core.residuals import RESIDUAL_COLUMNS

GENES = 200
IDS = [f"ENSG{number:011d}" for number in range(GENES)]

STRONG, WEAK, RARE = "GAGGUAG", "AAAGUGC", "CUGCAGU"
"""The seeds of let-7a (most reads), miR-17 and miR-17*; the targets of the first are repressed."""

FOREIGN = "UUUUUUU"
"""The seed of a family that the small RNAs lack."""

TARGETSCAN = [
    "Gene Symbol",
    "miRNA family",
    "Species ID",
    "Representative miRNA",
    "Cumulative weighted context++ score",
]


def counts_file(folder: Path) -> Path:
    rows = [
        ("mmu-let-7a-5p", "TGAGGTAGTAGGTTGTATAG", 600, 1200),
        ("mmu-miR-17-5p", "CAAAGTGCTTACAGTGCAGG", 300, 600),
        ("mmu-miR-17-3p", "ACTGCAGTGAAGGCACTTGT", 100, 200),
        ("mmu-miR-none", "AAAGTGCTTCCACTTTGTGT", 0, 0),
    ]
    table = pd.DataFrame(rows, columns=["miRNA_ID", "First_20_nucleotides_of_miRNA", "rep1", "rep2"])
    write_table(table, folder / "counts.tsv")
    return folder / "counts.tsv"


def residual_file(folder: Path) -> Path:
    """Write residuals of genes of which the first forty are repressed, and the last fifty not expressed."""
    residual = np.random.default_rng(0).normal(0, 0.5, GENES)
    residual[:40] -= 1.5
    observed = np.where(np.arange(GENES) < GENES - 50, 1.0, -1.0)
    table = pd.DataFrame({"gene_id": IDS, "residual": residual, "observed": observed})
    table = table.assign(gene_name="", predicted=0.0, recalibrated=0.0, raw_residual=0.0)
    write_table(table[RESIDUAL_COLUMNS], folder / "residuals.tsv")
    return folder / "residuals.tsv"


def names_file(folder: Path) -> NameFiles:
    genes = pd.DataFrame({"gene_id": IDS, "gene_name": [f"GENE{number}" for number in range(GENES)]})
    write_table(genes, folder / "genes.tsv")
    return NameFiles(folder / "genes.tsv", None)


def targets_file(folder: Path) -> Path:
    let7, mir17 = "mmu-let-7a-5p", "mmu-miR-17-5p"
    rows = [(f"GENE{number}", STRONG, 10090, let7, str(-0.9 + number / 100)) for number in range(40)]
    rows += [(f"GENE{number}", WEAK, 10090, mir17, "-0.2") for number in range(41, 120, 3)]
    rows += [(f"GENE{number}", FOREIGN, 10090, "mmu-miR-999-5p", "-0.2") for number in range(50, 60)]
    rows += [("NOGENE", STRONG, 10090, let7, "-0.5"), ("GENE5", STRONG, 10090, let7, "NULL")]
    rows += [("GENE150", STRONG, 9606, "hsa-let-7a-5p", "-3")]
    write_table(pd.DataFrame(rows, columns=TARGETSCAN), folder / "targets.tsv")
    return folder / "targets.tsv"


def analyse(folder: Path, **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Return the abundances, the families and the facts that were written."""
    files = MirnaFiles(folder / "abundance.tsv", folder / "families.tsv", folder / "facts.json")
    settings: dict[str, Any] = {"columns": ["rep1", "rep2"], "taxon": 10090, "expressed": 1.0}
    targets = changes.pop("targets", targets_file(folder))
    write_mirnas(
        residual_file(folder),
        names_file(folder),
        counts_file(folder),
        targets,
        **settings | changes,
        files=files,
    )
    found = read_table(files.abundance), read_table(files.families, FAMILY_COLUMNS, {"seed": str})
    return *found, read_json(files.facts)


def test_a_planted_family_has_the_highest_correlation(tmp_path: Path) -> None:
    abundance, families, facts = analyse(tmp_path)
    assert abundance["seed"].tolist() == [STRONG, WEAK, RARE]
    assert abundance["share"].tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert list(families.columns) == FAMILY_COLUMNS
    assert families["seed"].tolist() == [STRONG, WEAK, FOREIGN]
    assert families["abundant"].tolist() == [True, True, False]
    assert families["tested"].tolist() == [True, True, False]
    assert families["targets"].tolist() == [40, 27, 10]
    assert families["share"].tolist() == pytest.approx([0.6, 0.3, 0])
    assert families["family"].tolist() == ["let-7", "miR-17-5p", "mmu-miR-999-5p"]
    assert families["spearman"][0] > 0.5
    assert families["p"][0] < 1e-10
    assert [family["seed"] for family in facts["abundant"]] == [STRONG, WEAK, RARE]
    assert [family["family"] for family in facts["abundant"]] == abundance["family"].tolist()
    assert facts["share_of_abundant"] == pytest.approx(1)
    assert (facts["families"], facts["expressed"], facts["without_score"]) == (4, 150, 1)
    assert facts["unknown_symbols"] == 1
    assert facts["target_symbols"] == 40 + 27 + len(set(range(50, 60)) - set(range(41, 120, 3))) + 1
    tenth = facts["top_tenth"]
    assert (tenth["a"], tenth["b"], tenth["c"], tenth["d"], tenth["n"]) == (1, 0, 1, 0, 2)
    assert list(tenth["missing"]) == [RARE]


def test_the_correlation_is_that_of_scores_and_residuals_of_expressed_genes(tmp_path: Path) -> None:
    _, families, _ = analyse(tmp_path)
    residual = read_table(tmp_path / "residuals.tsv")["residual"][: GENES - 50]
    score = np.zeros(GENES - 50)
    score[:40] = -0.9 + np.arange(40) / 100
    assert families["spearman"][0] == pytest.approx(stats.spearmanr(score, residual).statistic)


def test_genes_are_expressed_above_the_threshold_in_the_units_of_the_dataset(tmp_path: Path) -> None:
    # log10(x + 0.1) = 1 is 9.9; -1 is nothing at all.
    for expressed, genes in ((0.0, 150), (9.8, 150), (10.0, 0)):
        assert analyse(tmp_path, expressed=expressed)[2]["expressed"] == genes


def test_without_an_expressed_gene_no_family_is_tested(tmp_path: Path) -> None:
    abundance, families, facts = analyse(tmp_path, expressed=10.0)
    assert len(abundance) == 3
    assert families["seed"].tolist() == [STRONG, WEAK, FOREIGN], "as in the table of targets"
    assert families["family"].tolist()[2] == "mmu-miR-999-5p"
    assert families["abundant"].tolist() == [True, True, False]
    assert not families["tested"].any()
    assert families["targets"].tolist() == [0, 0, 0]
    assert families[["spearman", "p", "p_adjusted"]].isna().all(axis=None)
    assert (facts["target_symbols"], facts["top_tenth"]["p"], facts["top_tenth"]["n"]) == (74, None, 0)
    assert facts["top_tenth"]["note"]


def test_without_targets_only_abundances_are_known(tmp_path: Path) -> None:
    abundance, families, facts = analyse(tmp_path, targets=None)
    assert len(abundance) == 3
    assert list(families.columns) == FAMILY_COLUMNS
    assert families["seed"].tolist() == [STRONG, WEAK, RARE], "those with reads, the most abundant first"
    assert families["family"].tolist() == abundance["family"].tolist()
    assert families["share"].tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert families["abundant"].all()
    assert not families["tested"].any()
    assert families["targets"].tolist() == [0, 0, 0]
    assert families[["spearman", "p", "p_adjusted"]].isna().all(axis=None)
    assert facts["top_tenth"] is None
    assert facts["expressed"] == 0
    assert len(facts["abundant"]) == 3


def test_targets_of_another_species_or_with_unknown_symbols(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"targets\.tsv: has no targets of taxon 7227"):
        analyse(tmp_path, taxon=7227)
    _, families, facts = analyse(tmp_path, taxon=9606)
    assert (families["seed"].tolist(), families["tested"].tolist()) == ([STRONG], [False])
    assert facts["top_tenth"]["p"] is None
    assert facts["top_tenth"]["note"]
    table = read_table(targets_file(tmp_path), dtype=dict.fromkeys(TARGETSCAN, str))
    write_table(table.assign(**{"Gene Symbol": "NOGENE"}), tmp_path / "unknown.tsv")
    _, families, facts = analyse(tmp_path, targets=tmp_path / "unknown.tsv")
    assert families["seed"].tolist() == sorted([STRONG, WEAK, FOREIGN])
    assert families["targets"].tolist() == [0, 0, 0]
    assert not families["tested"].any()
    assert facts["unknown_symbols"] == facts["target_symbols"] == 1


def test_a_missing_column_of_counts_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"counts\.tsv: lacks the column rep3"):
        analyse(tmp_path, columns=["rep1", "rep3"])
