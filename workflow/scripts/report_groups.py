"""Adapter of the rule report_groups."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_residuals import draw_groups

    draw_groups(
        Path(snakemake.input.residuals),
        Path(snakemake.input.genes),
        Path(snakemake.input.facts),
        Path(snakemake.input.tests),
        Path(snakemake.output[0]),
        name=snakemake.wildcards.residual,
        gene_set=snakemake.wildcards.gene_set,
    )
