"""Adapter of the rule split."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.leakage import write_split
    from xpresso_core.plan import window_read

    searched, genes = snakemake.input.searched, snakemake.input.genes
    window, jitter = window_read(snakemake.params.window, Path(searched) if searched else None)
    write_split(
        Path(snakemake.input.dataset),
        *map(Path, (snakemake.output.split, snakemake.output.leakage, snakemake.output.summary)),
        split=snakemake.params.split,
        window=window,
        jitter=jitter,
        seed=snakemake.params.seed,
        genes=snakemake.params.genes,
        source=Path(genes) if genes else None,
        column=snakemake.params.column,
    )
