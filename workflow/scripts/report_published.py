"""Adapter of the rule report_published."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_baselines import draw_published

    draw_published(
        Path(snakemake.input.published),
        snakemake.params.compared,
        snakemake.params.experiments,
        snakemake.params.reporters,
        Path(snakemake.output.table),
        Path(snakemake.output.figure),
    )
