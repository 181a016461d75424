"""Adapter of the rule reporter_sites."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.reporter_sites import write_sites

    write_sites(
        Path(snakemake.input.genes),
        Path(snakemake.input.chain) if snakemake.input.chain else None,
        Path(snakemake.input.annotation) if snakemake.input.annotation else None,
        Path(snakemake.output.sites),
        Path(snakemake.output.unmapped),
    )
