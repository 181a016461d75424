"""Adapter of the rule report_published."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_baselines import draw_published

    draw_published(
        Path(snakemake.input.published),
        [Path(path) for path in snakemake.input.comparisons],
        snakemake.params.runs,
        Path(snakemake.output.table),
        Path(snakemake.output.figure),
    )
