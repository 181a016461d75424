"""Adapter of the rule report_halflives."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_residuals import draw_halflives

    draw_halflives(
        Path(snakemake.input.table),
        Path(snakemake.input.facts),
        Path(snakemake.input.tests),
        Path(snakemake.output[0]),
        name=snakemake.wildcards.residual,
        halflives=snakemake.wildcards.halflives,
        unit=snakemake.params.unit,
    )
