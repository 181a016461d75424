"""Adapter of the rule split."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.leakage import write_split
    from xpresso_core.plan import Plan

    searched, genes = snakemake.input.searched, snakemake.input.genes
    write_split(
        Path(snakemake.input.dataset),
        *map(Path, (snakemake.output.split, snakemake.output.leakage, snakemake.output.summary)),
        split=snakemake.params.split,
        architecture=Plan.from_dict(snakemake.params.plan, Path(searched) if searched else None).architecture,
        seed=snakemake.params.seed,
        genes=snakemake.params.genes,
        source=Path(genes) if genes else None,
        column=snakemake.params.column,
    )
