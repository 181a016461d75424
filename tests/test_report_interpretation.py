"""Figures of interpretations from the files that the other steps write, whole or empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words
from test_enriched_kmers import everywhere, find, make
from test_interpreted_genes import predictions
from test_plots_dinucleotides import curves
from test_score_file import scores_of

from xpresso_core import enriched_kmers
from xpresso_core.errors import InputError
from xpresso_core.files import write_table
from xpresso_core.genome import Window
from xpresso_core.interpreted_genes import write_genes
from xpresso_core.positional_profiles import write_profiles
from xpresso_core.report_interpretation import draw_dinucleotides, draw_interpretation, draw_kmers

WINDOW = Window(1200, 300)
AGREEMENT = pd.DataFrame(
    [("g1", "methods", "saliency", "deeplift", 0.5)]
    + [("007", "networks", method, "", 0.25) for method in ("saliency", "deeplift")],
    columns=["gene_id", "between", "first", "second", "correlation"],
)


def text_of(path: Path) -> str:
    return " ".join(words(path).split())


def drawn(folder: Path, table: pd.DataFrame, agreement: pd.DataFrame, **changes: Any) -> dict[str, str]:
    """Go from predictions and scores to three figures; return their text."""
    write_genes(table, folder / "genes.tsv", folder / "classes.json", silent=0.1, rule="mixture")
    scores_of(window=WINDOW, counts=np.array([2, 1, 1, 1]), **changes).save(folder / "scores.h5")
    write_table(agreement, folder / "agreement_1.tsv")
    tables = [folder / name for name in ("profiles.tsv", "agreement.tsv", "profiles.json")]
    write_profiles([folder / "scores.h5"], [folder / "agreement_1.tsv"], *tables, resolution=100)
    figures = {name: folder / f"{name}.svg" for name in ("profiles", "classes", "agreement")}
    draw_interpretation(folder / "genes.tsv", folder / "classes.json", *tables, figures)
    return {name: text_of(path) for name, path in figures.items()}


def test_three_figures_from_files(tmp_path: Path) -> None:
    text = drawn(tmp_path, predictions(), AGREEMENT)
    assert "What counts for predictions, along the promoter" in text["profiles"]
    assert "By saliency, the profile of the highest group" in text["profiles"]
    assert "silent (2 genes)" in text["profiles"]
    assert "Only 2 genes are silent: bumps that all curves share are theirs." in text["profiles"]
    assert "Genes of low and high predicted expression" in text["classes"]
    assert "predicted expression (log10(RPKM + 0.1))" in text["classes"]
    assert "where class B begins" in text["classes"]
    assert "How robust scores of bases are" in text["agreement"]
    assert "Scores of a single gene by saliency correlate by 0.25 between two networks" in text["agreement"]
    assert "0.50" in text["agreement"]


def test_predictions_without_classes_and_a_single_network(tmp_path: Path) -> None:
    table = predictions()
    table["observed"] = np.random.default_rng(0).permutation(table["observed"])
    sums = np.random.default_rng(1).normal(size=(1, 1, 4, WINDOW.length))
    changes = {"methods": ("saliency",), "members": 1, "sums": sums}
    text = drawn(tmp_path, table, AGREEMENT[:0], **changes)
    reason = "There are no classes: the predictions do not follow the measured expression."
    assert reason in text["classes"]
    assert "class A" not in text["classes"]
    assert "no class (400 genes)" in text["classes"]
    assert "nothing to compare" in text["agreement"]
    assert "The model is a single network" in text["agreement"]
    assert "saliency" in text["profiles"]


def test_k_mers_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enriched_kmers, "read_motifs", lambda source: ())
    monkeypatch.setattr(enriched_kmers, "similar_motifs", lambda found, known: [])
    table, facts = find(tmp_path, make(tmp_path, everywhere("CG")), most=1)
    folder = tmp_path / "out"
    draw_kmers(folder / "kmers.tsv", folder / "kmers.json", folder / "kmers", folder / "a.svg")
    text = text_of(folder / "a.svg")
    assert "K-mers that predictions of high expression rest on" in text
    assert "The first k-mer is CG;" in text
    assert f"in {table['positives'].item():,} of {facts['used']:,} stretches and" in text
    assert facts["untrained"] is None
    assert "For networks with shuffled weights there is none" in text
    assert "nan" not in text


def test_no_k_mers_from_files(tmp_path: Path) -> None:
    _, facts = find(tmp_path, make(tmp_path, everywhere("CG"), **{"class": "", "half": ""}))
    assert facts["reason"]
    folder = tmp_path / "out"
    draw_kmers(folder / "kmers.tsv", folder / "kmers.json", folder / "kmers", folder / "a.svg")
    assert "No k-mers were looked for: there are no classes." in text_of(folder / "a.svg")


def test_dinucleotides_from_a_table(tmp_path: Path) -> None:
    write_table(curves(), tmp_path / "table.tsv")
    draw_dinucleotides(tmp_path / "table.tsv", tmp_path / "all.svg", tmp_path / "cpg.svg")
    assert "Dinucleotides around the TSS, by measured expression" in text_of(tmp_path / "all.svg")
    one = text_of(tmp_path / "cpg.svg")
    assert "CpG around the TSS, by measured expression" in one
    assert "CG, observed / expected" in one
    assert "silent (1,000 genes)" in one


def test_a_table_that_is_not_one_of_profiles_is_refused(tmp_path: Path) -> None:
    drawn(tmp_path, predictions(), AGREEMENT)
    paths = [tmp_path / name for name in ("genes.tsv", "classes.json", "genes.tsv", "agreement.tsv")]
    figures = {name: tmp_path / "new" / f"{name}.svg" for name in ("profiles", "classes", "agreement")}
    with pytest.raises(InputError, match="profiles: the table has no column"):
        draw_interpretation(*paths, tmp_path / "profiles.json", figures)
    assert not (tmp_path / "new").exists()
