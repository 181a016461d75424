"""Adapter of the rule report_species."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report import draw_species

    draw_species(
        snakemake.wildcards.species,
        Path(snakemake.input.genes),
        Path(snakemake.input.dropped),
        Path(snakemake.output.dropped),
        Path(snakemake.output.tss),
    )
