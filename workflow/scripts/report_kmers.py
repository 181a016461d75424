"""Adapter of the rule report_kmers."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_interpretation import draw_kmers

    draw_kmers(
        Path(snakemake.input.table),
        Path(snakemake.input.facts),
        Path(snakemake.input.folder),
        Path(snakemake.output.figure),
    )
