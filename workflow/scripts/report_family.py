"""Adapter of the rule report_family."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_training import draw_family

    draw_family(
        snakemake.wildcards.family,
        snakemake.params.members,
        Path(snakemake.output.table),
        Path(snakemake.output.figure),
    )
