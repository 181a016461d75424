"""Measure the peak memory of a run of the paper's size: 18,377 promoters of 20 kb.

Simulates a species of that size, fetches it from local files, and runs every stage once: one trial of the paper's
network, one epoch. Prints the largest resident memory of each rule's process, from Snakemake's own benchmarks.
Not part of ``make bench``: it takes some minutes and 2 GB of disk.

    .venv/bin/python docs/benchmarks/measure_memory.py [genes]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from xpresso_core.architecture import PAPER
from xpresso_core.simulate import simulate_species

ROOT = Path(__file__).resolve().parents[2]
FLANK = 10_000


def config(genes: int) -> dict[str, object]:
    """Return the configuration of one experiment with one epoch."""
    architecture = PAPER.to_dict()
    architecture["training"]["epochs"] = 1
    plain = yaml.safe_load((ROOT / "config" / "human_mini.yaml").read_text())
    species = plain["species"]["human_mini"] | {
        "assembly": "sim1 (simulated)",
        "genome": "sources/genome.fa",
        "annotation": "sources/genes.gtf.gz",
        "cage_peaks": "sources/cage_peaks.bb",
        "gene_names": ["sources/gene_names_1.tsv"],
        "tables": {"own": "sources/expression.tsv.gz"},
    }
    dataset = {"species": "large", "table": "own", "median_except": ["E000"], "units": "RPKM"}
    experiment = plain["experiments"]["mini_paper"] | {
        "dataset": "large_median",
        "architecture": "paper_once",
        "trials": 1,
        "split": {"kind": "holdout", "validation": genes // 18, "test": genes // 18},
    }
    none: dict[str, object] = {"comparisons": {}, "reporters": {}, "searches": {}, "baselines": {}}
    return (
        plain
        | none
        | {
            "name": "memory",
            "species": {"large": species},
            "datasets": {"large_median": dataset},
            "experiments": {"large_paper": experiment},
            "architectures": {"paper_once": architecture},
        }
    )


def main() -> None:
    """Run all stages, and print their memory."""
    genes = int(sys.argv[1]) if len(sys.argv) > 1 else 18_377
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_species(folder / "sources", seed=1, genes=genes, upstream=FLANK, downstream=FLANK)
        (folder / "config.yaml").write_text(yaml.safe_dump(config(genes)))
        command = [Path(sys.executable).parent / "snakemake", "--cores", "1", "--directory", folder]
        command += ["--snakefile", ROOT / "Snakefile", "--configfile", folder / "config.yaml", "--quiet"]
        subprocess.run([str(word) for word in command], check=True)
        rows = [
            {"rule": path.relative_to(folder / "benchmarks").parts[0], **pd.read_csv(path, sep="\t").iloc[0]}
            for path in sorted((folder / "benchmarks").rglob("*.tsv"))
        ]
        table = pd.DataFrame(rows)[["rule", "max_rss"]].rename(columns={"max_rss": "peak MB"})
        print(f"{genes} genes, promoters of {2 * FLANK} bases:")
        print(table.to_string(index=False))


if __name__ == "__main__":
    main()
