"""The audit agrees with overlaps counted by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xpresso_core.genome import Window
from xpresso_core.leakage import leakage


def table(parts: dict[str, str], fold: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"fold": fold, "gene_id": list(parts), "part": list(parts.values())})


def test_overlaps_by_hand_on_both_strands() -> None:
    genes = pd.DataFrame(
        {
            "gene_id": ["test", "near", "nearer", "elsewhere", "validates"],
            "chrom": ["chr1", "chr1", "chr1", "chr2", "chr1"],
            "strand": ["+", "+", "-", "+", "+"],
            "tss": [1000, 1070, 1049, 1000, 1000],
        }
    )
    parts = {
        "test": "test",
        "near": "train",
        "nearer": "train",
        "elsewhere": "train",
        "validates": "validation",
    }
    audit = leakage(genes, table(parts), Window(60, 40))
    # test covers 940-1040, near 1010-1110, nearer (minus strand) 1010-1110
    assert audit.to_dict("records") == [
        {
            "fold": 1,
            "gene_id": "test",
            "chrom": "chr1",
            "overlap_bp": 30,
            "overlap_fraction": 0.3,
            "nearest_training_gene": "near",
        }
    ]


def test_brute_force_agrees() -> None:
    rng = np.random.default_rng(0)
    genes = pd.DataFrame(
        {
            "gene_id": [f"g{i}" for i in range(300)],
            "chrom": rng.choice(["chr1", "chr2"], 300),
            "strand": rng.choice(["+", "-"], 300),
            "tss": rng.integers(10_000, 60_000, 300),
        }
    )
    parts = dict(zip(genes["gene_id"], rng.choice(["train", "validation", "test"], 300), strict=True))
    window = Window(700, 350)
    audit = leakage(genes, table(parts), window).set_index("gene_id")
    spans = {g.gene_id: (g.chrom, *window.interval(g.tss, g.strand)) for g in genes.itertuples()}
    for gene, part in parts.items():
        if part != "test":
            continue
        chrom, start, end = spans[gene]
        best = max(
            max(0, min(end, span[2]) - max(start, span[1]))
            for other, span in spans.items()
            if parts[other] == "train" and span[0] == chrom
        )
        assert audit.loc[gene, "overlap_bp"] == best
        assert (audit.loc[gene, "nearest_training_gene"] != "") == (best > 0)


def test_jitter_widens_what_training_genes_show() -> None:
    genes = pd.DataFrame({"gene_id": ["a", "b"], "chrom": "1", "strand": "+", "tss": [500, 750]})
    parts = table({"a": "test", "b": "train"})
    for jitter, expected in ((0, 0), (50, 0), (80, 30), (500, 200)):
        audit = leakage(genes, parts, Window(100, 100), jitter)
        assert audit["overlap_bp"].tolist() == [expected]


def test_genes_alone_leak_nothing() -> None:
    genes = pd.DataFrame(
        {"gene_id": ["a", "b"], "chrom": ["1", "2"], "strand": ["+", "+"], "tss": [500, 500]}
    )
    audit = leakage(genes, table({"a": "test", "b": "train"}), Window(10, 10))
    assert audit["overlap_bp"].tolist() == [0]
    assert audit["nearest_training_gene"].tolist() == [""]
