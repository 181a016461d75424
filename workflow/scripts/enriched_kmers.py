"""Adapter of the rule enriched_kmers."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.enriched_kmers import write_kmers
    from xpresso_core.threads import set_threads

    set_threads(snakemake.threads)
    write_kmers(
        Path(snakemake.input.genes),
        [Path(path) for path in snakemake.input.scores],
        Path(snakemake.input.dataset),
        Path(snakemake.output.folder),
        Path(snakemake.output.table),
        Path(snakemake.output.facts),
        contrast=snakemake.wildcards.contrast,
        settings=snakemake.params.settings,
        seed=snakemake.params.seed,
    )
