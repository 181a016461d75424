"""The figures of the promoters."""

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.plots_promoters import dropped_genes, tss_shift

DROPPED = pd.DataFrame(
    {
        "gene_id": ["a", "b", "c", "d"],
        "gene_name": list("ABCD"),
        "stage": ["promoters", "promoters", "promoters", "dataset"],
        "reason": ["on chrY", "on chrY", "a histone, by its name", "no expression value"],
        "detail": "",
    }
)


def test_dropped_genes_are_counted_by_reason_and_stage(tmp_path):
    dropped_genes(DROPPED, tmp_path / "a.svg", promoters=97)
    text = words(tmp_path / "a.svg")
    assert "96 of 100 annotated genes stay to the end; 4 (4.0 %) are dropped." in text
    for word in ("on chrY", "a histone, by its name", "no expression value", "at promoters", "at dataset"):
        assert word in text
    assert "Dropped genes" in text


def test_no_dropped_gene_is_said(tmp_path):
    dropped_genes(DROPPED.iloc[:0], tmp_path / "a.svg", promoters=97)
    text = words(tmp_path / "a.svg")
    assert "No gene was dropped." in text
    assert "97 of 97" in text


def test_dropped_genes_need_their_reason(tmp_path):
    with pytest.raises(InputError, match="no column reason"):
        dropped_genes(DROPPED.drop(columns="reason"), tmp_path / "a.svg", promoters=97)


def test_tss_shift_says_share_and_median(tmp_path):
    rng = np.random.default_rng(0)
    annotated = rng.integers(10**5, 10**8, 300)
    shift = np.concatenate([np.full(50, 0), np.full(101, 13), np.full(49, -2500), np.zeros(100, dtype=int)])
    source = ["cage"] * 200 + ["annotation"] * 100
    genes = pd.DataFrame({"tss": annotated + shift, "tss_annotated": annotated, "tss_source": source})
    tss_shift(genes, tmp_path / "a.svg")
    text = words(tmp_path / "a.svg")
    assert "200 of 300 genes (66.7 %) are re-centred on CAGE" in text
    assert "half of these move by 13 bp or less" in " ".join(text.split())
    assert "Distance from the annotated site (bases, logarithmic)" in text
    assert "Re-centred genes (%)" in text
    assert "10 kb" in text


def test_tss_shift_without_cage(tmp_path):
    genes = pd.DataFrame({"tss": [5], "tss_annotated": [5], "tss_source": ["annotation"]})
    tss_shift(genes, tmp_path / "a.svg")
    assert "Every gene keeps its annotated site." in words(tmp_path / "a.svg")
    with pytest.raises(InputError, match="no column tss_annotated"):
        tss_shift(genes.drop(columns="tss_annotated"), tmp_path / "a.svg")
