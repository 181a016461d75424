"""Adapter of the rule interpreted_genes."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.interpreted_genes import write_genes_of

    write_genes_of(
        Path(snakemake.input.source),
        Path(snakemake.input.dataset),
        Path(snakemake.output.genes),
        Path(snakemake.output.classes),
        settings=snakemake.params.settings,
    )
