"""Print the figures of docs/results.md that are not in the report of human_mini.

After ``make run CONFIG=config/human_mini.yaml``, with the data folder in XPRESSO_DATA:

    .venv/bin/python docs/measure_human_mini.py
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from xpresso_core.bundle import load_bundle
from xpresso_core.genome import Genome

DATA = Path(os.environ["XPRESSO_DATA"])
PUBLISHED = DATA / "published"


def sites() -> None:
    """Compare the derived TSSs with the published ones."""
    genes = pd.read_csv("results/human_mini/genes.tsv", sep="\t")
    names = ["chrom", "start", "end", "gene_id", "score", "strand"]
    windows = pd.read_csv(PUBLISHED / "human_promoters_20kb.hg19.bed", sep="\t", names=names)
    shared = genes.merge(windows.assign(centre=(windows["start"] + windows["end"]) // 2), on="gene_id")
    print(f"TSSs shared with the published windows: {len(shared)}")
    for column in ("tss", "tss_annotated"):
        distance = (shared[column] - shared["centre"]).abs()
        near, same = (distance <= 10).mean(), (distance == 0).mean()
        print(f"  {column}: {near:.1%} within 10 bp, {same:.1%} equal")


def released() -> None:
    """Compare the released human median model's predictions with the published ones."""
    published = pd.read_csv(PUBLISHED / "hg19_mini_predictions_vs_published.tsv", sep="\t")
    model = load_bundle(DATA / "models" / "humanMedian_trainepoch.11-0.426.h5")
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "genome.fa.gz"  # the index is written beside it
        link.symlink_to((DATA / "human_mini" / "genome.fa.gz").resolve())
        with Genome(link) as genome:
            centre = (published["start20k_hg19"] + published["end20k_hg19"]) // 2
            rows = zip(published["chrom"], centre, published["strand"], strict=True)
            codes = np.stack([genome.window(chrom, tss, strand, model.window) for chrom, tss, strand in rows])
    predicted, _ = model.predict(codes)
    difference = np.abs(predicted - published["published_humanMedian"])
    print(f"Released human median model: {np.sum(difference <= 1e-4)} of {len(published)} genes within 1e-4")


sites()
released()
