"""Print what predictions along a genome say, as tables in Markdown.

.venv/bin/python docs/measure_tracks.py human_mini released_chr21 mini_chr21
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from xpresso_core.cpg_islands import read_islands
from xpresso_core.files import read_json, read_table

LEVELS = (0.0, 0.5, 0.8, 0.9)
"""Shares of the peaks, from the lowest on, that a threshold leaves out."""


def share(value: float | None) -> str:
    """Return a share with two decimals, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def print_areas(facts: dict[str, Any]) -> None:
    """Print the areas under the ROC curve."""
    print("| score | start sites | random positions | AUROC |\n|---|---|---|---|")
    for auc in facts["aucs"]:
        interval = f"{share(auc['auc'])} ({share(auc['auc_ci_low'])} to {share(auc['auc_ci_high'])})"
        sites, positions = f"{auc['tss']} ({auc['n_tss']:,})", f"{auc['random']} ({auc['n_random']:,})"
        print(f"| {auc['score']} | {sites} | {positions} | {interval} |")


def print_peaks(folder: Path, facts: dict[str, Any]) -> None:
    """Print how near peaks are to start sites, and precision and recall at some thresholds."""
    print(
        "\n| | n | median distance to a start site | within 500 bases | on the same strand |\n|---|---|---|---|---|"
    )
    for kind, found in facts["distances"].items():
        near, same = share(found["within_tolerance"]), share(found["within_tolerance_same"])
        print(f"| {kind} | {found['n']:,} | {found['median_distance']:,.0f} | {near} | {same} |")
    table = read_table(folder / "precision_recall.tsv")
    print(
        "\n| threshold | peaks | precision | recall | precision of random positions |\n|---|---|---|---|---|"
    )
    for level in LEVELS:
        row = table.iloc[int(np.ceil(level * (len(table) - 1)))]
        numbers = f"{row['precision']:.2f} | {row['recall']:.2f} | {row['random_precision']:.3f}"
        print(f"| {row['threshold']:.2f} | {row['peaks']:,.0f} | {numbers} |")


def print_islands(species: Path, chromosomes: set[str]) -> None:
    """Print how many CpG islands were called on some chromosomes, and how long they are."""
    islands = read_islands(species / "cpg_islands.bed")
    lengths = (islands["end"] - islands["start"])[islands["chrom"].isin(chromosomes)]
    print(f"\nCpG islands: {len(lengths):,}, median {lengths.median():.0f} bases")


def main() -> None:
    """Print every track that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("species")
    parser.add_argument("track", nargs="+")
    arguments = parser.parse_args()
    for name in arguments.track:
        folder = Path("results") / arguments.species / "tracks" / name
        facts = read_json(folder / "summary.json")
        print(f"\n### {name}: {', '.join(facts['regions'])}, {facts['unit']}\n")
        print(f"{facts['counts']}, unseen genes: {facts['unseen']} of {facts['genes']}\n")
        print_areas(facts)
        print_peaks(folder, facts)
        print_islands(folder.parents[1], set(read_table(folder / "at_tss.tsv")["chrom"].astype(str)))
        print(f"\nstrands: {facts['strands']}")


if __name__ == "__main__":
    main()
